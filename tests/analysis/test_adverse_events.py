import polars as pl
import pytest

from remit.analysis.adverse_events import COLUMNS, derive_adverse_events
from remit.schemas.analysis import ADAE

SPEC = {
    "after_last_dose_days": 56,
    "related": ["Possible", "Probable"],
    "special_interest": [{"name": "Reactions", "terms": ["Infusion related reaction"]}],
}
SUBJECT = pl.DataFrame(
    {"STUDYID": ["S"], "USUBJID": ["01"], "TRTSDT": ["2021-01-15"], "TRTEDT": ["2021-06-30"]}
).with_columns(pl.col("TRTSDT", "TRTEDT").str.to_date("%Y-%m-%d"))


def event(spec=SPEC, /, **columns):
    base = {
        "USUBJID": "01",
        "AETERM": "cold",
        "AEDECOD": "Nasopharyngitis",
        "AEBODSYS": "Infections",
        "AESTDTC": None,
        "AEENDTC": None,
        "AETOXGR": None,
        "AESEV": None,
        "AESER": "N",
        "AEREL": None,
        "AEACN": None,
        "AEOUT": None,
        "SRCFILE": "f",
        "SRCLINE": 2,
        "SRCSHA": "s",
        "ROWID": "r",
    }
    kinds = dict.fromkeys(("AESTDTC", "AEENDTC", "AEREL", "AEACN", "AEOUT", "AESEV"), pl.String)
    ae = pl.DataFrame([base | columns], schema_overrides=kinds | {"AETOXGR": pl.Float64})
    frame = derive_adverse_events(ae, SUBJECT, spec)
    assert frame.columns == list(COLUMNS)
    return ADAE.validate(frame, lazy=True).row(0, named=True)


@pytest.mark.parametrize(
    ("start", "end", "emergent"),
    [
        ("2021-01-15", None, "Y"),
        ("2021-01-14", None, None),
        ("2021-01-10", "2021-01-14", None),
        (None, "2021-01-14", None),  # ended before treatment
        (None, None, "Y"),  # nothing says that it did not begin on treatment
        ("2021-08-25", None, "Y"),  # 56 days after the last dose
        ("2021-08-26", None, None),
        ("2021-01", None, "Y"),  # may have begun on the day of the first dose
        ("2021-01", "2021-01-12", None),
        ("2020-12", None, None),
        ("2021", None, "Y"),
    ],
)
def test_treatment_emergence(start, end, emergent):
    assert event(AESTDTC=start, AEENDTC=end)["TRTEMFL"] == emergent


def test_a_partial_start_is_as_early_as_it_can_be_but_on_treatment_if_it_can():
    assert str(event(AESTDTC="2021-01")["ASTDT"]) == "2021-01-15"
    assert str(event(AESTDTC="2021-02")["ASTDT"]) == "2021-02-01"
    assert str(event(AESTDTC="2021-01", AEENDTC="2021-01-12")["ASTDT"]) == "2021-01-12"
    assert event(AESTDTC="2021-02")["ASTDTF"] == "D"
    assert event(AESTDTC="2021")["ASTDTF"] == "M"
    assert event(AESTDTC="2021-02-03")["ASTDTF"] is None


def test_a_partial_end_is_as_late_as_it_can_be():
    assert str(event(AEENDTC="2021-02")["AENDT"]) == "2021-02-28"
    assert str(event(AEENDTC="2021")["AENDT"]) == "2021-12-31"


def test_study_days_have_no_day_zero():
    assert event(AESTDTC="2021-01-14")["ASTDY"] == -1
    assert event(AESTDTC="2021-01-15")["ASTDY"] == 1


def test_an_unknown_relation_counts_as_related_and_an_unknown_severity_as_none():
    unknown = event()
    assert (unknown["AREL"], unknown["ASEV"]) == ("Y", None)
    known = event(AEREL="unlikely", AETOXGR=1.0)
    assert (known["AREL"], known["ASEV"]) == ("N", "MILD")
    assert event(AEREL="PROBABLE")["AREL"] == "Y"


def test_severity_is_the_grade_else_the_word_and_a_fatal_outcome_is_fatal():
    assert event(AESEV="MODERATE")["ASEV"] == "MODERATE"
    assert event(AESEV="MODERATE", AETOXGR=4.0)["ASEV"] == "LIFE THREATENING"
    assert event(AESEV="SEVERE", AEOUT="FATAL")["ASEV"] == "FATAL"


def test_groups_of_special_interest():
    assert event(AEDECOD="Infusion Related Reaction")["AESI"] == "Reactions"
    assert event()["AESI"] is None


def test_groups_by_class_severity_and_seriousness():
    severe = {"name": "severe infection", "classes": ["infections"], "least_grade": 3}
    serious = {"name": "serious", "terms": ["Nasopharyngitis"], "serious": True}
    groups = SPEC | {"special_interest": [severe, serious]}
    assert event(groups)["AESI"] is None  # severity unknown
    assert event(groups, AETOXGR=2.0)["AESI"] is None
    assert event(groups, AETOXGR=3.0)["AESI"] == "severe infection"
    assert event(groups, AETOXGR=3.0, AESER="Y")["AESI"] == "severe infection; serious"
