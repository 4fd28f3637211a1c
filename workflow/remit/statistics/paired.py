"""The paired-analysis card: everything asked of a before/after comparison, per parameter and visit.

Change is visit - baseline. What cannot be computed is missing with its reason; nothing crashes and
no p-value is invented.
"""

from collections.abc import Mapping, Sequence
from math import exp, sqrt
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from remit.errors import RemitError
from remit.statistics.ard import Noted, Scalar, missing, rows
from remit.statistics.descriptive import Floats, mean, quantiles, sd
from remit.statistics.effect_size import (
    hedges_correction,
    noncentrality_interval,
    rank_biserial_interval,
)
from remit.statistics.hodges_lehmann import hodges_lehmann
from remit.statistics.multiplicity import adjust
from remit.statistics.signed_rank import (
    Integers,
    attainable_p,
    reported_units,
    sign_test,
    signed_rank,
)

Card = dict[str, Scalar | Noted]

# What the value of a result beyond a limit stands for, as a multiple of the limit. Results above
# an upper limit always count as the limit.
_BELOW = {"bound": 1.0, "half": 0.5, "zero": 0.0}
# Log differences have no reported precision; this drops binary noise and keeps everything else.
_LOG_DECIMALS = 12


class Pairs(NamedTuple):
    """The values of the subjects that have both, and how many subjects have not."""

    base: Floats
    visit: Floats
    n_eligible: int = 0
    n_no_visit: int = 0
    n_no_baseline: int = 0
    n_censored: int = 0


def paired(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Compare every planned visit of every planned parameter with baseline.

    Args:
        visits: BDS: USUBJID PARAMCD AVISIT AVISITN AVAL AVALOPER BASE BASEOPER ANL01FL.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT AVISIT AVISITN.

    Raises:
        RemitError: a planned parameter is unknown, or a subject has two analysed records at a visit.
    """
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    _check(spec["parameters"], known)
    numbers = dict(visits.select("AVISIT", "AVISITN").unique().drop_nulls().iter_rows())
    found = pairs(visits, subjects, spec)
    comparisons = [(code, visit) for code in spec["parameters"] for visit in spec["visits"]]
    cards = []
    for code, visit in comparisons:
        plan = {"transform": "none"} | spec["parameters"][code]
        cards.append(card(found[code, visit], known[code]["decimals"], plan, spec))
    _adjusted(comparisons, cards, spec)
    keys = [
        {
            "PARAMCD": code,
            "PARAM": known[code]["PARAM"],
            "UNIT": known[code]["unit"],
            "AVISIT": visit,
            "AVISITN": numbers.get(visit),
        }
        for code, visit in comparisons
    ]
    return rows("paired", zip(keys, cards, strict=True), spec)


def pairs(
    visits: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> dict[tuple[str, str], Pairs]:
    """Baseline and visit values of the population, by (PARAMCD, AVISIT), for all that is planned."""
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    eligible = members.height
    analysed = (
        visits.filter(
            pl.col("ANL01FL") == "Y",
            pl.col("PARAMCD").is_in(list(spec["parameters"])),
            pl.col("AVISIT").is_in(spec["visits"]),
            pl.col("AVAL").is_not_null(),
        )
        .join(members, on="USUBJID", how="semi")
        .sort("PARAMCD", "AVISIT", "USUBJID")
    )
    twice = analysed.filter(pl.struct("USUBJID", "PARAMCD", "AVISIT").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise RemitError(
            f"{row['USUBJID']} has more than one analysed {row['PARAMCD']} at {row['AVISIT']}: "
            "the visits stage must choose one (ANL01FL)."
        )
    below = _BELOW[spec["censored"]]
    values = analysed.select(
        "PARAMCD",
        "AVISIT",
        base=_substituted("BASE", "BASEOPER", below),
        visit=_substituted("AVAL", "AVALOPER", below),
        censored=pl.col("AVALOPER").is_not_null() | pl.col("BASEOPER").is_not_null(),
    )
    empty = Pairs(np.empty(0), np.empty(0), eligible, eligible)
    result = {(code, visit): empty for code in spec["parameters"] for visit in spec["visits"]}
    for (code, visit), group in values.group_by("PARAMCD", "AVISIT", maintain_order=True):
        both = group.drop_nulls("base")
        result[str(code), str(visit)] = Pairs(
            both["base"].to_numpy(),
            both["visit"].to_numpy(),
            eligible,
            eligible - group.height,
            group.height - both.height,
            int(both["censored"].sum()),
        )
    return result


def card(given: Pairs, decimals: int, plan: Mapping[str, Any], spec: Mapping[str, Any]) -> Card:
    """All statistics of one comparison.

    Args:
        given: The pairs, in the parameter's unit.
        decimals: Reported decimals; differences are rounded to them before ranking.
        plan: `test` (`paired_t`, `wilcoxon` or `shapiro`) and `transform` (`none` or `log`).
        spec: conf_level, quantile_type, zeros, wilcoxon, normality_alpha of the plan.
    """
    base, visit = given.base, given.visit
    result: Card = {
        "n": base.size,
        "n_eligible": given.n_eligible,
        "n_no_visit": given.n_no_visit,
        "n_no_baseline": given.n_no_baseline,
        "n_censored": given.n_censored,
    }
    if not (np.isfinite(base).all() and np.isfinite(visit).all()):
        return result | missing(_ALL, "a value is infinite")
    result |= _sample("base", base, spec) | _sample("visit", visit, spec)
    change = visit - base
    analysed, scale = change, decimals
    if plan["transform"] == "log":
        if (base <= 0).any() or (visit <= 0).any():
            return result | missing(_TESTS, "the logarithm needs values above zero")
        analysed, scale = np.log(visit) - np.log(base), _LOG_DECIMALS
    largest = float(np.abs(analysed).max(initial=0))
    if largest * 10.0**scale >= 2**61:
        return result | missing(_TESTS, f"a difference of {largest:g} is too large to be ranked")
    flat = _is_constant(analysed, base, visit)
    result |= _change(change, spec)
    t_test = _t_test(analysed, flat, spec)
    if plan["transform"] == "log":
        result |= _ratio(analysed, spec)
    units = reported_units(analysed, scale)
    result |= t_test | _ranks(units, scale, plan, spec) | _shapiro(analysed, flat)
    return result | _chosen(result, plan, spec)


def _check(planned: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for code in planned:
        if code not in known:
            raise RemitError(
                f"statistics.parameters: {code} is not a parameter; known: "
                f"{', '.join(sorted(known))}."
            )
        if known[code]["decimals"] is None:
            raise RemitError(
                f"statistics.parameters: {code} has no reported decimals in the dictionary of "
                "analytes; differences are rounded to them before ranking."
            )


def _substituted(value: str, operator: str, below: float) -> pl.Expr:
    return (
        pl.when(pl.col(operator).is_in(["<", "<="]))
        .then(pl.col(value) * below)
        .otherwise(pl.col(value))
    )


def _sample(name: str, values: Floats, spec: Mapping[str, Any]) -> Card:
    q1, median, q3 = quantiles(values, [0.25, 0.5, 0.75], spec["quantile_type"])
    result: Card = {
        f"{name}_mean": mean(values),
        f"{name}_sd": sd(values),
        f"{name}_median": median,
        f"{name}_q1": q1,
        f"{name}_q3": q3,
    }
    if not values.size:
        return result | missing(result, "no pairs")
    if values.size == 1:
        return result | missing([f"{name}_sd"], "one value has no spread")
    return result


def _is_constant(analysed: Floats, base: Floats, visit: Floats) -> bool:
    """All differences equal but for binary noise in the values they come from."""
    scale = max(np.abs(base).max(initial=0), np.abs(visit).max(initial=0))
    return bool(analysed.size and np.ptp(analysed) <= 1e-13 * scale)


def _change(change: Floats, spec: Mapping[str, Any]) -> Card:
    names = ["mean_change", "sd_change", "change_ci_low", "change_ci_high"]
    n, centre, spread = change.size, mean(change), sd(change)
    if centre is None:
        return dict(missing(names, "no pairs"))
    if spread is None:
        return {"mean_change": centre, **missing(names[1:], "one pair has no spread")}
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, (1 + spec["conf_level"]) / 2)) * spread / sqrt(n)
    return {
        "mean_change": centre,
        "sd_change": spread,
        "change_ci_low": centre - reach,
        "change_ci_high": centre + reach,
    }


def _t_test(d: Floats, flat: bool, spec: Mapping[str, Any]) -> Card:
    n, centre, spread = d.size, mean(d), sd(d)
    if centre is None or spread is None:
        return dict(missing(_T_TEST, "no pairs" if not n else "one pair has no spread"))
    if flat:
        return dict(missing(_T_TEST, "all differences are equal"))
    from scipy.special import stdtr

    t, df = centre / (spread / sqrt(n)), n - 1
    low, high = (delta / sqrt(n) for delta in noncentrality_interval(t, df, spec["conf_level"]))
    correction = hedges_correction(df)
    return {
        "t": t,
        "df": df,
        "p_t": 2 * float(stdtr(df, -abs(t))),
        "cohen_dz": t / sqrt(n),
        "cohen_dz_ci_low": low,
        "cohen_dz_ci_high": high,
        "hedges_g": correction * t / sqrt(n),
        "hedges_g_ci_low": correction * low,
        "hedges_g_ci_high": correction * high,
    }


def _ratio(log_ratios: Floats, spec: Mapping[str, Any]) -> Card:
    names = ["geometric_mean_ratio", "gmr_ci_low", "gmr_ci_high"]
    interval = _change(log_ratios, spec)
    result: Card = {}
    for name, source in zip(names, ["mean_change", "change_ci_low", "change_ci_high"], strict=True):
        value = interval[source]
        result[name] = exp(value) if isinstance(value, float) else value
    return result


def _ranks(
    units: Integers, decimals: int, plan: Mapping[str, Any], spec: Mapping[str, Any]
) -> Card:
    if not units.size:
        return dict(missing(_RANKS, "no pairs"))
    test = signed_rank(units, spec["zeros"])
    result: Card = {
        "n_zero": test.n_zero,
        "n_ties": test.n_ties,
        "w_plus": test.w_plus,
        "w_minus": test.w_minus,
        "p_attainable": _attainable(test.n, spec),
    }
    result |= _hodges_lehmann(units, decimals, plan, spec)
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
        "p_sign": sign_test(units),
        "rank_biserial": r,
    }


def _attainable(n: int, spec: Mapping[str, Any]) -> Noted:
    p, alpha = attainable_p(n), 1 - spec["conf_level"]
    if p is not None and p > alpha:
        return Noted(
            p, f"the design cannot reach {alpha:.2g}: {n} pairs give an exact p of {p:g} at best"
        )
    return Noted(p)


def _hodges_lehmann(
    units: Integers, decimals: int, plan: Mapping[str, Any], spec: Mapping[str, Any]
) -> Card:
    found = hodges_lehmann(units, spec["conf_level"])

    def value(units: float) -> float:
        difference = units / 10.0**decimals
        return exp(difference) if plan["transform"] == "log" else difference

    result: Card = {"hodges_lehmann": value(found.estimate)}
    if found.attained <= 0:
        return result | missing(["hl_ci_low", "hl_ci_high", "hl_attained"], "one pair, no interval")
    remark = None
    if found.attained < spec["conf_level"]:
        remark = f"{units.size} pairs attain {100 * found.attained:.2f} % at most"
    return result | {
        "hl_ci_low": Noted(value(found.low), remark),
        "hl_ci_high": Noted(value(found.high), remark),
        "hl_attained": found.attained,
    }


def _shapiro(d: Floats, flat: bool) -> Card:
    names = ["shapiro_w", "shapiro_p"]
    if d.size < 3:
        return dict(missing(names, "Shapiro-Wilk needs three pairs"))
    if flat:
        return dict(missing(names, "all differences are equal"))
    from scipy.stats import shapiro

    statistic, p = shapiro(d)
    remark = "approximate above 5000 pairs" if d.size > 5000 else None
    return {"shapiro_w": float(statistic), "shapiro_p": Noted(float(p), remark)}


def _chosen(result: Card, plan: Mapping[str, Any], spec: Mapping[str, Any]) -> Card:
    """The test the plan names, or the one that `shapiro` leads to, and its p."""
    test, remark = plan["test"], None
    if test == "shapiro":
        p = result["shapiro_p"]
        normality = p.value if isinstance(p, Noted) else p
        normal = isinstance(normality, float) and normality > spec["normality_alpha"]
        test = "paired_t" if normal else "wilcoxon"
        remark = "chosen by the data (Shapiro-Wilk of the differences)"
    if test == "wilcoxon":
        test = f"wilcoxon_{spec['wilcoxon']}"
    p = result["p_t" if test == "paired_t" else f"p_{test}"]
    return {"test": Noted(test, remark), "p": p}


def _adjusted(
    comparisons: Sequence[tuple[str, str]], cards: list[Card], spec: Mapping[str, Any]
) -> None:
    """Add `p_adjusted` to the cards, family by family."""
    families: dict[str, list[Card]] = {}
    for (code, _), each in zip(comparisons, cards, strict=True):
        families.setdefault(code if spec["family"] == "parameter" else "all", []).append(each)
    for family in families.values():
        p = [each["p"].value if isinstance(each["p"], Noted) else each["p"] for each in family]
        adjusted = adjust(
            [value if isinstance(value, float) else None for value in p], spec["multiplicity"]
        )
        for each, value in zip(family, adjusted, strict=True):
            each["p_adjusted"] = each["p"] if value is None else value


_T_TEST = [
    *("t", "df", "p_t", "cohen_dz", "cohen_dz_ci_low", "cohen_dz_ci_high"),
    *("hedges_g", "hedges_g_ci_low", "hedges_g_ci_high"),
]
_SIGNED = [
    *("z_wilcoxon", "p_wilcoxon_exact", "p_wilcoxon_asymptotic", "p_sign"),
    *("rank_biserial", "rank_biserial_ci_low", "rank_biserial_ci_high"),
]
_RANKS = [
    *("n_zero", "n_ties", "w_plus", "w_minus", "p_attainable"),
    *("hodges_lehmann", "hl_ci_low", "hl_ci_high", "hl_attained"),
    *_SIGNED,
]
_TESTS = [
    *("mean_change", "sd_change", "change_ci_low", "change_ci_high"),
    *_T_TEST,
    *_RANKS,
    *("shapiro_w", "shapiro_p", "test", "p"),
]
_ALL = [
    *(
        f"{name}_{what}"
        for name in ("base", "visit")
        for what in ("mean", "sd", "median", "q1", "q3")
    ),
    *_TESTS,
]
