import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from remit.machinery.write import for_people, forget_partial, inert, printable, write_csv

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


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1", "＝1+1"]
)
def test_no_cell_of_a_csv_is_a_formula(text: str, tmp_path: Path) -> None:
    assert inert(text) == printable("'" + text)
    write_csv(pl.DataFrame({"x": [text, "1"]}), tmp_path / "x.csv")
    assert pl.read_csv(tmp_path / "x.csv", infer_schema=False)["x"][0] == inert(text)


@pytest.mark.parametrize("text", ["-0.66", "+3", "-1,5", "++", "5.49 ± 6.54", "", "尿蛋白", "-2 %"])
def test_numbers_grades_and_words_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_control_characters_go_and_line_ends_stay() -> None:
    assert printable("\x1b[2J\x07 a\tb\n\u202e3.1\x9b") == "[2J a\tb\n3.1"
