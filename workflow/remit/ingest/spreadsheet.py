"""Excel workbooks: the header wherever it stands, cells as text, every row with its sheet row."""

import contextlib
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree

import polars as pl

from remit.ingest import content
from remit.ingest.source import (
    HEADER_WITHIN,
    Findings,
    Header,
    SourceFile,
    UnreadableError,
    batch,
    find_header,
)

# A sheet is held in memory as a full rectangle: one stray cell far away asks for gigabytes.
MOST_CELLS = 50_000_000
# Unpacked bytes of a workbook. Workbooks unpack to some ten times their size, bombs to a thousand.
LARGEST_WORKBOOK = 2_000_000_000
SUSPICIOUS, TIMES = 50_000_000, 100
CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,9})["']""")
ROW = re.compile(rb"""\sr\s*=\s*["']([0-9]{1,9})["']""")
ROW_START = re.compile(rb"<(?:[^\s<>/:]+:)?row\b")
EACH_CELL = re.compile(rb"<(?:[^\s<>/:]+:)?c\b")
CELL_START = re.compile(rb"<c( [^>]*)>")
STYLE = re.compile(rb' s="([0-9]+)"')
#: Bytes that an old workbook may take in memory, and seconds that it may take to open.
ROOM, PATIENCE = 4_000_000_000, 120
OPEN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, 2 * (int(sys.argv[2]),))
import fastexcel
try:
    fastexcel.read_excel(sys.argv[1])
except fastexcel.FastExcelError:
    pass
"""
STYLES, BOOK = "xl/styles.xml", "xl/workbook.xml"
# Number formats 0% and 0.00%, which every workbook has without defining them.
PERCENT = {"9", "10"}
BLOCK = 1 << 22


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the rows of the feed's `sheet`, or of every sheet that holds its header.

    Columns as in `delimited.read`; SRCLINE is the row number the spreadsheet program shows. Where
    rows come from several sheets, SHEET is the sheet's place in the workbook, counted from 1. A cell
    formatted as a date reads as ISO 8601 whatever its format, and a percentage as it is shown.

    Raises:
        UnreadableError: damaged, no such sheet, or no sheet with the mapped columns.
    """
    import fastexcel

    _bounded(file, feed.get("sheet"))
    try:
        workbook = fastexcel.read_excel(str(file.path))
        names = workbook.sheet_names
    except fastexcel.FastExcelError as error:
        raise _damaged(file) from error
    wanted = feed.get("sheet")
    if wanted is not None and wanted not in names:
        raise UnreadableError(
            f"{file.name}: there is no sheet {wanted!r}; it has {', '.join(map(repr, names))}. "
            "Correct the feed's `sheet`."
        )
    found: dict[str, Header] = {}
    failures = []
    for name in [wanted] if wanted is not None else names:
        top = _cells(workbook, name, file, HEADER_WITHIN + 2)
        try:
            found[name] = find_header(top.rows(), feed, f"{file.name}, sheet {name}")
        except UnreadableError as error:
            failures.append(error)
    if not found:
        raise failures[0] if failures else UnreadableError(f"{file.name}: it has no sheet.")
    findings.header = next(iter(found.values()))
    if wanted is None and len(names) > 1:
        taken = f"sheet{'s' * (len(found) > 1)} {', '.join(map(repr, found))} taken"
        findings.notes.append(taken)
    for name, header in found.items():
        cells = _as_shown(_cells(workbook, name, file), file, name)
        rows = cells.with_columns(
            pl.all().str.replace(r" 00:00:00$", ""),
            SRCLINE=pl.int_range(1, cells.height + 1, dtype=pl.Int64),
            RAGGED=pl.lit(False),
        ).slice(header.row)
        filled = pl.any_horizontal(pl.col(cells.columns).str.strip_chars() != "")
        own = batch(rows.filter(filled), header)
        if len(found) == 1:
            yield own
        elif own.height:
            yield own.with_columns(SHEET=pl.lit(names.index(name) + 1, pl.Int64))


def _cells(workbook: Any, name: str, file: SourceFile, rows: int | None = None) -> pl.DataFrame:
    """A sheet's cells as text, the columns named by their positions."""
    import fastexcel

    try:
        sheet = workbook.load_sheet(
            name, header_row=None, skip_rows=0, n_rows=rows, dtypes="string"
        )
        cells: pl.DataFrame = sheet.to_polars()
    except fastexcel.FastExcelError as error:
        raise _damaged(file) from error
    cells.columns = [str(position) for position in range(cells.width)]
    return cells


def _as_shown(cells: pl.DataFrame, file: SourceFile, name: str) -> pl.DataFrame:
    """The cells with 7.2% where the workbook stores 0.072 and a percent format."""
    try:
        percentages = _percentages(file, name)
    except (ElementTree.ParseError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise _damaged(file) from error
    columns: dict[str, dict[int, str]] = {}
    for row, column in percentages:
        text = cells[row - 1, column - 1] if row <= cells.height and column <= cells.width else None
        with contextlib.suppress(InvalidOperation):  # a text keeps its own form
            shown = (Decimal(text or "") * 100).normalize()
            columns.setdefault(str(column - 1), {})[row - 1] = f"{shown:f}%"
    return cells.with_columns(
        cells[name].scatter(list(texts), list(texts.values())) for name, texts in columns.items()
    )


def _percentages(file: SourceFile, name: str) -> list[tuple[int, int]]:
    """Row and column, from 1, of the cells of a sheet of an XLSX workbook that have a percent format."""
    if content.kind(file.path) != "xlsx":
        return []
    with zipfile.ZipFile(file.path) as archive:
        if STYLES not in archive.namelist():
            return []
        styles = ElementTree.fromstring(archive.read(STYLES))
        formats = {
            each.get("numFmtId")
            for each in styles.iterfind(".//{*}numFmt")
            if "%" in each.get("formatCode", "")
        } | PERCENT
        cell_styles = styles.find("{*}cellXfs")
        percent = {
            str(index).encode()
            for index, style in enumerate(cell_styles if cell_styles is not None else [])
            if style.get("numFmtId") in formats
        }
        sheet = _sheet_part(archive, name)
        if not percent or sheet is None:
            return []
        return [
            (int(reference[2]), _column(reference[1]))
            for cell in CELL_START.finditer(archive.read(sheet))
            if (style := STYLE.search(cell[1])) and style[1] in percent
            if (reference := CELL.search(cell[1]))
        ]


def _sheet_part(archive: zipfile.ZipFile, name: str) -> str | None:
    """The file of the workbook's archive that holds a sheet."""
    try:
        book = ElementTree.fromstring(archive.read(BOOK))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except KeyError:
        return None
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        if sheet.get("name") == name:
            ids = [value for key, value in sheet.items() if key.endswith("}id")]
            target = targets.get(ids[0], "") if ids else ""
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            return part if part in archive.namelist() else None
    return None


def _bounded(file: SourceFile, wanted: str | None) -> None:
    """Look at a workbook before it is unpacked into memory.

    Raises:
        UnreadableError: unpacked it, or the rectangles around all cells of its sheets, are too large.
    """
    if content.kind(file.path) != "xlsx":
        _opened_within_bounds(file)
        return
    try:
        with zipfile.ZipFile(file.path) as archive:
            cells = _cells_of_parts(archive, file)
            sheets = [
                sheet.get("name", "")
                for sheet in ElementTree.fromstring(archive.read(BOOK)).iterfind(
                    "{*}sheets/{*}sheet"
                )
                if wanted in (None, sheet.get("name"))
            ]
            asked = 0
            for part in (_sheet_part(archive, name) or "" for name in sheets):
                row, column = cells.get(part) or max(cells.values(), default=(0, 0))
                asked += row * column
                if asked > MOST_CELLS:
                    raise UnreadableError(
                        f"{file.name}: a sheet reaches to row {row} and column {column}; "
                        f"{asked / 1e6:.0f} million cells are too many. "
                        "Delete what stands far from the table, or ask for CSV."
                    )
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError),
        *(ElementTree.ParseError, OSError, struct.error, ValueError),
    ) as error:
        raise _damaged(file) from error


def _cells_of_parts(archive: zipfile.ZipFile, file: SourceFile) -> dict[str, tuple[int, int]]:
    """The last row and column of each worksheet. All parts are read, for an archive may lie."""
    cells, size, packed = {}, 0, file.path.stat().st_size
    for part in archive.infolist():
        # Said by the archive; read to where its content really ends.
        part.file_size = LARGEST_WORKBOOK + 1
        last = _LastCell()
        with archive.open(part) as unpacked:
            while block := unpacked.read(BLOCK):
                size += len(block)
                if size > LARGEST_WORKBOOK or (size > SUSPICIOUS and size > TIMES * packed):
                    raise UnreadableError(
                        f"{file.name}: the workbook unpacks to more than {size / 1e6:.0f} MB. "
                        "Ask for the data as CSV."
                    )
                if part.filename.startswith("xl/worksheets/"):
                    last.see(block)
        cells[part.filename] = last.row, last.column
    return cells


class _LastCell:
    """The far corner of a sheet's XML. Cells and rows may say where they are, or just follow."""

    def __init__(self) -> None:
        self.row = self.column = self.rows = self.in_row = 0
        self.rest = b""

    def see(self, block: bytes) -> None:
        """Take the next bytes of the sheet."""
        text = self.rest + block
        cut = text.rfind(b"<")
        # A tag that the block's end cuts in two waits for the next; nothing else is so long.
        text, self.rest = (
            (text[:cut], text[cut:]) if cut >= 0 and len(text) - cut < BLOCK else (text, b"")
        )
        rows = ROW_START.split(text)
        for place, row in enumerate(rows):
            self.in_row = (self.in_row if place == 0 else 0) + len(EACH_CELL.findall(row))
            self.column = max(self.column, self.in_row)
        self.rows += len(rows) - 1
        found = set(CELL.findall(text))
        named = max((int(number) for _, number in found), default=0)
        self.row = max(self.row, self.rows, named, max(map(int, ROW.findall(text)), default=0))
        self.column = max(self.column, max((_column(letters) for letters, _ in found), default=0))


def _opened_within_bounds(file: SourceFile) -> None:
    """Open an XLS file, which makes a rectangle of each of its sheets, where it may fail."""
    try:
        died = subprocess.run(
            [sys.executable, "-c", OPEN, str(file.path), str(ROOM)],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        died = -1
    if died:
        raise UnreadableError(
            f"{file.name}: opening the workbook takes more than {ROOM / 1e9:.0f} GB or {PATIENCE} s. "
            "Ask for the data as CSV."
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _damaged(file: SourceFile) -> UnreadableError:
    return UnreadableError(
        f"{file.name}: the workbook is damaged or cut short. Open it in a spreadsheet program to "
        "see whether it can be saved anew; otherwise ask for it again."
    )
