"""What waits for somebody's word is shown with its evidence, and a signature settles it."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.__main__ import main
from remit.ingest.dictionaries import load_decisions

ROW = "085e0a-c6d3c2c65b7a:4"
QUARANTINE = {
    "feed": "lab", "delivery": "d", "source_file": "may.csv", "source_line": "4", "row_id": ROW,
    "USUBJID": "S-1", "column": "LBORRESU", "value": "", "rule": "unit_missing",
    "message": "C3 has a number and no unit", "proposal": "the usual unit of C3 here is mg/dL (3 rows)",
    "aside": "row",
}  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Path:
    plan: dict[str, Any] = {
        "study": {"id": "S", "decisions": "private/decisions.csv"},
        "feeds": {
            "lab": {"domain": "lb", "columns": {"SUBJID": "id", "LBORRES": "res"}},
            "people": {"domain": "dm", "columns": {"SUBJID": "id"}},
        },
        "visits": {"windows": {"generate": {"name": "Week {k}", "every": 1, "unit": "weeks", "at": [1, 2]}}},
        "responses": {"definitions": ["cn19"]},
        "statistics": {"parameters": {"UPCR": {"test": "paired_t"}}},
        "subjects": {"treatment": {"start": "RFICDTC"}},
    }  # fmt: skip
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    listed = tmp_path / "results/harmonized/quarantine.csv"
    listed.parent.mkdir(parents=True)
    with listed.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(QUARANTINE))
        writer.writeheader()
        writer.writerow(QUARANTINE)
    return tmp_path


def test_what_waits_is_shown_with_its_evidence(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", "--study", str(study)]) == 0
    told = capsys.readouterr().out
    assert f"1 set aside by a rule\n  {ROW}  may.csv:4  LBORRESU=" in told
    assert "the usual unit of C3 here is mg/dL (3 rows)" in told


def test_a_signature_is_a_line_of_the_decisions(study: Path) -> None:
    who = ["--initials", "XY", "--reason", "the laboratory, by telephone", "--date", "2021-05-01"]
    assert main(["decide", ROW, "LBORRESU=mg/dL", "--study", str(study), *who]) == 0
    signed = load_decisions(study / "private/decisions.csv").row(0, named=True)
    assert (signed["row_id"], signed["column"], signed["value"]) == (ROW, "LBORRESU", "mg/dL")
    assert main(["decide", ROW, "LBORRESU=g/L", "--study", str(study), *who]) == 1, "decided twice"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["00-0:4", "LBORRESU=mg/dL", "--initials", "XY", "--reason", "why"], "nothing that waits"),
        ([ROW, "LBORESU=mg/dL", "--initials", "XY", "--reason", "why"], "a column of lb"),
        ([ROW, "LBORRESU", "--initials", "XY", "--reason", "why"], "COLUMN=VALUE"),
        ([ROW, "LBORRESU=mg/dL", "--reason", "why"], "only when it is signed"),
    ],
)
def test_what_decides_nothing_is_refused(
    study: Path, given: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", *given, "--study", str(study)]) == 1
    assert error in capsys.readouterr().err
    assert not (study / "private/decisions.csv").exists()
