"""The categories of a response definition: what its file says of them, best first.

A category is written as its criterion alone, or with what people see of it:

    CR:
      label: {en: Complete remission, zh: 完全缓解}
      colour: "#00427a"            # of its bars; left out, one of the theme's
      response: true               # left out, every category above the one without a criterion is one
      when: {parameter: UPCR, op: "<", value: 0.5, unit: g/g}

They stand in order, best first, and the first whose criterion holds is the category. The one without
`when` is what meets none of the others; left out, it is NR, and the last. Those below it are worse
than no response.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

#: Whoever cannot be judged is in no category of any definition.
NOT_EVALUABLE = "NE"
NO_RESPONSE = "NR"
KEYS = ("label", "colour", "response", "when")


class Category(TypedDict):
    """What is known of one category beside its criterion."""

    code: str
    label: dict[str, str]
    colour: str | None
    response: bool


def categories(definition: Mapping[str, Any]) -> list[Category]:
    """The categories of a definition that passed `problems`, best first."""
    written = _written(definition["categories"])
    without = [code for code, about in written.items() if "when" not in about]
    place = list(written).index(without[0])
    return [
        {
            "code": code,
            "label": LABELS.get(code, {"en": code}) | about.get("label", {}),
            "colour": about.get("colour"),
            "response": about.get("response", k < place),
        }
        for k, (code, about) in enumerate(written.items())
    ]


def criteria(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The criterion of each category that has one, in the order they are tried."""
    written = _written(definition["categories"])
    return {code: about["when"] for code, about in written.items() if "when" in about}


def levels(known: Sequence[Category], criteria: Sequence[str]) -> dict[str, int]:
    """Rank of each category: 0 for what meets no criterion, better ones above it, worse ones below."""
    codes = [category["code"] for category in known]
    zero = next(k for k, code in enumerate(codes) if code not in criteria)
    return {code: zero - k for k, code in enumerate(codes)}


def counted(known: Sequence[Category]) -> dict[str, list[str]]:
    """What a table counts, and the categories in it: each response, all together, the others."""
    responses = [category["code"] for category in known if category["response"]]
    others = [category["code"] for category in known if not category["response"]]
    together = {"+".join(responses): responses} if len(responses) > 1 else {}
    return {code: [code] for code in responses} | together | {code: [code] for code in others}


def label(category: Category, language: str) -> str:
    """What a category is called, the code in brackets where the label does not have it."""
    name = plain(category, language)
    return name if category["code"] == name else f"{name} ({category['code']})"


def plain(category: Category, language: str) -> str:
    """What a category is called in a sentence's beginning."""
    return category["label"].get(language, category["label"]["en"])


def in_text(category: Category, language: str) -> str:
    """What a category is called within a sentence: `complete remission`, but `EULAR good response`."""
    name = plain(category, language)
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def problems(written: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with `categories` of a definition, their criteria aside, one sentence each."""
    for code in written:
        if not isinstance(code, str) or not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", code):
            yield f"category {code!r} is no code; write letters and digits, such as CR (NO in quotes)"
        if code == NOT_EVALUABLE:
            yield "category 'NE' stands for whoever cannot be judged; take another code"
    strange = {code: x for code, x in written.items() if not isinstance(x, Mapping | None)}
    if strange:
        yield from (f"{code}: {about!r} is not a criterion" for code, about in strange.items())
        return
    full = _written(written)
    found = [
        f"{code}: {problem}" for code, about in full.items() for problem in _problems(code, about)
    ]
    yield from found
    without = [str(code) for code, about in full.items() if "when" not in about]
    if len(without) > 1:
        yield f"{' and '.join(without)} have no `when`; one category is what meets none"
    elif not found and not any(
        category["response"] for category in categories({"categories": written})
    ):
        yield "no category is a response"


def _problems(code: str, about: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"`{key}` is none of {', '.join(KEYS)}" for key in about if key not in KEYS)
    name = about.get("label", {"en": code})
    if not isinstance(name, Mapping) or not all(isinstance(t, str) and t for t in name.values()):
        yield f"label {name!r} is not a text a language, such as {{en: Complete remission}}"
    elif "en" not in name:
        yield "label has no `en`, which stands in for every language without its own"
    colour = about.get("colour")
    if colour is not None and not re.fullmatch("#[0-9a-fA-F]{6}", str(colour)):
        yield f'colour {colour!r} is not of the form "#00427a"'
    if not isinstance(about.get("response", True), bool):
        yield f"response {about['response']!r} is neither true nor false"
    if "when" not in about and about.get("response"):
        yield "what meets no criterion is no response; give it `when`"


def _bare(about: Any) -> bool:
    """Whether a category is written as its criterion alone."""
    return isinstance(about, Mapping) and bool({"parameter", "all", "any"} & {*about})


def _written(given: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Each category with what is said of it, the one without a criterion among them."""
    full = {
        code: {"when": about} if _bare(about) else (about or {}) for code, about in given.items()
    }
    if all("when" in about for about in full.values()):
        full = full | {NO_RESPONSE: {}}
    return full


#: What the usual codes mean where a definition does not say.
LABELS = {
    "CR": {"en": "Complete response", "zh": "完全应答"},
    "PR": {"en": "Partial response", "zh": "部分应答"},
    "R": {"en": "Response", "zh": "应答"},
    "NR": {"en": "No response", "zh": "无应答"},
}
