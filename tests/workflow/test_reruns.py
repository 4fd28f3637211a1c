"""What reruns what: one change to a finished study, and exactly the rules it makes Snakemake plan."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.study import Study

FIGURES = ["trajectories", "patient_lines", "response_bars", "swimmer"]
SHOWN = [*FIGURES, "tables", "report"]
ANALYSED = [
    "subjects", "visits", "responses", "events", "adverse_events", "exposure", "statistics", *SHOWN,
]  # fmt: skip
MERGED = ["gate", "harmonize", *ANALYSED]
WEST = "resources/demo/extracts/lab_west"

Change = Callable[[Study], None]


def first_extract(study: Study) -> Path:
    return sorted((study / WEST).iterdir())[0]


def nothing(study: Study) -> None:
    pass


def touched_extract(study: Study) -> None:
    os.utime(first_extract(study))


def touched_script(study: Study) -> None:
    os.utime(study / "scripts/visits.py")


def new_extract(study: Study) -> None:
    path = first_extract(study)
    header, row, *_ = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.with_name("an extract that came later.csv").write_text(header + row, encoding="utf-8")


def corrected_extract(study: Study) -> None:
    path = first_extract(study)
    *lines, last = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines), encoding="utf-8")


def corrected_with_an_older_time(study: Study) -> None:
    before = first_extract(study).stat().st_mtime - 86_400
    corrected_extract(study)
    os.utime(first_extract(study), (before, before))


def removed_extract(study: Study) -> None:
    first_extract(study).unlink()


def one_plan_option(study: Study) -> None:
    study.configure(statistics__confidence=0.9)


def two_options_swapped(study: Study) -> None:
    text = (study / "config.yaml").read_text(encoding="utf-8")
    assert "cn19" in text
    definitions = ["kdigo24", "cn19"] if "definitions: [cn19, kdigo24" in text else None
    assert definitions or True
    study.configure(responses__definitions=["kdigo24", "cn19"], responses__primary="kdigo24")


def a_date_in_the_config(study: Study) -> None:
    study.configure(events__cutoff="2021-12-01")


def one_dictionary_row(study: Study) -> None:
    path = study / "resources/units.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


def a_library_function(study: Study) -> None:
    path = study / "workflow/remit/exposure.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n\ndef _new() -> None:\n    return\n", "utf-8")


def a_library_function_under_an_older_time(study: Study) -> None:
    path = study / "workflow/remit/exposure.py"
    before = path.stat().st_mtime - 86_400
    a_library_function(study)
    os.utime(path, (before, before))


def a_comment_in_the_library(study: Study) -> None:
    path = study / "workflow/remit/exposure.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")


def a_schema(study: Study) -> None:
    path = study / "schemas/statistics.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n\nLIMIT = 1\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (nothing, []),
        (touched_extract, []),
        (touched_script, []),
        (a_comment_in_the_library, []),
        (new_extract, ["ingest", *MERGED]),
        (corrected_extract, ["ingest", *MERGED]),
        (corrected_with_an_older_time, ["ingest", *MERGED]),
        (removed_extract, MERGED),
        (one_plan_option, ["statistics", *SHOWN]),
        (two_options_swapped, ["responses", "events", "statistics", *SHOWN]),
        (a_library_function, ["exposure", "statistics", "swimmer", "tables", "report"]),
        (
            a_library_function_under_an_older_time,
            ["exposure", "statistics", "swimmer", "tables", "report"],
        ),
        (a_schema, ["statistics", *SHOWN]),
    ],
)
def test_a_change_reruns_what_it_touches_and_nothing_else(
    study: Study, change: Change, expected: list[str]
) -> None:
    change(study)
    assert study.planned() == Counter(expected)
