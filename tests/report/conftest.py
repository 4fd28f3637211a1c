"""The cohort of the figures' tests, its tables and its report."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit import report
from remit.labels import Labels, labels
from remit.table import Table
from remit.tables import TABLES
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
    }
)
UNMAPPED = pl.DataFrame({"test": ["=cmd()"], "unit": ["nmol/L"], "count": [1]})


@pytest.fixture(scope="session")
def config(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="session")
def say(root: Path) -> Labels:
    return labels(pl.read_csv(root / "resources" / "labels.csv", infer_schema=False), "en")


@pytest.fixture(scope="session")
def statistics() -> dict[str, pl.DataFrame]:
    return frames.statistics()


@pytest.fixture(scope="session")
def tables(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> dict[str, Table]:
    spec = config["tables"] | {"note": frames.NOTE}
    return {name: build(statistics[name], spec, say) for name, build in TABLES.items()}


@pytest.fixture(scope="session")
def content(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> dict[str, Any]:
    ledgers = {"ledger": frames.ledger(), "quarantine": QUARANTINE, "unmapped": UNMAPPED}
    return report.content(frames.analysis(), statistics, ledgers, config, say)


@pytest.fixture(scope="session")
def page(content: dict[str, Any], root: Path, say: Labels) -> str:
    folder = root / "workflow" / "report"
    spec = {"title": {"text": ["Two", "lines"]}, "description": "In words.", "data": HOSTILE}
    whole = content | {
        "figures": {"swimmer": report.figure("swimmer", json.dumps(spec), "A caption.")},
        "definitions": report.definitions(
            [
                yaml.safe_load(path.read_text(encoding="utf-8"))
                for path in sorted((root / "resources" / "definitions").glob("*.yaml"))
            ],
            say,
        ),
    }
    names = ["report.html.j2", "parts.html.j2", "report.css", "report.js"]
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    return report.render(whole, texts, say)
