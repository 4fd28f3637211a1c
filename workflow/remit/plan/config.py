"""Check a study's configuration before any data is read, and say all that is wrong with it at once."""

from __future__ import annotations

import codecs
import difflib
import json
import re
import zoneinfo
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from remit.errors import RemitError
from remit.plan import categories, cross_checks, definitions, parameters, resources, windows

# Directives of a date's format as chrono knows them, which polars reads by; and those for a date.
DIRECTIVE = re.compile(r"%[-_0]?(?:\.[369]?f|:z|.)?")
READ = re.compile(r"%(?:[-_0]?[YymbBhdeajAHIklpPMSTRFDyz%]|\.[369]?f|:z|f)")
#: One JSON schema per section of the configuration.
SCHEMAS = Path(__file__).parents[1] / "schemas/config"
#: Values of a configuration, those that aliases repeat included.
LARGEST = 100_000


def check(config: dict[str, Any], files: list[str]) -> dict[str, Any]:
    """Return the configuration as plain JSON values with sorted keys, and what its definitions own.

    `categories` has, per definition, its categories, best first; an event that names none has all that
    are responses.

    `files` are the YAML files the configuration was read from, looked at once more for what its
    values do not show.

    Raises:
        RemitError: one line per finding, each with the path of the key and what is allowed there.
    """
    findings = [line for file in files for line in _yaml_findings(Path(file), file)]
    findings += _schema_findings(config, _schema())
    if not findings:
        findings = list(_plan_findings(config))
    if findings:
        raise RemitError(_list("The configuration cannot be used:", findings))
    plain: dict[str, Any] = json.loads(json.dumps(config, sort_keys=True))
    plain["categories"] = categories_of(config)
    for event in plain["events"]:
        if event["kind"] == "response":
            own = plain["categories"][event["definition"]]
            event.setdefault("categories", [c["code"] for c in own if c["response"]])
    return plain


def look_over(file: str) -> None:
    """Look at a configuration file before Snakemake reads it, which a bomb of aliases would never end.

    Raises:
        RemitError: it is no YAML, or holds a tag, an alias or a key twice; with the line.
    """
    if Path(file).is_file() and (findings := list(_yaml_findings(Path(file), file))):
        raise RemitError(_list("The configuration cannot be used:", findings))


def check_feed(name: str, feed: Any) -> None:
    """Hold one feed's section to what `check` asks of it, whatever else the configuration says.

    Raises:
        RemitError: one line per finding.
    """
    feeds = _schema()["properties"]["feeds"]
    findings = list(_schema_findings({"feeds": {name: feed}}, {"properties": {"feeds": feeds}}))
    if findings := findings or list(_feed_problems(name, feed)):
        raise RemitError(_list("The configuration cannot be used:", findings))


def _list(title: str, findings: list[str]) -> str:
    return "\n".join([title, *(f"  - {finding}" for finding in findings)])


def _schema() -> dict[str, Any]:
    sections = {
        path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for path in sorted(SCHEMAS.glob("*.yaml"))
    }
    return {
        "type": "object",
        "properties": sections,
        "required": sorted(sections),
        "additionalProperties": False,
    }


def _schema_findings(config: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema).iter_errors(config)
    for error in sorted(errors, key=lambda error: [str(step) for step in error.absolute_path]):
        yield from _explain(error)


def _explain(error: Any) -> Iterator[str]:
    place = ".".join(str(step) for step in error.absolute_path) or "config"
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        for key in sorted(set(value) - set(known)):
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"allowed: {', '.join(known)}"
            yield f"{place}: unknown key `{key}`; {hint}"
    elif rule == "required":
        yield (
            f"{place}: {error.message.replace(' is a required property', ' is missing')}"
            + _about(error.schema.get("properties", {}).get(_missing(error), {}))
        )
    elif rule == "enum":
        yield f"{place}: {value!r} is not one of {', '.join(map(str, limit))}"
    elif rule == "type":
        wanted = limit if isinstance(limit, str) else " or ".join(limit)
        hint = " (write a date in quotes)" if type(value).__name__ in ("date", "datetime") else ""
        yield f"{place}: {value!r} must be of type {wanted}{hint}{_about(error.schema)}"
    elif rule in ("anyOf", "oneOf") and error.context:
        branch = min(error.context, key=lambda sub: (len(sub.relative_path) == 0, str(sub.message)))
        nearest = next(_explain(branch))
        yield f"{place}: it has none of the forms allowed. Of the nearest: {nearest}{_about(error.schema)}"
    elif rule == "pattern":
        yield f"{place}: {value!r} is not of the form wanted{_about(error.schema)}"
    else:
        yield f"{place}: {error.message}{_about(error.schema)}"


def _feed_problems(name: str, feed: dict[str, Any]) -> Iterator[str]:
    """Names of clocks and encodings that nobody knows, and formats that give no date."""
    for format in feed.get("dates", []):
        place = f"feeds.{name}.dates: {format!r}"
        strange = [found for found in DIRECTIVE.findall(format) if not READ.fullmatch(found)]
        if strange:
            yield f"{place}: `{strange[0]}` is no part of a date; write such as %d/%m/%Y %H:%M"
        elif format != "excel" and not re.search("%[-_0]?[YyFD]", format):
            yield f"{place}: it has no year; write %Y for 2021, %y for 21"
    if "timezone" in feed and (zone := feed["timezone"]) not in zoneinfo.available_timezones():
        near = difflib.get_close_matches(zone, zoneinfo.available_timezones(), 1)
        hint = f"did you mean `{near[0]}`?" if near else "write it like Asia/Shanghai"
        yield f"feeds.{name}.timezone: {zone!r} is no IANA time zone; {hint}"
    try:
        codecs.lookup(feed.get("encoding", "utf-8"))
    except LookupError:
        yield (
            f"feeds.{name}.encoding: {feed['encoding']!r} is unknown. Write utf-8, utf-16, gb18030, "
            "windows-1252, or leave it out to have it detected"
        )


def _plan_findings(config: dict[str, Any]) -> Iterator[str]:
    """What is wrong between the sections and the dictionaries, each section being right alone."""
    for name, feed in config["feeds"].items():
        yield from _feed_problems(name, feed)
    for section in ("study", "responses"):
        try:
            date.fromisoformat(text := config[section].get("cutoff", "2000-01-01"))
        except ValueError:
            yield f"{section}.cutoff: {text!r} is no day of the calendar"
    try:
        visits = {window.name for window in windows.compile(config["visits"])}
        visits |= {end["name"] for end in config["visits"].get("ends", [])}
        yield from _unknown(
            "statistics.visits", config["statistics"]["visits"], visits, "a planned visit"
        )
        for figure, block in config["figures"].items():
            several, one = block.get("visits", []), [block["visit"]] if "visit" in block else []
            yield from _unknown(f"figures.{figure}.visits", several, visits, "a planned visit")
            yield from _unknown(f"figures.{figure}.visit", one, visits, "a planned visit")
    except RemitError as error:
        yield str(error)
    known = {row["PARAMCD"]: row for row in parameters.load()}
    where = "an entry in resources/analytes.csv or resources/derived_parameters.csv"
    for place, named in _named_parameters(config):
        yield from _unknown(place, named, known, where)
    yield from cross_checks.problems(config, known)
    files = resources.definitions()
    chosen = config["responses"]["definitions"]
    yield from _unknown("responses.definitions", chosen, files, "a file in resources/definitions/")
    files_of: dict[str, str] = {}
    own_categories: dict[str, list[categories.Category]] = {}
    for name in sorted(set(chosen) & set(files)):
        if strange := list(_yaml_findings(files[name], f"resources/definitions/{name}.yaml")):
            yield from strange
            continue
        definition = yaml.load(files[name].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        wrong = [f"resources/definitions/{line}" for line in definitions.check(definition, known)]
        yield from wrong
        if not wrong:
            own_categories[definition["id"]] = categories.categories(definition)
        if isinstance(definition, dict) and isinstance(own := definition.get("id"), str):
            if own in files_of:
                yield f"resources/definitions/{name}.yaml: {files_of[own]}.yaml has the id `{own}` too"
            files_of[own] = name
    yield from cross_checks.categories(config["events"], own_categories)


def categories_of(
    config: dict[str, Any], folders: Sequence[Path] | None = None
) -> dict[str, list[categories.Category]]:
    """The categories of every definition of the plan."""
    known = definitions.load(config["responses"]["definitions"], folders)
    return {definition["id"]: categories.categories(definition) for definition in known}


def _named_parameters(config: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "statistics.parameters", list(config["statistics"]["parameters"])
    yield (
        "subjects.efficacy.baseline_and_after",
        config["subjects"]["efficacy"].get("baseline_and_after", []),
    )
    yield "tables.parameters", config["tables"].get("parameters", [])
    for figure, block in config["figures"].items():
        yield f"figures.{figure}.parameters", block.get("parameters", [])
        yield f"figures.{figure}.parameter", [block["parameter"]] if "parameter" in block else []


def _unknown(place: str, named: list[str], known: Collection[str], what: str) -> Iterator[str]:
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            yield f"{place}: `{name}` is not {what}{hint}"


def _missing(error: Any) -> str:
    return str(error.message).split("'")[1]


def _about(schema: dict[str, Any]) -> str:
    description = schema.get("description", "") if isinstance(schema, dict) else ""
    return f". {description}" if description else ""


def _yaml_findings(path: Path, name: str) -> Iterator[str]:
    """What keeps a YAML file from being read, or from meaning what it seems to mean."""
    try:
        text = path.read_text(encoding="utf-8")
        strange = list(_tags_and_bombs(text))
        document = None if strange else yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError:
        yield f"{name}: it is not UTF-8. Save it as UTF-8."
        return
    except yaml.YAMLError as error:
        yield f"{name}: it cannot be read as YAML: {' '.join(str(error).split())}"
        return
    for line, told in strange or _repeated_keys(document):
        yield f"{name}, line {line}: {told}"


def _tags_and_bombs(text: str) -> Iterator[tuple[int, str]]:
    """Tags, which ask for an object to be made, and aliases of aliases that unfold without end."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = [(None, 0)]  # sections around, each with its size so far
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if tag := getattr(event, "tag", None):
            yield line, f"the tag `{tag}` is not allowed; write the plain value"
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, 1))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
            sizes |= {anchor: size} if anchor else {}
        elif isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor or "", LARGEST)  # a part of itself is unending
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            sizes |= {event.anchor: 1} if event.anchor else {}
        else:
            continue
        around, before = open_[-1]
        open_[-1] = around, before + size
        if before + size > LARGEST:
            yield line, f"what `*` stands for unfolds to more than {LARGEST} values; write it out"
            return


def _repeated_keys(document: yaml.Node | None) -> Iterator[tuple[int, str]]:
    waiting = [document] if document else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                line = key.start_mark.line + 1 if key.start_mark else 0
                if not isinstance(key, yaml.ScalarNode):
                    yield line, "a key is a text"
                elif key.value in seen:
                    yield line, f"the key `{key.value}` stands twice in one section"
                else:
                    seen.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
