"""Dates and study days against Python's calendar and the rule of SDTM that there is no day 0."""

import calendar
from datetime import date, timedelta

import polars as pl
import pytest

from remit.analysis.study_days import completed_years, date_bounds, date_of, moment_of, study_day

FIRST = date(2020, 2, 27)


def test_the_day_of_first_dose_is_day_1_and_the_day_before_is_day_minus_1() -> None:
    days = {-400: -400, -2: -2, -1: -1, 0: 1, 1: 2, 2: 3, 366: 367}
    frame = pl.DataFrame({"date": [FIRST + timedelta(gap) for gap in days], "start": FIRST})
    assert frame.select(study_day("date", "start")).to_series().to_list() == list(days.values())
    by_expression = frame.select(study_day(pl.col("date"), pl.lit(FIRST))).to_series()
    assert by_expression.to_list() == list(days.values())


def test_no_study_day_without_both_dates() -> None:
    frame = pl.DataFrame(
        {"date": [FIRST, None], "start": [None, FIRST]}, schema_overrides={"start": pl.Date}
    )
    assert frame.select(study_day("date", "start")).to_series().to_list() == [None, None]


@pytest.mark.parametrize("year", [1900, 2000, 2023, 2024])
@pytest.mark.parametrize("month", [1, 2, 4, 12])
def test_a_text_of_a_month_or_a_year_is_any_of_its_days(year: int, month: int) -> None:
    last = calendar.monthrange(year, month)[1]
    told = {
        f"{year}-{month:02}-09": (date(year, month, 9), date(year, month, 9)),
        f"{year}-{month:02}-09T23:59+14:00": (date(year, month, 9), date(year, month, 9)),
        f"{year}-{month:02}": (date(year, month, 1), date(year, month, last)),
        f"{year}": (date(year, 1, 1), date(year, 12, 31)),
        "unknown": (None, None),
    }
    frame = pl.DataFrame({"text": list(told)}).select(
        **dict(zip(("low", "high"), date_bounds("text"), strict=True))
    )
    assert frame.rows() == list(told.values())


def test_a_date_is_the_one_that_is_written_and_partial_is_none() -> None:
    told = {
        "2020-02-29": (date(2020, 2, 29), None),
        "2020-02-29T23:30-12:00": (date(2020, 2, 29), "2020-02-29T23:30-12:00"),
        "2020-02-29T": (date(2020, 2, 29), "2020-02-29T"),
        "2020-02": (None, None),
        "2021-02-29": (None, None),
    }
    frame = pl.DataFrame({"text": list(told)}).select(date_of("text"), moment=moment_of("text"))
    assert frame.rows() == list(told.values())


def test_a_birthday_is_counted_on_its_day_and_that_of_a_leap_day_on_1_march() -> None:
    told = [
        ((1980, 6, 15), (2020, 6, 14), 39),
        ((1980, 6, 15), (2020, 6, 15), 40),
        ((1980, 6, 15), (2020, 6, 16), 40),
        ((1980, 6, 15), (2020, 5, 16), 39),
        ((1980, 6, 15), (2020, 7, 14), 40),
        ((2000, 2, 29), (2021, 2, 28), 20),
        ((2000, 2, 29), (2021, 3, 1), 21),
        ((2000, 2, 29), (2024, 2, 29), 24),
        ((2020, 6, 15), (2020, 6, 15), 0),
    ]
    frame = pl.DataFrame({"born": [date(*born) for born, _, _ in told]}).with_columns(
        now=pl.Series([date(*now) for _, now, _ in told])
    )
    ages = frame.select(completed_years("born", "now")).to_series()
    assert ages.to_list() == [age for *_, age in told]
    assert frame.select(completed_years(pl.col("born"), pl.col("now"))).to_series().equals(ages)
