"""Delimited text: any encoding, any delimiter, every record with the line it begins on."""

import codecs
import contextlib
import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from remit.ingest.source import (
    BLANK_LINES,
    FURTHER_LINES,
    HEADER_LINES,
    HEADER_WITHIN,
    Findings,
    Header,
    SourceFile,
    UnreadableError,
    batch,
    find_header,
    headers,
)

# Bytes read at a time: enough rows for polars, and few enough for the allocator to use the same
# memory again (from 32 MB on every buffer would be fresh pages of the kernel).
BLOCK = 1 << 24
# A quoted field longer than this is a quote that was never closed.
LONGEST_RECORD = 1 << 20
SAMPLE = 1 << 18
DELIMITERS = (",", "\t", ";", "|", "^", "~")
# What hospital systems write when it is not Unicode, the likelier first.
ENCODINGS = ["gb18030", "cp1252", "cp1250", "cp1251", "big5", "cp932", "cp949"]
LATIN = ["cp1252", "cp1250"]
# Between the two encodings of a file that was put together of others.
OR = " or "
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NEWLINE, QUOTE = 10, 34
# What a field may hold and be empty; old programs end a file with a substitute character.
BLANK = " \t\x0b\x0c\x1a\0\ufeff\xa0"
# The number of fields of a line that was cut out of a record.
TORN = -1
ESCAPED = re.compile(rb'(?<!\\)((?:\\\\)*)\\"')
# Letters beside which a symbol stands, or digits beside which an accented letter does.
ODD = re.compile(r"[^\W\d_][¹²³¿¡£¥¼½¾¶§¤¦][^\W\d_]|\d[À-ÖØ-öø-ſ]")


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield the file's records as text in batches.

    Columns: the feed's mapped columns (String), SRCLINE (Int64, the physical line a record begins
    on, counted from 1), RAGGED (Boolean: its number of fields is not the header's; its columns are
    null). Blank lines and lines of nothing but delimiters are no records.

    Raises:
        UnreadableError: empty, in another encoding, or without a mapped column.
    """
    encoding = feed.get("encoding") or _detect(file, feed, findings)
    blocks = _counted(_blocks(file, encoding), findings)
    rest = next(blocks, b"")
    while rest and not rest.strip():
        rest += next(blocks, b"") or b"\0"
    if not rest.strip(b"\0\r\n\t "):
        raise UnreadableError(f"{file.name}: the file is empty. Ask for it again.")
    delimiter, header, start = _header(rest, feed, file.name, findings)
    findings.header = header
    line = 1 + rest.count(b"\n", 0, start)
    findings.left_aside[HEADER_LINES] = line - 1
    rest = rest[start:]
    more = True
    while more:
        block = next(blocks, b"")
        more = bool(block)
        records = _cut(rest, delimiter, header.width, last=not more)
        if records.end:
            frame = _frame(records, header, line)
            blank = len(records.ends) - frame.height
            findings.left_aside[BLANK_LINES] += blank
            findings.left_aside[FURTHER_LINES] += records.lines - len(records.ends)
            yield batch(frame, header)
        line += records.lines
        rest = rest[records.end :] + block


def _counted(blocks: Iterator[bytes], findings: Findings) -> Iterator[bytes]:
    """The blocks, whose lines are counted before anything is made of them."""
    findings.found = 0
    for block in blocks:
        findings.found += block.count(b"\n") + (not block.endswith(b"\n"))
        yield block


@dataclass(frozen=True)
class _Records:
    """Whole records of a block: where each begins and ends (its newline) and how many fields."""

    block: bytes
    delimiter: str
    starts: np.ndarray
    ends: np.ndarray
    sizes: np.ndarray

    @property
    def end(self) -> int:
        return int(self.ends[-1]) + 1 if len(self.ends) else 0

    @cached_property
    def lines(self) -> int:
        """How many lines the records are: more than records where a text has line ends."""
        if b'"' not in self.block:
            return len(self.ends)
        return self.block.count(b"\n", 0, self.end)

    def fields(self, index: int) -> list[str]:
        """One record's fields, the slow way that takes any quote."""
        text = self.block[self.starts[index] : self.ends[index]].decode()
        with contextlib.suppress(csv.Error):  # a field beyond all reason
            fields = next(csv.reader([text], delimiter=self.delimiter), [])
            if len(fields) == self.sizes[index]:
                return fields
        # A quote that is never closed is a character like any other.
        return text.split(self.delimiter)


def _cut(block: bytes, delimiter: str, width: int, last: bool) -> _Records:
    """Cut a block into whole records; what is left over belongs to the next block.

    Quotes escaped by a backslash, as Spark and MySQL write them, are doubled ones where more records
    come out whole that way.
    """
    if last and block and not block.endswith(b"\n"):
        block += b"\n"
    records = _records(block, delimiter, last)
    swallowing = _swallowing(records, width)
    if b'\\"' in block:
        other = _records(ESCAPED.sub(rb'\1""', block), delimiter, last)
        others = _swallowing(other, width)
        if _whole(other, others, width) > _whole(records, swallowing, width):
            records, swallowing = other, others
    return _torn(records, swallowing) if len(swallowing) else records


def _whole(records: _Records, swallowing: np.ndarray, width: int) -> int:
    """How many records come out whole, less those that do not."""
    return int(2 * (records.sizes == width).sum() - len(records.sizes) - 2 * len(swallowing))


def _swallowing(records: _Records, width: int) -> np.ndarray:
    """The records whose quotes are no pairs and in whose texts a line is a whole record by itself.

    A quote was opened there and not closed, and what follows is lost in it.
    """
    if records.lines == len(records.ends):
        return np.empty(0, np.int64)
    breaks = np.flatnonzero(np.frombuffer(records.block, np.uint8)[: records.end] == NEWLINE)
    within = np.diff(np.searchsorted(breaks, records.ends, side="right"), prepend=0)
    several = np.flatnonzero(within > 1).tolist()
    found = [index for index in several if _swallows(records, index, width)]
    return np.array(found, np.int64)


def _swallows(records: _Records, index: int, width: int) -> bool:
    text = records.block[records.starts[index] : records.ends[index]].decode()
    if _well_quoted(text, records.delimiter):
        return False
    return any(len(_well_quoted(line, records.delimiter)) == width for line in text.split("\n")[1:])


def _well_quoted(text: str, delimiter: str) -> list[str]:
    """The fields of one record in which every quote has its pair; none if one has not."""
    with contextlib.suppress(csv.Error):
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    return []


def _torn(records: _Records, swallowing: np.ndarray) -> _Records:
    """The records with those that swallow lines cut into these, of which none has a size."""
    starts, ends, sizes = ([*part] for part in (records.starts, records.ends, records.sizes))
    for index in swallowing[::-1].tolist():
        inner = np.frombuffer(records.block[starts[index] : ends[index]], np.uint8)
        breaks = (np.flatnonzero(inner == NEWLINE) + starts[index]).tolist()
        starts[index : index + 1] = [starts[index], *(place + 1 for place in breaks)]
        ends[index : index + 1] = [*breaks, ends[index]]
        sizes[index : index + 1] = [TORN] * (len(breaks) + 1)
    return _Records(
        records.block, records.delimiter, np.array(starts), np.array(ends), np.array(sizes)
    )


def _records(block: bytes, delimiter: str, last: bool) -> _Records:
    data = np.frombuffer(block, np.uint8)
    marks = data == NEWLINE
    marks |= data == ord(delimiter)
    places = np.flatnonzero(marks)
    if b'"' in block:
        places = _outside_quotes(data, places, ord(delimiter), last)
    at = np.flatnonzero(data[places] == NEWLINE)
    ends = places[at]
    starts = np.concatenate(([0], ends[:-1] + 1))
    return _Records(block, delimiter, starts, ends, np.diff(at, prepend=-1))


def _outside_quotes(data: np.ndarray, places: np.ndarray, delimiter: int, last: bool) -> np.ndarray:
    """The places of newlines and delimiters without those that stand inside quotes.

    A quote opens at the begin of a field and closes at the end of one; doubled quotes are text.
    """
    quotes = np.flatnonzero(data == QUOTE)
    first = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
    lengths = np.diff(first, append=len(quotes))
    odd = lengths % 2 == 1
    begins, ends = quotes[first][odd], (quotes[first] + lengths - 1)[odd]
    before, after = data[begins - 1], data[np.minimum(ends + 1, len(data) - 1)]
    opens = (before == NEWLINE) | (before == delimiter) | (begins == 0)
    closes = (after == NEWLINE) | (after == delimiter) | (ends == len(data) - 1)
    regular = bool(opens[::2].all() and closes[1::2].all())
    turns = begins if regular else begins[_alternating(opens, closes)]
    if len(turns) % 2:
        # Never closed: the quote is a character like any other.
        stray = last or len(data) - turns[-1] > LONGEST_RECORD
        turns = turns[:-1] if stray else np.append(turns, len(data))
    left, right = np.searchsorted(places, turns[::2]), np.searchsorted(places, turns[1::2])
    if np.array_equal(left, right):
        return places
    depth = np.zeros(len(places) + 1, np.int64)
    np.add.at(depth, left, 1)
    np.add.at(depth, right, -1)
    return places[np.cumsum(depth[:-1]) == 0]


def _alternating(opens: np.ndarray, closes: np.ndarray) -> list[int]:
    kept, inside = [], False
    for index, (opening, closing) in enumerate(zip(opens.tolist(), closes.tolist(), strict=True)):
        if closing if inside else opening:
            kept.append(index)
            inside = not inside
    return kept


def _frame(records: _Records, header: Header, line: int) -> pl.DataFrame:
    """The wanted fields named by position, SRCLINE and RAGGED; `line` is the block's first."""
    # Nothing, or nothing but delimiters: such a line is no record.
    filled = records.ends - records.starts >= records.sizes
    good = filled & (records.sizes == header.width)
    for index in np.flatnonzero(filled & ~good).tolist():
        fields = [field.strip(BLANK) for field in records.fields(index)]
        filled[index] = any(fields)
        whole = records.sizes[index] != TORN
        good[index] = whole and len(fields) > header.width and not any(fields[header.width :])
    good &= filled
    lines = line + _breaks_before(records)
    parsed = _parse(records, good, header).with_columns(
        SRCLINE=pl.Series(lines[good], dtype=pl.Int64), RAGGED=pl.lit(False)
    )
    ragged = filled & ~good
    if not ragged.any():
        return parsed
    torn = pl.DataFrame({"SRCLINE": lines[ragged], "RAGGED": True})
    return pl.concat([parsed, torn], how="diagonal_relaxed").sort("SRCLINE")


def _breaks_before(records: _Records) -> np.ndarray:
    if records.lines == len(records.ends):
        return np.arange(len(records.ends))
    breaks = np.flatnonzero(np.frombuffer(records.block, np.uint8) == NEWLINE)
    return np.searchsorted(breaks, records.starts)


def _parse(records: _Records, good: np.ndarray, header: Header) -> pl.DataFrame:
    block: bytes = records.block[: records.end]
    if not good.all():
        lengths = records.ends - records.starts + 1
        block = np.frombuffer(block, np.uint8)[np.repeat(good, lengths)].tobytes()
    wanted = sorted({position for group in header.fields.values() for position in group})
    schema = dict.fromkeys(map(str, wanted), pl.String)
    frame = pl.DataFrame(schema=schema)
    # A quote in the middle of a field is more than polars reads; a record may then go missing.
    with contextlib.suppress(pl.exceptions.PolarsError):
        frame = pl.read_csv(
            block,
            has_header=False,
            separator=records.delimiter,
            schema={str(position): pl.String for position in range(header.width)},
            columns=wanted,
            truncate_ragged_lines=True,
            extra_columns="ignore",
        )
    if frame.height != good.sum():
        rows = [records.fields(index) for index in np.flatnonzero(good).tolist()]
        cells = [[row[position] for position in wanted] for row in rows]
        frame = pl.DataFrame(cells, schema=schema, orient="row")
    return frame


def _blocks(file: SourceFile, encoding: str) -> Iterator[bytes]:
    """The file as UTF-8 in blocks of whole lines, all line ends line feeds."""
    rest = b""
    for text in _utf8(file, encoding):
        text = rest + text
        end = text.rfind(b"\n") + 1 or text.rfind(b"\r", 0, len(text) - 1) + 1
        text, rest = text[:end], text[end:]
        if text:
            yield _one_line_end(text)
    if rest:
        yield _one_line_end(rest)


def _one_line_end(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _utf8(file: SourceFile, encoding: str) -> Iterator[bytes]:
    encoding, _, other = encoding.partition(OR)
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise UnreadableError(
            f"{file.name}: the feed's `encoding` {encoding!r} is unknown. "
            "Write utf-8, utf-16, gb18030, windows-1252, or leave it out to have it detected."
        ) from None
    # A byte order mark is welcome even where none was declared.
    errors = f"remit-{other}" if other else "strict"
    decoder = codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)(errors)
    done = 0
    with file.path.open("rb") as source:
        while True:
            raw = source.read(BLOCK)
            if done and name == "utf-8" and raw.isascii() and not decoder.getstate()[0]:
                # What is both needs neither check nor copy.
                text = raw
            else:
                text = _decoded(raw, decoder, done, encoding, file)
            done += len(raw)
            yield text
            if not raw:
                return


def _decoded(raw: bytes, decoder: Any, done: int, encoding: str, file: SourceFile) -> bytes:
    try:
        text: str = decoder.decode(raw, final=not raw)
    except UnicodeDecodeError as error:
        line = _line_of(file, done + error.start)
        raise UnreadableError(
            f"{file.name}: line {line} is not {encoding}, unlike what stands before it. Declare the "
            "feed's `encoding`, or ask for a file in one encoding."
        ) from None
    return (text if done else text.removeprefix("\ufeff")).encode()


def _reads_as(encoding: str) -> Callable[[UnicodeError], tuple[str, int]]:
    """Reads by an encoding what is no UTF-8."""

    def read_as(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return error.object[error.start : error.end].decode(encoding, "replace"), error.end

    return read_as


for _name in LATIN:
    codecs.register_error(f"remit-{_name}", _reads_as(_name))


def _line_of(file: SourceFile, offset: int) -> int:
    with file.path.open("rb") as source:
        return 1 + source.read(offset).count(b"\n")


def _detect(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> str:
    """The encoding by mark, by being valid UTF-8, or by the mapped headers being legible."""
    with file.path.open("rb") as source:
        sample = source.read(SAMPLE)
    marked = next((name for mark, name in MARKS.items() if sample.startswith(mark)), None)
    likely = [marked] if marked else _unmarked(sample, feed)
    if not likely:
        raise UnreadableError(
            f"{file.name}: the encoding could not be detected. Declare the feed's `encoding`; "
            "if it is no text at all, correct the feed's `format`."
        )
    names = [name.rpartition(OR)[2] for name in likely]
    if OR in likely[0]:
        findings.notes.append(f"lines in two encodings, utf-8 and {names[0]}")
    if len(names) > 1:
        findings.notes.append(
            f"encoding {names[0]} guessed: it may be {' or '.join(names[1:])}; declare `encoding`"
        )
    elif likely != ["utf-8"] and OR not in likely[0]:
        findings.notes.append(f"encoding {names[0]} detected")
    return likely[0]


def encoding_of(path: Path) -> str | None:
    """The likeliest encoding of a text of which no header is known."""
    with path.open("rb") as source:
        sample = source.read(SAMPLE)
    marked = next((name for mark, name in MARKS.items() if sample.startswith(mark)), None)
    likely = [marked] if marked else _unmarked(sample, {"columns": {}})
    return likely[0].rpartition(OR)[2].replace("cp125", "windows-125") if likely else None


def _unmarked(sample: bytes, feed: Mapping[str, Any]) -> list[str]:
    """The likeliest encoding, and those that would read something else with as good a reason."""
    wanted = [header for group in headers(feed).values() for header in group]
    if b"\0" in sample:
        # UTF-16, or stray bytes: the headers tell.
        for encoding in ("utf-16-le", "utf-16-be"):
            text = sample.decode(encoding, errors="replace")
            if any(header in text for header in wanted):
                return [encoding]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        # Encodings that read the same are one match.
        matches = {
            name: match
            for match in from_bytes(sample, cp_isolation=ENCODINGS)
            for name in match.could_be_from_charset
            if name in ENCODINGS
        }
        # What is odd about the one reading of western letters is odd about the other.
        latin = [matches[name] for name in LATIN if name in matches]
        chaos = min((match.chaos for match in latin), default=0.0)
        coherence = max((match.coherence for match in latin), default=0.0)
        evidence = {
            name: (
                -sum(text in str(match) for text in wanted),
                len(ODD.findall(str(match))),
                round(chaos if name in LATIN else match.chaos, 1),
                -round(coherence if name in LATIN else match.coherence, 1),
            )
            for name, match in matches.items()
        }
        best = min(evidence.values(), default=None)
        alike = [name for name in ENCODINGS if evidence.get(name) == best and best is not None]
        texts = {str(matches[name]): name for name in reversed(alike)}
        likely = sorted(texts.values(), key=ENCODINGS.index)
        if likely and likely[0] in LATIN and any(map(_is_utf8, sample.split(b"\n"))):
            return [f"utf-8{OR}{name}" for name in likely]
        return likely
    return ["utf-8"]


def _is_utf8(line: bytes) -> bool:
    """Whether a line has letters beyond ASCII, in UTF-8: in a code page they would be no words."""
    with contextlib.suppress(UnicodeDecodeError):
        return not line.isascii() and bool(line.decode())
    return False


def _header(
    block: bytes, feed: Mapping[str, Any], name: str, findings: Findings
) -> tuple[str, Header, int]:
    """The delimiter, the header, and the byte where the first record begins."""
    declared = feed.get("delimiter")
    failures = []
    for delimiter in [declared] if declared else DELIMITERS:
        rows, offsets = _top(block, delimiter)
        try:
            header = find_header(rows, feed, name)
        except UnreadableError as error:
            failures.append((max((len(row) for row in rows), default=0), error))
            continue
        if not declared and delimiter != ",":
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
