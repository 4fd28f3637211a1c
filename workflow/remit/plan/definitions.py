"""Response definitions as data: what a definition file may say, its check, and its words.

Pure Python, so that a definition that does not compile is found when the config is read.

A definition is a mapping:

    id, title, version, citation, evidence, categories, and optionally source, note, evaluable,
    confirm, excludes, fails, window.

`categories` maps a category to its criterion, best first: see `categories`.
A criterion is `{all: [...]}`, `{any: [...]}` or a leaf:

    {parameter: ALB, op: ">=", value: 35, unit: g/L}
    {parameter: SCR, op: "<=", of: baseline, factor: 1.15}         # baseline, preflare, uln, lln
    {parameter: SCR, op: "<", of: baseline, plus: 26.5, unit: umol/L}
    {parameter: PROT, fall_percent: 50}                            # from baseline, at least
    {parameter: PROT, at: baseline, op: ">", value: 3, unit: g/g}  # the baseline value itself

`confirm` makes a response the property of a pair of visits: `{rule: next_visit}` (or `previous_visit`)
with optional limits `days: [28, 90]` between them and `missed: open` where a missed visit leaves the
pair open instead of being passed over; `{rule: within_days, days: [28, 90]}` takes any visit there, and
`{rule: two_specimens}` two urines of one visit. `excludes` and `fails`, a list of leaves, make a
non-responder from the day on which they happen, at whatever visit. `window: {from_day: 62, to_day: 138}`
says where the definition is judged; elsewhere it does not apply.

A leaf with `from_day` applies from that study day on. `PROT` stands for the proteinuria parameter
that the study chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from remit.plan import categories, resources

EVIDENCE = {
    "A": "abstract, guideline table or registry record read",
    "B": "source code or mapping file read",
    "C": "secondary page or review quoting the primary source",
    "memory": "no source at hand: a clinician must confirm it",
    "choice": "a convention of this study",
}
OPERATORS = ("<", "<=", ">", ">=", "==")
REFERENCES = {
    "baseline": "baseline",
    "preflare": "the value before the flare",
    "uln": "the upper limit of normal",
    "lln": "the lower limit of normal",
}
#: The words of a criterion; `resources/labels.csv` has them in other languages.
PHRASES = REFERENCES | {
    "all": " and ",
    "any": " or ",
    "proteinuria": "proteinuria",
    "at_baseline": "baseline {subject}",
    "fallen": "{subject} fallen by {by} from baseline",
    "from_day": "{text} (from day {day})",
}
#: What `excludes` may name, in the words of a criterion.
EXCLUDED = {
    "rescue": "no rescue therapy",
    "discontinued": "not discontinued, lost to follow-up or dead",
}
PROTEINURIA = "PROT"
#: What a missed visit does to a pair: it is passed over, or leaves the pair open.
MISSED = ("skip", "open")
REQUIRED = ("id", "title", "version", "citation", "evidence", "categories")
OPTIONAL = ("source", "note", "evaluable", "confirm", "excludes", "fails", "window")
LEAF_KEYS = {
    *("parameter", "op", "value", "unit", "of", "factor", "plus", "fall_percent"),
    *("at", "from_day", "note"),
}

Criterion = Mapping[str, Any]


def load(names: Sequence[str], folders: Sequence[Path] | None = None) -> list[dict[str, Any]]:
    """The definitions that a plan names, in its order, Remit's or the study's own."""
    files = resources.definitions(folders)
    return [
        yaml.load(files[name].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for name in names
    ]


def check(definition: Mapping[str, Any], analytes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Everything that keeps a definition from compiling, one sentence each; empty when it is good.

    Args:
        definition: The content of one file of `resources/definitions`.
        analytes: Per PARAMCD at least its `unit` (UCUM) and `PARAM`.
    """
    if not isinstance(definition, Mapping):
        return [f"{definition!r} is not a definition"]
    name = definition.get("id", "a definition without id")
    if strange := _strange_shapes(definition):
        return [f"{name}: {problem}" for problem in strange]
    problems = [f"`{key}` is missing" for key in REQUIRED if not definition.get(key)]
    problems += [f"`{key}` is not a key" for key in definition if key not in REQUIRED + OPTIONAL]
    if definition.get("evidence") not in (None, *EVIDENCE):
        problems.append(f"evidence {definition['evidence']!r} is none of {', '.join(EVIDENCE)}")
    if written := definition.get("categories"):
        wrong = list(categories.problems(written))
        problems += wrong
        for category, criterion in {} if wrong else categories.criteria(definition).items():
            problems += [f"{category}: {p}" for p in criterion_problems(criterion, analytes)]
    if evaluable := definition.get("evaluable"):
        problems += [f"evaluable: {p}" for p in criterion_problems(evaluable, analytes)]
    for leaf in definition.get("fails") or []:
        problems += [f"fails: {p}" for p in criterion_problems(leaf, analytes)]
        if not isinstance(leaf, Mapping) or "parameter" not in leaf:
            problems.append("fails: each is one comparison, not `all` or `any`")
    problems += _confirm_problems(definition.get("confirm"))
    problems += _window_problems(definition.get("window"))
    problems += [
        f"excludes {what!r} is none of {', '.join(EXCLUDED)}"
        for what in definition.get("excludes") or []
        if str(what) not in EXCLUDED
    ]
    return [f"{name}: {problem}" for problem in problems]


def criterion_problems(
    criterion: Criterion, analytes: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Everything that keeps a criterion from compiling, one sentence each."""
    if not isinstance(criterion, Mapping):
        return [f"{criterion!r} is not a criterion"]
    for key in ("all", "any"):
        if key in criterion:
            branches = criterion[key]
            if len(criterion) > 1 or not isinstance(branches, list) or not branches:
                return [f"`{key}` holds a list of criteria and stands alone"]
            return [p for branch in branches for p in criterion_problems(branch, analytes)]
    return _leaf_problems(criterion, analytes)


def leaves(criterion: Criterion) -> Iterator[Criterion]:
    """The comparisons of a criterion, in the order written."""
    for branch in criterion.get("all") or criterion.get("any") or []:
        yield from leaves(branch)
    if "parameter" in criterion:
        yield criterion


def parameters(definition: Mapping[str, Any]) -> list[str]:
    """PARAMCDs that a definition reads, in the order written, `PROT` unresolved."""
    evaluable = filter(None, [definition.get("evaluable")])
    criteria = [*categories.criteria(definition).values(), *evaluable]
    found = [leaf["parameter"] for criterion in criteria for leaf in leaves(criterion)]
    return list(dict.fromkeys(found))


def read(definition: Mapping[str, Any]) -> set[str]:
    """Every parameter, `PROT` unresolved, and every reference that a definition reads."""
    evaluable = filter(None, [definition.get("evaluable")])
    criteria = [*categories.criteria(definition).values(), *evaluable]
    used = [leaf for criterion in criteria for leaf in leaves(criterion)]
    return {leaf["parameter"] for leaf in used} | {leaf["of"] for leaf in used if "of" in leaf}


def words(
    criterion: Criterion,
    names: Mapping[str, str] | None = None,
    phrases: Mapping[str, str] = PHRASES,
) -> str:
    """A criterion in words, with the parameter called by its name where one is given."""
    for key in ("all", "any"):
        if key in criterion:
            parts = [words(branch, names, phrases) for branch in criterion[key]]
            nested = [
                f"({p})" if "all" in b or "any" in b else p
                for p, b in zip(parts, criterion[key], strict=True)
            ]
            return phrases[key].join(nested)
    code = criterion["parameter"]
    subject = (names or {}).get(code, phrases["proteinuria"] if code == PROTEINURIA else code)
    if criterion.get("at") == "baseline":
        subject = phrases["at_baseline"].format(subject=subject)
    if "fall_percent" in criterion:
        by = f"{_sign(_fall_op(criterion))} {criterion['fall_percent']} %"
        text = phrases["fallen"].format(subject=subject, by=by)
    elif "of" in criterion:
        factor = criterion.get("factor", 1)
        reference = phrases[criterion["of"]]
        if factor != 1:
            reference = f"{factor} × {reference}"
        if plus := criterion.get("plus"):
            reference += f" {'+' if plus > 0 else '−'} {abs(plus)} {_unit(criterion)}".rstrip()
        text = f"{subject} {_sign(criterion['op'])} {reference}"
    else:
        text = (
            f"{subject} {_sign(criterion['op'])} {criterion['value']} {_unit(criterion)}".rstrip()
        )
    if "from_day" not in criterion:
        return text
    return phrases["from_day"].format(text=text, day=criterion["from_day"])


def plain_unit(unit: str) -> str:
    """A UCUM unit without annotations: `g/g{creat}` is `g/g`; `{score}` alone is unity."""
    return re.sub(r"\{[^}]*\}", "", unit).strip("/") or "1"


def page(definitions: list[Mapping[str, Any]]) -> str:
    """All definitions as one Markdown page: criteria, citation, evidence mark."""
    lines = [
        "# Response definitions",
        "",
        "Made from the files in `resources/packs/*/definitions`; edit those, not this page.",
        "",
        "| evidence | means |",
        "|---|---|",
        *(f"| {mark} | {meaning} |" for mark, meaning in EVIDENCE.items()),
        "",
    ]
    for definition in sorted(definitions, key=lambda d: str(d["id"])):
        lines += [f"## `{definition['id']}`: {definition['title']}", ""]
        called = {c["code"]: categories.label(c, "en") for c in categories.categories(definition)}
        for code, criterion in categories.criteria(definition).items():
            lines.append(f"- **{called.pop(code)}**: {words(criterion)}")
        lines += [f"- **{name}**: what meets none" for name in called.values()]
        if evaluable := definition.get("evaluable"):
            lines.append(f"- Evaluable when {words(evaluable)}")
        if confirm := definition.get("confirm"):
            lines.append(f"- Confirmation: {_confirm_words(confirm)}")
        lines += [f"- Only while: {EXCLUDED[what]}" for what in definition.get("excludes", [])]
        lines += [f"- Only while: {never(leaf)}" for leaf in definition.get("fails", [])]
        if window := definition.get("window"):
            lines.append(f"- Judged from day {window['from_day']} to day {window['to_day']}")
        lines.append(f"- Version {definition['version']}. Evidence: {definition['evidence']}")
        lines.append(f"- {definition['citation'].strip()}")
        lines += [f"- {definition[key].strip()}" for key in ("source", "note") if key in definition]
        lines.append("")
    return "\n".join(lines)


#: What each part of a definition is; a part may be absent.
SHAPES: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("id", "title", "version", "citation", "evidence"), (str, "a text")),
    **dict.fromkeys(("source", "note"), (str, "a text")),
    **dict.fromkeys(("categories", "evaluable", "confirm"), (Mapping, "a mapping")),
    **dict.fromkeys(("excludes", "fails"), (list, "a list")),
    "window": (Mapping, "a mapping"),
}


def _strange_shapes(definition: Mapping[str, Any]) -> list[str]:
    return [
        f"{key} {definition[key]!r} is not {name}"
        for key, (kind, name) in SHAPES.items()
        if definition.get(key) is not None and not isinstance(definition[key], kind)
    ]


def _leaf_problems(leaf: Criterion, analytes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    problems = [f"`{key}` is not a key of a criterion" for key in leaf if str(key) not in LEAF_KEYS]
    code = str(leaf.get("parameter"))
    known = code == PROTEINURIA or code in analytes
    if not known:
        problems.append(f"parameter {code!r} is not in the dictionary of analytes")
    kinds = [key for key in ("value", "of", "fall_percent") if key in leaf]
    if len(kinds) != 1:
        problems.append(f"{code}: give exactly one of `value`, `of`, `fall_percent`")
        return problems
    if leaf.get("op", "<=" if kinds == ["fall_percent"] else None) not in OPERATORS:
        problems.append(f"{code}: op {leaf.get('op')!r} is none of {', '.join(OPERATORS)}")
    if kinds == ["of"] and str(leaf["of"]) not in REFERENCES:
        problems.append(f"{code}: of {leaf['of']!r} is none of {', '.join(REFERENCES)}")
    if leaf.get("at", "visit") not in ("visit", "baseline"):
        problems.append(f"{code}: at {leaf['at']!r} is neither `visit` nor `baseline`")
    problems += [
        f"{code}: {key} {leaf[key]!r} is not a number"
        for key in ("value", "factor", "plus", "fall_percent")
        if key in leaf and (isinstance(leaf[key], bool) or not isinstance(leaf[key], int | float))
    ]
    if known and ("value" in leaf or "plus" in leaf):
        expected = "g/g" if code == PROTEINURIA else str(analytes[code]["unit"] or "")
        if plain_unit(str(leaf.get("unit", ""))) != plain_unit(expected):
            problems.append(f"{code}: unit {leaf.get('unit')!r} does not fit {expected!r}")
    return problems


def _confirm_problems(confirm: Mapping[str, Any] | None) -> list[str]:
    if confirm is None or confirm == {"rule": "two_specimens"}:
        return []
    days, rule = confirm.get("days"), confirm.get("rule")
    two = isinstance(days, list) and len(days) == 2 and all(type(day) is int for day in days)
    known = {"rule", "days", "missed"} >= {*confirm} and confirm.get("missed", "skip") in MISSED
    if known and rule in ("next_visit", "previous_visit") and (days is None or two):
        return []
    if known and rule == "within_days" and two:
        return []
    return [
        "confirm is `{rule: next_visit}` or `{rule: previous_visit}`, each with optional "
        "`days: [28, 90]` and `missed: skip` or `open`, `{rule: two_specimens}` or "
        "`{rule: within_days, days: [28, 90]}`"
    ]


def _window_problems(window: Mapping[str, Any] | None) -> list[str]:
    if window is None:
        return []
    first, last = window.get("from_day"), window.get("to_day")
    if len(window) == 2 and type(first) is int and type(last) is int and 1 <= first <= last:
        return []
    return ["window is `{from_day: 62, to_day: 138}`, study days after baseline"]


def _confirm_words(confirm: Mapping[str, Any]) -> str:
    if confirm["rule"] == "two_specimens":
        return "the response must also hold with the urine of another day of the same visit"
    visit = {
        "next_visit": "at the next visit (the last visit: at the one before)",
        "previous_visit": "at the visit before",
        "within_days": "at a later visit",
    }[confirm["rule"]]
    days = "" if "days" not in confirm else ", {} to {} days apart".format(*confirm["days"])
    missed = "; a missed visit leaves it open" if confirm.get("missed") == "open" else ""
    return f"the response must also hold {visit}{days}{missed}"


def never(leaf: Criterion, names: Mapping[str, str] | None = None) -> str:
    """What makes a failure, in words."""
    return f"never {words(leaf, names)}"


def _fall_op(leaf: Criterion) -> str:
    """The comparison of a fall: `<=` the remaining part means a fall of at least so much."""
    return {"<=": ">=", "<": ">"}[leaf.get("op", "<=")]


def _sign(op: str) -> str:
    return {"<=": "≤", ">=": "≥", "==": "="}.get(op, op)


def _unit(leaf: Criterion) -> str:
    unit = str(leaf.get("unit", ""))
    return "" if plain_unit(unit) == "1" else unit


if __name__ == "__main__":
    import sys
    from pathlib import Path

    import yaml

    files = sorted(Path(sys.argv[1]).glob("*/definitions/*.yaml"))
    print(page([yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]))
