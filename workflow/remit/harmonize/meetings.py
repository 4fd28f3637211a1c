"""Rows that speak of one thing: which of them stands, by what evidence, and which contradict each other.

The order of files, of their names and of their lines is no evidence. What evidence does not settle is a
conflict, and none of the rows is used.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

SOURCE = ["FEED", "DELIVERY", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"]
FATE: dict[str, type[pl.DataType]] = {
    "_ROW": pl.UInt32,
    "FATE": pl.String,
    "REASON": pl.String,
    "WINNER": pl.String,
}
#: What contradicts what, or itself: one line per row and column; `kind` is the query's name.
CONFLICTS: dict[str, type[pl.DataType]] = {
    "kind": pl.String,
    "domain": pl.String,
    "USUBJID": pl.String,
    "item": pl.String,
    "date": pl.String,
    "column": pl.String,
    "value": pl.String,
    "row_id": pl.String,
    "feed": pl.String,
    "delivery": pl.String,
    "source_file": pl.String,
    "source_line": pl.Int64,
    "message": pl.String,
}

#: A corrected result stands before a final one, a final one before a preliminary one.
STATUS = ["preliminary", "final", "corrected"]
WITHDRAWN = "WITHDRAWN"
#: What a result is a result of; then its specimen, and when it was collected.
TEST = ["USUBJID", "LBTESTCD", "LBSPEC"]
THING = [*TEST, "LBMETHOD"]
RESULT = [*THING, "LBREFID", "_MOMENT"]


def moments(times: pl.Series) -> pl.Series:
    """ISO 8601 texts so that equal texts are equal moments: instants in UTC, others as they are.

    `08:00` and `08:00:00` are one moment, as are `08:00+08:00` and `00:00Z`.
    """
    runs = times.rle_id()
    text = pl.col("text").str.replace(r"(T\d\d:\d\d)(Z|[+-]|$)", "${1}:00${2}")
    text = text.str.replace("Z$", "+00:00").str.replace(r"\.0+($|[+-])", "${1}")
    instant = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")
    distinct = pl.DataFrame({"text": times.filter(runs.ne_missing(runs.shift()))})
    read = distinct.select(pl.coalesce(instant.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"), text))
    return read.to_series().gather(runs)


def results(rows: pl.DataFrame, choice: str = "hold") -> tuple[pl.DataFrame, pl.DataFrame]:
    """The fate of the laboratory rows that do not stand, and what stands in place of others.

    Args:
        rows: accepted rows of domain lb with FEED and DELIVERY, and their place as `_ROW`.
        choice: what becomes of different results of one moment that no evidence parts: `hold` uses
            none, `first` and `last` the one in that place of the extracts, `mean` their mean.

    Returns:
        `FATE` of rows that are not used; and _ROW with the columns of a mean in place of results.
    """
    day = pl.col("LBDTC").str.head(10)
    rows = rows.with_columns(_MOMENT=moments(rows["LBDTC"]), _DAY=day)
    # Few rows ever meet another one: find them by a hash of the key, then look at them exactly.
    near = [
        pl.struct(*TEST, d).hash().is_duplicated() for d in ("_DAY", pl.col("_MOMENT").str.head(10))
    ]
    left = rows.filter(pl.any_horizontal(near) | pl.col("LBRESST").eq_missing(WITHDRAWN))
    ranks = {status.upper(): rank for rank, status in enumerate(STATUS)}
    left = best_first(left.with_columns(_REPORTED=moments(left["LBRPTDTC"]))).with_columns(
        _VALUE=pl.concat_str(
            pl.col("LBOPER").fill_null(""),
            pl.coalesce(pl.col("LBSTRESN").cast(pl.String), "LBSTRESC", "LBORRES"),
        ),
        _RANK=pl.col("LBRESST").replace_strict(ranks, default=1, return_dtype=pl.Int8),
    )
    found = [pl.DataFrame(schema=FATE)]
    for step in EVIDENCE:
        found.append(step(left).select(pl.col(name).cast(kind) for name, kind in FATE.items()))
        left = left.join(found[-1], on="_ROW", how="anti", maintain_order="left")
    contradictory = left.filter(pl.col("_VALUE").n_unique().over(RESULT) > 1)
    fates, means = _settled(contradictory, choice)
    return pl.concat([*found, fates]), means


def best_first(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with most said first, then by what they say; where they come from decides last."""
    content = [c for c in rows.columns if c not in SOURCE and not c.startswith("_")]
    said = pl.sum_horizontal(pl.col(content).is_not_null())
    return rows.sort(-said.cast(pl.Int32), *content, "FEED", "SRCFILE", "SRCLINE", nulls_last=True)


def lost(rows: pl.DataFrame, fate: str, reason: str | pl.Expr, winner: pl.Expr) -> pl.DataFrame:
    """`FATE` of rows that do not stand; `winner` is the ROWID of the row that does."""
    told = pl.lit(reason) if isinstance(reason, str) else reason
    return rows.select("_ROW", FATE=pl.lit(fate), REASON=told, WINNER=winner)


def _withdrawn(rows: pl.DataFrame) -> pl.DataFrame:
    """What its source withdrew: the withdrawal itself, and the result it names.

    It names a result of its test by the specimen's number and day or by the moment, and by the value
    where it has one. A result reported after the withdrawal is a new one.
    """
    own = pl.col("LBRESST").eq_missing(WITHDRAWN)
    nobody = pl.lit(None, pl.String)
    found = [lost(rows.filter(own), "withdrawn", "the source withdrew this result", nobody)]
    for key in ([*TEST, "_MOMENT"], [*TEST, "LBREFID", "_DAY"]):
        by = rows.filter(own).select(
            *key,
            *([] if "LBREFID" in key else ["LBREFID"]),
            BY="ROWID",
            BY_VALUE=pl.when(pl.col("LBORRES").is_not_null()).then("_VALUE"),
            BY_REPORTED="_REPORTED",
        )
        named = rows.filter(~own).join(
            by, on=key, nulls_equal=True, suffix="_OF", maintain_order="left"
        )
        number = pl.col("LBREFID")
        other = number.is_null() if "LBREFID" in key else number != pl.col("LBREFID_OF")
        later = pl.col("_REPORTED") > pl.col("BY_REPORTED")
        another = pl.col("BY_VALUE") != pl.col("_VALUE")
        named = named.filter(~pl.any_horizontal(other, later, another).fill_null(False))
        found.append(
            lost(named, "withdrawn", "the source withdrew this result later", pl.col("BY"))
        )
    return pl.concat(found).unique("_ROW", keep="first", maintain_order=True)


def _by_status(key: list[str], lesser: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Rows of lower status than another of the same `key`, of those that are `lesser`."""

    def step(rows: pl.DataFrame) -> pl.DataFrame:
        top = pl.col("_RANK").max().over(key)
        winner = pl.col("ROWID").filter(pl.col("_RANK") == pl.col("_RANK").max()).first().over(key)
        status = top.replace_strict(dict(enumerate(STATUS)), return_dtype=pl.String)
        told = rows.with_columns(_TOP=top, _BY=winner, _STATUS=status)
        told = told.filter(lesser & (pl.col("_RANK") < pl.col("_TOP")))
        reason = pl.format("a {} result stands", "_STATUS")
        return lost(told, "superseded", reason, pl.col("_BY"))

    return step


def _by_report(rows: pl.DataFrame) -> pl.DataFrame:
    last = pl.col("_REPORTED").max()
    winner = pl.col("ROWID").filter(pl.col("_REPORTED") == last).first().over(RESULT)
    told = rows.with_columns(_LAST=last.over(RESULT), _BY=winner)
    told = told.filter(pl.col("_REPORTED") < pl.col("_LAST"))
    return lost(told, "superseded", "a result reported later stands", pl.col("_BY"))


def _repeats(rows: pl.DataFrame) -> pl.DataFrame:
    """The same result again."""
    key = [*RESULT, "_VALUE"]
    told = rows.with_columns(_BY=pl.col("ROWID").first().over(key))
    told = told.filter(pl.col("ROWID") != pl.col("_BY"))
    return lost(told, "duplicate", "the row that is used says the same", pl.col("_BY"))


def _unnumbered(rows: pl.DataFrame) -> pl.DataFrame:
    """The same result again, by a source that does not tell the specimen's number."""
    key = [*THING, "_MOMENT", "_VALUE"]
    numbered = pl.col("ROWID").filter(pl.col("LBREFID").is_not_null()).first().over(key)
    told = rows.with_columns(_BY=numbered)
    told = told.filter(pl.col("LBREFID").is_null() & pl.col("_BY").is_not_null())
    return lost(told, "duplicate", "the row that is used says the same", pl.col("_BY"))


#: What settles which rows stand, one after the other; each is asked of what the others left.
EVIDENCE: list[Callable[[pl.DataFrame], pl.DataFrame]] = [
    _withdrawn,
    # One specimen, whatever time of the day it is given.
    _by_status([*THING, "LBREFID", "_DAY"], pl.col("LBREFID").is_not_null()),
    # A preliminary result and the final one may come under different numbers.
    _by_status([*THING, "_MOMENT"], pl.col("_RANK") == 0),
    _by_status(RESULT, pl.lit(True)),
    _by_report,
    _repeats,
    _unnumbered,
]


def _settled(rows: pl.DataFrame, choice: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Different results of one moment without evidence: held, or what the plan says."""
    values = pl.col("LBORRES").unique().sort().str.join("; ").over(RESULT)
    held = pl.format("different results and no evidence which stands: {}", values)
    if choice == "hold":
        return lost(rows, "conflict", held, pl.lit(None, pl.String)), _MEANS.clone()
    rows = rows.sort("FEED", "SRCFILE", "SRCLINE", descending=choice == "last")
    # Of results below a limit there is no mean.
    mean = pl.col("LBSTRESN").is_not_null().all() & pl.col("LBOPER").is_null().all()
    rows = rows.with_columns(
        _BY=pl.when(mean.over(RESULT) | pl.lit(choice != "mean")).then(
            pl.col("ROWID").first().over(RESULT)
        ),
        _MEAN=pl.col("LBSTRESN").mean().over(RESULT),
        _OF=pl.format("mean of {}", values),
    )
    others = rows.filter(pl.col("ROWID").ne_missing(pl.col("_BY")))
    settled = pl.format("different results: the plan takes the {}", pl.lit(choice))
    reason = pl.when(pl.col("_BY").is_null()).then(held).otherwise(settled)
    fates = lost(others, "conflict", reason, pl.col("_BY"))
    if choice != "mean":
        return fates, _MEANS.clone()
    means = rows.filter(pl.col("ROWID") == pl.col("_BY")).select(
        "_ROW",
        LBORRES="_OF",
        LBSTRESN="_MEAN",
        LBSTRESC=pl.col("_MEAN").cast(pl.String),
        LBORRESU="LBSTRESU",
    )
    return fates, means


_MEANS = pl.DataFrame(
    schema={
        "_ROW": pl.UInt32,
        "LBORRES": pl.String,
        "LBSTRESN": pl.Float64,
        "LBSTRESC": pl.String,
        "LBORRESU": pl.String,
    }
)


def result_conflicts(rows: pl.DataFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """`CONFLICTS` of results that no evidence and no choice of the plan settled."""
    return rows.join(fates.filter(FATE="conflict"), on="_ROW").select(
        "USUBJID",
        kind=pl.lit("conflict"),
        domain=pl.lit("lb"),
        item="LBTESTCD",
        date="LBDTC",
        column=pl.lit("LBORRES"),
        value="LBORRES",
        row_id="ROWID",
        feed="FEED",
        delivery="DELIVERY",
        source_file="SRCFILE",
        source_line="SRCLINE",
        message="REASON",
    ).select(*CONFLICTS)  # fmt: skip
