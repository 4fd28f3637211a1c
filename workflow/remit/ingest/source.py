"""What every reader is given and what it answers."""

import difflib
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import RemitError

# Title lines above a header are few; a header further down is not looked for.
HEADER_WITHIN = 50
# What a spreadsheet's cell can hold. No result is longer, and parsing one could take minutes.
LONGEST_TEXT = 32_767


class UnreadableError(RemitError):
    """A source file cannot be read as its feed says; the message names the remedy."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a delivery: the name the hospital gave it, and where its bytes lie.

    `archive` is the SHA-256 of the archive that it came in, which stands for it.
    """

    name: str
    path: Path
    archive: str | None = None

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes that arrived, in hexadecimal."""
        if self.archive:
            return self.archive
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Header:
    """Where the header stands and which fields of the file are read.

    Attributes:
        row: number of rows above the first data row.
        names: the header's cells, one a field.
        fields: our column name to the positions of its fields (several are joined by spaces).
    """

    row: int
    names: list[str]
    fields: dict[str, list[int]]

    @property
    def width(self) -> int:
        """Number of fields a full row has."""
        return len(self.names)


@dataclass
class Findings:
    """What a reader found out about a file.

    Attributes:
        notes: what the feed does not declare, for the ledger's message.
        header: the header, where the format has one.
        found: what a count of the file that knows nothing of its meaning finds, in the format's own
            units (resources and components, segments, records); None where nothing was counted.
        handed_on: how many of these became rows.
        left_aside: how many did not, by kind.
    """

    notes: list[str] = field(default_factory=list)
    header: Header | None = None
    found: int | None = None
    handed_on: int = 0
    left_aside: Counter[str] = field(default_factory=Counter)


# Left aside of every file, and told in the ledger alone.
HEADER_LINES, BLANK_LINES, FURTHER_LINES = (
    "of the header and above it",
    "blank",
    "further lines of a text",
)
HEADER_AGAIN = "of the header, once more"
ROUTINE = {HEADER_LINES, BLANK_LINES, FURTHER_LINES}


def left_aside(findings: Findings, without: Collection[str] = ()) -> str:
    """What was left aside, counted by kind."""
    counts = sorted((kind, count) for kind, count in findings.left_aside.items() if count)
    return ", ".join(f"{count} {kind}" for kind, count in counts if kind not in without)


def reconciled(file: SourceFile, findings: Findings) -> None:
    """Hold what was handed on and left aside against what was found, and note what was left.

    Raises:
        UnreadableError: something has no fate, or nothing of the file became a row.
    """
    left = left_aside(findings, ROUTINE)
    if not findings.handed_on and (findings.found is not None or left):
        raise UnreadableError(
            f"{file.name}: nothing in it gives a row of this feed"
            + (f" ({left})" if left else "")
            + ". Is it the right file, and complete?"
        )
    if (
        findings.found is not None
        and findings.found != findings.handed_on + findings.left_aside.total()
    ):
        raise UnreadableError(
            f"{file.name}: it holds {findings.found} items, of which {findings.handed_on} were read "
            f"and {findings.left_aside.total()} left aside: the others are of a form that is not "
            "known. Ask for the export in the standard's own form."
        )
    if left:
        findings.notes.append(f"left aside: {left}")


def headers(feed: Mapping[str, Any], present: Sequence[str] = ()) -> dict[str, list[str]]:
    """The feed's mapping: each of our columns to its headers.

    `[header]` stands for one that no column of ours has: a test's, or one that the feed filters,
    joins or builds by. `present` are the headers of the file, where they are known.
    """
    columns = {
        column: [header] if isinstance(header, str) else list(header)
        for column, header in (feed.get("columns") or {}).items()
    }
    made = {*columns, *(name for join in feed.get("join") or [] for name in join["columns"])}
    others = [name for name in _others(feed, present) if name not in made]
    return columns | {f"[{name}]": [name] for name in others}


def tests(feed: Mapping[str, Any], present: Sequence[str]) -> list[dict[str, Any]]:
    """The tests of a wide file, each of one column.

    One with `headings` stands for every header that its pattern fits and that no column of ours has;
    what the pattern's groups found is what its rows have, and fills the braces in the names of its
    other columns.
    """
    found: list[dict[str, Any]] = []
    mapped = {
        _plain(header)
        for headers in (feed.get("columns") or {}).values()
        for header in ([headers] if isinstance(headers, str) else headers)
    }
    free = [name for name in present if name and name not in mapped]
    for test in feed.get("tests") or []:
        said = {name: value for name, value in test.items() if value is not None}
        if (headings := said.pop("headings", None)) is None:
            found.append(said)
            continue
        matches = [(name, re.fullmatch(headings, name)) for name in free]
        # A pattern that fits nothing stands for itself: no header, and missed as such.
        for name, match in [each for each in matches if each[1]] or [(headings, None)]:
            groups = match.groupdict() if match else {}
            own = {group: text for group, text in groups.items() if text and group.isupper()}
            filled = {
                column: {"column": _filled(of["column"], {**groups, "heading": name})}
                if isinstance(of, Mapping) and column != "codes"
                else of
                for column, of in said.items()
            }
            found.append({"column": name, **own, **filled})
    return found


BRACED = re.compile(r"\{([^{}]+)\}")
# Braces belong to units: they are never a place for a cell.
UNITS = ("LBORRESU", "EXDOSU", "CMDOSU")


def built_constants(feed: Mapping[str, Any]) -> dict[str, str]:
    """The constants that are built of the row's cells: `A-{MRN}` is A- before what MRN holds."""
    constants = feed.get("constants") or {}
    return {
        name: text for name, text in constants.items() if name not in UNITS and BRACED.search(text)
    }


def _others(feed: Mapping[str, Any], present: Sequence[str]) -> Iterator[str]:
    for test in tests(feed, present):
        yield test["column"]
        for name, of in test.items():
            if isinstance(of, Mapping) and name != "codes":
                yield of["column"]
    yield from feed.get("where") or {}
    for join in feed.get("join") or []:
        yield from join["by"]
    for text in built_constants(feed).values():
        yield from BRACED.findall(text)


def _filled(text: str, groups: Mapping[str, str | None]) -> str:
    return BRACED.sub(lambda found: groups.get(found[1]) or found[0], text)


def find_header(rows: Sequence[Sequence[str | None]], feed: Mapping[str, Any], name: str) -> Header:
    """The first row, or pair of rows, that holds every mapped header.

    Of a pair, the upper row's cells reach to the right until the next one begins, as merged cells
    do, and a header is both texts with a space between.

    Raises:
        UnreadableError: no row holds them all, or a mapped header stands there twice.
    """
    nearest: tuple[int, list[str]] = (0, [])
    for index in range(min(len(rows), HEADER_WITHIN)):
        single = [_plain(cell) for cell in rows[index]]
        for depth, cells in ((1, single), (2, _pair(rows[index], rows[index + 1 : index + 2]))):
            asked = headers(feed, cells).values()
            wanted = {_plain(header) for group in asked for header in group}
            found = wanted.intersection(cells)
            if found == wanted:
                return _header(index + depth, cells, feed, name)
            if len(found) > nearest[0] or not nearest[1]:
                nearest = (len(found), cells)
    raise UnreadableError(_missing(nearest[1], feed, name))


def _header(row: int, cells: list[str], feed: Mapping[str, Any], name: str) -> Header:
    fields = {}
    for column, group in headers(feed, cells).items():
        for header in group:
            if cells.count(_plain(header)) > 1:
                raise UnreadableError(
                    f"{name}: the header {header!r} (our {column}) stands there "
                    f"{cells.count(_plain(header))} times. Ask for an export in which it is unique."
                )
        fields[column] = [cells.index(_plain(header)) for header in group]
    return Header(row, cells, fields)


def _pair(upper: Sequence[str | None], rest: Sequence[Sequence[str | None]]) -> list[str]:
    if not rest:
        return []
    lower, above, cells = rest[0], "", []
    for index in range(len(lower)):
        above = _plain(upper[index] if index < len(upper) else None) or above
        cells.append(f"{above} {_plain(lower[index])}".strip())
    return cells


def _missing(cells: list[str], feed: Mapping[str, Any], name: str) -> str:
    present = [cell for cell in cells if cell]
    wanted = [
        (header, column) for column, group in headers(feed, present).items() for header in group
    ]
    lacking = [(header, column) for header, column in wanted if _plain(header) not in present]
    if len(lacking) == len(wanted):
        # No header was met: nothing of the file may be shown, it could be a patient's row.
        return (
            f"{name}: none of the first {HEADER_WITHIN} rows holds any mapped header "
            f"({', '.join(f'{header!r} (our {column})' for header, column in wanted)}). "
            "Is this the right file for the feed? If so, check the feed's `encoding`, `delimiter`, "
            "`sheet` and `columns`."
        )
    told, mapped = [], {_plain(header) for header, _ in wanted}
    for header, column in lacking:
        near = _near(_plain(header), [cell for cell in present if cell not in mapped])
        hint = f"; did the file's {near!r} replace it?" if near else ""
        told.append(f"{header!r} (our {column}{hint})")
    return (
        f"{name}: the header lacks {', '.join(told)}. "
        "Correct the feed's `columns` to the headers of this file, or ask for the full export."
    )


def _near(header: str, free: Sequence[str]) -> str | None:
    """The header that may stand for a missing one: alike but for what is in brackets, or by its letters."""
    alike = [name for name in free if _bare(name) == _bare(header)]
    return next(iter(alike or difflib.get_close_matches(header, free, 1)), None)


def _bare(header: str) -> str:
    """A header without what stands behind it in brackets, in one case."""
    return re.sub(r"\s*[(\[{].*$", "", header).casefold() or header


#: How many characters of a row id say where its row comes from.
ORIGIN = 6


def origin(feed: str, delivery: str, name: str, sha: str) -> str:
    """What the row ids of a source begin with; several feeds may read one file."""
    source = "\n".join((feed, delivery, name, sha))
    return hashlib.sha256(source.encode()).hexdigest()[:ORIGIN]


def with_feeds(rows: pl.DataFrame, ledger: pl.DataFrame, row_id: str = "ROWID") -> pl.DataFrame:
    """Rows with the feed and the delivery that each came by, null where the ledger knows none.

    Args:
        rows: SRCFILE, SRCSHA and the row id, which alone tells the feeds of one file apart.
        ledger: feed, delivery, source_file and source_sha256 of every source.
        row_id: name of the column of row ids.
    """
    names = ["feed", "delivery", "source_file", "source_sha256"]
    known = ledger.select(names).drop_nulls().unique(maintain_order=True)
    known = known.with_columns(
        pl.Series("ORIGIN", [origin(*each) for each in known.iter_rows()], pl.String)
    ).rename({"source_file": "SRCFILE", "source_sha256": "SRCSHA"})
    return (
        rows.with_columns(ORIGIN=pl.col(row_id).str.head(ORIGIN))
        .join(known, on=["SRCFILE", "SRCSHA", "ORIGIN"], how="left", maintain_order="left")
        .drop("ORIGIN")
    )


def _plain(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").split())


def batch(frame: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Our columns out of fields named by their positions (`0`, `1`, ...), split dates joined.

    Where a column `N.CELL` says why the text of field N cannot be trusted, our column has one too.
    A row with a text beyond LONGEST_TEXT bytes is ragged: none of its texts is looked at.
    """
    flaws = {
        f"{name}.CELL": pl.coalesce(found)
        for name, positions in header.fields.items()
        if (found := [f"{place}.CELL" for place in positions if f"{place}.CELL" in frame.columns])
    }
    own = frame.with_columns(
        pl.concat_str([pl.col(str(position)) for position in positions], separator=" ").alias(name)
        if len(positions) > 1
        else pl.col(str(positions[0])).alias(name)
        for name, positions in header.fields.items()
    ).select(*header.fields, "SRCLINE", "RAGGED", **flaws)
    lengths = pl.col(list(header.fields)).str.len_bytes()
    longest = [text.str.len_bytes().max() or 0 for text in own.select(list(header.fields))]
    if max(longest, default=0) <= LONGEST_TEXT:  # type: ignore[operator]
        return own
    endless = pl.any_horizontal(lengths > LONGEST_TEXT)
    return own.with_columns(
        pl.when(~endless.fill_null(False)).then(pl.col(list(header.fields))),
        RAGGED=pl.col("RAGGED") | endless.fill_null(False),
    )
