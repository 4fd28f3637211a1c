"""Draw every treated patient's course."""

from remit.machinery.job import Files, Spec, run


def swimmer(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    import polars as pl

    from remit.figures.swimmer import swimmer as draw
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels_in

    figure = draw(
        pl.read_parquet(inputs["subjects"]),
        pl.read_parquet(inputs["exposure"]),
        pl.read_parquet(inputs["responses"]),
        pl.read_parquet(inputs["adverse_events"]),
        pl.read_parquet(inputs["events"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(swimmer, globals())
