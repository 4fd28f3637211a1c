"""The wide statistics as they come back from CSV."""

from pathlib import Path

import polars as pl

_TEXT = {
    *("population", "definition", "PARAMCD", "PARAM", "UNIT", "AVISIT", "rule", "category", "soc"),
    *(
        "term",
        "test",
        "estimator",
        "period",
        "role",
        "verdict",
        "structure",
        "fit_log",
        "warning",
        "error",
    ),
}
_COUNTS = {"n", "count", "denominator", "events", "event", "at_risk", "censored"}


def read_wide(path: Path) -> pl.DataFrame:
    """A wide table of the statistics as it was before it was saved."""
    return typed(pl.read_csv(path, infer_schema=False))


def result(path: Path) -> pl.DataFrame:
    """A result that is compared with the one released: a data set, the ledger or wide statistics."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    return pl.read_csv(path) if path.name == "ledger.csv" else read_wide(path)


def typed(table: pl.DataFrame) -> pl.DataFrame:
    """A table read as text with its numbers as numbers, also where a column is all empty."""
    return table.with_columns(
        pl.col(column).cast(pl.Int64 if column in _COUNTS else pl.Float64)
        for column in table.columns
        if column not in _TEXT
    )
