"""Dates in declared formats, to ISO 8601 text that keeps its precision and UTC offset."""

import re
from collections.abc import Sequence
from datetime import date

import polars as pl

# Read without declaration: year first leaves no doubt.
ISO = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日",
)
EARLIEST = date(1900, 1, 1)
OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"


def parse_column(
    column: pl.Series, formats: Sequence[str], timezone: str | None, cutoff: date | None
) -> pl.DataFrame:
    """ISO and FAULT (`date_impossible`, `date_ambiguous`, `date_future` or null), in order.

    Args:
        column: texts without outer spaces.
        formats: the feed's `dates` in strftime's directives (`excel` means serial numbers);
            year-first forms are read as well. A value that two declared formats read differently
            is ambiguous. `%Y-%m` and `%Y` give partial dates.
        timezone: IANA name of the clock that texts without an offset were written by.
        cutoff: the last date a record of the study can have.
    """
    distinct = pl.DataFrame({"text": column.drop_nulls().unique()})
    readings = [_reading("text", format, timezone) for format in formats]
    frame = distinct.with_columns(
        **{f"declared {index}": reading for index, reading in enumerate(readings)},
        day_first=_both("%d/%m/%Y", "%m/%d/%Y"),
    )
    declared = [f"declared {index}" for index in range(len(formats))]
    left = frame["text"]
    if declared:
        frame = frame.with_columns(ISO=pl.coalesce(declared), different=_differ(declared))
        left = frame.filter(pl.col("ISO").is_null())["text"]
    else:
        frame = frame.with_columns(ISO=pl.lit(None, pl.String), different=pl.lit(False))
    if len(left):
        undeclared = pl.DataFrame({"text": left}).select(
            "text", YEAR_FIRST=pl.coalesce(_reading("text", format, timezone) for format in ISO)
        )
        frame = frame.join(undeclared, on="text", how="left").with_columns(
            ISO=pl.coalesce("ISO", "YEAR_FIRST")
        )
    day = pl.col("ISO").str.slice(0, 10)
    frame = frame.with_columns(
        FAULT=pl.when(pl.col("different") | (pl.col("ISO").is_null() & pl.col("day_first")))
        .then(pl.lit("date_ambiguous"))
        .when(pl.col("ISO").is_null() | (day < str(EARLIEST)) | (day.str.len_chars() < 4))
        .then(pl.lit("date_impossible"))
        .when(day > str(cutoff or date(2200, 1, 1)))
        .then(pl.lit("date_future"))
    ).with_columns(ISO=pl.when(pl.col("FAULT").is_null()).then("ISO"))
    return (
        pl.DataFrame({"text": column})
        .join(frame.select("text", "ISO", "FAULT"), on="text", how="left", maintain_order="left")
        .select("ISO", "FAULT")
    )


def _reading(name: str, format: str, timezone: str | None) -> pl.Expr:
    text = pl.col(name)
    if format == "excel":
        serial = text.str.extract(r"^(\d{5})(?:\.0+)?$", 1).cast(pl.Int32)
        return (pl.lit(date(1899, 12, 30)) + pl.duration(days=serial)).dt.strftime("%Y-%m-%d")
    if "%d" not in format and "%e" not in format and "%j" not in format:
        month = "%m" in format or "%b" in format or "%B" in format
        padded = (text + (" 01" if month else " 01 01")).str.to_date(
            format + (" %d" if month else " %m %d"), strict=False
        )
        return padded.dt.strftime("%Y-%m" if month else "%Y")
    offset = pl.lit("")
    if format.endswith("%z"):
        offset = text.str.extract(f"({OFFSET})").str.replace(r"^(.\d\d)(\d\d)$", "$1:$2")
        text, format = text.str.replace(rf"\s*{OFFSET}", ""), format.removesuffix("%z").rstrip()
        timezone = None
    moment = text.str.to_datetime(format, strict=False, time_unit="us")
    if not re.search(r"%[HIT]", format):
        return moment.dt.strftime("%Y-%m-%d")
    iso = "%Y-%m-%dT%H:%M" + (":%S" if re.search(r"%[ST]", format) else "")
    if timezone is None:
        return moment.dt.strftime(iso) + offset
    zoned = moment.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return zoned.dt.strftime(iso + "%:z")


def _both(one: str, other: str) -> pl.Expr:
    """Whether a text could be a date with the day first or the month first."""
    text = pl.col("text").str.replace_all(r"[.\-]", "/").str.replace(r"[ T].*$", "")
    short = text.str.contains(r"^\d{1,2}/\d{1,2}/(\d{2}|\d{4})$")
    return short & (
        text.str.to_date(one, strict=False).is_not_null()
        | text.str.to_date(other, strict=False).is_not_null()
    )


def _differ(columns: list[str]) -> pl.Expr:
    first, *rest = columns
    if not rest:
        return pl.lit(False)
    return pl.concat_list(columns).list.drop_nulls().list.n_unique() > 1
