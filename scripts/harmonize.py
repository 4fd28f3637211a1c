"""Merge the accepted rows of all deliveries; write one table per domain, and the closed ledger."""

from remit.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit import dictionaries, harmonize
    from remit.write import write_csv, write_parquet
    from schemas import harmonized

    domain_of = snakemake.params.spec["domains"]
    rows = {domain: [] for domain in harmonize.KEYS}
    for path in map(Path, snakemake.input.accepted):
        feed, delivery = path.parts[-3:-1]
        source = {"FEED": pl.lit(feed), "DELIVERY": pl.lit(delivery)}
        rows[domain_of[feed]].append(pl.read_parquet(path).with_columns(**source))
    quarantine = pl.concat([pl.read_parquet(path) for path in snakemake.input.quarantine])
    unmapped = pl.concat([pl.read_parquet(path) for path in snakemake.input.unmapped])
    dm_feeds = [feed for feed, domain in domain_of.items() if domain == "dm"]

    subjects = harmonize.cohort(rows["dm"], quarantine, dm_feeds)
    resolved = []
    for domain, frames in rows.items():
        table = harmonized.empty(domain)
        if frames:
            resolved.append(harmonize.resolve(domain, pl.concat(frames), subjects))
            table = harmonize.harmonized(domain, resolved[-1], snakemake.params.spec["study"])
        write_parquet(harmonized.validate(domain, table), snakemake.output[domain])
    aside = harmonize.set_aside(resolved, quarantine, unmapped, subjects)
    read = pl.read_csv(snakemake.input.ledger, infer_schema=False).with_columns(
        pl.col("read").cast(pl.Int64)
    )
    write_parquet(aside, snakemake.output.set_aside)
    write_csv(harmonize.ledger(read, resolved, aside), snakemake.output.ledger)
    mine = aside.filter(pl.col("fate") == "quarantined")["row_id"]
    write_csv(
        quarantine.filter(pl.col("row_id").is_in(mine)).sort(
            "feed", "source_file", "source_line", "column", "rule"
        ),
        snakemake.output.quarantine,
    )
    # Proposals are for a person: nothing is mapped by resemblance.
    known = dictionaries.load(Path(snakemake.params.spec["dictionaries"]))
    tests = harmonize.unmapped_tests(unmapped, subjects)
    near = [
        "; ".join(known.nearest(test, domain_of[feed])) or None
        for feed, test in tests.select("feed", "test").iter_rows()
    ]
    write_csv(
        tests.with_columns(proposal=pl.Series(near, dtype=pl.String)), snakemake.output.unmapped
    )
