import datetime

import polars as pl
import pytest

from remit.analysis.summaries import concordance, course, missing_baselines
from remit.analysis.visits import derive_visits
from remit.analysis.what_if import what_if
from remit.plan.windows import compile
from tests.shipped import categories_of

CATEGORIES = categories_of("cn19")["cn19"]


def responses(*courses, definition="a"):
    """One row per visit of each subject's course: C P N for categories, - for not evaluable."""
    names = {"C": "CR", "P": "PR", "N": "NR", "-": "NE"}
    rows = [
        {
            "STUDYID": "S",
            "USUBJID": f"{s:02}",
            "DEFID": definition,
            "DEFN": definition.upper(),
            "AVISIT": f"Month {v}",
            "AVISITN": float(v),
            "ADT": datetime.date(2021, v, 1),
            "ADY": 28 * v + 1,
            "AVALC": names[letter],
            "BLRESP": None,
        }
        for s, letters in enumerate(courses, 1)
        for v, letter in enumerate(letters, 1)
    ]
    return pl.DataFrame(rows, schema_overrides={"BLRESP": pl.String})


@pytest.mark.parametrize(
    ("letters", "best", "first", "last", "sustained", "since"),
    [
        ("NPC", "CR", "Month 2", "CR", "Y", "Month 2"),
        ("PNP", "PR", "Month 1", "PR", "N", "Month 3"),
        ("CN-", "CR", "Month 1", "NR", "N", None),
        ("P-P", "PR", "Month 1", "PR", "Y", "Month 1"),
        ("NNN", "NR", None, "NR", None, None),
        ("---", None, None, None, None, None),
    ],
)
def test_the_course_of_a_subject(visits_spec, letters, best, first, last, sustained, since):
    found = course(responses(letters), compile(visits_spec), {"a": CATEGORIES}).row(0, named=True)
    names = ("BESTRESP", "FIRSTVIS", "LASTRESP", "SUSTAIN", "SUSTVIS")
    assert [found[name] for name in names] == [best, first, last, sustained, since]


def test_two_definitions_agree_beyond_chance():
    # 20 both yes, 5 only one, 10 only the other, 15 neither: agreement 70 %, kappa 0.40.
    one = responses(*["C"] * 25, *["N"] * 25, definition="a")
    other = responses(*["C"] * 20, *["N"] * 5, *["C"] * 10, *["N"] * 15, definition="b")
    found = concordance(pl.concat([one, other]), "Month 1", dict.fromkeys("ab", CATEGORIES)).row(
        0, named=True
    )
    assert (found["both"], found["first_only"], found["other_only"], found["neither"]) == (
        20,
        5,
        10,
        15,
    )
    assert found["agreement"] == pytest.approx(70)
    assert found["kappa"] == pytest.approx(0.4)


def test_definitions_are_compared_only_where_both_are_evaluable():
    both = pl.concat([responses("C", "-", "N"), responses("C", "C", "-", definition="b")])
    found = concordance(both, "Month 1", dict.fromkeys("ab", CATEGORIES)).row(0, named=True)
    assert (found["n"], found["both"]) == (1, 1)
    assert found["kappa"] is None


def test_why_a_series_has_no_baseline(records, one_subject, analytes, visits_spec):
    rows = [
        {"PARAMCD": "UPCR", "ADT": "2021-01-02", "AVAL": 1.0},
        {"PARAMCD": "ALB", "ADT": "2020-01-02", "AVAL": 1.0},
        {"PARAMCD": "SCR", "ADT": "2020-12-31", "AVAL": None},
        {"PARAMCD": "ANA", "ADT": "2020-12-31", "AVAL": 1.0},
    ]
    visits = derive_visits(records(rows), one_subject, analytes, visits_spec)
    assert missing_baselines(visits).select("PARAMCD", "reason").rows() == [
        ("ALB", "only values before the look-back, or not at the named visit"),
        ("SCR", "no value on or before the first dose"),
        ("UPCR", "no record on or before the first dose"),
    ]


def test_what_another_rule_would_change(records, one_subject, analytes, visits_spec):
    # Month 1 holds a tie (days 27 and 31) that decides the response; month 2 one record.
    rows = [
        {"ADT": "2021-01-01", "AVAL": 4.0},
        {"ADT": "2021-01-27", "AVAL": 2.1},
        {"ADT": "2021-01-31", "AVAL": 2.0},
        {"ADT": "2021-02-26", "AVAL": 1.0},
    ]
    subjects = one_subject.with_columns(
        EOSDT=pl.lit(None, pl.Date), EOSSTT=pl.lit("ONGOING"), DTHDT=pl.lit(None, pl.Date)
    )
    definition = {
        "id": "half",
        "title": "Half",
        "categories": {"PR": {"parameter": "PROT", "fall_percent": 50}},
    }
    plan = {
        "proteinuria": "UPCR",
        "anchor": "UPCR",
        "preflare": "baseline",
        "components_within_days": None,
    }
    visits = derive_visits(records(rows), subjects, analytes, visits_spec)
    table = what_if(visits, subjects, None, [definition], analytes, visits_spec, plan)
    changes = {row["alternative"]: row for row in table.iter_rows(named=True)}
    assert changes["tie: later"]["records_changed"] == 1
    assert changes["tie: later"]["responses_changed"] == 1
    assert changes["choose: first"]["records_changed"] == 0
    assert changes["choose: mean"]["records_changed"] == 1
    assert changes["choose: mean"]["responses_changed"] == 0
    assert changes["anchor: UPCR"]["records_changed"] == 0
    assert changes["baseline: mean of two"]["records_changed"] == 0
    assert {row["records_analysed"] for row in changes.values()} == {3}
    assert {row["visits_with_several"] for row in changes.values()} == {1}


def test_another_baseline_or_method_changes_what_rests_on_it(
    records, one_subject, analytes, visits_spec
):
    rows = [
        {"ADT": "2020-12-20", "AVAL": 2.0},
        {"ADT": "2021-01-01", "AVAL": 4.0},
        {"ADT": "2021-01-27", "AVAL": 2.0, "METHOD": "spot"},
        {"ADT": "2021-01-31", "AVAL": 3.0, "METHOD": "24-hour"},
    ]
    subjects = one_subject.with_columns(
        EOSDT=pl.lit(None, pl.Date), EOSSTT=pl.lit("ONGOING"), DTHDT=pl.lit(None, pl.Date)
    )
    half = {"parameter": "PROT", "fall_percent": 50}
    definition = {"id": "half", "title": "Half", "categories": {"PR": half}}
    plan = {
        "proteinuria": "UPCR",
        "anchor": "UPCR",
        "preflare": "baseline",
        "components_within_days": None,
    }
    visits_spec |= {"methods": ["24-hour", "spot"]}
    visits = derive_visits(records(rows), subjects, analytes, visits_spec)
    table = what_if(visits, subjects, None, [definition], analytes, visits_spec, plan)
    changes = {
        row["alternative"]: (row["records_changed"], row["responses_changed"])
        for row in table.iter_rows(named=True)
    }
    # With a baseline of 3 instead of 4 the visit's 2 is no fall by half; nor is 3 of 4. The copy at
    # the end of follow-up goes with its visit.
    assert changes["baseline: mean of two"] == (1, 2)
    assert changes["tie: better_method"] == (1, 2)
