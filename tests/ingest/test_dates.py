"""Dates: declared formats, year-first forms, and nothing guessed."""

from datetime import date

import polars as pl
import pytest

from remit.ingest.dates import on_clock, parse_column


def read(text: str, *formats: str, timezone: str | None = None) -> tuple[str | None, str | None]:
    row = parse_column(pl.Series([text]), formats, timezone, date(2021, 12, 31)).row(0)
    return row[0], row[1]


@pytest.mark.parametrize(
    ("text", "format", "iso"),
    [
        ("31/12/2020", "%d/%m/%Y", "2020-12-31"),
        ("12/31/2020", "%m/%d/%Y", "2020-12-31"),
        ("03/04/2020", "%d/%m/%Y", "2020-04-03"),
        ("03/04/2020", "%m/%d/%Y", "2020-03-04"),
        ("20200601", "%Y%m%d", "2020-06-01"),
        ("01-Jun-2020", "%d-%b-%Y", "2020-06-01"),
        ("2020年6月1日", "%Y年%m月%d日", "2020-06-01"),
        ("01.06.2020 08:30", "%d.%m.%Y %H:%M", "2020-06-01T08:30"),
        ("2020-06-01 08:30:15", "%Y-%m-%d %H:%M:%S", "2020-06-01T08:30:15"),
        ("06/01/2020 08:30 PM", "%m/%d/%Y %I:%M %p", "2020-06-01T20:30"),
        ("43983", "excel", "2020-06-01"),
        ("2020-06", "%Y-%m", "2020-06"),
        ("2020", "%Y", "2020"),
    ],
)
def test_declared_formats(text: str, format: str, iso: str) -> None:
    assert read(text, format) == (iso, None)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2020-06-01", "2020-06-01"),
        ("2020/6/1", "2020-06-01"),
        ("2020.06.01", "2020-06-01"),
        ("2020年06月01日", "2020-06-01"),
        ("2020-06-01 08:30", "2020-06-01T08:30"),
        ("2020-06-01T08:30:00+02:00", "2020-06-01T08:30:00+02:00"),
        ("2020-06-01T08:30:00.123+0200", "2020-06-01T08:30:00+02:00"),
        ("2020-06-01T08:30:00Z", "2020-06-01T08:30:00Z"),
        ("2020-06-01 08:30:00.000", "2020-06-01T08:30:00"),
        ("2020-06-01T08:30:00.123456", "2020-06-01T08:30:00"),
        ("2020-06-01 08:30:59,997", "2020-06-01T08:30:59"),
        ("2020-06-01 08:30:00+08", "2020-06-01T08:30:00+08:00"),
        ("2020-06-01 08:30:00.5 +0800", "2020-06-01T08:30:00+08:00"),
        ("2020-06-01 08:30:00 UTC", "2020-06-01T08:30:00Z"),
        ("2020-06-01 08:30 -05:00", "2020-06-01T08:30-05:00"),
        ("2020/06/01 08:30:15", "2020-06-01T08:30:15"),
        ("2020年6月1日 8:30", "2020-06-01T08:30"),
        ("2020-06-01  08:30", "2020-06-01T08:30"),
    ],
)
def test_year_first_needs_no_declaration(text: str, iso: str) -> None:
    assert read(text) == (iso, None)


def test_the_feed_s_clock_gives_the_offset_of_that_day() -> None:
    zone = "Europe/Berlin"
    assert read("2020-06-01 08:30", timezone=zone)[0] == "2020-06-01T08:30+02:00"
    assert read("2020-12-01 08:30", timezone=zone)[0] == "2020-12-01T08:30+01:00"
    assert read("2020-06-01", timezone=zone)[0] == "2020-06-01"
    assert read("2020-06-01T08:30:00+08:00", timezone=zone)[0] == "2020-06-01T08:30:00+08:00"


@pytest.mark.parametrize("text", ["2020-03-29 02:30", "2020-03-29T02:59:59.9", "29.03.2020 02:30"])
def test_an_hour_that_the_clock_left_out_is_named_as_such(text: str) -> None:
    told = read(text, "%d.%m.%Y %H:%M", timezone="Europe/Berlin")
    assert told == (None, "date_skipped")
    assert read(text, "%d.%m.%Y %H:%M", timezone="Asia/Shanghai")[1] is None


def test_of_an_hour_that_the_clock_had_twice_the_earlier_is_taken() -> None:
    told = read("2020-10-25 02:30", timezone="Europe/Berlin")
    assert told == ("2020-10-25T02:30+02:00", None)


@pytest.mark.parametrize("text", ["31.12.2020 23:59:59.997", "31.12.2020 23:59:59,9"])
def test_a_fraction_of_a_second_is_cut_off_a_declared_form(text: str) -> None:
    assert read(text, "%d.%m.%Y %H:%M:%S") == ("2020-12-31T23:59:59", None)


@pytest.mark.parametrize(
    "text", ["03/04/2021", "3-4-2021", "03.04.21", "03/04/2021 08:30", "25/12/2020"]
)
def test_day_and_month_without_a_declared_format_are_ambiguous(text: str) -> None:
    assert read(text) == (None, "date_ambiguous")


def test_a_date_that_two_declared_formats_read_differently_is_ambiguous() -> None:
    assert read("03/04/2021", "%d/%m/%Y", "%m/%d/%Y") == (None, "date_ambiguous")
    assert read("04/04/2021", "%d/%m/%Y", "%m/%d/%Y") == ("2021-04-04", None)


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-31",
        "2020-13-01",
        "2020-06/01",
        "2020-06-01 25:00",
        "2020-06-01 x",
        "31/02/2020",
        "yesterday",
        "43983",
        "0020-06-01",
        "1850-01-01",
    ],
)
def test_impossible_dates(text: str) -> None:
    assert read(text, "%d/%m/%Y") == (None, "date_impossible")


def test_a_month_beyond_twelve_is_impossible_where_the_day_is_declared_first() -> None:
    assert read("01/13/2020", "%d/%m/%Y") == (None, "date_impossible")


def test_a_date_after_the_cut_off_lies_in_the_future() -> None:
    assert read("2021-12-31 23:59") == ("2021-12-31T23:59", None)
    assert read("2022-01-01") == (None, "date_future")


def test_rows_keep_their_order_and_blanks_have_no_fault() -> None:
    column = pl.Series(["2020-06-01", None, "x", "2020-06-01"])
    frame = parse_column(column, (), None, None)
    assert frame["ISO"].to_list() == ["2020-06-01", None, None, "2020-06-01"]
    assert frame["FAULT"].to_list() == [None, None, "date_impossible", None]


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        ("2021-01-05T23:30:00Z", "2021-01-06T07:30:00+08:00"),
        ("2021-01-05T23:30+00:00", "2021-01-06T07:30+08:00"),
        ("2021-01-06T12:00-12:00", "2021-01-07T08:00+08:00"),
        ("2021-01-06T00:30+14:00", "2021-01-05T18:30+08:00"),
        ("2021-01-06T00:30", "2021-01-06T00:30"),
        ("2021-01", "2021-01"),
        (None, None),
    ],
)
def test_an_instant_is_shown_by_the_study_s_clock(instant: str | None, shown: str | None) -> None:
    assert on_clock(pl.Series([instant], dtype=pl.String), "Asia/Shanghai").to_list() == [shown]


def test_both_hours_of_a_clock_put_back_stay_apart() -> None:
    twice = pl.Series(["2021-10-31T00:30Z", "2021-10-31T01:30Z"])
    assert on_clock(twice, "Europe/Berlin").to_list() == [
        "2021-10-31T02:30+02:00",
        "2021-10-31T02:30+01:00",
    ]


def test_a_year_of_two_digits_is_no_year_of_four() -> None:
    texts = pl.Series(["05-MAR-21", "05-MAR-2021"])
    read = parse_column(texts, ["%d-%b-%Y", "%d-%b-%y"], None, None)
    assert read["ISO"].to_list() == ["2021-03-05", "2021-03-05"]
