"""Dates of records and study days. There is no day 0."""

from __future__ import annotations

import polars as pl


def date_of(column: str) -> pl.Expr:
    """Calendar date of an ISO 8601 text as written, in its own offset; null when partial."""
    return pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def date_bounds(column: str) -> tuple[pl.Expr, pl.Expr]:
    """First and last day that an ISO 8601 text of a year, a month or a day can mean."""
    text = pl.col(column).str.slice(0, 10)
    day = text.str.to_date("%Y-%m-%d", strict=False)
    month = (text.str.slice(0, 7) + "-01").str.to_date("%Y-%m-%d", strict=False)
    month = pl.when(text.str.len_bytes() >= 7).then(month)
    year = (text.str.slice(0, 4) + "-01-01").str.to_date("%Y-%m-%d", strict=False)
    low = pl.coalesce(day, month, year)
    high = pl.coalesce(day, month.dt.month_end(), year.dt.offset_by("11mo").dt.month_end())
    return low, high


def moment_of(column: str) -> pl.Expr:
    """The ISO 8601 text itself when it carries a time, else null."""
    return pl.when(pl.col(column).str.len_bytes() > 10).then(pl.col(column))


def after_first_dose(moment: str, first: str) -> pl.Expr:
    """Whether a record of the first dose's day is known to be later than the dose; else null or false.

    Both are ISO 8601 texts of one clock. To the minute: a specimen of the minute of the dose is before it.
    """
    one, other = (pl.col(name).str.slice(11, 5) for name in (moment, first))
    same_day = pl.col(moment).str.head(10) == pl.col(first).str.head(10)
    return same_day & (one > other)


def study_day(date: str | pl.Expr, start: str | pl.Expr) -> pl.Expr:
    """Days from `start`, counted from 1 on and after it and from -1 before it."""
    date = pl.col(date) if isinstance(date, str) else date
    start = pl.col(start) if isinstance(start, str) else start
    days = (date - start).dt.total_days()
    return days + (days >= 0).cast(pl.Int64)


def completed_years(birth: str | pl.Expr, date: str | pl.Expr) -> pl.Expr:
    """Whole years from one date to another, as people count age."""
    birth = pl.col(birth) if isinstance(birth, str) else birth
    date = pl.col(date) if isinstance(date, str) else date
    born, now = birth.dt, date.dt
    before = (now.month() < born.month()) | (
        (now.month() == born.month()) & (now.day() < born.day())
    )
    return now.year() - born.year() - before.cast(pl.Int32)
