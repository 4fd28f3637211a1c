"""A table for people, and the forms it is saved in.

Every cell is text that was rounded once. A cell may know the records behind its number: a query such
as `paired?AVISIT=Month 4&PARAMCD=UPCR&statistic=n`, which the report answers with files and lines.
"""

import csv
import html
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import NamedTuple
from unicodedata import east_asian_width
from urllib.parse import quote

import polars as pl

from remit.machinery.write import inert

# The widest a column of text gets, and room for an answer or a name by hand, in digits.
_MOST, _SIGNED = 60, 16
# How much wider bold is.
_BOLD = 1.15
# What no line break may tear apart; Chinese may be broken anywhere.
_WORD = re.compile(r"[^\s\u3000-\u9fff\uff00-\uffef]+|\S")


class Cell(NamedTuple):
    """What a cell prints, and where its number comes from (empty: nowhere in particular)."""

    text: str
    records: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns.

    The first column heads the rows; `group`, a key of every row that is no column, gathers them.
    Columns are set to the right, as numbers are; those of `words` to the left.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    rows: list[dict[str, Cell]]
    group: str | None = None
    notes: list[str] = field(default_factory=list)
    language: str = "en"
    words: Collection[str] = ()

    def noted(self, note: str) -> "Table":
        """The same table with the study's note, if there is one, as its last footnote."""
        return replace(self, notes=[*self.notes, *([note] if note else [])])

    @property
    def points(self) -> float:
        """The size of its print on a page across: smaller where there are many columns."""
        return 9 if len(self.columns) <= 8 else 7.5

    def widths(self, room: int) -> dict[str, int]:
        """How many digits wide each column should be, `room` in all at most.

        As wide as its longest text; where that is too much, as its longest word and a fair share of
        what remains.
        """
        texts = {key: [row[key].text for row in self.rows] for key in self.columns}
        words, wishes = {}, {}
        for key, head in self.columns.items():
            found = [_broad(word) for text in texts[key] for word in _WORD.findall(text)]
            heads = [_broad(word, _BOLD) for word in _WORD.findall(head)]
            words[key] = max([*found, *heads], default=1)
            longest = max([_broad(head, _BOLD), *map(_broad, texts[key])])
            wishes[key] = min(_MOST, longest) if found else _SIGNED
        wishes = {key: max(wish, words[key]) for key, wish in wishes.items()}
        spare, lacking = room - sum(words.values()), sum(wishes.values()) - sum(words.values())
        if lacking <= spare:
            return wishes
        if spare < 0:
            return {key: max(1, room * word // sum(words.values())) for key, word in words.items()}
        return {key: word + (wishes[key] - word) * spare // lacking for key, word in words.items()}

    def keys(self) -> list[str]:
        """The group, if any, and the columns."""
        return [*([self.group] if self.group else []), *self.columns]

    def csv(self) -> str:
        """Begins with a byte order mark, so that spreadsheets read Chinese; no cell is a formula."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([inert(self.columns.get(key, "")) for key in self.keys()])
        writer.writerows([inert(row[key].text) for key in self.keys()] for row in self.rows)
        return "\ufeff" + text.getvalue()

    def html(self, linked: Collection[str] = ()) -> str:
        """The `<table>` element; cells whose records are in `linked` become buttons."""
        from great_tables import GT

        first, *body = self.columns
        frame = pl.DataFrame(
            {
                key: [
                    button(row[key], linked) if key in body else row[key].text for row in self.rows
                ]
                for key in self.keys()
            },
            schema=dict.fromkeys(self.keys(), pl.String),
        )
        table = (
            GT(frame, id=self.name, rowname_col=first, groupname_col=self.group)
            .tab_header(self.title)
            .tab_stubhead(self.columns[first])
            .cols_label({key: self.columns[key] for key in body})
            .cols_align("right", columns=body)
            .cols_align("left", columns=[key for key in body if key in self.words])
            .fmt(str, columns=body)
        )
        for note in self.notes:
            table = table.tab_source_note(note)
        return re.sub(r"(?s).*?(<table.*</table>).*", r"\1", table.as_raw_html())


def _broad(text: str, weight: float = 1.0) -> int:
    """How many digits wide a text is: a Chinese character takes two, a capital a third more."""
    return ceil(
        weight * sum(2 if east_asian_width(c) in "WF" else 1.3 if c.isupper() else 1 for c in text)
    )


def query(table: str, statistic: str, **keys: str | None) -> str:
    """The name of a statistic: its table, those of its keys that have a value, and itself."""
    said = [f"{key}={quote(value)}" for key, value in sorted(keys.items()) if value is not None]
    return f"{table}?{'&'.join([*said, f'statistic={statistic}'])}"


def button(cell: Cell, linked: Collection[str]) -> str:
    """The cell as markup that opens its records, if they are in `linked`."""
    text = html.escape(cell.text)
    if cell.records not in linked:
        return text
    return f'<button type="button" data-records="{html.escape(cell.records)}">{text}</button>'
