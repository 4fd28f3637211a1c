"""Assemble the public report: no small cells, no single patients, no source records."""

from remit.machinery.job import Files, Spec, run


def report_public(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the page."""
    import polars as pl

    from remit.machinery.write import write_text
    from remit.plan import definitions
    from remit.report import page
    from remit.statistics.wide_tables import read_wide
    from remit.words.labels import labels_in

    say = labels_in(spec["study"]["language"])
    subjects = pl.read_parquet(inputs["subjects"])
    statistics = {path.stem: read_wide(path) for path in inputs.all("statistics")}
    ledgers = {name: pl.read_csv(inputs[name], infer_schema_length=None) for name in page.LEDGERS}
    content = page.public_content({"subjects": subjects}, statistics, ledgers, spec, say)
    drawn = page.public_figures(
        pl.read_parquet(inputs["visits"]),
        pl.read_parquet(inputs["responses"]),
        subjects,
        statistics,
        ledgers["ledger"],
        spec,
        say,
    )
    content["figures"] = {
        name: page.figure(name, drawing.render("figure.json").decode(), say.language)
        for name, drawing in drawn.items()
    }
    chosen = definitions.load(spec["responses"]["definitions"])
    content["definitions"] = page.definitions(chosen, say)
    write_text(outputs["report"], page.render(content, say))


run(report_public, globals())
