"""The daily dose of a class of drugs, mg/day of one of them.

Which drugs are of a class and by what factor, and the doses a day of each frequency, are dictionaries with
their sources (`equivalents.csv`, `frequencies.csv`). A class is named by the parameter of its dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.study_days import date_of

#: How a dose on a day was derived.
DTYPE = "DOSE EQUIVALENT"


def courses(
    parameter: str,
    cm: pl.DataFrame,
    dictionaries: Mapping[str, pl.DataFrame],
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """Courses of the drugs of a class with their equivalent daily dose.

    An end date that is missing is the day before the subject's next course of the same drug, or
    open (null) when there is none. `pulse` marks courses of at least `pulse_mg` mg of the drug a
    day that were not taken by mouth. A course whose unit is not mg, or whose frequency the
    dictionary does not know, has a null dose: nothing is assumed.

    Returns:
        USUBJID CMTRT START END STOPPED(the end is recorded) DAILY(mg/day) PULSE SRC* ROWID.
    """
    drugs = dictionaries["equivalents"].filter(pl.col("PARAMCD") == parameter)
    drug = pl.col("CMTRT").str.to_lowercase().str.strip_chars()
    rate = pl.col("CMDOSFRQ").str.to_uppercase().str.strip_chars()
    found = (
        cm.with_columns(drug=drug, frequency=rate)
        .join(drugs.select("drug", "generic", "factor"), on="drug", how="inner")
        .join(
            dictionaries["frequencies"].select("frequency", "per_day"), on="frequency", how="left"
        )
        .with_columns(START=date_of("CMSTDTC"), STOP=date_of("CMENDTC"))
        .sort("USUBJID", "generic", "START", "ROWID")
        .with_columns(next=pl.col("START").shift(-1).over("USUBJID", "generic"))
    )
    in_mg = pl.col("CMDOSU").str.to_lowercase().str.strip_chars() == "mg"
    a_day = pl.when(in_mg).then(pl.col("CMDOSE") * pl.col("per_day"))
    by_mouth = (pl.col("CMROUTE").str.to_uppercase() == "ORAL").fill_null(True)
    return found.select(
        "USUBJID",
        "CMTRT",
        "START",
        END=pl.coalesce("STOP", pl.col("next").dt.offset_by("-1d")),
        STOPPED=pl.col("STOP").is_not_null(),
        DAILY=a_day * pl.col("factor").cast(pl.Float64),
        PULSE=(~by_mouth & (a_day >= spec["pulse_mg"])).fill_null(False),
        SRCFILE="SRCFILE",
        SRCLINE="SRCLINE",
        SRCSHA="SRCSHA",
        ROWID="ROWID",
    )


def at_dates(
    parameter: str, courses: pl.DataFrame, dates: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """The dose in force on each subject's dates, pulses left out.

    The sum over the courses of that day; 0 on a day after a course whose end is recorded; null
    before the first course, and when a course of the day has no known dose. A course without a
    known start may be one of any day up to its end.

    Args:
        parameter: The PARAMCD of the dose.
        courses: From `courses`.
        dates: USUBJID ADT, any number of rows.
        spec: a class of `derivations.daily_doses`; `mean_days: 7` averages the day and the six before it.
    """
    days = dates.drop_nulls().unique(["USUBJID", "ADT"]).sort("USUBJID", "ADT")
    span = spec.get("mean_days", 1)
    window = days.with_columns(
        day=pl.date_ranges(pl.col("ADT").dt.offset_by(f"-{span - 1}d"), "ADT")
    ).explode("day")
    daily = courses.filter(~pl.col("PULSE"))
    running = (
        window.join(daily, on="USUBJID", how="inner")
        .filter((pl.col("START") <= pl.col("day")).fill_null(True))
        .with_columns(
            now=(pl.col("day") <= pl.col("END")).fill_null(True),
            DAILY=pl.when(pl.col("START").is_not_null()).then("DAILY"),
        )
        .sort("USUBJID", "ADT", "day", "START", "ROWID")
        .group_by("USUBJID", "ADT", "day", maintain_order=True)
        .agg(
            dose=pl.col("DAILY").filter("now").sum(),
            unknown=(pl.col("DAILY").is_null() & pl.col("now")).any(),
            open=(~pl.col("STOPPED")).last() & ~pl.col("now").last(),
            any_now=pl.col("now").any(),
            source=pl.struct("SRCFILE", "SRCLINE", "SRCSHA", "ROWID").last(),
        )
        .with_columns(
            dose=pl.when(~pl.col("unknown"), pl.col("any_now") | ~pl.col("open")).then("dose")
        )
    )
    return (
        running.group_by("USUBJID", "ADT", maintain_order=True)
        .agg(
            AVAL=pl.when(pl.col("dose").is_not_null().all()).then(pl.col("dose").mean()),
            source=pl.col("source").last(),
        )
        .unnest("source")
        .with_columns(PARAMCD=pl.lit(parameter), DTYPE=pl.lit(DTYPE))
    )


def cumulative(courses: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """Cumulative dose of a class of drugs (g) from first dose to the end of follow-up.

    Returns:
        USUBJID CUMORAL(g, by mouth) CUMPULSE(g, pulses) MEANDAILY(mg/day, by mouth). A sum is null
        when a course of the period has no known dose or start.
    """
    period = subjects.select("USUBJID", "TRTSDT", last=pl.coalesce("EOSDT", "TRTEDT")).drop_nulls()
    start = pl.max_horizontal("START", "TRTSDT")
    end = pl.min_horizontal(pl.coalesce("END", "last"), "last")
    days = ((end - start).dt.total_days() + 1).clip(lower_bound=0)
    started = pl.col("START").is_not_null()
    within = (days > 0) & (started | (end >= pl.col("TRTSDT")))
    grams = pl.when(started).then(pl.col("DAILY")) * days / 1000

    def total(courses: pl.Expr) -> pl.Expr:
        own = grams.filter(courses & within)
        return pl.when(own.null_count() == 0).then(own.sum())

    return (
        period.join(courses, on="USUBJID", how="inner")
        .group_by("USUBJID")
        .agg(
            CUMORAL=total(~pl.col("PULSE")),
            CUMPULSE=total(pl.col("PULSE")),
            period=((pl.col("last") - pl.col("TRTSDT")).dt.total_days() + 1).first(),
        )
        .with_columns(MEANDAILY=1000 * pl.col("CUMORAL") / pl.col("period"))
        .drop("period")
        .sort("USUBJID")
    )
