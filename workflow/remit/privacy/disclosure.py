"""What must not leave the hospital: small counts, and all from which they could be worked out.

Everything that is made public is taken as one list of linear facts about the same patients. A count is
small when it lies between 1 and k - 1; also the counts that nobody prints are looked at (who is missing,
who is in one set and not in the next), for a difference of two printed numbers tells them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

#: What a count is called.
Name = tuple[str, ...]
#: A whole and the parts that make it up.
Sum = tuple[Name, Sequence[Name]]


class Facts(NamedTuple):
    """Counts of patients by name, how they add up, and what it costs to hide those to be shown."""

    counts: Mapping[Name, int]
    sums: Sequence[Sum]
    costs: Mapping[Name, float]


def hidden(facts: Facts, k: int) -> set[Name]:
    """The counts that must not be shown, at the least cost.

    For every small count there are, among all tables that agree with what is shown, one in which it is
    k or more: whoever reads everything cannot tell that it is small. Such a table is looked for by a
    mixed-integer programme (HiGHS), count by count; what it changes is hidden. A table found for one
    count stays possible when more is hidden, so nothing has to be tried twice.
    """
    names = list(facts.counts)
    place = {name: i for i, name in enumerate(names)}
    values = np.array([facts.counts[name] for name in names], dtype=np.int64)
    costs = np.array([facts.costs.get(name, 0.0) for name in names])
    covered = np.array([name not in facts.costs for name in names], dtype=bool)
    balance = _balance(facts.sums, place)
    small = [i for i, value in enumerate(values) if 0 < value < k]
    safe: set[int] = set()
    for i in sorted(small, key=lambda i: (values[i], i)):
        if i in safe:
            continue
        change = _other_table(i, values, balance, costs, covered, k)
        covered |= change != 0
        safe |= {j for j in small if values[j] + change[j] >= k}
    return {name for name in facts.costs if covered[place[name]]}


def samples(records: pl.DataFrame, order: Sequence[Sequence[str]], k: int) -> list[Sequence[str]]:
    """Of the samples whose means are to be shown, those that give away no mean of fewer than k people.

    A difference (or any other sum of multiples) of means times n may leave the values of a few people
    alone. Records that belong to the same samples cannot be told apart; when those of k people or more
    suffice to tell all samples apart, none of their sums leaves fewer. What breaks this is left out.

    Args:
        records: sample, USUBJID and record, which names the value: a value that two samples share
            has one name.
        order: samples that are shown together or not at all, the most important first.
        k: the smallest number of people whose mean may be known.
    """
    kept: list[Sequence[str]] = []
    columns: list[str] = []
    people = records.select("USUBJID", "record").unique()
    for together in order:
        wider = people
        for sample in together:
            own = records.filter(sample=sample).select(
                "USUBJID", "record", pl.lit(1.0).alias(sample)
            )
            wider = wider.join(own, on=["USUBJID", "record"], how="left")
        wider = wider.with_columns(pl.col(together).fill_null(0.0))
        tried = [*columns, *together]
        patterns = wider.group_by(tried).agg(n=pl.col("USUBJID").n_unique())
        among = patterns.select(tried).to_numpy()
        crowded = patterns.filter(pl.col("n") >= k).select(tried).to_numpy()
        if crowded.size and np.linalg.matrix_rank(crowded) == np.linalg.matrix_rank(among):
            kept, columns, people = [*kept, together], tried, wider
    return kept


def _balance(sums: Sequence[Sum], place: Mapping[Name, int]) -> Any:
    """The matrix that is 0 for every table whose parts add up: a row per sum, a column per count."""
    from scipy.sparse import csr_array

    entries = [
        (row, place[name], sign)
        for row, (whole, parts) in enumerate(sums)
        for name, sign in [(whole, -1.0), *((part, 1.0) for part in parts)]
    ]
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((signs, (rows, columns)), shape=(len(sums), len(place)))


def _other_table(
    wanted: int, values: Any, balance: Any, costs: Any, covered: Any, k: int
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The change to another table in which the wanted count is k, touching what is cheapest to hide."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack

    size = len(values)
    most = float(values.max() + 10 * k)
    lowest, highest = -values.astype(float), np.full(size, most)
    lowest[wanted] = k - values[wanted]
    open_ = np.flatnonzero(~covered)
    chosen = csr_array((np.ones(open_.size), (np.arange(open_.size), open_)), (open_.size, size))
    switch = eye_array(open_.size, format="csr")
    rules = [LinearConstraint(hstack([balance, csr_array((balance.shape[0], open_.size))]), 0, 0)]
    if open_.size:
        at_most = hstack([chosen, -most * switch])
        at_least = hstack([chosen, switch.multiply(values[open_].astype(float)).tocsr()])
        rules += [LinearConstraint(at_most, ub=0), LinearConstraint(at_least, lb=0)]
    # Of choices that cost the same the first in order is hidden, on every machine.
    order = 1e-4 * np.arange(open_.size) / max(open_.size, 1)
    found = milp(
        np.concatenate([np.zeros(size), costs[open_] + order]),
        integrality=np.ones(size + open_.size),
        bounds=Bounds(
            np.concatenate([lowest, np.zeros(open_.size)]),
            np.concatenate([highest, np.ones(open_.size)]),
        ),
        constraints=rules,
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise RuntimeError(f"no other table: {found.message}")
    change: np.ndarray[Any, np.dtype[np.int64]] = np.rint(found.x[:size]).astype(np.int64)
    return change
