"""Derive times to event."""

from remit.machinery.job import Files, Spec, run


def events(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADTTE."""
    import polars as pl

    from remit.analysis.events import derive_events
    from remit.machinery.write import write_parquet
    from remit.schemas.analysis import ADTTE, EVENTRECORDS

    events, used = derive_events(
        pl.read_parquet(inputs["responses"]),
        pl.read_parquet(inputs["visits"]),
        pl.read_parquet(inputs["subjects"]),
        spec,
    )
    write_parquet(ADTTE.validate(events, lazy=True), outputs["events"])
    write_parquet(EVENTRECORDS.validate(used, lazy=True), outputs["records"])


run(events, globals())
