"""Results as laboratories write them: numbers, inequalities, ranges, titres, ordinals, text."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Literal

import polars as pl

from remit.ingest.dictionaries import RAISED, Spellings

Type = Literal["number", "inequality", "range", "titre", "ordinal", "text"]

# Written beside a number by analysers: above or below the range, checked, critical.
WORDS = "(?i:high|low|hoch|niedrig|erhöht|erniedrigt|élevé|haut|bas|alto|bajo|basso)|高|低"
FLAGS = re.compile(
    rf"(?:\s*(?:[HLNhln]{{1,2}}+|↑++|↓++|\*++|!++|[(\[](?:[HLN]{{1,2}}|↑|↓|\+|-|{WORDS})[)\]])"
    r"|\s+[高低]){1,4}+$"
)
# Behind a word or a grade a letter is a flag only after a blank.
FLAGS_AFTER_WORD = re.compile(
    rf"(?:\s+[HLNhln]{{1,2}}|\s*(?:↑+|↓+|\*+|!+)|\s+[(\[](?:[HLN]{{1,2}}|↑|↓|{WORDS})[)\]]){{1,4}}$"
)
# Nobody prints a number longer than this with a flag behind it.
LONGEST_FLAGGED = 100
FLAG_BEFORE = re.compile(r"^(?:[HL]{1,2}\s+|(?:↑+|↓+|\*+|!+|\((?:[HL]{1,2}|↑|↓)\))\s*)(?=.)")
QUANTITIES = ("number", "inequality", "range")
# Exponents of three digits are no results, and as fractions they would fill the memory.
EXPONENT = r"(?:[eE][+-]?\d{1,2}|\s*[xX×*·]\s*10\s*(?:\^|\*\*|\*)\s*[+-]?\d{1,2})"
# The power was lost, or written as if E were no power of ten itself.
LOST_EXPONENT = r"\s*[xX×*·]\s*10\s*[eE]?\s*[+-]?\d{1,2}"
# What was counted in, or the hundredth: a unit printed with the result.
UNIT = re.compile(r"\s*(?:[个条根]\s*(?=/))?(/\s*[^\W\d]\w*|%)$")
TITRE = re.compile(r"(\D*?)1\s*[:∶/]\s*(\d[\d,]*)(\D*)")
BETWEEN_WORDS = re.compile(r"[\s()\[\],;:、。]+")
RANGE = re.compile(r"(\d.*?)(?:\s*(?:-{1,2}|~|–|—|至|to)\s*|\s+(?:bis|à|a)\s+)(\d.*)")
# Where a unit may begin: behind digits, or behind a blank.
BEFORE_UNIT = re.compile(r"(?<=[\d.,])\s*(?=[^\d.,\s])|\s+")
# Words of a grade: positive (2+), 陽性(±), pos ++.
TWO_WORDS = re.compile(r"[\s()\[\]]+")
GRADES = {"1+", "2+", "3+", "4+", "TRACE", "WEAK POSITIVE"}


# A number by some convention: one mark, or groups of three and at most one other mark.
SOME_NUMBER = re.compile(r"\d+[.,'’ ]\d+|\d{1,3}(?:([.,'’ ])\d{3})+(?:(?!\1)[.,]\d+)?")
# A grade that a sign makes look like a number, and one whose sign looks like a flag.
SIGNED = re.compile(r"\+(\d+)|(\d+)\(\+\)")


@dataclass(frozen=True)
class Result:
    """What one text says.

    `number` is the value, an inequality's bound, a titre's reciprocal or what a grade such as +1 would
    be as a number; `high` a range's upper
    end (its lower end is `number`); `code` an ordinal's standard name; `digits` the number as
    plain decimal text; `fault` a rule id; `hint` a reading to propose; `unit` a unit that the text
    itself names.
    """

    type: Type
    oper: str | None = None
    number: float | None = None
    high: float | None = None
    code: str | None = None
    digits: str | None = None
    fault: str | None = None
    hint: str | None = None
    unit: str | None = None


SCHEMA = {
    "TYPE": pl.String,
    "OPER": pl.String,
    "NUMBER": pl.Float64,
    "HIGH": pl.Float64,
    "CODE": pl.String,
    "DIGITS": pl.String,
    "FAULT": pl.String,
    "HINT": pl.String,
    "UNIT": pl.String,
}


def parse_column(
    column: pl.Series, spellings: Spellings, decimal: str, thousands: str
) -> pl.DataFrame:
    """The columns of SCHEMA for every text of a column, in its order.

    Plain numbers are cast; only what is left is read text by text, each distinct one once.
    """
    number = pl.repeat(None, len(column), dtype=pl.Float64, eager=True)
    if decimal == ".":
        number = column.cast(pl.Float64, strict=False)
        # What begins with a sign may be a grade: the dictionary is asked first.
        number = number.set(~number.is_finite() | column.str.starts_with("+"), None)
        extreme = ~number.abs().is_between(1e-99, 1e99)
        if extreme.any():  # nothing but zeros is a zero; the rest hides a large exponent
            number = number.set(extreme & ~column.str.contains(r"^[+-]?[0.]+$"), None)
    plain = number.is_not_null()
    frame = pl.select(
        TYPE=pl.when(plain).then(pl.lit("number")),
        OPER=pl.lit(None, pl.String),
        NUMBER=number,
        HIGH=pl.lit(None, pl.Float64),
        CODE=pl.lit(None, pl.String),
        DIGITS=pl.when(plain).then(column),
        FAULT=pl.lit(None, pl.String),
        HINT=pl.lit(None, pl.String),
        UNIT=pl.lit(None, pl.String),
    )
    rest = (~plain & column.is_not_null()).arg_true()
    if rest.is_empty():
        return frame
    texts = column.gather(rest).alias("text")
    distinct = texts.unique()
    read = [asdict(parse(text, spellings, decimal, thousands)) for text in distinct]
    table = pl.DataFrame(read, schema={name.lower(): kind for name, kind in SCHEMA.items()})
    found = texts.to_frame().join(
        table.with_columns(distinct.alias("text")), on="text", how="left", maintain_order="left"
    )
    return frame.with_columns(frame[name].scatter(rest, found[name.lower()]) for name in SCHEMA)


def parse(text: str, spellings: Spellings, decimal: str = ".", thousands: str = "") -> Result:
    """Read one result."""
    powers = RAISED.sub(lambda power: "^" + power[0], text)
    plain = " ".join(unicodedata.normalize("NFKC", powers).replace("\N{MINUS SIGN}", "-").split())
    if ordinal := _ordinal(plain, spellings):
        return ordinal
    unit = UNIT.search(plain)
    number = plain[: unit.start()] if unit else plain
    read = _parse(number, spellings, decimal, thousands)
    if read.type != "text" or read.fault:
        if unit and read.type == "titre":
            return Result("text", hint=read.hint)
        return replace(read, unit="".join(unit[1].split())) if unit else read
    if len(plain) > LONGEST_FLAGGED:
        return read
    bare = FLAGS_AFTER_WORD.sub("", plain)
    for place in BEFORE_UNIT.finditer(bare):
        if spellings.is_unit(bare[place.end() :]):
            quantity = _parse(bare[: place.start()], spellings, decimal, thousands)
            if quantity.type in QUANTITIES or quantity.fault:
                return replace(quantity, unit=bare[place.end() :])
    return read


def _ordinal(plain: str, spellings: Spellings) -> Result | None:
    """A grade or a word of presence, flags before and behind it aside."""
    for text in (plain, FLAGS_AFTER_WORD.sub("", FLAG_BEFORE.sub("", plain))):
        if code := _grade(text.casefold(), spellings.ordinals):
            signed = SIGNED.fullmatch(text)
            digits = signed[1] or signed[2] if signed else None
            return Result(
                "ordinal", code=code, digits=digits, number=float(digits) if digits else None
            )
    return None


def _grade(text: str, ordinals: Mapping[str, str]) -> str | None:
    """The ordinal of a text, or of two words that say the same: positive (2+), neg. (-)."""
    for word in (text, text.rstrip("."), "".join(text.split())):
        if code := ordinals.get(word):
            return code
    words = [word for word in TWO_WORDS.split(text) if word]
    codes = {ordinals.get(word) or ordinals.get(word.rstrip("."), "") for word in words}
    if len(words) != 2 or words[0] == words[1] or "" in codes:
        return None
    grades = codes - {"POSITIVE"}
    said = grades if grades and grades <= GRADES else codes
    return said.pop() if len(said) == 1 else None


def _parse(plain: str, spellings: Spellings, decimal: str, thousands: str) -> Result:
    if ordinal := _ordinal(plain, spellings):
        return ordinal
    oper, rest = _operator(FLAG_BEFORE.sub("", plain), spellings)
    bare = FLAGS_AFTER_WORD.sub("", rest).strip() if len(rest) <= LONGEST_FLAGGED else rest
    if match := TITRE.fullmatch(bare):
        return _titre(oper, match, spellings)
    bare = FLAGS.sub("", rest).strip() if len(rest) <= LONGEST_FLAGGED else rest
    if (match := RANGE.fullmatch(bare)) and oper is None:
        ends = [_number(end, decimal, thousands) for end in match.groups()]
        (low, low_fault), (high, high_fault) = ends
        if low and high and float(low) <= float(high):
            if fault := low_fault or high_fault:
                return Result("text", fault=fault, hint=f"{low}-{high}")
            return Result("range", number=float(low), high=float(high), digits=f"{low}-{high}")
    digits, fault = _number(bare, decimal, thousands)
    if digits is not None and fault is None and isfinite(float(digits)):
        return Result("inequality" if oper else "number", oper, float(digits), digits=digits)
    if fault:
        hint = f"{oper or ''}{digits}" if digits else None
        return Result("text", fault=fault, hint=hint)
    return Result("text", hint=_leading_number(rest, oper, decimal, thousands))


def _operator(text: str, spellings: Spellings) -> tuple[str | None, str]:
    match = spellings.operator.match(text.casefold())
    if match and text[match.end() :].strip():
        return spellings.operators[match[0]], text[match.end() :].strip()
    for word, operator in spellings.operators_behind.items():
        if text.endswith(word) and text[:1].isdigit():
            return operator, text.removesuffix(word).strip()
    return None, text


def _titre(oper: str | None, match: re.Match[str], spellings: Spellings) -> Result:
    """A titre between words: its ordinal, and remarks such as the pattern, which say nothing new."""
    before, reciprocal, after = match[1], match[2].replace(",", ""), match[3]
    inner = spellings.operator_at_end.search(before.casefold())
    if inner and oper is None:
        oper, before = spellings.operators[inner[0].strip()], before[: inner.start()]
    words = [word.casefold() for word in BETWEEN_WORDS.split(f"{before} {after}") if word]
    graded = {word: _grade(word, spellings.ordinals) for word in words}
    codes = {code for code in graded.values() if code}
    known = all(graded[word] or word in spellings.remarks for word in words)
    # Negative at a dilution is less than that titre; whoever writes it so has to say it.
    negative = "NEGATIVE" in codes and oper not in ("<", "<=")
    if not known or negative or len(codes) > 1:
        return Result("text", hint=f"<1:{reciprocal}" if codes == {"NEGATIVE"} else None)
    return Result("titre", oper, float(reciprocal), code=next(iter(codes), None), digits=reciprocal)


def _number(text: str, decimal: str, thousands: str) -> tuple[str | None, str | None]:
    """The number as plain decimal text, and the rule it breaks."""
    match = re.fullmatch(
        rf"([+-]?)\s*([\d.,'’  ]*\d[.,]?)(?:({EXPONENT})|({LOST_EXPONENT}))?", text
    )
    if not match:
        return None, None
    sign, body, exponent = match[1].replace("+", ""), match[2], match[3]
    if match[4]:
        digits, fault = _number(text[: match.start(4)], decimal, thousands)
        return (digits + _power(match[4]) if digits else None), fault or "number_ambiguous"
    # A group of thousands never begins with a zero: 0.250 is a quarter by another mark.
    if thousands and re.fullmatch(
        rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d*)?", body
    ):
        body = body.replace(thousands, "")
    if re.fullmatch(rf"\d*{re.escape(decimal)}?\d*", body):
        digits = sign + body.replace(decimal, ".")
        return digits + _power(exponent), None
    if SOME_NUMBER.fullmatch(body):
        return (sign + _likely(body) + _power(exponent)), "number_ambiguous"
    return None, None


def _power(exponent: str | None) -> str:
    if not exponent:
        return ""
    if exponent[0] in "eE":
        return exponent.replace("E", "e")
    return "e" + re.sub(r"^\s*[xX×*·]\s*10\s*(?:\^|\*\*|\*|[eE])?\s*", "", exponent)


def _likely(body: str) -> str:
    """The reading to propose: the last mark is the decimal one unless it may part thousands."""
    *groups, last = re.split(r"[.,'’ ]", body)
    whole = "".join(groups)
    return whole + last if len(last) == 3 and whole[0] != "0" else f"{whole}.{last}"


def _leading_number(text: str, oper: str | None, decimal: str, thousands: str) -> str | None:
    match = re.match(r"[+-]?[\d.,]*\d(?![\d.,:/_^xX×*·±⁄eE-])", text)
    if not match:
        return None
    digits, fault = _number(match[0], decimal, thousands)
    return f"{oper or ''}{digits}" if digits and not fault else None
