"""Derive times to event."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit.events import derive_events
    from remit.write import write_parquet
    from schemas.analysis import ADTTE

    inputs = snakemake.input
    events = derive_events(
        *(pl.read_parquet(inputs[table]) for table in ("responses", "visits", "subjects")),
        snakemake.params.spec,
    )
    write_parquet(ADTTE.validate(events, lazy=True), snakemake.output.events)
