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
from typing import TYPE_CHECKING, Any

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
    """Write `frame` to `path` as UTF-8 CSV with line feeds, nulls as empty cells."""
    with whole(path) as partial:
        frame.write_csv(partial)


#: What moves the cursor of a terminal, or turns the direction of what is read.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula and no terminal for a command.

    A plain negative number stays as it is.
    """
    plain = _CONTROL.sub("", text)
    if _FORMULA.match(plain) and not re.fullmatch(r"[+-]?[0-9.]+", plain):
        return "'" + plain
    return plain


def for_people(frame: pl.DataFrame) -> pl.DataFrame:
    """A table whose texts come from a source, as people may open it: every text `inert`."""
    import polars as pl

    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.col(name).map_elements(inert, return_dtype=pl.String) for name in texts
    )
