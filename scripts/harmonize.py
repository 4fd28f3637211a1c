"""Merge the accepted rows of all deliveries; write one table per domain, and what was not used."""

from remit.machinery.job import job
from remit.machinery.kept import kept

with job(snakemake), kept(snakemake, "accepted", "quarantine"):
    import polars as pl

    from remit.harmonize import merge
    from remit.machinery.shards import written
    from remit.machinery.write import write_parquet
    from remit.schemas import harmonized

    domain_of = snakemake.params.spec["domains"]
    rows = {domain: [] for domain in merge.KEYS}
    for path in written(snakemake.input.accepted):
        feed, delivery = path.relative_to("results/ingested").parts[:2]
        source = {"FEED": pl.lit(feed), "DELIVERY": pl.lit(delivery)}
        rows[domain_of[feed]].append(pl.read_parquet(path).with_columns(**source))
    quarantine = map(pl.read_parquet, snakemake.input.quarantine)

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
            table = merge.harmonized(used, snakemake.params.spec["study"])
            del used
        write_parquet(harmonized.validate(domain, table), snakemake.output[domain])
    write_parquet(pl.concat(counts), snakemake.output.used)
    write_parquet(pl.concat(not_used), snakemake.output.not_used)
