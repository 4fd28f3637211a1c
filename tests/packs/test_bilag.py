"""New BILAG grades as SRI-4 counts them (Furie, Arthritis Rheum 2009;61:1143)."""

import datetime

import polars as pl
import pytest

from remit.packs.lupus.bilag import SYSTEMS, new_grades

SCORE = {"A": 12.0, "B": 8.0, "C": 1.0, "D": 0.0, "E": 0.0, "-": None}
SUBJECT = pl.DataFrame({"USUBJID": ["01"], "TRTSDT": [datetime.date(2021, 1, 1)]})


def assessed(**grades):
    """Assessments by date `d20210101`, each nine letters in the order of `SYSTEMS`."""
    rows = [
        ("01", code, SCORE[letter], f"{d[1:5]}-{d[5:7]}-{d[7:]}", "f", k, "s", f"{d}{k}")
        for d, letters in grades.items()
        for k, (code, letter) in enumerate(zip(SYSTEMS, letters, strict=True))
    ]
    names = ["USUBJID", "QSTESTCD", "QSSTRESN", "QSDTC", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"]
    kinds = {"QSSTRESN": pl.Float64}
    return pl.DataFrame(rows, schema=names, schema_overrides=kinds, orient="row")


@pytest.mark.parametrize(
    ("before", "after", "new_a", "new_b"),
    [
        ("EEEEEEEAE", "EEEEEEEAE", 0, 0),  # A that stays A is not new
        ("EEEEEEEAE", "EEEEEEEBE", 0, 0),  # from A to B is better, not new
        ("EEEEEEEBE", "EEEEEEEAE", 1, 0),
        ("CDEEEEEEE", "BBEEEEEEE", 0, 2),
        ("CDEEEEEEE", "ABEEEEEEE", 1, 1),
        ("CDEEEEEEE", "AB-EEEEEE", None, None),
    ],
)
def test_grades_that_baseline_did_not_have(before, after, new_a, new_b):
    found = new_grades(assessed(d20201201=before, d20210201=after), SUBJECT)
    later = found.filter(pl.col("ADT") == datetime.date(2021, 2, 1))
    assert dict(later.select("PARAMCD", "AVAL").iter_rows()) == {"BILAGNA": new_a, "BILAGNB": new_b}


def test_baseline_is_the_last_whole_assessment_before_treatment():
    qs = assessed(
        d20201101="AEEEEEEEE", d20201201="CEEEEEEEE", d20201220="-EEEEEEEE", d20210201="AEEEEEEEE"
    )
    found = new_grades(qs, SUBJECT).filter(pl.col("PARAMCD") == "BILAGNA").sort("ADT")
    assert found["AVAL"].to_list() == [1, 0, None, 1]


def test_without_a_baseline_nothing_is_known_to_be_new():
    assert new_grades(assessed(d20210201="AEEEEEEEE"), SUBJECT)["AVAL"].to_list() == [None, None]


def test_the_shipped_systems_are_the_nine(root):
    shipped = pl.read_csv(root / "resources/packs/lupus/questionnaires.csv")
    assert shipped.filter(pl.col("domain") == "bilag")["QSTESTCD"].to_list() == list(SYSTEMS)
