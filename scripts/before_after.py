"""Draw each patient's values before treatment and at one visit."""

from remit.machinery.job import Files, Spec, run


def before_after(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    import polars as pl

    from remit.figures.before_after import before_after as draw
    from remit.machinery.write import write_bytes
    from remit.schemas.wide_tables import read_wide
    from remit.words.labels import labels_in

    figure = draw(
        pl.read_parquet(inputs["visits"]),
        pl.read_parquet(inputs["subjects"]),
        read_wide(inputs["paired"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(before_after, globals())
