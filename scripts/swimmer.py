"""Draw every treated patient's course."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.swimmer import swimmer
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = swimmer(
        pl.read_parquet(snakemake.input.subjects),
        pl.read_parquet(snakemake.input.exposure),
        pl.read_parquet(snakemake.input.responses),
        pl.read_parquet(snakemake.input.adverse_events),
        pl.read_parquet(snakemake.input.events),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
