"""Adverse events: a subject counts once in a row, an event as often as it occurs."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from remit.schemas.statistics import validate
from remit.statistics import safety, wide

AE: dict[str, Any] = {
    "AEDECOD": "Nausea",
    "AEBODSYS": "Gastrointestinal disorders",
    "ASTDT": date(2020, 7, 10),
    "ASTDY": 10,
    "TRTEMFL": "Y",
    "ASEV": "MILD",
    "AESER": "N",
    "AREL": "N",
    "AEREL": "NOT RELATED",
    "AESI": None,
    "AEACN": "DOSE NOT CHANGED",
    "AEOUT": "RECOVERED",
}


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {"USUBJID": pl.String, **dict.fromkeys(AE, pl.String), "ASTDY": pl.Int64}
    schema["ASTDT"] = pl.Date
    return pl.DataFrame([AE | row for row in rows], schema=schema)


@pytest.fixture
def people(subjects_of) -> pl.DataFrame:
    return subjects_of("abcdefghij").with_columns(
        TRTSDT=pl.date(2020, 7, 1),
        TRTEDT=pl.date(2020, 7, 1) + pl.duration(days=364 - 56),
        EOSDT=pl.date(2025, 7, 1),
        DTHDT=pl.lit(None, pl.Date),
    )


def table_of(given: pl.DataFrame, people: pl.DataFrame, plan: dict[str, Any]) -> pl.DataFrame:
    return validate("safety", wide(safety(given, people, plan), "safety"))


def test_the_published_incidences(people, plan):
    given = events(
        {"USUBJID": "a", "AEDECOD": "Upper respiratory tract infection", "AEBODSYS": "Infections"},
        {"USUBJID": "b", "AEDECOD": "Infusion related reaction", "AEBODSYS": "Injury", "AREL": "Y"},
    )
    table = table_of(given, people, plan)
    rows = {r["term"]: (r["count"], r["denominator"], r["percent"]) for r in table.to_dicts()}
    assert rows["Any adverse event"] == (2, 10, 20)
    assert rows["Upper respiratory tract infection"] == (1, 10, 10)
    assert rows["Infusion related reaction"] == (1, 10, 10)
    for none in ("Serious", "Severe (grade 3 or above)", "Death", "tumour"):
        assert rows[none] == (0, 10, 0)
    low, high = table.filter(category="serious").select("ci_low", "ci_high").row(0)
    assert (low, round(high, 2)) == (0, 30.85)


def test_a_subject_counts_at_its_worst_severity(people, plan):
    given = events(
        {"USUBJID": "a"},
        {"USUBJID": "a", "ASEV": "SEVERE"},
        {"USUBJID": "b", "ASEV": "MODERATE"},
        {"USUBJID": "b", "AEDECOD": "Vomiting", "ASEV": "LIFE THREATENING"},
        {"USUBJID": "c", "AEOUT": "FATAL"},
    )
    table = table_of(given, people, plan)
    worst = [
        "worst_mild",
        "worst_moderate",
        "worst_severe",
        "worst_life_threatening",
        "worst_fatal",
        "worst_unknown",
    ]

    def counts(**row):
        return table.filter(**row).select(worst).row(0)

    assert counts(category="pt", term="Nausea") == (1, 1, 1, 0, 0, 0)
    assert counts(category="soc") == (1, 0, 1, 1, 0, 0)
    assert counts(category="death") == (0, 0, 0, 0, 1, 0)
    assert counts(category="serious") == (0, 0, 0, 0, 0, 0)
    for row in table.select("count", *worst).iter_rows():
        assert row[0] == sum(row[1:])


def test_a_subject_counts_once_and_the_events_all(people, plan):
    given = events({"USUBJID": "a"}, {"USUBJID": "a", "ASTDY": 40}, {"USUBJID": "b"})
    row = table_of(given, people, plan).filter(category="pt").row(0, named=True)
    assert (row["count"], row["events"]) == (2, 3)


def test_events_before_treatment_and_of_others_do_not_count(people, plan):
    given = events({"USUBJID": "a", "TRTEMFL": None}, {"USUBJID": "z"})
    assert table_of(given, people, plan).filter(category="any")["count"].to_list() == [0]


def test_classes_by_frequency_and_their_terms_below_them(people, plan):
    given = events(
        {"USUBJID": "a"},
        {"USUBJID": "a", "AEBODSYS": "Infections", "AEDECOD": "Cystitis"},
        {"USUBJID": "b", "AEBODSYS": "Infections", "AEDECOD": "Influenza"},
    )
    table = table_of(given, people, plan).filter(pl.col("category").is_in(["soc", "pt"]))
    assert table["term"].to_list() == [
        *("Infections", "Cystitis", "Influenza", "Gastrointestinal disorders", "Nausea"),
    ]


def test_severity_special_interest_discontinuation_and_death(people, plan):
    given = events(
        {"USUBJID": "a", "ASEV": "LIFE THREATENING", "AESI": "infection; tumour"},
        {"USUBJID": "b", "AEACN": "DRUG WITHDRAWN"},
        {"USUBJID": "c", "AEOUT": "FATAL"},
    )
    died = pl.when(pl.col("USUBJID").is_in(["c", "d"])).then(pl.date(2021, 1, 1))
    table = table_of(given, people.with_columns(DTHDT=died), plan)
    counts = dict(table.select("category", "count").iter_rows())
    found = {kind: counts[kind] for kind in ("severe", "aesi", "discontinuation", "death")}
    assert found == {"severe": 1, "aesi": 1, "discontinuation": 1, "death": 2}


def test_the_rate_counts_time_up_to_the_first_event(people, plan):
    row = table_of(events({"USUBJID": "a", "ASTDY": 5}), people, plan).row(0, named=True)
    assert row["person_years"] == pytest.approx((9 * 365 + 5) / 365.25)
    assert row["rate"] == pytest.approx(100 / row["person_years"])


def test_the_event_rate_counts_every_event_over_the_period(people, plan):
    """14 events in 400 person-years, with the exact interval of StatsDirect's example."""
    given = events(*[{"USUBJID": "ab"[k % 2]} for k in range(14)])
    end = pl.date(2020, 7, 1) + pl.duration(days=14_609)
    long = people.with_columns(TRTEDT=end - pl.duration(days=56), EOSDT=end)
    row = table_of(given, long, plan).row(0, named=True)
    assert (row["count"], row["events"], row["period_years"]) == (2, 14, 400)
    found = [row[f"event_rate{end}"] for end in ("", "_ci_low", "_ci_high")]
    assert found == pytest.approx([3.5, 1.9135, 5.8724], abs=5e-5)


def test_a_death_reported_as_an_event_too_is_one_death(people, plan):
    died = pl.when(pl.col("USUBJID").is_in(["a", "b"])).then(pl.date(2021, 1, 1))
    given = events({"USUBJID": "a", "AEOUT": "FATAL"})
    row = table_of(given, people.with_columns(DTHDT=died), plan).filter(category="death")
    assert row.select("count", "events").row(0) == (2, 2)


def test_one_event_after_one_dose_is_counted_in_the_time_in_which_it_would_have_been(people, plan):
    """Ten patients, one dose each, one event on day 40 of the 57 in which an event counts."""
    once = people.with_columns(TRTEDT=pl.col("TRTSDT"))
    given = events({"USUBJID": "a", "ASTDY": 40, "ASTDT": date(2020, 8, 9)})
    row = table_of(given, once, plan).filter(category="any").row(0, named=True)
    assert (row["period"], row["period_years"]) == ("emergent", pytest.approx(570 / 365.25))
    assert row["person_years"] == pytest.approx((9 * 57 + 40) / 365.25)
    assert row["rate"] == pytest.approx(100 / row["person_years"])
    assert row["event_rate"] == pytest.approx(100 / row["period_years"])


def test_the_period_ends_with_observation(people, plan):
    short = people.with_columns(EOSDT=pl.col("TRTEDT") + pl.duration(days=6))
    assert table_of(events(), short, plan)["period_years"][0] == pytest.approx(3150 / 365.25)
    seen = events(
        {"USUBJID": "a", "ASTDY": 319, "ASTDT": date(2021, 5, 15)}
    )  # after follow-up ended
    found = table_of(seen, short, plan).filter(category="any").row(0, named=True)
    assert found["period_years"] == pytest.approx((9 * 315 + 319) / 365.25)


def test_a_death_after_the_period_has_the_whole_follow_up_as_its_time(people, plan):
    died = people.with_columns(
        DTHDT=pl.when(pl.col("USUBJID") == "a").then(pl.date(2024, 7, 1)),
    )
    table = table_of(events(), died, plan)
    row = table.filter(category="death").row(0, named=True)
    days = 9 * ((date(2025, 7, 1) - date(2020, 7, 1)).days + 1)
    days += (date(2024, 7, 1) - date(2020, 7, 1)).days + 1
    assert (row["count"], row["period"]) == (1, "follow_up")
    assert row["person_years"] == pytest.approx(days / 365.25)
    assert table.filter(category="any")["count"].to_list() == [0]


def test_what_was_not_recorded_is_a_class_of_its_own(people, plan):
    given = events(
        {"USUBJID": "a", "ASEV": None},
        {"USUBJID": "b", "ASEV": None, "AEREL": None, "AREL": "Y"},
        {"USUBJID": "b", "ASEV": "SEVERE"},
        {"USUBJID": "c"},
    )
    table = table_of(given, people, plan)
    row = table.filter(category="any").row(0, named=True)
    assert (row["worst_mild"], row["worst_severe"], row["worst_unknown"]) == (1, 1, 1)
    assert table.filter(category="severe")["count"].to_list() == [1]
    unknown = table.filter(category="unknown").select("term", "count").rows()
    assert unknown == [
        ("Relation not recorded (counted as related)", 1),
        ("Severity not recorded", 2),
    ]


def test_what_was_recorded_of_no_event_has_no_row(people, plan):
    bare = events({"USUBJID": "a"}).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("AEREL", "AESER", "ASEV", "AEACN")
    )
    assert table_of(bare, people, plan)["category"].unique().sort().to_list() == [
        *("aesi", "any", "death", "pt", "soc"),
    ]


def test_an_event_without_a_class_is_counted_under_its_term_alone(people, plan):
    table = table_of(events({"USUBJID": "a", "AEBODSYS": None}), people, plan)
    assert table.filter(category="soc").is_empty()
    assert table.filter(category="pt").select("soc", "count").rows() == [(None, 1)]
