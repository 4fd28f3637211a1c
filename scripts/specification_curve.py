"""Draw the change of the primary parameter under every choice of analysis."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.specification_curve import specification_curve
    from remit.labels import labels
    from remit.wide import typed
    from remit.write import write_bytes

    spec = snakemake.params.spec
    figure = specification_curve(
        typed(pl.read_csv(snakemake.input.sensitivity, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
