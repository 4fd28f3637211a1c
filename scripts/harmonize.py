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
    resolved = []
    for domain, frames in rows.items():
        table = harmonized.empty(domain)
        if frames:
            resolved.append(harmonize.resolve(domain, pl.concat(frames), subjects))
            table = harmonize.harmonized(domain, resolved[-1], snakemake.params.spec["study"])
        write_parquet(harmonized.validate(domain, table), snakemake.output[domain])
    write_parquet(harmonize.used(resolved), snakemake.output.used)
    write_parquet(harmonize.not_used(resolved), snakemake.output.not_used)
