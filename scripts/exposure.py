"""Derive doses per kilogram and the intervals between them."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.analysis.exposure import derive_exposure
    from remit.machinery.write import write_parquet
    from remit.schemas.analysis import ADEX

    exposure = derive_exposure(
        pl.read_parquet(snakemake.input.ex), pl.read_parquet(snakemake.input.subjects)
    )
    write_parquet(ADEX.validate(exposure, lazy=True), snakemake.output.exposure)
