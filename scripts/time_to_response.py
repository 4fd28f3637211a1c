"""Draw the share of patients who have responded over time."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.time_to_response import time_to_response
    from remit.machinery.write import write_bytes
    from remit.statistics.wide_tables import typed
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = time_to_response(
        typed(pl.read_csv(snakemake.input.time_to_event, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
