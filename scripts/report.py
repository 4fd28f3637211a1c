"""Assemble the report: one page that works offline."""

from remit.machinery.job import Files, Spec, run


def report(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the page."""
    import polars as pl

    from remit.machinery.write import write_text
    from remit.plan import definitions, resources
    from remit.report import page
    from remit.report.changes import changes
    from remit.schemas.wide_tables import read_wide, result
    from remit.words.labels import labels_in

    say = labels_in(spec["study"]["language"])
    summaries, findings = (
        {path.stem: pl.read_csv(path, infer_schema_length=None) for path in paths}
        for paths in ([*inputs.all("summaries"), inputs["what_if"]], inputs.all("quality"))
    )
    tables = (*page.DATASETS, *page.DOMAINS)
    content = page.content(
        {name: pl.read_parquet(inputs.all(name)) for name in tables},
        {path.stem: read_wide(path) for path in inputs.all("statistics")},
        pl.read_parquet(inputs["ard"]),
        {name: pl.read_csv(inputs[name], infer_schema_length=None) for name in page.LEDGERS},
        summaries,
        findings,
        {name: pl.read_csv(resources.text(name)) for name in resources.DERIVED_WITH},
        spec,
        say,
    )
    content["figures"] = {
        path.stem: page.figure(path.stem, path.read_text(encoding="utf-8"), say.language)
        for path in inputs.all("figures")
    }
    chosen = definitions.load(spec["responses"]["definitions"])
    content["definitions"] = page.definitions(chosen, say)
    if released := inputs.all("released"):
        # What is compared stands among the inputs under other names.
        current = {path.name: path for path in inputs if path not in released}
        content["changed"] = changes(
            {path.stem: result(path) for path in released},
            {path.stem: result(current[path.name]) for path in released},
            spec["tables"],
            say,
        )
    content["plan"] = inputs["plan"].read_text(encoding="utf-8")
    write_text(
        outputs["report"], page.render(content, say, inputs["javascript"].read_text("utf-8"))
    )


run(report, globals())
