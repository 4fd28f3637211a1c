import signal
import subprocess
import sys
from pathlib import Path

import polars as pl

from remit.machinery.write import for_people, forget_partial

#: Killed when two parts wait on disk and the whole is half written.
KILLED = """
import os, signal, sys
import polars as pl
from remit.machinery.write import for_people, parquet_parts, whole
with parquet_parts(sys.argv[1]) as add, whole(sys.argv[1]) as partial:
    add(pl.DataFrame({"x": [1]}))
    add(pl.DataFrame({"x": [2]}))
    partial.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_job_left_half_written_can_be_told_and_deleted(
    tmp_path: Path, root: Path
) -> None:
    target = tmp_path / "deep/table.parquet"
    target.parent.mkdir()
    pl.DataFrame({"x": [0]}).write_parquet(target)
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(target)],
        env={"PYTHONPATH": str(root / "workflow")},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert len(list(target.parent.iterdir())) == 4
    forget_partial(tmp_path)
    assert list(target.parent.iterdir()) == [target]
    assert pl.read_parquet(target)["x"].to_list() == [0]


def test_a_text_for_people_commands_neither_spreadsheet_nor_terminal() -> None:
    given = {
        "value": ["=1+1", "-2", "-2+3", "\u202e3.1", "\x1b[2Jx", " @x", "＝1", None],
        "n": [1] * 8,
    }
    told = ["'=1+1", "-2", "'-2+3", "3.1", "[2Jx", "' @x", "'＝1", None]
    assert for_people(pl.DataFrame(given))["value"].to_list() == told
