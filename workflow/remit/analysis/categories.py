"""What a category means in ADRS: the plan's categories of each definition as expressions of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from remit.plan.categories import Category

Categories = Mapping[str, Sequence[Category]]


def responded(known: Categories, column: str = "AVALC") -> pl.Expr:
    """Whether `column` holds a response by the row's definition (DEFID); null where it is null.

    Who cannot be judged has no response.
    """
    of = {
        definition: [category["code"] for category in each if category["response"]]
        for definition, each in known.items()
    }
    return pl.any_horizontal(
        pl.lit(False),
        *((pl.col("DEFID") == key) & pl.col(column).is_in(codes) for key, codes in of.items()),
    )


def place(known: Categories, column: str = "AVALC") -> pl.Expr:
    """Place of the category in `column` by the row's definition, 0 the best; null if not evaluable."""
    return pl.coalesce(
        pl.lit(None, pl.Int64),
        *(
            pl.when(pl.col("DEFID") == definition).then(
                pl.col(column).replace_strict(
                    {category["code"]: k for k, category in enumerate(each)},
                    default=None,
                    return_dtype=pl.Int64,
                )
            )
            for definition, each in known.items()
        ),
    )
