"""The Hodges-Lehmann estimate, and the interval of the shifts that the signed-rank test accepts.

Both are order statistics of the n(n+1)/2 Walsh averages (d_i + d_j) / 2. They are found by counting
on the implicit sorted matrix of sums, which is never built: memory stays linear in n.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from remit.statistics.signed_rank import Integers, SignedRank, critical_rank, signed_rank


@dataclass(frozen=True)
class Interval:
    """Ends in the integers' own units; `attained` is the level of the interval by the exact test."""

    low: float
    high: float
    attained: float


def hodges_lehmann(differences: Integers) -> float:
    """Median of the Walsh averages, zeros included, in the integers' own units.

    Zeros are differences like any other (Hollander, Wolfe & Chicken 2014, 3.2).

    Args:
        differences: At least one integer, see `signed_rank.reported_units`.
    """
    ordered = np.sort(differences)
    sums = _size(ordered)
    least, most = 2 * int(ordered[0]), 2 * int(ordered[-1])
    lower = walsh_sum(ordered, (sums + 1) // 2, least, most)
    upper = lower if sums % 2 else walsh_sum(ordered, sums // 2 + 1, lower, most)
    return (lower + upper) / 4


def interval(differences: Integers, conf_level: float, zeros: str, p: str) -> Interval | None:
    """The shifts that a signed-rank test accepts: its confidence interval, whatever ties or is zero.

    Between two Walsh averages the ranks of d - shift do not change, so the test is asked once for
    each gap between them, from where it would turn without ties outwards or inwards (Bauer 1972,
    J. Am. Stat. Assoc. 67:687; exactRankTests ranks anew in the same way). Without ties and zeros
    ends and attained level of the exact test are those of R's `wilcox.test`.

    Args:
        differences: At least one integer, see `signed_rank.reported_units`.
        conf_level: The level asked for.
        zeros: How the test treats differences of zero, see `signed_rank`.
        p: `p_exact` or `p_asymptotic`, the p by which a shift is accepted.

    Returns:
        The interval, or None where so few pairs reject no shift.
    """
    ends, sizes = [], []
    for sign in (1, -1):
        found = _lower_end(np.sort(sign * differences), 1 - conf_level, zeros, p)
        if found is None:
            return None
        ends.append(sign * found[0] / 2)
        sizes.append(found[1])
    return Interval(ends[0], ends[1], 1 - sum(sizes) / 2)


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


def _lower_end(ordered: Integers, alpha: float, zeros: str, p: str) -> tuple[int, float] | None:
    """Twice the lower end of the interval, and the exact p of the shifts just below it."""
    most = _size(ordered)
    least, highest = 2 * int(ordered[0]), 2 * int(ordered[-1])

    def below(rank: int) -> SignedRank:
        """The test of a shift in the gap below a Walsh sum, or below those equal to it."""
        upper = walsh_sum(ordered, rank, least, highest)
        under = _not_above(ordered, upper - 1)
        lower = walsh_sum(ordered, under, least, highest) if under else upper - 2
        return signed_rank(4 * ordered - (lower + upper), zeros)

    def rejected(rank: int) -> bool:
        test = below(rank)
        found: float | None = getattr(test, p)
        return found is not None and found < alpha and test.w_plus > test.w_minus

    if not rejected(1):
        return None
    rank = _last(rejected, critical_rank(ordered.size, alpha)[0], most)
    exact = below(rank).p_exact
    return walsh_sum(ordered, rank, least, highest), exact or 0.0


def _last(holds: Callable[[int], bool], guess: int, most: int) -> int:
    """The last of 1..most for which a condition holds that holds for 1, looked for around a guess."""
    step, low, high = 1, guess, guess
    while low > 1 and not holds(low):
        low, step = max(1, low - step), 2 * step
    step = 1
    while high <= most and holds(high):
        low, high, step = high, high + step, 2 * step
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def _size(ordered: Integers) -> int:
    return ordered.size * (ordered.size + 1) // 2


def _not_above(ordered: Integers, value: int) -> int:
    """How many sums do not exceed a value."""
    square = int(ordered.searchsorted(value - ordered, side="right").sum())
    diagonal = int(ordered.searchsorted(value // 2, side="right"))
    return (square + diagonal) // 2
