"""Set every table of the statistics in every form people ask for."""

from remit.machinery.job import Files, Spec, run


def tables(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write each table as HTML, CSV, Word and RTF."""
    from remit.machinery.write import write_bytes
    from remit.schemas.wide_tables import read_wide
    from remit.tables.files import render
    from remit.tables.of_statistics import TABLES
    from remit.words.labels import labels_in

    say = labels_in(spec["language"])
    made = {name: TABLES[name](read_wide(inputs[name]), spec, say) for name in inputs.names()}
    for path in outputs:
        write_bytes(path, render(made[path.stem], path))


run(tables, globals())
