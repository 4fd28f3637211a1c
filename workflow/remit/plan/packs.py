"""The packs: what Remit knows of one disease, a folder each of `resources/packs`.

A pack holds dictionaries and definitions of the same form as Remit's own, and `pack.yaml` with its `title`
and the packs that it `needs`. Its code, where it has some, is the package `remit.packs.<name>`.

Pure Python, so that the plan is checked against its packs before polars is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from remit import roots
from remit.errors import nearest
from remit.plan import resources

if TYPE_CHECKING:
    from remit.plan.model import Figures

FOLDER = roots.CODE / "resources" / "packs"
#: The column of each dictionary of a pack by which a plan names what it holds.
NAMES = {"analytes": "LBTESTCD", "derived_parameters": "LBTESTCD", "questionnaires": "QSTESTCD"}


def shipped() -> list[str]:
    """The names of all packs that Remit has."""
    return sorted(path.parent.name for path in FOLDER.glob("*/pack.yaml"))


def of(written: Mapping[str, Any], study: Path = Path()) -> list[str]:
    """The packs of a configuration as it is written, each after those that it needs.

    They are those that `packs` names. Left out, they are all of which the plan names something: a
    definition, a parameter or an item of a questionnaire, itself or in a definition of the study's own.
    Names that no pack has are passed over; `problems` tells of them.
    """
    named = written.get("packs")
    if not isinstance(named, list):
        said = {*words({k: v for k, v in written.items() if k not in ("study", "feeds")})}
        own = resources.definitions([study / "resources"])
        for name in said & own.keys():
            said |= {*re.findall(r"\w+", own[name].read_text(encoding="utf-8", errors="replace"))}
        named = [pack for pack in shipped() if not said.isdisjoint(_holds(pack))]
    known = shipped()
    return _after_needed([name for name in named if name in known])


def elsewhere(written: Mapping[str, Any], chosen: Sequence[str]) -> Iterator[str]:
    """A sentence for each thing that a plan names and only a pack has that it does not."""
    here = {name for pack in chosen for name in _holds(pack)}
    for pack in shipped():
        said = {*words({k: v for k, v in written.items() if k not in ("study", "feeds")})}
        for name in sorted((said & _holds(pack)) - here) if pack not in chosen else ():
            yield f"packs: `{name}` is of the pack `{pack}`; add it to `packs`"


def figures(chosen: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Options of figures where the plan has none, as the packs say in `figures`; a later pack's counts."""
    return {
        name: dict(options)
        for pack in chosen
        for name, options in about(pack).get("figures", {}).items()
    }


def figure_problems(drawn: Figures | None, chosen: Sequence[str]) -> Iterator[str]:
    """A sentence for the figure that says neither what it shows nor has it from a pack."""
    parts = drawn and drawn.score_parts
    if parts and not (parts.score and parts.parts) and "score_parts" not in figures(chosen):
        yield "figures.score_parts: name the `score` and its `parts`; no pack of the plan does"


def problems(named: Sequence[str]) -> Iterator[str]:
    """A sentence for each name of `packs` that is no pack."""
    known = shipped()
    for name in named:
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean `{near}`?" if near else f"; there are {', '.join(known)}"
            yield f"packs: `{name}` is no pack{hint}"


def _holds(pack: str) -> set[str]:
    """Everything by which a plan names something of a pack."""
    folder = [FOLDER / pack]
    names = {*resources.definitions(folder), *about(pack).get("keys", [])}
    for dictionary, column in NAMES.items():
        if resources.files(dictionary, folder):
            names |= {row.cells[column] for row in resources.rows(dictionary, folder)}
    return names


def about(pack: str) -> dict[str, Any]:
    """What `pack.yaml` says."""
    found: dict[str, Any] = _read(FOLDER / pack / "pack.yaml")
    return found


def _after_needed(names: Sequence[str], found: Sequence[str] = ()) -> list[str]:
    ordered = list(found)
    for name in names:
        if name not in ordered:
            ordered = [*_after_needed(about(name).get("needs", []), ordered), name]
    return ordered


def words(value: Any) -> Iterator[str]:
    """Every text of plain values, keys too."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from words(key)
            yield from words(each)
    elif isinstance(value, list):
        for each in value:
            yield from words(each)
    elif isinstance(value, str):
        yield value


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
