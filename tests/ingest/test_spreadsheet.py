"""Workbooks: titles, merged cells, typed dates, blank rows, the sheet row of each record."""

import datetime as dt
import io
from pathlib import Path

import openpyxl
import xlwt

from .conftest import Run

HEADER = ["MRN", "Test", "Result", "Unit", "Collected"]
ROW = ["p1", "Albumin", 38.5, "g/L", dt.datetime(2020, 6, 1)]


def workbook(*rows: list[object], sheet: str = "Results") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_sheet("Notes").append(["made by hand"])
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_rows_carry_the_number_the_spreadsheet_program_shows(run: Run) -> None:
    content = workbook(["Laboratory of the East"], [], HEADER, ROW, [], [None, " "], ROW)
    found = run(content, "东部.xlsx", format="xlsx")
    assert found.accepted["SRCLINE"].to_list() == [4, 7]
    assert found.accepted["LBORRES"].to_list() == ["38.5", "38.5"]
    assert found.ledger["read"].item() == 2


def test_date_cells_are_dates_whatever_their_format(run: Run) -> None:
    stamp = [*ROW[:4], dt.datetime(2020, 6, 1, 8, 30)]
    found = run(workbook(HEADER, ROW, stamp), format="xlsx", dates=["%d.%m.%Y"])
    assert found.accepted["LBDTC"].to_list() == ["2020-06-01", "2020-06-01T08:30:00"]


def test_serial_numbers_are_dates_when_the_feed_says_so(run: Run) -> None:
    row = [*ROW[:4], 43983]
    assert run(workbook(HEADER, row), format="xlsx").accepted.is_empty()
    found = run(workbook(HEADER, row), format="xlsx", dates=["excel"])
    assert found.accepted["LBDTC"].to_list() == ["2020-06-01"]


def test_a_number_with_a_comment_is_quarantined_with_the_number_as_proposal(run: Run) -> None:
    found = run(workbook(HEADER, [*ROW[:2], "19 but poor collection", *ROW[3:]]), format="xlsx")
    assert found.quarantine["rule"].to_list() == ["result_unreadable"]
    assert "perhaps it is 19" in found.quarantine["proposal"].item()


def test_the_sheet_with_the_header_is_found_and_noted(run: Run) -> None:
    found = run(workbook(HEADER, ROW), format="xlsx")
    assert found.ledger["message"].item() == "sheet 'Results' taken"
    assert run(workbook(HEADER, ROW), format="xlsx", sheet="Results").accepted.height == 1


def test_a_missing_sheet_is_named_with_those_there_are(run: Run) -> None:
    message = run(workbook(HEADER, ROW), format="xlsx", sheet="Labor").ledger["message"].item()
    assert "no sheet 'Labor'; it has 'Notes', 'Results'" in message


def test_a_truncated_workbook_is_unreadable_with_a_remedy(run: Run) -> None:
    row = run(workbook(HEADER, ROW)[:3000], "cut.xlsx", format="xlsx").ledger.row(0, named=True)
    assert row["status"] == "unreadable"
    assert "cut.xlsx: the workbook is damaged or cut short" in row["message"]


def test_a_web_page_with_the_name_of_a_workbook_is_unreadable(run: Run) -> None:
    message = (
        run("<html><table></table></html>", "lab.xlsx", format="xlsx").ledger["message"].item()
    )
    assert "the content is HTML" in message


def test_a_published_header_of_two_rows_with_merged_cells(run: Run, shared_data: Path) -> None:
    content = (shared_data / "messy_excel" / "messy_bp.xlsx").read_bytes()
    found = run(
        content,
        format="xlsx",
        columns={"SUBJID": "pat_id"},
        constants={"LBDTC": "2020-01-01"},
        tests=[
            {"column": "Visit 1 HR", "LBTEST": "Heart rate", "LBORRESU": "/min"},
            {"column": "Visit 3 BP", "LBTEST": "SBP", "LBORRESU": "mmHg", "part": r"^(\d+)/"},
        ],
    )
    first = found.accepted.filter(found.accepted["SRCLINE"] == 5)
    assert first.select("LBTESTCD", "LBSTRESN").rows() == [("HR", 89.0), ("SYSBP", 144.0)]
    assert found.ledger["read"].item() == 40


def test_a_workbook_of_the_old_format_reads_like_the_new_one(run: Run) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Notes").write(0, 0, "made by hand")
    sheet = book.add_sheet("结果")
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    moment = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
    sheet.write_merge(0, 0, 0, 4, "Laboratory of the East")
    for column, name in enumerate(HEADER):
        sheet.write(2, column, name)
    rows = [
        (3, ["p1", "Albumin", 38.5, "g/L", dt.datetime(2020, 6, 1)], day),
        (5, ["p1", "白蛋白", "19 but poor collection", "g/L", dt.datetime(2020, 6, 2)], day),
        (6, [7, "Albumin", 36, "g/L", dt.datetime(2020, 6, 3, 8, 30)], moment),
    ]
    for place, cells, style in rows:
        for column, cell in enumerate(cells):
            sheet.write(place, column, cell, *([style] if column == 4 else []))
    buffer = io.BytesIO()
    book.save(buffer)
    found = run(buffer.getvalue(), "東.xls", format="xls")
    assert found.ledger["message"].item() == "sheet '结果' taken"
    assert found.accepted.select("SRCLINE", "LBORRES", "LBSTRESN", "LBDTC").rows() == [
        (4, "38.5", 38.5, "2020-06-01"),
        (7, "36", 36.0, "2020-06-03T08:30:00"),
    ]
    assert found.quarantine.select("source_line", "rule").rows() == [(6, "result_unreadable")]
    assert set(found.identities["SUBJID"]) == {"p1", "7"}
    assert run(buffer.getvalue(), "東.xls", format=None).ledger["status"].item() == "read"
    cut = run(buffer.getvalue()[:2000], "東.xls", format="xls").ledger.row(0, named=True)
    assert cut["status"] == "unreadable"
    assert "the workbook is damaged or cut short" in cut["message"]
