"""A table as a Word document, made with python-docx."""

import io
import zipfile

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from remit.tables.table import Table

_FONT = "Arial"
_EAST_ASIAN_FONT = "Noto Sans CJK SC"
# In cm: A4 across less its margins, a digit of one point, and what Word leaves beside a cell's text.
_WIDTH, _DIGIT, _PADDING = 25.7, 0.02, 0.4


def document(table: Table) -> bytes:
    """The title, the table with its rules, and the notes; the same bytes in every run."""
    word = Document()
    style = word.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(table.points)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _EAST_ASIAN_FONT)
    section = word.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(2)
    word.core_properties.title = _clean(table.title)
    word.core_properties.author = ""

    title = word.add_paragraph()
    run = title.add_run(_clean(table.title))
    run.bold, run.font.size = True, Pt(11)
    digit = _DIGIT * table.points
    room = int((_WIDTH - _PADDING * len(table.columns)) / digit)
    widths = [Cm(digit * digits + _PADDING) for digits in table.widths(room).values()]
    grid = word.add_table(rows=1, cols=len(table.columns))
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    left = [i == 0 or key in table.words for i, key in enumerate(table.columns)]
    _fill(grid.rows[0], list(table.columns.values()), left, bold=True)
    _edge(grid.rows[0], "top", 12)
    _edge(grid.rows[0], "bottom", 6)
    _repeat(grid.rows[0])
    group = None
    for row in table.rows:
        if table.group and row[table.group].text != group:
            group = row[table.group].text
            head = grid.add_row()
            head.cells[0].merge(head.cells[-1])
            _fill(head, [group], [True], bold=True)
            head.cells[0].paragraphs[0].paragraph_format.keep_with_next = True
        _fill(grid.add_row(), [row[key].text for key in table.columns], left)
    for row in grid.rows:
        _whole(row)
    _edge(grid.rows[-1], "bottom", 12)
    for note in table.notes:
        word.add_paragraph().add_run(_clean(note)).font.size = Pt(8)
    return _undated(word)


def _fill(row, texts: list[str], left: list[bool], *, bold: bool = False) -> None:  # type: ignore[no-untyped-def]
    for i, text in enumerate(texts):
        paragraph = row.cells[i].paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.add_run(_clean(text)).bold = bold
        if not left[i]:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _edge(row, side: str, eighths: int) -> None:  # type: ignore[no-untyped-def]
    for cell in row.cells:
        properties = cell._tc.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:val"), "single")
        edge.set(qn("w:sz"), str(eighths))
        borders.append(edge)


def _whole(row) -> None:  # type: ignore[no-untyped-def]
    """Let no page break tear the row apart."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _repeat(row) -> None:  # type: ignore[no-untyped-def]
    """Print the heads again on every page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _clean(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32)


def _undated(word) -> bytes:  # type: ignore[no-untyped-def]
    """The document with every member dated 1980, as ZIP counts."""
    dated, plain = io.BytesIO(), io.BytesIO()
    word.save(dated)
    with zipfile.ZipFile(dated) as source, zipfile.ZipFile(plain, "w") as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return plain.getvalue()
