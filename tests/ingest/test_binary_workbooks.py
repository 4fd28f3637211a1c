"""XLS and XLSB: formats, errors, formulas never calculated, as in XLSX."""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Iterable

import pytest
import xlwt

from .conftest import Run

HEADER = ["MRN", "Test", "Result", "Unit", "Collected"]
FORMATS = ["00000000", '"<"0.0', "0.0%", "yyyy-mm-dd", "h:mm"]
ID, LESS, PERCENT, DAY, TIME = range(1, 6)
JUNE = 43983.0
# A cell is a text, a number, (number, style), or its record's kind with its body.
Cell = str | float | tuple[float, int] | tuple[int, bytes, int]


def record(kind: int, body: bytes = b"") -> bytes:
    return varied(kind) + varied(len(body)) + body


def varied(number: int) -> bytes:
    rest = number >> 7
    return bytes([number & 0x7F | (0x80 if rest else 0)]) + (varied(rest) if rest else b"")


def string(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(rows: Iterable[list[Cell]], calculate: bool = False) -> bytes:
    """A workbook with one sheet, written by hand as [MS-XLSB] has it."""
    formats = b"".join(
        record(44, struct.pack("<H", 164 + place) + string(code))
        for place, code in enumerate(FORMATS)
    )
    styles = [0, *range(164, 164 + len(FORMATS))]
    cells = b"".join(record(47, struct.pack("<HH", 0, style) + bytes(12)) for style in styles)
    sheet = b"".join(
        record(0, struct.pack("<I", place) + bytes(13))
        + b"".join(cell(*each) for each in enumerate(row))
        for place, row in enumerate(rows)
    )
    book = [
        record(131),
        record(143)
        + record(156, struct.pack("<II", 0, 1) + string("r1") + string("R"))
        + record(144),
        record(157, struct.pack("<IIIdIH", 0, 1, 100, 0.001, 1, calculate)),
        record(132),
    ]
    target = 'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    parts = {
        "xl/workbook.bin": b"".join(book),
        "xl/_rels/workbook.bin.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship {target} Target="worksheets/sheet1.bin"/></Relationships>'
        ).encode(),
        "xl/styles.bin": record(278)
        + record(615, struct.pack("<I", len(FORMATS)))
        + formats
        + record(616)
        + record(617, struct.pack("<I", len(styles)))
        + cells
        + record(618)
        + record(279),
        "xl/worksheets/sheet1.bin": record(129)
        + record(148, struct.pack("<IIII", 0, 99, 0, 4))
        + record(145)
        + sheet
        + record(146)
        + record(130),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def cell(column: int, value: Cell) -> bytes:
    if isinstance(value, str):
        return record(6, struct.pack("<II", column, 0) + string(value))
    if isinstance(value, tuple) and len(value) == 3:
        kind, body, style = value
        return record(kind, struct.pack("<II", column, style) + body)
    number, style = value if isinstance(value, tuple) else (value, 0)
    return record(5, struct.pack("<II", column, style) + struct.pack("<d", number))


def formula(result: float, flags: int = 0) -> Cell:
    return 9, struct.pack("<dHII", result, flags, 0, 0), 0


def test_what_an_xlsb_workbook_shows_is_read(run: Run) -> None:
    rows: list[list[Cell]] = [
        list(HEADER),
        [(12345.0, ID), "Albumin", (40.5, LESS), "g/L", (JUNE, DAY)],
        ["p2", "HbA1c", (0.072, PERCENT), "%", (JUNE + 0.5, DAY)],
        ["p3", "Albumin", (3, b"\x07", 0), "g/L", (JUNE, DAY)],
        [1234567890123456.0, "Albumin", 40.0, "g/L", (JUNE, DAY)],
        ["p5", "Albumin", 40.0, "g/L", (0.25, TIME)],
    ]
    found = run(xlsb(rows), "x.xlsb", format="xlsb")
    assert found.ledger.select("found", "read").row(0) == (6, 5)
    assert found.accepted.select("LBORRES", "LBDTC").rows() == [
        ("<40.5", "2020-06-01"),
        ("7.2%", "2020-06-01T12:00:00"),
    ]
    assert "00012345" in found.identities["SUBJID"].to_list()
    assert found.quarantine.select("source_line", "column", "rule").rows() == [
        (4, "LBORRES", "cell_unreadable"),
        (5, "SUBJID", "cell_unreadable"),
        (6, "LBDTC", "date_impossible"),
    ]


@pytest.mark.parametrize(("flags", "calculate"), [(0, True), (2, False)])
def test_a_formula_of_xlsb_that_was_never_calculated_is_no_result(
    run: Run, flags: int, calculate: bool
) -> None:
    rows: list[list[Cell]] = [
        list(HEADER),
        ["p1", "UPCR", formula(0.0, flags), "g/g", (JUNE, DAY)],
        ["p2", "UPCR", formula(0.5, flags), "g/g", (JUNE, DAY)],
    ]
    found = run(xlsb(rows, calculate), "x.xlsb", format="xlsb")
    assert found.accepted["LBSTRESN"].to_list() == [0.5]
    assert "never calculated" in found.quarantine["message"].item()
    plain = run(xlsb([rows[0], ["p1", "UPCR", formula(0.0), "g/g", (JUNE, DAY)]]), format="xlsb")
    assert plain.accepted["LBSTRESN"].to_list() == [0.0]


def xls(*rows: list[object], **codes: str) -> bytes:
    """A workbook of Excel 97, with a number format for columns by their headers."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("R")
    for column, name in enumerate(HEADER):
        sheet.write(0, column, name)
    styles = {name: xlwt.easyxf(num_format_str=code) for name, code in codes.items()}
    for line, row in enumerate(rows, 1):
        for name, value in zip(HEADER, row, strict=True):
            sheet.write(line, HEADER.index(name), value, styles.get(name, xlwt.Style.default_style))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_what_an_xls_workbook_shows_is_read(run: Run) -> None:
    day = dt.date(2020, 6, 1)
    rows = [[7, "Albumin", 40.5, "g/L", day], [1234567890123456, "Albumin", 41, "g/L", day]]
    found = run(
        xls(*rows, MRN="00000", Result='"<"0.0', Collected="yyyy-mm-dd"), "x.xls", format="xls"
    )
    assert found.ledger.select("found", "read").row(0) == (3, 2)
    assert found.accepted.select("LBORRES", "LBDTC").rows() == [("<40.5", "2020-06-01")]
    assert "00007" in found.identities["SUBJID"].to_list()
    assert found.quarantine.select("column", "rule").rows() == [("SUBJID", "cell_unreadable")]


def test_an_error_of_xls_is_told(run: Run) -> None:
    book = xls(["p1", "Albumin", 40, "g/L", dt.date(2020, 6, 1)], Collected="yyyy-mm-dd")
    # The result, an RK, becomes an error as long as it is.
    at = book.index(struct.pack("<HHHH", 0x027E, 10, 1, 2))
    error = struct.pack("<HHHH", 0x0205, 10, 1, 2) + book[at + 8 : at + 10] + b"\x07\x01\0\0"
    found = run(book[:at] + error + book[at + 14 :], "x.xls", format="xls")
    assert found.quarantine["value"].to_list() == ["#DIV/0!"]
