"""Write what the analysis data sets say at a glance: courses, agreement, gaps, queries, grades."""

from remit.machinery.job import job

with job(snakemake):
    import polars as pl

    from remit.analysis import ctcae, exposure, summaries
    from remit.machinery.write import write_csv
    from remit.packs.lupus import sledai, steroids
    from remit.plan import parameters, windows

    inputs, outputs, spec = snakemake.input, snakemake.output, snakemake.params.spec
    tables = ("visits", "responses", "subjects", "exposure", "lb", "qs", "cm")
    visits, responses, subjects, doses, lb, qs, cm = (pl.read_parquet(inputs[t]) for t in tables)
    analytes = pl.DataFrame(parameters.load(inputs.analytes, inputs.derived))
    planned = windows.compile(spec["visits"])

    write_csv(summaries.course(responses, planned, spec["categories"]), outputs.course)
    agreement = [
        summaries.concordance(responses, window.name, spec["categories"]).select(
            pl.lit(window.name).alias("AVISIT"), pl.all()
        )
        for window in planned[1:]
    ]
    write_csv(pl.concat(agreement), outputs.concordance)
    write_csv(summaries.missing_baselines(visits), outputs.missing_baselines)
    write_csv(sledai.queries(qs, pl.read_csv(inputs.questionnaire), lb), outputs.queries)
    grades = ctcae.grade(visits, pl.read_csv(inputs.ctcae), analytes)
    write_csv(ctcae.shift(grades), outputs.shift)
    write_csv(exposure.adherence(doses, subjects, spec["exposure"]), outputs.adherence)
    dictionaries = [pl.read_csv(inputs.steroids), pl.read_csv(inputs.frequencies)]
    courses = steroids.doses(cm, *dictionaries, spec["derivations"]["steroids"])
    write_csv(steroids.cumulative(courses, subjects), outputs.steroids)
