"""Intervals of proportions, and Cochran's test of several."""

import numpy as np
from numpy.typing import NDArray

from remit.statistics.p_values import floored


def interval(
    count: int, denominator: int, conf_level: float, method: str
) -> tuple[float, float] | None:
    """Two-sided interval of count / denominator, as shares; null for an empty denominator.

    Args:
        count: Successes.
        denominator: Trials.
        conf_level: For instance 0.95.
        method: `clopper_pearson` (exact, 1934) or `wilson` (score, 1927; no continuity correction).
    """
    if not denominator:
        return None
    tail = (1 - conf_level) / 2
    if method == "clopper_pearson":
        # Quantiles of the beta distribution; scipy's binomtest finds them by search, 6 ms each.
        from scipy.special import betaincinv

        low = float(betaincinv(count, denominator - count + 1, tail)) if count else 0.0
        left = denominator - count
        high = float(betaincinv(count + 1, left, 1 - tail)) if left else 1.0
        return low, high
    from scipy.stats import binomtest

    ends = binomtest(count, denominator).proportion_ci(conf_level, method="wilson")
    return float(ends.low), float(ends.high)


def cochran_q(outcomes: NDArray[np.int64]) -> tuple[float, int, float] | None:
    """Cochran's Q, its degrees of freedom and p of a complete subjects x visits table of 0 and 1.

    Null when no subject changes: Q is 0 / 0.
    """
    subjects, visits = outcomes.shape
    if visits < 2 or not subjects or (outcomes == outcomes[:, :1]).all():
        return None
    import pandas as pd
    from pingouin import cochran

    wide = pd.DataFrame(outcomes).melt(var_name="visit", value_name="yes", ignore_index=False)
    found = cochran(wide.reset_index(names="subject"), dv="yes", within="visit", subject="subject")
    q, df, p = found[["Q", "dof", "p_unc"]].iloc[0]
    return float(q), int(df), floored(float(p))
