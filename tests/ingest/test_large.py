"""Large extracts: rows wait on disk, and a file that breaks off late leaves none behind."""

from pathlib import Path

import pytest

import remit.ingest
from remit.dictionaries import Dictionaries
from remit.ingest import SourceFile, delimited, ingest

from .conftest import KEY, LAB, lab

ROWS = [f"p{index % 7},Albumin,{30 + index % 9}.5,g/L,2020-06-01" for index in range(400)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remit.ingest, "SPILL", 100)
    monkeypatch.setattr(delimited, "BLOCK", 2000)


def test_rows_that_wait_on_disk_are_those_in_memory(known: Dictionaries, tmp_path: Path) -> None:
    path, scratch = tmp_path / "lab.csv", tmp_path / "scratch"
    path.write_text(lab(*ROWS), encoding="utf-8")
    scratch.mkdir()
    files = [SourceFile("lab.csv", path)]
    memory = ingest(files, "west", "d", LAB, known, KEY, "S")
    disk = ingest(files, "west", "d", LAB, known, KEY, "S", scratch=scratch)
    assert any(isinstance(part, Path) for part in disk.parts)
    assert disk.accepted.equals(memory.accepted)
    disk.stream().sink_parquet(tmp_path / "accepted.parquet")
    assert disk.accepted.height == 400


def test_a_file_that_breaks_off_late_gives_no_rows(known: Dictionaries, tmp_path: Path) -> None:
    path, scratch = tmp_path / "lab.csv", tmp_path / "scratch"
    path.write_bytes(lab(*ROWS).encode() + "p1,白蛋白,38,g/L,2020-06-01\n".encode("gb18030"))
    scratch.mkdir()
    found = ingest(
        [SourceFile("lab.csv", path)], "west", "d", LAB, known, KEY, "S", scratch=scratch
    )
    row = found.ledger.row(0, named=True)
    assert (row["status"], row["read"], row["accepted"]) == ("unreadable", 0, 0)
    assert "line 402 is not utf-8" in row["message"]
    assert found.accepted.is_empty()
    assert list(scratch.iterdir()) == []
