"""From a number of the report back to the lines behind it, by the same way as `remit why`."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import polars as pl

from remit.lineage import why
from remit.schemas.catalogue import KEYS
from remit.words.numbers import unit

FIELDS = (
    *("USUBJID", "WHAT", "AVISIT", "ADT", "VALUE", "SAID"),
    *("SRCFILE", "SRCLINE", "SRCSHA", "ROLE"),
)
_ORDER = ("WHAT", "USUBJID", "ADT", "VALUE", "SRCFILE", "SRCLINE", "AVISIT", "SAID", "ROLE")


def trace(
    queries: Iterable[str],
    data: Mapping[str, pl.DataFrame],
    plan: Mapping[str, Any],
    dictionaries: Mapping[str, pl.DataFrame],
) -> tuple[list[tuple[Any, ...]], dict[str, list[int]]]:
    """Answer every query once.

    Args:
        queries: made by `table.query`; empty ones are passed over.
        data: the analysis data sets and the harmonized domains.
        plan: the config; its `statistics`, `events` and `derivations` are read.
        dictionaries: `resources.DERIVED_WITH` as frames.

    Returns:
        The lines of extracts (each once, as FIELDS) and, per query, the positions of its lines.
    """
    wanted = sorted({query for query in queries if query})
    found = [
        why.records(statistic(query), data, plan).with_columns(query=pl.lit(query))
        for query in wanted
    ]
    if not found:
        return [], {}
    asked = pl.concat(found)
    lines = why.sources(asked.drop("query").unique(), data, plan, dictionaries)
    shown = lines.select(*why.RECORD, pl.struct(_shown(lines, data["visits"])).alias("shown"))
    placed = shown.select(pl.col("shown").struct.unnest()).unique().sort(_ORDER, nulls_last=True)
    place = placed.select(pl.struct(pl.all()).alias("shown")).with_row_index("place")
    links = asked.join(shown.join(place, on="shown"), on=why.RECORD, nulls_equal=True)
    positions = dict(links.group_by("query").agg(pl.col("place").unique().sort()).iter_rows())
    return placed.rows(), {query: positions.get(query, []) for query in wanted}


def statistic(query: str) -> dict[str, Any]:
    """The row of the analysis results data that a query names, as `why.records` takes it."""
    table, _, conditions = query.partition("?")
    return dict.fromkeys(KEYS) | {"table": table} | dict(parse_qsl(conditions))


def shown_value() -> pl.Expr:
    """AVAL to six figures, as text."""
    return pl.col("AVAL").round_sig_figs(6).cast(pl.String).str.strip_suffix(".0")


def _shown(lines: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    names = dict(visits.select("PARAMCD", "PARAM").unique().iter_rows())
    units = {ucum: unit(ucum) for ucum in lines["AVALU"].drop_nulls().unique()}
    value = shown_value()
    return lines.select(
        "USUBJID",
        pl.col("WHAT").replace(names),
        "AVISIT",
        pl.col("ADT").cast(pl.String),
        pl.concat_str(value, pl.col("AVALU").replace(units), separator=" ", ignore_nulls=True)
        .str.strip_chars()
        .alias("VALUE"),
        why.said().alias("SAID"),
        "SRCFILE",
        "SRCLINE",
        pl.col("SRCSHA").str.slice(0, 12),
        "ROLE",
    )
