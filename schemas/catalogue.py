"""Every statistic that Remit reports: its kind, its method, the options of the plan it depends on.

`docs/statistics.md` explains each in one line; a test holds the two lists against each other.
"""

from typing import Literal, NamedTuple

import polars as pl

# What identifies a row, over all tables; each table uses its own part of it.
KEYS: dict[str, type[pl.DataType]] = {
    "population": pl.String,
    "definition": pl.String,
    "PARAMCD": pl.String,
    "PARAM": pl.String,
    "UNIT": pl.String,
    "AVISIT": pl.String,
    "AVISITN": pl.Float64,
    "rule": pl.String,
    "category": pl.String,
    "soc": pl.String,
    "term": pl.String,
    "time": pl.Float64,
}
TABLES: dict[str, list[str]] = {
    "baseline": ["population", "PARAMCD", "PARAM", "UNIT", "category"],
    "paired": ["PARAMCD", "PARAM", "UNIT", "AVISIT", "AVISITN"],
    "response": ["definition", "AVISIT", "AVISITN", "rule", "category"],
    "time_to_event": ["PARAMCD", "PARAM", "time"],
    "exposure": ["population", "PARAMCD", "PARAM", "UNIT"],
    "safety": ["category", "soc", "term"],
    "shift": ["PARAMCD", "PARAM", "AVISIT", "AVISITN"],
    "response_trend": ["definition", "rule"],
    "longitudinal": ["PARAMCD", "PARAM", "UNIT", "AVISIT", "AVISITN"],
    "sensitivity": ["PARAMCD", "PARAM", "UNIT", "AVISIT", "AVISITN", "rule"],
    "regression_to_mean": ["PARAMCD", "PARAM", "UNIT"],
}
COLUMNS: dict[str, type[pl.DataType]] = {
    "table": pl.String,
    **KEYS,
    "statistic": pl.String,
    "value": pl.Float64,
    "text": pl.String,
    "method": pl.String,
    "options": pl.String,
    "warning": pl.String,
    "error": pl.String,
}

Kind = Literal["count", "number", "text"]


class Entry(NamedTuple):
    """One statistic; the order of the catalogue is the order of the columns in a wide table."""

    kind: Kind
    tables: tuple[str, ...]
    method: str
    options: tuple[str, ...] = ()


_PAIRED = ("paired",)
_PLAN = ("test", "transform", "wilcoxon", "zeros", "normality_alpha")
_SAMPLE = ("baseline", "exposure")
_SHARES = ("baseline", "response", "safety")
_SAFETY = ("safety",)
_TIMES = ("time_to_event",)
_SHIFT = ("shift",)
_TREND = ("response_trend",)
_LONG = ("longitudinal",)
_SENSITIVITY = ("sensitivity",)
_REGRESSION = ("regression_to_mean",)


def _number(tables: tuple[str, ...], method: str, *options: str) -> Entry:
    return Entry("number", tables, method, options)


def _count(tables: tuple[str, ...], method: str, *options: str) -> Entry:
    return Entry("count", tables, method, options)


_MEAN = "arithmetic mean"
_SD = "sample standard deviation, n - 1"
_QUANTILE = _number(_SAMPLE, "sample quantile, Hyndman and Fan", "quantile_type")
_PAIRED_QUANTILE = _QUANTILE._replace(tables=_PAIRED)
_CHANGE = _number(_PAIRED, "t interval of the mean change", "conf_level")
_T = _number(_PAIRED, "paired t-test", "transform")
_D_Z = _number(
    _PAIRED, "mean change / SD of change; noncentral t interval", "transform", "conf_level"
)
_G = _number(
    _PAIRED, "d_z times 1 - 3 / (4 df - 1); noncentral t interval", "transform", "conf_level"
)
_HL = _number(
    _PAIRED,
    "median of the Walsh averages; interval of the shifts that the signed-rank test accepts",
    *("transform", "wilcoxon", "zeros", "conf_level"),
)
_RBC = _number(
    _PAIRED, "matched-pairs rank-biserial; Fisher interval", "transform", "zeros", "conf_level"
)
_GMR = _number(_PAIRED, "geometric mean ratio from log differences", "conf_level")
_SHAPIRO = _number(_PAIRED, "Shapiro-Wilk of the differences", "transform")
_SHARE = _number(_SHARES, "interval of a proportion", "proportions", "conf_level")
_RATE = _number(
    _SAFETY, "subjects per 100 person-years at risk in the period; exact Poisson", "conf_level"
)
_EVENT_RATE = _number(
    _SAFETY, "events per 100 person-years of the period; exact Poisson interval", "conf_level"
)
_WORST = _count(_SAFETY, "subjects by the severity of their worst event")
_SURVIVAL = _number(_TIMES, "Kaplan-Meier, log-log interval", "conf_level")
_INCIDENCE = _number(_TIMES, "Aalen-Johansen, log-log interval", "conf_level")
_ESTIMATE = _number(
    ("paired", "sensitivity"), "change as the test of the row estimates it", *_PLAN, "conf_level"
)
_LS = _number(
    _LONG,
    "mixed model for repeated measures, REML, Satterthwaite",
    *("covariance", "transform", "conf_level"),
)
_FRIEDMAN = _number(_LONG, "Friedman's test of baseline and all visits, complete cases")
_PRE_INDEX = _number(_REGRESSION, "t interval over subjects", "conf_level")
_EXPECTED = _number(
    _REGRESSION,
    "mean over subjects of the earlier values that did not decide on treatment less baseline",
    *("deciding_days", "conf_level"),
)

CATALOGUE: dict[str, Entry] = {
    "n": _count(
        (*_PAIRED, *_SAMPLE, *_TIMES, *_SHIFT, *_LONG, *_SENSITIVITY),
        "values; paired: subjects with both values",
    ),
    "mean": _number(_SAMPLE, _MEAN),
    "sd": _number(_SAMPLE, _SD),
    "median": _QUANTILE._replace(tables=(*_SAMPLE, *_TIMES)),
    "q1": _QUANTILE,
    "q3": _QUANTILE,
    "min": _number(_SAMPLE, "smallest value"),
    "max": _number(_SAMPLE, "largest value"),
    "base_mean": _number(_PAIRED, _MEAN),
    "base_sd": _number(_PAIRED, _SD),
    "base_median": _PAIRED_QUANTILE,
    "base_q1": _PAIRED_QUANTILE,
    "base_q3": _PAIRED_QUANTILE,
    "visit_mean": _number(_PAIRED, _MEAN),
    "visit_sd": _number(_PAIRED, _SD),
    "visit_median": _PAIRED_QUANTILE,
    "visit_q1": _PAIRED_QUANTILE,
    "visit_q3": _PAIRED_QUANTILE,
    "mean_change": _number(_PAIRED, "mean of visit - baseline"),
    "change_ci_low": _CHANGE,
    "change_ci_high": _CHANGE,
    "t": _T,
    "df": _T,
    "p_t": _T,
    "cohen_dz": _D_Z,
    "hedges_g": _G,
    "n_zero": _count(_PAIRED, "differences of zero"),
    "n_ties": _count(_PAIRED, "non-zero differences less the distinct absolute values"),
    "w_plus": _number(_PAIRED, "rank sum of the increases", "transform", "zeros"),
    "w_minus": _number(_PAIRED, "rank sum of the decreases", "transform", "zeros"),
    "p_wilcoxon_exact": _number(
        _PAIRED, "signed-rank, exact conditional distribution", "transform", "zeros"
    ),
    "p_wilcoxon_asymptotic": _number(
        _PAIRED,
        "signed-rank, normal, tie-corrected, no continuity correction",
        "transform",
        "zeros",
    ),
    "hodges_lehmann": _HL,
    "hl_ci_low": _HL,
    "hl_ci_high": _HL,
    "rank_biserial": _RBC,
    "shapiro_p": _SHAPIRO,
    "test": Entry("text", _PAIRED, "the test the plan chose", _PLAN),
    "p": _number(_PAIRED, "p of the test the plan chose", *_PLAN),
    "p_adjusted": _number(
        _PAIRED, "p adjusted within its family", "multiplicity", "family", *_PLAN
    ),
    "p_attainable": _number(
        _PAIRED, "smallest two-sided exact signed-rank p of the pairs that change", "conf_level"
    ),
    "estimator": Entry("text", _PAIRED, "what estimates the change beside that test", _PLAN),
    "estimate": _ESTIMATE,
    "estimate_ci_low": _ESTIMATE._replace(tables=_PAIRED),
    "estimate_ci_high": _ESTIMATE._replace(tables=_PAIRED),
    "n_eligible": _count(_PAIRED, "subjects of the population", "population"),
    "n_no_visit": _count(_PAIRED, "eligible subjects without a value at the visit"),
    "n_no_baseline": _count(
        _PAIRED, "eligible subjects with a value at the visit and none at baseline"
    ),
    "n_censored": _count(_PAIRED, "pairs with a value beyond a limit", "censored"),
    "n_copied": _count(_PAIRED, "pairs whose value at the visit repeats another visit's"),
    "sd_change": _number(_PAIRED, _SD),
    "hl_attained": _HL,
    "cohen_dz_ci_low": _D_Z,
    "cohen_dz_ci_high": _D_Z,
    "hedges_g_ci_low": _G,
    "hedges_g_ci_high": _G,
    "z_wilcoxon": _number(_PAIRED, "standardized rank sum of the increases", "transform", "zeros"),
    "rank_biserial_ci_low": _RBC,
    "rank_biserial_ci_high": _RBC,
    "p_sign": _number(_PAIRED, "exact sign test"),
    "shapiro_w": _SHAPIRO,
    "geometric_mean_ratio": _GMR,
    "gmr_ci_low": _GMR,
    "gmr_ci_high": _GMR,
    "count": _count(_SHARES, "subjects"),
    "denominator": _count(_SHARES, "subjects that could have been counted"),
    "could_respond": _count(
        ("response",),
        "subjects counted as no response for want of a result, who could have responded",
    ),
    "percent": _number(_SHARES, "100 count / denominator"),
    "ci_low": _SHARE,
    "ci_high": _SHARE,
    "events": _count((*_SAFETY, *_TIMES), "events"),
    "worst_mild": _WORST,
    "worst_moderate": _WORST,
    "worst_severe": _WORST,
    "worst_life_threatening": _WORST,
    "worst_fatal": _WORST,
    "worst_unknown": _count(
        _SAFETY, "subjects with an event of unknown severity and none known to be severe"
    ),
    "period": Entry("text", _SAFETY, "period of the events and of the time at risk"),
    "person_years": _number(
        _SAFETY, "time of the period at risk of a first event, years of 365.25 days"
    ),
    "rate": _RATE,
    "rate_ci_low": _RATE,
    "rate_ci_high": _RATE,
    "period_years": _number(_SAFETY, "whole period, years of 365.25 days"),
    "event_rate": _EVENT_RATE,
    "event_rate_ci_low": _EVENT_RATE,
    "event_rate_ci_high": _EVENT_RATE,
    "median_ci_low": _SURVIVAL,
    "median_ci_high": _SURVIVAL,
    "at_risk": _count(_TIMES, "subjects at risk just before the time"),
    "event": _count(_TIMES, "events at the time"),
    "censored": _count(_TIMES, "subjects censored at the time"),
    "survival": _SURVIVAL,
    "survival_ci_low": _SURVIVAL,
    "survival_ci_high": _SURVIVAL,
    "competing": _count(_TIMES, "competing events at the time"),
    "incidence": _INCIDENCE,
    "incidence_ci_low": _INCIDENCE,
    "incidence_ci_high": _INCIDENCE,
    "abnormal_base": _count(_SHIFT, "subjects outside the reference range at baseline"),
    "abnormal_visit": _count(_SHIFT, "subjects outside the reference range at the visit"),
    "only_base": _count(_SHIFT, "subjects outside the range at baseline only"),
    "only_visit": _count(_SHIFT, "subjects outside the range at the visit only"),
    "p_mcnemar": _number(_SHIFT, "exact McNemar test"),
    "n_complete": _count((*_TREND, *_LONG), "subjects with a result at every visit"),
    "n_left_out": _count((*_TREND, *_LONG), "subjects without a result at some visit"),
    "cochran_q": _number(_TREND, "Cochran's Q of response at the visits, complete cases"),
    "cochran_df": _number(_TREND, "visits less one"),
    "cochran_p": _number(_TREND, "Cochran's Q of response at the visits, complete cases"),
    "observations": _count(_LONG, "subjects times visits with a change"),
    "ls_mean": _LS,
    "ls_se": _LS,
    "ls_df": _LS,
    "ls_ci_low": _LS,
    "ls_ci_high": _LS,
    "ls_p": _LS,
    "log_likelihood": _number(_LONG, "restricted log-likelihood"),
    "structure": Entry("text", _LONG, "covariance of the visits that was fitted", ("covariance",)),
    "fit_log": Entry("text", _LONG, "what was tried, and why it was left", ("covariance",)),
    "friedman_q": _FRIEDMAN,
    "friedman_df": _FRIEDMAN,
    "friedman_p": _FRIEDMAN,
    "alternative_p": _number(_SENSITIVITY, "two-sided p under the alternative"),
    "alternatives": _count(_SENSITIVITY, "alternatives that gave a p"),
    "significant": _count(_SENSITIVITY, "alternatives with p below 1 - conf_level", "conf_level"),
    "p_lowest": _number(_SENSITIVITY, "smallest p over the alternatives"),
    "p_highest": _number(_SENSITIVITY, "largest p over the alternatives"),
    "verdict": Entry(
        "text", _SENSITIVITY, "stable: every alternative on the plan's side of the level"
    ),
    "role": Entry("text", _REGRESSION, "analysed, or negative control"),
    "n_repeated": _count(_REGRESSION, "subjects with values before the baseline value"),
    "n_usual": _count(_REGRESSION, "subjects with values that did not decide on treatment"),
    "pre_index_change": _PRE_INDEX,
    "pre_index_ci_low": _PRE_INDEX,
    "pre_index_ci_high": _PRE_INDEX,
    "pre_index_slope": _number(_REGRESSION, "mean least-squares slope before treatment, per 28 d"),
    "reliability": _number(
        _REGRESSION, "least-squares slope of the mean of the earlier values on the baseline value"
    ),
    "expected_regression": _EXPECTED,
    "expected_ci_low": _EXPECTED,
    "expected_ci_high": _EXPECTED,
    "oldham": _number(_REGRESSION, "correlation of change with the mean of both values (Oldham)"),
    "final_change": _number(_REGRESSION, "mean change at the last planned visit"),
    "final_p": _number(_REGRESSION, "p of the planned test at the last planned visit"),
}

# The same name for another method.
_OWN: dict[str, dict[str, Entry]] = {
    "time_to_event": {"median": _SURVIVAL},
    "sensitivity": {
        "estimate": _number(
            _SENSITIVITY, "mean change, Hodges-Lehmann or ratio, as the test has it"
        )
    },
}


def of_table(table: str) -> dict[str, Entry]:
    """The statistics of one table, in the order of its columns."""
    own = _OWN.get(table, {})
    return {n: own.get(n, entry) for n, entry in CATALOGUE.items() if table in entry.tables}
