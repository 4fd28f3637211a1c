"""Excel workbooks: the header wherever it stands, cells as text, every row with its sheet row."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from remit.ingest.source import Findings, SourceFile, UnreadableError, batch, find_header


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the rows of the feed's `sheet`, or of the one sheet that holds its header.

    Columns as in `delimited.read`; SRCLINE is the row number the spreadsheet program shows. A cell
    formatted as a date reads as ISO 8601 whatever its format.

    Raises:
        UnreadableError: damaged, no such sheet, or no sheet with the mapped columns.
    """
    import fastexcel

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


def _damaged(file: SourceFile) -> UnreadableError:
    return UnreadableError(
        f"{file.name}: the workbook is damaged or cut short. Open it in a spreadsheet program to "
        "see whether it can be saved anew; otherwise ask for it again."
    )
