"""What the tests of visits and of the choice of records share."""

import datetime

import polars as pl

from remit.analysis.visits import derive_visits


def visits(records, subject, analytes, spec, rows):
    return derive_visits(records(rows), subject, analytes, spec)


def by_row(frame):
    rows = frame.filter(pl.col("DTYPE").is_null())
    return {row["ROWID"]: row for row in rows.iter_rows(named=True)}


def at(day, value, **more):
    """A result on a day of January 2021 (or later), whose study day is the day itself."""
    date = datetime.date(2020, 12, 31) + datetime.timedelta(days=day)
    return {"ADT": date.isoformat(), "AVAL": value} | more
