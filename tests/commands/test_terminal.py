"""What a person sees of a run: a line of progress, a summary, what went wrong and what to do."""

from pathlib import Path

import pytest

from remit.commands.plan import told
from remit.commands.run import _progress, failure

CONFIGURATION = """Traceback (most recent call last):
WorkflowError in file "/x/rules/common.smk", line 48:
The configuration cannot be used:
  - study.id: 'a b' is not of the form wanted. (config.yaml, line 2)
  File "/x/Snakefile", line 21, in <module>
"""
JOB = """rule other:
    log: results/logs/other.log
[Sat Nov 28 15:00:00 2026]
Error in rule gate:
    message: None
    jobid: 3
    log: results/logs/gate.log (check log file(s) for error details)
"""
DRY = """rule ingest:
    output: results/ingested/lab/july-1a2b3c4d/ledger.csv, results/ingested/lab/july-1a2b3c4d/x.parquet
    reason: Missing output files: results/ingested/lab/july-1a2b3c4d/accepted.parquet
rule harmonize:
    reason: Set of input files has changed since last execution; Input files updated by another job
rule figure:
    reason: Input files updated by another job: results/x
rule all:
    reason: Input files updated by another job: results/x
"""


def test_without_a_terminal_progress_is_told_in_tenths(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{k} of 40 steps ({k / 0.4:.0f}%) done\n" for k in range(1, 41)]
    assert list(_progress([*lines, "Something else\n"], terminal=False)) == ["Something else"]
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == "4 of 40 steps"
    assert len(shown) == 10


def test_on_a_terminal_progress_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    list(_progress(["1 of 2 steps (50%) done\n", "2 of 2 steps (100%) done\n"], terminal=True))
    assert "\n" not in capsys.readouterr().err


def test_a_configuration_that_is_refused_is_told_as_it_is(tmp_path: Path) -> None:
    said = list(failure(CONFIGURATION.splitlines(), tmp_path))
    assert said == [
        "The configuration cannot be used:",
        "  - study.id: 'a b' is not of the form wanted. (config.yaml, line 2)",
        "Nothing was run. Mend this and run again.",
    ]


def test_a_job_that_failed_is_told_by_its_log_and_only_a_log_that_is_there(tmp_path: Path) -> None:
    assert not any("log:" in line for line in failure(JOB.splitlines(), tmp_path))
    log = tmp_path / "results/logs/gate.log"
    log.parent.mkdir(parents=True)
    log.write_text("Nothing was analysed anew: 1 file(s) could not be read.\n", encoding="utf-8")
    said = list(failure(JOB.splitlines(), tmp_path))
    assert said[:3] == [
        "gate failed:",
        "  Nothing was analysed anew: 1 file(s) could not be read.",
        f"  log: {log}",
    ]


def test_of_a_traceback_the_last_line_is_told(tmp_path: Path) -> None:
    log = tmp_path / "results/logs/gate.log"
    log.parent.mkdir(parents=True)
    text = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no\n'
    log.write_text(text, encoding="utf-8")
    assert "  ValueError: no" in list(failure(JOB.splitlines(), tmp_path))


def test_a_dry_run_is_told_in_words() -> None:
    assert list(told(DRY.splitlines())) == [
        "1 deliveries would be read: july-1a2b3c4d of lab",
        "3 jobs of 3 rules would run:",
        "  what it reads is made anew: figure",
        "  deliveries came or went: harmonize",
        "  not made yet: ingest",
    ]
    (nothing,) = told(["Nothing to be done"])
    assert nothing.startswith("A run would do nothing")
