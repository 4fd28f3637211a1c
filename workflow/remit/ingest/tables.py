"""Typed tables: Parquet and SAS transport files, back to text as a laboratory would print it."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from remit.ingest.source import Findings, Header, SourceFile, UnreadableError, batch, find_header
from remit.schemas.raw import DOMAINS

RECORDS = 500_000
# Real data have at most some ten cells to a byte of Parquet; a repeated row has any number of them.
SUSPICIOUS, CELLS_PER_BYTE = 50_000_000, 100


def read_parquet(
    file: SourceFile, feed: Mapping[str, Any], findings: Findings
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file; columns as in `delimited.read`, SRCLINE the row's number.

    Raises:
        UnreadableError: damaged, or a mapped column is missing.
    """
    try:
        table = pl.scan_parquet(file.path)
        names = table.collect_schema().names()
        header = findings.header = find_header([names], feed, file.name)
        height = table.select(pl.len()).collect().item()
        cells = height * len(names)
        if cells > SUSPICIOUS and cells > CELLS_PER_BYTE * file.path.stat().st_size:
            raise UnreadableError(
                f"{file.name}: {height} rows in so few bytes are no data. Ask for it again."
            )
        for start in range(0, height, RECORDS):
            yield _numbered(table.slice(start, RECORDS).collect(), start, header)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _damaged(file) from error


def read_xpt(
    file: SourceFile, feed: Mapping[str, Any], findings: Findings
) -> Iterator[pl.DataFrame]:
    """Yield the records of a SAS transport file (version 5 or 8), SRCLINE the record's number.

    SDTM domains need no mapping: without `columns` ours are the file's, and SUBJID is its USUBJID.

    Raises:
        UnreadableError: damaged, or a mapped column is missing.
    """
    import pyreadstat

    encoding = feed.get("encoding")
    try:
        _, meta = pyreadstat.read_xport(str(file.path), metadataonly=True, encoding=encoding)
        names = list(meta.column_names)
        if not feed.get("columns"):
            own = [column.name for column in DOMAINS[feed["domain"]] if column.name in names]
            columns = {name: name for name in own} | {"SUBJID": "USUBJID"}
            feed = {**feed, "columns": columns}
        header = findings.header = find_header([names], feed, file.name)
        start = 0
        while True:
            records: Any = pyreadstat.read_xport(
                str(file.path),
                row_offset=start,
                row_limit=RECORDS,
                encoding=encoding,
                output_format="polars",
            )[0]
            if records.is_empty():
                return
            yield _numbered(records, start, header)
            start += records.height
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise _damaged(file) from error
    except UnicodeDecodeError:
        raise UnreadableError(
            f"{file.name}: its text is not {encoding or 'utf-8'}. Declare the feed's `encoding`; "
            "SAS on Windows writes windows-1252."
        ) from None


def _numbered(records: pl.DataFrame, start: int, header: Header) -> pl.DataFrame:
    records.columns = [str(position) for position in range(records.width)]
    return batch(
        records.select(_printed(name, kind) for name, kind in records.schema.items()).with_columns(
            SRCLINE=pl.int_range(start + 1, start + 1 + records.height, dtype=pl.Int64),
            RAGGED=pl.lit(False),
        ),
        header,
    )


def _printed(name: str, kind: pl.DataType) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    if kind.is_float():
        return text.str.strip_suffix(".0")
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return text


def _damaged(file: SourceFile) -> UnreadableError:
    return UnreadableError(f"{file.name}: the file is damaged or cut short. Ask for it again.")
