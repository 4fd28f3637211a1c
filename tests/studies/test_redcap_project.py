"""One longitudinal REDCap project with repeating instruments, counted from its export."""

import csv
from datetime import date

import polars as pl
import pytest

from tests.studies.conftest import Finished
from tests.workflow.study import Study

VISITS = {"Month 1": "month_1_arm_1", "Month 3": "month_3_arm_1", "Month 6": "month_6_arm_1"}


@pytest.fixture(scope="module")
def study(finished_study: Finished) -> Study:
    return finished_study("redcap_project")


def exported(study: Study, field: str) -> list[dict[str, str]]:
    """The rows of the export that have a field."""
    path = study / "extracts/redcap/2024-02-01/HTN_DATA_2024-02-01.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row[field]]


@pytest.mark.parametrize(("visit", "event"), VISITS.items())
def test_responders_are_those_of_the_export(study: Study, visit: str, event: str) -> None:
    pressures = [
        int(row["sbp"]) for row in exported(study, "sbp") if row["redcap_event_name"] == event
    ]
    controlled = sum(pressure < 140 for pressure in pressures)
    table = pl.read_csv(study / "results/statistics/response.csv")
    row = table.filter(AVISIT=visit, rule="observed", category="R").row(0, named=True)
    assert (row["count"], row["denominator"]) == (controlled, len(pressures))
    assert 0 < controlled < len(pressures)


def test_pauses_between_the_instances_of_a_drug_are_not_treatment(study: Study) -> None:
    days: dict[str, int] = {}
    for row in exported(study, "drug"):
        begin, stop = (date.fromisoformat(row[name]) for name in ("drug_start", "drug_stop"))
        days[row["record_id"]] = days.get(row["record_id"], 0) + (stop - begin).days + 1
    subjects = pl.read_parquet(study / "results/analysis/subjects.parquet")
    assert subjects["TRTDURD"].sort().to_list() == sorted(days.values())
    assert len(set(days.values())) == 2


def test_adverse_events_are_the_instances_of_their_instrument(study: Study) -> None:
    rows = exported(study, "ae_term")
    serious = {row["record_id"] for row in rows if row["ae_serious"] == "1"}
    severe = {row["record_id"] for row in rows if row["ae_grade"] == "3"}
    safety = pl.read_csv(study / "results/statistics/safety.csv")
    counts = {
        row["category"]: (row["count"], row["events"])
        for row in safety.filter(pl.col("soc").is_null()).to_dicts()
    }
    assert counts["any"] == (len({row["record_id"] for row in rows}), len(rows))
    assert counts["serious"] == (len(serious), 1)
    assert counts["severe"] == (len(severe), 1)
    assert "related" not in counts
    assert "discontinuation" not in counts


def test_every_record_of_another_instrument_is_left_aside_and_counted(study: Study) -> None:
    ledger = pl.read_csv(study / "results/harmonized/ledger.csv")
    read = dict(ledger.select("feed", "read").iter_rows())
    fields = {"people": "mrn", "tablets": "drug", "others": "other_drug", "events": "ae_term"}
    for feed, field in fields.items():
        assert read[feed] == len(exported(study, field))
    measured = sum(len(exported(study, field)) for field in ("sbp", "dbp", "potassium"))
    assert read["visits"] == measured


def test_a_decimal_comma_of_the_data_dictionary_is_a_decimal_mark(study: Study) -> None:
    lb = pl.read_parquet(study / "results/harmonized/lb.parquet").filter(LBTESTCD="K")
    assert sorted(lb["LBSTRESN"]) == sorted(
        float(row["potassium"].replace(",", ".")) for row in exported(study, "potassium")
    )
