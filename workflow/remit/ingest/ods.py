"""Cells of OpenDocument spreadsheets that show another text than they store."""

import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
CELLS = {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}
# What stands before, the number, and what stands behind it.
AROUND = re.compile(r"(\D*?)(\d[\d.,'’\s]*)(\D*)")
# More has no sheet of a spreadsheet program.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
GROUPED = re.compile(r"\d+(?:[-/ ]\d+)+")


class Cell(NamedTuple):
    """A cell that holds anything: where, from 1, what kind, its value, what it shows, its formula."""

    row: int
    column: int
    kind: str | None
    value: str
    shown: str
    formula: str | None

    @property
    def holds(self) -> bool:
        """Whether it holds more than blanks."""
        return bool(self.shown.strip() or self.value)


def cells(path: Path, sheet: str) -> Iterator[Cell]:
    """Yield the cells of a sheet that hold anything, in their order."""
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as content:
        inside, row = False, 0
        for event, element in ElementTree.iterparse(content, ("start", "end")):
            if element.tag == f"{TABLE}table":
                inside = event == "start" and element.get(f"{TABLE}name") == sheet
            elif inside and event == "end" and element.tag == f"{TABLE}table-row":
                repeated = int(element.get(f"{TABLE}number-rows-repeated", "1"))
                if own := list(_row(element)):
                    # Rows that are alike stand there once.
                    for place in range(row, min(row + repeated, MOST_ROWS)):
                        yield from (cell._replace(row=place + 1) for cell in own)
                row += repeated
                element.clear()


def shown(cell: Cell) -> str | None:
    """The text of a number that shows more than the number: `<0.5`, 00012, 7.2%; else None.

    Decimals are those that it shows, with a point.
    """
    try:
        value = Decimal(cell.value)
    except InvalidOperation:
        return None
    if cell.kind == "percentage":
        return f"{(value * 100).normalize():f}%"
    match = AROUND.fullmatch(cell.shown.strip())
    if not match:
        # A number of an identifier, grouped and filled up: 000-00-0078.
        grouped = GROUPED.fullmatch(cell.shown.strip())
        same = grouped and int(re.sub(r"\D", "", cell.shown)) == value
        return cell.shown.strip() if same else None
    before, number, behind = (part.strip() for part in match.groups())
    padded = number.startswith("0") and number.isdigit() and len(number) > 1
    if padded:
        return f"{before}{number}{behind}"
    if before in ("", "-", "(", "+") and behind in ("", ")", "-"):
        return None
    return f"{before}{abs(value):f}{' ' * bool(behind)}{behind}"


def _row(element: ElementTree.Element) -> Iterator[Cell]:
    """The cells of a row, as if it were the first."""
    column = 1
    for cell in element:
        if cell.tag not in CELLS:
            continue
        repeated = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
        kind = cell.get(f"{OFFICE}value-type")
        # Its own paragraphs: those of a note at the cell are none of its content.
        text = "\n".join("".join(part.itertext()) for part in cell.iterfind(f"{TEXT}p"))
        formula = cell.get(f"{TABLE}formula")
        value = cell.get(f"{OFFICE}value") or ""
        extended = [own for name, own in cell.items() if name.endswith("}value-type")]
        kind = "error" if "error" in extended else kind
        if kind or text.strip() or formula:
            for place in range(column, min(column + repeated, MOST_COLUMNS)):
                yield Cell(1, place, kind, value, text, formula)
        column += repeated
