"""What can be analysed: the analytes a laboratory reports and the parameters derived from them.

Pure Python, so that the plan is checked against it before polars is imported.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from remit.errors import RemitError

#: Column of the dictionaries to the name the analysis stage uses.
COLUMNS = {
    "LBTESTCD": "PARAMCD",
    "LBTEST": "PARAM",
    "LBTEST_ZH": "PARAMZH",
    "unit": "unit",
    "decimals": "decimals",
    "better": "better",
}


def load(*dictionaries: str | Path) -> list[dict[str, Any]]:
    """The parameters of `analytes.csv` and `derived_parameters.csv`, in the order they are written.

    Returns:
        PARAMCD PARAM PARAMZH unit (UCUM) decimals (the precision at which values are compared)
        better (`up`, `down` or None), one mapping per parameter.

    Raises:
        RemitError: names every parameter whose decimals are not a whole number.
    """
    rows, problems = [], []
    for path in dictionaries:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            for row in reader:
                named: dict[str, Any] = {new: row[old] or None for old, new in COLUMNS.items()}
                if not (row["decimals"] or "").isdecimal():
                    problems.append(
                        f"{path}, line {reader.line_num}: {named['PARAMCD']}: decimals "
                        f"{row['decimals']!r} is no whole number; write how many decimals are reported"
                    )
                    continue
                rows.append(named | {"decimals": int(row["decimals"])})
    if problems:
        raise RemitError("\n".join(problems))
    return rows
