"""Draw the response classes by visit."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.response_bars import response_bars
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = response_bars(
        pl.read_parquet(snakemake.input.responses),
        pl.read_parquet(snakemake.input.subjects),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
