"""Assemble the public report: no small cells, no single patients, no source records."""

from remit.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit import report
    from remit.labels import labels
    from remit.wide import typed
    from remit.write import write_text

    spec = snakemake.params.spec
    given = snakemake.input
    say = labels(pl.read_csv(given.labels, infer_schema=False), spec["study"]["language"])
    page = report.public_content(
        {"subjects": pl.read_parquet(given.subjects)},
        {
            Path(path).stem: typed(pl.read_csv(path, infer_schema=False))
            for path in given.statistics
        },
        {name: pl.read_csv(given[name], infer_schema_length=None) for name in report.LEDGERS},
        spec,
        say,
    )
    captions = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in given.captions}
    drawn = report.public_figures(
        pl.read_parquet(given.visits),
        pl.read_parquet(given.responses),
        pl.read_parquet(given.subjects),
        {
            Path(path).stem: typed(pl.read_csv(path, infer_schema=False))
            for path in given.statistics
        },
        pl.read_csv(given.ledger),
        spec,
        say,
    )
    page["figures"] = {
        name: report.figure(name, drawing.render("figure.json").decode(), captions[name])
        for name, drawing in drawn.items()
    }
    page["definitions"] = report.definitions(
        [yaml.safe_load(Path(path).read_text(encoding="utf-8")) for path in given.definitions], say
    )
    templates = {
        Path(path).name: Path(path).read_text(encoding="utf-8") for path in given.templates
    }
    write_text(snakemake.output.report, report.render(page, templates, say))
