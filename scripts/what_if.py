"""Count what every other rule for choosing records would change."""

from remit.machinery.job import Files, Spec, run


def what_if(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the table of alternatives."""
    import polars as pl

    from remit.analysis.what_if import what_if as compare
    from remit.machinery.write import write_csv
    from remit.plan import definitions, parameters

    table = compare(
        pl.read_parquet(inputs["visits"]),
        pl.read_parquet(inputs["subjects"]),
        pl.read_parquet(inputs.all("cm")),
        definitions.load(spec["responses"]["definitions"]),
        pl.DataFrame(parameters.load()),
        spec["visits"],
        spec["responses"],
    )
    write_csv(table, outputs["what_if"])


run(what_if, globals())
