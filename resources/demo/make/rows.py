"""A row of an export, before it is written: cells by our column names, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

Cells = dict[str, Any]


@dataclass
class Row:
    """One row of one file.

    Attributes:
        cells: our column name, or NAME, IDCARD, PHONE, FLAG, COMMENT, to what the file says;
            dates and times are written in the feed's own format.
        about: what the row is about (patient, month, test), to find it again.
        fate: as in the ledger; findings: (rule, column) of what is set aside, the
            row or a cell of it.
        extra: fields too many, which make the row ragged.
    """

    cells: Cells
    about: tuple[str, int, str] = ("", 0, "")
    fate: str = "accepted"
    findings: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    extra: list[str] = field(default_factory=list)

    def copy(self, **cells: Any) -> Row:
        """The same row with other cells, accepted and without a note."""
        return replace(
            self, cells={**self.cells, **cells}, fate="accepted", findings=[], note="", extra=[]
        )


class Files:
    """The files of all feeds: rows in order, None being a blank line."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[Row | None]] = {}

    def add(self, feed: str, file: str, *rows: Row | None) -> None:
        """Append rows to a file."""
        self.rows.setdefault((feed, file), []).extend(rows)

    def of(self, feed: str, file: str | None = None) -> Iterator[Row]:
        """The rows of a feed, or of one of its files."""
        for (of_feed, of_file), rows in self.rows.items():
            if of_feed == feed and file in (None, of_file):
                yield from (row for row in rows if row is not None)

    def find(self, feed: str, mrn: str, month: int, test: str) -> tuple[str, int]:
        """File and place of the one row about a patient's test."""
        found = [
            (file, place)
            for (of_feed, file), rows in self.rows.items()
            if of_feed == feed
            for place, row in enumerate(rows)
            if row is not None and row.about == (mrn, month, test)
        ]
        if len(found) != 1:
            raise LookupError(f"{feed}: {len(found)} rows about {mrn}, month {month}, {test}")
        return found[0]

    def at(self, feed: str, file: str, place: int) -> Row:
        """The row at a place of a file."""
        row = self.rows[feed, file][place]
        assert row is not None
        return row

    def after(self, feed: str, file: str) -> str:
        """The file that the feed sent next."""
        names = sorted(name for of_feed, name in self.rows if of_feed == feed)
        return names[names.index(file) + 1]
