"""What a person sees of a run: a line of progress, a summary, what went wrong and what to do."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from remit.machinery.terminal import REMEMBERED, Course, failed_jobs

CONFIGURATION = """Traceback (most recent call last):
WorkflowError in file "/x/rules/common.smk", line 48:
The configuration cannot be used:
  - study.id: 'a b' is not of the form wanted. (config.yaml, line 2)
  File "/x/Snakefile", line 21, in <module>
"""


def said(*records: Mapping[str, Any], terminal: bool = False, quiet: bool = False) -> str:
    stream = io.StringIO()
    course = Course(stream, terminal, quiet)
    for record in records:
        course.hear({"levelname": "INFO", "message": "", **record})
    course.end()
    course.end()  # Snakemake closes its handlers more than once
    return stream.getvalue()


def steps(of: int) -> list[dict[str, Any]]:
    return [{"event": "progress", "done": k, "total": of} for k in range(1, of + 1)]


def failing(rule: str, *logs: str, jobid: int = 1, message: str = "") -> dict[str, Any]:
    record = {"event": "job_error", "levelname": "ERROR", "rule_name": rule, "jobid": jobid}
    return record | {"log": list(logs), "rule_msg": message}


def test_without_a_terminal_progress_is_told_in_tenths() -> None:
    shown = said(*steps(40)).splitlines()
    assert shown[0] == "4 of 40 steps"
    assert len(shown) == 10


def test_on_a_terminal_progress_is_one_line_that_is_gone_at_the_end() -> None:
    shown = said({"event": "job_info", "rule_name": "visits"}, *steps(2), terminal=True)
    assert "\n" not in shown
    first, last, blank = (line.rstrip() for line in shown.split("\r")[1:4])
    assert first == "[###############               ] 1 of 2 steps: visits"
    assert last == "[##############################] 2 of 2 steps"
    assert blank == ""


def test_what_snakemake_says_of_each_job_is_left_out() -> None:
    assert said({"message": "Select jobs to execute..."}, {"event": "run_info"}, *steps(1)) == (
        "1 of 1 steps\n"
    )


def test_what_is_no_run_is_answered_in_snakemakes_own_words() -> None:
    words = ("Building DAG of jobs...", "host: here", "gate", "ledger")
    assert said(*({"message": line} for line in words)) == "gate\nledger\n"


def test_a_configuration_that_is_refused_is_told_as_it_is() -> None:
    record = {"event": "error", "levelname": "ERROR", "message": CONFIGURATION}
    assert said({"message": "Assuming unrestricted shared"}, record).splitlines() == [
        "The configuration cannot be used:",
        "  - study.id: 'a b' is not of the form wanted. (config.yaml, line 2)",
        "Nothing was run. Mend this and run again.",
    ]


def test_an_error_is_told_however_quiet_the_run_is() -> None:
    record = {"event": "error", "levelname": "ERROR", "message": CONFIGURATION}
    assert said(*steps(2), quiet=True) == ""
    assert "study.id" in said(*steps(2), record, quiet=True)


def test_a_job_that_failed_is_told_by_its_log_and_only_a_log_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = Path("results/logs/gate.log")
    assert "log:" not in said({"event": "run_info"}, failing("gate", str(log)))
    log.parent.mkdir(parents=True)
    log.write_text("Nothing was analysed anew: 1 file(s) could not be read.\n", encoding="utf-8")
    assert said({"event": "run_info"}, failing("gate", str(log))).splitlines()[:3] == [
        "gate failed:",
        "  Nothing was analysed anew: 1 file(s) could not be read.",
        "  log: results/logs/gate.log",
    ]


def test_of_a_traceback_the_last_line_is_told(tmp_path: Path) -> None:
    log = tmp_path / "gate.log"
    text = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no\n'
    log.write_text(text, encoding="utf-8")
    assert "  ValueError: no" in list(failed_jobs([("gate", [str(log)], "")]))


def test_a_job_that_a_cluster_ended_before_it_wrote_a_word_is_told_too(tmp_path: Path) -> None:
    lost = str(tmp_path / "visits.log")
    told_of = "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'"
    assert f"  {told_of}" in list(failed_jobs([("visits", [lost], told_of)]))
    assert any("out of memory" in line for line in failed_jobs([("visits", [lost], "")]))


def test_a_job_that_succeeds_when_it_is_tried_again_did_not_fail() -> None:
    assert said(failing("visits", jobid=7), {"event": "job_finished", "job_id": 7}) == ""


def test_a_run_that_is_stopped_says_what_is_kept_and_not_that_jobs_failed() -> None:
    request = {"message": "Terminating processes on user request, this might take some time."}
    (line,) = said({"event": "run_info"}, request, failing("visits")).splitlines()
    assert line.startswith("Stopped. What is finished is kept")


def test_a_run_with_nothing_to_do_says_how_the_study_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    nothing = {"message": "Nothing to be done (all requested files are present and up to date)."}
    assert len(said(nothing).splitlines()) == 1
    REMEMBERED.parent.mkdir(parents=True)
    REMEMBERED.write_text(json.dumps({"lines": ["S: a study"]}), encoding="utf-8")
    assert said(nothing).splitlines()[1:] == ["S: a study"]


def test_what_a_terminal_would_obey_is_taken_out_of_a_message() -> None:
    record = {"event": "error", "levelname": "ERROR", "message": "bad\x1b[2J.csv: unreadable"}
    assert "\x1b" not in said(record)
