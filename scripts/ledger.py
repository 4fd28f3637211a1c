"""Close the ledger: every row read has one fate; list those that need somebody's attention."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit.harmonize import merge
    from remit.ingest import dictionaries
    from remit.machinery.write import write_csv, write_parquet

    inputs, output, spec = snakemake.input, snakemake.output, snakemake.params.spec
    domain_of = spec["domains"]
    quarantine = pl.concat(map(pl.read_parquet, inputs.quarantine))
    unmapped = pl.concat(map(pl.read_parquet, inputs.unmapped))
    dm_feeds = [feed for feed, domain in domain_of.items() if domain == "dm"]
    subjects = merge.cohort(
        pl.read_parquet(inputs.dm, columns=["USUBJID"]),
        quarantine.filter(pl.col("feed").is_in(dm_feeds)),
    )

    aside = merge.set_aside(pl.read_parquet(inputs.not_used), quarantine, unmapped, subjects)
    read = pl.read_csv(inputs.ledger, infer_schema=False).with_columns(
        pl.col("read").cast(pl.Int64)
    )
    write_parquet(aside, output.set_aside)
    write_csv(merge.ledger(read, pl.read_parquet(inputs.used), aside), output.ledger)
    mine = aside.filter(pl.col("fate") == "quarantined")["row_id"]
    write_csv(
        quarantine.filter(pl.col("row_id").is_in(mine.implode())).sort(
            "feed", "source_file", "source_line", "column", "rule"
        ),
        output.quarantine,
    )
    # Proposals are for a person: nothing is mapped by resemblance.
    known = dictionaries.load(Path(spec["dictionaries"]))
    tests = merge.unmapped_tests(unmapped, subjects)
    near = [
        "; ".join(known.nearest(test, domain_of[feed])) or None
        for feed, test in tests.select("feed", "test").iter_rows()
    ]
    write_csv(tests.with_columns(proposal=pl.Series(near, dtype=pl.String)), output.unmapped)
