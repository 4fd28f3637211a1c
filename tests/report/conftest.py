"""The cohort of the figures' tests, its tables and its report."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.plan import resources
from remit.plan.config import check
from remit.report import page as report_page
from remit.tables.of_statistics import TABLES
from remit.tables.table import Table
from remit.words.labels import Labels, labels_in
from tests.figures import frames

HOSTILE = "</script><script>alert(1)</script>"

QUARANTINE = pl.DataFrame(
    {
        "source_file": ["东院检验 7月.csv"],
        "source_line": [4],
        "USUBJID": ["LN-01"],
        "column": ["LBDTC"],
        "value": [HOSTILE],
        "rule": ["date_impossible"],
        "message": ["31 February is no date"],
        "proposal": ["28 February"],
        "aside": ["row"],
    }
)
UNMAPPED = pl.DataFrame({"test": ["=cmd()"], "unit": ["nmol/L"], "count": [1]})

SUMMARIES = {
    "course": pl.DataFrame(
        {
            "USUBJID": ["LN-01"],
            "DEFID": ["cn19"],
            "BESTRESP": ["PR"],
            "FIRSTVIS": ["Month 3"],
            "FIRSTDY": [85],
            "LASTRESP": ["NR"],
            "LASTVIS": ["Month 9"],
            "SUSTAIN": ["N"],
            "SUSTVIS": [None],
        }
    ),
    "concordance": pl.DataFrame(
        {
            "AVISIT": ["Month 4", "Month 9"],
            "DEFID": ["cn19"] * 2,
            "OTHER": ["kdigo24"] * 2,
            "n": [7, 0],
            "both": [2, 0],
            "first_only": [0, 0],
            "other_only": [1, 0],
            "neither": [4, 0],
            "agreement": [600 / 7, None],
            "kappa": [16 / 23, None],
        }
    ),
    "what_if": pl.DataFrame(
        {
            "alternative": ["choose: last", "choose: last"],
            "visits_with_several": [40, 40],
            "records_analysed": [1026, 1026],
            "records_changed": [12, 12],
            "definition": ["cn19", "kdigo24"],
            "responses": [100, 100],
            "responses_changed": [3, 0],
        }
    ),
    "unused": pl.DataFrame(
        {
            "kind": ["parameter", "drug"],
            "name": ["FERR", "Aspirin"],
            "rows": [12, 3],
            "subjects": [4, 1],
            "reason": [
                "nothing of the plan names it, or what is derived from it",
                "not a drug of the study's treatment",
            ],
        }
    ),
    "missing_baselines": pl.DataFrame(
        {
            "USUBJID": ["LN-01", "LN-02"],
            "PARAMCD": ["C3", "C3"],
            "reason": ["no record on or before the first dose"] * 2,
        }
    ),
    "queries": pl.DataFrame(
        {
            "USUBJID": ["LN-02"],
            "QSDTC": ["2021-02-01"],
            "QSTESTCD": ["SLETOT"],
            "rule": ["total_is_not_the_sum"],
            "recorded": [16.0],
            "expected": [14.0],
            "SRCFILE": ["SLEDAI-2K.csv"],
            "SRCLINE": [1178],
        }
    ),
}
_FAILED = {"rows": [5, 7], "failed": [1, 2], "percent": [20.0, 200 / 7]}
FINDINGS = {
    "warnings": pl.DataFrame(
        {
            "warning": ["feed of strangers"],
            "feed": ["west_lab"],
            "USUBJID": [None],
            "item": [None],
            "rows": [40],
            "message": [
                "40 of 41 rows are of people whom no demographics row names, while 6 of 7 members have "
                "none here: compare the patients' numbers of both exports"
            ],
        }
    ),
    "summary": pl.DataFrame(
        {
            "feed": ["west_lab", "west_lab"],
            "category": ["plausibility", "conformance"],
            "check": ["date_future", "unit_unknown"],
            **_FAILED,
        }
    ),
    "over_time": pl.DataFrame(
        {
            "feed": ["west_lab", "west_lab"],
            "month": ["2020-07", "2020-08"],
            "check": ["specimen_id_missing", "specimen_id_missing"],
            **_FAILED,
        }
    ),
    "queries": pl.DataFrame(
        {
            "query": ["unit jump"],
            "USUBJID": ["LN-01"],
            "LBTESTCD": ["SCR"],
            "LBDTC": ["2020-07-08T08:00+08:00"],
            "SRCFILE": ["2020-07.csv"],
            "SRCLINE": [4],
            "value": [7072.0],
            "unit": ["umol/L"],
            "message": [HOSTILE],
        }
    ),
}


@pytest.fixture(scope="session")
def config(root: Path) -> dict[str, Any]:
    return check(yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8")), [])


@pytest.fixture(scope="session")
def say(root: Path) -> Labels:
    return labels_in("en")


@pytest.fixture(scope="session")
def statistics() -> dict[str, pl.DataFrame]:
    return frames.statistics()


@pytest.fixture(scope="session")
def tables(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> dict[str, Table]:
    spec = config["tables"] | {"note": frames.NOTE, "conf_level": 0.95}
    spec |= {"categories": config["categories"]}
    return {name: build(statistics[name], spec, say) for name, build in TABLES.items()}


@pytest.fixture(scope="session")
def dictionaries() -> dict[str, pl.DataFrame]:
    return {name: pl.read_csv(resources.text(name)) for name in resources.DERIVED_WITH}


@pytest.fixture(scope="session")
def content(
    statistics: dict[str, pl.DataFrame],
    dictionaries: dict[str, pl.DataFrame],
    config: dict[str, Any],
    say: Labels,
) -> dict[str, Any]:
    ledgers = {"ledger": frames.ledger(), "quarantine": QUARANTINE, "unmapped": UNMAPPED}
    plan = {**config, "statistics": frames.plan()}
    given = (frames.ard(), ledgers, SUMMARIES, FINDINGS, dictionaries)
    return report_page.content(
        frames.analysis() | frames.harmonized(), statistics, *given, plan, say
    )


@pytest.fixture(scope="session")
def page(content: dict[str, Any], root: Path, say: Labels) -> str:
    spec = {"title": {"text": ["Two", "lines"]}, "description": "In words.", "data": HOSTILE}
    whole = content | {
        "figures": {"swimmer": report_page.figure("swimmer", json.dumps(spec), "en")},
        "definitions": report_page.definitions(
            [
                yaml.safe_load(path.read_text(encoding="utf-8"))
                for path in sorted(
                    (root / "resources" / "packs" / "lupus" / "definitions").glob("*.yaml")
                )
            ],
            say,
        ),
    }
    return report_page.render(whole, say, "window.vegaEmbed = () => {};")
