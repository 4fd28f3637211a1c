"""What all tables of Remit share as pandera models: strict columns, no NaN, titles and units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandera.polars as pa
import polars as pl
import polars.selectors as cs

from remit.errors import RemitError


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


def validated(table: type[Table] | pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, which is what the table must be.

    Raises:
        RemitError: it is not; with each check that failed, and of whom and which line the first rows are.
    """
    import pandera.errors

    try:
        return table.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        name = getattr(table, "__name__", None) or getattr(table, "name", "")
        raise RemitError(
            "\n".join(
                [
                    f"Table {name}: rows are not what the table must hold. Look at the lines in their "
                    "source; if they are right there, this is a fault of Remit.",
                    *_told(cases, frame),
                ]
            )
        ) from None


#: How many rows of a failed check are named.
NAMED = 3


def _told(cases: pl.DataFrame, frame: pl.DataFrame) -> Iterator[str]:
    place = [name for name in ("USUBJID", "SRCFILE", "SRCLINE") if name in frame.columns]
    for (column, check), found in cases.group_by("column", "check", maintain_order=True):
        yield f"  - {column or 'row'}: {check}"
        for case, index in found.select("failure_case", "index").head(NAMED).iter_rows():
            where = frame.row(int(index), named=True) if index is not None else {}
            told = ", ".join(f"{name} {where[name]}" for name in place if name in where)
            yield f"      {case}" + (f" ({told})" if told else "")
        if found.height > NAMED:
            yield f"      … and {found.height - NAMED} more"
