"""Draw the daily dose of every patient."""

from remit.machinery.job import Files, Spec, run


def dose_lines(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    import polars as pl

    from remit.figures.dose_lines import dose_lines as draw
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels_in

    figure = draw(
        pl.read_parquet(inputs["visits"]),
        pl.read_parquet(inputs["subjects"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(dose_lines, globals())
