"""Draw what the SLEDAI-2K score consists of."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.sledai_domains import sledai_domains
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = sledai_domains(
        pl.read_parquet(snakemake.input.visits),
        pl.read_parquet(snakemake.input.subjects),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
