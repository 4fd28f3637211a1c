"""Check a study's configuration before any data is read, and say all that is wrong with it at once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from remit import roots
from remit.errors import RemitError
from remit.plan import composites, definitions, named, packs, parameters, resources
from remit.plan.categories import Category, categories

#: Values of a configuration, those that aliases repeat included.
LARGEST = 100_000

#: The plan that this process found good.
_CHECKED: dict[str, Any] = {}


def check(
    config: dict[str, Any],
    files: list[str],
    memory: Path | None = None,
    study: Path = Path(),
) -> dict[str, Any]:
    """The filled plan as plain JSON values with sorted keys: every key exists, or its block is None.

    `categories` has, per definition, its categories, best first.

    Args:
        config: The configuration as it was read.
        files: The YAML files it was read from, looked at once more for what its values do not show.
        memory: Where what `checked` said of an earlier run is kept; the same plan is not checked again.
        study: The study's folder, which may have dictionaries and definitions of its own.

    Raises:
        RemitError: one line per finding, each with the path of the key and what is allowed there.
    """
    chosen_packs = packs.of(config, study)
    folders = roots.resources(study, chosen_packs)
    state = _state(config, files, folders)
    if memory is not None and memory.is_file():
        with contextlib.suppress(ValueError, AttributeError):
            kept = json.loads(memory.read_text(encoding="utf-8"))
            if kept.get("state") == state:
                found: dict[str, Any] = kept["plan"]
                return found
    from remit.plan import cross_checks, slips  # what a plan already checked does without
    from remit.plan.filled import filled
    from remit.plan.model import Plan

    findings = [line for file in files for line in _yaml_findings(Path(file), file)]
    plan, wrong = slips.validated(Plan, config)
    findings += [said for _, said in wrong]
    right = plan or slips.sound(config, [place for place, _ in wrong])
    known = {row["PARAMCD"]: row for row in parameters.load(folders)}
    theirs = resources.definitions(folders)
    chosen = right.responses.definitions if right.responses else []
    own, used, told = _definitions([name for name in chosen if name in theirs], theirs, known)
    findings += packs.problems(right.packs or [])
    findings += packs.figure_problems(right.figures, chosen_packs)
    findings += composites.problems(known, folders)
    findings += cross_checks.problems(right, known, theirs, own, config)
    findings += told
    if findings:
        findings += packs.elsewhere(config, chosen_packs)
        raise RemitError(_list("The configuration cannot be used:", _with_lines(findings, files)))
    full = filled(plan, own, used, packs.figures(chosen_packs)) | {"packs": chosen_packs}
    full["used"] = named.parameters(full, used, known, folders)
    plain: dict[str, Any] = json.loads(json.dumps(full, sort_keys=True))
    _CHECKED.update(state=state, plan=plain)
    return plain


def checked() -> str | None:
    """The plan that this process checked, as `check` reads it when the next run starts with the same."""
    return json.dumps(_CHECKED) if _CHECKED else None


def read(file: str) -> dict[str, Any]:
    """The configuration that a file holds, as it was written.

    Raises:
        RemitError: there is no such file, or `look_over` finds something.
    """
    if not Path(file).is_file():
        raise RemitError(f"there is no {file} here. `remit init` proposes one for your exports.")
    look_over(file)
    written: dict[str, Any] = yaml.load(Path(file).read_text("utf-8"), Loader=yaml.CSafeLoader)
    return written


def look_over(file: str) -> None:
    """Look at a configuration file before Snakemake reads it, which a bomb of aliases would never end.

    Raises:
        RemitError: it is no YAML, or holds a tag, an alias or a key twice; with the line.
    """
    if Path(file).is_file() and (findings := list(_yaml_findings(Path(file), file))):
        raise RemitError(_list("The configuration cannot be used:", findings))


def check_feed(name: str, feed: Any) -> dict[str, Any]:
    """One feed's section, filled, whatever else the configuration says.

    Raises:
        RemitError: one line per finding.
    """
    from remit.plan import feeds, slips

    plan, wrong = slips.validated(feeds.Feed, feed, ("feeds", name))
    findings = [said for _, said in wrong] or list(feeds.problems(name, plan))
    if findings:
        raise RemitError(_list("The configuration cannot be used:", findings))
    found: dict[str, Any] = plan.model_dump()
    return found


def _list(title: str, findings: list[str]) -> str:
    return "\n".join([title, *(f"  - {finding}" for finding in findings)])


def _state(config: dict[str, Any], files: list[str], folders: Sequence[Path]) -> str:
    """A digest of everything that decides whether a configuration is good, and what fills it."""
    told = hashlib.sha256(repr(config).encode())
    code = sorted(Path(__file__).parent.glob("*.py"))
    dictionaries = ("analytes", "derived_parameters", "composites")
    tables = [path for name in dictionaries for path in resources.files(name, folders)]
    definitions_ = resources.definitions(folders).values()
    for path in [*map(Path, files), *code, *tables, *definitions_]:
        if path.is_file():
            told.update(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return told.hexdigest()


def _with_lines(findings: list[str], files: list[str]) -> list[str]:
    """The findings with the file and line where the key stands, or that of the block around it."""
    lines: dict[str, str] = {}
    for file in files:
        with contextlib.suppress(OSError, ValueError, yaml.YAMLError):
            document = yaml.compose(Path(file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            lines |= {path: f"{file}, line {line}" for path, line in _lines(document)}
    told = []
    for finding in findings:
        place = re.sub(r" \(\w+\)", "", finding.partition(": ")[0])
        if slip := re.match(r": (?:unknown key )?`(\w+)`", finding.removeprefix(place)):
            place = f"{place}.{slip[1]}" if f"{place}.{slip[1]}" in lines else place
        while place and place not in lines:
            place = place.rpartition(".")[0]
        told.append(f"{finding} ({lines[place]})" if place else finding)
    return told


def _lines(document: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """The path of every key of a YAML document, and its line."""
    waiting: list[tuple[str, yaml.Node | None]] = [("", document)]
    while waiting:
        path, node = waiting.pop()
        inside: list[tuple[str, yaml.Node, yaml.Node]] = []
        if isinstance(node, yaml.MappingNode):
            inside = [(str(key.value), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            inside = [(str(k), value, value) for k, value in enumerate(node.value)]
        for step, place, value in inside:
            own = f"{path}.{step}" if path else step
            yield own, place.start_mark.line + 1 if place.start_mark else 0
            waiting.append((own, value))


def _definitions(
    names: list[str], files: Mapping[str, Path], known: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, list[Category]], set[str], list[str]]:
    """The categories of each definition by its id, what all of them read, and what is wrong with any."""
    used: set[str] = set()
    own: dict[str, list[Category]] = {}
    told: list[str] = []
    files_of: dict[str, str] = {}
    for name in sorted(set(names)):
        if strange := list(_yaml_findings(files[name], f"resources/definitions/{name}.yaml")):
            told += strange
            continue
        definition = yaml.load(files[name].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        wrong = [f"resources/definitions/{line}" for line in definitions.check(definition, known)]
        told += wrong
        if not wrong:
            own[definition["id"]] = categories(definition)
            used |= definitions.read(definition)
        if isinstance(definition, dict) and isinstance(id := definition.get("id"), str):
            if id in files_of:
                told.append(
                    f"resources/definitions/{name}.yaml: {files_of[id]}.yaml has the id `{id}` too"
                )
            files_of[id] = name
    return own, used, told


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
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        yield (
            f"{name}{where}: it cannot be read as YAML ({problem or ' '.join(str(error).split())}). "
            "Look at the indentation, colons and quotes of this line and of the one before"
        )
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
