from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from remit.machinery.slices import slices
from remit.machinery.write import parquet_parts, stream_parquet, streamed

SUBJECTS = pl.DataFrame({"USUBJID": ["A", "B", "C", "D", "E"]})
ROWS = pl.DataFrame({"USUBJID": ["A", "A", "C", "E", "X"], "AVAL": [1.0, 2.0, 3.0, 4.0, 5.0]})


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_every_row_of_a_subject_is_in_one_slice_whatever_the_size(
    tmp_path: Path, size: int
) -> None:
    ROWS.write_parquet(tmp_path / "rows.parquet")
    found = list(slices(SUBJECTS, {"rows": str(tmp_path / "rows.parquet")}, size))
    assert pl.concat(part for part, _ in found).equals(SUBJECTS)
    assert pl.concat(tables["rows"] for _, tables in found).equals(
        ROWS.filter(pl.col("USUBJID") != "X")
    )


def test_a_study_without_subjects_is_one_empty_slice(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "rows.parquet")
    ((part, tables),) = slices(SUBJECTS.clear(), {"rows": str(tmp_path / "rows.parquet")})
    assert part.is_empty()
    assert tables["rows"].is_empty()


def in_parts(path: Path, frames: Iterator[pl.DataFrame]) -> None:
    with parquet_parts(path) as add:
        for frame in frames:
            add(frame)


def in_one_stream(path: Path, frames: Iterator[pl.DataFrame]) -> None:
    stream_parquet(streamed(lambda: frames, ROWS.schema), path)


@pytest.mark.parametrize("write", [in_parts, in_one_stream])
def test_the_bytes_are_the_same_however_the_rows_came(
    tmp_path: Path, write: Callable[[Path, Iterator[pl.DataFrame]], None]
) -> None:
    for name, size in (("one", 5), ("many", 1)):
        write(tmp_path / f"{name}.parquet", ROWS.iter_slices(size))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "many.parquet").read_bytes()
    assert pl.read_parquet(tmp_path / "many.parquet").equals(ROWS)


@pytest.mark.parametrize("write", [in_parts, in_one_stream])
def test_a_failure_is_told_and_leaves_neither_the_file_nor_its_parts(
    tmp_path: Path, write: Callable[[Path, Iterator[pl.DataFrame]], None]
) -> None:
    def failing() -> Iterator[pl.DataFrame]:
        yield ROWS
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write(tmp_path / "x.parquet", failing())
    assert list(tmp_path.iterdir()) == []
