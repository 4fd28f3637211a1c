"""The Hodges-Lehmann estimate and its distribution-free interval, for any number of pairs.

Both are order statistics of the n(n+1)/2 Walsh averages (d_i + d_j) / 2. They are found by counting
on the implicit sorted matrix of sums, which is never built: memory stays linear in n.
"""

from dataclasses import dataclass

import numpy as np

from remit.statistics.signed_rank import Integers, critical_rank


@dataclass(frozen=True)
class HodgesLehmann:
    """Estimate and interval in the integers' own units; `attained` is the interval's level."""

    estimate: float
    low: float
    high: float
    attained: float


def hodges_lehmann(differences: Integers, conf_level: float) -> HodgesLehmann:
    """Median of the Walsh averages, and the signed-rank interval around it.

    Zeros stay in: they are differences like any other (Hollander, Wolfe & Chicken 2014, 3.2-3.3).
    Without ties estimate, interval and attained level are those of R's exact `wilcox.test`. With
    ties the attained level is a lower bound of the coverage (Noether 1967, JASA 62:184).

    Args:
        differences: At least one integer, see `signed_rank.reported_units`.
        conf_level: The level asked for; very few pairs cannot attain it.
    """
    n = differences.size
    ordered = np.sort(differences)
    sums = n * (n + 1) // 2
    rank, attained = critical_rank(n, 1 - conf_level)
    least, most = 2 * int(ordered[0]), 2 * int(ordered[-1])
    lower = walsh_sum(ordered, (sums + 1) // 2, least, most)
    upper = lower if sums % 2 else walsh_sum(ordered, sums // 2 + 1, lower, most)
    return HodgesLehmann(
        estimate=(lower + upper) / 4,
        low=walsh_sum(ordered, rank, least, lower) / 2,
        high=walsh_sum(ordered, sums + 1 - rank, upper, most) / 2,
        attained=attained,
    )


def walsh_sum(ordered: Integers, k: int, low: int, high: int) -> int:
    """The k-th smallest of d_i + d_j, i <= j, counted from 1, of sorted integers.

    Bisection on the value between two bounds: the smallest v that at least k sums do not exceed is
    itself a sum.
    """
    while low < high:
        value = (low + high) // 2
        if _not_above(ordered, value) >= k:
            high = value
        else:
            low = value + 1
    return low


def _not_above(ordered: Integers, value: int) -> int:
    """How many sums do not exceed a value."""
    square = int(ordered.searchsorted(value - ordered, side="right").sum())
    diagonal = int(ordered.searchsorted(value // 2, side="right"))
    return (square + diagonal) // 2
