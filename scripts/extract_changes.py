"""Draw what each extract brought."""

from remit.machinery.job import Files, Spec, run


def extract_changes(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    import polars as pl

    from remit.figures.extract_changes import extract_changes as draw
    from remit.machinery.write import write_bytes
    from remit.words.labels import labels_in

    figure = draw(
        pl.read_csv(inputs["ledger"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(extract_changes, globals())
