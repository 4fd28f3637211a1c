"""What a formula of `composites.csv` is made of, and what is wrong with one.

Pure Python, so that the plan is checked against it before polars is imported. Parameters stand in capital
letters, functions of SQL (`sqrt`, `ln`) in small ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from remit.plan import resources

CODE = re.compile(r"\b[A-Z][A-Z0-9_]*\b")


def components(formula: str) -> list[str]:
    """The parameters of a formula, each once, in the order written.

    >>> components("0.56 * sqrt(TJC28) + 0.7 * ln(ESR)")
    ['TJC28', 'ESR']
    """
    return list(dict.fromkeys(CODE.findall(formula)))


def problems(known: Collection[str], folders: Sequence[Path] | None = None) -> Iterator[str]:
    """A sentence for each row of the dictionary that names a parameter that nothing has."""
    for row, place in resources.rows("composites", folders):
        named = [row["PARAMCD"], *components(row["formula"])]
        for code in named:
            if code not in known:
                yield f"{place}: `{code}` is no parameter; add it to derived_parameters.csv"
        if len(named) == 1:
            yield f"{place}: the formula of {row['PARAMCD']} names no parameter"
        if row["within_days"] and not row["within_days"].isdecimal():
            yield f"{place}: within_days {row['within_days']!r} is no number of days"
