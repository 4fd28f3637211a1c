"""Standardized effect sizes of paired differences, with intervals.

pingouin's `cohen_d` of a paired t-test is the unsigned d_av, not d_z, and its paired Hedges
correction takes 2n - 2 degrees of freedom; so d_z and g_z are worked out here.
"""

from math import atanh, sqrt, tanh

from scipy.optimize import brentq
from scipy.special import nctdtr, nctdtrinc, ndtri

# At 1e5 scipy's noncentral t answers NaN for one degree of freedom.
_LARGEST_T = 1e4


def hedges_correction(df: float) -> float:
    """Small-sample factor J = 1 - 3 / (4 df - 1) (Hedges 1981, J. Educ. Stat. 6:107)."""
    return 1 - 3 / (4 * df - 1)


def noncentrality_interval(t: float, df: float, conf_level: float) -> tuple[float, float] | None:
    """The noncentrality parameters for which t is the upper and the lower quantile.

    Divided by sqrt(n) they bound d_z (Cumming & Finch 2001, Educ. Psychol. Meas. 61:532). Solved on
    |t|: the upper tail of a negative t loses its digits. Null beyond the t that scipy's noncentral
    distribution can be trusted with.
    """
    if abs(t) > _LARGEST_T:
        return None
    tail = (1 - conf_level) / 2
    low, high = (_noncentrality(abs(t), df, share) for share in (1 - tail, tail))
    return (low, high) if t >= 0 else (-high, -low)


def rank_biserial_interval(r: float, n: int, conf_level: float) -> tuple[float, float] | None:
    """Interval of the matched-pairs rank-biserial correlation on Fisher's scale.

    Standard error sqrt(n (n+1) (2n+1) / 6) / (n (n+1) / 2), n the non-zero differences, as in R's
    effectsize and in JASP. Null when all differences have one sign: the scale ends there.
    """
    if abs(r) == 1:
        return None
    error = sqrt(n * (n + 1) * (2 * n + 1) / 6) / (n * (n + 1) / 2)
    reach = float(ndtri((1 + conf_level) / 2)) * error
    return tanh(atanh(r) - reach), tanh(atanh(r) + reach)


def _noncentrality(t: float, df: float, share: float) -> float:
    """The delta at which P(T <= t) = share; scipy's inverse is only good to some 1e-8."""
    guess = float(nctdtrinc(df, share, t))
    reach = 1e-3 + 1e-6 * abs(guess)

    def excess(delta: float) -> float:
        return float(nctdtr(df, delta, t)) - share

    while excess(guess - reach) < 0 or excess(guess + reach) > 0:
        reach *= 4
    return float(brentq(excess, guess - reach, guess + reach, xtol=1e-13, rtol=1e-14))
