"""What a person sees of a run: one line of progress, then what went wrong, where and what to do.

How the study stands after a run that went well is told by `remit status`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from remit.machinery.write import printable

#: What `remit status` said last, and what it said of the results before those.
REMEMBERED = Path(".snakemake/remit/status.json")
WIDTH = 30
#: Lines of a failed job's log that are shown.
LAST = 20
AT_EVERY_START = ("Assuming unrestricted shared", "host:", "Building DAG", "Using shell")
#: What Snakemake says when a person, or a cluster's limit, stops it.
STOPPED = ("Terminating processes on user request", "Will exit after finishing currently running")
#: What Snakemake says around an error, which is told in our words.
AROUND = re.compile(
    r"Exiting because|Shutting down|\w*(Error|Exception)( in file .*| in line \d+.*)?:?$"
    r'|  File "|Traceback \(most recent'
)


class Course:
    """What was heard of one run.

    Args:
        stream: where to tell of it.
        terminal: whether a line there can be written over.
        quiet: whether only errors are told.
    """

    def __init__(self, stream: TextIO, terminal: bool, quiet: bool = False):
        self._stream, self._terminal, self._quiet = stream, terminal, quiet
        self._tenths = 0
        self._rule = ""
        self._begun = self._stopped = self._drawn = False
        #: What Snakemake says where it is asked for something else than a run, such as a list.
        self._else: list[str] = []
        self._errors: list[str] = []
        #: Per job that failed its rule, its logs and what Snakemake says of it; it may be tried again.
        self._failed: dict[Any, tuple[str, list[str], str]] = {}

    def hear(self, record: Mapping[str, Any]) -> None:
        """One record of Snakemake's logger."""
        event, message = record.get("event"), record["message"]
        if event == "job_info":
            self._rule = record["rule_name"]
        elif event == "progress":
            self._progress(record["done"], record["total"])
        elif event == "job_finished":
            self._failed.pop(record["job_id"], None)
        elif event == "job_error":
            logs, said = list(record["log"]), str(record["rule_msg"] or "")
            self._failed[record["jobid"]] = record["rule_name"], logs, said
        elif event == "group_error":
            for job in record["job_error_info"]:
                logs = [*job["log"], *record["aux_logs"]]
                self._failed[job["jobid"]] = job["rule_name"], logs, ""
        elif event == "run_info":
            self._begun, self._else = True, []
        elif message.startswith("Nothing to be done"):
            self._begun, self._else = True, []
            self._say(*nothing_to_do())
        elif message.startswith(STOPPED):
            self._stopped = True
        elif record["levelname"] in ("ERROR", "CRITICAL"):
            self._errors.append(message)
        elif record["levelname"] == "WARNING":
            self._say(*_without_trace(message))
        elif not event and not self._begun and record["levelname"] == "INFO":
            self._else.append(message)

    def end(self) -> None:
        """Nothing more will be heard."""
        self._clear()
        told: Iterable[str]
        if self._stopped:
            told = ["Stopped. What is finished is kept: run again, and it goes on from there."]
        elif self._failed:
            told = failed_jobs(self._failed.values())
        elif any(list(_without_trace(error)) for error in self._errors):
            told = refused(self._errors, begun=bool(self._rule))
        else:
            told = [line for line in self._else if not line.startswith(AT_EVERY_START)]
        self._quiet = self._quiet and not self._failed and not self._errors
        self._say(*told)
        self._failed, self._errors, self._else, self._stopped = {}, [], [], False

    def _progress(self, done: int, of: int) -> None:
        if self._quiet:
            return
        if self._terminal:
            bar = "#" * (WIDTH * done // of)
            line = f"[{bar:<{WIDTH}}] {done} of {of} steps" + (f": {self._rule}" * (done < of))
            self._stream.write(f"\r{line:<79}")
            self._stream.flush()
            self._drawn = True
            if done == of:
                self._clear()
        elif 10 * done // of > self._tenths:
            self._tenths = 10 * done // of
            self._say(f"{done} of {of} steps")

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * 79 + "\r")
            self._stream.flush()
            self._drawn = False

    def _say(self, *lines: str) -> None:
        if lines and not self._quiet:
            self._clear()
            # What a laboratory wrote may hold what a terminal would obey.
            self._stream.write("".join(f"{printable(line)}\n" for line in lines))
            self._stream.flush()


def nothing_to_do() -> Iterator[str]:
    """That the results are what they would be made again, and how the study stood when they were made."""
    yield "Nothing to be done: the results are those of these extracts and this plan."
    if REMEMBERED.is_file():
        yield from json.loads(REMEMBERED.read_text(encoding="utf-8")).get("lines", [])


def failed_jobs(jobs: Iterable[tuple[str, list[str], str]]) -> Iterator[str]:
    """What went wrong in each job, and where its log is.

    Args:
        jobs: of each its rule, its logs, of which some may never have been written, and what Snakemake
            says of its end.
    """
    for rule, logs, said in dict.fromkeys((rule, tuple(logs), said) for rule, logs, said in jobs):
        there = [Path(log) for log in logs if Path(log).is_file()]
        words = (last_words(path.read_text("utf-8", errors="replace")) for path in there)
        found = next(filter(None, words), None)
        yield f"{rule} failed:"
        unsaid = "it ended without a word: it was stopped from outside, or ran out of memory"
        yield from (f"  {line}" for line in found or said.splitlines() or [unsaid])
        yield from (f"  log: {path}" for path in there)
    yield (
        "What was finished before is kept. Mend this and run again; --verbose (remit run -v) shows "
        "every step."
    )


def refused(errors: Iterable[str], begun: bool) -> Iterator[str]:
    """Why a run did not come to its jobs, or ended beside them: the configuration, extracts, folder."""
    for error in errors:
        yield from _without_trace(error)
    yield (
        "What is finished is kept: run again, and it goes on from there."
        if begun
        else "Nothing was run. Mend this and run again."
    )


def last_words(log: str) -> list[str]:
    """A message as it is; of a traceback its last line."""
    lines = [line for line in log.splitlines() if line.strip()]
    if any(line.startswith('  File "') for line in lines):
        return lines[-1:]
    return lines[-LAST:]


def _without_trace(message: str) -> Iterator[str]:
    """A message of Snakemake's without where in Remit's files it was raised."""
    lines = message.splitlines()
    starts = [k for k, line in enumerate(lines) if re.match(r"\w*(Error|Exception)\b", line)]
    for line in lines[starts[0] if starts else 0 :]:
        if line.strip() and not AROUND.match(line.rstrip()):
            yield line
