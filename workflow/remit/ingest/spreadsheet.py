"""Excel workbooks: the header wherever it stands, cells as text, every row with its sheet row."""

import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any, NamedTuple
from xml.etree import ElementTree

import polars as pl

from remit.ingest import binary_workbooks, content, number_formats, ods
from remit.ingest.source import (
    HEADER_LINES,
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
# A row with its attributes, or a cell with its own and what it holds.
ROW_OR_CELL = re.compile(
    rb"<(?:[^\s<>/:]+:)?(?:row\b([^>]*)>|c((?:\s[^>]*?)?)(?:/>|>(.*?)</(?:[^\s<>/:]+:)?c>))",
    re.DOTALL,
)
STYLE = re.compile(rb"""\ss\s*=\s*["']([0-9]+)["']""")
KIND = re.compile(rb"""\st\s*=\s*["']([A-Za-z]+)["']""")
ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
VALUE = re.compile(rb"<(?:[^\s<>/:]+:)?v\b[^>]*?(?:/>|>(.*?)</(?:[^\s<>/:]+:)?v>)", re.DOTALL)
FORMULA = re.compile(rb"<(?:[^\s<>/:]+:)?f\b[^>]*?(?:/>|>(.*?)</(?:[^\s<>/:]+:)?f>)", re.DOTALL)
# Said by writers that put 0 where a result belongs: the program is to calculate when it opens it.
UNCALCULATED = re.compile(
    rb"""\sfullCalcOnLoad\s*=\s*["'](?:1|true)["']|calcCompleted\s*=\s*["']0["']"""
)
# Longer than a value of fifteen digits between its tags.
LONG = 22
MOST_DIGITS = Decimal(10) ** 15
NOT_CALCULATED = "a formula without its result: the workbook was never calculated"
TOO_LONG = "a number of more than 15 digits, of which a spreadsheet keeps 15"
DATE_CELL = r"^\d{4}-\d\d-(\d\d)(?:[ T]\d\d:\d\d:\d\d)?$"
SHORT_DATE = r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](?:\d{4}|\d\d)(?:\s|$)"
MIXED = "a date of a column in which other dates stayed texts: its day and month may have been exchanged"
#: Bytes that a workbook other than XLSX may take in memory, and seconds that it may take to read.
ROOM, PATIENCE = 4_000_000_000, 120
OPEN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, 2 * (int(sys.argv[2]),))
import fastexcel
try:
    book = fastexcel.read_excel(sys.argv[1])
    for name in book.sheet_names:
        book.load_sheet(name, header_row=None, dtypes="string")
except fastexcel.FastExcelError:
    pass
"""
STYLES, BOOK, TEXTS = "xl/styles.xml", "xl/workbook.xml", "xl/sharedStrings.xml"
SHARED = re.compile(rb"""\st\s*=\s*["']s["']""")
SHARED_TEXT = re.compile(rb"<(?:[^\s<>/:]+:)?si\b[^>]*?(?:/>|>.*?</(?:[^\s<>/:]+:)?si>)", re.DOTALL)
TAG = re.compile(rb"<[^>]*>")
CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
BLOCK = 1 << 22


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the rows of the feed's `sheet`, or of every sheet that holds its header.

    Columns as in `delimited.read`; SRCLINE is the row number the spreadsheet program shows. Where
    rows come from several sheets, SHEET is the sheet's place in the workbook, counted from 1. A cell
    formatted as a date reads as ISO 8601 whatever its format, a number with more in its format than
    rounding and grouping as it is shown (`<0.5`, 00012, 7.2%). `X.CELL` tells of cells that cannot be
    trusted: errors, formulas without a result, numbers of more digits than a spreadsheet keeps,
    formats that are not applied, dates whose day and month may be exchanged. A hidden sheet is read
    only where the feed names it.

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
        top, visible = _cells(workbook, name, file, HEADER_WITHIN + 2)
        if not visible and wanted is None:
            findings.notes.append(f"hidden sheet {name!r} left aside")
            continue
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
        cells, flaws = _as_shown(_cells(workbook, name, file)[0], file, name, findings)
        if findings.found is not None:
            above = cells.head(header.row).filter(_any_filled(cells)).height
            findings.left_aside[HEADER_LINES] += above
        cells, flaws = cells.slice(header.row), flaws.slice(header.row)
        mapped = {place for places in header.fields.values() for place in places}
        rows = cells.with_columns(
            pl.all().str.replace(r" 00:00:00$", ""),
            *_flaws(cells, flaws, mapped),
            SRCLINE=pl.int_range(header.row + 1, header.row + cells.height + 1, dtype=pl.Int64),
            RAGGED=pl.lit(False),
        )
        own = batch(rows.filter(_any_filled(cells)), header)
        if len(found) == 1:
            yield own
        elif own.height:
            yield own.with_columns(SHEET=pl.lit(names.index(name) + 1, pl.Int64))


def _any_filled(cells: pl.DataFrame) -> pl.Expr:
    return pl.any_horizontal(pl.col(cells.columns).str.strip_chars() != "")


def _cells(
    workbook: Any, name: str, file: SourceFile, rows: int | None = None
) -> tuple[pl.DataFrame, bool]:
    """A sheet's cells as text, the columns named by their positions, and whether it is visible."""
    import fastexcel

    try:
        sheet = workbook.load_sheet(
            name, header_row=None, skip_rows=0, n_rows=rows, dtypes="string"
        )
        cells: pl.DataFrame = sheet.to_polars()
    except fastexcel.FastExcelError as error:
        raise _damaged(file) from error
    cells.columns = [str(position) for position in range(cells.width)]
    return cells, sheet.visible == "visible"


def _as_shown(
    cells: pl.DataFrame, file: SourceFile, name: str, findings: Findings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cells as the workbook shows them, and beside them why a cell is not to be trusted.

    The second frame has the same shape: a text for people, or null.
    """
    # A time is a fraction of a day: of what lies a hair beside a second nothing is meant.
    stray = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$"
    cells = cells.with_columns(
        pl.when(pl.col(column).str.contains(stray))
        .then(
            pl.col(column)
            .str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
            .dt.round("1s")
            .dt.strftime("%Y-%m-%d %H:%M:%S")
        )
        .otherwise(column)
        .alias(column)
        for column in cells.columns
    )
    try:
        looked, counted = _looked_at(file, name)
    except (
        *(ElementTree.ParseError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError),
        *(struct.error, IndexError, OSError),
    ) as error:
        raise _damaged(file) from error
    cells = _reaching(cells, looked)
    texts: dict[str, dict[int, str]] = {}
    flaws: dict[str, dict[int, str]] = {}
    for (row, column), cell in looked.items():
        place, name_ = row - 1, str(column - 1)
        stored = cells[place, name_] or ""
        text, flaw = cell.text, cell.flaw
        if cell.format and number_formats.is_date(cell.format):
            text = _date(stored, cell.format)
        elif text is None and flaw is None:
            text = number_formats.shown(_number(stored), cell.format)
            if text is None:
                flaw = f"a number in the format {cell.format}, which Remit does not apply"
        if text is not None:
            texts.setdefault(name_, {})[place] = text
        if flaw is not None:
            flaws.setdefault(name_, {})[place] = flaw
    cells = cells.with_columns(
        cells[column].scatter(list(found), list(found.values())) for column, found in texts.items()
    )
    if counted is not None:
        filled = sum(int((cells[each].str.strip_chars() != "").sum()) for each in cells.columns)
        if counted.cells not in (None, filled):
            raise UnreadableError(
                f"{file.name}, sheet {name}: {counted.cells} cells hold something and {filled} were "
                "read: the workbook is of a form that is not known. Save it anew in a spreadsheet "
                "program, or ask for CSV."
            )
        here = cells.select((pl.int_range(pl.len()) + 1).filter(_any_filled(cells))).to_series()
        rows = counted.rows | counted.texts.intersection(here)
        findings.found = (findings.found or 0) + len(rows)
    none = pl.repeat(None, cells.height, dtype=pl.String, eager=True)
    return cells, pl.DataFrame(
        # `scatter` writes where it is called: each column needs texts of its own.
        {
            column: none.clone().scatter(list(found), list(found.values()))
            for column, found in flaws.items()
        }
        or {"": none}
    )


def _date(stored: str, code: str) -> str:
    """A date without what its format does not show: the day where the first is stored, or all of it."""
    if number_formats.is_time(code):
        return _clock(stored)
    # Who types no day has the first stored.
    width = number_formats.date_width(code)
    return stored[:width] if "-01-01"[width - 10 :] == stored[width:10] else stored


def _clock(stored: str) -> str:
    """A time of no day, as its hours: spreadsheets count their days from 30 December 1899."""
    with suppress(ValueError):
        time = datetime.fromisoformat(stored) - datetime(1899, 12, 30)
        # 1900 was no leap year, but has 29 February in a spreadsheet: its days are one less.
        days = time.days - (0 < time.days < 61)
        return f"{24 * days + time.seconds // 3600:02}:{time.seconds // 60 % 60:02}:{time.seconds % 60:02}"
    return stored


def _reaching(cells: pl.DataFrame, looked: Collection[tuple[int, int]]) -> pl.DataFrame:
    """The cells with room for those that the reader of values takes for empty."""
    rows = max((row for row, _ in looked), default=0) - cells.height
    width = max([cells.width, *(column for _, column in looked)])
    columns = [str(place) for place in range(cells.width, width)]
    cells = cells.with_columns(pl.lit(None, pl.String).alias(column) for column in columns)
    return pl.concat([cells, cells.clear(rows)]) if rows > 0 else cells


def _number(stored: str) -> Decimal | str:
    try:
        return Decimal(stored)
    except InvalidOperation:
        return stored


def _flaws(cells: pl.DataFrame, flaws: pl.DataFrame, mapped: set[int]) -> Iterator[pl.Series]:
    """Why cells are not to be trusted, `N.CELL` a mapped column that has any.

    Dates typed with the day first into a program that has the month first (or the other way round)
    become dates with both exchanged where that is possible, and stay texts elsewhere: of a column
    that holds both no date can be trusted whose day could be a month.
    """
    for column in map(str, sorted(mapped)):
        flaw = flaws[column] if column in flaws.columns else None
        text = cells[column]
        first = text.str.extract(SHORT_DATE, 1).cast(pl.Int64)
        second = text.str.extract(SHORT_DATE, 2).cast(pl.Int64)
        if ((first > 12) | (second > 12)).any():
            day = text.str.extract(DATE_CELL, 1).cast(pl.Int64)
            mixed = pl.select(pl.when(day <= 12).then(pl.lit(MIXED))).to_series()
            flaw = mixed if flaw is None else pl.select(pl.coalesce(flaw, mixed)).to_series()
        if flaw is not None and flaw.null_count() < len(flaw):
            yield flaw.alias(f"{column}.CELL")


class _Count(NamedTuple):
    """How many cells of a sheet hold anything, where that is counted, and which of its rows do.

    `texts` are the rows of cells whose text lies elsewhere in the workbook, and may be nothing.
    """

    cells: int | None
    rows: set[int]
    texts: frozenset[int] = frozenset()


class _Cell(NamedTuple):
    """A cell that shows another text than it stores, or that is not to be trusted."""

    text: str | None = None
    flaw: str | None = None
    format: str = ""


def _looked_at(file: SourceFile, name: str) -> tuple[dict[tuple[int, int], _Cell], _Count | None]:
    """The cells of a sheet that need a second look, and a count of all that hold anything.

    Their keys are row and column, from 1. The count is made on the sheet itself, apart from the
    library that reads it.
    """
    kind = content.kind(file.path)
    if kind == "ods":
        return _told(ods.cells(file.path, name), _open_document)
    if kind in ("xls", "xlsb"):
        of_kind = binary_workbooks.xls if kind == "xls" else binary_workbooks.xlsb
        return _told(of_kind(file.path, name), _binary)
    with zipfile.ZipFile(file.path) as archive:
        sheet = _sheet_part(archive, name)
        if sheet is None:
            return {}, None
        codes = _formats(archive)
        book = archive.read(BOOK)
        xml = archive.read(sheet)
        blank = _blank_texts(archive)
    odd = {str(style).encode(): code for style, code in enumerate(codes) if _is_odd(code)}
    uncalculated = bool(UNCALCULATED.search(book))
    found: dict[tuple[int, int], _Cell] = {}
    counted = row = column = 0
    rows: set[int] = set()
    for match in ROW_OR_CELL.finditer(xml):
        attributes, body = match[2], match[3]
        if attributes is None:
            row, column = row + 1, 0
            if place := ROW.search(match[1]):
                row = int(place[1])
            continue
        column += 1
        if not body:
            continue
        value = VALUE.search(body)
        if value is None:
            holds = not _is_blank(body)
        elif SHARED.search(attributes):
            holds = bool(value[1]) and value[1] not in blank
        else:
            holds = bool(value[1]) and not _is_blank(value[1])
        style = STYLE.search(attributes)
        code = odd.get(style[1]) if style else None
        if code or len(body) > LONG or b"<f" in body or ERROR.search(attributes):
            cell = _cell(attributes, body, code, uncalculated)
            if cell is not None:
                if place := CELL.search(attributes):
                    column, row = _column(place[1]), int(place[2])
                found[row, column] = cell
                holds = True
        if holds:
            counted += 1
            rows.add(row)
    return found, _Count(counted, rows)


def _told(
    cells: Iterator[Any], look: Callable[[Any], _Cell | None]
) -> tuple[dict[tuple[int, int], _Cell], _Count | None]:
    """The cells that need a second look, and the rows in which any cell holds something.

    Of a workbook so old that its cells are not told there is no count.
    """
    found: dict[tuple[int, int], _Cell] = {}
    rows: dict[bool, set[int]] = {True: set(), False: set()}
    for cell in cells:
        if (looked := look(cell)) is not None:
            found[cell.row, cell.column] = looked
        rows[looked is not None or cell.holds].add(cell.row)
    known = rows[True] or rows[False]
    return found, _Count(None, rows[True], frozenset(rows[False])) if known else None


def _is_odd(code: str) -> bool:
    """Whether a format shows something else than is stored."""
    return not number_formats.shows_as_stored(code) and not (
        number_formats.is_date(code) and number_formats.has_day(code)
    )


def _binary(cell: binary_workbooks.Cell) -> _Cell | None:
    if cell.kind == "error":
        return _Cell(str(cell.value), f"the error {cell.value}")
    if cell.uncalculated:
        return _Cell("=", NOT_CALCULATED)
    code = cell.format if _is_odd(cell.format) else None
    if cell.kind == "text":
        return _Cell(format=code) if code else None
    return _numeric(Decimal(cell.value), code)


def _numeric(number: Decimal, code: str | None) -> _Cell | None:
    if code and number_formats.is_date(code):
        return _Cell(format=code)
    if abs(number) >= MOST_DIGITS:
        return _Cell(f"{number:f}", TOO_LONG)
    return _Cell(format=code) if code else None


def _open_document(cell: ods.Cell) -> _Cell | None:
    if cell.kind == "error":
        return _Cell(cell.shown, f"the error {cell.shown}")
    if cell.formula and cell.kind is None:
        return _Cell(cell.formula.removeprefix("of:"), NOT_CALCULATED)
    if cell.kind == "float" and abs(float(cell.value or 0)) >= MOST_DIGITS:
        return _Cell(cell.value, TOO_LONG)
    if cell.kind == "time":
        return _Cell(cell.shown)
    text = ods.shown(cell) if cell.kind in ("float", "percentage", "currency") else None
    return _Cell(text) if text is not None else None


def _blank_texts(archive: zipfile.ZipFile) -> set[bytes]:
    """The numbers of the shared texts that hold nothing but blanks."""
    if TEXTS not in archive.namelist():
        return set()
    texts = SHARED_TEXT.finditer(archive.read(TEXTS))
    return {str(place).encode() for place, text in enumerate(texts) if _is_blank(text[0])}


def _is_blank(markup: bytes) -> bool:
    markup = CDATA.sub(rb"\1", markup)
    return not unescape(TAG.sub(b"", markup).decode(errors="replace")).strip()


def _cell(attributes: bytes, body: bytes, code: str | None, uncalculated: bool) -> _Cell | None:
    kind = KIND.search(attributes)
    value = VALUE.search(body)
    text = unescape((value[1] if value else b"").decode(errors="replace")).strip()
    if ERROR.search(attributes):
        return _Cell(text, f"the error {text}")
    if formula := FORMULA.search(body):
        empty = value is None or (not text and uncalculated)
        if empty or (text == "0" and uncalculated):
            shown = "=" + unescape((formula[1] or b"").decode(errors="replace"))
            return _Cell(shown, NOT_CALCULATED)
    if kind and kind[1] != b"n":
        # A text, or a truth: only a format of texts changes what it shows.
        return _Cell(format=code) if code and kind[1] in (b"s", b"str", b"inlineStr") else None
    try:
        return _numeric(Decimal(text), code)
    except InvalidOperation:
        return None


def _formats(archive: zipfile.ZipFile) -> list[str]:
    """The number format of each style of a workbook's cells."""
    if STYLES not in archive.namelist():
        return []
    styles = ElementTree.fromstring(archive.read(STYLES))
    own = {
        int(each.get("numFmtId", "0")): each.get("formatCode", "")
        for each in styles.iterfind("{*}numFmts/{*}numFmt")
    }
    codes = number_formats.BUILT_IN | own
    cells = styles.find("{*}cellXfs")
    return [
        codes.get(int(style.get("numFmtId", "0")), "General")
        for style in (cells if cells is not None else [])
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
    """Read a workbook, which makes a rectangle of each of its sheets, where it may fail."""
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
            f"{file.name}: reading the workbook takes more than {ROOM / 1e9:.0f} GB or {PATIENCE} s. "
            "Ask for the data as CSV."
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _damaged(file: SourceFile) -> UnreadableError:
    return UnreadableError(
        f"{file.name}: read as {(content.kind(file.path) or 'a spreadsheet').upper()}, the workbook is "
        "damaged or cut short. Open it in a spreadsheet program to "
        "see whether it can be saved anew; otherwise ask for it again."
    )
