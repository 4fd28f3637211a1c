"""One table of all people of the study, and who of them may be who; stop where two have one pseudonym."""

from remit.machinery.job import Files, Spec, run


def identity(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the table of people, who resembles whom, and what to be warned of."""
    import polars as pl

    from remit.harmonize import identity as of
    from remit.machinery.write import for_people, write_csv, write_parquet

    found = []
    for path in inputs.all("identities"):
        feed = path.relative_to("results/private/ingested").parts[0]
        source = {"FEED": pl.lit(feed), "DOMAIN": pl.lit(spec["domains"][feed])}
        found.append(pl.read_parquet(path).with_columns(**source))
    identities = pl.concat(found)
    everybody = of.people(identities)
    alike = of.resemblances(identities)
    write_parquet(everybody, outputs["people"])
    write_csv(for_people(alike), outputs["resemblances"])
    write_parquet(of.warnings(identities, alike), outputs["warnings"])
    print(f"{everybody.height} people, {alike.height} pairs whose numbers resemble each other")


run(identity, globals(), identified=True)
