"""p-values: from a tail, from two counts, and adjusted within a declared family."""

from collections.abc import Sequence
from sys import float_info

import numpy as np


def floored(p: float) -> float:
    """A p that a double cannot hold is the smallest normal one, never zero."""
    return max(p, float_info.min)


def two_sided(tail: float) -> float:
    """Twice the smaller tail, within what a p can be."""
    return floored(min(1.0, 2 * tail))


def sign_test(one: int, other: int) -> float | None:
    """Exact two-sided binomial p that two counts are equally likely; null when both are zero.

    Of rises and falls it is the sign test, of those who changed one way and the other McNemar's.
    """
    if not one + other:
        return None
    # The binomial's tail as a beta integral, without a tenth of a millisecond of scipy.stats.
    from scipy.special import betainc

    return two_sided(float(betainc(max(one, other), min(one, other) + 1, 0.5)))


def adjust(p: Sequence[float | None], method: str) -> list[float | None]:
    """Adjusted p-values in the order given; a missing p neither counts nor is adjusted.

    Args:
        p: Raw p-values of one family.
        method: `none`, `holm` (Holm 1979) or `bh` (Benjamini & Hochberg 1995).
    """
    given = [value for value in p if value is not None]
    if method == "none" or not given:
        return list(p)
    from pingouin import multicomp

    adjusted = iter(np.asarray(multicomp(given, method=method)[1]).tolist())
    return [None if value is None else next(adjusted) for value in p]
