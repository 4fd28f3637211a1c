"""Delimited text: any encoding, any delimiter, every record with the line it begins on."""

import codecs
import contextlib
import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
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

BLOCK = 1 << 25
# A quoted field longer than this is a quote that was never closed.
LONGEST_RECORD = 1 << 20
DELIMITERS = (",", "\t", ";", "|")
# What hospital systems write, tried in this order when UTF-8 does not fit.
ENCODINGS = ["gb18030", "cp1252", "cp1250", "cp1251", "big5", "cp932", "cp949"]
NEWLINE, QUOTE = 10, 34


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the file's records as text in batches.

    Columns: the feed's mapped columns (String), SRCLINE (Int64, the physical line a record begins
    on, counted from 1), RAGGED (Boolean: its number of fields is not the header's; its columns are
    null). Blank lines and lines of nothing but delimiters are no records.

    Raises:
        UnreadableError: empty, in another encoding, or without a mapped column.
    """
    encoding = feed.get("encoding") or _detect(file, findings)
    blocks = _blocks(file, encoding)
    first = next(blocks, b"")
    if not first.strip():
        raise UnreadableError(f"{file.name}: the file is empty. Ask for it again.")
    delimiter, header, start = _header(first, feed, file.name, findings)
    line = 1 + first.count(b"\n", 0, start)
    rest = first[start:]
    while True:
        block = next(blocks, b"")
        records = _records(rest, delimiter, line, last=not block)
        if len(records):
            yield batch(records.frame(header), header)
        line += rest.count(b"\n", 0, records.end)
        rest = rest[records.end :] + block
        if not block and not rest:
            return


class _Records:
    """The records of a block: where each begins and ends, and its number of fields."""

    def __init__(self, block: bytes, delimiter: str, line: int, bounds: np.ndarray, size: np.ndarray):
        self.block, self.delimiter = block, delimiter
        self.starts, self.ends = np.concatenate(([0], bounds[:-1] + 1)), bounds
        self.sizes = size
        self.end = int(bounds[-1]) + 1 if len(bounds) else 0
        self.line = line

    def __len__(self) -> int:
        return len(self.ends)

    def frame(self, header: Header) -> pl.DataFrame:
        """Fields named by position, SRCLINE and RAGGED."""
        # Only delimiters, or nothing at all: such a line is no record.
        filled = self.ends - self.starts >= self.sizes
        lines = self._lines()
        good = filled & (self.sizes == header.width)
        for index in np.flatnonzero(filled & ~good):
            fields = self._fields(index)
            if not any(field.strip() for field in fields):
                filled[index] = False
            elif len(fields) > header.width and not any(fields[header.width :]):
                good[index] = True
        parsed = self._parse(good, header).with_columns(
            SRCLINE=pl.Series(lines[good], dtype=pl.Int64), RAGGED=pl.lit(False)
        )
        ragged = filled & ~good
        if not ragged.any():
            return parsed
        others = pl.DataFrame({"SRCLINE": lines[ragged], "RAGGED": True})
        return pl.concat([parsed, others], how="diagonal_relaxed").sort("SRCLINE")

    def _lines(self) -> np.ndarray:
        if self.block.count(b"\n", 0, self.end) == len(self):
            return self.line + np.arange(len(self))
        breaks = np.flatnonzero(np.frombuffer(self.block, np.uint8) == NEWLINE)
        return self.line + np.searchsorted(breaks, self.starts)

    def _fields(self, index: int) -> list[str]:
        text = self.block[self.starts[index] : self.ends[index]].decode()
        return next(csv.reader([text], delimiter=self.delimiter, strict=False), [])

    def _parse(self, good: np.ndarray, header: Header) -> pl.DataFrame:
        block: bytes = self.block[: self.end]
        if not good.all():
            lengths = self.ends - self.starts + 1
            block = np.frombuffer(self.block, np.uint8)[: self.end][np.repeat(good, lengths)].tobytes()
        wanted = sorted({position for group in header.fields.values() for position in group})
        names = [str(position) for position in wanted]
        schema = {str(position): pl.String for position in range(header.width)}
        try:
            frame = pl.read_csv(
                block,
                has_header=False,
                separator=self.delimiter,
                schema=schema,
                columns=wanted,
                truncate_ragged_lines=True,
            )
        except (pl.exceptions.ComputeError, pl.exceptions.NoDataError):
            frame = pl.DataFrame(schema={name: pl.String for name in names})
        if frame.height != good.sum():
            # A quote in the middle of a field: the slow way knows what to do with it.
            rows = [self._fields(index) for index in np.flatnonzero(good)]
            frame = pl.DataFrame(
                [[row[position] for position in wanted] for row in rows],
                schema={name: pl.String for name in names},
                orient="row",
            )
        return frame


def _records(block: bytes, delimiter: str, line: int, last: bool) -> _Records:
    """Cut a block into whole records; what is left over belongs to the next block."""
    if last and block and not block.endswith(b"\n"):
        block += b"\n"
    data = np.frombuffer(block, np.uint8)
    breaks, marks = data == NEWLINE, data == ord(delimiter)
    if QUOTE in block:
        inside, open_at = _quoted(data, ord(delimiter))
        breaks &= ~inside
        marks &= ~inside
        if open_at is not None and (last or len(block) - open_at > LONGEST_RECORD):
            # Never closed: the quote is a character like any other.
            breaks[open_at:] = data[open_at:] == NEWLINE
            marks[open_at:] = data[open_at:] == ord(delimiter)
    places = np.flatnonzero(breaks | marks)
    at = np.flatnonzero(breaks[places])
    bounds = places[at]
    sizes = np.diff(np.concatenate(([-1], at)))
    return _Records(block, delimiter, line, bounds, sizes)


def _quoted(data: np.ndarray, delimiter: int) -> tuple[np.ndarray, int | None]:
    """Which bytes stand inside quotes, and where a quote is still open at the end.

    A quote opens at the begin of a field and closes at the end of one; doubled quotes are text.
    """
    quotes = np.flatnonzero(data == QUOTE)
    first = np.concatenate(([True], np.diff(quotes) > 1))
    runs, lengths = quotes[first], np.diff(np.append(np.flatnonzero(first), len(quotes)))
    odd = lengths % 2 == 1
    begins, ends = runs[odd], runs[odd] + lengths[odd] - 1
    edge = (data == NEWLINE) | (data == delimiter)
    opens = edge[begins - 1] | (begins == 0)
    closes = edge[np.minimum(ends + 1, len(data) - 1)] | (ends == len(data) - 1)
    regular = len(begins) and opens[::2].all() and closes[1::2].all()
    effective = np.arange(len(begins)) if regular else _alternating(opens, closes)
    toggles = np.zeros(len(data), bool)
    toggles[begins[effective]] = True
    open_at = int(begins[effective[-1]]) if len(effective) % 2 else None
    return np.logical_xor.accumulate(toggles), open_at


def _alternating(opens: np.ndarray, closes: np.ndarray) -> np.ndarray:
    kept, inside = [], False
    for index, (opening, closing) in enumerate(zip(opens.tolist(), closes.tolist(), strict=True)):
        if closing if inside else opening:
            kept.append(index)
            inside = not inside
    return np.array(kept, dtype=np.int64)


def _blocks(file: SourceFile, encoding: str) -> Iterator[bytes]:
    """The file as UTF-8 without BOM and with one kind of line end."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        raise UnreadableError(
            f"{file.name}: the feed's `encoding` {encoding!r} is unknown. "
            "Write utf-8, utf-16, gb18030, windows-1252, or leave it out to have it detected."
        ) from None
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    done = 0
    with file.path.open("rb") as source:
        while True:
            raw = source.read(BLOCK)
            try:
                text = decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                line = _line_of(file, done + max(error.start, 0))
                raise UnreadableError(
                    f"{file.name}: line {line} is not {encoding}. "
                    f"Declare the feed's `encoding` ({_guess(file) or 'ask the sender which it is'})."
                ) from None
            if not done:
                text = text.removeprefix("\ufeff")
            done += len(raw)
            text = newlines.decode(text, final=not raw)
            if text:
                yield text.encode()
            if not raw:
                return


def _line_of(file: SourceFile, offset: int) -> int:
    with file.path.open("rb") as source:
        return 1 + source.read(offset).count(b"\n")


def _detect(file: SourceFile, findings: Findings) -> str:
    with file.path.open("rb") as source:
        head = source.read(4)
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return encoding
    guess = _guess(file)
    if guess is None:
        raise UnreadableError(
            f"{file.name}: the encoding could not be detected. Declare the feed's `encoding`; "
            "if it is no text at all, correct the feed's `format`."
        )
    if guess != "utf-8":
        findings.notes.append(f"encoding {guess} detected")
    return guess


def _guess(file: SourceFile) -> str | None:
    from charset_normalizer import from_bytes

    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.path.open("rb") as source:
        sample = source.read(1 << 20)
        if b"\0" in sample:
            return _utf16(sample)
        try:
            decoder.decode(sample)
            while raw := source.read(BLOCK):
                decoder.decode(raw)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            best = from_bytes(sample, cp_isolation=ENCODINGS).best()
            return best.encoding.replace("_", "-") if best else None
    return "utf-8"


def _utf16(sample: bytes) -> str | None:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else None


def _header(
    block: bytes, feed: Mapping[str, Any], name: str, findings: Findings
) -> tuple[str, Header, int]:
    """The delimiter, the header, and the byte where the first record begins."""
    declared = feed.get("delimiter")
    failures = []
    for delimiter in (declared,) if declared else DELIMITERS:
        rows, offsets = _top(block, delimiter)
        try:
            header = find_header(rows, feed, name)
        except UnreadableError as error:
            failures.append((max((len(row) for row in rows), default=0), error))
            continue
        if not declared:
            findings.notes.append(f"delimiter {delimiter!r} detected")
        return delimiter, header, offsets[header.row]
    raise max(failures, key=lambda failure: failure[0])[1]


def _top(block: bytes, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first rows, and the byte where each begins."""
    lines = _Counting(block)
    rows: list[list[str]] = []
    offsets = [0]
    with contextlib.suppress(csv.Error):
        for row in csv.reader(lines, delimiter=delimiter):
            rows.append(row)
            offsets.append(lines.offset)
            if len(rows) > HEADER_WITHIN:
                break
    return rows, offsets


class _Counting:
    """Lines of a block for `csv.reader`, and how many bytes it has taken so far."""

    def __init__(self, block: bytes):
        self.block, self.offset = block, 0

    def __iter__(self) -> "_Counting":
        return self

    def __next__(self) -> str:
        if self.offset >= len(self.block):
            raise StopIteration
        end = self.block.find(b"\n", self.offset) + 1 or len(self.block)
        line = self.block[self.offset : end].decode()
        self.offset = end
        return line
