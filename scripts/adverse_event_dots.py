"""Draw how many patients had each adverse event."""

from remit.machinery.job import Files, Spec, run


def adverse_event_dots(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    from remit.figures.adverse_event_dots import adverse_event_dots as draw
    from remit.machinery.write import write_bytes
    from remit.schemas.wide_tables import read_wide
    from remit.words.labels import labels_in

    figure = draw(
        read_wide(inputs["safety"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(adverse_event_dots, globals())
