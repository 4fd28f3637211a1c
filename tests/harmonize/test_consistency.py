"""What cannot be is set aside and asked about, and nothing else is."""

from typing import Any

import polars as pl
import pytest

from remit.harmonize import consistency, merge

COLUMNS = {
    "dm": ["SEX", "BRTHDTC", "RFICDTC", "LNDXDTC", "WEIGHT", "DSDECOD", "DSSTDTC", "DTHDTC"],
    "ex": ["EXTRT", "EXDOSE", "EXSTDTC", "EXENDTC"],
    "lb": ["LBTESTCD", "LBDTC", "LBRPTDTC"],
    "ae": ["AETERM", "AESTDTC", "AEENDTC"],
}
NUMBERS = {"WEIGHT", "EXDOSE"}


def judged(
    domain: str, row: dict[str, Any], **person: Any
) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
    """What is left of a row, and the findings: kind and column."""
    kinds = {c: pl.Float64 if c in NUMBERS else pl.String for c in COLUMNS[domain]}
    source = {"USUBJID": "S1", "FEED": "a", "DELIVERY": "d", "SRCFILE": "f", "SRCLINE": 7}
    rows = pl.DataFrame([source | {"SRCSHA": "0", "ROWID": "r"} | row], schema_overrides=kinds)
    rows = rows.with_columns(pl.lit(None, k).alias(c) for c, k in kinds.items() if c not in row)
    people = pl.DataFrame(
        [{"USUBJID": "S1"} | person], schema=dict.fromkeys(consistency.PERSON, pl.String)
    )
    left, gone, findings = consistency.judged(domain, rows, people)
    assert left.height + gone.height == 1
    assert set(findings["source_line"]) <= {7}
    told = left.select(COLUMNS[domain]).to_dicts()
    return told[0] if told else None, findings.select("kind", "column").rows()


@pytest.mark.parametrize(
    ("column", "date", "person"),
    [
        ("BRTHDTC", "2055-05-12", {"RFICDTC": "2020-12-20"}),
        ("BRTHDTC", "2055", {"FIRSTDOSE": "2021-01-06"}),
        ("DTHDTC", "1900-01-01", {}),
        ("DTHDTC", "1980-01-01", {"BRTHDTC": "1985-01-02"}),
        ("DTHDTC", "2020-12-31", {"FIRSTDOSE": "2021-01-06"}),
        ("BRTHDTC", "1900-01-01", {}),
    ],
)
def test_a_date_of_a_person_that_cannot_be_is_no_date_and_the_person_stays(
    column: str, date: str, person: dict[str, str]
) -> None:
    own = {k: v for k, v in person.items() if k != "FIRSTDOSE"}
    left, findings = judged("dm", {"SEX": "F", column: date} | own, **person)
    assert left is not None
    assert left["SEX"] == "F"
    assert left[column] is None
    assert [c for _, c in findings] == [column]


@pytest.mark.parametrize("weight", [0.0, -1.0, 6000.0])
def test_what_is_no_weight_is_not_used(weight: float) -> None:
    left, findings = judged("dm", {"WEIGHT": weight})
    assert left is not None
    assert left["WEIGHT"] is None
    assert ("weight", "WEIGHT") in findings


def test_an_uncommon_weight_is_asked_about_and_used() -> None:
    left, findings = judged("dm", {"WEIGHT": 600.0})
    assert left is not None
    assert left["WEIGHT"] == 600
    assert findings == [("weight", "WEIGHT")]


@pytest.mark.parametrize(
    ("domain", "row"),
    [
        ("ex", {"EXSTDTC": "2021-03-06T09:00+08:00", "EXDOSE": 600.0}),
        ("ex", {"EXSTDTC": "2020-03-06", "EXDOSE": -600.0}),
        ("ex", {"EXSTDTC": "2020-03-06", "EXDOSE": 600_000.0}),
        ("lb", {"LBDTC": "2021-02-03"}),
        ("ae", {"AESTDTC": "2021-02-05"}),
    ],
)
def test_nothing_is_done_to_the_dead_and_no_dose_is_negative(
    domain: str, row: dict[str, Any]
) -> None:
    left, findings = judged(domain, row, DTHDTC="2021-02-01")
    assert left is None
    assert len(findings) == 1


def test_what_is_known_by_its_month_alone_is_not_certainly_after() -> None:
    assert judged("lb", {"LBDTC": "2021-02-03"}, DTHDTC="2021-02")[1] == []
    assert judged("lb", {"LBDTC": "2021-02-01T10:00+08:00"}, DTHDTC="2021-02-01")[1] == []
    assert judged("lb", {"LBDTC": "2021-03"}, DTHDTC="2021-02")[0] is None


def test_an_end_before_its_start_is_no_end_even_on_one_day() -> None:
    row = {
        "EXDOSE": 600.0,
        "EXSTDTC": "2021-01-06T09:00+08:00",
        "EXENDTC": "2021-01-06T08:00+08:00",
    }
    left, findings = judged("ex", row)
    assert left is not None
    assert left["EXENDTC"] is None
    assert findings == [("dose", "EXENDTC")]


def test_a_result_reported_before_it_was_collected_is_asked_about_and_used() -> None:
    left, findings = judged("lb", {"LBDTC": "2021-02-03", "LBRPTDTC": "2021-02-02"})
    assert left is not None
    assert findings == [("report", "LBRPTDTC")]


def test_the_fates_of_rows_that_cannot_be_still_add_up() -> None:
    row = {
        "USUBJID": "S1", "EXTRT": "X", "EXDOSE": 1.0, "EXDOSU": "mg", "EXROUTE": None, "EXENDTC": None,
        "FEED": "a", "DELIVERY": "d", "SRCFILE": "f", "SRCSHA": "0",
    }  # fmt: skip
    dates = ["2021-01-01", "2022-01-01"]
    rows = [row | {"EXSTDTC": d, "SRCLINE": n, "ROWID": f"r{n}"} for n, d in enumerate(dates)]
    frame = pl.DataFrame(rows).with_columns(pl.col(pl.Null).cast(pl.String))
    people = pl.DataFrame(
        [("S1", None, None, "2021-06-01", None)],
        schema=dict.fromkeys(consistency.PERSON, pl.String),
        orient="row",
    )
    found = merge.possible("ex", merge.resolve("ex", frame, pl.Series(["S1"])), people)
    assert found.used["ROWID"].to_list() == ["r0"]
    assert found.counts["count"].to_list() == [1]
    assert found.unused.select("ROWID", "FATE", "REASON").rows() == [
        ("r1", "quarantined", "given after the death")
    ]
