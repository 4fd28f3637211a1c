"""What reruns what: one change to a finished study, and exactly the rules it makes Snakemake plan."""

import csv
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.workflow.study import Study, with_code

FIGURES_OF_STATISTICS = [
    "trajectories", "before_after", "time_to_response", "adverse_event_dots", "specification_curve",
]  # fmt: skip
FIGURES_OF_RESPONSES = ["response_bars", "swimmer", "waterfall", "concordance", "missingness"]
FIGURES = [
    *FIGURES_OF_STATISTICS, *FIGURES_OF_RESPONSES,
    "patient_lines", "dose_lines", "score_parts", "extract_changes",
]  # fmt: skip
PAGES = ["report", "report_public", "changes", "identifiers"]
AFTER_STATISTICS = [*FIGURES_OF_STATISTICS, "tables", *PAGES]
AFTER_RESPONSES = [
    "events", "summaries", "listings", "statistics", *FIGURES_OF_RESPONSES, *AFTER_STATISTICS,
]  # fmt: skip
AFTER_EXPOSURE = ["statistics", "summaries", "listings", "swimmer", *AFTER_STATISTICS]
MERGED = [
    "gate", "identity", "harmonize", "ledger", "quality", "subjects", "visits", "responses", "events",
    "adverse_events", "exposure", "statistics", "summaries", "listings", "what_if", *FIGURES, "tables",
    *PAGES,
]  # fmt: skip
WEST = "resources/demo/extracts/lab_west"

Change = Callable[[Study], None]


@pytest.fixture
def study(study: Study) -> Study:
    """The finished study, which was run with the code elsewhere, in a checkout of its own."""
    return with_code(study)


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
    *lines, _ = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines), encoding="utf-8")


def corrected_with_an_older_time(study: Study) -> None:
    before = first_extract(study).stat().st_mtime - 86_400
    corrected_extract(study)
    os.utime(first_extract(study), (before, before))


def removed_extract(study: Study) -> None:
    first_extract(study).unlink()


def one_plan_option(study: Study) -> None:
    study.configure(statistics__conf_level=0.9)


def two_options_swapped(study: Study) -> None:
    study.configure(responses__definitions=["kdigo24", "cn19"])


def a_date_in_the_config(study: Study) -> None:
    study.configure(study__cutoff="2021-12-31")


def one_dictionary_row(study: Study) -> None:
    path = study / "resources/units.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


def a_signed_decision(study: Study) -> None:
    """A data manager signs the unit that Remit proposes for a result whose own is no unit."""
    with (study / "results/harmonized/quarantine.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    broken = Counter(row["row_id"] for row in rows)
    row = next(r for r in rows if r["rule"] == "unit_unknown" and broken[r["row_id"]] == 1)
    unit = row["proposal"].partition("here is ")[2].split()[0]
    line = [
        row["feed"],
        row["delivery"],
        row["row_id"],
        row["column"],
        unit,
        "AB",
        "2021-08-02",
        "asked",
    ]
    with (study / "resources/demo/decisions.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(line)


def a_library_function(study: Study) -> None:
    path = study / "workflow/remit/analysis/exposure.py"
    path.write_text(
        path.read_text(encoding="utf-8") + "\n\ndef _new() -> None:\n    return\n", "utf-8"
    )


def a_library_function_under_an_older_time(study: Study) -> None:
    path = study / "workflow/remit/analysis/exposure.py"
    before = path.stat().st_mtime - 86_400
    a_library_function(study)
    os.utime(path, (before, before))


def a_comment_in_the_library(study: Study) -> None:
    path = study / "workflow/remit/analysis/exposure.py"
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
        (removed_extract, ["ingest", *MERGED]),
        (one_plan_option, ["plan", "statistics", *AFTER_STATISTICS]),
        (two_options_swapped, ["plan", "responses", "what_if", *AFTER_RESPONSES]),
        (a_date_in_the_config, ["plan", "ingest", *MERGED]),
        (a_signed_decision, ["ingest", *MERGED]),
        (one_dictionary_row, ["ingest", *MERGED]),
        (a_library_function, ["exposure", *AFTER_EXPOSURE]),
        (
            a_library_function_under_an_older_time,
            ["exposure", *AFTER_EXPOSURE],
        ),
        (a_schema, ["statistics", *AFTER_STATISTICS]),
    ],
)
def test_a_change_reruns_what_it_touches_and_nothing_else(
    study: Study, change: Change, expected: list[str]
) -> None:
    change(study)
    assert study.planned() == Counter(expected)


def test_a_new_version_of_a_library_reruns_what_computes_with_it(study: Study) -> None:
    """Python finds the first distribution of a name on its path: here a later altair."""
    fake = study / "elsewhere/altair-99.0.dist-info"
    fake.mkdir(parents=True)
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: altair\nVersion: 99.0\n")
    planned = study.planned(PYTHONPATH=f"{fake.parent}:{study / 'workflow'}")
    assert set(planned) == {*FIGURES, *PAGES, "javascript"}


def test_an_extract_that_changes_while_its_job_runs_is_not_believed(study: Study) -> None:
    """The job is told a digest when the run is planned; the bytes it reads must have it."""
    extract = first_extract(study)
    corrected_extract(study)
    slow = study / "workflow/remit/ingest/rows.py"
    text = slow.read_text(encoding="utf-8")
    change = f"with open({str(extract)!r}, 'a') as extract:\n    extract.write('\\n')\n"
    slow.write_text(f"{text}\n{change}", encoding="utf-8")
    (ingested,) = (study / "results/ingested/lab_west").glob("west-2020-06-*")
    done = study.snakemake(str((ingested / "accepted.parquet").relative_to(study.folder)))
    assert done.returncode != 0
    assert f"{extract.name} changed while it was being read" in done.stdout + done.stderr
    slow.write_text(text, encoding="utf-8")
    assert study.planned()["ingest"] >= 1


def test_an_extract_that_arrives_during_the_run_waits_for_the_next(study: Study) -> None:
    corrected_extract(study)
    late = first_extract(study).with_name("late.csv")
    gate = study / "scripts/gate.py"
    text = gate.read_text(encoding="utf-8")
    arrive = f"import shutil\nshutil.copy({str(first_extract(study))!r}, {str(late)!r})\n"
    gate.write_text(
        text.replace(
            imported := "from remit.machinery.job import Files, Spec, run\n", imported + arrive
        )
    )
    study.run()
    assert late.exists()
    gate.write_text(text, encoding="utf-8")
    assert study.planned() == Counter(["ingest", *MERGED])


def test_a_signed_decision_turns_a_quarantined_row_into_an_accepted_one(study: Study) -> None:
    a_signed_decision(study)
    study.run("--until", "ledger")
    text = (study / "resources/demo/decisions.csv").read_text(encoding="utf-8")
    _, delivery, decided, *_ = text.splitlines()[-1].split(",")
    (path,) = (study / "results/ingested").glob(f"*/{delivery}/accepted.parquet")
    row = pl.read_parquet(path).filter(ROWID=decided)
    assert row["LBSTRESU"].to_list() == ["g/L"]
    quarantine = (study / "results/harmonized/quarantine.csv").read_text(encoding="utf-8")
    assert decided not in quarantine
