"""Draw every parameter's course over the visits."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.trajectories import trajectories
    from remit.machinery.write import write_bytes
    from remit.statistics.wide_tables import typed
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = trajectories(
        pl.read_parquet(snakemake.input.visits),
        pl.read_parquet(snakemake.input.subjects),
        typed(pl.read_csv(snakemake.input.paired, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
