"""Compute every statistic of the plan; write them long, and wide for people."""

from remit.machinery.job import Files, Spec, run


def statistics(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the analysis results data and the wide table of each name."""
    import polars as pl

    from remit import statistics as tables
    from remit.machinery.write import write_csv, write_parquet
    from remit.plan import parameters
    from remit.schemas.statistics import validate

    ard = tables.analyse(
        {name: pl.read_parquet(inputs[name]) for name in inputs.names()},
        pl.DataFrame(parameters.load()),
        {**spec, **spec["statistics"]},
    )
    write_parquet(validate("ard", ard), outputs["ard"])
    for name in outputs.names():
        if name != "ard":
            write_csv(validate(name, tables.wide(ard, name)), outputs[name])


run(statistics, globals(), pandas=True)
