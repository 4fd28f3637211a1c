"""Derive adverse events with study days and treatment emergence."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit.adverse_events import derive_adverse_events
    from remit.write import write_parquet
    from schemas.analysis import ADAE

    adverse_events = derive_adverse_events(
        pl.read_parquet(snakemake.input.ae),
        pl.read_parquet(snakemake.input.subjects),
        snakemake.params.spec["adverse_events"],
    )
    write_parquet(ADAE.validate(adverse_events, lazy=True), snakemake.output.adverse_events)
