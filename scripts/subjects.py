"""Derive the subject-level data set: treatment, sets, reasons for exclusion."""

from remit.machinery.job import Files, Spec, run


def subjects(inputs: Files, outputs: Files, spec: Spec) -> None:
    """Write ADSL."""
    import polars as pl

    from remit.analysis.subjects import derive_subjects, laboratory_tests, people
    from remit.analysis.treatment import CONTACTS, last_contacts
    from remit.machinery.write import stream_parquet
    from remit.packs.derivations import records
    from remit.plan import parameters, resources
    from remit.schemas.analysis import ADSL
    from remit.schemas.tables import validated

    plan = spec["subjects"]
    analytes = pl.DataFrame(parameters.load())
    tests = {row.cells["LBTESTCD"] for row in resources.rows("analytes")}
    wanted = laboratory_tests(plan)
    dm, ex, qs = (pl.read_parquet(inputs[name]) for name in ("dm", "ex", "qs"))
    lb = pl.scan_parquet(inputs["lb"])
    if tests.issuperset(wanted):  # nothing that is derived from other results
        lb = lb.filter(pl.col("LBTESTCD").is_in(wanted))
    contacts = last_contacts(
        *(pl.scan_parquet(inputs[domain]).select("USUBJID", date) for domain, date in CONTACTS)
    )
    results = lb.collect(engine="streaming")
    derived = records(
        results,
        qs,
        None,
        people(dm, ex, contacts, plan),
        analytes,
        spec["derivations"],
        {name: pl.read_csv(resources.text(name)) for name in resources.DERIVED_WITH},
    ).filter(pl.col("DTYPE").is_not_null() | ~pl.col("PARAMCD").is_in(list(tests)))
    subjects = derive_subjects(
        dm,
        ex,
        results,
        derived,
        analytes,
        contacts,
        plan,
        consent="RFICDTC" in spec["collected"]["dm"] or dm["RFICDTC"].count() > 0,
    )
    stream_parquet(validated(ADSL, subjects).lazy(), outputs["subjects"])


run(subjects, globals(), deciding=("dm", "ex", "lb", "qs"))
