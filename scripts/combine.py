"""Put the shards of an analysis table end to end: they are in the order of its subjects."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.machinery.write import stream_parquet

    stream_parquet(pl.scan_parquet(list(snakemake.input.parts)), snakemake.output.table)
