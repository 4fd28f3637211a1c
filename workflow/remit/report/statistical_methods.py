"""The methods section on statistics: what ran, from the plan and its results."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from remit.plan.level import significance
from remit.statistics.paired import plan_of
from remit.words.labels import Labels, capital
from remit.words.numbers import p_statement


def methods(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> list[str]:
    """A paragraph each on tests, numbers, other methods, and what the results may hang on.

    Args:
        spec: Config section `statistics`.
        ard: The results of that plan: rows of `ard.COLUMNS`.
        say: Labels; the sentences are those of `ran`.
    """
    numbers = [
        say("ran.rounding", zeros=say.of("ran.zeros", spec["zeros"])),
        _censored(spec, ard, say),
        say(
            "ran.intervals",
            level=f"{100 * spec['conf_level']:g}",
            quantiles=say(f"ran.quantiles.{spec['quantile_type']}"),
        ),
        _multiplicity(spec, ard, say),
        _attainable(spec, ard, say),
    ]
    others = [
        say(
            "ran.proportions",
            intervals=say.of("ran.proportions", spec["proportions"]),
            competing=_competing(ard, say),
        ),
        *_longitudinal(spec, ard, say),
    ]
    if not spec["parameters"]:
        return [" ".join(others)]
    topics = [
        [*_comparisons(spec, ard, say), *_chosen_by_data(spec, ard, say)],
        numbers,
        others,
        [*_sensitivity(spec, ard, say), *_regression(ard, say)],
    ]
    return [" ".join(topic) for topic in topics if topic]


def _comparisons(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> list[str]:
    paired = _of(ard, "paired")
    eligible = paired.filter(statistic="n_eligible")["value"].max()
    treated = _of(ard, "exposure").filter(
        population=spec["safety_population"], PARAMCD="TRTDURD", statistic="n"
    )["value"]
    names = _names(paired, say)
    by_test: dict[str, list[str]] = {}
    for code, plan in spec["parameters"].items():
        test = plan["test"]
        if test == "wilcoxon":
            test = f"wilcoxon_{spec['wilcoxon']}"
        log = plan_of(code, spec)["transform"] == "log"
        by_test.setdefault(test, []).append(names[code] + (say("ran.logs") if log else ""))
    sentences = [
        say(
            "ran.sets",
            efficacy=say.of("ran.set", spec["population"]),
            safety=say.of("ran.set", spec["safety_population"]),
            n=_count(eligible),
            treated=_count(treated.max()),
        ),
        say("ran.entered", visits=len(spec["visits"])),
    ]
    for test, what in by_test.items():
        if test in _TESTS:
            one = "" if len(what) > 1 else ".one"
            named = say(f"ran.test.{test}")
            sentences.append(say(f"ran.compared{one}", what=_listed(what, say), test=named))
    return sentences


def _chosen_by_data(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> list[str]:
    sentences = []
    chosen = _of(ard, "paired").filter(statistic="test")
    names = _names(chosen, say)
    for code, plan in spec["parameters"].items():
        if plan["test"] != "shapiro":
            continue
        own = chosen.filter(pl.col("PARAMCD") == code, pl.col("text").is_not_null())
        used = [
            say(
                "ran.test_at",
                test=say(f"ran.test.{test}"),
                visits=_listed((say.of("visit", visit) for visit in group["AVISIT"]), say),
            )
            for (test,), group in own.group_by("text", maintain_order=True)
        ]
        sentences.append(
            say(
                "ran.chosen_by_data",
                name=names.get(code, code),
                alpha=f"{spec['normality_alpha']:g}",
                used=say("list.semicolon").join(used),
            )
        )
        declared = [
            _listed((say.of("visit", visit) for visit in below["AVISIT"]), say)
            if (below := _below(ard, code, name, spec)).height
            else say("ran.no_visit")
            for name in ("p_t", f"p_wilcoxon_{spec['wilcoxon']}")
        ]
        alpha = f"{significance(spec):g}"
        sentences.append(say("ran.declared", alpha=alpha, t=declared[0], wilcoxon=declared[1]))
    return sentences


def _below(ard: pl.DataFrame, code: str, name: str, spec: Mapping[str, Any]) -> pl.DataFrame:
    """The comparisons of a parameter in which a p lies below the level."""
    own = _of(ard, "paired").filter(PARAMCD=code, statistic=name)
    return own.filter(pl.col("value") < significance(spec))


def _censored(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> str:
    pairs = _of(ard, "paired").filter(statistic="n_censored")["value"].sum()
    return say("ran.censored", counted=say.of("ran.counted", spec["censored"]), pairs=_count(pairs))


def _multiplicity(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> str:
    paired = _of(ard, "paired")
    copied = paired.filter(pl.col("statistic") == "n_copied", pl.col("value") > 0)["AVISIT"].unique(
        maintain_order=True
    )
    tests = paired.filter(
        pl.col("statistic") == "p",
        pl.col("value").is_not_null(),
        ~pl.col("AVISIT").is_in(copied.implode()),
    )
    visits = [say.of("visit", visit) for visit in copied]
    copies = say("ran.copies", visits=capital(_listed(visits, say))) if visits else ""
    if spec["multiplicity"] == "none":
        return say("ran.not_adjusted", tests=tests.height, copies=copies)
    return say(
        "ran.adjusted",
        tests=tests.height,
        copies=copies,
        method=say.of("ran.adjustment", spec["multiplicity"]),
        family=say.of("ran.family", spec["family"]),
    )


def _attainable(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> str:
    least = _of(ard, "paired").filter(statistic="p_attainable").drop_nulls("value")
    beyond = least.filter(pl.col("warning").is_not_null()).height
    alpha = f"{significance(spec):g}"
    if not beyond:
        return say("ran.attainable", alpha=alpha)
    return say("ran.not_attainable", beyond=beyond, all=least.height, alpha=alpha)


def _competing(ard: pl.DataFrame, say: Labels) -> str:
    if _of(ard, "time_to_event").filter(statistic="incidence").is_empty():
        return ""
    return say("ran.competing")


def _longitudinal(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> list[str]:
    own = _of(ard, "longitudinal").filter(statistic="structure")
    if own.is_empty():
        return []
    names = _names(own, say)
    fitted = own.drop_nulls("text").group_by("text", maintain_order=True).agg("PARAMCD")
    used = [
        say(
            "ran.structure_of" if len(codes) < own.height else "ran.structure",
            structure=say.of("ran.covariance", str(structure)),
            names=_listed((names[code] for code in codes), say),
        )
        for structure, codes in fitted.iter_rows()
    ]
    without = [names[code] for code in own.filter(pl.col("text").is_null())["PARAMCD"]]
    logs = [names[c] for c in own["PARAMCD"] if plan_of(c, spec)["transform"] == "log"]
    told = [
        *([say("ran.structures", used=say("list.semicolon").join(used))] if used else []),
        *([say("ran.no_model", names=_listed(without, say))] if without else []),
        *([say("ran.log_model", names=_listed(logs, say))] if logs else []),
    ]
    return [say("ran.model", told="".join(told)), say("ran.friedman")]


def _sensitivity(spec: Mapping[str, Any], ard: pl.DataFrame, say: Labels) -> list[str]:
    verdicts = _of(ard, "sensitivity").filter(rule="all", statistic="verdict").drop_nulls("text")
    declared = [say(f"ran.choice.{name}") for name in _CHOICES if spec["sensitivity"][name]]
    if verdicts.is_empty() or not declared:
        return []
    flips = verdicts.filter(text="flips").height
    return [
        say(
            "ran.repeated" if flips != 1 else "ran.repeated.one",
            choices=say("list.comma").join(declared),
            stable=verdicts.height - flips,
            all=verdicts.height,
            flips=flips,
        )
    ]


def _regression(ard: pl.DataFrame, say: Labels) -> list[str]:
    own = _of(ard, "regression_to_mean")
    if own.is_empty():
        return []
    names = _names(own, say)
    repeated = own.filter(pl.col("statistic") == "n_repeated", pl.col("value") >= 2)
    control = own.filter(statistic="role", text="negative control")["PARAMCD"].to_list()
    final = own.filter(pl.col("PARAMCD").is_in(control), pl.col("statistic") == "final_p")
    estimated = (
        say("ran.regression", names=_listed((names[c] for c in repeated["PARAMCD"]), say))
        if repeated.height
        else say("ran.no_regression")
    )
    changed = [
        say("ran.control", name=names[code], p=p_statement(p))
        for code, p in final.drop_nulls("value").select("PARAMCD", "value").iter_rows()
    ]
    return [estimated, *changed]


_TESTS = ("paired_t", "wilcoxon_exact", "wilcoxon_asymptotic")
_CHOICES = ("window", "censored", "test", "zeros")


def _of(ard: pl.DataFrame, table: str) -> pl.DataFrame:
    return ard.filter(pl.col("table") == table)


def _names(rows: pl.DataFrame, say: Labels) -> dict[str, str]:
    """The names of the parameters: as the data have them in English, else as the labels do."""
    given = dict(rows.select("PARAMCD", "PARAM").unique().iter_rows())
    if say.language == "en":
        return given
    return {c: name if (own := say.of("param", c)) == c else own for c, name in given.items()}


def _listed(names: Iterable[str], say: Labels) -> str:
    *first, last = names
    return f"{say('list.comma').join(first)}{say('list.and')}{last}" if first else str(last)


def _count(value: Any) -> str:
    return "0" if value is None else f"{value:.0f}"
