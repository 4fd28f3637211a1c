"""Identifiers as exports spell them: what guards them is taken off, and what is none is missing."""

import csv
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import RemitError
from remit.privacy.pseudonyms import Number, normalize

# How programs write that a value is missing, and how reports head the lines below their last row.
NONE = {
    "null", "(null)", "<null>", "na", "n/a", "#n/a", "n.a.", "nan", "nat", "none", "nil", "nd", "missing",
    "undefined", "unknown", "unbekannt", "inconnu", "desconocido", "sconosciuto", "不明", "未知", "不详",
    "缺失", "无", "なし", "-", "--", "—", ".", "?", "*", "#", "\\n",
}  # fmt: skip
FOOTER = re.compile(
    r"(?:grand |sub-?)?total(?:s|e|en)?|(?:zwischen)?summe|gesamt(?:summe)?|somme|suma|somma|sum|"
    r"total g[ée]n[ée]ral|"
    r"average|mean|mittelwert|moyenne|media|count|anzahl|合计|合計|总计|總計|総計|小计|小計|计|計|"
    r"平均值?|共\s*\d+\s*[条行例件名]?.*|\(?\d+ rows?(?: affected)?\)?|end of (?:file|report|list)|"
    r"ende der liste|ende des berichts|page \d+.*|seite \d+.*|第\s*\d+\s*页.*",
    re.IGNORECASE,
)
# What spreadsheets make of identifiers: 1.23457E+11 and 1E+11, of which the last digits are gone, and
# dates such as 2021-03-04, 04-Mar and Mar-04 of what may have been 3-4.
POWER = r"[0-9][.,][0-9]+[eE]\+?[0-9]{1,3}|[0-9][eE]\+[0-9]{1,3}"
MONTH = "(?:jan|feb|m(?:a|ä)?rz?|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])"
DATE = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:.]+)?"
    rf"|(?i:[0-9]{{1,2}}[-.]{MONTH}|{MONTH}[-.][0-9]{{2}})"
)
SPREADSHEET = re.compile(f"{POWER}|{DATE}")
# An identifier about which there is no question.
PLAIN = r"^[A-Za-z0-9_/-]*[0-9][A-Za-z0-9_/-]*$"


def cleaned(text: str) -> str | None:
    """An identifier without what exporters guard its zeros with, or None for what is none.

    Taken off are invisible characters, `="…"` and an apostrophe before digits.
    """
    visible = "".join(mark for mark in text if unicodedata.category(mark) not in ("Cc", "Cf"))
    plain = visible.strip()
    if match := re.fullmatch(r'="*([^"]*)"*', plain):
        plain = match[1].strip()
    elif re.fullmatch(r"'[0-9].*", plain):
        plain = plain[1:]
    word = " ".join(plain.rstrip(":").split()).casefold()
    return None if not word or word in NONE or FOOTER.fullmatch(word) else plain


def read_column(column: pl.Series) -> pl.DataFrame:
    """TEXT, FAULT (`id_unreadable` or null) and FREED of identifiers, in order.

    FREED is true where something was taken off that guarded the identifier. Each distinct text is
    looked at once.
    """
    doubtful = ~column.str.contains(PLAIN) | column.str.contains(f"^(?:{DATE})$")
    distinct = column.filter(doubtful).unique().drop_nulls()
    clean = {text: new for text in distinct if (new := cleaned(text)) != text}
    lost = [text for text in distinct if SPREADSHEET.fullmatch(clean.get(text, text) or "")]
    freed = [text for text, new in clean.items() if new]
    fault = pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
    if lost:
        fault = pl.select(pl.when(column.is_in(lost)).then(pl.lit("id_unreadable"))).to_series()
    return pl.DataFrame(
        {
            "TEXT": column.replace(clean) if clean else column,
            "FAULT": fault,
            "FREED": column.is_in(freed) if freed else pl.repeat(False, len(column), eager=True),
        }
    )


def shaped(ids: pl.Series, shape: Mapping[str, Any]) -> pl.DataFrame:
    """TEXT and FAULT (`id_of_another_form` or null) of patients' numbers by the form the plan declares.

    Args:
        ids: as `read_column` gives them.
        shape: `study.subject_ids` or the feed's own: `missing` texts are none, digits alone are filled
            with zeros to `width`, and what then does not match `pattern` as a whole is no number.
    """
    text = ids.replace(dict.fromkeys(shape.get("missing") or []))
    if width := shape.get("width"):
        filled = pl.when(text.str.contains("^[0-9]+$")).then(text.str.zfill(width)).otherwise(text)
        text = pl.select(filled).to_series()
    fault = pl.Series([None], dtype=pl.String).new_from_index(0, len(text))
    if pattern := shape.get("pattern"):
        known = re.compile(pattern)
        wrong = [
            each for each in text.unique().drop_nulls() if not known.fullmatch(normalize(each))
        ]
        if wrong:
            named = pl.when(text.is_in(wrong)).then(pl.lit("id_of_another_form"))
            fault = pl.select(named).to_series()
    return pl.DataFrame({"TEXT": text, "FAULT": fault})


LINKS = ["SITEID", "SUBJID", "IS_SITEID", "IS_SUBJID", "initials", "date", "reason"]


def load_links(path: Path) -> dict[Number, Number]:
    """The table of numbers that are one person's: each number to the one the person is known by.

    A line says that the patient SUBJID of SITEID is IS_SUBJID of IS_SITEID, on the word of who signed it.
    Hospitals are empty in a study that names none.

    Raises:
        RemitError: the file is missing or not of `LINKS`, a line is not signed, one number is said to be
            two, or lines lead in a circle. Numbers are named by their lines alone.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            lines = list(reader)
    except FileNotFoundError:
        raise RemitError(f"study.links: {path} is missing. Restore it.") from None
    if reader.fieldnames != LINKS:
        raise RemitError(f"{path}, line 1: the columns must be {', '.join(LINKS)}, in this order.")
    links: dict[Number, Number] = {}
    for place, row in enumerate(lines, 2):
        cells = {name: (row[name] or "").strip() for name in LINKS}
        unsigned = [name for name in LINKS if not cells[name] and not name.endswith("SITEID")]
        if unsigned:
            raise RemitError(
                f"{path}, line {place}: {', '.join(unsigned)} is missing. Two numbers become one "
                "person only when somebody signs it with initials, date and reason."
            )
        one, other = (
            (normalize(cells[f"{side}SITEID"]) or None, normalize(cells[f"{side}SUBJID"]))
            for side in ("", "IS_")
        )
        if one == other or links.setdefault(one, other) != other:
            raise RemitError(f"{path}, line {place}: the number is itself, or two others. Mend it.")
    return {number: _end(number, links, path) for number in links}


def _end(number: Number, links: Mapping[Number, Number], path: Path) -> Number:
    seen = {number}
    while number in links:
        number = links[number]
        if number in seen:
            raise RemitError(f"{path}: lines lead in a circle, so nobody knows who is meant.")
        seen.add(number)
    return number
