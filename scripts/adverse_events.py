"""Derive adverse events with study days and treatment emergence."""

from remit.machinery.job import Files, Spec, run


def adverse_events(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADAE."""
    import polars as pl

    from remit.analysis.adverse_events import derive_adverse_events
    from remit.machinery.write import write_parquet
    from remit.schemas.analysis import ADAE
    from remit.schemas.tables import validated

    adverse_events = derive_adverse_events(
        pl.read_parquet(inputs.all("ae")),
        pl.read_parquet(inputs["subjects"]),
        spec["adverse_events"],
    )
    write_parquet(validated(ADAE, adverse_events), outputs["adverse_events"])


run(adverse_events, globals())
