"""Derive doses per kilogram and the intervals between them."""

from remit.machinery.job import Files, Spec, run


def exposure(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADEX."""
    import polars as pl

    from remit.analysis.exposure import derive_exposure
    from remit.analysis.treatment import of_treatment
    from remit.machinery.write import write_parquet
    from remit.schemas.analysis import ADEX
    from remit.schemas.tables import validated

    doses = of_treatment(pl.read_parquet(inputs.all("ex")), spec["drugs"])
    exposure = derive_exposure(doses, pl.read_parquet(inputs["subjects"]))
    write_parquet(validated(ADEX, exposure), outputs["exposure"])


run(exposure, globals())
