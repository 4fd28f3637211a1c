import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remit.errors import RemitError
from remit.machinery.lock import hold_run

HOLDER = """
import sys, time
from pathlib import Path
from remit.machinery import lock
getattr(lock, sys.argv[1])(Path(sys.argv[2]))
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def holder(tmp_path: Path, root: Path):
    started = []

    def start(kind: str, seconds: float = 60) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, kind, str(tmp_path), str(seconds)],
            env=os.environ | {"PYTHONPATH": str(root / "workflow")},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_run_is_told_who_is_at_work(tmp_path: Path, holder) -> None:
    first = holder("hold_run")
    with pytest.raises(RemitError, match=f"process {first.pid}"):
        hold_run(tmp_path)


def test_a_killed_run_leaves_no_lock_behind(tmp_path: Path, holder) -> None:
    first = holder("hold_run")
    first.send_signal(signal.SIGKILL)
    first.wait()
    hold_run(tmp_path)


def test_a_run_waits_for_the_jobs_of_an_interrupted_one(
    tmp_path: Path, holder, capsys: pytest.CaptureFixture[str]
) -> None:
    holder("hold_job", 1.0)
    before = time.monotonic()
    hold_run(tmp_path)
    assert time.monotonic() - before > 0.3
    assert "Waiting for a job" in capsys.readouterr().out


def test_jobs_do_not_wait_for_each_other(holder) -> None:
    holder("hold_job")
    holder("hold_job")
