"""Search results for what identifies a person: raw patient ids, names, numbers of the extracts."""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import polars.selectors as cs

#: Shorter values (a ward number, "12") occur by chance everywhere and prove nothing.
SHORTEST = 4
SHORTEST_HAN = 2
ENCODINGS = ("utf-8", "gb18030", "utf-16-le")


def telling(values: Iterable[str | None]) -> list[str]:
    """The distinct values long enough to prove something where they are found, sorted."""
    plain = {value.strip() for value in values if value}
    return sorted(
        value for value in plain if len(value) >= (SHORTEST if value.isascii() else SHORTEST_HAN)
    )


def found_in(identifiers: list[str], paths: Iterable[Path]) -> pl.DataFrame:
    """Where identifiers stand.

    A file's name counts as its content. Parquet files are searched in their decoded text, archives
    (such as DOCX) in their members, all else as text in every one of ENCODINGS; identifiers also as
    JSON and HTML write them. A number inside a longer one is no identifier.

    Returns:
        path, count: the files that hold any, and how many different ones; never the values.
    """
    meant = {spelling: value for value in identifiers for spelling in _spellings(value)}
    hits: list[dict[str, object]] = []
    for path in paths:
        held: set[str] = set()
        for text in [pl.Series([str(path)]), *_texts(path)]:
            for spelling in _standing(text, list(meant)):
                held.add(meant[spelling])
        if held:
            hits.append({"path": str(path), "count": len(held)})
    return pl.DataFrame(hits, schema={"path": pl.String, "count": pl.Int64}).sort("path")


def _spellings(value: str) -> set[str]:
    plain = {value, unicodedata.normalize("NFKC", value)}
    return plain | {json.dumps(text)[1:-1] for text in plain} | {html.escape(t) for t in plain}


def _standing(text: pl.Series, spellings: list[str]) -> Iterator[str]:
    found = text.str.extract_many(spellings, overlapping=True).explode().drop_nulls().unique()
    for spelling in found.to_list():
        alone = rf"(?:^|[^0-9.]){re.escape(spelling)}(?:[^0-9]|$)"
        if not spelling.isdecimal() or text.str.contains(alone).any():
            yield spelling


def _texts(path: Path) -> Iterator[pl.Series]:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).select(cs.string() | cs.categorical() | cs.enum())
        yield from (frame[column].cast(pl.String).drop_nulls() for column in frame.columns)
        return
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name) for name in archive.namelist()]
    elif data.startswith(b"\x1f\x8b"):
        parts = [gzip.decompress(data)]
    else:
        parts = [data]
    for part in parts:
        for encoding in ENCODINGS if not _is_utf8(part) else ENCODINGS[:1]:
            yield pl.Series([part.decode(encoding, errors="ignore")])


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
