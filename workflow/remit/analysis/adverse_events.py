"""Adverse events: dates as far as known, study days, treatment emergence (ADAE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from remit.analysis.study_days import date_bounds, study_day

COLUMNS = (
    *("STUDYID", "USUBJID", "AETERM", "AEDECOD", "AEBODSYS", "ASTDT", "AENDT", "ASTDY", "AENDY"),
    *("TRTEMFL", "AETOXGR", "AESER", "AEREL", "AREL", "ASEV", "AESI", "AEACN", "AEOUT"),
    *("SRCFILE", "SRCLINE", "SRCSHA", "ROWID", "ASTDTF", "AENDTF"),
)
SEVERITY = {1: "MILD", 2: "MODERATE", 3: "SEVERE", 4: "LIFE THREATENING", 5: "FATAL"}


def derive_adverse_events(
    ae: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """ADAE, one row per reported event, sorted by subject, start, term and row id.

    Treatment emergence follows the order of PHUSE WP-087: an event of an untreated subject, or one
    that ended before the first dose, is not emergent; one whose start is unknown is; one that
    started between first dose and `after_last_dose_days` after the last dose is; any other is not.
    A worsening of an event that began before is emergent only as an event of its own: our feeds
    have no column that says an event got worse.

    Args:
        ae: Harmonized adverse events.
        subjects: STUDYID USUBJID TRTSDT TRTEDT.
        spec: Config section `adverse_events`.

    Returns:
        `COLUMNS`. ASTDTF and AENDTF say which part of a date was imputed (Y, M or D): a start takes
        the earliest day it can be, but not before the first dose if it can be on or after it; an
        end the latest.
    """
    people = subjects.select("STUDYID", "USUBJID", "TRTSDT", "TRTEDT")
    frame = ae.drop("STUDYID", strict=False).join(people, on="USUBJID", how="inner")
    frame = frame.with_columns(
        ASTDT=_start_date(spec),
        ASTDTF=_imputed("AESTDTC"),
        AENDT=date_bounds("AEENDTC")[1],
        AENDTF=_imputed("AEENDTC"),
    ).with_columns(
        ASTDTF=pl.when(pl.col("ASTDT").is_not_null()).then("ASTDTF"),
        AENDTF=pl.when(pl.col("AENDT").is_not_null()).then("AENDTF"),
    )
    related = pl.col("AEREL").str.to_uppercase().is_in([text.upper() for text in spec["related"]])
    return (
        frame.with_columns(
            # An event that nobody coded stands under the term in which it was reported.
            AEDECOD=pl.coalesce("AEDECOD", "AETERM"),
            ASTDY=study_day("ASTDT", "TRTSDT"),
            AENDY=study_day("AENDT", "TRTSDT"),
            TRTEMFL=_emergent(spec),
            # Where nobody judged the relation it counts as related; the tables say of how many.
            AREL=pl.when(related.fill_null(True)).then(pl.lit("Y")).otherwise(pl.lit("N")),
            ASEV=_severity(),
        )
        .with_columns(AESI=_special_interest(spec.get("special_interest", [])))
        .sort("USUBJID", "ASTDT", "AEDECOD", "ROWID", nulls_last=True)
        .select(COLUMNS)
    )


def _emergent(spec: Mapping[str, Any]) -> pl.Expr:
    start, end = pl.col("ASTDT"), pl.col("AENDT")
    first, last = pl.col("TRTSDT"), pl.col("TRTEDT")
    window = pl.duration(days=spec["after_last_dose_days"])
    return (
        pl.when(first.is_null())
        .then(None)
        .when(end < first)
        .then(None)
        .when(start.is_null())
        .then(pl.lit("Y"))
        .when(start >= first, start <= last + window)
        .then(pl.lit("Y"))
        .otherwise(None)
    )


def _severity() -> pl.Expr:
    """By the CTCAE grade, else as reported in words; what led to death is fatal, unknown is null."""
    graded = pl.col("AETOXGR").replace_strict(SEVERITY, default=None, return_dtype=pl.String)
    return (
        pl.when(pl.col("AEOUT").str.to_uppercase() == "FATAL")
        .then(pl.lit(SEVERITY[5]))
        .otherwise(pl.coalesce(graded, "AESEV"))
    )


def _start_date(spec: Mapping[str, Any]) -> pl.Expr:
    """Earliest possible start, moved to the first dose where that is possible too.

    Never after a known end.
    """
    low, high = date_bounds("AESTDTC")
    first = pl.col("TRTSDT")
    moved = pl.when(first.is_between(low, high)).then(first).otherwise(low)
    if spec.get("partial_start", "first_dose") == "earliest":
        moved = low
    end = date_bounds("AEENDTC")[1]
    return (
        pl.when(pl.col("AESTDTC").str.len_bytes() >= 10)
        .then(low)
        .otherwise(pl.min_horizontal(moved, pl.coalesce(end, moved)))
    )


def _imputed(column: str) -> pl.Expr:
    """The highest part of a date that was imputed: M for month and day, D for the day."""
    length = pl.col(column).str.len_bytes()
    return pl.when(length < 7).then(pl.lit("M")).when(length < 10).then(pl.lit("D"))


def _special_interest(groups: Sequence[Mapping[str, Any]]) -> pl.Expr:
    """Names of the groups of special interest that an event belongs to.

    By its preferred term or system organ class and, where the group asks for them, a severity of at
    least a grade and seriousness; what is not recorded does not meet them.
    """
    rank = pl.col("ASEV").replace_strict(
        {text: grade for grade, text in SEVERITY.items()}, default=None, return_dtype=pl.Int64
    )
    found = []
    for group in groups:
        belongs = pl.any_horizontal(
            pl.col(column).str.to_lowercase().is_in([name.lower() for name in group.get(key, [])])
            for column, key in (("AEDECOD", "terms"), ("AEBODSYS", "classes"))
        )
        if group.get("least_grade"):
            belongs &= rank >= group["least_grade"]
        if group.get("serious"):
            belongs &= pl.col("AESER") == "Y"
        found.append(pl.when(belongs).then(pl.lit(group["name"])))
    if not found:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(found, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)
