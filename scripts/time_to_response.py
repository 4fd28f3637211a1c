"""Draw the share of patients who have responded over time."""

from remit.machinery.job import Files, Spec, run


def time_to_response(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the figure in every form."""
    from remit.figures.time_to_response import time_to_response as draw
    from remit.machinery.write import write_bytes
    from remit.schemas.wide_tables import read_wide
    from remit.words.labels import labels_in

    figure = draw(
        read_wide(inputs["time_to_event"]),
        spec,
        labels_in(spec["language"]),
    )
    for path in outputs:
        write_bytes(path, figure.render(str(path)))


run(time_to_response, globals())
