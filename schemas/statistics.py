"""What the results must be: the long frame of analysis results and the wide tables made of it.

The columns come from the catalogue of statistics, so that a statistic is described once.
"""

from functools import cache

import pandera.polars as pa
import polars as pl

from remit.schemas.catalogue import CATALOGUE, COLUMNS, KEYS, TABLES, Entry, of_table
from remit.schemas.tables import validated

# Statistics that are always there; the others may be missing, with the reason in `error`.
_ALWAYS = {
    "paired": ["n", "n_eligible", "n_no_visit", "n_no_baseline"],
    "response": ["count", "denominator"],
    "safety": ["count", "denominator", "events"],
    "exposure": ["n"],
}
_SHARES = {"percent", "ci_low", "ci_high"}
_P_VALUES = {"p", "p_t", "p_wilcoxon_exact", "p_wilcoxon_asymptotic", "p_sign", "shapiro_p"} | {
    "p_adjusted",
    "p_attainable",
}


@cache
def schema(table: str) -> pa.DataFrameSchema:
    """The schema of `ard`, or of a wide table by its name."""
    if table == "ard":
        return _ard()
    always = _ALWAYS.get(table, [])
    columns = {name: _key(name) for name in TABLES[table]}
    for name, entry in of_table(table).items():
        columns[name] = _statistic(name, entry, nullable=name not in always)
    columns |= {name: pa.Column(pl.String, nullable=True) for name in ("warning", "error")}
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=TABLES[table], name=table)


def validate(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame, or stop with every failure (`tables.validated`)."""
    return validated(schema(table), frame)


def _ard() -> pa.DataFrameSchema:
    tables, statistics = pa.Check.isin(list(TABLES)), pa.Check.isin(list(CATALOGUE))
    columns = {name: pa.Column(kind, nullable=True) for name, kind in COLUMNS.items()}
    columns["table"] = pa.Column(pl.String, tables, description="wide table the row belongs to")
    columns["statistic"] = pa.Column(pl.String, statistics, description="name in the catalogue")
    columns["method"] = pa.Column(pl.String, description="how the value was computed")
    columns["options"] = pa.Column(pl.String, description="options of the plan that it depends on")
    columns["value"] = pa.Column(pl.Float64, _number_check(), nullable=True)
    explained = pa.Check(
        lambda data: data.lazyframe.select(
            pl.any_horizontal(pl.col("value", "text", "error").is_not_null())
        ),
        error="missing_without_reason",
    )
    return pa.DataFrameSchema(
        columns,
        checks=explained,
        strict=True,
        ordered=True,
        unique=["table", *KEYS, "statistic"],
    )


def _key(name: str) -> pa.Column:
    return pa.Column(KEYS[name], nullable=True)


def _statistic(name: str, entry: Entry, *, nullable: bool) -> pa.Column:
    kind = {"count": pl.Int64, "number": pl.Float64, "text": pl.String}[entry.kind]
    checks = []
    if entry.kind == "count":
        checks.append(pa.Check.ge(0))
    if entry.kind == "number":
        checks.append(_number_check())
    if name in _P_VALUES:
        checks.append(pa.Check.in_range(0, 1, include_min=False))
    if name in _SHARES:
        checks.append(pa.Check.in_range(0, 100))
    return pa.Column(kind, checks, nullable=nullable, title=name, description=entry.method)


def _number_check() -> pa.Check:
    return pa.Check(
        lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), error="not_finite"
    )
