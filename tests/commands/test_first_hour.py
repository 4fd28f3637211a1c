"""docs/first-hour.md, followed to the letter: its files, its commands, its answers."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path


def follows(said: list[str], written: list[str]) -> bool:
    """Whether what was said has the lines written, `…` standing for any."""
    pattern = "\n".join(
        ".*" if line == "…" else re.escape(line).replace("…", "[^\n]*") for line in written
    )
    return re.fullmatch(pattern, "\n".join(said), re.DOTALL) is not None


def test_the_page_is_as_it_says(root: Path, tmp_path: Path) -> None:
    page = (root / "docs/first-hour.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"^`([^`]+)`\n\n```csv\n(.*?)^```", page, re.M | re.S):
        (tmp_path / name).write_text(text, encoding="utf-8")
    first, plan = re.findall(r"^```console\n(.*?)^```", page, re.M | re.S)
    evidence, chosen = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)

    def tried(block: str) -> None:
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *answer = part.splitlines()
            done = subprocess.run(
                [sys.executable, "-m", *shlex.split(command)],
                cwd=tmp_path,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert follows(done.stdout.strip().splitlines(), answer), done.stdout

    tried(first)
    config = tmp_path / "study/config.yaml"
    text = config.read_text(encoding="utf-8")
    assert evidence in text
    for feed, name in (
        ("people", "people.csv"),
        ("lab", "lab 2022.csv"),
        ("tablets", "tablets.csv"),
    ):
        shutil.copy(tmp_path / name, tmp_path / "study/extracts" / feed)
    before, _, _ = text.partition("# The plan, to be filled in")
    config.write_text(before + chosen, encoding="utf-8")
    tried(plan)
