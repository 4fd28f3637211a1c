"""The card of one comparison: every statistic of a set of pairs.

What cannot be computed is missing with its reason; nothing crashes and no p-value is invented.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import exp, nextafter, sqrt
from typing import Any, NamedTuple

import numpy as np

from remit.plan.level import significance
from remit.statistics.ard import Noted, Scalar, missing
from remit.statistics.descriptive import Floats, moments, quantiles
from remit.statistics.effect_size import (
    hedges_correction,
    noncentrality_interval,
    rank_biserial_interval,
)
from remit.statistics.hodges_lehmann import hodges_lehmann, interval
from remit.statistics.p_values import sign_test, two_sided
from remit.statistics.signed_rank import (
    Integers,
    SignedRank,
    attainable_p,
    reported_units,
    signed_rank,
)

Card = dict[str, Scalar | Noted]

BEYOND = "a value is infinite"
NO_LOGARITHM = "the logarithm needs values above zero"


class Pairs(NamedTuple):
    """The values of the subjects that have both, and how many subjects have not."""

    base: Floats
    visit: Floats
    n_eligible: int = 0
    n_no_visit: int = 0
    n_no_baseline: int = 0
    n_censored: int = 0
    n_copied: int = 0


class Differences(NamedTuple):
    """What is tested: as numbers, and as integers in steps of a size, see `reported_units`."""

    values: Floats
    units: Integers
    step: Fraction
    constant: bool


def card(given: Pairs, plan: Mapping[str, Any], spec: Mapping[str, Any]) -> Card:
    """All statistics of one comparison.

    Args:
        given: The pairs, in any one unit.
        plan: `test` (`paired_t`, `wilcoxon` or `shapiro`) and `transform` (`none` or `log`).
        spec: conf_level, quantile_type, zeros, wilcoxon, normality_alpha of the plan.
    """
    base, visit, log = given.base, given.visit, plan["transform"] == "log"
    tests = [*(_RATIO if log else []), *_TESTS]
    result: Card = {
        "n": base.size,
        "n_eligible": given.n_eligible,
        "n_no_visit": given.n_no_visit,
        "n_no_baseline": given.n_no_baseline,
        "n_censored": given.n_censored,
        "n_copied": given.n_copied,
    }
    if beyond(base) or beyond(visit):
        return result | missing([*_SAMPLES, *_CHANGE, *tests], BEYOND)
    result |= _sample("base", base, spec) | _sample("visit", visit, spec)
    result |= change_interval(base, visit, spec)
    found = differences(given, plan["transform"])
    if isinstance(found, str):
        return result | missing(tests, found)
    result |= _t_test(found, spec)
    if log:
        result |= _ratio(found, spec)
    result |= _ranks(found, plan, spec) | _shapiro(found)
    return result | _chosen(result, plan, spec)


def beyond(values: Floats) -> bool:
    """Whether a value is infinite, or so large that its square would be."""
    return not bool((np.abs(values) < 1e100).all())


def differences(given: Pairs, transform: str) -> Differences | str:
    """What is tested, visit - base or the log ratio, or the reason why it cannot be."""
    base, visit = given.base, given.visit
    if beyond(base) or beyond(visit):
        return BEYOND
    if transform == "log":
        if min(base.min(initial=1), visit.min(initial=1)) < 1e-100:
            return NO_LOGARITHM
        base, visit = np.log(base), np.log(visit)
    values = visit - base
    # Logarithms near zero have the noise of the values they were taken of.
    units, step = reported_units(values, _largest(base, visit, least=transform == "log"))
    return Differences(values, units, step, _constant(base, visit, least=transform == "log"))


def _largest(base: Floats, visit: Floats, *, least: float = 0) -> float:
    return float(max(np.abs(base).max(initial=least), np.abs(visit).max(initial=least)))


def _constant(base: Floats, visit: Floats, *, least: float = 0) -> bool:
    """Whether the differences are equal but for the binary noise of the values they come from."""
    noise = 1e-13 * _largest(base, visit, least=least)
    return bool(base.size and np.ptp(visit - base) <= noise)


def _sample(name: str, values: Floats, spec: Mapping[str, Any]) -> Card:
    q1, median, q3 = quantiles(values, [0.25, 0.5, 0.75], spec["quantile_type"])
    centre, spread = moments(values)
    result: Card = {
        f"{name}_mean": centre,
        f"{name}_sd": spread,
        f"{name}_median": median,
        f"{name}_q1": q1,
        f"{name}_q3": q3,
    }
    if not values.size:
        return result | missing(result, "no pairs")
    if values.size == 1:
        return result | missing([f"{name}_sd"], "one value has no spread")
    return result


def change_interval(base: Floats, visit: Floats, spec: Mapping[str, Any]) -> Card:
    """Mean and standard deviation of visit - base, and the t interval of the mean."""
    return _interval(visit - base, spec, constant=_constant(base, visit))


def _interval(change: Floats, spec: Mapping[str, Any], *, constant: bool) -> Card:
    n, (centre, spread) = change.size, moments(change)
    if centre is None:
        return dict(missing(_CHANGE, "no pairs"))
    if spread is None:
        return {"mean_change": centre, **missing(_CHANGE[1:], "one pair has no spread")}
    if constant or not spread:
        equal = missing(_CHANGE[2:], "all differences are equal")
        return {"mean_change": centre, "sd_change": spread, **equal}
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, (1 + spec["conf_level"]) / 2)) * spread / sqrt(n)
    return {
        "mean_change": centre,
        "sd_change": spread,
        "change_ci_low": centre - reach,
        "change_ci_high": centre + reach,
    }


def _t_test(d: Differences, spec: Mapping[str, Any]) -> Card:
    n, (centre, spread) = d.values.size, moments(d.values)
    if centre is None or spread is None:
        return dict(missing(_T_TEST, "no pairs" if not n else "one pair has no spread"))
    if d.constant or not spread:
        return dict(missing(_T_TEST, "all differences are equal"))
    from scipy.special import stdtr

    t, df = centre / (spread / sqrt(n)), n - 1
    correction = hedges_correction(df)
    result: Card = {
        "t": t,
        "df": df,
        "p_t": two_sided(float(stdtr(df, -abs(t)))),
        "cohen_dz": t / sqrt(n),
        "hedges_g": correction * t / sqrt(n),
    }
    ends = noncentrality_interval(t, df, spec["conf_level"])
    if ends is None:
        return result | missing(_D_INTERVALS, "t is too large for an interval by the noncentral t")
    low, high = ends[0] / sqrt(n), ends[1] / sqrt(n)
    values = (low, high, correction * low, correction * high)
    return result | dict(zip(_D_INTERVALS, values, strict=True))


def _ratio(d: Differences, spec: Mapping[str, Any]) -> Card:
    interval = _interval(d.values, spec, constant=d.constant)
    result: Card = {}
    for name, source in zip(
        _RATIO, ["mean_change", "change_ci_low", "change_ci_high"], strict=True
    ):
        value = interval[source]
        if isinstance(value, float):
            beyond = Noted(None, error="the ratio is beyond what a number can hold")
            value = exp(value) if abs(value) < 700 else beyond
        result[name] = value
    return result


def _ranks(d: Differences, plan: Mapping[str, Any], spec: Mapping[str, Any]) -> Card:
    if not d.units.size:
        return dict(missing(_RANKS, "no pairs"))
    test = signed_rank(d.units, spec["zeros"])
    result: Card = {
        "n_zero": test.n_zero,
        "n_ties": test.n_ties,
        "w_plus": test.w_plus,
        "w_minus": test.w_minus,
        "p_attainable": _attainable(test.n - test.n_zero, spec),
    }
    result |= _hodges_lehmann(d, test, plan, spec)
    if test.z is None:
        return result | missing(_SIGNED, "all differences are zero")
    n = test.n - test.n_zero
    r = (test.w_plus - test.w_minus) / (test.w_plus + test.w_minus)
    interval = rank_biserial_interval(r, n, spec["conf_level"])
    if interval is None:
        result |= missing(_SIGNED[-2:], "all differences have one sign")
    else:
        result["rank_biserial_ci_low"], result["rank_biserial_ci_high"] = interval
    return result | {
        "z_wilcoxon": test.z,
        "p_wilcoxon_exact": test.p_exact,
        "p_wilcoxon_asymptotic": test.p_asymptotic,
        "p_sign": sign_test(int((d.units > 0).sum()), int((d.units < 0).sum())),
        "rank_biserial": r,
    }


def _attainable(n: int, spec: Mapping[str, Any]) -> Noted:
    p, alpha = attainable_p(n), significance(spec)
    if p is None:
        return Noted(None, error="all differences are zero")
    if p > alpha:
        few = f"{n} pairs that change give an exact signed-rank p of {p:g} at best"
        return Noted(p, f"the design cannot reach {alpha:g}: {few}")
    return Noted(p)


def _hodges_lehmann(
    d: Differences, test: SignedRank, plan: Mapping[str, Any], spec: Mapping[str, Any]
) -> Card:
    """The estimate, and the interval of the shifts that the plan's form of the test accepts."""
    log, p_name = plan["transform"] == "log", f"p_{spec['wilcoxon']}"

    def value(units: float) -> float:
        difference = float(Fraction(units) * d.step)
        return exp(difference) if log else difference

    result: Card = {"hodges_lehmann": value(hodges_lehmann(d.units))}
    found = interval(d.units, spec["conf_level"], spec["zeros"], p_name)
    if found is None:
        reason = (
            f"{d.units.size} pairs are too few for an interval of {100 * spec['conf_level']:g} %"
        )
        return result | missing(["hl_ci_low", "hl_ci_high", "hl_attained"], reason)
    low, high, p = value(found.low), value(found.high), getattr(test, p_name)
    accepted, none, remark = p is None or p >= significance(spec), value(0), None
    if accepted:
        low, high = min(low, none), max(high, none)
    elif low < none < high:
        remark = "no change lies inside, though the test, which leaves out zeros, rejects it"
    else:  # the end itself does not belong to the interval: the next number inside does
        low = nextafter(low, high) if low == none else low
        high = nextafter(high, low) if high == none else high
    return result | {
        "hl_ci_low": Noted(low, remark),
        "hl_ci_high": Noted(high, remark),
        "hl_attained": found.attained,
    }


def _shapiro(d: Differences) -> Card:
    names = ["shapiro_w", "shapiro_p"]
    if not 3 <= d.values.size <= 5000:
        reason = "Shapiro-Wilk needs 3 to 5000 pairs" if d.values.size else "no pairs"
        return dict(missing(names, reason))
    if d.constant:
        return dict(missing(names, "all differences are equal"))
    from scipy.stats import shapiro

    # Sorted, so that the order moves no bit; scaled, as scipy calls a range below 1e-19 none.
    statistic, p = shapiro(np.sort(d.values) / np.ptp(d.values))
    return {"shapiro_w": float(statistic), "shapiro_p": float(p)}


def _chosen(result: Card, plan: Mapping[str, Any], spec: Mapping[str, Any]) -> Card:
    """The test the plan names, or the one that `shapiro` leads to, its p, and its estimate."""
    test, remark = plan["test"], None
    if test == "shapiro":
        p = result["shapiro_p"]
        normal = isinstance(p, float) and p > spec["normality_alpha"]
        test = "paired_t" if normal else "wilcoxon"
        remark = "chosen by the data (Shapiro-Wilk of the differences)"
        if isinstance(p, Noted):
            remark = f"signed-rank, as Shapiro-Wilk could not be computed: {p.error}"
    ranked = test == "wilcoxon"
    if ranked:
        test = f"wilcoxon_{spec['wilcoxon']}"
    p = result["p_t" if test == "paired_t" else f"p_{test}"]
    least = result["p_attainable"]
    floor = least.value if isinstance(least, Noted) else None
    if ranked and isinstance(p, float) and isinstance(floor, float) and p < floor:
        p = Noted(p, f"below {floor:g}, the smallest p that an exact test can give here")
    estimator = "hodges_lehmann" if ranked else "mean_change"
    if plan["transform"] == "log" and not ranked:
        estimator = "geometric_mean_ratio"
    ends = [f"{INTERVAL[estimator]}_{end}" for end in ("low", "high")]
    found = dict(zip(_ESTIMATE, (result[name] for name in [estimator, *ends]), strict=True))
    if plan["transform"] == "log" and ranked:
        estimator = "hodges_lehmann_ratio"
    return {"test": Noted(test, remark), "p": p, "estimator": estimator, **found}


#: What estimates the change beside a test, and the beginning of the names of its interval's ends.
INTERVAL = {
    "mean_change": "change_ci",
    "geometric_mean_ratio": "gmr_ci",
    "hodges_lehmann": "hl_ci",
}
_ESTIMATE = ["estimate", "estimate_ci_low", "estimate_ci_high"]
_SAMPLES = [
    f"{name}_{what}" for name in ("base", "visit") for what in ("mean", "sd", "median", "q1", "q3")
]
_CHANGE = ["mean_change", "sd_change", "change_ci_low", "change_ci_high"]
_RATIO = ["geometric_mean_ratio", "gmr_ci_low", "gmr_ci_high"]
_D_INTERVALS = ["cohen_dz_ci_low", "cohen_dz_ci_high", "hedges_g_ci_low", "hedges_g_ci_high"]
_T_TEST = ["t", "df", "p_t", "cohen_dz", "hedges_g", *_D_INTERVALS]
_SIGNED = [
    *("z_wilcoxon", "p_wilcoxon_exact", "p_wilcoxon_asymptotic", "p_sign"),
    *("rank_biserial", "rank_biserial_ci_low", "rank_biserial_ci_high"),
]
_RANKS = [
    *("n_zero", "n_ties", "w_plus", "w_minus", "p_attainable"),
    *("hodges_lehmann", "hl_ci_low", "hl_ci_high", "hl_attained"),
    *_SIGNED,
]
_TESTS = [*_T_TEST, *_RANKS, "shapiro_w", "shapiro_p", "test", "p", "estimator", *_ESTIMATE]
