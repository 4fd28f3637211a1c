"""Derive times to event."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.analysis.events import derive_events
    from remit.machinery.write import write_parquet
    from remit.schemas.analysis import ADTTE

    inputs = snakemake.input
    events = derive_events(
        *(pl.read_parquet(inputs[table]) for table in ("responses", "visits", "subjects")),
        snakemake.params.spec,
    )
    write_parquet(ADTTE.validate(events, lazy=True), snakemake.output.events)
