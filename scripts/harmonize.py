"""Merge the accepted rows of all deliveries; write one table per domain, and what was not used."""

from remit.machinery.job import Files, Spec, run


def harmonize(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write one table a domain, and what their rows leave: counts, rows not used, conflicts, cells."""
    import polars as pl

    from remit.harmonize import consistency, merge
    from remit.machinery.shards import written
    from remit.machinery.write import write_parquet
    from remit.schemas import harmonized

    domain_of = spec["domains"]
    rows: dict[str, list[pl.DataFrame]] = {domain: [] for domain in merge.DOMAINS}
    for path in written(inputs.all("accepted")):
        feed, delivery = path.relative_to("results/ingested").parts[:2]
        source = {"FEED": pl.lit(feed), "DELIVERY": pl.lit(delivery)}
        rows[domain_of[feed]].append(pl.read_parquet(path).with_columns(**source))
    quarantine = map(pl.read_parquet, inputs.all("quarantine"))
    subjects = merge.cohort(*rows["dm"], *quarantine)
    doses = consistency.first_doses(rows["ex"])
    people = consistency.person(harmonized.empty("dm"), doses, rows)
    held: pl.Series | None = None
    resolved: list[merge.Resolved] = []
    for domain in merge.DOMAINS:
        table = harmonized.empty(domain)
        # One domain at a time, and none of it twice: this is what decides how large a shard can be.
        if frames := rows.pop(domain):
            found = merge.resolve(domain, pl.concat(frames), subjects, held, spec["conflicts"])
            frames.clear()
            if domain == "dm":
                held = merge.held_people(found)
                people = consistency.person(found.used, doses, rows)
            found = merge.possible(domain, found, people)
            if domain == "dm":
                people = consistency.person(found.used, doses, rows)
            table = merge.harmonized(found.used, spec["study"])
            resolved.append(found._replace(used=found.used.clear()))
            del found
        write_parquet(harmonized.validate(domain, table), outputs[domain])
    for name, frame in merge.aside(resolved).items():
        write_parquet(frame, outputs[name])


run(harmonize, globals(), deciding=("accepted", "quarantine"))
