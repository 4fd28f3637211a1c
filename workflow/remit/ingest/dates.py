"""Dates in declared formats, to ISO 8601 text that keeps its precision and UTC offset."""

import re
from collections.abc import Sequence
from datetime import date

import polars as pl

# Read without declaration: year first leaves no doubt. Year, month, day, hour, minute, second, offset.
YEAR_FIRST = (
    r"^(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))? ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$"
)
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
FRACTION = r"(:\d{2})[.,]\d+"


def parse_column(
    column: pl.Series, formats: Sequence[str], timezone: str | None, cutoff: date | None
) -> pl.DataFrame:
    """ISO and FAULT (`date_impossible`, `date_ambiguous`, `date_skipped`, `date_future` or null), in order.

    A fraction of a second is cut off. Of a time that the clock had twice the earlier is taken; one
    that it never had, as summer time began, is skipped.

    Args:
        column: texts without outer spaces.
        formats: the feed's `dates` in strftime's directives (`excel` means serial numbers);
            year-first forms are read as well. A value that two declared formats read differently
            is ambiguous. `%Y-%m` and `%Y` give partial dates.
        timezone: IANA name of the clock that texts without an offset were written by.
        cutoff: the last date a record of the study can have.
    """
    # Results of one specimen follow each other: a run of equal texts is read once.
    runs = column.rle_id()
    texts = column.filter(runs.ne_missing(runs.shift()))
    read = _read(texts, formats, timezone, cutoff)
    return read if len(texts) == len(column) else read.select(pl.all().gather(runs))


def _read(
    column: pl.Series, formats: Sequence[str], timezone: str | None, cutoff: date | None
) -> pl.DataFrame:
    texts = _tried(pl.DataFrame({"text": column}), formats, timezone)
    # Most values are read by now: what is left is cleaned, and the year-first forms are tried.
    rest = (texts["ISO"].is_null() & ~texts["GAP"] & column.is_not_null()).arg_true()
    if len(rest):
        plain = pl.col("text").str.replace_all(r"\s+", " ").str.replace(FRACTION, "$1")
        left = _tried(texts.select(pl.col("text").gather(rest)).select(plain), formats, timezone)
        left = _year_first(left, timezone)
        tries = pl.all_horizontal(DAY_MONTH) if formats else pl.any_horizontal(DAY_MONTH)
        left = left.with_columns(
            TWICE=pl.col("TWICE") | (pl.col("ISO").is_null() & _short_date() & tries)
        )
        texts = texts.with_columns(
            texts[name].scatter(rest, left[name]) for name in ("ISO", "TWICE", "GAP")
        )
    day = pl.col("ISO").str.slice(0, 10)
    fault = (
        pl.when(pl.col("text").is_null())
        .then(None)
        .when(pl.col("TWICE"))
        .then(pl.lit("date_ambiguous"))
        .when(pl.col("GAP"))
        .then(pl.lit("date_skipped"))
        .when(pl.col("ISO").is_null() | (day < str(EARLIEST)))
        .then(pl.lit("date_impossible"))
        .when(day > str(cutoff or LATEST))
        .then(pl.lit("date_future"))
    )
    return texts.with_columns(FAULT=fault).select(
        ISO=pl.when(pl.col("FAULT").is_null()).then("ISO"), FAULT="FAULT"
    )


def _tried(texts: pl.DataFrame, formats: Sequence[str], timezone: str | None) -> pl.DataFrame:
    """The texts with what the declared formats make of them: ISO, TWICE (two differ) and GAP."""
    readings = [_reading(format, timezone) for format in formats]
    if any("%y" in format for format in formats):
        # A year of two digits is none of four: 0021 is not meant.
        readings = [(pl.when(iso >= "1000").then(iso), gap) for iso, gap in readings]
    isos, gaps = [iso for iso, _ in readings], [gap for _, gap in readings if gap is not None]
    return texts.with_columns(
        ISO=pl.coalesce(isos) if isos else pl.lit(None, pl.String),
        TWICE=_disagree(isos),
        GAP=pl.any_horizontal(gaps).fill_null(False) if gaps else pl.lit(False),
    )


def _year_first(texts: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """The texts with what the forms that need no declaration make of those not read yet."""
    names = ("year", "mark", "month", "again", "day", "hour", "minute", "second", "offset")
    found = texts.select(pl.col("text").str.extract_groups(YEAR_FIRST).alias("found")).unnest(
        "found"
    )
    found.columns = names
    clock = [pl.col(name).fill_null("0") for name in ("hour", "minute", "second")]
    same = (pl.col("mark") == pl.col("again")) | (pl.col("mark") + pl.col("again") == "年月")
    parts = pl.when(same).then(pl.format("{}-{}-{} {}:{}:{}", "year", "month", "day", *clock))
    found = found.select(
        "hour",
        "second",
        offset=pl.col("offset")
        .str.replace("^(?:UTC|GMT)$", "Z")
        .str.replace(r"^([+-]\d{2}):?(\d{2})?$", "$1:$2")
        .str.replace(":$", ":00"),
        moment=parts.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"),
    )
    own = pl.col("moment")
    zoned = own
    if timezone:
        local = pl.when(pl.col("offset").is_null() & pl.col("hour").is_not_null()).then(own)
        zoned = _on_clock(local, timezone)
    gap = local.is_not_null() & zoned.is_null() if timezone else pl.lit(False)
    told = [
        pl.when(pl.col("second").is_null())
        .then(moment.dt.strftime("%Y-%m-%dT%H:%M" + zone))
        .otherwise(moment.dt.strftime("%Y-%m-%dT%H:%M:%S" + zone))
        for moment, zone in ((own, ""), (zoned, "%:z" if timezone else ""))
    ]
    iso = (
        pl.when(pl.col("hour").is_null())
        .then(own.dt.strftime("%Y-%m-%d"))
        .when(pl.col("offset").is_not_null())
        .then(told[0] + pl.col("offset"))
        .otherwise(told[1])
    )
    read = found.select(ISO=iso, GAP=gap)
    return texts.with_columns(
        ISO=pl.coalesce(texts["ISO"], read["ISO"]),
        GAP=texts["GAP"] | (read["GAP"] & texts["ISO"].is_null()),
    )


def _on_clock(moment: pl.Expr, timezone: str) -> pl.Expr:
    return moment.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")


def _reading(format: str, timezone: str | None) -> tuple[pl.Expr, pl.Expr | None]:
    """ISO 8601 by a format, and where the clock had no such time."""
    text = pl.col("text")
    if format == "excel":
        serial = text.str.extract(r"^(\d{5})(?:\.0+)?$", 1).cast(pl.Int32)
        return (pl.lit(date(1899, 12, 30)) + pl.duration(days=serial)).dt.strftime("%Y-%m-%d"), None
    if not re.search("%[dejxcDF]", format):
        return _partial(format), None
    offset = pl.lit("")
    if format.endswith("%z"):
        offset = text.str.extract(f"({OFFSET})", 1).str.replace(r"^(.\d\d)(\d\d)$", "$1:$2")
        text, format = text.str.replace(rf"\s*{OFFSET}", ""), format.removesuffix("%z").rstrip()
        timezone = None
    # Few texts repeat here: a cache of seen ones would only cost.
    moment = text.str.to_datetime(format, strict=False, time_unit="us", cache=False)
    if not re.search("%[HITR]", format):
        return moment.dt.strftime("%Y-%m-%d"), None
    iso = "%Y-%m-%dT%H:%M" + (":%S" if re.search("%[ST]", format) else "")
    if timezone is None:
        return moment.dt.strftime(iso) + offset, None
    zoned = _on_clock(moment, timezone)
    return zoned.dt.strftime(iso + "%:z"), moment.is_not_null() & zoned.is_null()


def _partial(format: str) -> pl.Expr:
    month = re.search("%[mbB]", format)
    rest, iso = (" 01", "%Y-%m") if month else (" 01 01", "%Y")
    padded = pl.col("text") + rest
    directives = " %d" if month else " %m %d"
    return padded.str.to_date(format + directives, strict=False, cache=False).dt.strftime(iso)


def _short_date() -> pl.Expr:
    return pl.col("text").str.contains(r"^\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{2}|\d{4})(?:[ T]|$)")


def _day_month(format: str) -> pl.Expr:
    plain = pl.col("text").str.replace(r"[ T].*$", "").str.replace_all(r"[.\-]", "/")
    return plain.str.to_date(format, strict=False).is_not_null()


DAY_MONTH = [_day_month("%d/%m/%Y"), _day_month("%m/%d/%Y")]


def _disagree(readings: Sequence[pl.Expr]) -> pl.Expr:
    if len(readings) < 2:
        return pl.lit(False)
    return pl.concat_list(readings).list.drop_nulls().list.n_unique() > 1


def on_clock(times: pl.Series, clock: str) -> pl.Series:
    """ISO 8601 texts with an offset as the clock of a time zone shows them; others as they are.

    An instant stays the same instant; its civil day becomes that of the clock.
    """
    text = pl.col("text")
    seconds = text.str.contains(r"T\d\d:\d\d:\d\d")
    full = pl.when(seconds).then(text).otherwise(text.str.replace(r"(T\d\d:\d\d)", "${1}:00"))
    full = full.str.replace("Z$", "+00:00")
    instant = full.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")
    shown = instant.dt.convert_time_zone(clock)
    minutes = shown.dt.strftime("%Y-%m-%dT%H:%M%:z")
    told = pl.when(seconds).then(shown.dt.strftime("%Y-%m-%dT%H:%M:%S%:z")).otherwise(minutes)
    runs = times.rle_id()
    distinct = pl.DataFrame({"text": times.filter(runs.ne_missing(runs.shift()))})
    return distinct.select(pl.coalesce(told, text)).to_series().gather(runs)
