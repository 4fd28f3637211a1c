"""CDISC Dataset-JSON, versions 1.1 (one document, or a row a line) and 1.0."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl

from remit.ingest.source import Findings, SourceFile, UnreadableError, batch, find_header
from remit.ingest.tables import sdtm_columns

RECORDS = 100_000
# Numbers keep their digits: 1.0 must not become 1.
DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the records of a data set as `read_statistical` does; SRCLINE is the record's number.

    The number of records that the file says it has is held against those that are there.

    Raises:
        UnreadableError: no JSON, no Dataset-JSON, or a mapped column is missing.
    """
    try:
        names, records, rows = _dataset(file, feed)
        findings.found = records
        header = findings.header = find_header([names], sdtm_columns(feed, names), file.name)
        done = 0
        while part := list(islice(rows, RECORDS)):
            cells = [_cells(row, len(names)) for row in part]
            frame = pl.DataFrame(
                [each or [None] * len(names) for each in cells],
                schema={str(position): pl.String for position in range(len(names))},
                orient="row",
            ).with_columns(
                SRCLINE=pl.int_range(done + 1, done + 1 + len(part), dtype=pl.Int64),
                RAGGED=pl.Series([each is None for each in cells]),
            )
            yield batch(frame, header)
            done += len(part)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(
            f"{file.name}: this is no JSON, or was cut short ({error}). Ask for it again."
        ) from None
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise UnreadableError(
            f"{file.name}: it is not built as Dataset-JSON is ({error!r}). Ask for it again."
        ) from None


def _dataset(
    file: SourceFile, feed: Mapping[str, Any]
) -> tuple[list[str], int | None, Iterator[Any]]:
    """The columns' names, how many records there should be, and the records."""
    with file.path.open(encoding="utf-8-sig") as source:
        first = source.readline()
        try:
            about = DECODER.decode(first.strip())
        except json.JSONDecodeError:
            about = DECODER.decode((first + source.read()).strip())
    if "columns" in about:
        names = [str(column["name"]) for column in about["columns"]]
        rows = iter(about["rows"]) if "rows" in about else _lines(file)
        return names, _number(about.get("records")), rows
    groups = (about.get("clinicalData") or about["referenceData"])["itemGroupData"]
    own = [each for each in groups.values() if each.get("name") == feed["domain"].upper()]
    if len(own) != 1 and len(groups) != 1:
        raise ValueError(f"no single data set {feed['domain'].upper()}")
    group = own[0] if own else next(iter(groups.values()))
    names = [str(item["name"]) for item in group["items"]]
    return names, _number(group.get("records")), iter(group["itemData"])


def _lines(file: SourceFile) -> Iterator[Any]:
    """The rows that stand below the description, one a line."""
    with file.path.open(encoding="utf-8-sig") as source:
        next(source)
        for line in source:
            if line.strip():
                yield DECODER.decode(line.strip())


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdigit() else None


def _cells(row: Any, width: int) -> Sequence[str | None] | None:
    """A record's cells as text; None when it has not as many as there are columns."""
    if not isinstance(row, list) or len(row) != width:
        return None
    if any(isinstance(cell, list | dict) for cell in row):
        return None
    return [cell if cell is None or isinstance(cell, str) else str(cell).lower() for cell in row]
