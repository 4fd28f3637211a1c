"""What a plan leaves out and its other sections decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from remit.plan import windows
from remit.plan.categories import Category
from remit.plan.model import Plan


def filled(plan: Plan, categories: Mapping[str, list[Category]]) -> dict[str, Any]:
    """The plan as plain values in which nothing is left to be worked out.

    `categories`, those of every definition by its id, best first, stand in it too.
    """
    found = plan.model_dump()
    study, subjects, statistics = found["study"], found["subjects"], found["statistics"]
    study["title"] = study["title"] or study["id"]
    efficacy = subjects["efficacy"]
    efficacy["words"] = efficacy["words"] or f"{efficacy['treated_more_than_days']} days"

    _, *visits = (window.name for window in windows.compile(found["visits"]))
    statistics["visits"] = statistics["visits"] or visits
    codes = list(statistics["parameters"])
    statistics["primary"] = statistics["primary"] or codes[0]

    tables, report = found["tables"], found["report"]
    tables["parameters"] = tables["parameters"] or codes
    tables["decimals"] = {"default": 1} | tables["decimals"]
    definitions = found["responses"]["definitions"]
    ends = [end["name"] for end in found["visits"]["ends"]]
    report["parameters"] = report["parameters"] or tables["parameters"]
    report["definition"] = report["definition"] or definitions[0]
    report["last_visit"] = report["last_visit"] or [*ends, visits[-1]][0]

    for event in found["events"]:
        if event["kind"] == "response" and event["categories"] is None:
            own = categories[event["definition"]]
            event["categories"] = [category["code"] for category in own if category["response"]]

    if steroids := found["derivations"]["steroids"]:
        steroids["on_dates_of"] = steroids["on_dates_of"] or statistics["primary"]
    responses = [event["code"] for event in found["events"] if event["kind"] == "response"]

    defaults = {
        "parameters": codes,
        "parameter": statistics["primary"],
        "definition": definitions[0],
        "definitions": definitions[:2],
        "visits": statistics["visits"],
        "visit": visits[-1 - len(ends)],
        "events": responses[:3],
        "last_visit": report["last_visit"],
        "month_days": subjects["month_days"],
    }
    for figure in found["figures"].values():
        for key, default in defaults.items():
            if figure is not None and key in figure and figure[key] in (None, []):
                figure[key] = default
    return found | {"categories": dict(categories)}


def written(plan: Mapping[str, Any]) -> str:
    """A filled plan as a configuration that leaves nothing out; read again it is the same plan."""
    own = {section: plan[section] for section in Plan.model_fields}
    said = Plan.model_validate(own).model_dump(exclude_none=True)
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100)
