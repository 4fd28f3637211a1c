"""Two arms in rheumatoid arthritis; the index and its response are worked out from the exports."""

import csv
from collections import Counter
from math import log, sqrt

import polars as pl
import pytest

from tests.studies.conftest import Finished
from tests.studies.rheumatoid_arthritis.exports import ITEMS
from tests.workflow.study import Study

VISITS = {"Week 12": 1, "Week 24": 2}


@pytest.fixture(scope="module")
def study(finished_study: Finished) -> Study:
    return finished_study("rheumatoid_arthritis")


def exported(study: Study, path: str) -> list[dict[str, str]]:
    with (study / "extracts" / path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def indices(study: Study) -> dict[str, list[float | None]]:
    """DAS28-CRP (Wells 2009) of each patient at baseline and the visits, which come by date."""
    parts: dict[tuple[str, str], dict[str, float]] = {}
    for row in exported(study, "joints/joints.csv"):
        parts.setdefault((row["Subject"], row["Date"]), {})[row["Item"]] = float(row["Score"])
    for row in exported(study, "laboratory/crp.csv"):
        parts[row["Subject"], row["Date"]]["CRP"] = float(row["CRP (mg/L)"])
    found: dict[str, list[float | None]] = {}
    for (who, _), part in sorted(parts.items()):
        found.setdefault(who, []).append(
            0.56 * sqrt(part[ITEMS["TJC28"]])
            + 0.28 * sqrt(part[ITEMS["SJC28"]])
            + 0.36 * log(part["CRP"] + 1)
            + 0.014 * part[ITEMS["PTGA"]]
            + 0.96
        )
    # One patient missed the first of two visits.
    return {who: [*v[:1], None, *v[1:]] if len(v) == 2 else v for who, v in found.items()}


def eular(base: float, now: float) -> str:
    """EULAR response (van Gestel 1998)."""
    better = base - now
    if better > 1.2 and now <= 3.2:
        return "GOOD"
    return "MODERATE" if better > 1.2 or (better > 0.6 and now <= 5.1) else "NONE"


@pytest.mark.parametrize(("visit", "k"), VISITS.items())
def test_responders_are_those_of_the_exports(study: Study, visit: str, k: int) -> None:
    pairs = [(v[0], v[k]) for v in indices(study).values() if v[k] is not None]
    expected = Counter(eular(base, now) for base, now in pairs)
    table = pl.read_csv(study / "results/statistics/response.csv")
    rows = table.filter(AVISIT=visit, rule="observed", definition="eular_das28crp")
    counted = dict(rows.select("category", "count").iter_rows())
    assert {code: counted[code] for code in ("GOOD", "MODERATE")} == {
        code: expected[code] for code in ("GOOD", "MODERATE")
    }
    assert set(rows["denominator"]) == {len(pairs)}
    assert len(expected) > 1


def test_the_index_is_that_of_the_formula(study: Study) -> None:
    visits = pl.read_parquet(study / "results/analysis/visits.parquet")
    ours = visits.filter(PARAMCD="DAS28CRP", ANL01FL="Y")["AVAL"].sort().to_list()
    theirs = sorted(v for values in indices(study).values() for v in values if v is not None)
    assert ours == pytest.approx(theirs, abs=0.006)


def test_both_arms_are_treated_each_by_its_drug(study: Study) -> None:
    drugs = Counter(row["Drug"].upper() for row in exported(study, "injections/injections.csv"))
    exposure = pl.read_parquet(study / "results/analysis/exposure.parquet")
    counted = exposure.group_by(pl.col("EXTRT").str.to_uppercase()).agg(
        pl.col("USUBJID").n_unique()
    )
    assert dict(counted.iter_rows()) == drugs
    subjects = pl.read_parquet(study / "results/analysis/subjects.parquet")
    assert subjects.filter(SAFFL="Y").height == drugs.total()


def test_adverse_events_are_those_of_the_export(study: Study) -> None:
    rows = exported(study, "events/events.csv")
    safety = pl.read_csv(study / "results/statistics/safety.csv")
    counts = dict(safety.filter(pl.col("soc").is_null()).select("category", "count").iter_rows())
    assert counts["any"] == counts["aesi"] == len({row["Subject"] for row in rows})
    assert counts["serious"] == sum(row["Serious"] == "Yes" for row in rows)
