"""Baseline, exposure and shift."""

import polars as pl

from remit.schemas.statistics import validate
from remit.statistics import baseline, exposure, shift, wide


def people(subjects_of) -> pl.DataFrame:
    return subjects_of("abcdefg").with_columns(
        AGE=pl.Series([20.0, 30, 40, 50, 60, 70, None]),
        WEIGHT=pl.lit(60.0),
        SEX=pl.Series(list("FFFFFFM")),
        LNCLASS=pl.Series(["IV"] * 4 + ["V"] * 2 + [None]),
        TRTDURM=pl.Series([4.0, 5, 6, 7, 8, 9, 9]),
        TRTDURD=pl.Series([112, 140, 168, 196, 224, 252, 252]),
        NDOSES=pl.Series([6, 7, 8, 9, 10, 11, 11]),
    )


def test_duration_has_median_seven_and_range_four_to_nine(subjects_of, plan):
    given = pl.DataFrame({"USUBJID": ["a", "a", "x"], "AEXDOSK": 10.0, "INTERVAL": [None, 14, 28]})
    table = wide(exposure(given, people(subjects_of), plan), "exposure")
    validate("exposure", table)
    row = table.filter(population="EFFFL", PARAMCD="TRTDURM").row(0, named=True)
    assert (row["n"], row["median"], row["min"], row["max"]) == (7, 7, 4, 9)
    doses = table.filter(population="EFFFL", PARAMCD="INTERVAL").row(0, named=True)
    assert (doses["n"], doses["mean"], doses["error"]) == (1, 14, "one value has no spread")


def test_baseline_describes_numbers_and_counts_categories(subjects_of, visits_of, parameters, plan):
    visits = visits_of(("a", "Baseline", 3.0, 3.0)).with_columns(ABLFL=pl.lit("Y"))
    table = wide(baseline(people(subjects_of), visits, parameters, plan), "baseline")
    validate("baseline", table)
    own = table.filter(population="EFFFL")
    age = own.filter(PARAMCD="AGE").row(0, named=True)
    assert (age["n"], age["mean"]) == (6, 45)
    classes = own.filter(PARAMCD="LNCLASS").select("category", "count", "denominator").rows()
    assert classes == [("IV", 4, 6), ("V", 2, 6)]
    assert own.filter(PARAMCD="UPCR")["mean"].to_list() == [3.0]


def test_what_was_collected_of_nobody_is_no_characteristic(
    subjects_of, visits_of, parameters, plan
):
    unweighed = people(subjects_of).with_columns(WEIGHT=pl.lit(None, pl.Float64))
    visits = visits_of(("a", "Baseline", 3.0, 3.0)).with_columns(ABLFL=pl.lit("Y"))
    table = wide(baseline(unweighed, visits, parameters, plan), "baseline")
    assert "AGE" in table["PARAMCD"].to_list()
    assert "WEIGHT" not in table["PARAMCD"].to_list()


def test_shift_counts_who_crossed_the_reference_range(subjects_of, visits_of, parameters, plan):
    names = "abcdefgh"
    visits = visits_of(*((name, "Month 1", 3.0, 2.0) for name in names)).with_columns(
        BNRIND=pl.Series(["HIGH"] * 7 + ["NORMAL"]),
        ANRIND=pl.Series(["NORMAL"] * 6 + ["HIGH", "NORMAL"]),
    )
    table = wide(shift(visits, subjects_of(names), parameters, plan), "shift")
    row = validate("shift", table).row(0, named=True)
    counts = ("n", "abnormal_base", "abnormal_visit", "only_base", "only_visit")
    assert [row[name] for name in counts] == [8, 7, 1, 6, 0]
    assert row["p_mcnemar"] == 0.03125
