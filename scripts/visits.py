"""Place every record at its visit and derive baseline and change."""

from remit.machinery.job import Files, Spec, run


def visits(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write BDS, a slice of subjects after the other."""
    from collections.abc import Iterator

    import polars as pl

    from remit.analysis.visits import derive_visits
    from remit.machinery.slices import slices
    from remit.machinery.write import stream_parquet, streamed
    from remit.packs.derivations import records
    from remit.plan import parameters, resources
    from remit.schemas.analysis import BDS
    from remit.schemas.tables import dtypes, validated

    analytes = pl.DataFrame(parameters.load())
    dictionaries = {name: pl.read_csv(resources.text(name)) for name in resources.DERIVED_WITH}
    tables = {name: inputs[name] for name in ("lb", "qs", "cm")}

    def visits() -> Iterator[pl.DataFrame]:
        for subjects, rows in slices(pl.read_parquet(inputs["subjects"]), tables):
            dated = records(
                rows["lb"],
                rows["qs"],
                rows["cm"],
                subjects,
                analytes,
                spec["derivations"],
                dictionaries,
            )
            derived = derive_visits(dated, subjects, analytes, spec["visits"])
            yield validated(BDS, derived)

    stream_parquet(streamed(visits, dtypes(BDS)), outputs["visits"])


run(visits, globals(), deciding=("lb", "qs", "cm", "subjects"))
