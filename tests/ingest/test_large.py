"""Large extracts: accepted rows stream to disk, and a file that breaks off late leaves none."""

from pathlib import Path

import polars as pl
import pytest

from remit.ingest import SourceFile, delimited, ingest
from remit.ingest.dictionaries import Dictionaries
from remit.machinery.write import stream_parquet

from .conftest import KEY, LAB, lab

ROWS = [f"p{index % 7},Albumin,{30 + index % 9}.5,g/L,2020-06-01" for index in range(400)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 2000)


@pytest.fixture
def files(tmp_path: Path) -> list[SourceFile]:
    """Two files; the first breaks off in another encoding after some blocks."""
    (tmp_path / "cut.csv").write_bytes(
        lab(*ROWS).encode() + "p1,白蛋白,38,g/L,2020-06-01\n".encode("gb18030")
    )
    (tmp_path / "whole.csv").write_text(lab(*ROWS), encoding="utf-8")
    return [SourceFile(path.name, path) for path in sorted(tmp_path.glob("*.csv"))]


def test_rows_that_stream_to_disk_are_those_in_memory(
    known: Dictionaries, files: list[SourceFile], tmp_path: Path
) -> None:
    path = tmp_path / "accepted.parquet"
    memory = ingest(files[1:], "west", "d", LAB, known, KEY, "S")
    ingest(
        files[1:], "west", "d", LAB, known, KEY, "S", write=lambda rows: stream_parquet(rows, path)
    )
    assert pl.read_parquet(path).equals(memory.accepted)
    assert memory.accepted.height == 400


def test_what_takes_the_rows_may_choose_among_them(
    known: Dictionaries, files: list[SourceFile]
) -> None:
    found = ingest(
        files[1:],
        "west",
        "d",
        LAB,
        known,
        KEY,
        "S",
        write=lambda rows: rows.filter(pl.col("LBSTRESN") > 38).select("SRCLINE").collect(),
    )
    # 38.5 stands on every ninth line.
    assert found.accepted["SRCLINE"].to_list() == list(range(10, 402, 9))
    assert found.ledger["accepted"].item() == 400


def test_rows_left_unread_would_be_missing_in_the_ledger(
    known: Dictionaries, files: list[SourceFile]
) -> None:
    with pytest.raises(RuntimeError, match="left rows unread"):
        ingest(files[1:], "w", "d", LAB, known, KEY, "S", write=lambda rows: rows.head(3).collect())


def test_a_file_that_breaks_off_late_gives_no_rows(
    known: Dictionaries, files: list[SourceFile], tmp_path: Path
) -> None:
    path = tmp_path / "accepted.parquet"
    found = ingest(
        files, "west", "d", LAB, known, KEY, "S", write=lambda rows: stream_parquet(rows, path)
    )
    cut, whole = found.ledger.rows(named=True)
    assert (cut["status"], cut["read"], cut["accepted"]) == ("unreadable", 0, 0)
    assert "line 402 is not utf-8" in cut["message"]
    assert (whole["status"], whole["read"], whole["accepted"]) == ("read", 400, 400)
    accepted = pl.read_parquet(path)
    assert accepted["SRCFILE"].unique().to_list() == ["whole.csv"]
    assert accepted.height == 400
    assert found.identities.height == 7
    assert [each.name for each in tmp_path.glob("*.part*")] == []


def test_an_error_of_ours_passes_through_the_stream_as_it_is(
    known: Dictionaries, files: list[SourceFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault of the library")

    monkeypatch.setattr("remit.ingest.rows.judge", broken)
    with pytest.raises(KeyError, match="a fault of the library"):
        ingest(files, "west", "d", LAB, known, KEY, "S")
