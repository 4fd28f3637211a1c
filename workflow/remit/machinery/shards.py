"""A shard is a range of pseudonyms: a part of the subjects whose jobs read and write only their rows.

A pseudonym ends in the hex digits of a keyed hash, so equal ranges hold about as many subjects each,
and shards one after another are in the order of USUBJID: the whole table is its parts put end to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from remit.machinery.write import PARQUET, stream_parquet, whole

if TYPE_CHECKING:
    import polars as pl

#: Bytes of extracts to a shard where the study leaves the number to Remit.
AUTO_BYTES = 256_000_000
#: The hex digits that decide, the first of the twenty, and how many values they have.
_FIRST, _DIGITS = -20, 4
_RANGE = 16**_DIGITS


def count(setting: int | str, size: int) -> int:
    """How many shards a study of `size` bytes of extracts has: the number set, or by `auto`.

    `auto` gives powers of two, so that a growing study seldom changes its number of shards: a change
    computes everything anew.
    """
    if setting != "auto":
        return int(setting)
    return min(1 << (max(1, -(-size // AUTO_BYTES)) - 1).bit_length(), _RANGE)


def names(shards: int) -> list[str]:
    """The name of each shard, of equal length, in the order of the pseudonyms it holds."""
    width = len(str(shards - 1))
    return [f"{shard:0{width}}" for shard in range(shards)]


def split(rows: pl.LazyFrame, paths: Sequence[str | Path]) -> None:
    """Write rows to one Parquet file per shard, each in the order in which they come.

    A shard that has none of them gets a file of no bytes. The files of many shards are in one folder
    of their own.
    """
    if len(paths) == 1:
        stream_parquet(rows, paths[0])
        return
    import polars as pl

    digits = pl.col("USUBJID").str.slice(_FIRST, _DIGITS).str.to_integer(base=16)
    with ExitStack() as stack:
        partial = [stack.enter_context(whole(path)) for path in paths]
        by_shard = pl.PartitionBy(
            partial[0].parent,
            key=(digits * len(paths) // _RANGE).alias("_shard"),
            include_key=False,
            file_path_provider=lambda made: partial[made.partition_keys.item()].name,
        )
        rows.sink_parquet(by_shard, **PARQUET)
        for path in partial:
            path.touch()


def written(paths: Sequence[str | Path]) -> list[Path]:
    """Those of the files that hold rows."""
    return [path for path in map(Path, paths) if path.stat().st_size]
