"""Search results for what identifies a person: raw patient ids, names, numbers of the extracts."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import polars.selectors as cs

#: Shorter values (a ward number, "12") occur by chance everywhere and prove nothing.
SHORTEST = 4
SHORTEST_HAN = 2


def telling(values: Iterable[str | None]) -> list[str]:
    """The distinct values long enough to prove something where they are found, sorted."""
    plain = {value.strip() for value in values if value}
    return sorted(
        value for value in plain if len(value) >= (SHORTEST if value.isascii() else SHORTEST_HAN)
    )


def found_in(identifiers: list[str], paths: Iterable[Path]) -> pl.DataFrame:
    """Where identifiers stand.

    Parquet files are searched in their decoded text, archives (such as DOCX) in their members, all
    else as UTF-8 text.

    Returns:
        path, count: the files that hold any, and how many different ones; never the values.
    """
    hits: list[dict[str, object]] = []
    for path in paths:
        held: set[str] = set()
        for text in _texts(path):
            held.update(
                text.str.extract_many(identifiers, overlapping=True).explode().drop_nulls().to_list()
            )
        if held:
            hits.append({"path": str(path), "count": len(held)})
    return pl.DataFrame(hits, schema={"path": pl.String, "count": pl.Int64}).sort("path")


def _texts(path: Path) -> Iterator[pl.Series]:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).select(cs.string() | cs.categorical() | cs.enum())
        yield from (frame[column].cast(pl.String).drop_nulls() for column in frame.columns)
        return
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = [archive.read(name) for name in archive.namelist()]
        yield from (pl.Series([member.decode(errors="ignore")]) for member in members)
        return
    yield pl.Series([data.decode(errors="ignore")])
