"""Assemble the report: one page that works offline."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl
    import yaml

    from remit.machinery.write import write_text
    from remit.report import page
    from remit.report.changes import changes
    from remit.statistics.wide_tables import result, typed
    from remit.words.labels import labels

    spec = snakemake.params.spec
    given = snakemake.input
    say = labels(pl.read_csv(given.labels, infer_schema=False), spec["study"]["language"])
    summaries, findings = (
        {Path(path).stem: pl.read_csv(path, infer_schema_length=None) for path in paths}
        for paths in ([*given.summaries, given.what_if], given.quality)
    )
    content = page.content(
        {name: pl.read_parquet(given[name]) for name in (*page.DATASETS, *page.DOMAINS)},
        {
            Path(path).stem: typed(pl.read_csv(path, infer_schema=False))
            for path in given.statistics
        },
        pl.read_parquet(given.ard),
        {name: pl.read_csv(given[name], infer_schema_length=None) for name in page.LEDGERS},
        summaries,
        findings,
        {name: pl.read_csv(given[name]) for name in page.DICTIONARIES},
        spec,
        say,
    )
    captions = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in given.captions}
    content["figures"] = {
        name: page.figure(name, path.read_text(encoding="utf-8"), captions[name])
        for name, path in ((Path(path).stem, Path(path)) for path in given.figures)
    }
    content["definitions"] = page.definitions(
        [yaml.safe_load(Path(path).read_text(encoding="utf-8")) for path in given.definitions], say
    )
    if given.get("released"):
        names = [Path(path).name for path in given.released]
        current = [
            path for path in given if Path(path).name in names and path not in given.released
        ]
        content["changed"] = changes(
            {Path(path).stem: result(path) for path in given.released},
            {Path(path).stem: result(path) for path in current},
            spec["tables"],
            say,
        )
    templates = {
        Path(path).name: Path(path).read_text(encoding="utf-8") for path in given.templates
    }
    write_text(snakemake.output.report, page.render(content, templates, say))
