"""Write every file whole or not at all.

A result is written beside its final name, flushed to disk and renamed: whoever reads the final name
finds the old content or the new, never half of either.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import polars as pl

#: How rows that stream are written; row groups are fixed so that the bytes do not depend on how they came.
PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "row_group_size": 500_000,
}


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` when the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(path)
    try:
        yield partial
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _beside(path: Path, part: int = 0) -> Path:
    """Where what becomes `path` waits; `forget_partial` knows it by its name."""
    return path.with_name(f".{path.name}.{os.getpid()}-{part}.partial")


def forget_partial(folder: str | Path) -> None:
    """Delete what killed jobs left half-written below `folder`; no job may be at work there."""
    for partial in Path(folder).rglob(".*.partial"):
        partial.unlink(missing_ok=True)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write `data` to `path`."""
    with whole(path) as partial:
        partial.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with line feeds."""
    write_bytes(path, text.encode())


def write_parquet(frame: pl.DataFrame, path: str | Path) -> None:
    """Write `frame` to `path`; equal rows in equal order give equal bytes."""
    with whole(path) as partial:
        frame.write_parquet(partial, compression="zstd", compression_level=1)


def stream_parquet(rows: pl.LazyFrame, path: str | Path) -> None:
    """Write `rows` to `path` without having them in memory together."""
    with whole(path) as partial:
        rows.sink_parquet(partial, **PARQUET)


def streamed(
    frames: Callable[[], Iterator[pl.DataFrame]], schema: Mapping[str, pl.DataType]
) -> pl.LazyFrame:
    """Frames of one schema that are made while they are read; every query reads them whole."""
    from polars.io.plugins import register_io_source

    made = register_io_source(lambda *_: frames(), schema=dict(schema))
    return made.map_batches(
        lambda frame: frame,
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
        streamable=True,
    )


@contextmanager
def parquet_parts(path: str | Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield a function that puts frames of the same columns under each other in `path`.

    For what is made beside something else that streams. They wait on disk, so that one at a time is
    in memory; `path` appears when the block succeeds.
    """
    import polars as pl

    path = Path(path)
    parts: list[Path] = []

    def add(frame: pl.DataFrame) -> None:
        parts.append(_beside(path, len(parts) + 1))
        frame.write_ipc(parts[-1], compression="lz4")

    try:
        yield add
        stream_parquet(pl.concat([pl.scan_ipc(part) for part in parts]), path)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def write_csv(frame: pl.DataFrame, path: str | Path) -> None:
    """Write `frame` to `path` as UTF-8 CSV with line feeds, nulls as empty cells, all texts inert."""
    with whole(path) as partial:
        for_people(frame).write_csv(partial)


# What a spreadsheet may take for a formula, blanks and full-width forms included, but for plain
# numbers and grades.
_FORMULA = r"^[\s\x00-\x1f\u200b-\u200f\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]"
_PLAIN = r"^[+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?\s?%?$|^[+-]*$"
# Control characters but tab and line feed, and those that turn the direction of the text.
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula and no terminal obeys; plain numbers stay."""
    formula = re.search(_FORMULA, text) and not re.search(_PLAIN, text)
    return printable("'" + text if formula else text)


def for_people(frame: pl.DataFrame) -> pl.DataFrame:
    """A table whose texts come from a source, as people may open it: every text `inert`."""
    import polars as pl

    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    changed = {}
    for name in texts:
        distinct = frame[name].unique().drop_nulls()
        found = distinct.filter(distinct.str.contains(f"{_FORMULA}|{_CONTROL}"))
        if len(found):
            changed[name] = {text: inert(text) for text in found}
    return frame.with_columns(pl.col(name).replace(safe) for name, safe in changed.items())


def printable(text: str) -> str:
    """Text without the control characters that a terminal would obey."""
    return re.sub(_CONTROL, "", text)


class Printable:
    """A text stream that passes no control characters on."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what is printable of the text."""
        return self._stream.write(printable(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
