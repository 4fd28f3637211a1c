"""Workbooks: titles, merged cells, typed dates, blank rows, the sheet row of each record."""

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest

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


# What the sheet "Problems" of the published workbook lists, and where this file has it.
MAYO = {
    "domain": "lb",
    "format": "xlsx",
    "sheet": "Data",
    "columns": {"SUBJID": "pat_id", "LBDTC": "start_date"},
    "missing": ["not done"],
    "tests": [
        {"column": "start_wbc", "LBTEST": "WBC", "LBORRESU": "10^9/L"},
        {"column": "start_plt", "LBTEST": "PLT", "LBORRESU": "10^9/L"},
        {"column": "start_k", "LBTEST": "K", "LBORRESU": "mmol/L"},
        {"column": "end_na", "LBTEST": "Na", "LBORRESU": "mmol/L"},
        {"column": "end_k", "LBTEST": "K", "LBORRESU": "mmol/L"},
    ],
}


def test_the_planted_problems_of_a_published_workbook_are_found(
    run: Run, shared_data: Path
) -> None:
    content = (shared_data / "messy_excel" / "messy_uc.xlsx").read_bytes()
    labs = run(content, **MAYO)
    found = labs.quarantine.select("rule", "value").rows()
    texts = [value for rule, value in found if rule == "result_unreadable"]
    assert len(texts) >= 2, "text in numeric data (k, plt)"
    codes = [value for rule, value in found if rule == "value_outside_hard_limits"]
    assert codes.count("-99") == 2, "-99 for not collected (end_na, end_k)"
    assert labs.accepted["LBDTC"].str.contains(r"^\d{4}-\d\d-\d\d$").all(), "dates"
    assert not labs.accepted["SRCLINE"].is_in(range(1, 8)).any(), "title lines above the header"

    people = {
        "domain": "dm",
        "format": "xlsx",
        "sheet": "Data",
        "columns": {"SUBJID": "pat_id", "BRTHDTC": "dob", "SEX": "race"},
        "codes": {"SEX": {"Caucasian": "F"}},
    }
    dm = run(content, tests=[], **people)
    typos = dm.quarantine.filter(dm.quarantine["rule"] == "code_unknown")["value"].to_list()
    assert "afromerican" in typos, "categories with typos"
    assert dm.ledger["read"].item() == 30, "one row and one column are empty"

    ends = run(
        content,
        domain="cm",
        format="xlsx",
        sheet="Data",
        columns={
            "SUBJID": "pat_id",
            "CMTRT": "treatment",
            "CMENDTC": ["end_year", "end_month", "end_day"],
        },
        dates=["%Y %m %d"],
    )
    assert ends.accepted["CMENDTC"].item(0) == "2021-06-14", "one date in three columns"


@pytest.mark.parametrize("column", ["start_wbc", "start_plt"])
def test_out_of_range_values_are_seen_against_the_soft_limits(
    run: Run, shared_data: Path, column: str
) -> None:
    content = (shared_data / "messy_excel" / "messy_uc.xlsx").read_bytes()
    feed = {**MAYO, "tests": [test for test in MAYO["tests"] if test["column"] == column]}  # type: ignore[index]
    values = run(content, **feed).accepted["LBSTRESN"]
    assert values.max() > {"start_wbc": 50, "start_plt": 1000}[column]  # type: ignore[operator]
