"""The dictionaries of `resources/`, Remit's own with what a study adds to them or replaces.

Pure Python, so that the plan is checked against them before polars is imported. Each function takes the
folders in the order in which they count, by default Remit's and the study's (`remit.roots.resources`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from remit import roots
from remit.errors import RemitError

#: Per dictionary the columns by which rows are the same thing.
KEYS = {
    "analytes": ("LBTESTCD",),
    "codes": ("column", "word"),
    "composites": ("PARAMCD",),
    "conversions": ("LBTESTCD", "from_unit", "to_unit"),
    "ctcae": ("term",),
    "derived_parameters": ("LBTESTCD",),
    "frequencies": ("frequency",),
    "headers": ("kind", "means", "language"),
    "labels": ("key",),
    "names": ("LBTESTCD", "language"),
    "questionnaires": ("QSTESTCD",),
    "results": ("spelling",),
    "scores": ("PARAMCD",),
    "equivalents": ("PARAMCD", "drug"),
    "ucum": ("ucum",),
    "unit_words": ("pattern",),
    "units": ("spelling",),
}


#: What derived records are made with.
DERIVED_WITH = ("questionnaires", "scores", "composites", "equivalents", "frequencies")


class Row(NamedTuple):
    """One row of a dictionary, and where it stands: file and line."""

    cells: dict[str, str]
    place: str


def files(name: str, folders: Sequence[Path] | None = None) -> list[Path]:
    """The files that a dictionary is made of."""
    folders = roots.resources() if folders is None else folders
    return [path for folder in folders if (path := folder / f"{name}.csv").is_file()]


def rows(name: str, folders: Sequence[Path] | None = None) -> list[Row]:
    """The rows of a dictionary; a later folder's row takes the place of those of the same key.

    A study's own file may leave out columns that it does not need: their cells are empty.

    Raises:
        RemitError: there is no such file, or one cannot be read; with file, line and remedy.
    """
    folders = roots.resources() if folders is None else folders
    found = files(name, folders)
    if not found:
        raise RemitError(f"{folders[0] / name}.csv: the dictionary is missing. Restore it.")
    columns, merged = _read(found[0])
    for path in found[1:]:
        _, added = _read(path, columns)
        theirs: dict[tuple[str, ...], list[Row]] = {}
        for row in added:
            theirs.setdefault(_key(name, row), []).append(row)
        replaced = dict(theirs)
        merged = [
            row
            for old in merged
            for row in (theirs.pop(_key(name, old), []) if _key(name, old) in replaced else [old])
        ]
        merged += [row for some in theirs.values() for row in some]
    return merged


def columns(name: str, folders: Sequence[Path] | None = None) -> list[str]:
    """The columns of a dictionary, Remit's own order."""
    return list(_read(files(name, folders)[0])[0])


def text(name: str, folders: Sequence[Path] | None = None) -> io.BytesIO:
    """A dictionary as CSV, to be read like a file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns(name, folders), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.cells for row in rows(name, folders))
    return io.BytesIO(out.getvalue().encode())


def definitions(folders: Sequence[Path] | None = None) -> dict[str, Path]:
    """The file of every response definition by its name; a study's own takes the place of Remit's."""
    folders = roots.resources() if folders is None else folders
    return {
        path.stem: path
        for folder in folders
        for path in sorted((folder / "definitions").glob("*.yaml"))
    }


def _key(name: str, row: Row) -> tuple[str, ...]:
    return tuple(row.cells[column] for column in KEYS[name])


@cache
def _read(path: Path, columns: tuple[str, ...] = ()) -> tuple[tuple[str, ...], list[Row]]:
    """Columns and rows of a file; `columns` are those that a study's own file may have."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise RemitError(f"{path}: byte {error.start} is not UTF-8. Save it as UTF-8.") from None
    reader = csv.reader(lines)
    header = tuple(next(reader, []))
    if strange := [column for column in header if columns and column not in columns]:
        raise RemitError(
            f"{path}, line 1: {strange[0]!r} is no column of this dictionary; its columns are "
            f"{', '.join(columns)}."
        )
    read = []
    for cells in reader:
        if cells and len(cells) != len(header):
            raise RemitError(
                f"{path}, line {reader.line_num}: {len(cells)} fields instead of {len(header)}. "
                "A comma inside a text needs quotes around the text."
            )
        if cells:
            own = dict(zip(header, cells, strict=True))
            full = own if not columns else {column: own.get(column, "") for column in columns}
            read.append(Row(full, f"{path}, line {reader.line_num}"))
    return columns or header, read
