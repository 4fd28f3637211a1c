"""Judge the quality of the extracts: what failed, what is missing over time, what to ask about."""

from remit.machinery.job import Files, Spec, run


def quality(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write one table a question."""
    import polars as pl

    from remit.harmonize import distributions
    from remit.harmonize import quality as of
    from remit.ingest.source import with_feeds
    from remit.machinery.write import write_csv
    from remit.plan import resources

    aside = pl.read_parquet(inputs["set_aside"])
    directions = [
        pl.read_parquet(path).with_columns(
            feed=pl.lit(path.relative_to("results/ingested").parts[0])
        )
        for path in inputs.all("directions")
    ]
    dm = pl.read_parquet(inputs.all("dm"), columns=["USUBJID", "SITEID", "BRTHDTC"])
    sources = pl.read_csv(inputs["sources"], infer_schema=False)
    lb = with_feeds(pl.read_parquet(inputs.all("lb")), sources)
    found = [
        pl.read_parquet(inputs["identity"]),
        of.directional_loss(directions),
        of.partial_births(dm),
        distributions.warnings(lb, dm),
    ]
    write_csv(pl.concat(found), outputs["warnings"])
    analytes = pl.read_csv(resources.text("analytes"), infer_schema_length=None)
    summary = of.summary(
        pl.read_csv(inputs["ledger"]),
        pl.read_csv(inputs["quarantine"], infer_schema=False),
        aside.filter(pl.col("fate") == "unmapped"),
    )
    write_csv(summary, outputs["summary"])
    write_csv(of.over_time(lb), outputs["over_time"])
    conflicts = pl.read_csv(inputs["conflicts"], infer_schema=False)
    write_csv(of.queries(lb, analytes, conflicts), outputs["queries"])


run(quality, globals())
