"""What the sections of an analysis plan need from each other and a schema cannot say.

Pure Python, so that the plan is checked before any data is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from remit.plan.categories import Category
from remit.plan.definitions import criterion_problems, leaves

NEEDS_BASELINE = {"fall_percent", "baseline", "preflare"}
# What each kind of event needs besides code, title and kind.
EVENT_KEYS = {
    "response": ("definition",),
    "flare": ("definition", "grade", "proteinuria"),
    "rise": ("parameter", "factor"),
    "fall": ("parameter", "percent"),
    "below": ("parameter", "value"),
    "death": (),
    "first_of": ("of",),
}


def problems(config: Mapping[str, Any], analytes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Everything wrong between the analysis sections, one sentence each, with the key's path.

    Args:
        config: The whole configuration, each section right by its schema.
        analytes: Per PARAMCD its `unit` (UCUM) and `PARAM`.
    """
    yield from _sites(config["feeds"])
    for k, criterion in enumerate(config["subjects"]["eligibility"]):
        if "criterion" in criterion:
            found = criterion_problems(criterion["criterion"], analytes)
            found += [
                f"{leaf['parameter']}: eligibility is judged before treatment and has no baseline"
                for leaf in leaves(criterion["criterion"])
                if NEEDS_BASELINE & {*leaf, leaf.get("of"), leaf.get("at")}
            ]
            yield from (f"subjects.eligibility.{k}: {problem}" for problem in found)
    yield from _visits(config["visits"])
    if (
        config["responses"]["proteinuria"] == "UPBEST"
        and "proteinuria" not in config["derivations"]
    ):
        yield "responses.proteinuria: UPBEST needs `derivations.proteinuria`, its sources best first"
    preflare = config["responses"]["preflare"]
    if preflare != "baseline" and preflare["from_day"] > preflare["to_day"]:
        yield "responses.preflare: `from_day` lies after `to_day`"
    yield from _events(config["events"], config["responses"]["definitions"])
    yield from _statistics(config["statistics"])


def categories(
    events: list[Mapping[str, Any]], known: Mapping[str, list[Category]]
) -> Iterator[str]:
    """Categories that an event counts and its definition does not have, one sentence each.

    Args:
        events: Config section `events`.
        known: The categories of each definition that is evaluated and right.
    """
    for k, event in enumerate(events):
        codes = [category["code"] for category in known.get(event.get("definition", ""), [])]
        for code in event.get("categories", []) if codes else []:
            if code not in codes:
                yield (
                    f"events.{k} ({event['code']}): {event['definition']} has no category {code!r}; "
                    f"it has {', '.join(codes)}"
                )


def significance(plan: Mapping[str, Any]) -> float:
    """Below which p a change is called different from none: what `conf_level` leaves.

    Args:
        plan: Config section `statistics`.
    """
    return round(1 - plan["conf_level"], 10)  # without the noise of 1 - 0.95


def _sites(feeds: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    named = {
        name: "site" in feed or "SITEID" in feed.get("columns", {}) for name, feed in feeds.items()
    }
    if any(named.values()):
        for name in sorted(name for name, site in named.items() if not site):
            yield (
                f"feeds.{name}: other feeds say whose patient numbers they have; name the hospital here "
                "too, as `site` or as the column SITEID, or its people would be taken for others"
            )


def _visits(visits: Mapping[str, Any]) -> Iterator[str]:
    baseline = visits["baseline"]
    for rule, key in (("mean", "records"), ("visit", "visit")):
        if baseline["rule"] == rule and key not in baseline:
            yield f"visits.baseline: `rule: {rule}` needs `{key}`"
    if visits["tie"] == "better_method" and not visits.get("methods"):
        yield "visits.tie: `better_method` needs `methods`, from the best to the worst"


def _events(events: list[Mapping[str, Any]], definitions: list[str]) -> Iterator[str]:
    known: list[str] = []
    for k, event in enumerate(events):
        place, kind = f"events.{k} ({event['code']})", event["kind"]
        for key in EVENT_KEYS[kind]:
            if key not in event:
                yield f"{place}: `kind: {kind}` needs `{key}`"
        if "definition" in event and event["definition"] not in definitions:
            yield (
                f"{place}: the definition {event['definition']!r} is not evaluated; "
                "add it to responses.definitions"
            )
        for code in event.get("of", []):
            if code not in known:
                yield f"{place}: {code!r} is no event listed before it"
        if event["code"] in known:
            yield f"{place}: the code stands twice"
        known.append(event["code"])


def _statistics(plan: Mapping[str, Any]) -> Iterator[str]:
    for key in ("primary", "negative_control"):
        if plan[key] is not None and plan[key] not in plan["parameters"]:
            yield (
                f"statistics.{key}: {plan[key]!r} is not among statistics.parameters: "
                f"{', '.join(plan['parameters'])}"
            )
    if plan["primary"] == plan["negative_control"]:
        yield "statistics.negative_control: the primary parameter cannot be its own control"
    for code, parameter in plan["parameters"].items():
        if parameter.get("transform") == "log" and plan["censored"] == "zero":
            yield (
                f"statistics.parameters.{code}: `transform: log` has no logarithm of the zeros "
                "that `censored: zero` makes of results below a limit; choose `bound` or `half`"
            )
