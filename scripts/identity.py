"""One table of all people of the study; stop where two of them have one pseudonym."""

from remit.machinery.job import Files, Spec, run


def identity(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the table of people."""
    import polars as pl

    from remit.harmonize.identity import people
    from remit.machinery.write import write_parquet

    everybody = people(pl.concat(map(pl.read_parquet, inputs.all("identities"))))
    write_parquet(everybody, outputs["people"])
    print(f"{everybody.height} people")


run(identity, globals(), identified=True)
