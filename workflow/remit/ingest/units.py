"""From a laboratory's unit to the analyte's: one exact conversion per distinct (analyte, unit)."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from remit.ingest.dictionaries import Dictionaries

# Significant digits of a canonical value.
DIGITS = 15
_ROUND = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)


class Conversion(NamedTuple):
    """From one unit to another: a value times `factor` plus `offset`, both exact."""

    factor: Fraction
    offset: Fraction = Fraction(0)


def conversion(
    analyte: str, unit: str, canonical: str, molar_mass: float | None, dictionaries: Dictionaries
) -> Conversion | None:
    """What makes a value in `unit` (UCUM) one in the analyte's canonical unit.

    Units of the same quantity differ by their sizes, unless a conversion is stated for the analyte
    between just these units (haemoglobin A1c in mmol/mol is measured by another reference than in
    percent). Between two quantities only a conversion stated for the analyte counts, then the molar
    mass (mass to substance of the analyte). None: no conversion; kinds of units (IU, U, arbitrary),
    24-hour and spot amounts, clearance with and without body surface are different quantities on
    purpose.
    """
    quantity, size = given = dictionaries.quantities[unit]
    wanted, wanted_size = target = dictionaries.quantities[canonical]
    for source, result, stated in dictionaries.stated_conversions.get(analyte, []):
        ends = dictionaries.quantities[source], dictionaries.quantities[result]
        if (given, target) == ends:
            return Conversion(*stated)
        if (target, given) == ends:
            return Conversion(1 / stated[0], -stated[1] / stated[0])
    if quantity == wanted:
        return Conversion(size / wanted_size)
    for source, result, (stated_factor, offset) in dictionaries.stated_conversions.get(analyte, []):
        (from_quantity, from_size), (to_quantity, to_size) = (
            dictionaries.quantities[source],
            dictionaries.quantities[result],
        )
        if (from_quantity, to_quantity) == (quantity, wanted):
            scale = to_size / wanted_size
            return Conversion(stated_factor * (size / from_size) * scale, offset * scale)
        if (to_quantity, from_quantity) == (quantity, wanted):
            scale = from_size / wanted_size / stated_factor
            return Conversion((size / to_size) * scale, -offset * scale)
    if molar_mass:
        grams = Fraction(str(molar_mass))
        pair = (quantity.replace("mass", "*"), wanted.replace("substance", "*"))
        if pair[0] == pair[1] and "*" in pair[0]:
            return Conversion(size / grams / wanted_size)
        pair = (quantity.replace("substance", "*"), wanted.replace("mass", "*"))
        if pair[0] == pair[1] and "*" in pair[0]:
            return Conversion(size * grams / wanted_size)
    return None


def convert(digits: str, by: Conversion) -> float:
    """The exactly converted decimal text, rounded to 15 significant digits."""
    value = Fraction(Decimal(digits)) * by.factor + by.offset
    return float(_ROUND.divide(Decimal(value.numerator), Decimal(value.denominator)))


def significant(factor: Fraction) -> int:
    """Number of significant digits of a factor as a decimal; 99 when the decimal never ends."""
    denominator = factor.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return 99
    text = _exact(factor)
    return len(text.as_tuple().digits)


def _exact(factor: Fraction) -> Decimal:
    wide = Context(prec=60)
    return wide.divide(Decimal(factor.numerator), Decimal(factor.denominator)).normalize(wide)


def canonical_values(frame: pl.DataFrame, conversions: dict[int, Conversion]) -> pl.Series:
    """LBSTRESN of rows with NUMBER, DIGITS, UNITFAC, UNITOFF, FACDIGITS and FACTOR (whose conversion).

    Where the digits of value and factor together are at most 15 the product of the two floats,
    rounded to 15 digits, is the float nearest to the exact product. The few others are multiplied
    as decimals, each distinct pair once.
    """
    safe = pl.col("DIGITS").str.len_bytes() + pl.col("FACDIGITS") <= DIGITS
    frame = frame.with_columns(
        VALUE=pl.when(pl.col("UNITFAC") == 1)
        .then("NUMBER")
        .otherwise((pl.col("NUMBER") * pl.col("UNITFAC")).round_sig_figs(DIGITS)),
        SAFE=(pl.col("UNITOFF") == 0)
        & (safe | ((pl.col("UNITFAC") == 1) & (pl.col("DIGITS").str.len_bytes() <= DIGITS))),
    )
    rest = frame.filter(~pl.col("SAFE") & pl.col("VALUE").is_not_null())
    if rest.is_empty():
        return frame["VALUE"].alias("LBSTRESN")
    pairs = rest.select("DIGITS", "FACTOR").unique()
    exact = pairs.with_columns(
        EXACT=pl.Series(
            [convert(digits, conversions[key]) for digits, key in pairs.iter_rows()],
            dtype=pl.Float64,
        )
    )
    return (
        frame.join(exact, on=["DIGITS", "FACTOR"], how="left", maintain_order="left")
        .select(LBSTRESN=pl.when("SAFE").then("VALUE").otherwise("EXACT"))
        .to_series()
    )
