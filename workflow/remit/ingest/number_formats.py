"""Number formats of spreadsheets: what a cell shows where that is more than its number."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Literal, NamedTuple

# ECMA-376 part 1, 18.8.30: formats that every workbook has without defining them.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
# A literal, a colour or condition in brackets, a blank as wide as a character, a fill, the word for
# no format, an exponent, a run of digits, or any other one character.
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|_(?P<blank>.)|\*(?P<fill>.)'
    r"|(?P<general>General)|(?P<exponent>[Ee][+-]0+)|(?P<digits>[0#?][0#?,]*(?:\.[0#?]*)?|\.[0#?]+)"
    r"|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")
# Shown as they are, without quotes.
PLAIN = set("$+-/():!^&'~{}<>= ")


DASHES = ("-", "–", "—")
Kind = Literal["number", "digits", "percent", "date", "text", "unknown"]


class Section(NamedTuple):
    """One of the up to four parts of a format.

    `kind`: number (as it is stored), digits (with its own digits or words), percent, date, text, or
    unknown.
    """

    kind: Kind
    condition: tuple[str, Decimal] | None
    before: str
    digits: str
    behind: str


def shows_as_stored(code: str) -> bool:
    """Whether numbers and texts in a format show what is stored, but for rounding and grouping."""
    sections = _sections(code)
    plain = all(each.kind in ("number", "text") for each in sections[:3])
    return plain and not any(each.before + each.behind for each in sections if each.kind == "text")


def is_date(code: str) -> bool:
    """Whether numbers in a format are dates or times."""
    return _sections(code)[0].kind == "date"


def has_day(code: str) -> bool:
    """Whether a date's format shows its day."""
    return bool(re.search("d", re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code), re.IGNORECASE))


def is_time(code: str) -> bool:
    """Whether a date's format shows hours, minutes or seconds and neither day nor year."""
    plain = re.sub(r'"[^"]*"|\\.|\[\$[^\]]*\]', "", code).casefold()
    return bool(re.search("[hs]", plain)) and not re.search("[dy]", plain)


def date_width(code: str) -> int:
    """How much of a date as YYYY-MM-DD its format shows: 10, 7 without the day, 4 the year alone.

    A format with a time or without a year is no part of a date.
    """
    plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code).casefold()
    if "d" in plain or "h" in plain or "s" in plain or "y" not in plain:
        return 10
    return 7 if "m" in plain else 4


def shown(value: Decimal | str, code: str) -> str | None:
    """The text that a cell shows, or None where the format is beyond this module.

    A number that a format only rounds or groups is given as it is stored.
    """
    sections = _sections(code)
    if isinstance(value, str):
        text = sections[3] if len(sections) > 3 else sections[0]
        return f"{text.before}{value}{text.behind}" if text.kind == "text" else value
    section, bare = _section(value, sections)
    if section.kind == "number":
        return f"{value:f}"
    if section.kind == "text":
        return f"{section.before}{value:f}{section.behind}"
    if section.kind == "percent":
        number = (value * 100).normalize()
        return f"{section.before}{number:f}%{section.behind}".strip()
    if section.kind == "digits":
        sign = "-" if value < 0 and not bare and section.digits else ""
        return (
            f"{section.before}{sign}{_digits(abs(value), section.digits)}{section.behind}".strip()
        )
    return None


def _section(value: Decimal, sections: tuple[Section, ...]) -> tuple[Section, bool]:
    """The section for a number, and whether the section itself says that the number is negative."""
    numbers = sections[:3]
    if any(section.condition for section in numbers):
        for section in numbers:
            if section.condition is None or _holds(value, *section.condition):
                return section, False
        return Section("unknown", None, "", "", ""), False
    if value < 0 and len(numbers) > 1:
        return numbers[1], True
    if value == 0 and len(numbers) > 2:
        return numbers[2], False
    return numbers[0], False


def _holds(value: Decimal, operator: str, bound: Decimal) -> bool:
    return {
        "<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound,
        "=": value == bound, "<>": value != bound,
    }[operator]  # fmt: skip


def _digits(value: Decimal, digits: str) -> str:
    if digits in ("", "General"):
        return f"{value:f}" if digits else ""
    whole, _, fraction = digits.partition(".")
    rounded = value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    text = f"{rounded:f}"
    if optional := len(fraction) - len(fraction.rstrip("#?")):
        stripped = text.rstrip("0") if "." in text else text
        text = max(stripped.rstrip("."), text[: len(text) - optional].rstrip("."), key=len)
    least = whole.count("0")
    integer, point, rest = text.partition(".")
    integer = integer.lstrip("0").rjust(least, "0")
    return f"{integer}{point}{rest}"


@cache
def _sections(code: str) -> tuple[Section, ...]:
    parts, start, quoted = [], 0, False
    for place, character in enumerate(code):
        if character == '"':
            quoted = not quoted
        elif character == ";" and not quoted and code[place - 1 : place] != "\\":
            parts.append(code[start:place])
            start = place + 1
    return tuple(_parsed(part) for part in [*parts, code[start:]])


def _parsed(part: str) -> Section:
    condition, before, digits, behind, kinds = None, "", "", "", set()
    for match in TOKEN.finditer(part):
        kind = match.lastgroup
        text = match[kind] if kind else ""
        if kind == "bracket":
            if found := CONDITION.fullmatch(text):
                condition = found[1], Decimal(found[2])
            elif text.casefold().strip("hms") == "":
                kinds.add("date")
            elif text.startswith("$"):
                literal = text[1:].partition("-")[0]
                before, behind = (
                    (before, behind + literal) if digits else (before + literal, behind)
                )
        elif kind == "general" or (kind == "digits" and not digits and "exponent" not in kinds):
            digits = text
        elif kind in ("digits", "exponent"):
            # Two runs of digits are a fraction or a pattern such as 000-00.
            kinds.add("exponent" if kind == "exponent" else "unknown")
        elif kind in ("blank", "fill"):
            continue
        elif kind in ("quoted", "escaped") or text in PLAIN:
            before, behind = (before, behind + text) if digits else (before + text, behind)
        elif text == "%":
            kinds.add("percent")
        elif text == "@":
            kinds.add("text")
            digits = "@"
        elif text.casefold() in "ymdhsgeb":
            kinds.add("date")
        else:
            # A comma behind the digits cuts thousands off.
            kinds.add("unknown")
    return Section(_kind(kinds, before, digits, behind), condition, before, digits, behind)


def _kind(kinds: set[str], before: str, digits: str, behind: str) -> Kind:
    kind: Kind
    for kind in ("date", "text", "unknown", "percent"):
        if kind in kinds:
            return kind
    words = (before + behind).strip()
    whole = digits.partition(".")[0]
    if not digits:
        # Accountants' dash for nothing; other words stand in the number's place; or it is hidden.
        return "number" if words in DASHES else "digits" if words else "unknown"
    if whole.endswith(","):
        return "unknown"
    if "exponent" in kinds:
        return "unknown" if words else "number"
    padded = whole.count("0") > 1
    return "number" if not padded and words in ("", "-", "()") else "digits"
