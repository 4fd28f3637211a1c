"""Decide who responded at which visit, by each definition."""

from remit.machinery.job import Files, Spec, run


def responses(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADRS and the criteria behind it, a slice of subjects after the other."""
    from collections.abc import Iterator

    import polars as pl

    from remit.analysis.responses import derive_responses
    from remit.machinery.slices import slices
    from remit.machinery.write import parquet_parts, stream_parquet, streamed
    from remit.plan import definitions, parameters, windows
    from remit.schemas.analysis import ADRS, CRITERIA
    from remit.schemas.tables import dtypes, validated

    plan = spec["responses"] | {"censored": spec["censored"]}
    chosen = definitions.load(plan["definitions"])
    analytes = pl.DataFrame(parameters.load())
    planned = windows.compile(spec["visits"])
    tables = {name: inputs[name] for name in ("visits", "cm")}
    with parquet_parts(outputs["responses"]) as add:

        def comparisons() -> Iterator[pl.DataFrame]:
            for subjects, rows in slices(pl.read_parquet(inputs["subjects"]), tables):
                responses, criteria = derive_responses(
                    rows["visits"], subjects, rows["cm"], chosen, analytes, planned, plan
                )
                add(validated(ADRS, responses))
                yield validated(CRITERIA, criteria)

        stream_parquet(streamed(comparisons, dtypes(CRITERIA)), outputs["criteria"])


run(responses, globals(), deciding=("visits", "subjects", "cm"))
