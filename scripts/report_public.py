"""Assemble the public report, of statistics from which nothing about few patients can be worked out."""

from remit.machinery.job import Files, Spec, run


def report_public(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write the page."""
    import polars as pl

    from remit.machinery.write import write_text
    from remit.plan import definitions
    from remit.report import page, public
    from remit.schemas.wide_tables import read_wide
    from remit.words.labels import labels_in

    say = labels_in(spec["study"]["language"])
    shown = public.suppressed(
        {name: pl.read_parquet(inputs[name]) for name in ("subjects", "visits")},
        {path.stem: read_wide(path) for path in inputs.all("statistics")},
        spec,
        say,
    )
    content = public.content(shown, spec, say)
    content["figures"] = {
        name: page.figure(f"public/{name}", drawn.render("figure.json").decode(), say.language)
        for name, drawn in public.figures(shown, spec, say).items()
    }
    chosen = definitions.load(spec["responses"]["definitions"])
    content["definitions"] = page.definitions(chosen, say)
    write_text(
        outputs["report"],
        page.render(content, say, inputs["javascript"].read_text("utf-8"), "public.html.j2"),
    )


run(report_public, globals())
