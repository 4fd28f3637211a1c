"""SLEDAI-2K from its 24 items, and its reconciliation with what the chart and laboratory say.

Source: Gladman, J Rheumatol 2002;29:288. An item scores its weight when it is present, so the total
lies between 0 and 105.
"""

from __future__ import annotations

import polars as pl

from remit.analysis.study_days import date_of, moment_of

ITEMS = 24
RECORDED_TOTAL = "SLETOT"
SEROLOGY = (20, 21)
RENAL = (11, 12, 13, 14)
# Central nervous system, vasculitis, renal, cardiopulmonary, fever (LLDAS, Franklyn, Ann Rheum Dis
# 2016;75:1615).
MAJOR = (1, 2, 3, 4, 5, 6, 7, 8, *RENAL, 18, 19, 22)
SCORES = {
    "SLEDAI": tuple(range(1, ITEMS + 1)),
    "CSLEDAI": tuple(item for item in range(1, ITEMS + 1) if item not in SEROLOGY),
    "RSLEDAI": RENAL,
    "SLEDAIMO": MAJOR,
}
ASSESSMENT = ["USUBJID", "QSDTC"]
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


def totals(qs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """One record per assessment and score.

    SLEDAI (all items), CSLEDAI (without complement and anti-DNA), RSLEDAI (items 11 to 14), SLEDAIMO
    (major organs and fever, the activity that LLDAS excludes), SLEDAIN (features that the previous
    assessment did not have; null at the first).
    A score with a missing item is missing.

    Args:
        qs: USUBJID QSTESTCD QSSTRESN QSDTC SRCFILE SRCLINE SRCSHA ROWID.
        items: QSTESTCD item weight, one row per item; rows without an item number are others.
    """
    scored = _scored(qs, items)
    assessments = scored.group_by(ASSESSMENT).agg(
        *[_sum(items_of).alias(name) for name, items_of in SCORES.items()],
        pl.col("SRCFILE", "SRCLINE", "SRCSHA", "ROWID").sort_by("item").first(),
    )
    return (
        assessments.join(_new_features(scored), on=ASSESSMENT, how="left")
        .unpivot(
            on=[*SCORES, "SLEDAIN"],
            index=[*ASSESSMENT, "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"],
            variable_name="PARAMCD",
            value_name="AVAL",
        )
        .with_columns(
            ADT=date_of("QSDTC"), ADTM=moment_of("QSDTC"), DTYPE=pl.lit("SLEDAI-2K ITEMS")
        )
        .drop("QSDTC")
    )


def queries(
    qs: pl.DataFrame,
    items: pl.DataFrame,
    lb: pl.DataFrame,
) -> pl.DataFrame:
    """What a data manager must ask about: one row per disagreement.

    A recorded total that is not the sum of its items, a value that is neither 0, 1 nor the weight,
    a missing item, and laboratory items that the results on the same day contradict.

    Returns:
        USUBJID QSDTC QSTESTCD rule recorded expected SRCFILE SRCLINE ROWID.
    """
    scored = _scored(qs, items)
    source = ["SRCFILE", "SRCLINE", "ROWID"]
    total = (
        totals(qs, items)
        .filter(pl.col("PARAMCD") == "SLEDAI")
        .select("USUBJID", "ADT", "ADTM", expected="AVAL")
    )
    recorded = (
        qs.filter(pl.col("QSTESTCD") == RECORDED_TOTAL)
        .with_columns(ADT=date_of("QSDTC"), ADTM=moment_of("QSDTC"))
        .join(total, on=["USUBJID", "ADT", "ADTM"], how="left", nulls_equal=True)
        .filter(pl.col("QSSTRESN") != pl.col("expected"))
        .select(
            *ASSESSMENT,
            "QSTESTCD",
            pl.lit("total_is_not_the_sum").alias("rule"),
            pl.col("QSSTRESN").alias("recorded"),
            "expected",
            *source,
        )
    )
    strange = scored.filter(
        ~pl.col("QSSTRESN").is_in([0.0, 1.0]) & (pl.col("QSSTRESN") != pl.col("weight"))
    ).select(
        *ASSESSMENT,
        "QSTESTCD",
        pl.lit("neither_0_1_nor_the_weight").alias("rule"),
        pl.col("QSSTRESN").alias("recorded"),
        pl.col("weight").alias("expected"),
        *source,
    )
    visits = scored.group_by(ASSESSMENT).agg(pl.col(*source).sort_by("item").first())
    missing = (
        visits.join(items.drop_nulls("item").select("QSTESTCD"), how="cross")
        .join(
            scored.filter(pl.col("score").is_not_null()), on=[*ASSESSMENT, "QSTESTCD"], how="anti"
        )
        .select(
            *ASSESSMENT,
            "QSTESTCD",
            pl.lit("item_missing").alias("rule"),
            pl.lit(None, pl.Float64).alias("recorded"),
            pl.lit(None, pl.Float64).alias("expected"),
            *source,
        )
    )
    return pl.concat([recorded, strange, missing, _contradicted(scored, lb)]).sort(
        "USUBJID", "QSDTC", "QSTESTCD", "rule"
    )


def _scored(qs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Item rows with their weight when present, 0 when absent."""
    wanted = items.drop_nulls("item").select(
        "QSTESTCD", pl.col("item").cast(pl.Int64), pl.col("weight").cast(pl.Float64)
    )
    return qs.join(wanted, on="QSTESTCD", how="inner").with_columns(
        score=pl.when(pl.col("QSSTRESN").is_not_null()).then(
            pl.when(pl.col("QSSTRESN") > 0).then("weight").otherwise(0)
        )
    )


def _sum(items: tuple[int, ...]) -> pl.Expr:
    """Sum of the scores of items, null unless all of them are known."""
    score = pl.col("score").filter(pl.col("item").is_in(items))
    return pl.when(score.count() == len(items)).then(score.sum()).cast(pl.Float64)


def _new_features(scored: pl.DataFrame) -> pl.DataFrame:
    """Number of items present now and absent at the assessment before."""
    complete = scored.group_by(ASSESSMENT).agg(
        pl.col("item").filter(pl.col("score") > 0).sort().alias("present"),
        pl.col("score").count().alias("known"),
    )
    before = pl.col("present").shift(1).over("USUBJID", order_by="QSDTC")
    known = (pl.col("known") == ITEMS) & (
        pl.col("known").shift(1).over("USUBJID", order_by="QSDTC") == ITEMS
    )
    return complete.sort(ASSESSMENT).select(
        *ASSESSMENT,
        SLEDAIN=pl.when(known).then(
            pl.col("present").list.set_difference(before).list.len().cast(pl.Float64)
        ),
    )


def _contradicted(scored: pl.DataFrame, lb: pl.DataFrame) -> pl.DataFrame:
    """Laboratory items whose presence the results of the same day contradict."""
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
            .select(
                *ASSESSMENT,
                "QSTESTCD",
                pl.lit("laboratory_disagrees").alias("rule"),
                pl.col("score").cast(pl.Float64).alias("recorded"),
                pl.when("present").then("weight").otherwise(0).cast(pl.Float64).alias("expected"),
                *("SRCFILE", "SRCLINE", "ROWID"),
            )
        )
    return pl.concat(found)
