"""A configuration with ten mistakes: all in one message, in the same words whatever is run."""

import os
import subprocess
import sys
from pathlib import Path

from remit import roots

CONFIG = """\
study: {id: A B, titel: a study, cutoff: 2021-12-31, timezone: Asia/Shanghia}
feeds:
  people: {domain: dm, columns: {SUBJID: nr, SEKS: sex}}
  lab: {domain: lb, columns: {SUBJID: nr, LBTEST: test, LBORRES: result}, dates: [dd/mm/yyyy], decimal: ;}
subjects: {treatment: {start: RFICDTC}}
visits:
  windows: {generate: {name: "Month {k}", every: 0, unit: months, first: 1, last: 3}}
statistics:
  parameters: {CREAT: {test: paired_t}}
  visits: [Month 9]
figures: {waterfal: {}}
"""
WRONG = (
    *("'A B'", "`titel`; did you mean `title`", "2021-12-31", "Asia/Shanghia", "`SEKS`"),
    *("'dd/mm/yyyy'", "decimal", "every", "`CREAT`", "`waterfal`; did you mean `waterfall`"),
)


def test_all_are_told_at_once_and_alike(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "Snakefile").write_text(roots.SNAKEFILE, encoding="utf-8")
    (tmp_path / "people.csv").write_text("nr,sex\n1,F\n", encoding="utf-8")

    def said(*command: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=os.environ | {"NO_COLOR": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return [line for line in done.stderr.splitlines() if line.startswith("  - ")]

    found = said("remit", "check", "people.csv", "--feed", "people")
    for words in WRONG:
        assert sum(words in line for line in found) == 1, (words, found)
    assert all("(config.yaml, line " in line for line in found)
    assert said("remit", "run") == found
    assert said("snakemake", "--cores", "1", "--logger", "remit") == found
