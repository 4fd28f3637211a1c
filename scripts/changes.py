"""Say what is different from the results that were last released."""

from remit.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit import report
    from remit.changes import changes
    from remit.labels import labels
    from remit.wide import result
    from remit.write import write_text

    spec = snakemake.params.spec
    given = snakemake.input
    say = labels(pl.read_csv(given.labels, infer_schema=False), spec["study"]["language"])
    found = changes(
        {Path(path).stem: result(path) for path in given.get("released", [])},
        {Path(path).stem: result(path) for path in given.current},
        spec["tables"],
        say,
    )
    templates = {
        Path(path).name: Path(path).read_text(encoding="utf-8") for path in given.templates
    }
    page = {"changed": found, "study": spec["study"]}
    write_text(
        snakemake.output.changes, report.render(page, templates, say, template="changes.html.j2")
    )
