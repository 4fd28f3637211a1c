"""Set every table of the statistics in every form people ask for."""

from remit.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit.labels import labels
    from remit.tables import TABLES
    from remit.wide import typed
    from remit.write import write_bytes

    spec = snakemake.params.spec
    say = labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"])
    tables = {
        name: build(typed(pl.read_csv(snakemake.input[name], infer_schema=False)), spec, say)
        for name, build in TABLES.items()
    }
    for path in snakemake.output:
        write_bytes(path, tables[Path(path).stem].render(path))
