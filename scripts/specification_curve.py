"""Draw the change of the primary parameter under every choice of analysis."""

from remit.machinery.job import Files, Spec, run


def specification_curve(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    from remit.figures.specification_curve import specification_curve as draw
    from remit.machinery.write import write_bytes
    from remit.schemas.wide_tables import read_wide
    from remit.words.labels import labels_in

    figure = draw(
        read_wide(inputs["sensitivity"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(specification_curve, globals())
