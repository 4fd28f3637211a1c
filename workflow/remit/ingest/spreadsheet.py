"""Excel workbooks: the header wherever it stands, cells as text, every row with its sheet row."""

import contextlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any
from xml.etree import ElementTree

import polars as pl

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
CELL = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
CELL_START = re.compile(rb"<c( [^>]*)>")
STYLE = re.compile(rb' s="([0-9]+)"')
STYLES = "xl/styles.xml"
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

    _bounded(file)
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
    if not zipfile.is_zipfile(file.path):
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
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
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


def _bounded(file: SourceFile) -> None:
    """Look at a zipped workbook before it is unpacked.

    Raises:
        UnreadableError: unpacked it, or the rectangle around all cells of a sheet, is too large.
    """
    if not zipfile.is_zipfile(file.path):
        return  # an XLS file is no larger than it is
    try:
        with zipfile.ZipFile(file.path) as archive:
            size = sum(part.file_size for part in archive.infolist())
            packed = file.path.stat().st_size
            if size > LARGEST_WORKBOOK or (size > SUSPICIOUS and size > TIMES * packed):
                raise UnreadableError(
                    f"{file.name}: the workbook unpacks to {size / 1e6:.0f} MB. "
                    "Ask for the data as CSV."
                )
            for part in archive.infolist():
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    with archive.open(part) as sheet:
                        row, column = _last_cell(sheet)
                    if row * column > MOST_CELLS:
                        raise UnreadableError(
                            f"{file.name}: a sheet reaches to row {row} and column {column}. "
                            "Delete what stands far from the table, or ask for CSV."
                        )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise _damaged(file) from error


def _last_cell(sheet: IO[bytes]) -> tuple[int, int]:
    row = column = 0
    rest = b""
    while block := sheet.read(BLOCK):
        # The end of a block may cut a reference in two.
        text, rest = rest + block, block[-16:]
        found = set(CELL.findall(text))
        row = max(row, max((int(number) for _, number in found), default=0))
        column = max(column, max((_column(letters) for letters, _ in found), default=0))
    return row, column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _damaged(file: SourceFile) -> UnreadableError:
    return UnreadableError(
        f"{file.name}: the workbook is damaged or cut short. Open it in a spreadsheet program to "
        "see whether it can be saved anew; otherwise ask for it again."
    )
