"""Does a conclusion survive the choices that could have been made otherwise?"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import polars as pl

from remit.analysis.visits import carried_forward
from remit.plan.level import significance
from remit.statistics.ard import Noted, Record, missing, rows
from remit.statistics.card import Card, Pairs, card, differences
from remit.statistics.paired import COPIES, number, pairs, plan_of

PLANNED = "planned"
# The order in which an alternative is described.
_CHOICES = ("window", "censored", "test", "zeros")
_DECISIONS = ["alternatives", "significant", "p_lowest", "p_highest", "verdict"]


def sensitivity(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Repeat every comparison under the declared alternatives.

    Every parameter: each choice changed on its own. The primary parameter: all combinations, the
    data of its specification curve. An alternative that changes nothing in the data of a comparison
    (no censored value, no zero, one record per window) is not listed.

    Args:
        visits: BDS, see `paired`, and DTYPE ADT ADTM ROWID ABLFL.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`; `sensitivity` lists the alternatives: `window` (planned,
            or the first, the last or the mean of the records of a visit, or the last value carried
            forward), `censored`, `test`
            (paired_t, log_t, wilcoxon_exact, wilcoxon_asymptotic; the last two rank log ratios
            where the plan transforms, and are then called log_wilcoxon_...) and `zeros`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT AVISIT AVISITN rule: one row per alternative,
        the plan's first, and one per comparison (rule `all`). The verdict, stable or flips, is
        given for each alternative and, in the last row, for the conclusion.
    """
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    numbers = dict(visits.select("AVISIT", "AVISITN").unique().drop_nulls().iter_rows())
    alternatives = spec["sensitivity"]
    given = {
        (window, censored): pairs(
            _window(visits, window, spec), subjects, {**spec, "censored": censored}
        )
        for window in {PLANNED, *alternatives["window"]}
        for censored in {spec["censored"], *alternatives["censored"]}
    }
    records: list[Record] = []
    for code, visit in product(spec["parameters"], spec["visits"]):
        keys = {
            "PARAMCD": code,
            "PARAM": known[code]["PARAM"],
            "UNIT": known[code]["unit"],
            "AVISIT": visit,
            "AVISITN": numbers.get(visit),
        }
        planned = _planned(given[PLANNED, spec["censored"]][code, visit], plan_of(code, spec), spec)
        outcomes: dict[str, Card] = {}
        seen: set[tuple[object, ...]] = set()
        for choice in _alternatives(planned, code == spec["primary"], alternatives):
            own = given[choice["window"], choice["censored"]][code, visit]
            same = _same(own, choice)
            if same not in seen:
                seen.add(same)
                outcomes[_words(choice)] = _outcome(own, choice, spec)
        outcomes["all"] = _decide(list(outcomes.values()), spec)
        records += [(keys | {"rule": rule}, outcome) for rule, outcome in outcomes.items()]
    return rows("sensitivity", records, spec)


def _planned(own: Pairs, plan: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, str]:
    """The plan itself, as one choice; a test that the data choose is the one they chose."""
    test = card(own, plan, spec)["test"]
    name = str((test.value if isinstance(test, Noted) else test) or f"wilcoxon_{spec['wilcoxon']}")
    if plan["transform"] == "log":
        name = "log_t" if name == "paired_t" else f"log_{name}"
    return {"window": PLANNED, "censored": spec["censored"], "test": name, "zeros": spec["zeros"]}


def _alternatives(
    planned: Mapping[str, str], all_combinations: bool, declared: Mapping[str, list[str]]
) -> Iterator[dict[str, str]]:
    """The plan first, then each declared alternative once; ranks keep to the plan's scale."""
    yield dict(planned)
    log = planned["test"].startswith("log_")
    tests = [f"log_{test}" if log and _ranked(test) else test for test in declared["test"]]
    given = {**declared, "test": tests}
    options = {name: [v for v in given[name] if v != planned[name]] for name in _CHOICES}
    if all_combinations:
        sets = ([planned[name], *options[name]] for name in _CHOICES)
        choices = [dict(zip(_CHOICES, values, strict=True)) for values in product(*sets)]
    else:
        choices = [{**planned, name: v} for name in _CHOICES for v in options[name]]
    for choice in choices:
        if choice != planned:
            yield choice


def _ranked(test: str) -> bool:
    return "wilcoxon" in test


def _words(choice: Mapping[str, str]) -> str:
    return "; ".join(
        f"{name}={choice[name]}" for name in _CHOICES if name != "zeros" or _ranked(choice["test"])
    )


def _plan(test: str) -> dict[str, str]:
    """The test of an alternative as the plan of a card."""
    name = test.removeprefix("log_")
    plan = {"test": "paired_t", "transform": "none" if name == test else "log"}
    if _ranked(test):
        plan["test"], _, plan["wilcoxon"] = name.partition("_")
    return plan


def _same(own: Pairs, choice: Mapping[str, str]) -> tuple[object, ...]:
    """What the outcome depends on: an alternative that changes none of it is none."""
    test = choice["test"]
    found = differences(own, _plan(test)["transform"])
    matters = _ranked(test) and not isinstance(found, str) and not found.units.all()
    return own.base.tobytes(), own.visit.tobytes(), test, choice["zeros"] if matters else ""


def _outcome(own: Pairs, choice: Mapping[str, str], spec: Mapping[str, Any]) -> Card:
    """The estimate and the p of the card under one choice."""
    plan = _plan(choice["test"])
    found = card(own, plan, {**spec, **plan, "zeros": choice["zeros"]})
    return {"n": found["n"], "estimate": found["estimate"], "alternative_p": found["p"]}


def _decide(outcomes: list[Card], spec: Mapping[str, Any]) -> Card:
    """Add its verdict to every alternative, and give the one over all of them.

    The plan is the first outcome. An alternative flips when its p lies on the other side of the
    level than the plan's, the conclusion when any of them does.
    """
    level = significance(spec)
    planned, *others = (number(outcome["alternative_p"]) for outcome in outcomes)
    if not isinstance(planned, float):
        return dict(missing(_DECISIONS, "the planned test gives no p"))
    flips = 0
    for outcome, p in zip(outcomes[1:], others, strict=True):
        if not isinstance(p, float):
            outcome["verdict"] = Noted(None, error="no p to compare")
            continue
        flipped = (p < level) != (planned < level)
        outcome["verdict"] = "flips" if flipped else "stable"
        flips += flipped
    found = [planned, *(p for p in others if isinstance(p, float))]
    return {
        "alternatives": len(found),
        "significant": sum(p < level for p in found),
        "p_lowest": min(found),
        "p_highest": max(found),
        "verdict": "flips" if flips else "stable",
    }


def _window(visits: pl.DataFrame, rule: str, spec: Mapping[str, Any]) -> pl.DataFrame:
    """The visits with another record of each planned window analysed; copies stay as they are."""
    if rule == PLANNED:
        return visits
    if rule == "locf":
        return pl.concat([visits, carried_forward(visits)])
    series = ["USUBJID", "PARAMCD", "AVISIT"]
    kind = pl.col("DTYPE").fill_null("")
    records = (
        visits.filter(
            ~kind.is_in([*COPIES, "AVERAGE"]),
            pl.col("ABLFL").is_null(),
            pl.col("AVAL").is_not_null(),
            pl.col("PARAMCD").is_in(list(spec["parameters"])),
            pl.col("AVISIT").is_in(spec["visits"]),
        )
        .sort(*series, "ADT", "ADTM", "ROWID", nulls_last=True)
        .group_by(series, maintain_order=True)
    )
    if rule == "mean":
        chosen = records.agg(
            pl.all().exclude("AVAL", "AVALOPER").last(),
            pl.col("AVAL").mean(),
            pl.col("AVALOPER").drop_nulls().first(),
        ).select(visits.columns)
    else:
        chosen = (records.first() if rule == "first" else records.last()).select(visits.columns)
    return pl.concat([chosen.with_columns(ANL01FL=pl.lit("Y")), visits.filter(kind.is_in(COPIES))])
