"""Draw what each extract brought."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.extract_changes import extract_changes
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = extract_changes(
        pl.read_csv(snakemake.input.ledger),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
