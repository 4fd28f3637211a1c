"""Set every table of the statistics in every form people ask for."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit.machinery.write import write_bytes
    from remit.statistics.wide_tables import typed
    from remit.tables.files import render
    from remit.tables.of_statistics import TABLES
    from remit.words.labels import labels

    spec = snakemake.params.spec
    say = labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"])
    tables = {
        name: build(typed(pl.read_csv(snakemake.input[name], infer_schema=False)), spec, say)
        for name, build in TABLES.items()
    }
    for path in snakemake.output:
        write_bytes(path, render(tables[Path(path).stem], path))
