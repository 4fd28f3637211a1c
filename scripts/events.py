"""Derive times to event."""

from remit.machinery.job import Files, Spec, run


def events(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADTTE."""
    import polars as pl

    from remit.analysis.events import derive_events
    from remit.machinery.write import write_parquet
    from remit.packs.added import EVENT_KINDS
    from remit.schemas.analysis import ADTTE, EVENTRECORDS
    from remit.schemas.tables import validated

    events, used = derive_events(
        pl.read_parquet(inputs["responses"]),
        pl.read_parquet(inputs["visits"]),
        pl.read_parquet(inputs["subjects"]),
        spec,
        EVENT_KINDS,
    )
    write_parquet(validated(ADTTE, events), outputs["events"])
    write_parquet(validated(EVENTRECORDS, used), outputs["records"])


run(events, globals())
