"""A run on a real terminal: its line of progress is written over, not one after the other."""

import os
import pty
import subprocess
import sys
from pathlib import Path

SNAKEFILE = """
rule all:
    input: "a", "b"
rule one:
    output: "a"
    shell: "touch {output}"
rule two:
    output: "b"
    shell: "touch {output}"
"""


def test_the_line_of_progress_stays_one_line(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--logger", "remit"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            said += piece
    assert process.returncode == 0, said
    lines = said.decode().replace("\r\n", "\n").split("\n")
    assert any("\r" in line and "3 of 3 steps" in line for line in lines)
    assert sum("steps" in line for line in lines) == 1
