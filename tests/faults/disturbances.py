"""What else can go wrong around a run. Each function disturbs a finished study, may run it, and
leaves it to the next run."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.minimal import EXTRACTS
from tests.workflow.study import SNAKEMAKE, Study

Disturb = Callable[[Study, list[str]], None]
WEST = f"{EXTRACTS}/lab_west/west 2020-06.csv"


def fault(rule: str = "harmonize") -> Callable[[Disturb], Disturb]:
    """Mark a function as a fault of the matrix; `rule` is the one that is forced to run."""

    def mark(function: Disturb) -> Disturb:
        function.is_fault, function.rule = True, rule  # type: ignore[attr-defined]
        return function

    return mark


def begin(study: Study, arguments: list[str], **options: object) -> subprocess.Popen[str]:
    """Start a run in a process group of its own."""
    return subprocess.Popen(
        [*SNAKEMAKE, "--cores", "2", *arguments],
        cwd=study.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,  # type: ignore[call-overload]
    )


def run_limited(study: Study, arguments: list[str], limit: int, value: int) -> None:
    """A run under a limit of the system; it may fail."""
    run = begin(study, arguments, preexec_fn=lambda: resource.setrlimit(limit, (value, value)))
    run.communicate(timeout=600)


@fault()
def small_files_only(study: Study, arguments: list[str]) -> None:
    """The kernel refuses what is longer than 2 kB, in the middle of a write."""
    run_limited(study, arguments, resource.RLIMIT_FSIZE, 2_000)


@fault("statistics")
def middling_files_only(study: Study, arguments: list[str]) -> None:
    run_limited(study, arguments, resource.RLIMIT_FSIZE, 20_000)


@fault("visits")
def no_memory(study: Study, arguments: list[str]) -> None:
    run_limited(study, arguments, resource.RLIMIT_AS, 1_500_000_000)


@fault()
def few_open_files(study: Study, arguments: list[str]) -> None:
    run_limited(study, arguments, resource.RLIMIT_NOFILE, 24)


@fault("visits")
def little_processor_time(study: Study, arguments: list[str]) -> None:
    run_limited(study, arguments, resource.RLIMIT_CPU, 1)


def killed_after(study: Study, arguments: list[str], seconds: float, number: int) -> None:
    run = begin(study, arguments)
    time.sleep(seconds)
    if run.poll() is None:
        os.killpg(run.pid, number)
    run.communicate(timeout=600)


@fault()
def killed_after_two_seconds(study: Study, arguments: list[str]) -> None:
    killed_after(study, arguments, 2, signal.SIGKILL)


@fault("responses")
def killed_after_four_seconds(study: Study, arguments: list[str]) -> None:
    killed_after(study, arguments, 4, signal.SIGKILL)


@fault("tables")
def terminated_after_five_seconds(study: Study, arguments: list[str]) -> None:
    killed_after(study, arguments, 5, signal.SIGTERM)


@fault("report")
def interrupted_after_five_seconds(study: Study, arguments: list[str]) -> None:
    killed_after(study, arguments, 5, signal.SIGINT)


@fault("exposure")
def hung_up_after_three_seconds(study: Study, arguments: list[str]) -> None:
    killed_after(study, arguments, 3, signal.SIGHUP)


@fault()
def two_runs_at_once(study: Study, arguments: list[str]) -> None:
    runs = [begin(study, arguments) for _ in range(2)]
    said = [run.communicate(timeout=600)[0] for run in runs]
    told = ["Another run is at work" in text for text in said]
    assert any(run.returncode == 0 for run in runs), said
    # The second may also have come when the first had ended.
    assert all(run.returncode == 0 or words for run, words in zip(runs, told, strict=True)), said


@fault()
def killed_and_started_again_at_once(study: Study, arguments: list[str]) -> None:
    first = begin(study, arguments)
    time.sleep(3)
    os.kill(first.pid, signal.SIGKILL)  # its jobs live on
    second = begin(study, arguments)
    said = second.communicate(timeout=600)[0]
    assert second.returncode == 0, said
    first.communicate(timeout=600)


@fault()
def extract_grows_while_it_is_read(study: Study, arguments: list[str]) -> None:
    """A copy that is still going on: half the file, the rest during the run."""
    whole = (study / WEST).read_bytes()
    (study / WEST).write_bytes(whole[: len(whole) // 2])
    run = begin(study, ["results/harmonized/ledger.csv"])
    time.sleep(3)
    (study / WEST).write_bytes(whole)
    run.communicate(timeout=600)


@fault()
def extract_vanishes_while_the_run_starts(study: Study, arguments: list[str]) -> None:
    away = study / "away.csv"
    run = begin(study, [*arguments, "--forcerun", "ingest"])
    time.sleep(2)
    shutil.move(study / WEST, away)
    run.communicate(timeout=600)
    shutil.move(away, study / WEST)


@fault()
def extract_delivered_twice(study: Study, arguments: list[str]) -> None:
    copy = study / f"{EXTRACTS}/lab_west/copy.csv"
    shutil.copy(study / WEST, copy)
    study.run("results/harmonized/ledger.csv")
    copy.unlink()


@fault("gate")
def unreadable_extract(study: Study, arguments: list[str]) -> None:
    bad = study / f"{EXTRACTS}/lab_west/bad.csv"
    bad.write_bytes(b"PK\x03\x04 this is no workbook")
    done = study.snakemake("results/harmonized/ledger.csv")
    assert done.returncode != 0
    assert "bad.csv" in done.stdout + done.stderr
    bad.unlink()


def times(study: Study, seconds: float, part: str = "results") -> None:
    for path in (study / part).rglob("*"):
        stat = path.stat()
        os.utime(path, (stat.st_atime, stat.st_mtime + seconds))


@fault()
def clock_was_a_day_ahead(study: Study, arguments: list[str]) -> None:
    times(study, 86_400)


@fault()
def clock_was_a_year_behind(study: Study, arguments: list[str]) -> None:
    times(study, -31_536_000)


@fault()
def extracts_from_the_future(study: Study, arguments: list[str]) -> None:
    times(study, 86_400, EXTRACTS)


@fault()
def half_the_results_from_the_future(study: Study, arguments: list[str]) -> None:
    times(study, 86_400, "results/analysis")


@fault()
def all_times_equal(study: Study, arguments: list[str]) -> None:
    for path in study.folder.rglob("*"):
        if path.is_file() and ".venv" not in path.parts:
            os.utime(path, (1_600_000_000, 1_600_000_000))


@fault()
def snakemakes_metadata_lost(study: Study, arguments: list[str]) -> None:
    shutil.rmtree(study / ".snakemake/metadata")


@fault()
def snakemakes_folder_lost(study: Study, arguments: list[str]) -> None:
    shutil.rmtree(study / ".snakemake")


@fault()
def metadata_cut_in_half(study: Study, arguments: list[str]) -> None:
    for path in (study / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@fault()
def stale_lock_files(study: Study, arguments: list[str]) -> None:
    locks = study / ".snakemake/locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_text("results/harmonized/lb.parquet\n")
    (study / ".snakemake/remit/run.lock").write_text("1\n")


@fault()
def stale_incomplete_marks(study: Study, arguments: list[str]) -> None:
    for path in (study / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            mark = study / ".snakemake/incomplete" / path.relative_to(study / ".snakemake/metadata")
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(json.dumps({"external_jobid": None}))


@fault()
def digests_damaged(study: Study, arguments: list[str]) -> None:
    (study / ".snakemake/remit/digests.json").write_text('{"x": [1, 2')


@fault()
def digests_of_another_shape(study: Study, arguments: list[str]) -> None:
    (study / ".snakemake/remit/digests.json").write_text("[1, 2, 3]")


@fault()
def partial_files_left_behind(study: Study, arguments: list[str]) -> None:
    for path in list((study / "results").rglob("*.parquet")):
        path.with_name(f".{path.name}.4711-0.partial").write_bytes(b"half")
    (study / "results/report/changes.html").unlink()  # a run with nothing to do cleans nothing


@fault()
def logs_and_benchmarks_lost(study: Study, arguments: list[str]) -> None:
    shutil.rmtree(study / "results/logs")
    shutil.rmtree(study / "results/benchmarks")


@fault()
def a_results_folder_lost(study: Study, arguments: list[str]) -> None:
    shutil.rmtree(study / "results/harmonized")


@fault()
def private_results_lost(study: Study, arguments: list[str]) -> None:
    shutil.rmtree(study / "results/private")


@fault()
def unwritable_temporary_folder(study: Study, arguments: list[str]) -> None:
    study.snakemake(*arguments, TMPDIR="/nonexistent")


@fault()
def no_home(study: Study, arguments: list[str]) -> None:
    done = study.snakemake(*arguments, HOME="/nonexistent", XDG_CACHE_HOME="/nonexistent")
    assert done.returncode in (0, 1)


@fault()
def a_folder_where_a_result_belongs(study: Study, arguments: list[str]) -> None:
    path = study / "results/harmonized/ledger.csv"
    path.unlink()
    path.mkdir()
    study.snakemake(*arguments)
    if path.is_dir():
        path.rmdir()


@fault()
def open_umask(study: Study, arguments: list[str]) -> None:
    begin(study, [*arguments, "--forcerun", "ingest"], umask=0).communicate(timeout=600)
    mode = (study / "results/private").stat().st_mode & 0o777
    assert mode == 0o700, oct(mode)


@fault()
def withdrawn_and_killed(study: Study, arguments: list[str]) -> None:
    """An extract goes and comes back, with a killed run between."""
    away = study / "away.csv"
    shutil.move(study / WEST, away)
    killed_after(study, ["results/harmonized/ledger.csv"], 3, signal.SIGKILL)
    shutil.move(away, study / WEST)


def contents(study: Study, below: Path | str = "results") -> dict[str, bytes]:
    """All results but logs, benchmarks, provenance and what is kept of earlier jobs."""
    aside = {"logs", "benchmarks", "provenance", "kept"}
    files = [path for path in sorted((study.folder / below).rglob("*")) if path.is_file()]
    names = {path.relative_to(study.folder): path for path in files}
    return {
        str(name): path.read_bytes() for name, path in names.items() if not aside & set(name.parts)
    }
