"""Incremental = full: random histories of a study end in the bytes of one run from nothing.

    python -m tests.histories              500 histories
    python -m tests.histories --count 3    a few, the seed is printed

A history is a few steps; each adds, corrects, removes or touches an extract, edits a dictionary or
an option of the plan, and is followed by a run, which may also be interrupted. Often the last step puts all
inputs back as they were, under their old times or new ones. The results at the end are compared with those of
the same inputs run from nothing. What a history costs is the start of its jobs, so most have five deliveries
and run up to the harmonized tables; every twentieth seed has all feeds and runs up to the analysis, every
hundredth up to the report.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from tests.faults.disturbances import contents
from tests.faults.minimal import EXTRACTS, NO_UNITS, UNITS, finished_study, minimal_study
from tests.workflow.study import SNAKEMAKE, Study

FEEDS = ["lab_west", "lab_east", "medication"]


class Depth(NamedTuple):
    """How far the runs of a history go: what is asked for, and the folder that is compared."""

    targets: list[str]
    below: str


HARMONIZED = Depth(["results/harmonized/ledger.csv"], "results/harmonized")
ANALYSED = Depth(
    [f"results/analysis/{name}.parquet" for name in ("events", "exposure", "adverse_events")],
    "results/analysis",
)
REPORTED = Depth([], "results")


def depth(seed: int) -> Depth:
    """It hangs on the seed alone, so that a history can be repeated by its seed."""
    return ANALYSED if seed % 20 == 0 and seed % 100 else HARMONIZED if seed % 100 else REPORTED


class Studies:
    """The studies that histories begin with, each run once, when it is first wanted."""

    def __init__(self, folder: Path, finished: Path | None):
        self.folder, self.known, self.lock = folder, finished, Lock()

    def of(self, depth: Depth) -> Study:
        with self.lock:
            return self.small if depth == HARMONIZED else self.whole

    @cached_property
    def whole(self) -> Study:
        return finished_study(self.known or self.folder / "whole")

    @cached_property
    def small(self) -> Study:
        study = minimal_study(self.folder / "small", ["registry", *FEEDS])
        study.run(*HARMONIZED.targets)
        return study


class History:
    """One study, its random choices, and what was done to it."""

    def __init__(self, start: Study, folder: Path, seed: int):
        self.start, self.study = start, start.copy(folder)
        self.turn, self.told = random.Random(seed), list[str]()
        self.step = 0

    def extracts(self) -> list[Path]:
        """The single-file deliveries of the feeds that may change, in a fixed order."""
        folders = [self.study / EXTRACTS / feed for feed in FEEDS]
        return sorted(path for folder in folders for path in folder.iterdir() if path.is_file())

    def choose(self) -> Path:
        """One of them."""
        return self.turn.choice(self.extracts())


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def added(history: History) -> None:
    """Some rows of one extract arrive again under another name."""
    path = history.choose()
    header, *rows = lines(path)
    kept = history.turn.sample(rows, min(len(rows), 4))
    path.with_name(f"later {history.step}{path.suffix}").write_bytes(header + b"".join(kept))


def corrected(history: History) -> None:
    """A digit of one row changes, perhaps under an older time."""
    path = history.choose()
    header, *rows = lines(path)
    if not rows:
        return
    place = history.turn.randrange(len(rows))
    rows[place] = rows[place].replace(b"1", b"2", 1)
    before = path.stat().st_mtime
    path.write_bytes(header + b"".join(rows))
    if history.turn.random() < 0.5:
        os.utime(path, (before - 86_400, before - 86_400))


def shortened(history: History) -> None:
    path = history.choose()
    kept = lines(path)
    if len(kept) > 2:
        path.write_bytes(b"".join(kept[:-1]))


def removed(history: History) -> None:
    path = history.choose()
    if len(list(path.parent.iterdir())) > 1:
        path.unlink()


def renamed(history: History) -> None:
    path = history.choose()
    path.rename(path.with_name(f"renamed {history.step}{path.suffix}"))


def touched(history: History) -> None:
    os.utime(history.choose())


def swapped(history: History) -> None:
    """Two extracts of one feed change their names, and keep their times."""
    path = history.choose()
    others = [other for other in history.extracts() if other.parent == path.parent]
    first, second = history.turn.choice(others), path
    if first == second:
        return
    aside = first.with_name("aside.tmp")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def dictionary(history: History) -> None:
    """A unit of the study's own takes the place of Remit's, or goes again."""
    path = history.study / UNITS
    if len(lines(path)) > 1:
        path.write_text(NO_UNITS, encoding="utf-8")
    else:
        spelling = history.turn.choice(["mg/g", "g/L", "umol/L"])
        path.write_text(f"{NO_UNITS}{spelling},%,tried\n", encoding="utf-8")


def option(history: History) -> None:
    """The plan changes in the section of visits."""
    text = (history.study / "config.yaml").read_text(encoding="utf-8")
    line = "  tie: later\n"
    changed = (
        text.replace(line, "") if line in text else text.replace("visits:\n", f"visits:\n{line}")
    )
    (history.study / "config.yaml").write_text(changed, encoding="utf-8")


def restored(history: History) -> None:
    """All inputs are those of the beginning again, perhaps under their old times."""
    copy = history.turn.choice((shutil.copy, shutil.copy2))
    shutil.rmtree(history.study / EXTRACTS)
    shutil.copytree(history.start / EXTRACTS, history.study / EXTRACTS, copy_function=copy)
    for path in (UNITS, "config.yaml"):
        copy(history.start / path, history.study / path)


STEPS: list[Callable[[History], None]] = [
    *(added, added, corrected, corrected, shortened, removed, renamed, touched, swapped, dictionary)
]


class Fresh:
    """Results of one run from nothing, made once for all histories that end in its inputs."""

    def __init__(self, folder: Path):
        self.folder, self.lock = folder, Lock()
        self.made = dict[str, Future[dict[str, bytes]]]()

    def of(self, study: Study, depth: Depth) -> dict[str, bytes]:
        """The results that the study's inputs give; who asks second waits for the first."""
        inputs = hashlib.sha256()
        for top in (EXTRACTS, UNITS, "config.yaml"):
            for path in sorted([study / top, *(study / top).rglob("*")]):
                if path.is_file():
                    inputs.update(f"{path.relative_to(study.folder)}\n".encode())
                    inputs.update(path.read_bytes())
        name = f"{inputs.hexdigest()[:20]}-{len(depth.targets)}"
        with self.lock:
            first, results = name not in self.made, self.made.setdefault(name, Future())
        if first:
            try:
                results.set_result(self._make(study, depth, self.folder / name))
            except Exception as error:
                results.set_exception(error)
        return results.result()

    def _make(self, study: Study, depth: Depth, folder: Path) -> dict[str, bytes]:
        shutil.copytree(
            study.folder, folder, ignore=shutil.ignore_patterns("results", ".snakemake")
        )
        fresh = Study(folder)
        fresh.run(*depth.targets)
        made = contents(fresh, depth.below)
        shutil.rmtree(folder)
        return made


def main() -> int:
    """Try histories; 0 when each ended in the bytes of a full run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--finished", type=Path, help="where the undisturbed study is, or goes")
    parser.add_argument("--jobs", type=int, default=1, help="histories side by side")
    given = parser.parse_args()
    print(f"{given.count} histories from seed {given.seed}", flush=True)
    failed = runs = 0
    with tempfile.TemporaryDirectory(prefix="remit-histories-") as top:
        studies = Studies(Path(top), given.finished)
        fresh = Fresh(Path(top) / "fresh")
        begun = time.monotonic()
        with ThreadPoolExecutor(given.jobs) as pool:
            trials = [
                pool.submit(_try, studies, fresh, Path(top) / f"{seed}", seed)
                for seed in range(given.seed, given.seed + given.count)
            ]
            for trial in as_completed(trials):
                wrong, run = trial.result()
                failed, runs = failed + bool(wrong), runs + run
                if wrong:
                    print(f"FAILED {wrong}", file=sys.stderr, flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"histories {given.count}, runs {runs}, equal to a full run {given.count - failed}, "
        f"{time.monotonic() - begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor"
    )
    return int(failed > 0)


def _try(studies: Studies, fresh: Fresh, folder: Path, seed: int) -> tuple[str, int]:
    """What went wrong with one history (empty: nothing), and how many runs it took."""
    far = depth(seed)
    # The plan of visits matters to nothing before the analysis.
    steps = STEPS if far == HARMONIZED else [*STEPS, option]
    history = History(studies.of(far), folder, seed)
    try:
        plan = [
            history.turn.choices(steps, k=history.turn.randint(1, 2))
            for _ in range(history.turn.randint(1, 3))
        ]
        if len(plan) > 1 and history.turn.random() < 0.75:
            plan[-1] = [restored]
        for history.step, changes in enumerate(plan):
            for change in changes:
                history.told.append(change.__name__)
                change(history)
            if history.turn.random() < 0.2:
                history.told.append("interrupted run")
                _interrupted(history, far.targets)
            else:
                history.told.append("run")
                history.study.run(*far.targets)
        if history.told[-1] == "interrupted run":
            history.told.append("run")
            history.study.run(*far.targets)
        got, wanted = contents(history.study, far.below), fresh.of(history.study, far)
        wrong = sorted(n for n in got.keys() | wanted.keys() if got.get(n) != wanted.get(n))
        if wrong:
            return f"seed {seed} ({', '.join(history.told)}): {', '.join(wrong[:6])}", 0
        print(f"equal: seed {seed}: {', '.join(history.told)}", flush=True)
        return "", history.told.count("run") + history.told.count("interrupted run")
    except Exception as error:
        return f"seed {seed} ({', '.join(history.told)}): {type(error).__name__}: {error}", 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _interrupted(history: History, targets: list[str]) -> None:
    run = subprocess.Popen(
        [*SNAKEMAKE, "--cores", "2", *targets],
        cwd=history.study.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(history.turn.uniform(0.5, 4.0))
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


if __name__ == "__main__":
    sys.exit(main())
