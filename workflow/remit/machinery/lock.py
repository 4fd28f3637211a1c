"""One run at a time in a folder, whatever became of the last one.

The kernel lets a lock go when its holder dies, however it dies; a lock file that merely exists would
stay after a power cut. Where the file system knows no such locks, nothing is locked.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from remit.errors import RemitError

#: Kept open until the process ends: closing a file lets its lock go.
_held: list[IO[str]] = []


def hold_run(folder: Path) -> None:
    """Make this process the only run; then wait for jobs that an interrupted run left behind.

    Raises:
        RemitError: another run is at work.
    """
    run = _open(folder / "run.lock")
    if not _lock(run, fcntl.LOCK_EX | fcntl.LOCK_NB):
        run.seek(0)
        raise RemitError(
            f"Another run is at work in this folder (process {run.read().strip() or 'unknown'}). "
            "Wait for it to end, then run again."
        )
    run.truncate(0)
    run.write(f"{os.getpid()}\n")
    run.flush()
    jobs = _open(folder / "jobs.lock")
    if not _lock(jobs, fcntl.LOCK_EX | fcntl.LOCK_NB):
        print("Waiting for a job of an interrupted run to end.", flush=True)
        _lock(jobs, fcntl.LOCK_EX)
    _held.remove(jobs)
    jobs.close()


def hold_job(folder: Path) -> None:
    """Say that a job is at work until this process ends; an orphan still writes its results."""
    _lock(_open(folder / "jobs.lock"), fcntl.LOCK_SH | fcntl.LOCK_NB)


def _open(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="ascii")
    _held.append(file)
    return file


def _lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind)
    except BlockingIOError:
        return False
    except OSError:
        # No locks on this file system: Snakemake's own lock still warns of a second run.
        return True
    return True
