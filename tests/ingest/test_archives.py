"""Packed files: what is in them is read, under a name that tells where it lay."""

import gzip
import io
import zipfile

import pytest

from .conftest import Run, lab

ROW = "p1,Albumin,38,g/L,2020-06-01"


def packed(**members: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_every_file_of_an_archive_is_read_and_counted(run: Run) -> None:
    files = {
        "june/west.csv": lab(ROW),
        "july.csv": lab(ROW, "p2,Albumin,,g/L,2020-06-01"),
        "__MACOSX/july.csv": "x",
        "june/.DS_Store": "x",
    }
    found = run(packed(**files), "west.zip")
    assert found.ledger.select("source_file", "read", "accepted", "quarantined").rows() == [
        ("west.zip/july.csv", 2, 1, 1),
        ("west.zip/june/west.csv", 1, 1, 0),
    ]
    assert found.ledger["source_sha256"].n_unique() == 1
    assert found.accepted["ROWID"].n_unique() == 2


def test_a_gz_file_is_read_with_the_encoding_inside(run: Run) -> None:
    content = gzip.compress(lab("p1,白蛋白,38,g/L,2020-06-01").encode("gb18030"))
    found = run(content, "东.csv.gz", encoding=None)
    assert found.accepted["LBTESTCD"].to_list() == ["ALB"]
    assert found.ledger["source_file"].to_list() == ["东.csv.gz/东.csv"]


def test_a_broken_file_inside_costs_no_other(run: Run) -> None:
    found = run(packed(**{"a.csv": lab(ROW), "b.csv": "nothing,mapped\n1,2\n"}), "w.zip")
    assert found.ledger.select("source_file", "status").rows() == [
        ("w.zip/a.csv", "read"),
        ("w.zip/b.csv", "unreadable"),
    ]
    assert found.accepted.height == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (packed(), "the archive holds no file"),
        (gzip.compress(lab(ROW).encode())[:-12], "damaged or cut short"),
        (packed(**{"a.zip": packed(**{"b.csv": "x"})}), "it is of format zip"),
        (packed(**{"a.csv": bytes(300_000_000)}), "unpacks to more than"),
    ],
)
def test_what_cannot_be_unpacked_is_told(run: Run, content: bytes, told: str) -> None:
    found = run(content, "w.zip", format=None)
    assert found.ledger["status"].to_list() == ["unreadable"]
    assert told in found.ledger["message"].item()


def test_a_name_is_one_name_however_it_is_composed(run: Run) -> None:
    composed, decomposed = (run(lab(ROW), name) for name in ("Größe.csv", "Gro\u0308ße.csv"))
    assert composed.accepted["SRCFILE"].item() == "Größe.csv"
    assert composed.accepted["ROWID"].item() == decomposed.accepted["ROWID"].item()
