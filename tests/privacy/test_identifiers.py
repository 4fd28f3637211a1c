import gzip
import zipfile
import zlib
from pathlib import Path

import polars as pl

from remit.privacy.identifiers import found_in, masked, shared, telling

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


def test_an_identifier_is_found_as_json_and_html_write_it_and_in_other_encodings(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.json").write_text('{"who": "\\u5f20\\u5c0f\\u660e"}')
    (tmp_path / "b.html").write_text("<td>O&#x27;Brien</td>")
    (tmp_path / "c.log").write_bytes("张小明".encode("gb18030"))
    (tmp_path / "d 20631874.txt").write_text("")
    (tmp_path / "e.gz").write_bytes(gzip.compress(b"20631874"))
    hits = found_in([*RAW, "O'Brien"], sorted(tmp_path.iterdir()))
    assert [Path(path).name[0] for path in hits["path"]] == ["a", "b", "c", "d", "e"]


def test_a_number_inside_a_longer_number_is_no_identifier(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("120631874,0.20631874,206318745\n")
    assert found_in(RAW, [tmp_path / "table.csv"]).is_empty()
    (tmp_path / "table.csv").write_text("MRN20631874\n")
    assert found_in(RAW, [tmp_path / "table.csv"]).height == 1


def test_an_identifier_inside_a_longer_word_is_none(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("DKD-00850048E9,XDKD-008\n")
    assert found_in(["DKD-008"], [tmp_path / "table.csv"]).is_empty()
    (tmp_path / "table.csv").write_text("(DKD-008)\n")
    assert found_in(["DKD-008"], [tmp_path / "table.csv"]).height == 1


def test_a_number_inside_a_digest_and_a_short_one_prove_nothing(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("sha a20631874bc0d and 2063 rows\n")
    assert found_in([*RAW, "2063"], [tmp_path / "log.txt"]).is_empty()


def test_a_name_that_is_a_word_of_remit_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>Kaplan and Meier; Kaplansky</p>")
    assert found_in(["Meier", "Kaplan"], [tmp_path / "page.html"]).is_empty()
    assert found_in(["Kaplansky"], [tmp_path / "page.html"]).height == 1
    assert found_in(["Kaplansk"], [tmp_path / "page.html"]).is_empty()


def test_an_identifier_in_a_compressed_part_of_a_figure_is_found(tmp_path: Path) -> None:
    packed = zlib.compress(b"<x>20631874</x>")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nstream\n" + packed + b"\nendstream")
    (tmp_path / "b.png").write_bytes(b"\x89PNG....zTXtAuthor\0\0" + packed)
    assert found_in(RAW, sorted(tmp_path.iterdir())).height == 2


def test_an_identifier_is_masked_wherever_a_text_of_a_source_holds_it() -> None:
    lines = pl.DataFrame(
        {
            "value": ["see 20631874", "b7", None],
            "identifies": [False, True, False],
            "test": ["UPCR", "张小明", "给张小明 x"],
            "count": [1, 2, 3],
        }
    )
    assert masked(lines, RAW).rows() == [
        ("see ***", "UPCR", 1),
        ("***", "***", 2),
        (None, "给*** x", 3),
    ]


def test_private_results_are_not_shared(tmp_path: Path) -> None:
    for path in ("results/private/a.csv", "results/b.csv", ".snakemake/log/c.log", "d.csv"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    assert [path.name for path in shared(tmp_path)] == ["b.csv", "c.log"]
