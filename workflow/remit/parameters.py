"""What can be analysed: the analytes a laboratory reports and the parameters derived from them.

Pure Python, so that the plan is checked against it before polars is imported.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

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
    """
    rows = []
    for path in dictionaries:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                named: dict[str, Any] = {new: row[old] or None for old, new in COLUMNS.items()}
                rows.append(named | {"decimals": int(named["decimals"] or 0)})
    return rows
