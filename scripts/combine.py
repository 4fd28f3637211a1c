"""Put the shards of an analysis table end to end: they are in the order of its subjects."""

from remit.machinery.job import Files, Spec, run


def combine(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the whole table."""
    import polars as pl

    from remit.machinery.write import stream_parquet

    stream_parquet(pl.scan_parquet(inputs.all("parts")), outputs["table"])


run(combine, globals())
