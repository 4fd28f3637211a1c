"""Draw how many patients had each adverse event."""

from remit.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.adverse_event_dots import adverse_event_dots
    from remit.labels import labels
    from remit.wide import typed
    from remit.write import write_bytes

    spec = snakemake.params.spec
    figure = adverse_event_dots(
        typed(pl.read_csv(snakemake.input.safety, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
