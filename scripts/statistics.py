"""Compute every statistic of the plan; write them long, and wide for people."""

from remit.machinery.job import job

with job(snakemake, pandas=True):
    import polars as pl

    from remit import statistics
    from remit.machinery.write import write_csv, write_parquet
    from remit.plan import parameters
    from remit.schemas.statistics import validate

    inputs, output = snakemake.input, snakemake.output
    tables = ("subjects", "visits", "responses", "events", "adverse_events", "exposure")
    ard = statistics.analyse(
        {table: pl.read_parquet(inputs[table]) for table in tables},
        pl.DataFrame(parameters.load(inputs.analytes, inputs.derived)),
        snakemake.params.spec["statistics"] | {"categories": snakemake.params.spec["categories"]},
    )
    write_parquet(validate("ard", ard), output.ard)
    for table, path in output.items():
        if table != "ard":
            write_csv(validate(table, statistics.wide(ard, table)), path)
