import zipfile
from pathlib import Path

import polars as pl

from remit.identifiers import found_in, telling

RAW = ["20631874", "张小明"]


def test_an_identifier_is_found_in_text_parquet_and_archives(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("row of 20631874 failed", encoding="utf-8")
    pl.DataFrame({"note": ["x", "给张小明"]}).write_parquet(tmp_path / "table.parquet")
    with zipfile.ZipFile(tmp_path / "table.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<t>20631874 张小明</t>")
    (tmp_path / "clean.csv").write_text("BELI-LN-0A503BA3BA,1.5\n", encoding="utf-8")
    hits = found_in(RAW, sorted(tmp_path.iterdir()))
    assert [(Path(p).name, n) for p, n in hits.iter_rows()] == [
        ("log.txt", 1),
        ("table.docx", 2),
        ("table.parquet", 1),
    ]


def test_what_is_too_short_to_prove_anything_is_left_out() -> None:
    assert telling(["12", " 20631874 ", "李", "李雷", None, "Ann", ""]) == ["20631874", "李雷"]
