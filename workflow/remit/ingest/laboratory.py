"""Laboratory rows: which analyte, which result, which unit, and the canonical value."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from remit.ingest import evidence, results, units
from remit.ingest.dictionaries import Dictionaries, loinc_valid

TEST = ["LBTEST", "LBLOINC", "LBSPEC", "LBORRESU"]
RANGE = ["LBORNRLO", "LBORNRHI", "LBORNR"]
FACTS = {
    "LBTESTCD": pl.String,
    "TEST_LABEL": pl.String,
    "LOINC": pl.String,
    "SPECIMEN": pl.String,
    "LOINC_VALID": pl.Boolean,
    "NAMED": pl.String,
    "NUMBERS": pl.Boolean,
    "RANGES": pl.Boolean,
    "TITRES": pl.Boolean,
    "ORDINALS": pl.Boolean,
    "LEVELS": pl.Boolean,
    "LBSTRESU": pl.String,
    "UCUM": pl.String,
    "UNITFAC": pl.Float64,
    "UNITOFF": pl.Float64,
    "FACDIGITS": pl.Int64,
    "FACTOR": pl.Int64,
    "HARD_LO": pl.Float64,
    "HARD_HI": pl.Float64,
}
UNCONVERTED = (pl.col("UNITFAC") == 1) & (pl.col("UNITOFF") == 0)
# The level of a strip's field.
LEVEL = pl.col("LEVELS") & pl.col("TYPE").is_in(["number", "inequality"])
# Quantities whose numbers come without a unit.
UNITLESS = ("titre", "international normalized ratio", "pH", "relative density", "index", "score")


def read(
    rows: pl.DataFrame, dictionaries: Dictionaries, decimal: str, thousands: str
) -> pl.DataFrame:
    """Add to text rows of domain lb what their texts mean.

    Adds LBTESTCD TEST_LABEL LOINC SPECIMEN LOINC_VALID NAMED LBSTRESU UCUM UNITFAC UNIT_NEEDED HARD_LO
    HARD_HI (by test and unit), LBSTNRLO LBSTNRHI LBNRIND (by the extract's own reference range, in
    its own units), TYPE LBOPER LBSTRESN LBSTRESC LBORRES.FAULT LBORRES.HINT (by result).
    """
    parsed = results.parse_column(rows["LBORRES"], dictionaries.spellings, decimal, thousands)
    if parsed["UNIT"].null_count() < rows.height:
        rows, parsed = _units_in_results(rows, parsed, dictionaries)
    # Few tests, units and ranges stand on many rows: each combination is looked up once.
    key = _keys(rows.select(TEST + RANGE))
    distinct = rows.select(*TEST, *RANGE, key).unique("KEY", keep="any")
    facts, conversions = _facts(distinct, dictionaries, decimal, thousands)
    rows = pl.concat([rows, parsed, key.to_frame()], how="horizontal").join(
        facts, on="KEY", how="left", maintain_order="left"
    )
    rows = _typed(rows)
    rows = rows.with_columns(units.canonical_values(rows, conversions))
    rows = rows.with_columns(_canonical_text(rows), LBNRIND=_indicator())
    return rows.with_columns(AMBIGUOUS=evidence.strip_or_quantity())


def _units_in_results(
    rows: pl.DataFrame, parsed: pl.DataFrame, dictionaries: Dictionaries
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """LBORRESU from the result where the column is empty; another unit than the column's is a fault."""
    both = pl.DataFrame({"column": rows["LBORRESU"], "result": parsed["UNIT"]})
    faults = [
        (column, result, "result_unreadable")
        for column, result in both.drop_nulls().unique().iter_rows()
        if dictionaries.unit(column) != dictionaries.unit(result)
    ]
    against = pl.DataFrame(faults, schema=[*both.schema, "FAULT"], orient="row").cast(pl.String)
    found = both.join(against, on=both.columns, how="left", maintain_order="left")
    parsed = parsed.with_columns(pl.coalesce("FAULT", found["FAULT"]))
    return rows.with_columns(pl.coalesce("LBORRESU", parsed["UNIT"])), parsed


def _keys(columns: pl.DataFrame) -> pl.Series:
    """One number per distinct combination of texts, nulls included."""
    key = pl.repeat(0, columns.height, dtype=pl.UInt64, eager=True)
    for column in columns:
        if column.null_count() == columns.height:
            continue
        # Own categories, so that the numbers stay small.
        kind = pl.Categorical(pl.Categories.random())
        codes = (column.cast(kind).to_physical().cast(pl.UInt64) + 1).fill_null(0)
        key = key * (codes.max() + 1) + codes  # type: ignore[operator]
    return key.alias("KEY")


def _facts(
    distinct: pl.DataFrame, dictionaries: Dictionaries, decimal: str, thousands: str
) -> tuple[pl.DataFrame, dict[int, units.Conversion]]:
    """What each KEY means (one row each), and the exact conversions by their number."""
    tests, conversions = _tests(distinct.select(TEST).unique(maintain_order=True), dictionaries)
    facts = distinct.join(tests, on=TEST, how="left", nulls_equal=True)
    low, high, both = (
        _in_own_unit(
            results.parse_column(facts[name], dictionaries.spellings, decimal, thousands),
            facts["LBORRESU"],
            dictionaries,
        )
        for name in RANGE
    )
    facts = facts.with_columns(
        LOW=low["NUMBER"],
        HIGH_LIMIT=high["NUMBER"],
        OPER=both["OPER"],
        FIRST=both["NUMBER"],
        SECOND=both["HIGH"],
        FROM_TO=both["TYPE"] == "range",
    ).with_columns(
        LOW=pl.coalesce(
            "LOW", pl.when(pl.col("FROM_TO") | pl.col("OPER").is_in([">", ">="])).then("FIRST")
        ),
        HIGH_LIMIT=pl.coalesce(
            "HIGH_LIMIT", "SECOND", pl.when(pl.col("OPER").is_in(["<", "<="])).then("FIRST")
        ),
    )
    return facts.select(
        "KEY",
        *FACTS,
        "LOW",
        "HIGH_LIMIT",
        LBSTNRLO=_converted("LOW"),
        LBSTNRHI=_converted("HIGH_LIMIT"),
    ), conversions


def _in_own_unit(limits: pl.DataFrame, own: pl.Series, dictionaries: Dictionaries) -> pl.DataFrame:
    """The limits without those in another unit than the result's, which say nothing of it."""
    if limits["UNIT"].null_count() == limits.height:
        return limits
    alike = [
        unit is None or dictionaries.unit(unit) == dictionaries.unit(of)
        for unit, of in zip(limits["UNIT"], own, strict=True)
    ]
    return limits.select(pl.when(pl.Series(alike)).then(pl.all()))


def _tests(
    keys: pl.DataFrame, dictionaries: Dictionaries
) -> tuple[pl.DataFrame, dict[int, units.Conversion]]:
    analytes = {row["LBTESTCD"]: row for row in dictionaries.analytes.iter_rows(named=True)}
    conversions: dict[int, units.Conversion] = {}
    table = []
    for key in keys.iter_rows(named=True):
        valid = key["LBLOINC"] is None or loinc_valid(key["LBLOINC"])
        code = dictionaries.analyte(key["LBTEST"], key["LBLOINC"] if valid else None, key["LBSPEC"])
        candidates: list[str | None] = [*dictionaries.units_of(key["LBORRESU"])] or [None]
        if candidates == ["%"] and key["LBLOINC"] is None and f"{code}LE" in analytes:
            # A percentage of the leukocytes is no count of them, whatever the name says.
            code = f"{code}LE"
        row = dict.fromkeys(FACTS) | {"LOINC_VALID": valid, "UCUM": candidates[0], "LBTESTCD": code}
        if valid and key["LBLOINC"] is not None:
            row["NAMED"] = dictionaries.contradicted(key["LBTEST"], key["LBLOINC"], key["LBSPEC"])
        if code is not None:
            analyte = analytes[code]
            kinds = analyte["results"].split()
            row |= {
                "TEST_LABEL": analyte["LBTEST"],
                "LOINC": analyte["LBLOINC"],
                "SPECIMEN": analyte["LBSPEC"],
                "NUMBERS": "number" in kinds,
                "RANGES": "range" in kinds,
                "TITRES": "titre" in kinds,
                "ORDINALS": "ordinal" in kinds,
                "LEVELS": _levels(analyte, candidates[0], dictionaries),
                "LBSTRESU": analyte["unit"],
                "HARD_LO": analyte["hard_lo"],
                "HARD_HI": analyte["hard_hi"],
            }
            for candidate in candidates:
                by = _conversion(analyte, key["LBORRESU"], candidate, dictionaries)
                if by is None:
                    continue
                row |= {
                    "UCUM": candidate,
                    "UNITFAC": float(by.factor),
                    "UNITOFF": float(by.offset),
                    "FACDIGITS": units.significant(by.factor),
                    "FACTOR": len(conversions),
                }
                conversions[len(conversions)] = by
                break
        table.append({**key, **row})
    schema = dict.fromkeys(TEST, pl.String) | FACTS
    return pl.DataFrame(table, schema=schema), conversions


def _conversion(
    analyte: Mapping[str, Any], written: str | None, ucum: str | None, dictionaries: Dictionaries
) -> units.Conversion | None:
    """The conversion to the analyte's unit. Grades, ratios and the like come without a unit."""
    canonical = analyte["unit"]
    if canonical is None:
        return units.Conversion(Fraction(1)) if written is None else None
    quantity = dictionaries.quantities[canonical][0]
    if quantity == "titre" or (written is None and quantity in UNITLESS):
        return units.Conversion(Fraction(1))
    if ucum is None:
        return None
    return units.conversion(
        analyte["LBTESTCD"], ucum, canonical, analyte["molar_mass"], dictionaries
    )


def _levels(analyte: Mapping[str, Any], ucum: str | None, dictionaries: Dictionaries) -> bool:
    """Whether a strip's number is the level of a field, such as 30 mg/dL: a grade, not a quantity."""
    quantity = dictionaries.quantities[ucum][0] if ucum in dictionaries.quantities else ""
    graded = analyte["unit"] is None and "ordinal" in analyte["results"].split()
    return graded and quantity.endswith("concentration")


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Hold a result's type against what the analyte can be."""
    kind = pl.col("TYPE")
    rows = rows.with_columns(
        # A titre is sometimes sent as its reciprocal; +1 is a grade only of what has grades.
        TYPE=pl.when(pl.col("TITRES") & (kind == "number") & (pl.col("NUMBER") >= 10))
        .then(pl.lit("titre"))
        .when(~pl.col("ORDINALS") & (kind == "ordinal") & pl.col("NUMBER").is_not_null())
        .then(pl.lit("number"))
        .otherwise(kind)
    )
    level = LEVEL.fill_null(False)
    numeric = (kind.is_in(["number", "inequality"]) & pl.col("NUMBERS") & ~level) | (
        kind.is_in(["titre", "inequality"]) & pl.col("TITRES")
    )
    fits = (
        numeric
        | level
        | ((kind == "range") & pl.col("RANGES"))
        | ((kind == "ordinal") & pl.col("ORDINALS"))
    )
    return rows.with_columns(
        pl.when(pl.col("LBTESTCD").is_not_null() & pl.col("LBORRES").is_not_null())
        .then(pl.coalesce("FAULT", pl.when(~fits).then(pl.lit("result_unreadable"))))
        .alias("LBORRES.FAULT"),
        pl.col("HINT").alias("LBORRES.HINT"),
        NUMBER=pl.when(numeric).then("NUMBER"),
        FROM=pl.when(kind == "range").then("NUMBER"),
        LBOPER=pl.when(numeric).then("OPER"),
        UNIT_NEEDED=pl.col("LBTESTCD").is_not_null()
        & kind.is_in(["number", "inequality", "range"])
        & ~level
        & (pl.col("LBORRESU").is_not_null() | pl.col("UNITFAC").is_null()),
    )


def _canonical_text(rows: pl.DataFrame) -> pl.Series:
    """LBSTRESC: a number as it was written, or printed anew where it was converted."""
    kind, oper = pl.col("TYPE"), pl.col("LBOPER").fill_null("")
    printed = pl.when(~UNCONVERTED).then("LBSTRESN").cast(pl.String)
    number = pl.when(pl.col("LBSTRESN").is_not_null()).then(pl.coalesce(printed, "DIGITS"))
    graded = pl.concat_str(pl.col("OPER").fill_null(""), "DIGITS", pl.lit(" "), "UCUM")
    told = pl.when(LEVEL).then(graded).otherwise(number)
    text = rows.select(LBSTRESC=told).to_series()
    others = (rows["TYPE"] != "number").fill_null(False).arg_true()
    ends = [_converted(end).cast(pl.String).str.strip_suffix(".0") for end in ("FROM", "HIGH")]
    rest = rows.select(
        pl.col("TYPE", "LBOPER", "DIGITS", "CODE", "FROM", "HIGH", "UNITFAC", "UNITOFF").gather(
            others
        ),
        NUMBER=text.gather(others),
    ).select(
        pl.when(kind == "inequality")
        .then(oper + pl.col("NUMBER"))
        .when(kind == "titre")
        .then(oper + "1:" + pl.col("DIGITS"))
        .when(kind == "ordinal")
        .then("CODE")
        .when(kind == "range")
        .then(pl.when(UNCONVERTED).then("DIGITS").otherwise(pl.format("{}-{}", *ends)))
    )
    return text.scatter(others, rest.to_series()) if len(others) else text


def _converted(bound: str) -> pl.Expr:
    return (
        pl.when(UNCONVERTED)
        .then(bound)
        .otherwise(
            (pl.col(bound) * pl.col("UNITFAC") + pl.col("UNITOFF")).round_sig_figs(units.DIGITS)
        )
    )


def _indicator() -> pl.Expr:
    """LOW, NORMAL or HIGH in the laboratory's own units; null when a censored value cannot tell.

    A detection limit that is the limit of the range (`<0.2` against 0.2) tells nothing, as
    laboratories have it.
    """
    value, low, high = pl.col("NUMBER"), pl.col("LOW"), pl.col("HIGH_LIMIT")
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
