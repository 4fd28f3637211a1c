"""The cells of binary workbooks: XLS, as [MS-XLS] has it, and XLSB, as [MS-XLSB] has it.

Read apart from the library that gives the values: what a cell is formatted as, errors, and formulas
that were never calculated.
"""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree import ElementTree

from remit.ingest.number_formats import BUILT_IN

# [MS-XLS] 2.5.10 and [MS-XLSB] 2.5.97.2.
ERRORS = {
    0: "#NULL!",
    7: "#DIV/0!",
    15: "#VALUE!",
    23: "#REF!",
    29: "#NAME?",
    36: "#NUM!",
    42: "#N/A",
}
WORKBOOK, STYLES, RELATIONS = "xl/workbook.bin", "xl/styles.bin", "xl/_rels/workbook.bin.rels"


class Cell(NamedTuple):
    """A cell that holds anything: where, from 1; what; its number or error; its number format.

    `uncalculated` is true of a formula whose result is nothing, and which the program is told to
    calculate when it opens the workbook.
    """

    row: int
    column: int
    kind: Literal["number", "text", "error"]
    value: float | str
    format: str
    uncalculated: bool = False

    @property
    def holds(self) -> bool:
        """Whether it surely holds something: the text of a text lies elsewhere."""
        return self.kind != "text"


def xls(path: Path, sheet: str) -> Iterator[Cell]:
    """Yield the cells of a sheet of an XLS workbook of Excel 97 or later; of an older one none."""
    import olefile

    with olefile.OleFileIO(path) as container:
        if not container.exists("Workbook"):
            return
        book = container.openstream("Workbook").read()
    formats, styles, begin = dict(BUILT_IN), [], None
    for kind, body in _xls_records(book, 0):
        if kind == 0x041E:  # FORMAT
            length, wide = struct.unpack_from("<HB", body, 2)
            formats[struct.unpack_from("<H", body)[0]] = _text(body[5:], length, wide)
        elif kind == 0x00E0:  # XF
            styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == 0x0085 and _text(body[8:], body[6], body[7]) == sheet:  # BOUNDSHEET
            begin = struct.unpack_from("<I", body)[0]
    if begin is None:
        return
    codes = [formats.get(style, "General") for style in styles]
    for kind, body in _xls_records(book, begin):
        if kind == 0x00BD:  # MULRK
            row, column = struct.unpack_from("<HH", body)
            for place in range((len(body) - 6) // 6):
                style, number = struct.unpack_from("<HI", body, 4 + 6 * place)
                yield Cell(row + 1, column + place + 1, "number", _rk(number), codes[style])
        elif kind in XLS_CELLS:
            row, column, style = struct.unpack_from("<HHH", body)
            found = _xls_cell(kind, body[6:])
            if found is not None:
                what, value, uncalculated = found
                yield Cell(row + 1, column + 1, what, value, codes[style], uncalculated)


Found = tuple[Literal["number", "text", "error"], float | str, bool]
FORMULA, BOOLERR, NUMBER, RK, TEXTS = 0x0006, 0x0205, 0x0203, 0x027E, {0x00FD, 0x0204, 0x00D6}
XLS_CELLS = {FORMULA, BOOLERR, NUMBER, RK, *TEXTS}
# In place of a number, and the kinds of what stands there.
NO_NUMBER, IS_TRUTH, IS_ERROR, IS_EMPTY = b"\xff\xff", 1, 2, 3
CALCULATE = 3


def _xls_cell(kind: int, body: bytes) -> Found | None:
    if kind in TEXTS:
        return "text", "", False
    if kind == NUMBER:
        return "number", struct.unpack_from("<d", body)[0], False
    if kind == RK:
        return "number", _rk(struct.unpack_from("<I", body)[0]), False
    if kind == BOOLERR:
        return ("error", _error(body[0]), False) if body[1] else ("text", "", False)
    asked = bool(struct.unpack_from("<H", body, 8)[0] & CALCULATE)
    if body[6:8] != NO_NUMBER:
        number = struct.unpack_from("<d", body)[0]
        return "number", number, asked and number == 0
    if body[0] == IS_ERROR:
        return "error", _error(body[2]), False
    return ("text", "", asked) if body[0] != IS_EMPTY or asked else None


def _xls_records(book: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream: from its begin (BOF) to its end (EOF), those within left out."""
    depth, place = 0, start
    while place + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, place)
        depth += (kind == 0x0809) - (kind == 0x000A)
        if depth == 1:
            yield kind, book[place + 4 : place + 4 + size]
        if depth <= 0:
            return
        place += 4 + size


def xlsb(path: Path, sheet: str) -> Iterator[Cell]:
    """Yield the cells of a sheet of an XLSB workbook."""
    with zipfile.ZipFile(path) as archive:
        part, calculate = None, False
        for kind, body in _xlsb_records(archive.read(WORKBOOK)):
            if kind == 156:  # BrtBundleSh
                relation, rest = _string(body, 8)
                if _string(body, rest)[0] == sheet:
                    part = _part(archive, relation)
            elif kind == 157:  # BrtCalcProp
                calculate = bool(struct.unpack_from("<H", body, 24)[0] & 1)
        if part is None:
            return
        codes = _xlsb_formats(archive.read(STYLES)) if STYLES in archive.namelist() else []
        row = 0
        for kind, body in _xlsb_records(archive.read(part)):
            if kind == 0:  # BrtRowHdr
                row = struct.unpack_from("<I", body)[0] + 1
            elif 2 <= kind <= 11:
                column, style = struct.unpack_from("<II", body)
                code = codes[style & 0xFFFFFF] if style & 0xFFFFFF < len(codes) else "General"
                what, value, uncalculated = _xlsb_cell(kind, body[8:], calculate)
                yield Cell(row, column + 1, what, value, code, uncalculated)


def _xlsb_cell(kind: int, body: bytes, calculate: bool) -> Found:
    match kind:
        case 2:  # BrtCellRk
            return "number", _rk(struct.unpack_from("<I", body)[0]), False
        case 3 | 11:  # BrtCellError, BrtFmlaError
            return "error", _error(body[0]), False
        case 5:  # BrtCellReal
            return "number", struct.unpack_from("<d", body)[0], False
        case 9:  # BrtFmlaNum
            number, flags = struct.unpack_from("<dH", body)
            return "number", number, number == 0 and bool(calculate or flags & 2)
        case 8:  # BrtFmlaString
            return "text", "", calculate and not _string(body, 0)[0]
    return "text", "", False


def _xlsb_formats(styles: bytes) -> list[str]:
    formats, codes, inside = dict(BUILT_IN), [], False
    for kind, body in _xlsb_records(styles):
        if kind == 44:  # BrtFmt
            formats[struct.unpack_from("<H", body)[0]] = _string(body, 2)[0]
        elif kind in (617, 618):  # BrtBeginCellXFs, BrtEndCellXFs
            inside = kind == 617
        elif kind == 47 and inside:  # BrtXF
            codes.append(formats.get(struct.unpack_from("<H", body, 2)[0], "General"))
    return codes


def _xlsb_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(part):
        kind, place = _varied(part, place, 2, 7)
        size, place = _varied(part, place, 4, 7)
        yield kind, part[place : place + size]
        place += size


def _varied(part: bytes, place: int, most: int, bits: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, and the place behind it."""
    number = 0
    for count in range(most):
        byte = part[place + count]
        number |= (byte & 0x7F) << (bits * count)
        if byte < 0x80:
            break
    return number, place + count + 1


def _part(archive: zipfile.ZipFile, relation: str) -> str | None:
    for each in ElementTree.fromstring(archive.read(RELATIONS)):
        if each.get("Id") == relation:
            target = each.get("Target", "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    return None


def _string(body: bytes, place: int) -> tuple[str, int]:
    """A text with its length before it, and the place behind it; a null one is empty."""
    (length,) = struct.unpack_from("<I", body, place)
    end = place + 4 + 2 * (0 if length == 0xFFFFFFFF else length)
    return body[place + 4 : end].decode("utf-16-le", "replace"), end


def _text(body: bytes, length: int, wide: int) -> str:
    """A text of XLS: two bytes a letter, or one."""
    if wide & 1:
        return body[: 2 * length].decode("utf-16-le", "replace")
    return body[:length].decode("latin-1")


def _rk(number: int) -> float:
    """A number in 30 bits, perhaps in hundredths."""
    if number & 2:
        whole = float((number - (1 << 32) if number & 0x80000000 else number) >> 2)
    else:
        (whole,) = struct.unpack("<d", struct.pack("<Q", (number & 0xFFFFFFFC) << 32))
    return whole / 100 if number & 1 else whole


def _error(code: int) -> str:
    return ERRORS.get(code, f"error {code}")
