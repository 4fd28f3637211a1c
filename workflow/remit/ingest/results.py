"""Results as laboratories write them: numbers, inequalities, ranges, titres, ordinals, text."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import polars as pl

Type = Literal["number", "inequality", "range", "titre", "ordinal", "text"]

# Written after a number by analysers: above or below the range, checked, critical.
FLAGS = re.compile(r"(?:\s*(?:[HLNhln]{1,2}|↑+|↓+|\*+|!+|\((?:[HLN]{1,2}|↑|↓|\+|-)\)))+$")
EXPONENT = r"(?:[eE][+-]?\d+|\s*[xX×*·]\s*10\s*(?:\^|\*\*|\*)?\s*[+-]?\d+)"
TITRE = re.compile(r"1\s*[:∶/]\s*(\d[\d,]*)(?:\s*\(?[+±-]*\)?)?(?:\s+[^\d]*)?$")
RANGE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-{1,2}|~|–|—|至|to)\s*(\d+(?:\.\d+)?)\s*(?:/\s*\w+)?$")


@dataclass(frozen=True)
class Result:
    """What one text says.

    `number` is the value, an inequality's bound or a titre's reciprocal; `high` a range's upper
    end (its lower end is `number`); `code` an ordinal's standard name; `digits` the number as
    plain decimal text; `fault` a rule id; `hint` a reading to propose.
    """

    type: Type
    oper: str | None = None
    number: float | None = None
    high: float | None = None
    code: str | None = None
    digits: str | None = None
    fault: str | None = None
    hint: str | None = None


SCHEMA = {
    "TYPE": pl.String,
    "OPER": pl.String,
    "NUMBER": pl.Float64,
    "HIGH": pl.Float64,
    "CODE": pl.String,
    "DIGITS": pl.String,
    "FAULT": pl.String,
    "HINT": pl.String,
}


def parse_column(
    column: pl.Series, spellings: Mapping[str, tuple[str, str]], decimal: str, thousands: str
) -> pl.DataFrame:
    """TYPE OPER NUMBER HIGH CODE DIGITS FAULT HINT for every text of a column, in its order.

    Plain numbers are cast; only what is left is read text by text, each distinct one once.
    """
    number = column.cast(pl.Float64, strict=False) if decimal == "." else None
    if number is None:
        number = pl.Series([None] * len(column), dtype=pl.Float64)
    frame = pl.DataFrame({"text": column, "NUMBER": number}).with_columns(
        pl.col("NUMBER").replace([float("inf"), float("-inf")], None).fill_nan(None)
    )
    rest = frame.filter(pl.col("NUMBER").is_null() & pl.col("text").is_not_null())["text"].unique()
    read = [parse(text, spellings, decimal, thousands) for text in rest]
    table = pl.DataFrame(
        {
            "text": rest,
            "TYPE": [result.type for result in read],
            "OPER": [result.oper for result in read],
            "READ": [result.number for result in read],
            "HIGH": [result.high for result in read],
            "CODE": [result.code for result in read],
            "DIGITS": [result.digits for result in read],
            "FAULT": [result.fault for result in read],
            "HINT": [result.hint for result in read],
        },
        schema={
            "text": pl.String,
            **{("READ" if k == "NUMBER" else k): v for k, v in SCHEMA.items()},
        },
    )
    plain = pl.col("NUMBER").is_not_null()
    return (
        frame.join(table, on="text", how="left", maintain_order="left")
        .with_columns(
            TYPE=pl.when(plain).then(pl.lit("number")).otherwise("TYPE"),
            DIGITS=pl.when(plain).then("text").otherwise("DIGITS"),
            NUMBER=pl.coalesce("NUMBER", "READ"),
        )
        .select(*SCHEMA)
    )


def parse(
    text: str, spellings: Mapping[str, tuple[str, str]], decimal: str = ".", thousands: str = ""
) -> Result:
    """Read one result.

    `spellings` maps the casefolded spellings of `resources/results.csv` to (type, standard form).
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    kind, standard = spellings.get(plain.casefold(), ("", ""))
    if kind == "ordinal":
        return Result("ordinal", code=standard)
    oper, rest = _operator(plain, spellings)
    words, titre = _ordinal_before_titre(rest, spellings)
    if match := TITRE.match(titre):
        reciprocal = match[1].replace(",", "")
        return Result("titre", oper, float(reciprocal), code=words, digits=reciprocal)
    if match := RANGE.match(rest):
        low, high = float(match[1]), float(match[2])
        if oper is None and low <= high:
            return Result("range", number=low, high=high, digits=f"{match[1]}-{match[2]}")
    bare = FLAGS.sub("", rest).strip()
    digits, fault = _number(bare, decimal, thousands)
    if digits is not None and fault is None and isfinite(float(digits)):
        return Result("inequality" if oper else "number", oper, float(digits), digits=digits)
    if fault:
        hint = f"{oper or ''}{digits}" if digits else None
        return Result("text", fault=fault, hint=hint)
    return Result("text", hint=_leading_number(rest, oper, decimal, thousands))


def _operator(text: str, spellings: Mapping[str, tuple[str, str]]) -> tuple[str | None, str]:
    folded = text.casefold()
    for spelling, (kind, standard) in spellings.items():
        if kind == "operator" and folded.startswith(spelling):
            rest = text[len(spelling) :].strip()
            if rest and (
                not spelling[-1].isalpha() or not rest[0].isascii() or not rest[0].isalpha()
            ):
                return standard, rest
    return None, text


def _ordinal_before_titre(
    text: str, spellings: Mapping[str, tuple[str, str]]
) -> tuple[str | None, str]:
    head, colon, tail = text.partition("1:")
    word = head.strip().strip("()").casefold()
    kind, standard = spellings.get(word, ("", ""))
    if colon and kind == "ordinal":
        return standard, colon + tail
    return None, text


def _number(text: str, decimal: str, thousands: str) -> tuple[str | None, str | None]:
    """The number as plain decimal text, and the rule it breaks."""
    match = re.fullmatch(rf"([+-]?)\s*([\d.,'’  ]*\d[.,]?)({EXPONENT})?", text)
    if not match:
        return None, None
    sign, body, exponent = match[1].replace("+", ""), match[2], match[3]
    if thousands and re.fullmatch(
        rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d*)?", body
    ):
        body = body.replace(thousands, "")
    if re.fullmatch(rf"\d*{re.escape(decimal)}?\d*", body):
        digits = sign + body.replace(decimal, ".")
        return digits + _power(exponent), None
    if re.fullmatch(r"\d[\d.,'’ ]*", body):
        return (sign + _likely(body) + _power(exponent)), "number_ambiguous"
    return None, None


def _power(exponent: str | None) -> str:
    if not exponent:
        return ""
    if exponent[0] in "eE":
        return exponent.replace("E", "e")
    return "e" + re.sub(r"^\s*[xX×*·]\s*10\s*(?:\^|\*\*|\*)?\s*", "", exponent)


def _likely(body: str) -> str:
    """The reading to propose: the last mark is the decimal one unless three digits follow it."""
    *groups, last = re.split(r"[.,'’ ]", body)
    whole = "".join(groups)
    return whole + last if len(last) == 3 else f"{whole}.{last}"


def _leading_number(text: str, oper: str | None, decimal: str, thousands: str) -> str | None:
    match = re.match(r"[+-]?[\d.,]*\d", text)
    if not match:
        return None
    digits, fault = _number(match[0], decimal, thousands)
    return f"{oper or ''}{digits}" if digits and not fault else None
