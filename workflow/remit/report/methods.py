"""The methods section, written from the plan, so that the words cannot drift from what was done."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from remit.plan.definitions import PHRASES, words
from remit.report.statistical_methods import methods as statistical_methods
from remit.words.labels import Labels


def methods(spec: Mapping[str, Any], say: Labels, ard: pl.DataFrame | None = None) -> list[str]:
    """Paragraphs on population, visits, response and statistics.

    Args:
        spec: the config's subjects, visits, responses and statistics.
        say: labels.
        ard: the results of the plan. With them the paragraphs on statistics tell what ran; without
            them one tells the plan alone.
    """
    plan = spec["statistics"]
    if ard is not None:
        analysis = statistical_methods(plan, ard, say)
    else:
        analysis = [_statistics(plan, say)] if plan["parameters"] else []
    return [
        _population(spec["subjects"], say),
        _visits(spec["visits"], say),
        *([_responses(spec["responses"], say)] if spec["responses"]["definitions"] else []),
        *analysis,
    ]


def contradictions(choice: str, ledger: pl.DataFrame, say: Labels) -> list[str]:
    """What the plan says of contradictory rows and how many there were; nothing where there were none.

    Args:
        choice: `study.conflicts`.
        ledger: the ledger of harmonization.
        say: labels.
    """
    rows = int(ledger["conflict"].sum())
    return [say(f"methods.conflicts.{choice}", n=rows)] if rows else []


def _population(plan: Mapping[str, Any], say: Labels) -> str:
    criteria = say("list.semicolon").join(_eligibility(plan, say))
    who = say("methods.eligible", criteria=criteria) if criteria else say("methods.all_eligible")
    kept = say("methods.efficacy.and").join(_efficacy(plan, say))
    efficacy = say("methods.efficacy.some", kept=kept) if kept else say("methods.efficacy.same")
    return who + say("methods.sets", doses=plan["safety"]["doses"], efficacy=efficacy)


def _efficacy(plan: Mapping[str, Any], say: Labels) -> Iterator[str]:
    """What the efficacy set asks for beyond the safety set."""
    days, treated = plan["efficacy"]["treated_more_than_days"], plan["efficacy"]["words"]
    if treated != f"{days} days":
        yield say(
            "methods.efficacy.treated",
            treated=say.of("duration", treated),
            days=days,
            month=plan["month_days"],
        )
    elif days:
        yield say("methods.efficacy.days", days=days)
    if needed := plan["efficacy"]["baseline_and_after"]:
        names = say("list.comma").join(say.of("param", code) for code in needed)
        yield say("methods.efficacy.measured", needed=names)


def _eligibility(plan: Mapping[str, Any], say: Labels) -> list[str]:
    """The criteria in words, with how each is decided."""
    told = []
    for criterion in plan["eligibility"]:
        text = say.of("eligibility", criterion["text"])
        told.append(
            text
            if criterion.get("present")
            else f"{text} ({in_words(criterion['criterion'], say)})"
        )
    return told


def in_words(criterion: Mapping[str, Any], say: Labels) -> str:
    """A criterion in the study's language, with the names of its parameters."""
    prefix = "param."
    names = {k.removeprefix(prefix): v for k, v in say.words.items() if k.startswith(prefix)}
    return words(criterion, names, {key: say(f"criterion.{key}") for key in PHRASES})


def _visits(plan: Mapping[str, Any], say: Labels) -> str:
    baseline = plan["baseline"]
    return say(
        "methods.visits",
        baseline=say.of("methods.baseline", baseline["rule"]),
        days=baseline["look_back"],
        choose=say.of("methods.choose", plan["choose"]),
        tie=say.of("methods.tie", plan["tie"]),
    )


def _responses(plan: Mapping[str, Any], say: Labels) -> str:
    days = plan["components_within_days"]
    name = say.of("param", plan["anchor"])
    return say(
        "methods.responses",
        definitions=say("list.comma").join(say.of("definition", d) for d in plan["definitions"]),
        primary=say.of("definition", plan["definitions"][0]),
        proteinuria=say("methods.proteinuria", name=say.of("param", plan["proteinuria"]))
        if plan["proteinuria"]
        else "",
        near="" if days is None else say("methods.components", days=days, name=name),
    )


def _statistics(plan: Mapping[str, Any], say: Labels) -> str:
    tests: dict[str, list[str]] = {}
    for code, options in plan["parameters"].items():
        tests.setdefault(options["test"], []).append(say.of("param", code))
    return say(
        "methods.statistics",
        tests=say("list.semicolon").join(
            f"{say.of('methods.test', test)}: {say('list.comma').join(names)}"
            for test, names in tests.items()
        ),
        wilcoxon=say.of("methods.wilcoxon", plan["wilcoxon"]),
        zeros=say.of("methods.zeros", plan["zeros"]),
        censored=say.of("methods.censored", plan["censored"]),
        multiplicity=say.of("methods.multiplicity", plan["multiplicity"]),
        conf=f"{100 * plan['conf_level']:g}",
        proportions=say.of("methods.proportions", plan["proportions"]),
        quantile=plan["quantile_type"],
    )
