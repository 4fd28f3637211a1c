"""Does a conclusion survive the choices that could have been made otherwise?"""

from collections.abc import Iterator, Mapping
from itertools import product
from math import exp
from typing import Any

import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.card import Card, Differences, Pairs, card, differences
from remit.statistics.hodges_lehmann import hodges_lehmann
from remit.statistics.paired import COPIES, pairs
from remit.statistics.signed_rank import reported_units, signed_rank
from remit.visits import carried_forward

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
            (paired_t, log_t, wilcoxon_exact, wilcoxon_asymptotic) and `zeros`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT AVISIT AVISITN rule: one row per alternative,
        and one per comparison (rule `all`) with the verdict, stable or flips.
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
        decimals = known[code]["decimals"]
        keys = {
            "PARAMCD": code,
            "PARAM": known[code]["PARAM"],
            "UNIT": known[code]["unit"],
            "AVISIT": visit,
            "AVISITN": numbers.get(visit),
        }
        plan = {"transform": "none"} | spec["parameters"][code]
        planned = _planned(given[PLANNED, spec["censored"]][code, visit], decimals, plan, spec)
        outcomes: dict[str, Statistics] = {}
        seen: set[tuple[object, ...]] = set()
        for choice in _alternatives(planned, code == spec["primary"], alternatives):
            own = given[choice["window"], choice["censored"]][code, visit]
            same = _same(own, decimals, choice)
            if same not in seen:
                seen.add(same)
                outcomes[_words(choice)] = _outcome(own, decimals, choice, spec)
        records += [(keys | {"rule": rule}, outcome) for rule, outcome in outcomes.items()]
        records.append((keys | {"rule": "all"}, _verdict(list(outcomes.values()), spec)))
    return rows("sensitivity", records, spec)


def _planned(
    own: Pairs, decimals: int, plan: Mapping[str, Any], spec: Mapping[str, Any]
) -> dict[str, str]:
    """The plan itself, as one choice; a test that the data choose is the one they chose."""
    test = card(own, decimals, plan, spec).get("test")
    name = test.value if isinstance(test, Noted) else test
    if name == "paired_t" and plan["transform"] == "log":
        name = "log_t"
    return {
        "window": PLANNED,
        "censored": spec["censored"],
        "test": str(name or f"wilcoxon_{spec['wilcoxon']}"),
        "zeros": spec["zeros"],
    }


def _alternatives(
    planned: Mapping[str, str], all_combinations: bool, declared: Mapping[str, list[str]]
) -> Iterator[dict[str, str]]:
    """The plan first, then each declared alternative once."""
    yield dict(planned)
    options = {name: [v for v in declared[name] if v != planned[name]] for name in _CHOICES}
    if all_combinations:
        sets = ([planned[name], *options[name]] for name in _CHOICES)
        choices = [dict(zip(_CHOICES, values, strict=True)) for values in product(*sets)]
    else:
        choices = [{**planned, name: v} for name in _CHOICES for v in options[name]]
    for choice in choices:
        if choice != planned:
            yield choice


def _words(choice: Mapping[str, str]) -> str:
    return "; ".join(
        f"{name}={choice[name]}"
        for name in _CHOICES
        if name != "zeros" or choice["test"].startswith("wilcoxon")
    )


def _same(own: Pairs, decimals: int, choice: Mapping[str, str]) -> tuple[object, ...]:
    """What the outcome depends on: an alternative that changes none of it is none."""
    ranked = choice["test"].startswith("wilcoxon")
    matters = ranked and bool((reported_units(own.visit - own.base, decimals) == 0).any())
    zeros = choice["zeros"] if matters else ""
    return own.base.tobytes(), own.visit.tobytes(), choice["test"], zeros


def _outcome(
    own: Pairs, decimals: int, choice: Mapping[str, str], spec: Mapping[str, Any]
) -> Statistics:
    names = ["estimate", "alternative_p"]
    transform = "log" if choice["test"] == "log_t" else "none"
    found = differences(own, decimals, transform)
    n = {"n": own.base.size}
    if isinstance(found, str):
        return {**n, **missing(names, found)}
    if not own.base.size:
        return {**n, **missing(names, "no pairs")}
    if choice["test"].startswith("wilcoxon"):
        return {**n, **_ranked(found, choice, spec)}
    return {**n, **_t(found, transform)}


def _ranked(found: Differences, choice: Mapping[str, str], spec: Mapping[str, Any]) -> Statistics:
    test = signed_rank(found.units, choice["zeros"])
    centre = hodges_lehmann(found.units, spec["conf_level"]).estimate / 10.0**found.decimals
    p = test.p_exact if choice["test"] == "wilcoxon_exact" else test.p_asymptotic
    if p is None:
        return {"estimate": centre, **missing(["alternative_p"], "all differences are zero")}
    return {"estimate": centre, "alternative_p": p}


def _t(found: Differences, transform: str) -> Statistics:
    from remit.statistics.descriptive import mean, sd

    centre, spread = mean(found.values), sd(found.values)
    assert centre is not None
    estimate = exp(centre) if transform == "log" else centre
    if not spread or found.constant:
        reason = "one pair has no spread" if spread is None else "all differences are equal"
        return {"estimate": estimate, **missing(["alternative_p"], reason)}
    from scipy.special import stdtr

    n = found.values.size
    p = 2 * float(stdtr(n - 1, -abs(centre) / spread * n**0.5))
    return {"estimate": estimate, "alternative_p": p}


def _verdict(outcomes: list[Statistics], spec: Mapping[str, Any]) -> Card:
    """Flips when an alternative lies on the other side of the level than the plan, the first."""
    level = 1 - spec["conf_level"]
    p = [outcome["alternative_p"] for outcome in outcomes]
    found = [value for value in p if isinstance(value, float)]
    if not isinstance(p[0], float):
        return dict(missing(_DECISIONS, "the planned test gives no p"))
    sides = {value < level for value in found}
    return {
        "alternatives": len(found),
        "significant": sum(value < level for value in found),
        "p_lowest": min(found),
        "p_highest": max(found),
        "verdict": "stable" if len(sides) == 1 else "flips",
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
