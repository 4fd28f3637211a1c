"""Identifiers as exports spell them: what guards them is taken off, and what is none is missing."""

import re
import unicodedata

import polars as pl

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
# A spreadsheet's 1.23457E+11 and 1E+11: the last digits are gone, and several people share it.
SCIENTIFIC = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]{1,3}|[0-9][eE]\+[0-9]{1,3}")
# An identifier about which there is no question.
PLAIN = r"^[A-Za-z0-9_/-]*[0-9][A-Za-z0-9_/-]*$"


def cleaned(text: str) -> str | None:
    """An identifier without what exporters guard its zeros with, or None for what is none.

    Taken off are invisible characters, `="…"` and an apostrophe before digits.
    """
    visible = "".join(mark for mark in text if unicodedata.category(mark) not in ("Cc", "Cf"))
    plain = visible.strip()
    if match := re.fullmatch(r'="?([^"]*)"?', plain):
        plain = match[1].strip()
    elif re.fullmatch(r"'[0-9].*", plain):
        plain = plain[1:]
    word = " ".join(plain.rstrip(":").split()).casefold()
    return None if not word or word in NONE or FOOTER.fullmatch(word) else plain


def read_column(column: pl.Series) -> pl.DataFrame:
    """TEXT and FAULT (`id_unreadable` or null) of identifiers, in order; each distinct one once."""
    distinct = column.filter(~column.str.contains(PLAIN)).unique().drop_nulls()
    clean = {text: new for text in distinct if (new := cleaned(text)) != text}
    lost = [text for text in distinct if SCIENTIFIC.fullmatch(clean.get(text, text) or "")]
    fault = pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
    if lost:
        fault = pl.select(pl.when(column.is_in(lost)).then(pl.lit("id_unreadable"))).to_series()
    return pl.DataFrame({"TEXT": column.replace(clean) if clean else column, "FAULT": fault})
