"""Parameters that are a formula of others, such as an index of joint counts, a scale and a laboratory test.

The formulas stand in `composites.csv` with their sources.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from remit.plan.composites import components

DTYPE = "COMPOSITE"
PICKED = ["AVAL", "AVALOPER", "ROWID"]


def composed(records: pl.DataFrame, composites: pl.DataFrame) -> pl.DataFrame:
    """The records that the formulas give, in the order of the dictionary: a later one may use an earlier.

    A record stands on each day of the formula's first component. Of every other the record of that day is
    taken, else the nearest one within the days that the dictionary allows, of two as near the earlier.
    What lacks a component, or has no logarithm, has no value. A limit (`<5`) of components that agree
    in their operator is the value's: a formula rises with each of its components.

    Args:
        records: `RECORD`.
        composites: PARAMCD formula within_days.
    """
    made: list[pl.DataFrame] = []
    for code, formula, days in composites.select("PARAMCD", "formula", "within_days").iter_rows():
        known = pl.concat([records, *made], how="diagonal")
        wide = picked(known, formula, days or 0)
        codes = components(formula)
        value = pl.sql_expr(formula).cast(pl.Float64)
        operators = pl.concat_list(f"{name}|AVALOPER" for name in codes).list.drop_nulls()
        kinds = operators.list.eval(pl.element().str.head(1)).list.unique().list.len()
        made.append(
            wide.with_columns(**{name: pl.col(f"{name}|AVAL") for name in codes})
            .with_columns(
                PARAMCD=pl.lit(code),
                AVAL=pl.when(value.is_finite(), kinds <= 1).then(value),
                AVALOPER=operators.list.first(),
                DTYPE=pl.lit(DTYPE),
            )
            .select(*records.columns)
        )
    return pl.concat([records.clear(), *made])


def picked(records: pl.DataFrame, formula: str, days: int) -> pl.DataFrame:
    """The days of a formula's first component, with `C|AVAL`, `C|AVALOPER`, `C|ROWID` of each component."""
    first, *others = components(formula)
    known = records.filter(pl.col("AVAL").is_not_null(), pl.col("ADT").is_not_null())
    order = ["ADT", "ADTM", "ROWID"]
    wide = (
        known.filter(pl.col("PARAMCD") == first)
        .sort("USUBJID", *order, nulls_last=False)
        .unique(["USUBJID", "ADT"], keep="first", maintain_order=True)
        .with_columns(pl.col(name).alias(f"{first}|{name}") for name in PICKED)
    )
    for code in others:
        own = known.filter(pl.col("PARAMCD") == code).select(
            "USUBJID", *(pl.col(name).alias(f"{code}|{name}") for name in [*PICKED, "ADT", "ADTM"])
        )
        gap = (pl.col(f"{code}|ADT") - pl.col("ADT")).dt.total_days().abs()
        near = (
            wide.select("USUBJID", "ADT")
            .join(own, on="USUBJID")
            .with_columns(gap=gap)
            .filter(pl.col("gap") <= days)
            .sort("gap", *(f"{code}|{name}" for name in order), nulls_last=False)
            .unique(["USUBJID", "ADT"], keep="first", maintain_order=True)
            .select("USUBJID", "ADT", *(f"{code}|{name}" for name in PICKED))
        )
        wide = wide.join(near, on=["USUBJID", "ADT"], how="left", maintain_order="left")
    return wide


def parts(records: pl.DataFrame, composites: pl.DataFrame) -> pl.DataFrame:
    """The rows that each composite record was made of.

    Returns:
        USUBJID PARAMCD ADT SRCROW.
    """
    return pl.concat([_NOTHING, *_parts(records, composites)])


def _parts(records: pl.DataFrame, composites: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for code, formula, days in composites.select("PARAMCD", "formula", "within_days").iter_rows():
        wide = picked(records, formula, days or 0)
        for name in components(formula):
            yield wide.select(
                "USUBJID", "ADT", PARAMCD=pl.lit(code), SRCROW=pl.col(f"{name}|ROWID")
            ).select(_NOTHING.columns)


_NOTHING = pl.DataFrame(
    schema={"USUBJID": pl.String, "PARAMCD": pl.String, "ADT": pl.Date, "SRCROW": pl.String}
)
