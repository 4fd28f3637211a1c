"""A shipped definition applied to values at one visit."""

from collections.abc import Mapping

import polars as pl

from remit.analysis.criteria import Scale, columns, verdict
from remit.plan import parameters
from remit.plan.categories import criteria
from tests.shipped import definition


def category(
    name: str, values: Mapping[str, float], baseline: Mapping[str, float] | None = None
) -> str | None:
    """The first category whose criterion holds; None where none does."""
    scale = Scale({row["PARAMCD"]: row["decimals"] for row in parameters.load()})
    frame = pl.DataFrame({"DAY": [1]})
    text = pl.lit(None, pl.String)
    for code, value in values.items():
        own = pl.DataFrame({"AVAL": [float(value)], "BASE": [(baseline or {}).get(code)]})
        own = own.with_columns(pl.col("BASE").cast(pl.Float64), OPER=text, BASEOPER=text)
        named = own.select(columns(code, **{column: column for column in own.columns}))
        frame = pl.concat([frame, named], how="horizontal")
    for code, criterion in criteria(definition(name)).items():
        if frame.select(verdict(criterion, scale)).item():
            return code
    return None
