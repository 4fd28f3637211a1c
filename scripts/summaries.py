"""Write what the analysis data sets say at a glance: courses, agreement, gaps, queries, grades."""

from remit.machinery.job import Files, Spec, run


def summaries(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write one table a summary."""
    import polars as pl

    from remit.analysis import ctcae, daily_doses, exposure, scores
    from remit.analysis import summaries as of
    from remit.analysis.unused import unused as of_unused
    from remit.machinery.write import write_csv
    from remit.packs.added import contradicted
    from remit.plan import parameters, resources, windows

    visits, responses, subjects, doses = (
        pl.read_parquet(inputs.all(name))
        for name in ("visits", "responses", "subjects", "exposure")
    )
    domains = {name: pl.read_parquet(inputs.all(name)) for name in ("dm", "ex", "lb", "qs", "cm")}
    lb, qs, cm = (domains[name] for name in ("lb", "qs", "cm"))
    names_of = ("ctcae", *resources.DERIVED_WITH)
    dictionaries = {name: pl.read_csv(resources.text(name)) for name in names_of}
    items, sums = dictionaries["questionnaires"], dictionaries["scores"]
    planned = windows.compile(spec["visits"])

    known = spec["categories"]
    write_csv(of.course(responses, planned, known), outputs["course"])
    agreement = [
        of.concordance(responses, window.name, known).select(
            pl.lit(window.name).alias("AVISIT"), pl.all()
        )
        for window in planned[1:]
    ]
    write_csv(pl.concat(agreement), outputs["concordance"])
    write_csv(of.missing_baselines(visits), outputs["missing_baselines"])
    asked = pl.concat([scores.queries(qs, items, sums), contradicted(qs, items, lb)])
    write_csv(asked.sort("USUBJID", "QSDTC", "QSTESTCD", "rule"), outputs["queries"])
    write_csv(of_unused(domains, dictionaries, spec["unused"]), outputs["unused"])
    grades = ctcae.grade(visits, dictionaries["ctcae"], pl.DataFrame(parameters.load()))
    write_csv(ctcae.shift(grades), outputs["shift"])
    if spec["exposure"]:
        write_csv(exposure.adherence(doses, subjects, spec["exposure"]), outputs["adherence"])
    if plan := spec["derivations"]["daily_doses"]:
        taken = [
            daily_doses.cumulative(
                daily_doses.courses(code, cm, dictionaries, of), subjects
            ).select(pl.lit(code).alias("PARAMCD"), pl.all())
            for code, of in plan.items()
        ]
        write_csv(pl.concat(taken), outputs["cumulative_doses"])


run(summaries, globals())
