"""Draw what each extract brought."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.extract_changes import extract_changes
    from remit.labels import labels
    from remit.write import write_bytes

    spec = snakemake.params.spec
    figure = extract_changes(
        pl.read_csv(snakemake.input.ledger),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
