"""What SLEDAI-2K has beside the sums of its items: new features, and items that the laboratory contradicts.

Source: Gladman, J Rheumatol 2002;29:288.
"""

from __future__ import annotations

import polars as pl

from remit.analysis.scores import ASSESSMENT, QUERY, SOURCE, weighted
from remit.analysis.study_days import date_of, moment_of

QUESTIONNAIRE = "SLEDAI-2K"
ITEMS = 24
# Items that laboratory results alone decide: the tests, when the item is present, and how many of
# the tests must speak against it before it is absent.
LABORATORY = {
    "LOWCOMP": (["C3", "C4"], pl.col("LBNRIND") == "LOW", 2),
    "DNABIND": (["DSDNA"], pl.col("LBNRIND") == "HIGH", 1),
    "HEMATUR": (["URBC"], pl.col("LBSTRESN") > 5, 1),
    "PROTEINU": (["UPCR", "UPCR24", "UP24"], pl.col("LBSTRESN") > 0.5, 1),
    "PYURIA": (["UWBC"], pl.col("LBSTRESN") > 5, 1),
    "THROMBOC": (["PLT"], pl.col("LBSTRESN") < 100, 1),
    "LEUKOPEN": (["WBC"], pl.col("LBSTRESN") < 3, 1),
}


def new_features(qs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """SLEDAIN: number of items present now and absent at the assessment before; null at the first.

    Args:
        qs: USUBJID QSTESTCD QSSTRESN QSDTC SRCFILE SRCLINE SRCSHA ROWID.
        items: questionnaire item QSTESTCD weight.
    """
    complete = (
        _scored(qs, items)
        .group_by(ASSESSMENT)
        .agg(
            pl.col("item").filter(pl.col("score") > 0).sort().alias("present"),
            pl.col("score").count().alias("known"),
            pl.col(SOURCE).sort_by("item").first(),
        )
    )
    before = pl.col("present").shift(1).over("USUBJID", order_by="QSDTC")
    known = (pl.col("known") == ITEMS) & (
        pl.col("known").shift(1).over("USUBJID", order_by="QSDTC") == ITEMS
    )
    added = pl.col("present").list.set_difference(before).list.len().cast(pl.Float64)
    return complete.sort(ASSESSMENT).select(
        "USUBJID",
        *SOURCE,
        PARAMCD=pl.lit("SLEDAIN"),
        AVAL=pl.when(known).then(added),
        ADT=date_of("QSDTC"),
        ADTM=moment_of("QSDTC"),
        DTYPE=pl.lit(f"{QUESTIONNAIRE} ITEMS"),
    )


def contradicted(qs: pl.DataFrame, items: pl.DataFrame, lb: pl.DataFrame) -> pl.DataFrame:
    """Laboratory items whose presence the results of the same day contradict, as `scores.QUERY`."""
    scored = _scored(qs, items)
    days = lb.filter(pl.col("LBOPER").is_null()).with_columns(ADT=date_of("LBDTC"))
    found = []
    for item, (tests, present, against) in LABORATORY.items():
        known = days.filter(pl.col("LBTESTCD").is_in(tests), present.is_not_null())
        seen = (
            known.group_by("USUBJID", "ADT")
            .agg(present=present.any(), tests=pl.col("LBTESTCD").n_unique())
            .filter(pl.col("present") | (pl.col("tests") >= against))
        )
        found.append(
            scored.filter(pl.col("QSTESTCD") == item)
            .with_columns(ADT=date_of("QSDTC"))
            .join(seen, on=["USUBJID", "ADT"], how="inner")
            .filter((pl.col("score") > 0) != pl.col("present"))
            .with_columns(
                rule=pl.lit("laboratory_disagrees"),
                recorded=pl.col("score"),
                expected=pl.when("present").then("weight").otherwise(0.0),
            )
            .select(QUERY)
        )
    return pl.concat(found)


def _scored(qs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    return weighted(qs, items.filter(pl.col("questionnaire") == QUESTIONNAIRE))
