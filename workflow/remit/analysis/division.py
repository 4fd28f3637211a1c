"""Division by a constant, rounded correctly.

polars multiplies a column by the reciprocal of a constant, which is the last bit off for one value in
three, but divides truly where a frame has one row: the same value would depend on who else is there.
"""

import polars as pl


def divided(value: pl.Expr, by: float | pl.Expr) -> pl.Expr:
    """`value / by`, the nearest float for each row, also where `by` is the same in all rows."""
    # A sum with the column is no constant to polars; a repeated literal still is one.
    return value / (value * 0 + by)
