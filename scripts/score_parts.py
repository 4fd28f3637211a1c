"""Draw what a score consists of."""

from remit.machinery.job import Files, Spec, run


def score_parts(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    import polars as pl

    from remit.figures.score_parts import score_parts as draw
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


run(score_parts, globals())
