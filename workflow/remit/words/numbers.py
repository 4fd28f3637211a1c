"""How a number is written for a reader: one rounding rule, one format for p-values.

Values stay unrounded up to here. Rounding is half away from zero on the shortest decimal text of the
value, so 2.675 prints as 2.68 and never as the 2.67 of its binary neighbour.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

MISSING = "–"
MINUS = "\u2212"

# UCUM code -> what print uses. Braces are UCUM annotations; print drops them.
_UNITS = {
    "{ratio}": "",
    "[IU]/mL": "IU/mL",
    "[IU]/L": "IU/L",
    "10*9/L": "×10⁹/L",
    "10*12/L": "×10¹²/L",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "{score}": "score",
    "{titer}": "titre",
    "mm[Hg]": "mmHg",
    "1": "",
    "a": "years",
    "g/(24.h)": "g/24 h",
    "d": "days",
}


def number(value: float | None, decimals: int) -> str:
    """A value with a fixed number of decimals and a true minus sign; a dash when there is none."""
    if value is None:
        return MISSING
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return (MINUS if rounded < 0 else "") + f"{abs(rounded):f}"


def level(confidence: float) -> str:
    """`95` for a confidence level of 0.95."""
    return f"{100 * confidence:g}"


def p_value(p: float | None) -> str:
    """Three decimals, `<0.001` below that, `>0.999` above; a p-value is never printed as 0 or 1."""
    if p is None:
        return MISSING
    if p < 0.001:
        return "<0.001"
    return ">0.999" if p > 0.999 else number(p, 3)


def p_statement(p: float | None) -> str:
    """A p-value as a sentence carries it: `P = 0.025`, `P < 0.001`."""
    text = p_value(p)
    sign, value = (text[0], text[1:]) if text[0] in "<>" else ("=", text)
    return f"P\u00a0{sign}\u00a0{value}"


def mean_sd(mean: float | None, sd: float | None, decimals: int) -> str:
    """`5.49 ± 6.54`; the mean alone where one value has no deviation."""
    if mean is None:
        return MISSING
    return number(mean, decimals) + ("" if sd is None else f" ± {number(sd, decimals)}")


def median_quartiles(
    median: float | None, q1: float | None, q3: float | None, decimals: int
) -> str:
    """`2.10 (0.90, 4.35)`."""
    if median is None:
        return MISSING
    return f"{number(median, decimals)} ({number(q1, decimals)}, {number(q3, decimals)})"


def interval(low: float | None, high: float | None, decimals: int, to: str = "to") -> str:
    """`−3.43 to −0.33`: the word `to` keeps a minus sign from being read as a range."""
    if low is None or high is None:
        return MISSING
    return f"{number(low, decimals)} {to} {number(high, decimals)}"


def count_percent(count: int, denominator: int, decimals: int) -> str:
    """`3 (42.86)`; the percent sign stands in the column's head."""
    if denominator == 0:
        return MISSING
    return f"{count} ({number(100 * count / denominator, decimals)})"


def unit(ucum: str | None) -> str:
    """A UCUM unit as print writes it; empty for a unit of one."""
    if ucum is None:
        return ""
    if ucum in _UNITS:
        return _UNITS[ucum]
    return re.sub(r"\{[^}]*\}", "", ucum).replace("umol", "µmol").replace("ug", "µg")
