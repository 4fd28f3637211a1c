"""Quality: failed rows by Kahn's categories, and queries that reject nothing."""

import polars as pl
import pytest

from remit.harmonize import quality
from remit.harmonize.meetings import CONFLICTS
from remit.ingest.source import origin, with_feeds
from remit.schemas.raw import DOMAINS, rules


def lb(*rows: tuple[str, str, float], oper: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "USUBJID": "S-1",
                "LBTESTCD": test,
                "LBDTC": day,
                "LBSTRESN": value,
                "LBSTRESU": "u",
                "LBOPER": oper,
                "ROWID": f"r{index}",
                "SRCFILE": "f",
                "SRCSHA": "a",
                "SRCLINE": index,
                "LBSPEC": "BLOOD",
                "LBREFID": None,
                "LBRPTDTC": None,
                "LBSTNRLO": 1.0,
                "LBSTNRHI": None,
            }
            for index, (test, day, value) in enumerate(rows)
        ],
        schema_overrides=dict.fromkeys(("LBOPER", "LBREFID", "LBRPTDTC"), pl.String)
        | {"LBSTNRHI": pl.Float64},
    )


ANALYTES = pl.DataFrame(
    {
        "LBTESTCD": ["SCR", "ALB", "HGB"],
        "soft_lo": [20.0, 10.0, 40.0],
        "soft_hi": [1500.0, 55.0, 200.0],
    }
)


NONE = pl.DataFrame(schema=CONFLICTS)


def asked(*rows: tuple[str, str, float], oper: str | None = None) -> list[tuple[str, str]]:
    return quality.queries(lb(*rows, oper=oper), ANALYTES, NONE).select("query", "ROWID").rows()


def test_every_rule_has_a_category() -> None:
    known = {rule.id for domain in DOMAINS for rule in rules(domain)}
    assert known == set(quality.CATEGORY)


def test_a_creatinine_that_doubles_within_thirty_days_is_asked_about() -> None:
    assert asked(("SCR", "2020-06-01", 80), ("SCR", "2020-07-01", 160)) == [("delta check", "r1")]
    assert asked(("SCR", "2020-06-01", 160), ("SCR", "2020-07-01", 80)) == [("delta check", "r1")]
    assert asked(("SCR", "2020-06-01", 80), ("SCR", "2020-07-02", 160)) == []
    assert asked(("SCR", "2020-06-01", 80), ("SCR", "2020-07-01", 159)) == []


@pytest.mark.parametrize(
    ("test", "day", "change"), [("HGB", "2020-07-01", 41), ("ALB", "2020-06-15", 16)]
)
def test_haemoglobin_and_albumin_are_asked_about_by_their_difference(
    test: str, day: str, change: float
) -> None:
    start = {"HGB": 100.0, "ALB": 20.0}[test]
    assert asked((test, "2020-06-01", start), (test, day, start + change)) == [
        ("delta check", "r1")
    ]
    assert asked((test, "2020-06-01", start), (test, day, start + change - 1)) == []


@pytest.mark.parametrize("factor", [10, 0.1, 88.4, 1 / 88.4])
def test_a_value_one_unit_away_from_both_neighbours_is_asked_about(factor: float) -> None:
    rows = [
        ("C3", "2020-06-01", 50.0),
        ("C3", "2020-08-01", 50.0 * factor),
        ("C3", "2020-10-01", 50.5),
    ]
    assert asked(*rows) == [("unit jump", "r1")]


def test_a_lasting_rise_is_no_unit_jump() -> None:
    rows = [("C3", "2020-06-01", 5.0), ("C3", "2020-08-01", 50.0), ("C3", "2020-10-01", 50.0)]
    assert asked(*rows) == []


def test_a_value_outside_the_soft_limits_is_asked_about() -> None:
    assert asked(("ALB", "2020-06-01", 56.0)) == [("soft limits", "r0")]
    assert asked(("ALB", "2020-06-01", 55.0)) == []


def test_censored_results_are_not_compared() -> None:
    assert asked(("SCR", "2020-06-01", 80), ("SCR", "2020-07-01", 160), oper="<") == []


def test_failed_rows_are_counted_once_per_check_and_extract() -> None:
    ledger = pl.DataFrame(
        {"feed": ["w"], "delivery": ["d"], "source_file": ["f"], "read": [9], "filtered": [1]}
    )
    line = {"feed": "w", "delivery": "d", "source_file": "f"}
    quarantine = pl.DataFrame(
        [
            {**line, "row_id": "1", "rule": "date_missing"},
            {**line, "row_id": "1", "rule": "unit_missing"},
            {**line, "row_id": "2", "rule": "date_missing"},
        ]
    )
    found = quality.summary(ledger, quarantine, pl.DataFrame([{**line, "row_id": "3"}]))
    assert found.select("category", "check", "rows", "failed", "percent").rows() == [
        ("completeness", "date_missing", 8, 2, 25.0),
        ("completeness", "unit_missing", 8, 1, 12.5),
        ("conformance", "test_unknown", 8, 1, 12.5),
    ]


def test_completeness_is_followed_month_by_month() -> None:
    rows = lb(("ALB", "2020-06-01", 30.0), ("ALB", "2020-07-01T08:30", 30.0))
    rows = rows.with_columns(feed=pl.lit("w"), delivery=pl.lit("d"))
    found = quality.over_time(rows).filter(pl.col("check") == "time_of_day_missing")
    assert found.select("month", "rows", "failed").rows() == [("2020-06", 1, 1), ("2020-07", 1, 0)]


def test_rows_of_two_feeds_of_one_file_are_each_its_own_feeds() -> None:
    sources = [(feed, "d", "f", "a") for feed in ("serum", "urine")]
    ledger = pl.DataFrame(
        [*sources, ("left", None, "g", None)],
        schema=["feed", "delivery", "source_file", "source_sha256"],
        orient="row",
    )
    ids = [f"{origin(*sources[place])}-a:{line}" for line, place in enumerate((0, 1, 1))]
    rows = lb(*[("ALB", "2020-06-01", 30.0)] * 3).with_columns(ROWID=pl.Series(ids))
    found = quality.over_time(with_feeds(rows, ledger)).filter(check="time_of_day_missing")
    assert found.select("feed", "rows").rows() == [("serum", 1), ("urine", 2)]


def test_nothing_to_ask_gives_empty_tables_with_all_columns() -> None:
    empty = lb(("ALB", "2020-06-01", 30.0)).clear()
    assert quality.queries(empty, ANALYTES, NONE).columns == list(quality.QUERIES)
    assert quality.over_time(empty.with_columns(feed=None, delivery=None)).is_empty()


def test_a_specimen_number_of_several_days_is_asked_about() -> None:
    rows = lb(("SCR", "2020-06-01", 80), ("SCR", "2020-06-01", 81), ("SCR", "2021-06-01", 82))
    found = quality.queries(rows.with_columns(LBREFID=pl.lit("17")), ANALYTES, NONE)
    assert found.select("query", "ROWID").rows() == [("specimen number", "r2")]
    assert found["message"].item() == "the specimen number 17 stands on 2020-06-01 too"


def test_every_conflict_is_asked_about() -> None:
    conflict = dict.fromkeys(CONFLICTS) | {
        "kind": "conflict",
        "USUBJID": "S-1",
        "column": "SEX",
        "value": "F",
        "row_id": "r9",
        "source_file": "f",
        "source_line": 3,
        "message": "other rows say otherwise: none of the rows is used",
    }
    conflicts = pl.DataFrame([conflict], schema=CONFLICTS)
    found = quality.queries(lb(("SCR", "2020-06-01", 80)), ANALYTES, conflicts)
    assert found.select("query", "ROWID", "message").rows() == [
        ("conflict", "r9", "SEX F: other rows say otherwise: none of the rows is used")
    ]


def loss(*counts: tuple[str, int, int]) -> list[str]:
    """Messages about one test, by direction: accepted and set aside."""
    frame = pl.DataFrame(
        [("UPROT", *line) for line in counts], schema=quality.DIRECTIONS, orient="row"
    )
    return quality.directional_loss([frame.with_columns(feed=pl.lit("ward"))])["message"].to_list()


def test_where_all_that_is_set_aside_is_negative_what_is_left_is_biased() -> None:
    (told,) = loss(("number", 102, 0), ("negative", 0, 195))
    assert told.startswith("195 of 195 results set aside are negative, of the 102 accepted 0")


def test_where_all_that_is_left_is_negative_it_is_biased_too() -> None:
    (told,) = loss(("negative", 201, 0), ("positive", 0, 30), ("text", 0, 17))
    assert told.startswith("201 of 201 accepted results are negative, of the 47 set aside 0")


@pytest.mark.parametrize(
    "counts",
    [
        [("number", 100, 0), ("text", 0, 2)],
        [("number", 1000, 0), ("text", 0, 40)],
        [("number", 100, 30), ("negative", 0, 10)],
        [("number", 50, 50)],
    ],
)
def test_few_set_aside_results_or_such_of_all_kinds_are_no_warning(
    counts: list[tuple[str, int, int]],
) -> None:
    assert loss(*counts) == []


def test_a_test_of_which_nothing_is_left_is_a_warning() -> None:
    assert loss(("number", 0, 12)) == ["all 12 results are set aside: nothing of the test is used"]
    assert loss(("number", 0, 2)) == []
