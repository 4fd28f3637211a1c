"""Try faults on the minimal study and compare every byte with an undisturbed run.

    python -m tests.faults              all of them
    python -m tests.faults --sample 12  a seeded choice, the seed is printed

For each fault: a finished study is copied, one rule is forced to run and disturbed, and a plain run
follows. It must finish, and its results must be those of the undisturbed run, byte for byte.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from tests.faults import disturbances
from tests.faults.disturbances import contents
from tests.faults.matrix import Fault, Outputs, matrix, outputs, sample
from tests.faults.minimal import finished_study
from tests.workflow.study import SNAKEMAKE, Study

INJECT = str(Path(__file__).parent / "inject")
#: Every so many faults the whole study is run again, not only the disturbed rule.
DEEP = 20
PATIENCE = 900
HARMONIZED = "results/harmonized/ledger.csv"
FATES = (
    *("accepted", "duplicate", "superseded", "withdrawn", "conflict"),
    *("quarantined", "unmapped", "out_of_cohort", "filtered"),
)


def main() -> int:
    """Run the matrix or a sample of it; 0 when every fault was survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, help="so many faults, chosen by the seed")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", default="", help="faults whose name holds this text")
    parser.add_argument("--finished", type=Path, help="where the undisturbed study is, or goes")
    parser.add_argument("--jobs", type=int, default=1, help="faults tried side by side")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="remit-faults-") as folder:
        finished = finished_study(given.finished or Path(folder) / "finished")
        written = outputs(finished)
        faults = [fault for fault in matrix(written) if given.only in str(fault)]
        if given.sample:
            print(f"{len(faults)} faults, of them {given.sample} chosen by seed {given.seed}")
            faults = sample(faults, given.sample, given.seed)
        begun = time.monotonic()
        with ThreadPoolExecutor(given.jobs) as pool:
            trials = [
                pool.submit(
                    _try, fault, finished, written, Path(folder) / f"{place}", not place % DEEP
                )
                for place, fault in enumerate(faults)
            ]
            outcomes = []
            for trial in as_completed(trials):
                outcomes.append(trial.result())
                if outcomes[-1].wrong:
                    print(f"FAILED {outcomes[-1].wrong}", file=sys.stderr, flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"faults tried {len(faults)}, runs recovered {sum(o.recovered for o in outcomes)}, "
        f"bytes equal {sum(o.equal for o in outcomes)}, rows lost {sum(o.lost for o in outcomes)}, "
        f"{time.monotonic() - begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor"
    )
    return int(any(outcome.wrong for outcome in outcomes))


class Outcome(NamedTuple):
    """What became of a study after a fault, and in words what went wrong (empty: nothing)."""

    wrong: str
    recovered: bool = False
    equal: bool = False
    lost: int = 0


def _try(fault: Fault, finished: Study, written: Outputs, folder: Path, deep: bool) -> Outcome:
    study = finished.copy(folder)
    try:
        target = written[fault.rule][0]
        struck = _strike(fault, study, target)
        done = study.snakemake(*([] if deep or fault.disturb else [target]))
        lost = _rows(finished) - _rows(study)
        if done.returncode:
            said = done.stdout[-3000:] + done.stderr[-3000:]
            return Outcome(f"{fault}: the next run failed\n{said}", lost=lost)
        before, after = contents(finished), contents(study)
        wrong = sorted(
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        )
        if wrong:
            told = _difference(before.get(wrong[0], b""), after.get(wrong[0], b""))
            told = f"{fault}: {len(wrong)} files differ: {', '.join(wrong[:5])}\n{told}"
            return Outcome(told, recovered=True, lost=lost)
        if not struck:
            told = f"{fault}: it never struck; the matrix names a moment that does not come"
            return Outcome(told, recovered=True, equal=True, lost=lost)
        print(f"survived {fault}{' (whole run)' if deep else ''}", flush=True)
        return Outcome("", recovered=True, equal=True, lost=lost)
    except Exception as error:
        return Outcome(f"{fault}: {type(error).__name__}: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rows(study: Study) -> int:
    """Rows of all extracts that have a fate in the ledger."""
    ledger = study / HARMONIZED
    if not ledger.is_file():
        return 0
    with ledger.open(encoding="utf-8", newline="") as stream:
        return sum(int(row[fate]) for row in csv.DictReader(stream) for fate in FATES)


def _difference(before: bytes, after: bytes) -> str:
    """Where two files part, with what stands there."""
    pairs = enumerate(zip(before, after, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(before), len(after)))
    cut = slice(max(0, at - 60), at + 60)
    return f"  at byte {at}: {before[cut]!r}\n  instead: {after[cut]!r}"


def _strike(fault: Fault, study: Study, target: str) -> bool:
    """Disturb the study; whether the fault took place."""
    arguments = [target, "--forcerun", fault.rule]
    if fault.disturb:
        getattr(disturbances, fault.disturb)(study, arguments)
        return True
    # Most faults strike a job that works, some one that takes back what was kept of it.
    if sum(map(ord, fault.name)) % 4:
        shutil.rmtree(study / "results/private/kept" / fault.rule, ignore_errors=True)
    mark = study / "struck"
    environment = os.environ | {
        "PYTHONPATH": INJECT,
        "REMIT_FAULT": fault.environment(str(mark)),
    }
    run = subprocess.Popen(
        [*SNAKEMAKE, "--cores", "2", *arguments],
        cwd=study.folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    run.wait(timeout=PATIENCE)
    struck = mark.exists()
    mark.unlink(missing_ok=True)
    return struck


if __name__ == "__main__":
    sys.exit(main())
