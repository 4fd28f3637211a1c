"""What cannot be is set aside and asked about, and nothing else is."""

from typing import Any

import polars as pl
import pytest

from remit.harmonize import consistency, merge

COLUMNS = {
    "dm": ["SEX", "BRTHDTC", "RFICDTC", "LNDXDTC", "WEIGHT", "DSDECOD", "DSSTDTC", "DTHDTC"],
    "ex": ["EXTRT", "EXDOSE", "EXDOSU", "EXSTDTC", "EXENDTC"],
    "lb": ["LBTESTCD", "LBORRES", "LBSTRESN", "LBOPER", "LBDTC", "LBRPTDTC"],
    "ae": ["AETERM", "AESTDTC", "AEENDTC", "AETOXGR"],
}
NUMBERS = {"WEIGHT", "EXDOSE", "AETOXGR", "LBSTRESN"}


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
        ("DTHDTC", "2099-12-31", {}),
        ("BRTHDTC", "1900-05-12", {"FIRSTDOSE": "2021-01-06"}),
        ("BRTHDTC", "1901", {"RFICDTC": "2021-01-06"}),
        ("BRTHDTC", "2055-05-12", {"LASTROW": "2021-06-01"}),
        ("DTHDTC", "1921-06-01", {"FIRSTROW": "2021-01-01"}),
    ],
)
def test_a_date_of_a_person_that_cannot_be_is_no_date_and_the_person_stays(
    column: str, date: str, person: dict[str, str]
) -> None:
    own = {k: v for k, v in person.items() if k not in ("FIRSTDOSE", "FIRSTROW", "LASTROW")}
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
        ("ex", {"EXSTDTC": "1900-01-01", "EXDOSE": 600.0}),
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
        [{"USUBJID": "S1", "DTHDTC": "2021-06-01"}],
        schema=dict.fromkeys(consistency.PERSON, pl.String),
    )
    found = merge.possible("ex", merge.resolve("ex", frame, pl.Series(["S1"])), people)
    assert found.used["ROWID"].to_list() == ["r0"]
    assert found.counts["count"].to_list() == [1]
    assert found.unused.select("ROWID", "FATE", "REASON").rows() == [
        ("r1", "quarantined", "given after the death")
    ]


def test_people_are_born_on_the_first_day_of_unix() -> None:
    left, findings = judged("dm", {"BRTHDTC": "1970-01-01"})
    assert (left and left["BRTHDTC"], findings) == ("1970-01-01", [])


@pytest.mark.parametrize(
    ("dose", "unit", "kept", "found"),
    [
        (10.0, "mg/kg", 10.0, []),
        (0.6, "g", 0.6, []),
        (600.0, "g", None, ["EXDOSE"]),
        (600_000.0, "mg", None, ["EXDOSE"]),
        (600_000.0, None, None, ["EXDOSE"]),
        (9_000.0, "mg/kg", None, ["EXDOSE"]),
        (1.0, "furlong", 1.0, ["EXDOSU"]),
        (1000.0, "IU", 1000.0, []),
    ],
)
def test_a_dose_is_of_a_known_unit_and_no_more_than_any_drug_is_given_of(
    dose: float, unit: str | None, kept: float | None, found: list[str]
) -> None:
    row = {"EXDOSE": dose, "EXDOSU": unit, "EXSTDTC": "2021-01-05"}
    left, findings = judged("ex", row)
    assert left is not None, "it was given all the same"
    assert left["EXDOSE"] == kept
    assert [column for _, column in findings] == found


def test_a_grade_is_one_of_five() -> None:
    left, findings = judged("ae", {"AETERM": "cough", "AETOXGR": 7.0})
    assert (left and left["AETOXGR"], findings) == (None, [("grade", "AETOXGR")])


def results(**values: float) -> list[tuple[str, str]]:
    """The findings (test, message) among results of one moment, one of them told in UTC."""
    rows = [
        {
            "USUBJID": "S1", "FEED": "a", "DELIVERY": "d", "SRCFILE": "f", "SRCLINE": line,
            "ROWID": f"r{line}", "LBTESTCD": code, "LBORRES": str(value), "LBSTRESN": value,
            "LBOPER": None, "LBRPTDTC": None,
            "LBDTC": "2021-01-05T08:00+08:00" if line else "2021-01-05T00:00Z",
        }
        for line, (code, value) in enumerate(values.items())
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema_overrides={"LBOPER": pl.String, "LBRPTDTC": pl.String})
    people = pl.DataFrame([{"USUBJID": "S1"}], schema=dict.fromkeys(consistency.PERSON, pl.String))
    left, gone, findings = consistency.judged("lb", frame, people)
    assert (left.height, gone.height) == (len(rows), 0), "nobody knows which of them is wrong"
    return findings.select("item", "value").rows()


@pytest.mark.parametrize(
    ("good", "bad", "asked"),
    [
        ({"DBIL": 5, "TBIL": 12}, {"DBIL": 25, "TBIL": 12}, "DBIL"),
        ({"HDL": 1.2, "CHOL": 4.4}, {"HDL": 5.2, "CHOL": 4.4}, "HDL"),
        ({"NEUT": 4.1, "WBC": 6.6}, {"NEUT": 62, "WBC": 6.6}, "NEUT"),
        (
            {"NEUTLE": 62, "LYMLE": 25, "MONOLE": 8, "EOSLE": 4, "BASOLE": 1},
            {"NEUTLE": 6.2, "LYMLE": 25, "MONOLE": 8, "EOSLE": 4, "BASOLE": 1},
            "NEUTLE",
        ),
        (
            {"UPCR": 2.0, "UPROT": 2.0, "UCREA": 8.8},
            {"UPCR": 0.226, "UPROT": 2, "UCREA": 8.8},
            "UPCR",
        ),
        ({"EGFRLAB": 90, "SCR": 80}, {"EGFRLAB": 90, "SCR": 707.2}, "EGFRLAB"),
    ],
)
def test_results_of_one_moment_that_contradict_each_other_are_asked_about(
    good: dict[str, float], bad: dict[str, float], asked: str
) -> None:
    assert results(**good) == []
    assert [item for item, _ in results(**bad)] == [asked]


def test_an_infusion_of_unknown_dose_is_a_dose() -> None:
    row = {"USUBJID": ["S1"], "EXTRT": ["X"], "EXSTDTC": ["2021-01-05"], "EXDOSE": [None]}
    doses = pl.DataFrame(row)
    doses = doses.with_columns(pl.col("EXDOSE").cast(pl.Float64))
    assert consistency.first_doses([doses])["FIRSTDOSE"].to_list() == ["2021-01-05"]


def test_a_hundred_years_are_no_contradiction() -> None:
    left, findings = judged("dm", {"BRTHDTC": "1905-05-12"}, FIRSTDOSE="2021-01-06")
    assert (left and left["BRTHDTC"], findings) == ("1905-05-12", [])
