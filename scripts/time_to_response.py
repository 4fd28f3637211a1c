"""Draw the share of patients who have responded over time."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.time_to_response import time_to_response
    from remit.labels import labels
    from remit.wide import typed
    from remit.write import write_bytes

    spec = snakemake.params.spec
    figure = time_to_response(
        typed(pl.read_csv(snakemake.input.time_to_event, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
