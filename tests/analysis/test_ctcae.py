import csv

import polars as pl
import pytest

from remit.analysis.ctcae import grade, shift
from remit.analysis.visits import derive_visits
from remit.plan.definitions import plain_unit


@pytest.fixture(scope="module")
def ctcae(root):
    return pl.read_csv(root / "resources" / "ctcae.csv")


@pytest.fixture(scope="module")
def dictionary(root):
    names = {"LBTESTCD": "PARAMCD", "LBTEST": "PARAM"}
    frame = pl.read_csv(root / "resources" / "analytes.csv", infer_schema=False).rename(names)
    return frame.with_columns(pl.col("decimals").cast(pl.Int64))


def test_every_limit_is_in_the_unit_of_its_parameter(root, dictionary):
    units = dict(dictionary.select("PARAMCD", "unit").iter_rows())
    with (root / "resources" / "ctcae.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            assert plain_unit(row["unit"]) == plain_unit(units[row["PARAMCD"]])
            assert row["source"]


def grades(records, one_subject, dictionary, ctcae, visits_spec, code, term, limits, *values):
    """Grades of a baseline value and those after it."""
    low, high = limits
    rows = [
        {"PARAMCD": code, "ADT": f"2021-0{k + 1}-01", "AVAL": v, "ANRLO": low, "ANRHI": high}
        for k, v in enumerate(values)
    ]
    visits = derive_visits(records(rows), one_subject, dictionary, visits_spec)
    graded = grade(visits, ctcae, dictionary).filter(pl.col("TERM") == term).sort("ADT")
    return graded["ATOXGR"].to_list()


@pytest.mark.parametrize(
    ("code", "term", "limits", "values", "expected"),
    [
        ("HGB", "Anaemia", (115, 150), [120, 114, 100, 99, 80, 79], [0, 1, 1, 2, 2, 3]),
        (
            "WBC",
            "White blood cell decreased",
            (3.5, 9.5),
            [3.5, 3.4, 2.9, 1.9, 0.9],
            [0, 1, 2, 3, 4],
        ),
        ("PLT", "Platelet count decreased", (125, 350), [125, 75, 74, 49, 24], [0, 1, 2, 3, 4]),
        # Normal at baseline: multiples of the upper limit.
        (
            "ALT",
            "Alanine aminotransferase increased",
            (7, 40),
            [40, 41, 121, 201, 801],
            [0, 1, 2, 3, 4],
        ),
        # High at baseline: multiples of baseline.
        (
            "ALT",
            "Alanine aminotransferase increased",
            (7, 40),
            [60, 89, 90, 181, 301, 1201],
            [0, 0, 1, 2, 3, 4],
        ),
        ("SCR", "Creatinine increased", (41, 73), [60, 73, 74, 91, 181, 439], [0, 0, 1, 2, 3, 4]),
        ("ALB", "Hypoalbuminaemia", (40, 55), [40, 39.9, 29.9, 19.9], [0, 1, 2, 3]),
        ("LYM", "Lymphocyte count increased", (1.1, 3.2), [4, 4.1, 20.1], [0, 2, 3]),
    ],
)
def test_grades_at_their_limits(
    records, one_subject, dictionary, ctcae, visits_spec, code, term, limits, values, expected
):
    args = (records, one_subject, dictionary, ctcae, visits_spec)
    assert grades(*args, code, term, limits, *values) == expected


def test_without_a_limit_of_normal_only_absolute_limits_decide(
    records, one_subject, dictionary, ctcae, visits_spec
):
    args = (records, one_subject, dictionary, ctcae, visits_spec)
    assert grades(*args, "HGB", "Anaemia", (None, None), 120, 79) == [None, 3]


def test_the_shift_table_counts_each_subject_once_at_its_worst(
    records, one_subject, dictionary, ctcae, visits_spec
):
    rows = [
        {"PARAMCD": "HGB", "ADT": f"2021-0{k}-01", "AVAL": v, "ANRLO": 115.0, "ANRHI": 150.0}
        for k, v in [(1, 110.0), (2, 90.0), (3, 120.0)]
    ]
    visits = derive_visits(records(rows), one_subject, dictionary, visits_spec)
    table = shift(grade(visits, ctcae, dictionary))
    assert table.rows() == [("Anaemia", 1, 2, 1)]
