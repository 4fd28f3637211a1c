"""What a plan leaves out and its other sections decide."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import yaml

from remit.plan import windows
from remit.plan.categories import Category
from remit.plan.definitions import PROTEINURIA
from remit.plan.feeds import Feed
from remit.plan.model import Plan

#: Columns that a plan asks for, of the forms that name their columns themselves. Whether such a form has
#: dates of consent, only the data tell.
GIVEN = {
    "fhir": ["SEX", "BRTHDTC"],
    "xpt": ["SEX", "BRTHDTC", "RFXSTDTC", "RFXENDTC"],
}


def filled(
    plan: Plan,
    categories: Mapping[str, list[Category]],
    used: Set[str],
    figures: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The plan as plain values in which nothing is left to be worked out.

    Args:
        plan: The plan, found good.
        categories: Those of every definition by its id, best first; they stand in it too, and `collected`,
            the columns that feeds give, by domain, and `dosing`.
        used: Parameters and references that the definitions read: what none reads is None.
        figures: Options of figures that the packs give where the plan has none.
    """
    found = plan.model_dump()
    study, subjects, statistics = found["study"], found["subjects"], found["statistics"]
    study["title"] = study["title"] or study["id"]
    efficacy = subjects["efficacy"]
    efficacy["words"] = efficacy["words"] or f"{efficacy['treated_more_than_days']} days"

    _, *visits = (window.name for window in windows.compile(found["visits"]))
    statistics["visits"] = statistics["visits"] or visits
    codes = list(statistics["parameters"])
    statistics["primary"] = statistics["primary"] or next(iter(codes), None)

    tables, report = found["tables"], found["report"]
    tables["parameters"] = tables["parameters"] or codes
    tables["decimals"] = {"default": 1} | tables["decimals"]
    definitions = found["responses"]["definitions"]
    ends = [end["name"] for end in found["visits"]["ends"]]
    report["parameters"] = report["parameters"] or tables["parameters"]
    report["definition"] = report["definition"] or next(iter(definitions), None)
    report["last_visit"] = report["last_visit"] or [*ends, visits[-1]][0]

    responses = found["responses"]
    if not used & {PROTEINURIA}:
        responses["proteinuria"] = None
    if "preflare" not in used:
        responses["preflare"] = None
    responses["anchor"] = responses["anchor"] or responses["proteinuria"] or statistics["primary"]

    for event in found["events"]:
        if event["kind"] == "response" and event["categories"] is None:
            own = categories[event["definition"]]
            event["categories"] = [category["code"] for category in own if category["response"]]

    doses = found["derivations"]["daily_doses"]
    for dose in doses.values():
        dose["on_dates_of"] = dose["on_dates_of"] or statistics["primary"]
    responses = [event["code"] for event in found["events"] if event["kind"] == "response"]

    defaults = {
        "parameters": codes,
        "parameter": statistics["primary"],
        "definition": next(iter(definitions), None),
        "definitions": definitions[:2],
        "visits": statistics["visits"],
        "visit": visits[-1 - len(ends)],
        "events": responses[:3],
        "last_visit": report["last_visit"],
        "month_days": subjects["month_days"],
    }
    shown = {"dose_lines": {"parameter": next(iter(doses), None)}} | dict(figures)
    for name, figure in found["figures"].items():
        for key, default in {**defaults, **shown.get(name, {})}.items():
            if figure is not None and key in figure and figure[key] in (None, []):
                figure[key] = default
    return found | {
        "categories": dict(categories),
        "collected": collected(plan.feeds),
        "dosing": dosing(plan),
    }


def dosing(plan: Plan) -> dict[str, bool]:
    """Whether each dose is of one day, and whether doses are planned by body weight."""
    model = plan.subjects.treatment.model or "infusions"
    planned = plan.exposure is not None and plan.exposure.planned_mg_per_kg is not None
    return {"single": model == "infusions", "per_kg": planned}


def collected(given: Mapping[str, Feed]) -> dict[str, list[str]]:
    """The columns of each domain that any feed gives; a domain without a feed is not there."""
    found: dict[str, set[str]] = {}
    for feed in given.values():
        own = [*feed.columns, *feed.constants] or GIVEN.get(feed.format or "", [])
        found.setdefault(feed.domain, set()).update(own)
    return {domain: sorted(columns) for domain, columns in sorted(found.items())}


def written(plan: Mapping[str, Any]) -> str:
    """A filled plan as a configuration that leaves nothing out; read again it is the same plan.

    What the study has nothing of is not in it.
    """
    own = {section: plan[section] for section in Plan.model_fields}
    if "ae" not in plan["collected"]:
        del own["adverse_events"]
    in_order = Plan.model_validate(_where_known(own, own)).model_dump()
    said = _where_known(in_order, own)
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100)


def _where_known(value: Any, known: Any) -> Any:
    """The value with the keys that are known to have something."""
    if isinstance(value, list):
        return [_where_known(each, of) for each, of in zip(value, known, strict=True)]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _where_known(each, known[key])
        for key, each in value.items()
        if known.get(key) is not None
    }
