"""Judge the quality of the extracts: what failed, what is missing over time, what to ask about."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.harmonize import quality
    from remit.machinery.write import write_csv

    inputs, output = snakemake.input, snakemake.output
    aside = pl.read_parquet(inputs.set_aside)
    feeds = pl.read_csv(inputs.sources).select(
        "feed", "delivery", SRCFILE="source_file", SRCSHA="source_sha256"
    )
    lb = pl.read_parquet(inputs.lb)
    write_csv(
        quality.summary(
            pl.read_csv(inputs.ledger),
            pl.read_csv(inputs.quarantine, infer_schema=False),
            aside.filter(pl.col("fate") == "unmapped"),
        ),
        output.summary,
    )
    write_csv(quality.over_time(lb, feeds), output.over_time)
    write_csv(
        quality.queries(lb, pl.read_csv(inputs.analytes, infer_schema_length=None)), output.queries
    )
