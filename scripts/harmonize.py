"""Merge the accepted rows of all deliveries; write one table per domain, and what was not used."""

from remit.machinery.job import Files, Spec, run


def harmonize(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write one table a domain, one of all rows used and one of all others."""
    import polars as pl

    from remit.harmonize import merge
    from remit.machinery.shards import written
    from remit.machinery.write import write_parquet
    from remit.schemas import harmonized

    domain_of = spec["domains"]
    rows: dict[str, list[pl.DataFrame]] = {domain: [] for domain in merge.KEYS}
    for path in written(inputs.all("accepted")):
        feed, delivery = path.relative_to("results/ingested").parts[:2]
        source = {"FEED": pl.lit(feed), "DELIVERY": pl.lit(delivery)}
        rows[domain_of[feed]].append(pl.read_parquet(path).with_columns(**source))
    quarantine = map(pl.read_parquet, inputs.all("quarantine"))
    subjects = merge.cohort(*rows["dm"], *quarantine)
    counts, not_used = [merge.counted([])], [merge.not_used([])]
    for domain in merge.KEYS:
        table = harmonized.empty(domain)
        # One domain at a time, and none of it twice: this is what decides how large a shard can be.
        if frames := rows.pop(domain):
            used, unused = merge.resolve(domain, pl.concat(frames), subjects)
            frames.clear()
            counts.append(merge.counted([used]))
            not_used.append(merge.not_used([unused]))
            table = merge.harmonized(used, spec["study"])
            del used
        write_parquet(harmonized.validate(domain, table), outputs[domain])
    write_parquet(pl.concat(counts), outputs["used"])
    write_parquet(pl.concat(not_used), outputs["not_used"])


run(harmonize, globals(), deciding=("accepted", "quarantine"))
