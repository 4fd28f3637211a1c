"""Derive the subject-level data set: treatment, sets, reasons for exclusion."""

from remit.machinery.job import Files, Spec, run


def subjects(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADSL."""
    import polars as pl

    from remit.analysis.subjects import derive_subjects, laboratory_tests
    from remit.analysis.treatment import CONTACTS, last_contacts
    from remit.machinery.write import stream_parquet
    from remit.packs.lupus import sledai
    from remit.plan import parameters, resources
    from remit.schemas.analysis import ADSL

    plan = spec["subjects"]
    tests = pl.col("LBTESTCD").is_in(laboratory_tests(plan))
    items = pl.read_csv(resources.text("questionnaires"))
    subjects = derive_subjects(
        pl.read_parquet(inputs["dm"]),
        pl.read_parquet(inputs["ex"]),
        pl.scan_parquet(inputs["lb"]).filter(tests).collect(engine="streaming"),
        sledai.totals(pl.read_parquet(inputs["qs"]), items),
        pl.DataFrame(parameters.load()),
        last_contacts(
            *(pl.scan_parquet(inputs[domain]).select("USUBJID", date) for domain, date in CONTACTS)
        ),
        plan,
        consent="RFICDTC" in spec["collected"]["dm"],
    )
    stream_parquet(ADSL.validate(subjects, lazy=True).lazy(), outputs["subjects"])


run(subjects, globals(), deciding=("dm", "ex", "lb", "qs"))
