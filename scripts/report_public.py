"""Assemble the public report: no small cells, no single patients, no source records."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit.machinery.write import write_text
    from remit.report import page
    from remit.statistics.wide_tables import typed
    from remit.words.labels import labels

    spec = snakemake.params.spec
    given = snakemake.input
    say = labels(pl.read_csv(given.labels, infer_schema=False), spec["study"]["language"])
    content = page.public_content(
        {"subjects": pl.read_parquet(given.subjects)},
        {
            Path(path).stem: typed(pl.read_csv(path, infer_schema=False))
            for path in given.statistics
        },
        {name: pl.read_csv(given[name], infer_schema_length=None) for name in page.LEDGERS},
        spec,
        say,
    )
    captions = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in given.captions}
    drawn = page.public_figures(
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
    content["figures"] = {
        name: page.figure(name, drawing.render("figure.json").decode(), captions[name])
        for name, drawing in drawn.items()
    }
    content["definitions"] = page.definitions(
        [yaml.safe_load(Path(path).read_text(encoding="utf-8")) for path in given.definitions], say
    )
    templates = {
        Path(path).name: Path(path).read_text(encoding="utf-8") for path in given.templates
    }
    write_text(snakemake.output.report, page.render(content, templates, say))
