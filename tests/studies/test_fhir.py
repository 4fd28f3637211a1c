"""Iron infusions, out of a FHIR server's bundles, counted from the JSON."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.studies.conftest import Finished
from tests.workflow.study import Study

CLOCK = ZoneInfo("Europe/Berlin")
#: Study days of each visit: half-way to its neighbours.
WEEKS = {"Week 4": (15, 43), "Week 8": (44, 71), "Week 12": (72, 99)}


@pytest.fixture(scope="module")
def study(finished_study: Finished) -> Study:
    return finished_study("fhir")


def resources(study: Study, kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted((study / "extracts/bundles").rglob("*.json")):
        bundle = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        entries = [entry["resource"] for entry in bundle["entry"]]
        yield from (each for each in entries if each["resourceType"] == kind)


def haemoglobin(study: Study) -> dict[str, dict[int, Decimal]]:
    """Per patient the study day and value of every result that stands."""
    start = {
        each["subject"]["reference"]: _day(each["effectiveDateTime"])
        for each in reversed(list(resources(study, "MedicationAdministration")))
    }
    found: dict[str, dict[int, Decimal]] = {who: {} for who in start}
    for each in resources(study, "Observation"):
        if each["code"]["text"] != "Hemoglobin" or each["status"] != "final":
            continue
        who = each["subject"]["reference"]
        after = (_day(each["effectiveDateTime"]) - start[who]).days
        found[who][after + (after >= 0)] = each["valueQuantity"]["value"]
    return found


@pytest.mark.parametrize(("visit", "days"), WEEKS.items())
def test_responders_are_those_of_the_bundles(
    study: Study, visit: str, days: tuple[int, int]
) -> None:
    seen = responders = 0
    for values in haemoglobin(study).values():
        (base,) = (value for day, value in values.items() if day <= 1)
        for value in (value for day, value in values.items() if days[0] <= day <= days[1]):
            seen += 1
            responders += value >= base + 2
    table = pl.read_csv(study / "results/statistics/response.csv")
    row = table.filter(AVISIT=visit, rule="observed", category="R").row(0, named=True)
    assert (row["count"], row["denominator"]) == (responders, seen)
    assert 0 < responders < seen


def test_a_sample_of_the_late_evening_by_utc_is_of_the_study_s_day(study: Study) -> None:
    drawn = {
        _day(each["effectiveDateTime"])
        for each in resources(study, "Observation")
        if each["code"]["text"] == "Hemoglobin" and each["status"] == "final"
    }
    visits = pl.read_parquet(study / "results/analysis/visits.parquet").filter(PARAMCD="HGB")
    assert set(visits["ADT"].drop_nulls()) == drawn


def test_what_was_withdrawn_and_what_is_no_laboratory_result_is_left_aside(study: Study) -> None:
    lb = pl.read_parquet(study / "results/harmonized/lb.parquet")
    assert set(lb["LBTESTCD"]) == {"HGB", "FERR"}
    assert (lb.filter(LBTESTCD="HGB")["LBSTRESN"] < 199).all()
    assert lb.filter(LBOPER="<").height == len(list(resources(study, "Patient")))


def test_events_deaths_and_doses_are_those_of_the_bundles(study: Study) -> None:
    people = list(resources(study, "Patient"))
    safety = pl.read_csv(study / "results/statistics/safety.csv")
    row = safety.filter(category="any").row(0, named=True)
    events = {each["subject"]["reference"] for each in resources(study, "AdverseEvent")}
    assert (row["count"], row["denominator"]) == (len(events), len(people))
    deaths = sum("deceasedDateTime" in each for each in people)
    assert safety.filter(category="death")["count"].to_list() == [deaths]
    subjects = pl.read_parquet(study / "results/analysis/subjects.parquet")
    assert subjects["NDOSES"].sum() == len(list(resources(study, "MedicationAdministration")))


def _day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(CLOCK).date()
