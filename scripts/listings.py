"""Set the listings of subjects, exclusions and data quality in every form people ask for."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit.machinery.write import write_bytes
    from remit.tables.files import render
    from remit.tables.of_checks import listings, quarantine
    from remit.words.labels import labels

    spec = snakemake.params.spec
    given = snakemake.input
    say = labels(pl.read_csv(given.labels, infer_schema=False), spec["language"])
    summaries, quality = (
        {Path(path).stem: pl.read_csv(path, infer_schema_length=None) for path in paths}
        for paths in (given.summaries, given.quality)
    )
    ledger = pl.read_csv(given.ledger)
    set_aside = quarantine(pl.read_csv(given.quarantine, infer_schema_length=None), say)
    tables = {
        table.name: table.noted(spec["note"])
        for table in [
            *listings(pl.read_parquet(given.subjects), summaries, quality, ledger, say),
            set_aside,
        ]
    }
    for path in snakemake.output:
        write_bytes(path, render(tables[Path(path).stem], path))
