"""Laboratory rows: which analyte, which result, which unit, and the canonical value."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from remit.dictionaries import Dictionaries, loinc_valid
from remit.ingest import results, units

KEY = ["LBTEST", "LBLOINC", "LBSPEC", "LBORRESU"]
TESTS = {
    "LBTESTCD": pl.String,
    "TEST_LABEL": pl.String,
    "LOINC": pl.String,
    "SPECIMEN": pl.String,
    "LOINC_VALID": pl.Boolean,
    "KINDS": pl.String,
    "LBSTRESU": pl.String,
    "UCUM": pl.String,
    "UNITFAC": pl.Float64,
    "FACDIGITS": pl.Int64,
    "FACTOR": pl.Int64,
    "HARD_LO": pl.Float64,
    "HARD_HI": pl.Float64,
}
# Kinds of canonical units that a number may come without.
UNITLESS = ("titre", "international normalized ratio", "pH", "relative density", "index", "score")


def read(
    rows: pl.DataFrame, dictionaries: Dictionaries, decimal: str, thousands: str
) -> pl.DataFrame:
    """Add to text rows of domain lb what their texts mean.

    Adds LBTESTCD TEST_LABEL LOINC SPECIMEN LOINC_VALID LBSTRESU UCUM UNITFAC UNIT_NEEDED HARD_LO
    HARD_HI (by test and unit), TYPE LBOPER LBSTRESN LBSTRESC LBORRES.FAULT LBORRES.HINT (by
    result), LBSTNRLO LBSTNRHI LBNRIND (by the extract's own reference range, in its own units) and
    the texts UNIT_PROPOSAL and VALUE_PROPOSAL.
    """
    tests, factors = _tests(rows.select(KEY).unique(), dictionaries)
    rows = rows.join(tests, on=KEY, how="left", nulls_equal=True, maintain_order="left")
    parsed = results.parse_column(rows["LBORRES"], dictionaries.spellings, decimal, thousands)
    rows = _typed(pl.concat([rows, parsed], how="horizontal"))
    rows = rows.with_columns(units.canonical_values(rows, factors)).with_columns(
        _canonical_text().alias("LBSTRESC")
    )
    for bound in ("LBORNRLO", "LBORNRHI"):
        limit = results.parse_column(rows[bound], dictionaries.spellings, decimal, thousands)
        rows = rows.with_columns(limit["NUMBER"].alias(f"{bound}.NUMBER"))
    return rows.with_columns(
        LBSTNRLO=_converted("LBORNRLO.NUMBER"),
        LBSTNRHI=_converted("LBORNRHI.NUMBER"),
        LBNRIND=_indicator(),
    )


def _tests(
    keys: pl.DataFrame, dictionaries: Dictionaries
) -> tuple[pl.DataFrame, dict[int, Fraction]]:
    """What each distinct (test, LOINC, specimen, unit) means, and the exact factors by number."""
    analytes = {row["LBTESTCD"]: row for row in dictionaries.analytes.iter_rows(named=True)}
    factors: dict[int, Fraction] = {}
    table = []
    for key in keys.iter_rows(named=True):
        valid = key["LBLOINC"] is None or loinc_valid(key["LBLOINC"])
        code = dictionaries.analyte(key["LBTEST"], key["LBLOINC"] if valid else None, key["LBSPEC"])
        ucum = dictionaries.unit(key["LBORRESU"])
        row = dict.fromkeys(TESTS) | {"LOINC_VALID": valid, "UCUM": ucum, "LBTESTCD": code}
        if code is not None:
            analyte = analytes[code]
            canonical = analyte["unit"]
            row |= {
                "TEST_LABEL": analyte["LBTEST"],
                "LOINC": analyte["LBLOINC"],
                "SPECIMEN": analyte["LBSPEC"],
                "KINDS": analyte["results"],
                "LBSTRESU": canonical,
                "HARD_LO": analyte["hard_lo"],
                "HARD_HI": analyte["hard_hi"],
            }
            ratio = _factor(analyte, key["LBORRESU"], ucum, dictionaries)
            if ratio is not None:
                row |= {
                    "UNITFAC": float(ratio),
                    "FACDIGITS": units.significant(ratio),
                    "FACTOR": len(factors),
                }
                factors[len(factors)] = ratio
        table.append({**key, **row})
    schema = dict.fromkeys(KEY, pl.String) | TESTS
    return pl.DataFrame(table, schema=schema), factors


def _factor(
    analyte: Mapping[str, Any], written: str | None, ucum: str | None, dictionaries: Dictionaries
) -> Fraction | None:
    """The factor to the analyte's unit. Grades, ratios and the like come without a unit."""
    canonical = analyte["unit"]
    if canonical is None:
        return Fraction(1) if written is None else None
    quantity = dictionaries.quantities[canonical][0]
    if quantity == "titre" or (written is None and quantity in UNITLESS):
        return Fraction(1)
    if ucum is None:
        return None
    return units.factor(analyte["LBTESTCD"], ucum, canonical, analyte["molar_mass"], dictionaries)


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Hold a result's type against what the analyte can be."""
    titre = pl.col("KINDS").str.contains("titre")
    rows = rows.with_columns(
        # A titre is sometimes sent as its reciprocal.
        TYPE=pl.when(titre & (pl.col("TYPE") == "number") & (pl.col("NUMBER") >= 10))
        .then(pl.lit("titre"))
        .otherwise("TYPE")
    )
    kind = pl.col("TYPE").replace({"inequality": "number"})
    fits = pl.col("KINDS").str.contains(kind, literal=True) | (
        titre & pl.col("TYPE").is_in(["inequality", "titre"])
    )
    numeric = pl.col("TYPE").is_in(["number", "inequality", "titre"]) & fits
    return rows.with_columns(
        pl.when(pl.col("LBTESTCD").is_null() | pl.col("LBORRES").is_null())
        .then(None)
        .otherwise(pl.coalesce("FAULT", pl.when(~fits).then(pl.lit("result_unreadable"))))
        .alias("LBORRES.FAULT"),
        pl.when(pl.col("HINT").is_not_null())
        .then(pl.format("; perhaps it is {}", "HINT"))
        .otherwise(pl.lit(""))
        .alias("LBORRES.HINT"),
        NUMBER=pl.when(numeric).then("NUMBER"),
        FROM=pl.when(pl.col("TYPE") == "range").then("NUMBER"),
        LBOPER=pl.when(numeric).then("OPER"),
        UNIT_NEEDED=pl.col("LBTESTCD").is_not_null()
        & pl.col("TYPE").is_in(["number", "inequality", "range"])
        & (pl.col("LBORRESU").is_not_null() | pl.col("UNITFAC").is_null()),
    )


def _canonical_text() -> pl.Expr:
    plain = (
        pl.when(pl.col("UNITFAC") == 1).then("DIGITS").otherwise(pl.col("LBSTRESN").cast(pl.String))
    )
    return (
        pl.when(pl.col("TYPE") == "titre")
        .then(pl.format("{}1:{}", pl.col("OPER").fill_null(""), "DIGITS"))
        .when(pl.col("TYPE") == "ordinal")
        .then("CODE")
        .when(pl.col("TYPE") == "range")
        .then(pl.when(pl.col("UNITFAC") == 1).then("DIGITS").otherwise(_ends()))
        .when(pl.col("LBSTRESN").is_not_null())
        .then(pl.concat_str(pl.col("LBOPER").fill_null(""), plain))
    )


def _ends() -> pl.Expr:
    ends = [_converted(end).cast(pl.String).str.strip_suffix(".0") for end in ("FROM", "HIGH")]
    return pl.format("{}-{}", *ends)


def _converted(bound: str) -> pl.Expr:
    same = pl.col("UNITFAC") == 1
    return (
        pl.when(same).then(bound).otherwise((pl.col(bound) * pl.col("UNITFAC")).round_sig_figs(15))
    )


def _indicator() -> pl.Expr:
    """LOW, NORMAL or HIGH in the laboratory's own units; null when a censored value cannot tell.

    A detection limit that is the limit of the range (`<0.2` against 0.2) tells nothing, as
    laboratories have it.
    """
    value, low, high = pl.col("NUMBER"), pl.col("LBORNRLO.NUMBER"), pl.col("LBORNRHI.NUMBER")
    less = pl.col("LBOPER").is_in(["<", "<="]).fill_null(False)
    more = pl.col("LBOPER").is_in([">", ">="]).fill_null(False)
    below = (~more & (value < low)).fill_null(False)
    above = (~less & (value > high)).fill_null(False)
    inside = (low.is_null() | (~less & (value >= low))) & (
        high.is_null() | (~more & (value <= high))
    )
    known = value.is_not_null() & (low.is_not_null() | high.is_not_null())
    return (
        pl.when(below)
        .then(pl.lit("LOW"))
        .when(above)
        .then(pl.lit("HIGH"))
        .when(known & inside)
        .then(pl.lit("NORMAL"))
    )


def proposals() -> list[pl.Expr]:
    """UNIT_PROPOSAL and VALUE_PROPOSAL: what a data manager may look into."""
    usual = pl.col("LBORRESU").drop_nulls().mode().sort().first().over("LBTESTCD")
    return [
        pl.when(usual.is_not_null() & usual.ne_missing(pl.col("LBORRESU")))
        .then(
            pl.format("this file's usual unit of {} is {}; ask the laboratory", "LBTESTCD", usual)
        )
        .otherwise(pl.lit("ask the laboratory for the unit"))
        .alias("UNIT_PROPOSAL"),
        pl.lit("compare with the source record: value and unit").alias("VALUE_PROPOSAL"),
    ]
