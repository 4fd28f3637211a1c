"""Analysis results data: every statistic a row, with how it came about and what is wrong with it.

The long frame is the source; the wide tables for people are pivoted from it (`wide`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from remit.schemas.catalogue import COLUMNS, KEYS, TABLES, of_table

Scalar = float | int | str | None


class Noted(NamedTuple):
    """A statistic with a remark: a warning beside a value, an error in place of one."""

    value: Scalar
    warning: str | None = None
    error: str | None = None


Statistics = Mapping[str, Scalar | Noted]
Record = tuple[Mapping[str, Any], Statistics]  # what identifies a result, and its statistics


def missing(names: Iterable[str], reason: str) -> dict[str, Noted]:
    """The same explained absence for several statistics."""
    return {name: Noted(None, error=reason) for name in names}


def rows(table: str, records: Iterable[Record], spec: Mapping[str, Any]) -> pl.DataFrame:
    """Results as rows of `COLUMNS`, in the order given.

    Args:
        table: Name of the table the rows belong to.
        records: Keys out of `KEYS` and statistics out of the catalogue; NaN becomes null.
        spec: The plan; the options of each method are read from it.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    described = {
        name: (entry.method, "; ".join(f"{key}={spec[key]}" for key in entry.options))
        for name, entry in of_table(table).items()
    }
    for keys, statistics in records:
        for name, given in statistics.items():
            value, warning, error = given if isinstance(given, Noted) else Noted(given)
            for key in KEYS:
                columns[key].append(keys.get(key))
            method, options = described[name]
            columns["statistic"].append(name)
            columns["value"].append(None if isinstance(value, str) else value)
            columns["text"].append(value if isinstance(value, str) else None)
            columns["method"].append(method)
            columns["options"].append(options)
            columns["warning"].append(warning)
            columns["error"].append(error)
    columns["table"] = [table] * len(columns["statistic"])
    return pl.DataFrame(columns, schema=COLUMNS).with_columns(pl.col("value").fill_nan(None))


def wide(ard: pl.DataFrame, table: str) -> pl.DataFrame:
    """One table of the results: a row per result, a column per statistic.

    Returns:
        The table's keys, its statistics in the order of the catalogue (counts as Int64), and in
        `warning` and `error` the distinct remarks of the row.
    """
    own = ard.filter(pl.col("table") == table)
    columns = []
    for name, kind in ((name, entry.kind) for name, entry in of_table(table).items()):
        value = pl.col("text" if kind == "text" else "value")
        of_name = value.filter(pl.col("statistic") == name).first()
        columns.append((of_name.cast(pl.Int64) if kind == "count" else of_name).alias(name))
    remarks = [
        pl.col(kind).drop_nulls().unique(maintain_order=True).str.join("; ").replace("", None)
        for kind in ("warning", "error")
    ]
    return own.group_by(TABLES[table], maintain_order=True).agg(*columns, *remarks)
