"""Merge the accepted rows of all deliveries; write one table per domain, and what was not used."""

from remit.job import job
from remit.kept import kept

with job(snakemake), kept(snakemake, "accepted", "quarantine"):
    import polars as pl

    from remit import harmonize
    from remit.shards import written
    from remit.write import write_parquet
    from schemas import harmonized

    domain_of = snakemake.params.spec["domains"]
    rows = {domain: [] for domain in harmonize.KEYS}
    for path in written(snakemake.input.accepted):
        feed, delivery = path.relative_to("results/ingested").parts[:2]
        source = {"FEED": pl.lit(feed), "DELIVERY": pl.lit(delivery)}
        rows[domain_of[feed]].append(pl.read_parquet(path).with_columns(**source))
    quarantine = map(pl.read_parquet, snakemake.input.quarantine)

    subjects = harmonize.cohort(*rows["dm"], *quarantine)
    counts, not_used = [harmonize.counted([])], [harmonize.not_used([])]
    for domain in harmonize.KEYS:
        table = harmonized.empty(domain)
        # One domain at a time, and none of it twice: this is what decides how large a shard can be.
        if frames := rows.pop(domain):
            used, unused = harmonize.resolve(domain, pl.concat(frames), subjects)
            frames.clear()
            counts.append(harmonize.counted([used]))
            not_used.append(harmonize.not_used([unused]))
            table = harmonize.harmonized(used, snakemake.params.spec["study"])
            del used
        write_parquet(harmonized.validate(domain, table), snakemake.output[domain])
    write_parquet(pl.concat(counts), snakemake.output.used)
    write_parquet(pl.concat(not_used), snakemake.output.not_used)
