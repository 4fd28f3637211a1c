"""Say what is different from the results that were last released."""

from remit.machinery.job import Files, Spec, run


def changes(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the page."""
    from remit.machinery.write import write_text
    from remit.report import page
    from remit.report.changes import changes as compare
    from remit.schemas.wide_tables import result
    from remit.words.labels import labels_in

    say = labels_in(spec["study"]["language"])
    released, current = (
        {path.stem: result(path) for path in inputs.all(name)} for name in ("released", "current")
    )
    content = {
        "changed": compare(released, current, spec["tables"], say),
        "study": spec["study"],
    }
    write_text(outputs["changes"], page.render(content, say, template="changes.html.j2"))


run(changes, globals())
