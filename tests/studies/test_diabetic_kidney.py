"""A study of another disease: tablets, no adverse events, no questionnaire, no doses by weight."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from tests.studies.conftest import Finished
from tests.workflow.study import Study

VISITS = {"Month 1": "V1", "Month 3": "V2", "Month 6": "V3"}
RATIO = "Albumin/Kreatinin-Ratio Urin (mg/g)"
#: mg/g in 1 mg/mmol: the molar mass of creatinine is 113.12 g/mol.
MMOL = Decimal(1000) / Decimal("113.12")


@pytest.fixture(scope="module")
def study(finished_study: Finished) -> Study:
    return finished_study("diabetic_kidney")


def exported(study: Study, path: str, delimiter: str = ";", encoding: str = "cp1252") -> list[dict]:
    with (study / "extracts" / path).open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def ratios(study: Study) -> Iterator[tuple[str, str, Decimal]]:
    """Patient, visit and ratio in mg/g, read out of the exports; a limit counts as itself."""
    for row in exported(study, "labor/Labor 2022.csv"):
        yield row["Patienten-Nr."], row["Visite"], Decimal(row[RATIO].strip("<>"))
    for row in exported(study, "dkd_data/DKD_DATA_2023-05-02.csv", ",", "utf-8"):
        if row["ext_uacr_mmol"]:
            assert row["redcap_event_name"] == "month_3_arm_1"
            yield row["record_id"], "V2", Decimal(row["ext_uacr_mmol"]) * MMOL


@pytest.mark.parametrize(("visit", "theirs"), VISITS.items())
def test_responders_are_those_of_the_exports(study: Study, visit: str, theirs: str) -> None:
    known = {(who, when): value for who, when, value in ratios(study)}
    seen = [who for who, when in known if when == theirs]
    responders = [who for who in seen if known[who, theirs] <= known[who, "V0"] * 7 / 10]
    table = pl.read_csv(study / "results/statistics/response.csv")
    row = table.filter(AVISIT=visit, rule="observed", category="R").row(0, named=True)
    assert (row["count"], row["denominator"]) == (len(responders), len(seen))
    assert 0 < len(responders) < len(seen)


def test_tablets_without_an_end_are_taken_up_to_the_last_contact(study: Study) -> None:
    rows = [
        row
        for row in exported(study, "dosierung/dosierung.csv")
        if row["Präparat"] == "Dapagliflozin"
    ]
    last = {
        row["record_id"]: date.fromisoformat(row["status_date"])
        for row in exported(study, "dkd_data/DKD_DATA_2023-05-02.csv", ",", "utf-8")
        if row["status_date"]
    }
    lasted = []
    for row in rows:
        end = _day(row["Ende"]) if row["Ende"] else last[row["Patienten-Nr."]]
        lasted.append((end - _day(row["Beginn"])).days + 1)
    subjects = pl.read_parquet(study / "results/analysis/subjects.parquet")
    assert subjects["TRTDURD"].sort().to_list() == sorted(lasted)
    assert subjects["EFFFL"].to_list() == ["Y"] * len(rows)
    assert subjects["TRTONFL"].null_count() == sum(bool(row["Ende"]) for row in rows)


def test_a_word_instead_of_a_result_is_set_aside_and_a_limit_is_kept(study: Study) -> None:
    quarantine = pl.read_csv(study / "results/harmonized/quarantine.csv")
    assert quarantine["value"].to_list() == ["hämolytisch"]
    lb = pl.read_parquet(study / "results/harmonized/lb.parquet").filter(LBTESTCD="UACR")
    limits = lb.filter(pl.col("LBOPER").is_not_null()).sort("LBOPER")
    assert limits.select("LBOPER", "LBORRES").rows() == [("<", "<5"), (">", ">5000")]
    assert set(lb["LBSTRESU"]) == {"mg/g{creat}"}


def test_what_was_not_collected_has_no_table(study: Study) -> None:
    made = {path.stem for path in (study / "results/tables").glob("*.csv")}
    assert not {"safety"} & made
    assert {"baseline", "paired", "response", "exposure", "time_to_event"} <= made


def _day(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").date()
