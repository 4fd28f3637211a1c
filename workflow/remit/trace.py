"""From a number in a table back to the source records behind it, with their file and line."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import polars as pl

from remit.numbers import unit

FIELDS = ("USUBJID", "WHAT", "VISIT", "DATE", "VALUE", "SRCFILE", "SRCLINE")


def trace(
    queries: Iterable[str], datasets: Mapping[str, pl.DataFrame]
) -> tuple[list[tuple[Any, ...]], dict[str, list[int]]]:
    """Answer every query once.

    Args:
        queries: `dataset?COLUMN=value|value&…`, the data set being `responses` (the records that
            decided them) or `adverse_events`; `pairs?PARAMCD=…&AVISIT=…`, the baseline and visit
            records of the patients who have both; `baseline?PARAMCD=…&population=…`.
        datasets: subjects, visits, responses, criteria, adverse_events.

    Returns:
        The records (each once, as FIELDS) and, per query, the positions of its records.
    """
    wanted = sorted({query for query in queries if query})
    found = {query: _answer(query, datasets) for query in wanted}
    records = sorted({record for rows in found.values() for record in rows}, key=_order)
    position = {record: i for i, record in enumerate(records)}
    return records, {
        query: sorted({position[record] for record in rows}) for query, rows in found.items()
    }


def _answer(query: str, datasets: Mapping[str, pl.DataFrame]) -> list[tuple[Any, ...]]:
    name, _, conditions = query.partition("?")
    wanted = dict(parse_qsl(conditions))
    visits = datasets["visits"].filter(pl.col("ANL01FL") == "Y")
    if name == "pairs":
        members = datasets["subjects"].filter(pl.col("EFFFL") == "Y")
        rows = visits.filter(
            pl.col("PARAMCD") == wanted["PARAMCD"],
            pl.col("AVISIT").is_in([wanted["AVISIT"]]) | (pl.col("ABLFL") == "Y"),
            pl.col("USUBJID").is_in(members["USUBJID"].to_list()),
        )
        both = pl.col("AVISIT").n_unique().over("USUBJID") == 2
        return _of_visits(rows.filter(both))
    if name == "baseline":
        members = datasets["subjects"].filter(pl.col(wanted["population"]) == "Y")
        rows = visits.filter(pl.col("PARAMCD") == wanted["PARAMCD"], pl.col("ABLFL") == "Y")
        return _of_visits(rows.join(members.select("USUBJID"), on="USUBJID", how="semi"))
    if name == "responses":
        members = datasets["subjects"].filter(pl.col("EFFFL") == "Y").select("USUBJID")
        assessed = _where(datasets["responses"], wanted).join(members, on="USUBJID", how="semi")
        keys = ["USUBJID", "DEFID", "AVISIT"]
        used = datasets["criteria"].join(assessed.select(keys), on=keys, how="semi")
        # A derived last visit copies the row id of the record it stands for.
        originals = visits.filter(pl.col("DTYPE").ne_missing("LOV"))
        return _of_visits(originals.join(used.select("ROWID"), on="ROWID", how="semi"))
    if name == "adverse_events":
        return _rows(_where(datasets[name], wanted), "AEDECOD", "ASTDT", "AETERM")
    raise KeyError(query)


def _where(frame: pl.DataFrame, wanted: Mapping[str, str]) -> pl.DataFrame:
    """Rows whose columns hold one of the values that `|` separates."""
    return frame.filter(
        [pl.col(column).is_in(value.split("|")) for column, value in wanted.items()]
    )


def _of_visits(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    units = {ucum: unit(ucum) for ucum in rows["AVALU"].drop_nulls().unique()}
    number = pl.coalesce("AVALC", pl.col("AVAL").cast(pl.String))
    value = pl.format("{} {}", number, pl.col("AVALU").replace(units).fill_null(""))
    return rows.select(
        "USUBJID",
        "PARAM",
        "AVISIT",
        pl.col("ADT").cast(pl.String),
        value.str.strip_chars(),
        "SRCFILE",
        "SRCLINE",
    ).rows()


def _rows(rows: pl.DataFrame, what: str, date: str, value: str) -> list[tuple[Any, ...]]:
    return rows.select(
        "USUBJID",
        pl.col(what),
        pl.lit("").alias("visit"),
        pl.col(date).cast(pl.String).alias("date"),
        pl.col(value).cast(pl.String).alias("value"),
        "SRCFILE",
        "SRCLINE",
    ).rows()


def _order(record: tuple[Any, ...]) -> tuple[str, ...]:
    patient, what, visit, date, value, file, line = record
    # The visit comes last: a derived last visit differs from its original in nothing else.
    texts = (what, patient, date, value, file, f"{line or 0:09d}", visit)
    return tuple(text or "" for text in texts)
