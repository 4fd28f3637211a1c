"""One table of all people of the study; stop where two of them have one pseudonym."""

from remit.machinery.job import job

with job(snakemake, identified=True):
    import polars as pl

    from remit.harmonize.identity import people
    from remit.machinery.write import write_parquet

    found = people(pl.concat(map(pl.read_parquet, snakemake.input.identities)))
    write_parquet(found, snakemake.output.people)
    print(f"{found.height} people")
