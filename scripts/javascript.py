"""Write the script that draws figures in a browser, once for all pages."""

from remit.machinery.job import Files, Spec, run


def javascript(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the script."""
    from remit.figures.figure import javascript as bundle
    from remit.machinery.write import write_text

    write_text(outputs["javascript"], bundle())


run(javascript, globals())
