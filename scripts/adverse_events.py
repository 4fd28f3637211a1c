"""Derive adverse events with study days and treatment emergence."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.analysis.adverse_events import derive_adverse_events
    from remit.machinery.write import write_parquet
    from remit.schemas.analysis import ADAE

    adverse_events = derive_adverse_events(
        pl.read_parquet(snakemake.input.ae),
        pl.read_parquet(snakemake.input.subjects),
        snakemake.params.spec["adverse_events"],
    )
    write_parquet(ADAE.validate(adverse_events, lazy=True), snakemake.output.adverse_events)
