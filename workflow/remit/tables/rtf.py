"""A table as RTF that Word and LibreOffice open. ASCII throughout: all else is a Unicode escape."""

from itertools import accumulate

from remit.tables.table import Table

# In twentieths of a point: A4 across with margins of 2 cm, a digit of one point, and the room beside a
# cell's text.
_WIDTH, _DIGIT, _PADDING = 14570, 11.3, 220
_HEAD = (
    r"{\rtf1\ansi\ansicpg1252\uc1\deff0{\fonttbl{\f0\fswiss Arial;}}"
    r"\paperw16838\paperh11906\landscape\margl1134\margr1134\margt1134\margb1134\f0"
)


def document(table: Table) -> str:
    """The title, the table with its rules, and the notes."""
    lines = [
        rf"{_HEAD}\fs{2 * table.points:g}",
        rf"{{\pard\b\fs22\sa120 {escape(table.title)}\par}}",
    ]
    left = [i == 0 or key in table.words for i, key in enumerate(table.columns)]
    digit = _DIGIT * table.points
    room = int((_WIDTH - _PADDING * len(table.columns)) / digit)
    widths = [round(digit * digits + _PADDING) for digits in table.widths(room).values()]
    lines.append(_row(list(table.columns.values()), left, widths, top=30, bottom=15, bold=True))
    group = None
    for i, row in enumerate(table.rows):
        if table.group and row[table.group].text != group:
            group = row[table.group].text
            lines.append(_row([group], [True], [sum(widths)], bold=True))
        last = i + 1 == len(table.rows)
        cells = [row[key].text for key in table.columns]
        lines.append(_row(cells, left, widths, bottom=30 if last else 0))
    lines += [rf"{{\pard\fs16\sb60 {escape(note)}\par}}" for note in table.notes]
    return "\n".join([*lines, "}\n"])


def escape(text: str) -> str:
    r"""Text as RTF: braces and backslashes kept from meaning anything, Unicode as \u numbers."""
    return "".join(_character(character) for character in text)


def _character(character: str) -> str:
    if character in "\\{}":
        return "\\" + character
    if character == "\n":
        return r"\line "
    if " " <= character <= "~":
        return character
    if ord(character) < 32:
        return " "
    units = character.encode("utf-16-le")
    numbers = (
        int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2)
    )
    return "".join(rf"\u{number}?" for number in numbers)


def _row(
    cells: list[str],
    left: list[bool],
    widths: list[int],
    *,
    top: int = 0,
    bottom: int = 0,
    bold: bool = False,
) -> str:
    edges = accumulate(widths)
    borders = "".join(
        rf"\clbrdr{side}\brdrs\brdrw{width}" for side, width in (("t", top), ("b", bottom)) if width
    )
    shape = "".join(rf"{borders}\cellx{edge}" for edge in edges)
    head = r"\trhdr" if bold and top else ""
    # The name of a group stays with its first row.
    keep = r"\keepn" if bold and not top else ""
    weight = r"\b " if bold else ""
    text = "".join(
        rf"\pard\intbl{keep}\q{'l' if left[i] else 'r'}{{{weight}{escape(cell)}}}\cell"
        for i, cell in enumerate(cells)
    )
    return rf"\trowd\trkeep\trgaph100{head}{shape}{text}\row"
