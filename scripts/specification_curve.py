"""Draw the change of the primary parameter under every choice of analysis."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.specification_curve import specification_curve
    from remit.machinery.write import write_bytes
    from remit.statistics.wide_tables import typed
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = specification_curve(
        typed(pl.read_csv(snakemake.input.sensitivity, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
