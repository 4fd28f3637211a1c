"""The model of the plan for others: a JSON schema for editors, a page of every key for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from remit.plan.model import Plan

#: Where a block of the model has a name of its own that the reader need not know.
NAMED = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a configuration, each key with its meaning and default."""
    found: dict[str, Any] = _untitled(Plan.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Remit"} | found


def page() -> str:
    """Every key of a configuration as one Markdown page: meaning, values, default."""
    whole = schema()
    lines = [
        "# Every key of config.yaml",
        "",
        "Made by `make configuration` from the model in `workflow/remit/plan/`; edit that, not this page.",
        "A key without a default must be written. `remit schema` prints the same as a JSON schema; an",
        "editor that knows it completes keys and marks slips while you type:",
        "",
        "```yaml",
        "# yaml-language-server: $schema=schema.json",
        "```",
        "",
    ]
    for section, part in whole["properties"].items():
        lines += [f"## {section}", "", *_section(section, part, whole)]
    return "\n".join(lines).rstrip() + "\n"


def _section(path: str, part: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    block, suffix = _block(part, whole)
    yield _text(part.get("description", "") or block.get("description", ""))
    yield ""
    if "properties" not in block:
        return
    yield "| key | what it is | values | default |"
    yield "|---|---|---|---|"
    inner = []
    for key, about in block["properties"].items():
        needed = key in block.get("required", [])
        default = "" if needed else _default(about.get("default"))
        yield (
            f"| `{key}` | {_text(about.get('description', ''))} | {_values(about, whole)} | {default} |"
        )
        if "properties" in _block(about, whole)[0]:
            inner.append((key, about))
    yield ""
    for key, about in inner:
        name = f"{path}{suffix}.{key}"
        yield f"### {name}{_block(about, whole)[1]}"
        yield ""
        yield from _section(name, about, whole)


def _block(part: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The block of keys that a part is, holds in a list or holds by name, and how its path goes on."""
    if "$ref" in part:
        return dict(whole["$defs"][part["$ref"].rpartition("/")[2]]), ""
    for member in [*part.get("anyOf", []), *part.get("oneOf", [])]:
        block, suffix = _block(member, whole)
        if "properties" in block:
            return block, suffix
    if "items" in part:
        return _block(part["items"], whole)[0], "[]"
    named = [part.get("additionalProperties"), *part.get("patternProperties", {}).values()]
    for values in named:
        if isinstance(values, dict):
            block, suffix = _block(values, whole)
            return block, f".NAME{suffix}"
    return dict(part), ""


def _values(part: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{value}`" if value else "empty" for value in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if "$ref" in part:
        return "keys below"
    members = [*part.get("anyOf", []), *part.get("oneOf", [])]
    if members:
        told = [_values(member, whole) for member in members if member.get("type") != "null"]
        return " or ".join(dict.fromkeys(filter(None, told)))
    if part.get("type") == "array":
        return f"list of {_values(part.get('items', {}), whole) or 'anything'}"
    if part.get("type") == "object":
        named = [part.get("additionalProperties"), *part.get("patternProperties", {}).values()]
        values = next((values for values in named if isinstance(values, dict)), {})
        return f"names, each with {_values(values, whole) or 'anything'}"
    name = NAMED.get(part.get("type", ""), "")
    limits = [
        f"{sign} {part[key]}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in part
    ]
    return f"{name} {', '.join(limits)}".strip()


def _default(value: Any) -> str:
    if value is None or value in ("", [], {}) or isinstance(value, dict):
        return "none"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _text(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _untitled(part: Any) -> Any:
    """Without the titles that pydantic makes of the keys' names."""
    if isinstance(part, dict):
        return {
            key: _untitled(value)
            for key, value in part.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_untitled(each) for each in part] if isinstance(part, list) else part


if __name__ == "__main__":
    print(page(), end="")
