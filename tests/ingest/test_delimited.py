"""Delimited text: encodings, quotes, line ends, torn rows, and the line each record begins on."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.ingest import delimited
from remit.ingest.source import Findings, SourceFile

from .conftest import LAB, Run, lab

GOOD = "p1,Albumin,38,g/L,2020-06-01"
CHINESE = {
    "columns": {
        "SUBJID": "病历号",
        "LBTEST": "项目名称",
        "LBORRES": "结果",
        "LBORRESU": "单位",
        "LBDTC": "采样日期",
    }
}
CHINESE_CSV = "病历号,项目名称,结果,单位,采样日期\n1001,白蛋白,38,g/L,2020-06-01\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("declared", [True, False])
def test_chinese_exports_read_in_every_encoding(run: Run, encoding: str, declared: bool) -> None:
    content = (CHINESE_CSV + CHINESE_CSV.partition("\n")[2] * 20).encode(encoding)
    feed = {**CHINESE, "encoding": encoding if declared else None}
    found = run(content, **feed)
    assert found.ledger["message"].item() is None or "cannot" not in found.ledger["message"].item()
    assert found.accepted["LBTESTCD"].to_list() == ["ALB"] * 21


@pytest.mark.parametrize("encoding", ["windows-1252", "windows-1250", "latin-1"])
def test_western_exports_read_in_their_declared_encoding(run: Run, encoding: str) -> None:
    found = run(lab("Zoë,Albumin,38,g/L,2020-06-01").encode(encoding), encoding=encoding)
    assert found.identities["SUBJID"].to_list() == ["Zoë"]


def test_a_detected_encoding_is_noted_in_the_ledger(run: Run) -> None:
    content = (CHINESE_CSV + CHINESE_CSV.partition("\n")[2] * 20).encode("gb18030")
    assert "gb18030" in run(content, **CHINESE, encoding=None).ledger["message"].item()


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^", "~"])
def test_the_delimiter_is_found(run: Run, delimiter: str) -> None:
    found = run(lab(GOOD).replace(",", delimiter), delimiter=None)
    assert found.accepted.height == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one_line(run: Run, end: str) -> None:
    found = run(lab(GOOD, "", GOOD).replace("\n", end))
    assert found.accepted["SRCLINE"].to_list() == [2, 4]


def test_mixed_line_ends_are_counted_as_an_editor_counts_them(run: Run) -> None:
    text = f"MRN,Test,Result,Unit,Collected\r\n{GOOD}\n{GOOD}\r{GOOD}"
    assert run(text).accepted["SRCLINE"].to_list() == [2, 3, 4]


def test_a_record_has_the_line_it_begins_on_past_quoted_newlines_and_blank_lines(run: Run) -> None:
    rows = [GOOD, '"p\n2",Albumin,38,g/L,2020-06-01', "", '"p3",Albumin,38,g/L,2020-06-01']
    assert run(lab(*rows)).accepted["SRCLINE"].to_list() == [2, 3, 6]


def test_title_lines_above_the_header_are_passed_over(run: Run) -> None:
    text = "Lab export of 2020,,,,\n\n" + lab(GOOD)
    assert run(text).accepted["SRCLINE"].to_list() == [4]


def test_a_header_in_two_lines_is_read_as_one(run: Run) -> None:
    text = "MRN,Test,Result,,Collected\n,,Value,Unit,\np1,Albumin,38,g/L,2020-06-01\n"
    columns = {**LAB["columns"], "LBORRES": "Result Value", "LBORRESU": "Result Unit"}  # type: ignore[dict-item]
    columns |= {"LBDTC": "Collected"}
    assert run(text, columns=columns).accepted["LBORRES"].to_list() == ["38"]


@pytest.mark.parametrize(
    "row",
    [
        'p1,Albumin,38,g/L,2020-06-01,"',
        'p1,Albumin,38,g/L,2020-06-01,5" tube',
        'p1,"Albumin",38,"g/L",2020-06-01,"he said ""no"""',
        'p1,"Albumin",38,g/L,2020-06-01,"ends with """',
        'p1,Albumin,38,g/L,2020-06-01,""',
        'p1,Albumin,38,g/L,2020-06-01,tube 5"',
    ],
)
def test_odd_quotes_cost_no_other_row(run: Run, row: str) -> None:
    text = "\n".join(
        ["MRN,Test,Result,Unit,Collected,Note", GOOD + ",", row, GOOD + ",", GOOD + ","]
    )
    found = run(text)
    assert found.ledger["read"].item() == 4
    assert found.accepted.height >= 3
    assert {2, 4, 5} <= set(found.accepted["SRCLINE"])


def test_extra_delimiters_at_the_end_of_a_line_are_no_fault(run: Run) -> None:
    assert run(lab(GOOD + ",,,")).accepted.height == 1


def test_torn_rows_keep_their_physical_line(run: Run) -> None:
    found = run(lab(GOOD, "p1,Albumin", "", "Total: 1 row", GOOD))
    assert found.quarantine["source_line"].to_list() == [3, 5]
    assert found.accepted["SRCLINE"].to_list() == [2, 6]


def test_blocks_of_any_size_give_the_same_rows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        GOOD,
        '"p\n2",Albumin,"38",g/L,2020-06-01',
        "",
        "p1,Albumin",
        "病人,Albumin,38,g/L,2020-06-01",
    ]
    text = lab(*rows * 7)
    whole = run(text)
    for size in (61, 64, 150):
        monkeypatch.setattr(delimited, "BLOCK", size)
        parts = run(text)
        assert parts.accepted.equals(whole.accepted)
        assert parts.quarantine.equals(whole.quarantine)


cells = st.text(st.sampled_from('ab"\n, é中'), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=12))
def test_whatever_a_csv_writer_writes_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["A", "B", "C"], *rows])
    feed = {"columns": {"A": "A", "B": "B", "C": "C"}, "encoding": "utf-8", "delimiter": ","}
    batches = delimited.read(SourceFile("any.csv", path), feed, Findings())
    read = [list(row[:3]) for batch in batches for row in batch.rows()]
    filled = [row for row in rows if any(row)]
    assert [[cell or "" for cell in row] for row in read if any(row)] == filled


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_the_headers(run: Run, encoding: str) -> None:
    text = lab(*["患者甲乙丙丁戊己庚辛,白蛋白,三十八点五克每升,g/L,2020-06-01"] * 40)
    found = run(text.encode(encoding), encoding=None)
    assert f"encoding {encoding} detected" in found.ledger["message"].item()
    assert found.ledger["read"].item() == 40


def test_a_stray_nul_byte_spoils_its_own_field_alone(run: Run) -> None:
    rows = ["p1,Albumin,38.5,g/L,2020-06-01", "p1,Albumin,3\0,g/L,2020-06-01"]
    found = run(lab(*rows), encoding=None)
    assert found.accepted["SRCLINE"].to_list() == [2]
    assert found.quarantine.select("source_line", "rule").rows() == [(3, "result_unreadable")]


def test_an_empty_file_is_unreadable(run: Run) -> None:
    for content in ("", "\n\n"):
        row = run(content).ledger.row(0, named=True)
        assert row["status"] == "unreadable"
        assert "empty" in row["message"]


def test_a_wrong_encoding_names_the_line_and_the_remedy(run: Run) -> None:
    rows = "".join(f"10{index},白蛋白,38,g/L,2020-06-01\n" for index in range(20))
    content = b"MRN,Test,Result,Unit,Collected\n" + rows.encode("gb18030")
    row = run(content, encoding="utf-8").ledger.row(0, named=True)
    assert row["status"] == "unreadable"
    assert "export.csv: line 2 is not utf-8" in row["message"]
    assert "Declare the feed's `encoding`" in row["message"]


def test_an_unknown_encoding_is_named(run: Run) -> None:
    message = run(lab(GOOD), encoding="utf8mb4").ledger["message"].item()
    assert "'utf8mb4' is unknown" in message


def test_a_missing_column_is_named_with_what_may_have_replaced_it(run: Run) -> None:
    row = run(lab(GOOD).replace("Collected", "Collected on")).ledger.row(0, named=True)
    assert row["status"] == "unreadable"
    assert "'Collected' (our LBDTC; did the file's 'Collected on' replace it?)" in row["message"]
    assert (row["read"], row["accepted"]) == (0, 0)


def test_a_file_without_the_header_shows_none_of_its_rows(run: Run) -> None:
    message = run("Testa,Collecte,MRNa\n").ledger["message"].item()
    assert "none of the first 50 rows holds any mapped header" in message
    assert "Testa" not in message


def test_a_mapped_header_that_stands_twice_is_refused(run: Run) -> None:
    message = run(lab(GOOD + ",x").replace("Collected", "Collected,Test")).ledger["message"].item()
    assert "'Test' (our LBTEST) stands there 2 times" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04rest", "xlsx"), (b"PAR1", "parquet"), (b"\xd0\xcf\x11\xe0", "xls")],
)
def test_a_file_that_is_not_what_the_feed_says_is_unreadable(
    run: Run, content: bytes, said: str
) -> None:
    message = run(content).ledger["message"].item()
    assert f"the content is {said}" in message


NOTED = {**LAB["columns"], "VISIT": "Note"}


def noted(*rows: str) -> str:
    return "\n".join(["MRN,Test,Result,Unit,Collected,Note", *rows]) + "\n"


@pytest.mark.parametrize(
    "note",
    [
        r'"clot \"small\""',
        r'"\"clot\""',
        r'"clot \"small, red\""',
        r'"said \"no\", then \"yes\""',
        '"clot \\"small\\"\nsecond line"',
    ],
)
def test_quotes_escaped_by_a_backslash_cost_no_row(run: Run, note: str) -> None:
    rows = [f"p1,Albumin,38,g/L,2020-06-01,{note}", "p2,Albumin,39,g/L,2020-06-01,ok"]
    rows += ['p3,Albumin,40,g/L,2020-06-01,"ok"', 'p4,Albumin,41,g/L,2020-06-01,"ok"']
    found = run(noted(*rows), columns=NOTED)
    assert found.accepted["LBSTRESN"].to_list() == [38, 39, 40, 41]
    assert found.quarantine.is_empty()


def test_a_backslash_before_a_closing_quote_is_text_where_that_makes_whole_records(
    run: Run,
) -> None:
    rows = [r'p1,Albumin,38,g/L,2020-06-01,"C:\lab\"', 'p2,Albumin,39,g/L,2020-06-01,"ok"']
    found = run(noted(*rows), columns=NOTED)
    assert found.accepted["VISIT"].to_list() == ["C:\\lab\\", "ok"]


@pytest.mark.parametrize("between", [0, 1, 5])
def test_lines_lost_in_a_quote_that_never_closed_are_set_aside_one_by_one(
    run: Run, between: int
) -> None:
    lost = [f"p{line},Albumin,38,g/L,2020-06-01,ok" for line in range(between)]
    rows = [
        'a,Albumin,38,g/L,2020-06-01,"5 ml',
        *lost,
        'b,Albumin,39,g/L,2020-06-01,"ok"',
        'c,Albumin,40,g/L,2020-06-01,"ok, too"',
    ]
    found = run(noted(*rows), columns=NOTED)
    assert found.quarantine.select("source_line", "rule").rows() == [
        (line, "row_ragged") for line in range(2, 4 + between)
    ]
    assert found.accepted["LBSTRESN"].to_list() == [40]


def test_a_comment_that_quotes_a_whole_line_stays_a_comment(run: Run) -> None:
    comment = '"see\np9,Albumin,1,g/L,2020-06-01,x\nabove"'
    found = run(noted(f"p1,Albumin,38,g/L,2020-06-01,{comment}"), columns=NOTED)
    assert found.accepted["LBSTRESN"].to_list() == [38]


def test_every_line_of_a_file_has_a_fate(run: Run) -> None:
    rows = [
        "",
        'p1,Albumin,38,g/L,2020-06-01,"two\nlines"',
        ",,,,,",
        "p2,Albumin,38,g/L,2020-06-01,",
    ]
    found = run("Export of July\n\n" + noted(*rows), columns=NOTED)
    counts = found.ledger.select("found", "handed_on", "left_aside", "read").row(0)
    aside = "2 blank, 1 further lines of a text, 3 of the header and above it"
    assert counts == (8, 2, aside, 2)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Kreatinin;µmol/l;Größe;10³/µl", "cp1252"),
        ("Núñez;niño;«sí»", "cp1252"),
        ("João;coração;criança", "cp1252"),
        ("Białko;stężenie;próbka żółta;Łódź", "cp1250"),
        ("Анализ крови;белок", "cp1251"),
    ],
)
def test_the_commoner_code_page_is_taken_where_the_bytes_do_not_decide(
    run: Run, text: str, encoding: str
) -> None:
    content = (
        f"MRN;Test;Result;Unit;Collected;x\np1;Albumin;38;g/L;2020-06-01;{text.replace(';', ' ')}\n"
    )
    found = run(
        content.encode(encoding),
        encoding=None,
        delimiter=None,
        columns={**LAB["columns"], "VISIT": "x"},
    )
    assert found.accepted["VISIT"].to_list() == [text.replace(";", " ")]
    assert f"encoding {encoding}" in found.ledger["message"].item()


def test_escaped_quotes_are_read_by_any_delimiter(run: Run) -> None:
    rows = [r'p1;Albumin;"38\"";g/L;2020-06-01', r'p2;"say \"Albumin\" x";39;g/L;2020-06-02']
    content = lab().replace(",", ";") + "\n".join([*rows, "p3;Albumin;40;g/L;2020-06-03"]) + "\n"
    found = run(content, delimiter=None)
    assert set(found.identities["SUBJID"]) == {"p1", "p2", "p3"}
    assert found.accepted["SRCLINE"].to_list() == [4]


def test_lines_of_two_encodings_are_read_each_by_its_own(run: Run) -> None:
    content = lab().encode() + "Mü1,Albumin,38,g/L,2020-06-01\n".encode("cp1252")
    content += "Mü1,Albumin,39,g/L,2020-06-02\n".encode()
    found = run(content, encoding=None)
    assert found.identities["SUBJID"].to_list() == ["Mü1"]
    assert "lines in two encodings, utf-8 and cp1252" in found.ledger["message"].item()


def test_exports_one_below_the_other_bring_their_headers_along(run: Run) -> None:
    once = lab("p1,Albumin,38,g/L,2020-06-01")
    found = run(once + "\ufeff" + once.replace("p1", "p2"))
    assert set(found.identities["SUBJID"]) == {"p1", "p2"}
    assert found.ledger["left_aside"].item() == (
        "1 of the header and above it, 1 of the header, once more"
    )


def test_the_mark_by_which_old_programs_end_a_file_is_no_line(run: Run) -> None:
    found = run(lab("p1,Albumin,38,g/L,2020-06-01") + "\x1a")
    assert found.ledger.select("read", "accepted").row(0) == (1, 1)
