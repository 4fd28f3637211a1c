"""Say what is different from the results that were last released."""

from remit.machinery.job import job

with job(snakemake):
    from pathlib import Path

    import polars as pl

    from remit.machinery.write import write_text
    from remit.report import page
    from remit.report.changes import changes
    from remit.statistics.wide_tables import result
    from remit.words.labels import labels

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
    content = {"changed": found, "study": spec["study"]}
    write_text(
        snakemake.output.changes, page.render(content, templates, say, template="changes.html.j2")
    )
