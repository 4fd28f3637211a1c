"""Set the listings of subjects, exclusions and data quality in every form people ask for."""

from remit.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit.checks import listings, quarantine
    from remit.labels import labels
    from remit.write import write_bytes

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
        write_bytes(path, tables[Path(path).stem].render(path))
