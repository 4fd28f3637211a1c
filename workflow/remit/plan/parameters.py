"""What can be analysed: the analytes a laboratory reports and the parameters derived from them.

Pure Python, so that the plan is checked against it before polars is imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from remit.errors import RemitError
from remit.plan import resources

#: What a parameter is compared at whose dictionary does not say how many decimals are reported.
DECIMALS = "3"
#: Column of the dictionaries to the name the analysis stage uses.
COLUMNS = {
    "LBTESTCD": "PARAMCD",
    "LBTEST": "PARAM",
    "LBTEST_ZH": "PARAMZH",
    "unit": "unit",
    "decimals": "decimals",
    "better": "better",
}


def load(folders: Sequence[Path] | None = None) -> list[dict[str, Any]]:
    """The parameters of `analytes.csv` and `derived_parameters.csv`, in the order they are written.

    Args:
        folders: where the dictionaries lie (`resources.rows`).

    Returns:
        PARAMCD PARAM PARAMZH unit (UCUM) decimals (the precision at which values are compared)
        better (`up`, `down` or None), one mapping per parameter.

    Raises:
        RemitError: names every parameter whose decimals are not a whole number.
    """
    rows, problems = [], []
    for dictionary in ("analytes", "derived_parameters"):
        for row, place in resources.rows(dictionary, folders):
            named: dict[str, Any] = {new: row[old] or None for old, new in COLUMNS.items()}
            if not (row["decimals"] or DECIMALS).isdecimal():
                problems.append(
                    f"{place}: {named['PARAMCD']}: decimals {row['decimals']!r} is no whole number; "
                    "write how many decimals are reported"
                )
                continue
            rows.append(named | {"decimals": int(row["decimals"] or DECIMALS)})
    if problems:
        raise RemitError("\n".join(problems))
    return rows
