"""What all tables of Remit share as pandera models: strict columns, no NaN, titles and units."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
import polars.selectors as cs


class Table(pa.DataFrameModel):
    """Exactly the columns of the class, in their order."""

    class Config:  # noqa: D106
        strict = True
        ordered = True

    @pa.dataframe_check(name="no NaN: what is not known is null")
    def _no_nan(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        known = cs.float().is_not_nan().fill_null(True)
        return data.lazyframe.select(pl.all_horizontal(pl.lit(True), known))


def dtypes(table: type[Table]) -> dict[str, pl.DataType]:
    """The polars type of each column, in order."""
    return {name: column.dtype.type for name, column in table.to_schema().columns.items()}


def column(title: str, *, unit: str | None = None, required: bool = False, **checks: Any) -> Any:
    """A column with its title and unit; `required` means that every row has a value."""
    return pa.Field(
        title=title,
        nullable=not required,
        metadata={"unit": unit} if unit else None,
        **checks,
    )


def flag(title: str, *, required: bool = False) -> Any:
    """A column of Y and N, or of Y and null when not required."""
    return column(title, required=required, isin=["Y", "N"] if required else ["Y"])
