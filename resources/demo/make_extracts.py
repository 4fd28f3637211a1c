"""Make the demo study's raw hospital exports, and check that they give the published figures.

    python resources/demo/make_extracts.py

Writes `extracts/`, `answer_key.csv`, `published.csv` and `pseudonym.key` beside itself, the same
bytes every time, then reads the exports back and prints each published figure beside the one
obtained. It stops with an error when one differs.
"""

from __future__ import annotations

from pathlib import Path

from make import clinic, faults, laboratories, layouts, published, verify
from make.rows import Files

HERE = Path(__file__).parent
# Known to everybody, and good for invented patients only.
KEY = """\
# PUBLIC demo key. It pseudonymizes invented patients and must never be used for real ones.
72656d69742064656d6f206b65792c207075626c69632c206e6f742073656372
"""


def main() -> None:
    """Write everything anew and verify it."""
    files = Files()
    laboratories.results(files)
    clinic.registry(files)
    clinic.infusions(files)
    clinic.sledai(files)
    clinic.medication(files)
    clinic.events(files)
    faults.plant(files)
    key = layouts.write(files, HERE / "extracts")
    layouts.write_table(HERE / "answer_key.csv", layouts.KEY_COLUMNS, key)
    layouts.write_table(HERE / "published.csv", published.COLUMNS, published.FIGURES)
    (HERE / "pseudonym.key").write_text(KEY, encoding="ascii")
    verify.verify(HERE)


if __name__ == "__main__":
    main()
