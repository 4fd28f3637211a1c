"""What is wrong with the form of a plan, in words: pydantic's findings as sentences with a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from remit.errors import nearest
from remit.plan.model import Plan

Place = tuple[str | int, ...]
KINDS = {
    **dict.fromkeys(("string_type", "string_sub_type"), "a text"),
    **dict.fromkeys(("int_type", "int_from_float"), "a whole number"),
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a mapping of keys"),
}
#: Of a value that is told, the first so many characters.
LONGEST = 60
LIMITS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def validated(model: Any, value: Any, at: Place = ()) -> tuple[Any, list[tuple[Place, str]]]:
    """`value` as `model` and no findings, or None and each finding with its place in a sentence."""
    adapter: TypeAdapter[Any] = TypeAdapter(model)
    try:
        return adapter.validate_python(value), []
    except ValidationError as error:
        return None, list(_sentences(error, adapter.json_schema(), at))


def sound(config: Mapping[str, Any], places: list[Place]) -> Plan:
    """What is right of a configuration, so that the names between its sections can be looked at.

    A section that is not right without what stands at `places` is None.
    """
    found: dict[str, Any] = {}
    for name, field in Plan.model_fields.items():
        value = config.get(name)
        wrong = [place[1:] for place in places if place[0] == name]
        if name not in config:
            found[name] = None if field.is_required() else field.get_default()
        elif () not in wrong:
            section = TypeAdapter(field.rebuild_annotation())
            try:
                found[name] = section.validate_python(_without(value, wrong))
            except ValidationError:
                found[name] = None
        else:
            found[name] = None
    return Plan.model_construct(**found)


def _without(value: Any, places: list[Place]) -> Any:
    """A copy without what stands at the places; where nothing stands there, without what it is in.

    A list goes as a whole: the places of its other members would be others.
    """
    if () in places or (places and not isinstance(value, Mapping)):
        return None
    if any(len(place) == 1 and place[0] not in value for place in places):
        return None
    if not places:
        return value
    kept = {k: _without(v, [p[1:] for p in places if p[0] == k]) for k, v in value.items()}
    return {k: v for k, v in kept.items() if v is not None or value[k] is None}


def _sentences(
    error: ValidationError, schema: Mapping[str, Any], at: Place
) -> Iterator[tuple[Place, str]]:
    for found in error.errors(include_url=False):
        # A member of a union is named in angle brackets; it is no step of the plan.
        inner = tuple(step for step in found["loc"] if not str(step).startswith("<"))
        if inner and inner[-1] == "[key]":
            said = "a name has only ASCII letters, digits and underscores"
            yield (*at, *inner[:-1]), f"{_path((*at, *inner[:-1]))}: {said}"
            continue
        here = list(_members(_schema_at(schema, inner), schema))
        if found["type"] == "extra_forbidden":
            around = _members(_schema_at(schema, inner[:-1]), schema)
            known = [key for member in around for key in member.get("properties", {})]
            near = nearest(str(inner[-1]), known)
            hint = f"did you mean `{near}`?" if near else f"allowed: {', '.join(known)}"
            shown, said = inner[:-1], f"unknown key `{inner[-1]}`; {hint}"
        elif found["type"] == "missing":
            shown, said = inner[:-1], f"{inner[-1]!r} is missing{_about(here)}"
        else:
            allowed = [
                str(value)
                for member in here
                for value in [*member.get("enum", []), *filter(None, [member.get("const")])]
            ]
            shown, said = inner, _said(found, allowed, _about(here))
        yield (*at, *inner), f"{_path((*at, *shown))}: {said}"


def _said(found: Any, allowed: list[str], about: str) -> str:
    """One finding about a value, by pydantic's name for it."""
    kind, limits = found["type"], found.get("ctx", {})
    value = _shown(found["input"])
    if kind == "plan":
        return str(limits["told"])
    if kind == "literal_error":
        near = nearest(str(found["input"]), allowed)
        hint = f"; did you mean `{near}`?" if near else ""
        return f"{value} is not one of {', '.join(allowed)}{hint}"
    if kind == "string_pattern_mismatch":
        return f"{value} is not of the form wanted{about}"
    if kind in LIMITS:
        key, words = LIMITS[kind]
        return f"{value} is not {words} {limits[key]:g}{about}"
    if kind in KINDS:
        hint = ""
        if kind.startswith("string"):
            dated = isinstance(found["input"], date)
            number = isinstance(found["input"], bool | int | float)
            hint = " (write a date in quotes)" if dated else " (write it in quotes)" * number
        return f"{value} must be {KINDS[kind]}{hint}{about}"
    if kind.endswith("too_short"):
        return f"{value} is too short: at least {limits['min_length']}{about}"
    if kind.endswith("too_long"):
        return f"{value} is too long: at most {limits['max_length']}{about}"
    return f"{value}: {found['msg']}{about}"


def _shown(value: Any) -> str:
    """A value as the configuration has it, not as Python does."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _path(place: Place) -> str:
    return ".".join(map(str, place)) or "config"


def _schema_at(schema: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The part of a JSON schema that speaks of a place."""
    here = dict(schema)
    for step in place:
        parts = (_inside(member, step) for member in _members(here, schema))
        here = next((part for part in parts if part is not None), {})
    return here


def _inside(part: Mapping[str, Any], step: str | int) -> dict[str, Any] | None:
    if isinstance(step, int):
        return part.get("items")
    named: dict[str, Any] | None = part.get("properties", {}).get(step)
    free = [part.get("additionalProperties"), *part.get("patternProperties", {}).values()]
    return named or next((values for values in free if isinstance(values, dict)), None)


def _members(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A part of a schema and, of a reference or a choice, the parts that it stands for."""
    yield dict(part)
    if "$ref" in part:
        yield from _members(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
    for member in [*part.get("anyOf", []), *part.get("oneOf", [])]:
        yield from _members(member, schema)


def _about(parts: list[dict[str, Any]]) -> str:
    """The first description, as the end of a sentence."""
    said = next((part["description"] for part in parts if part.get("description")), "")
    return f". {' '.join(said.split())}" if said else ""
