"""What the sections of a plan need from each other and from the dictionaries, beyond their own form.

A section that is not right by itself is None here; what would need it is not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from remit.errors import RemitError, nearest
from remit.plan import feeds, windows
from remit.plan.categories import Category
from remit.plan.definitions import criterion_problems, leaves
from remit.plan.feeds import Feed, zone_problems
from remit.plan.model import AdverseEvents, Derivations, Event, Plan, Responses, Statistics, Visits

Analytes = Mapping[str, Mapping[str, Any]]

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
DICTIONARY = "an entry in resources/analytes.csv or resources/derived_parameters.csv"


def problems(
    plan: Plan,
    analytes: Analytes,
    definitions: Collection[str],
    categories: Mapping[str, list[Category]],
    written: Mapping[str, Any],
) -> Iterator[str]:
    """Everything wrong between the sections, one sentence each, with the key's path.

    Args:
        plan: The plan, whose sections may be None.
        analytes: Per PARAMCD its `unit` (UCUM) and `PARAM`.
        definitions: Names of all response definitions.
        categories: The categories of each definition that is evaluated and right.
        written: The configuration as it is written, which may name what its plan lacks.
    """
    for name, feed in (plan.feeds or {}).items():
        yield from feeds.problems(name, feed)
    yield from _sites(plan.feeds or {})
    # The clock is looked at whatever else is wrong with its section.
    study = written.get("study")
    zone = study.get("timezone") if isinstance(study, Mapping) else None
    yield from _clocks(zone if isinstance(zone, str) else None, plan.feeds or {})
    yield from _domains(plan)
    for k, criterion in enumerate(plan.subjects.eligibility if plan.subjects else []):
        if criterion.criterion is not None:
            found = criterion_problems(criterion.criterion, analytes)
            found += [
                f"{leaf['parameter']}: eligibility is judged before treatment and has no baseline"
                for leaf in leaves(criterion.criterion)
                if NEEDS_BASELINE & {*leaf, leaf.get("of"), leaf.get("at")}
            ]
            yield from (f"subjects.eligibility.{k}: {problem}" for problem in found)
    if plan.visits:
        yield from _visits(plan.visits)
    for place, named in _parameters(plan):
        yield from unknown(place, named, analytes, DICTIONARY)
    if plan.responses:
        yield from unknown(
            "responses.definitions",
            plan.responses.definitions,
            definitions,
            "a file in resources/definitions/",
        )
        yield from _responses(plan.responses, plan.derivations)
    if plan.adverse_events:
        yield from _adverse_events(plan.adverse_events)
    yield from _events(plan.events or [], categories)
    if plan.statistics:
        yield from _statistics(plan.statistics)
    yield from _references(plan, written)
    yield from _nothing_to_show(plan)


def unknown(place: str, named: Collection[str], known: Collection[str], what: str) -> Iterator[str]:
    """A sentence for each name that nothing has, with the nearest that something has."""
    for name in named:
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean `{near}`?" if near else ""
            yield f"{place}: `{name}` is not {what}{hint}"


def _sites(named: Mapping[str, Feed]) -> Iterator[str]:
    sites = {name: feed.site or feed.columns.get("SITEID") for name, feed in named.items()}
    for name in sites if any(sites.values()) else ():
        if not sites[name]:
            yield (
                f"feeds.{name}: other feeds say whose patient numbers they have; name the hospital here "
                "too, as `site` or as the column SITEID, or its people would be taken for others"
            )


def _clocks(zone: str | None, feeds: Mapping[str, Feed]) -> Iterator[str]:
    yield from zone_problems("study", zone)
    clocks = sorted({feed.timezone for feed in feeds.values() if feed.timezone})
    if len(clocks) > 1 and not zone:
        yield (
            f"study.timezone: the feeds go by several clocks ({', '.join(clocks)}); name the one whose "
            "days are the study's"
        )


def _domains(plan: Plan) -> Iterator[str]:
    """What a plan asks of a domain of which there is no feed."""
    if not plan.feeds:
        return
    domains = {feed.domain for feed in plan.feeds.values()}
    if "dm" not in domains:
        yield (
            "feeds: none has the people (domain dm): a study needs an export with a row a person, and "
            "several feeds may read one file (`from`)"
        )
    asked: list[tuple[str, str, Any]] = []
    if plan.figures:
        asked += [
            ("ae", "figures.adverse_event_dots", plan.figures.adverse_event_dots),
            ("qs", "figures.score_parts", plan.figures.score_parts),
            ("cm", "figures.dose_lines", plan.figures.dose_lines),
        ]
    if plan.derivations:
        asked += [
            ("cm", "derivations.daily_doses", plan.derivations.daily_doses or None),
        ]
    if plan.responses:
        asked.append(("cm", "responses.rescue", plan.responses.rescue))
    asked.append(("ex", "exposure", plan.exposure))
    lines = plan.figures and plan.figures.dose_lines
    if (
        lines
        and lines.parameter is None
        and not (plan.derivations and plan.derivations.daily_doses)
    ):
        yield "figures.dose_lines: name its `parameter`; the plan has no derivations.daily_doses"
    for domain, place, block in asked:
        if block is not None and domain not in domains:
            yield f"{place}: it needs a feed of domain {domain}, and there is none; leave it out"
    if "ex" not in domains and plan.subjects and plan.subjects.treatment.start is None:
        yield (
            "subjects.treatment: there is no feed of doses (domain ex). Name in `start` the column of the "
            "demographics in which treatment begins, such as RFXSTDTC"
        )


def _visits(visits: Visits) -> Iterator[str]:
    baseline = visits.baseline
    for rule, key in (("mean", "records"), ("visit", "visit")):
        if baseline.rule == rule and getattr(baseline, key) is None:
            yield f"visits.baseline: `rule: {rule}` needs `{key}`"
    if visits.tie == "better_method" and not visits.methods:
        yield "visits.tie: `better_method` needs `methods`, from the best to the worst"
    try:
        windows.compile(visits.model_dump())
    except RemitError as error:
        yield str(error)


def _parameters(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    """Every place that names parameters, with the names."""
    if plan.subjects:
        yield "subjects.efficacy.baseline_and_after", plan.subjects.efficacy.baseline_and_after
    if plan.visits:
        yield "visits.anchor", _one(plan.visits.anchor)
        yield "visits.parameters", list(plan.visits.parameters)
    if derived := plan.derivations:
        if parts := derived.upcr_from_parts:
            yield "derivations.upcr_from_parts.protein", [parts.protein]
            yield "derivations.upcr_from_parts.creatinine", [parts.creatinine]
        if day := derived.protein_24h:
            yield "derivations.protein_24h.concentration", [day.concentration]
            yield "derivations.protein_24h.volume", [day.volume]
        for k, source in enumerate(derived.proteinuria.sources if derived.proteinuria else []):
            yield f"derivations.proteinuria.sources.{k}.parameter", [source.parameter]
        yield "derivations.ratio_to_uln", derived.ratio_to_uln
        yield "derivations.daily_doses", list(derived.daily_doses)
        for code, dose in derived.daily_doses.items():
            yield f"derivations.daily_doses.{code}.on_dates_of", _one(dose.on_dates_of)
    for k, event in enumerate(plan.events or []):
        yield f"events.{k} ({event.code}).parameter", _one(event.parameter)
        yield f"events.{k} ({event.code}).proteinuria", _one(event.proteinuria)
    if plan.statistics:
        yield "statistics.parameters", list(plan.statistics.parameters)
    for place, block in _blocks(plan):
        yield f"{place}.parameters", getattr(block, "parameters", [])
        yield f"{place}.parameter", _one(getattr(block, "parameter", None))
        yield f"{place}.score", _one(getattr(block, "score", None))
        yield f"{place}.parts", getattr(block, "parts", [])


def _blocks(plan: Plan) -> Iterator[tuple[str, Any]]:
    """The figures that are drawn, the tables and the report, each with its path."""
    for name in type(plan.figures).model_fields if plan.figures else ():
        if (block := getattr(plan.figures, name)) is not None:
            yield f"figures.{name}", block
    for name in ("tables", "report"):
        if (block := getattr(plan, name)) is not None:
            yield name, block


def _references(plan: Plan, written: Mapping[str, Any]) -> Iterator[str]:
    """Names of visits, definitions and events that no section has."""
    visits = _visit_names(plan.visits) if plan.visits else None
    definitions = _names(written, "responses", "definitions")
    codes = [str(event.get("code")) for event in _listed(written, "events")]
    if visits is not None:
        for k, end in enumerate(plan.visits.ends):
            planned = visits[: len(visits) - len(plan.visits.ends)]
            yield from unknown(
                f"visits.ends.{k}.visits", end.visits or [], planned, "a planned visit"
            )
        if plan.statistics:
            yield from unknown(
                "statistics.visits", plan.statistics.visits, visits, "a planned visit"
            )
    for place, block in _blocks(plan):
        if visits is not None:
            for key in ("visit", "last_visit"):
                one = _one(getattr(block, key, None))
                yield from unknown(f"{place}.{key}", one, visits, "a planned visit")
            several = getattr(block, "visits", [])
            yield from unknown(f"{place}.visits", several, visits, "a planned visit")
        chosen = _one(getattr(block, "definition", None))
        yield from unknown(f"{place}.definition", chosen, definitions, "in responses.definitions")
        several = getattr(block, "definitions", [])
        yield from unknown(f"{place}.definitions", several, definitions, "in responses.definitions")
        for key in ("flare", "events"):
            named = getattr(block, key, None) or []
            named = [named] if isinstance(named, str) else named
            yield from unknown(f"{place}.{key}", named, codes, "the code of an event")
    for k, event in enumerate(plan.events or []):
        if event.definition is not None and event.definition not in definitions:
            yield (
                f"events.{k} ({event.code}): the definition {event.definition!r} is not evaluated; "
                "add it to responses.definitions"
            )
    kinds = [event.kind for event in plan.events or []]
    curves = plan.figures and plan.figures.time_to_response
    if curves and plan.events is not None and not curves.events and "response" not in kinds:
        yield "figures.time_to_response: there is no event of kind `response`; name `events`"
    if plan.figures and (both := plan.figures.concordance):
        count = len(both.definitions or definitions)
        if (both.definitions and count != 2) or count < 2:
            yield "figures.concordance: it compares two definitions; name two of responses.definitions"


def _nothing_to_show(plan: Plan) -> Iterator[str]:
    """Figures, and dates of doses, that stand on what the plan has nothing of."""
    empty: dict[str, str] = {}
    if plan.responses and not plan.responses.definitions:
        empty["definition"] = "responses.definitions"
    if plan.statistics and not plan.statistics.parameters:
        empty |= dict.fromkeys(("parameter", "parameters", "on_dates_of"), "statistics.parameters")
    doses = plan.derivations.daily_doses if plan.derivations else {}
    dated = [(f"derivations.daily_doses.{code}", dose) for code, dose in doses.items()]
    for place, block in [*_blocks(plan), *dated]:
        if place in ("tables", "report", "figures.dose_lines"):
            continue
        for key, section in empty.items():
            if hasattr(block, key) and not getattr(block, key):
                yield (
                    f"{place}: {section} names none, and `{key}` here neither; name one, or leave "
                    f"{place} out"
                )


def _visit_names(visits: Visits) -> list[str] | None:
    try:
        return [window.name for window in windows.compile(visits.model_dump())]
    except RemitError:
        return None


def _responses(responses: Responses, derivations: Derivations | None) -> Iterator[str]:
    if responses.proteinuria == "UPBEST" and derivations and derivations.proteinuria is None:
        yield "responses.proteinuria: UPBEST needs `derivations.proteinuria`, its sources best first"
    days = responses.preflare
    if not isinstance(days, str) and days.from_day > days.to_day:
        yield "responses.preflare: `from_day` lies after `to_day`"
    for name in {n for n in responses.definitions if responses.definitions.count(n) > 1}:
        yield f"responses.definitions: `{name}` stands twice"


def _events(events: list[Event], categories: Mapping[str, list[Category]]) -> Iterator[str]:
    known: list[str] = []
    for k, event in enumerate(events):
        place = f"events.{k} ({event.code})"
        for key in EVENT_KEYS[event.kind]:
            if getattr(event, key) is None:
                yield f"{place}: `kind: {event.kind}` needs `{key}`"
        own = [category["code"] for category in categories.get(event.definition or "", [])]
        for category in event.categories or []:
            if own and category not in own:
                yield (
                    f"{place}: {event.definition} has no category {category!r}; "
                    f"it has {', '.join(own)}"
                )
        for code in event.of or []:
            if code not in known:
                yield f"{place}: {code!r} is no event listed before it"
        if event.code in known:
            yield f"{place}: the code stands twice"
        known.append(event.code)


def _adverse_events(plan: AdverseEvents) -> Iterator[str]:
    names = [group.name for group in plan.special_interest]
    for k, group in enumerate(plan.special_interest):
        place = f"adverse_events.special_interest.{k} ({group.name})"
        if not group.terms and not group.classes:
            yield f"{place}: needs `terms` or `classes`, by which events belong to it"
        if group.name in names[:k]:
            yield f"{place}: the name stands twice"


def _statistics(plan: Statistics) -> Iterator[str]:
    for key in ("primary", "negative_control"):
        code = getattr(plan, key)
        if code is not None and code not in plan.parameters:
            near = nearest(code, plan.parameters)
            yield (
                f"statistics.{key}: {code!r} is not among statistics.parameters: "
                f"{', '.join(plan.parameters)}" + (f"; did you mean `{near}`?" if near else "")
            )
    primary = plan.primary or next(iter(plan.parameters), None)
    if plan.negative_control and plan.negative_control == primary:
        yield "statistics.negative_control: the primary parameter cannot be its own control"
    for key in ("visits", "covariance"):
        names = getattr(plan, key)
        for name in {n for n in names if names.count(n) > 1}:
            yield f"statistics.{key}: `{name}` stands twice"
    for code, parameter in plan.parameters.items():
        if parameter.transform == "log" and plan.censored == "zero":
            yield (
                f"statistics.parameters.{code}: `transform: log` has no logarithm of the zeros "
                "that `censored: zero` makes of results below a limit; choose `bound` or `half`"
            )


def _one(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _listed(written: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    found = written.get(section)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _names(written: Mapping[str, Any], section: str, key: str) -> list[str]:
    block = written.get(section)
    found = block.get(key) if isinstance(block, Mapping) else None
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
