"""Draw how many patients had each adverse event."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.figures.adverse_event_dots import adverse_event_dots
    from remit.machinery.write import write_bytes
    from remit.statistics.wide_tables import typed
    from remit.words.labels import labels

    spec = snakemake.params.spec
    figure = adverse_event_dots(
        typed(pl.read_csv(snakemake.input.safety, infer_schema=False)),
        spec,
        labels(pl.read_csv(snakemake.input.labels, infer_schema=False), spec["language"]),
    )
    for path in snakemake.output:
        write_bytes(path, figure.render(path))
