"""Excel workbooks: the header wherever it stands, cells as text, every row with its sheet row."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

import polars as pl

from remit.ingest.source import Findings, SourceFile, UnreadableError, batch, find_header

# A sheet is held in memory as a full rectangle: one stray cell far away asks for gigabytes.
MOST_CELLS = 50_000_000
# Unpacked bytes of a workbook. Workbooks unpack to some ten times their size, bombs to a thousand.
LARGEST_WORKBOOK = 2_000_000_000
SUSPICIOUS, TIMES = 50_000_000, 100
CELL = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
BLOCK = 1 << 22


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the rows of the feed's `sheet`, or of the one sheet that holds its header.

    Columns as in `delimited.read`; SRCLINE is the row number the spreadsheet program shows. A cell
    formatted as a date reads as ISO 8601 whatever its format.

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
    failures = []
    for name in [wanted] if wanted is not None else names:
        try:
            sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            cells = sheet.to_polars()
        except fastexcel.FastExcelError as error:
            raise _damaged(file) from error
        cells.columns = [str(position) for position in range(cells.width)]
        top = cells.head(52).rows()
        try:
            header = find_header(top, feed, f"{file.name}, sheet {name}")
        except UnreadableError as error:
            failures.append(error)
            continue
        findings.header = header
        if wanted is None and len(names) > 1:
            findings.notes.append(f"sheet {name!r} taken")
        rows = cells.with_columns(
            pl.all().str.replace(r" 00:00:00$", ""),
            SRCLINE=pl.int_range(1, cells.height + 1, dtype=pl.Int64),
            RAGGED=pl.lit(False),
        ).slice(header.row)
        filled = pl.any_horizontal(pl.col(cells.columns).str.strip_chars() != "")
        yield batch(rows.filter(filled), header)
        return
    raise failures[0] if failures else UnreadableError(f"{file.name}: it has no sheet.")


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
