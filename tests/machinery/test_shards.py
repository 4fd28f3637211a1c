"""A shard is a range of pseudonyms: nobody is lost, the order stays, the bytes do not depend on it."""

from pathlib import Path

import polars as pl
import pytest

from remit.machinery import shards
from remit.machinery.write import stream_parquet
from remit.privacy.pseudonyms import pseudonym

ROWS = pl.DataFrame(
    {"USUBJID": [pseudonym(f"M{n % 97}", bytes(32), "STUDY-1") for n in range(1_000)]}
).with_columns(line=pl.int_range(pl.len()))


def files(folder: Path, number: int) -> list[str]:
    return [str(folder / f"{name}.parquet") for name in shards.names(number)]


@pytest.mark.parametrize("number", [2, 3, 16, 100])
def test_shards_end_to_end_are_the_rows_by_subject_and_as_they_came(
    tmp_path: Path, number: int
) -> None:
    shards.split(ROWS.lazy(), files(tmp_path, number))
    parts = [pl.read_parquet(path) for path in shards.written(files(tmp_path, number))]
    for part in parts:
        assert part["line"].is_sorted()
    subjects = pl.concat(part["USUBJID"].unique().sort() for part in parts)
    assert subjects.to_list() == sorted(set(ROWS["USUBJID"]))
    together = pl.concat(parts).sort("USUBJID", maintain_order=True)
    assert together.equals(ROWS.sort("USUBJID", maintain_order=True))


def test_one_shard_is_the_table_as_it_is(tmp_path: Path) -> None:
    shards.split(ROWS.lazy(), [str(tmp_path / "all.parquet")])
    stream_parquet(ROWS.lazy(), tmp_path / "plain.parquet")
    assert (tmp_path / "all.parquet").read_bytes() == (tmp_path / "plain.parquet").read_bytes()


def test_a_shard_without_rows_has_a_file_without_bytes(tmp_path: Path) -> None:
    shards.split(ROWS.head(1).lazy(), files(tmp_path, 4))
    assert sorted(path.stat().st_size > 0 for path in tmp_path.iterdir()) == [
        *(False, False, False),
        True,
    ]


def test_the_first_digits_of_a_pseudonym_decide(tmp_path: Path) -> None:
    people = sorted(pseudonym(f"P{n}", bytes(32), "A-1") for n in range(64))
    shards.split(pl.LazyFrame({"USUBJID": people}), files(tmp_path, 16))
    for path in shards.written(files(tmp_path, 16)):
        digits = pl.read_parquet(path)["USUBJID"].str.strip_prefix("A-1-").str.head(1).unique()
        assert digits.to_list() == [f"{int(path.stem):X}"]


def test_subjects_are_spread_evenly(tmp_path: Path) -> None:
    ids = pl.DataFrame({"USUBJID": [pseudonym(f"P{n}", b"key", "S") for n in range(4_000)]})
    shards.split(ids.lazy(), files(tmp_path, 4))
    heights = [pl.read_parquet(path).height for path in files(tmp_path, 4)]
    assert all(abs(height - 1_000) < 100 for height in heights)


@pytest.mark.parametrize(
    ("size", "number"),
    [(0, 1), (1, 1), (256_000_000, 1), (256_000_001, 2), (600_000_000, 4), (12_000_000_000, 64)],
)
def test_auto_is_a_power_of_two_from_the_size_of_the_extracts(size: int, number: int) -> None:
    assert shards.count("auto", size) == number
    assert shards.count(3, size) == 3


def test_the_bytes_of_a_table_put_together_do_not_depend_on_where_it_was_cut(
    tmp_path: Path,
) -> None:
    rows = pl.DataFrame({"n": pl.int_range(1_200_000, eager=True)}).with_columns(
        text=(pl.col("n") % 1_000).cast(pl.String)
    )
    stream_parquet(rows.lazy(), tmp_path / "whole.parquet")
    for size in (70_001, 499_999, 800_000):
        cut = []
        for part in rows.iter_slices(size):
            cut.append(tmp_path / f"{size}-{len(cut):02}.parquet")
            stream_parquet(part.lazy(), cut[-1])
        stream_parquet(pl.scan_parquet(cut), tmp_path / "again.parquet")
        assert (tmp_path / "again.parquet").read_bytes() == (
            tmp_path / "whole.parquet"
        ).read_bytes()
