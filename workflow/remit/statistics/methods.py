"""The methods section on statistics: what ran, from the plan and its results."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from remit.statistics.paired import plan_of

_POPULATIONS = {
    "ENRLFL": "enrolled set",
    "ELIGFL": "eligible set",
    "SAFFL": "safety set",
    "EFFFL": "efficacy set",
}
_TESTS = {
    "paired_t": "the paired t-test",
    "wilcoxon_exact": "Wilcoxon's signed-rank test (exact, conditional on ties)",
    "wilcoxon_asymptotic": (
        "Wilcoxon's signed-rank test (asymptotic, tie-corrected, without continuity correction)"
    ),
}
_ZEROS = {
    "wilcox": "differences of zero were dropped before ranking",
    "pratt": "differences of zero were ranked and then dropped (Pratt)",
}
_CENSORED = {"bound": "the limit itself", "half": "half the limit", "zero": "zero"}
_MULTIPLICITY = {"holm": "Holm's method", "bh": "the method of Benjamini and Hochberg"}
_INTERVALS = {"clopper_pearson": "Clopper-Pearson", "wilson": "Wilson"}
_CHOICES = {
    "window": "record of the window",
    "censored": "results below a limit",
    "test": "test",
    "zeros": "differences of zero",
}
_QUANTILES = {7: "type 7 (as R)", 6: "type 6 (as SPSS)"}


def methods(spec: Mapping[str, Any], ard: pl.DataFrame) -> list[str]:
    """A paragraph each on tests, numbers, other methods, and what the results may hang on.

    Args:
        spec: Config section `statistics`.
        ard: The results of that plan: rows of `ard.COLUMNS`.
    """
    level = f"{100 * spec['conf_level']:g} %"
    tests = [*_comparisons(spec, ard), *_chosen_by_data(spec, ard)]
    numbers = [
        f"Differences were rounded to the reported precision before ranking; "
        f"{_ZEROS[spec['zeros']]}.",
        _censored(spec, ard),
        f"Intervals are {level} intervals; quartiles are of {_QUANTILES[spec['quantile_type']]}. "
        "Effect sizes are d_z and Hedges' g with noncentral t intervals, the Hodges-Lehmann "
        "estimate with its signed-rank interval, and the matched-pairs rank-biserial correlation.",
        _multiplicity(spec, ard),
        _attainable(spec, ard),
    ]
    others = [
        f"Proportions have {_INTERVALS[spec['proportions']]} intervals, rates exact Poisson "
        "intervals; time to event was estimated by Kaplan and Meier's method with log-log intervals"
        f"{_competing(ard)}. Paired proportions were compared by McNemar's exact test, several by "
        "Cochran's Q.",
        *_longitudinal(spec, ard),
    ]
    doubts = [*_sensitivity(spec, ard), *_regression(ard)]
    return [" ".join(topic) for topic in (tests, numbers, others, doubts) if topic]


def _comparisons(spec: Mapping[str, Any], ard: pl.DataFrame) -> list[str]:
    paired = _of(ard, "paired")
    eligible = paired.filter(statistic="n_eligible")["value"].max()
    treated = _of(ard, "safety").filter(statistic="denominator")["value"].max()
    names = dict(paired.select("PARAMCD", "PARAM").unique().iter_rows())
    by_test: dict[str, list[str]] = {}
    for code, plan in spec["parameters"].items():
        test = plan["test"]
        if test == "wilcoxon":
            test = f"wilcoxon_{spec['wilcoxon']}"
        log = plan_of(code, spec)["transform"] == "log"
        by_test.setdefault(test, []).append(names[code] + (" (log ratios)" if log else ""))
    sentences = [
        f"Efficacy was analysed in the {_POPULATIONS[spec['population']]} (n = {_count(eligible)}), "
        f"safety in the {_POPULATIONS[spec['safety_population']]} (n = {_count(treated)}).",
        "Every subject with a value at baseline and at a visit entered the comparison of the visit, "
        f"at {len(spec['visits'])} planned visits.",
    ]
    for test, what in by_test.items():
        if test in _TESTS:
            sentences.append(f"{_listed(what)} {_were(what)} compared by {_TESTS[test]}.")
    return sentences


def _chosen_by_data(spec: Mapping[str, Any], ard: pl.DataFrame) -> list[str]:
    sentences = []
    chosen = _of(ard, "paired").filter(statistic="test")
    for code, plan in spec["parameters"].items():
        if plan["test"] != "shapiro":
            continue
        own = chosen.filter(pl.col("PARAMCD") == code, pl.col("text").is_not_null())
        used = [
            f"{_TESTS[str(test)]} at {_listed(group['AVISIT'].to_list())}"
            for (test,), group in own.group_by("text", maintain_order=True)
        ]
        sentences.append(
            f"For {own['PARAM'][0] if own.height else code} the test depended on the data: the "
            "paired t-test where the Shapiro-Wilk test of the differences gave "
            f"P > {spec['normality_alpha']:g}, Wilcoxon's signed-rank test elsewhere; this gave "
            f"{'; '.join(used)}. Such a choice disturbs the error rate of the test that follows "
            "(Rochon et al. 2012); a new study should name its test beforehand."
        )
    return sentences


def _censored(spec: Mapping[str, Any], ard: pl.DataFrame) -> str:
    pairs = _of(ard, "paired").filter(statistic="n_censored")["value"].sum()
    return (
        f"A result below a limit of quantification counted as {_CENSORED[spec['censored']]}, one "
        f"above it as the limit; this concerned {_count(pairs)} of the pairs compared."
    )


def _multiplicity(spec: Mapping[str, Any], ard: pl.DataFrame) -> str:
    tests = _of(ard, "paired").filter(pl.col("statistic") == "p", pl.col("value").is_not_null())
    if spec["multiplicity"] == "none":
        return (
            f"The {tests.height} p-values are two-sided and not adjusted for multiplicity; they "
            "are exploratory."
        )
    family = {"parameter": "the visits of one parameter", "table": "all comparisons"}
    return (
        f"The {tests.height} two-sided p-values were adjusted by "
        f"{_MULTIPLICITY[spec['multiplicity']]}; a family is {family[spec['family']]}."
    )


def _attainable(spec: Mapping[str, Any], ard: pl.DataFrame) -> str:
    least = _of(ard, "paired").filter(statistic="p_attainable").drop_nulls("value")
    beyond = least.filter(pl.col("warning").is_not_null()).height
    alpha = f"{1 - spec['conf_level']:.2g}"
    if not beyond:
        return f"Every comparison had pairs enough for an exact signed-rank P below {alpha}."
    return (
        f"In {beyond} of {least.height} comparisons the number of pairs cannot give an exact "
        f"signed-rank P below {alpha} whatever the data."
    )


def _competing(ard: pl.DataFrame) -> str:
    if _of(ard, "time_to_event").filter(statistic="incidence").is_empty():
        return ""
    return ", with Aalen and Johansen's cumulative incidence where events compete"


def _longitudinal(spec: Mapping[str, Any], ard: pl.DataFrame) -> list[str]:
    own = _of(ard, "longitudinal").filter(statistic="structure")
    if own.is_empty():
        return []
    fitted = own.drop_nulls("text").group_by("text", maintain_order=True).agg("PARAM")
    used = [
        str(structure).replace("_", " ")
        + (f" for {_listed(names)}" if len(names) < own.height else " for every parameter")
        for structure, names in fitted.iter_rows()
    ]
    without = own.filter(pl.col("text").is_null())["PARAM"].to_list()
    sentence = (
        "Change over all visits was modelled by a mixed model for repeated measures (visit and "
        "baseline as fixed effects, REML, Satterthwaite's degrees of freedom)"
    )
    if used:
        sentence += f"; the covariance of the visits was {'; '.join(used)}"
    if without:
        sentence += f"; no model could be fitted for {_listed(without)}"
    logs = own.filter(
        pl.col("PARAMCD").is_in(
            [code for code in spec["parameters"] if plan_of(code, spec)["transform"] == "log"]
        )
    )["PARAM"].to_list()
    if logs:
        sentence += f"; log ratios were modelled for {_listed(logs)}"
    return [f"{sentence}. Friedman's test took complete cases only."]


def _sensitivity(spec: Mapping[str, Any], ard: pl.DataFrame) -> list[str]:
    verdicts = _of(ard, "sensitivity").filter(rule="all", statistic="verdict").drop_nulls("text")
    declared = [words for name, words in _CHOICES.items() if spec["sensitivity"][name]]
    if verdicts.is_empty() or not declared:
        return []
    flips = verdicts.filter(text="flips").height
    return [
        f"Every comparison was repeated under the declared alternatives ({', '.join(declared)}): "
        f"{verdicts.height - flips} of {verdicts.height} conclusions are stable, {flips} "
        f"{'flips' if flips == 1 else 'flip'}."
    ]


def _regression(ard: pl.DataFrame) -> list[str]:
    own = _of(ard, "regression_to_mean")
    if own.is_empty():
        return []
    repeated = own.filter(pl.col("statistic") == "n_repeated", pl.col("value") >= 2)
    sentence = (
        "There is no control group, so change includes regression to the mean and whatever else "
        "changed with treatment; "
    )
    sentence += (
        "values before baseline were used to estimate it for "
        f"{_listed(repeated['PARAM'].to_list())}."
        if repeated.height
        else "too few values before baseline exist to estimate it."
    )
    control = own.filter(statistic="role", text="negative control")["PARAMCD"].to_list()
    final = own.filter(pl.col("PARAMCD").is_in(control), pl.col("statistic") == "final_p")
    for name, p in final.drop_nulls("value").select("PARAM", "value").iter_rows():
        text = "P < 0.001" if p < 0.001 else f"P = {p:.3f}"
        sentence += f" {name}, the negative control, changed with {text} at the last visit."
    return [sentence]


def _of(ard: pl.DataFrame, table: str) -> pl.DataFrame:
    return ard.filter(pl.col("table") == table)


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else str(last)


def _were(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _count(value: Any) -> str:
    return "0" if value is None else f"{value:.0f}"
