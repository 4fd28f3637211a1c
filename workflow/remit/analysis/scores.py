"""Scores of questionnaires: what was recorded, the sums of their items, and where the two disagree.

What a questionnaire consists of stands in `questionnaires.csv`, which scores are summed from which of its
items in `scores.csv`.
"""

from __future__ import annotations

import polars as pl

from remit.analysis.study_days import date_of, moment_of

ASSESSMENT = ["USUBJID", "QSDTC"]
SOURCE = ["SRCFILE", "SRCLINE", "SRCSHA", "ROWID"]
#: A disagreement for a data manager to answer.
QUERY = (
    *("USUBJID", "QSDTC", "QSTESTCD", "rule", "recorded", "expected", "SRCFILE", "SRCLINE"),
    "ROWID",
)


def recorded(qs: pl.DataFrame, parameters: pl.DataFrame) -> pl.DataFrame:
    """What a questionnaire records that is a parameter itself, such as a count or a scale, as it is.

    Args:
        qs: USUBJID QSTESTCD QSSTRESN QSDTC SRCFILE SRCLINE SRCSHA ROWID.
        parameters: PARAMCD unit.
    """
    units = parameters.select("PARAMCD", AVALU="unit")
    known = qs.filter(pl.col("QSSTRESN").is_not_null())
    return known.join(units, left_on="QSTESTCD", right_on="PARAMCD", how="inner").select(
        "USUBJID",
        *SOURCE,
        "AVALU",
        PARAMCD="QSTESTCD",
        AVAL=pl.col("QSSTRESN").cast(pl.Float64),
        ADT=date_of("QSDTC"),
        ADTM=moment_of("QSDTC"),
    )


def totals(qs: pl.DataFrame, items: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """One record per assessment and score, missing where one of its items is.

    A recorded total counts where an assessment has no items; with items it is only compared with them.

    Args:
        qs: USUBJID QSTESTCD QSSTRESN QSDTC SRCFILE SRCLINE SRCSHA ROWID.
        items: questionnaire item QSTESTCD weight, one row per item; rows without an item number are
            others.
        scores: PARAMCD questionnaire items (such as `1-19 22-24`) total (QSTESTCD of the recorded one).
    """
    found = []
    scored = weighted(qs, items)
    for (questionnaire,), rows in scores.sort("PARAMCD").group_by(
        "questionnaire", maintain_order=True
    ):
        own = scored.filter(pl.col("questionnaire") == questionnaire)
        sums = {row["PARAMCD"]: _sum(numbers(row["items"])) for row in rows.to_dicts()}
        found.append(
            own.group_by(ASSESSMENT)
            .agg(
                *[total.alias(code) for code, total in sums.items()],
                pl.col(SOURCE).sort_by("item").first(),
            )
            .unpivot(
                on=list(sums),
                index=[*ASSESSMENT, *SOURCE],
                variable_name="PARAMCD",
                value_name="AVAL",
            )
            .with_columns(DTYPE=pl.lit(f"{questionnaire} ITEMS"))
        )
        days = own.select("USUBJID", ADT=date_of("QSDTC")).unique()
        for row in rows.drop_nulls("total").to_dicts():
            alone = qs.filter(pl.col("QSTESTCD") == row["total"], pl.col("QSSTRESN").is_not_null())
            found.append(
                alone.with_columns(ADT=date_of("QSDTC"))
                .join(days, on=["USUBJID", "ADT"], how="anti")
                .select(
                    *ASSESSMENT,
                    *SOURCE,
                    PARAMCD=pl.lit(row["PARAMCD"]),
                    AVAL=pl.col("QSSTRESN").cast(pl.Float64),
                    DTYPE=pl.lit("RECORDED TOTAL"),
                )
            )
    empty = qs.clear().select(
        *ASSESSMENT,
        *SOURCE,
        PARAMCD=pl.lit(None, pl.String),
        AVAL=pl.lit(None, pl.Float64),
        DTYPE=pl.lit(None, pl.String),
    )
    return (
        pl.concat([empty, *(frame.select(empty.columns) for frame in found)])
        .with_columns(ADT=date_of("QSDTC"), ADTM=moment_of("QSDTC"))
        .drop("QSDTC")
    )


def queries(qs: pl.DataFrame, items: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """One row per disagreement within a questionnaire.

    A recorded total that is not the sum of its items, a value that is neither 0, 1 nor the weight, and a
    missing item.

    Returns:
        `QUERY`.
    """
    scored = weighted(qs, items)
    number = pl.lit(None, pl.Float64)
    summed = totals(qs, items, scores).filter(pl.col("DTYPE") != "RECORDED TOTAL")
    of_total = scores.drop_nulls("total").select("PARAMCD", QSTESTCD="total")
    asked = (
        qs.join(of_total, on="QSTESTCD")
        .with_columns(ADT=date_of("QSDTC"), ADTM=moment_of("QSDTC"))
        .join(
            summed.select("USUBJID", "PARAMCD", "ADT", "ADTM", expected="AVAL"),
            on=["USUBJID", "PARAMCD", "ADT", "ADTM"],
            how="left",
            nulls_equal=True,
        )
        .filter(pl.col("QSSTRESN") != pl.col("expected"))
        .with_columns(rule=pl.lit("total_is_not_the_sum"), recorded="QSSTRESN")
    )
    strange = scored.filter(
        ~pl.col("QSSTRESN").is_in([0.0, 1.0]) & (pl.col("QSSTRESN") != pl.col("weight"))
    ).with_columns(
        rule=pl.lit("neither_0_1_nor_the_weight"), recorded="QSSTRESN", expected="weight"
    )
    visits = scored.group_by(*ASSESSMENT, "questionnaire").agg(
        pl.col("SRCFILE", "SRCLINE", "ROWID").sort_by("item").first()
    )
    missing = (
        visits.join(
            items.drop_nulls("item").select("questionnaire", "QSTESTCD"), on="questionnaire"
        )
        .join(
            scored.filter(pl.col("score").is_not_null()), on=[*ASSESSMENT, "QSTESTCD"], how="anti"
        )
        .with_columns(rule=pl.lit("item_missing"), recorded=number, expected=number)
    )
    return pl.concat([frame.select(QUERY) for frame in (asked, strange, missing)])


def weighted(qs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Item rows with their `score`: what was recorded, or the item's weight when it is present."""
    wanted = items.drop_nulls("item").select(
        "questionnaire",
        "QSTESTCD",
        pl.col("item").cast(pl.Int64),
        pl.col("weight").cast(pl.Float64),
    )
    value = pl.col("QSSTRESN").cast(pl.Float64)
    present = pl.when(value > 0).then("weight").otherwise(0.0)
    return qs.join(wanted, on="QSTESTCD", how="inner").with_columns(
        QSSTRESN=value,
        score=pl.when(value.is_null())
        .then(None)
        .when(pl.col("weight").is_null())
        .then(value)
        .otherwise(present),
    )


def numbers(text: str) -> list[int]:
    """The numbers of items that a text such as `1-19 22-24` names."""
    ranges = [part.split("-") for part in text.split()]
    return [k for ends in ranges for k in range(int(ends[0]), int(ends[-1]) + 1)]


def _sum(items: list[int]) -> pl.Expr:
    """Sum of the scores of items, null unless all of them are known."""
    score = pl.col("score").filter(pl.col("item").is_in(items))
    return pl.when(score.count() == len(items)).then(score.sum()).cast(pl.Float64)
