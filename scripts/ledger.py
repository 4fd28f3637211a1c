"""Close the ledger: every row read has one fate; list those that need somebody's attention."""

from remit.machinery.job import Files, Spec, run


def ledger(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the ledger, and the lists of what was set aside."""
    import polars as pl

    from remit.harmonize import merge
    from remit.ingest import dictionaries
    from remit.machinery.write import for_people, write_csv, write_parquet
    from remit.privacy.identifiers import masked, of_study

    domain_of = spec["domains"]
    identifiers = of_study(inputs["people"], inputs.all("identifiers"))
    quarantine = masked(pl.read_parquet(inputs.all("quarantine")), identifiers)
    unmapped = masked(pl.read_parquet(inputs.all("unmapped")), identifiers)
    dm_feeds = [feed for feed, domain in domain_of.items() if domain == "dm"]
    subjects = merge.cohort(
        pl.read_parquet(inputs.all("dm"), columns=["USUBJID"]),
        quarantine.filter(pl.col("feed").is_in(dm_feeds)),
    )
    not_used = pl.read_parquet(inputs.all("not_used"))
    aside = merge.set_aside(not_used, quarantine, unmapped, subjects)
    files = pl.read_csv(inputs["ledger"], infer_schema=False).filter(
        pl.col("status") != "left aside"
    )
    read = files.with_columns(pl.col("read", "filtered").cast(pl.Int64))
    write_parquet(aside, outputs["set_aside"])
    write_csv(merge.ledger(read, pl.read_parquet(inputs.all("used")), aside), outputs["ledger"])
    conflicts = pl.read_parquet(inputs.all("conflicts"))
    order = ["USUBJID", "domain", "item", "date", "column", "row_id"]
    listed = masked(conflicts.sort(order, nulls_last=True), identifiers)
    write_csv(for_people(listed), outputs["conflicts"])
    mine = pl.col("row_id").is_in(aside.filter(fate="quarantined")["row_id"].implode())
    lives = (pl.col("aside") == "cell") & pl.col("USUBJID").is_in(subjects.implode())
    faults = quarantine.filter(mine | lives).sort(
        "feed", "source_file", "source_line", "column", "rule"
    )
    write_csv(for_people(faults), outputs["quarantine"])
    # Proposals are for a person: nothing is mapped by resemblance.
    known = dictionaries.load()
    tests = merge.unmapped_tests(unmapped, subjects)
    near = [
        "; ".join(known.nearest(test, domain_of[feed])) or None
        for feed, test in tests.select("feed", "test").iter_rows()
    ]
    proposals = pl.Series(near, dtype=pl.String)
    write_csv(for_people(tests.with_columns(proposal=proposals)), outputs["unmapped"])


run(ledger, globals(), identified=True)
