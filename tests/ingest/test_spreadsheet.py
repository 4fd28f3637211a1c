"""Workbooks: titles, merged cells, typed dates, blank rows, the sheet row of each record."""

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import xlwt

from .conftest import LAB, Run

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


def test_every_sheet_with_the_header_is_read_and_told_apart(run: Run) -> None:
    book = openpyxl.Workbook()
    for name, cells in (("July", [HEADER, ROW]), ("August", [["made by hand"]])):
        page = book.create_sheet(name)
        for row in cells:
            page.append(row)
    late = book.create_sheet("September")
    for row in (
        [],
        HEADER,
        ROW,
        [*ROW[:2], "haemolysed", *ROW[3:]],
        [*ROW[:1], "Zonulin", *ROW[2:]],
    ):
        late.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    found = run(buffer.getvalue(), "2020.xlsx", format="xlsx")
    first, third = "2020.xlsx, sheet 2", "2020.xlsx, sheet 4"
    assert found.accepted.select("SRCFILE", "SRCLINE").rows() == [(first, 2), (third, 3)]
    assert found.accepted["ROWID"].is_unique().all()
    assert found.quarantine.select("source_file", "source_line").rows() == [(third, 4)]
    assert found.unmapped.select("source_file", "source_line").rows() == [(third, 5)]
    fates = ["source_file", "read", "accepted", "quarantined", "unmapped"]
    assert found.ledger.select(fates).rows() == [(first, 1, 1, 0, 0), (third, 3, 1, 1, 1)]
    assert "sheets 'July', 'September' taken" in found.ledger["message"][0]
    one = run(buffer.getvalue(), "2020.xlsx", format="xlsx", sheet="September")
    assert one.ledger.select(fates).rows() == [("2020.xlsx", 3, 1, 1, 1)]


def test_a_percentage_reads_as_it_is_shown(run: Run) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    cells = [(0.072, "0.0%"), (0.0715, "0.00%"), (0.1, "0%"), (7.2, "0.0"), ("n.a.", "0%")]
    page.append(HEADER)
    for line, (value, shown) in enumerate(cells, 2):
        page.append(["p1", "HbA1c", value, "%" if line != 4 else None, ROW[4]])
        page.cell(line, 3).number_format = shown
    page.cell(7, 3).number_format = "0%"
    buffer = io.BytesIO()
    book.save(buffer)
    found = run(buffer.getvalue(), format="xlsx")
    assert found.accepted.select("LBORRES", "LBSTRESN", "LBORRESU").rows() == [
        ("7.2%", 7.2, "%"),
        ("7.15%", 7.15, "%"),
        ("10%", 10.0, "%"),
        ("7.2", 7.2, "%"),
    ]
    assert found.quarantine["value"].to_list() == ["n.a."]


def test_a_missing_sheet_is_named_with_those_there_are(run: Run) -> None:
    message = run(workbook(HEADER, ROW), format="xlsx", sheet="Labor").ledger["message"].item()
    assert "no sheet 'Labor'; it has 'Notes', 'Results'" in message


def test_a_truncated_workbook_is_unreadable_with_a_remedy(run: Run) -> None:
    row = run(workbook(HEADER, ROW)[:3000], "cut.xlsx", format="xlsx").ledger.row(0, named=True)
    assert row["status"] == "unreadable"
    assert "cut.xlsx: read as XLSX, the workbook is damaged or cut short" in row["message"]


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


def shown(*cells: tuple[object, str], column: int = 3) -> bytes:
    """A workbook with a row for each cell: its value and number format, in one column."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(HEADER)
    for line, (value, code) in enumerate(cells, 2):
        page.append([f"p{line}", "UPCR", 1.5, "g/g", ROW[4]])
        page.cell(line, column).value = value
        page.cell(line, column).number_format = code
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def edited(content: bytes, part: str, old: str, new: str) -> bytes:
    """A workbook with every match of `old` in one of its parts replaced."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(buffer, "w") as after,
    ):
        for name in before.namelist():
            text = before.read(name)
            if name == part:
                text, times = re.subn(old.encode(), new.encode(), text)
                assert times
            after.writestr(name, text)
    return buffer.getvalue()


SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"


def test_a_format_that_says_more_than_the_number_is_applied(run: Run) -> None:
    content = shown(
        (0.5, '"<"0.0'),
        (40, ">0"),
        (0.3, '[<0.5]"<0.5";0.0'),
        (0.7, '[<0.5]"<0.5";0.0'),
        (12.5, "#,##0"),
        (0.25, '0.00" g/g"'),
        ("0.5", '"<"@'),
    )
    found = run(content, format="xlsx")
    assert found.accepted.select("LBORRES", "LBOPER", "LBSTRESN").rows() == [
        ("<0.5", "<", 0.5),
        (">40", ">", 40.0),
        ("<0.5", "<", 0.5),
        ("0.7", None, 0.7),
        ("12.5", None, 12.5),
        ("0.25 g/g", None, 0.25),
        ("<0.5", "<", 0.5),
    ]
    assert found.quarantine.is_empty()


def test_zeros_that_only_the_format_shows_belong_to_the_identifier(run: Run) -> None:
    content = shown((12345, "00000000"), (7, '"P-"000'), ("0042", "@"), column=1)
    assert set(run(content, format="xlsx").identities["SUBJID"]) == {"00012345", "P-007", "0042"}


def test_a_format_beyond_ours_is_told_and_not_guessed(run: Run) -> None:
    content = shown((2_500_000, '0.0,,"M"'), (12, "00-00"), (5, ";;;"), (1.5, "# ?/?"))
    found = run(content, format="xlsx")
    assert found.quarantine["rule"].to_list() == ["cell_unreadable"] * 4
    assert "a number in the format # ?/?" in found.quarantine["message"][3]


def test_a_formula_that_was_never_calculated_is_no_result(run: Run) -> None:
    content = shown(("=5/2", "General"), ("=0/5", "General"), ("=7/2", "General"))
    content = edited(content, SHEET, "<f>0/5</f><v ?/?>(</v>)?", "<f>0/5</f><v>0</v>")
    content = edited(content, SHEET, "<f>7/2</f><v ?/?>(</v>)?", "<f>7/2</f><v>3.5</v>")
    found = run(content, format="xlsx")
    assert found.accepted["LBSTRESN"].to_list() == [3.5]
    assert found.quarantine.select("source_line", "rule", "value").rows() == [
        (2, "cell_unreadable", "=5/2"),
        (3, "cell_unreadable", "=0/5"),
    ]
    calculated = edited(content, BOOK, 'fullCalcOnLoad="1"', "")
    assert run(calculated, format="xlsx").accepted["LBSTRESN"].to_list() == [0.0, 3.5]


def test_a_flaw_of_one_cell_is_none_of_its_neighbours(run: Run) -> None:
    rows = [["=A9", *ROW[1:]], [*ROW[:3], '="g/L"', ROW[4]], [*ROW[:4], "=TODAY()"], ROW]
    found = run(workbook(HEADER, *rows), format="xlsx")
    told = found.quarantine.filter(rule="cell_unreadable")
    assert told.select("source_line", "column").rows() == [
        (2, "SUBJID"),
        (3, "LBORRESU"),
        (4, "LBDTC"),
    ]


def test_a_time_without_its_day_is_no_date_and_no_result(run: Run) -> None:
    rows = [[*ROW[:4], dt.time(8, 30)], [*ROW[:4], dt.timedelta(hours=30)]]
    rows += [[*ROW[:2], dt.time(1, 40), *ROW[3:]], [dt.datetime(2021, 1, 2), *ROW[1:]]]
    found = run(workbook(HEADER, *rows), format="xlsx")
    assert found.quarantine.select("column", "value", "rule").rows() == [
        ("LBDTC", "08:30:00", "date_impossible"),
        ("LBDTC", "30:00:00", "date_impossible"),
        ("LBORRES", "01:40:00", "result_unreadable"),
        ("SUBJID", "2021-01-02", "id_unreadable"),
    ]


def test_a_day_and_a_time_in_two_columns_are_one_moment(run: Run) -> None:
    content = workbook([*HEADER, "Time"], [*ROW, dt.time(8, 30)])
    columns = {**LAB["columns"], "LBDTC": ["Collected", "Time"]}
    found = run(content, format="xlsx", columns=columns)
    assert found.accepted["LBDTC"].to_list() == ["2020-06-01T08:30:00"]


def test_an_empty_result_of_a_calculated_formula_is_an_empty_cell(run: Run) -> None:
    content = shown(('=IF(1=1,"",1)', "General"))
    content = edited(content, SHEET, 'r="C2"', 'r="C2" t="str"')
    content = edited(content, SHEET, "</f><v ?/?>(</v>)?", "</f><v></v>")
    content = edited(content, BOOK, 'fullCalcOnLoad="1"', "")
    assert run(content, format="xlsx").quarantine["rule"].to_list() == ["result_missing"]


def test_a_formula_without_result_in_the_last_row_and_column_is_told(run: Run) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (["MRN", "Collected", "UPCR"], ["p1", "2020-06-01", "=5/2"], [None, None, "=1/0"]):
        page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    found = run(
        buffer.getvalue(),
        format="xlsx",
        columns={"SUBJID": "MRN", "LBDTC": "Collected"},
        tests=[{"column": "UPCR", "LBTEST": "UPCR", "LBORRESU": "g/g"}],
    )
    broken = found.quarantine.filter(found.quarantine["rule"] == "cell_unreadable")
    assert broken["source_line"].to_list() == [2, 3]


def test_an_error_is_no_empty_cell(run: Run) -> None:
    content = shown(("#DIV/0!", "General"), ("#N/A", "General"))
    found = run(content, format="xlsx")
    assert found.quarantine.select("rule", "message").rows() == [
        ("cell_unreadable", "LBORRES holds the error #DIV/0!"),
        ("cell_unreadable", "LBORRES holds the error #N/A"),
    ]


def test_an_identifier_beyond_what_a_spreadsheet_keeps_is_refused(run: Run) -> None:
    content = shown((3101011990010110, "0"), (310101199001011, "0"), column=1)
    found = run(content, format="xlsx")
    assert found.quarantine.select("source_line", "rule", "column").rows() == [
        (2, "cell_unreadable", "SUBJID")
    ]
    assert found.quarantine["identifies"].to_list() == [True]
    assert found.accepted.height == 1


def test_a_time_a_hair_beside_the_second_is_that_second(run: Run) -> None:
    content = shown(
        (44201.4375000116, "yyyy-mm-dd hh:mm"),
        (44201.437499988, "yyyy-mm-dd hh:mm"),
        (44201.9999999999, "yyyy-mm-dd hh:mm"),
        column=5,
    )
    assert run(content, format="xlsx").accepted["LBDTC"].to_list() == [
        "2021-01-05T10:30:00",
        "2021-01-05T10:30:00",
        "2021-01-06",
    ]


def test_of_half_converted_dates_none_is_trusted_whose_day_could_be_a_month(run: Run) -> None:
    day = "dd/mm/yyyy"
    content = shown(
        (dt.datetime(2021, 5, 1), day),
        ("13/01/2021", "General"),
        (dt.datetime(2021, 6, 12), day),
        ("25.02.2021", "General"),
        column=5,
    )
    found = run(content, format="xlsx", dates=["%d/%m/%Y", "%d.%m.%Y"])
    assert found.quarantine.select("source_line", "rule", "column").rows() == [
        (2, "cell_unreadable", "LBDTC"),
        (4, "cell_unreadable", "LBDTC"),
    ]
    assert found.accepted["LBDTC"].to_list() == ["2021-01-13", "2021-02-25"]


def test_dates_as_texts_beside_other_columns_of_dates_are_no_mixture(run: Run) -> None:
    content = shown(("13/01/2021", "General"), ("01/02/2021", "General"), column=5)
    found = run(content, format="xlsx", dates=["%d/%m/%Y"])
    assert found.accepted["LBDTC"].to_list() == ["2021-01-13", "2021-02-01"]


def test_a_hidden_sheet_is_read_only_where_it_is_named(run: Run) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(HEADER, ROW)))
    old = book.copy_worksheet(book["Results"])
    old.title, old.sheet_state = "Old", "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    found = run(buffer.getvalue(), format="xlsx")
    assert found.accepted.height == 1
    assert "hidden sheet 'Old' left aside" in found.ledger["message"].item()
    assert run(buffer.getvalue(), format="xlsx", sheet="Old").accepted.height == 1


def test_a_date_without_its_day_is_partial(run: Run) -> None:
    cells = [
        (dt.datetime(2021, 1, 1), "mmm yyyy"),
        (dt.datetime(2020, 1, 1), "yyyy"),
        (dt.datetime(2021, 1, 5), "mmm yyyy"),
        (dt.datetime(2021, 1, 1), "dd.mm.yyyy"),
    ]
    found = run(shown(*cells, column=5), format="xlsx", dates=["%Y-%m", "%Y"])
    days = ["2021-01", "2020", "2021-01-05", "2021-01-01"]
    assert found.accepted["LBDTC"].to_list() == days
    undeclared = run(shown(*cells, column=5), format="xlsx")
    assert undeclared.accepted["LBDTC"].to_list() == days[2:]


def test_half_converted_dates_of_a_test_s_own_column_are_found_too(run: Run) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["MRN", "ALB", "ALB date"])
    page.append(["p1", 38, dt.datetime(2021, 5, 1)])
    page.append(["p2", 39, "13/01/2021"])
    buffer = io.BytesIO()
    book.save(buffer)
    test = {"column": "ALB", "LBTEST": "Albumin", "LBORRESU": "g/L"}
    found = run(
        buffer.getvalue(),
        format="xlsx",
        columns={"SUBJID": "MRN"},
        dates=["%d/%m/%Y"],
        tests=[{**test, "LBDTC": {"column": "ALB date"}}],
    )
    assert found.quarantine.select("source_line", "rule", "column").rows() == [
        (2, "cell_unreadable", "LBDTC")
    ]


def open_document(*cells: str) -> bytes:
    """An ODS workbook: the header, and a row for each result cell."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text", "calcext")
    )
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = ["".join(text.format(name) for name in HEADER)]
    for line, cell in enumerate(cells, 2):
        before = text.format(f"p{line}") + text.format("UPCR")
        rows.append(before + cell + text.format("g/g") + text.format("2020-06-01"))
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    blank = '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Labor">{blank}{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return buffer.getvalue()


def test_an_open_document_is_read_as_it_is_shown(run: Run) -> None:
    number = (
        '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p>'
        "</table:table-cell>"
    )
    error = (
        '<table:table-cell office:value-type="string" calcext:value-type="error">'
        "<text:p>#DIV/0!</text:p></table:table-cell>"
    )
    bare = '<table:table-cell table:formula="of:=5/2"/>'
    content = open_document(
        number.format("0.5", "&lt;0,5"), number.format("0.456", "0,5"), error, bare
    )
    found = run(content, "labor.ods", format="ods")
    assert found.accepted.select("SRCLINE", "LBORRES").rows() == [(4, "<0.5"), (5, "0.456")]
    assert found.quarantine.select("source_line", "rule", "value").rows() == [
        (6, "cell_unreadable", "#DIV/0!"),
        (7, "cell_unreadable", "=5/2"),
    ]


def test_rows_that_are_alike_stand_in_an_open_document_once(run: Run) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="0.4"><text:p>&lt;0.4</text:p>'
    note = "<office:annotation><text:p>checked</text:p></office:annotation></table:table-cell>"
    content = edited(
        open_document(cell + note),
        "content.xml",
        "<table:table-row>(?!.*<table:table-row>)",
        '<table:table-row table:number-rows-repeated="3">',
    )
    found = run(content, "labor.ods", format="ods")
    assert found.ledger.select("found", "handed_on").row(0) == (4, 3)
    assert found.accepted["LBORRES"].to_list() == ["<0.4"] * 3


def test_texts_written_as_character_data_are_counted(run: Run) -> None:
    content = edited(
        workbook(HEADER, ROW),
        "xl/sharedStrings.xml",
        "<t>Albumin</t>",
        "<t><![CDATA[Albumin]]></t>",
    )
    assert run(content, format="xlsx").ledger.select("found", "read").row(0) == (2, 1)


def test_a_workbook_with_a_password_is_named_for_what_it_is(run: Run) -> None:
    content = b"\xd0\xcf\x11\xe0" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(99)
    for form in ("xlsx", None):
        message = run(content, "x.xlsx", format=form).ledger["message"].item()
        assert "a workbook with a password" in message
