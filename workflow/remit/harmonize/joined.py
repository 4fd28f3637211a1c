"""Rows of one person, dose, item, drug or event, put together column by column.

A known value beats a missing one, whichever row, file or feed has it. Two different known values need
evidence; without it the cell is empty, or nothing of the thing is used, until a person signs.
"""

from __future__ import annotations

import polars as pl

from remit.harmonize.meetings import CONFLICTS, FATE, SOURCE, best_first, lost, moments

#: What one thing is, its time last.
KEYS = {
    "dm": ["USUBJID"],
    "ex": ["USUBJID", "EXTRT", "EXSTDTC"],
    "qs": ["USUBJID", "QSTESTCD", "QSDTC"],
    "cm": ["USUBJID", "CMTRT", "CMROUTE", "CMSTDTC"],
    "ae": ["USUBJID", "AETERM", "AESTDTC"],
}
#: Where rows differ here, none of them is used: constants of a person, amounts, results.
DECISIVE = {
    "dm": ["SEX", "BRTHDTC", "DTHDTC"],
    "ex": ["EXDOSE", "EXDOSU"],
    "qs": ["QSSTRESN"],
    "cm": ["CMDOSE", "CMDOSU", "CMDOSFRQ"],
    "ae": [],
}
#: Which row a cell is from, where it is not the row that the joined one is named after.
CELLS: dict[str, type[pl.DataType]] = {
    "USUBJID": pl.String,
    "of": pl.String,
    "column": pl.String,
    **dict.fromkeys(SOURCE, pl.String),
    "SRCLINE": pl.Int64,
}
SAME = "the row that is used says the same"
OTHER = "other rows say this later, more exactly, or against it"


def joined(
    domain: str, rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Join the rows of each thing of a domain other than lb.

    Args:
        domain: one of KEYS.
        rows: accepted rows with FEED and DELIVERY, and their place as `_ROW`.

    Returns:
        One row in place of each thing's several ones, under the source of the row that says most;
        `FATE` of the rows that give nothing; `CONFLICTS`; `CELLS`.
    """
    *who, time = KEYS[domain]
    content = [c for c in rows.columns if c not in (*SOURCE, *KEYS[domain], "_ROW")]
    key = KEYS[domain]
    columns = rows.columns
    if domain != "dm":
        # Without a time only what says the same is the same thing.
        all_of_it = pl.concat_str(pl.col(content).cast(pl.String).fill_null("?"), separator="\x1f")
        rows = rows.with_columns(_MOMENT=pl.coalesce(moments(rows[time]), all_of_it))
        key = [*who, "_MOMENT"]
    met = rows.filter(pl.struct(key).hash().is_duplicated()).filter(pl.len().over(key) > 1)
    text = best_first(met).with_columns(pl.col(content).cast(pl.String))
    text = _last_status(text) if domain == "dm" else text.with_columns(_EARLIER=False)
    one, differ = _values(text, key, content)
    conflicts = _contradictions(domain, text, differ, key, content)
    names = [pl.when(name).then(pl.lit(name)) for name in DECISIVE[domain] if name in content]
    against = pl.concat_str([*names, pl.lit("")], separator=", ", ignore_nulls=True)
    held = differ.select(*key, _WHY=against.str.strip_suffix(", ")).filter(pl.col("_WHY") != "")
    at_odds = text.join(held, on=key, nulls_equal=True)
    nobody = pl.lit(None, pl.String)
    fates = [lost(at_odds, "conflict", pl.format("contradictory {}", "_WHY"), nobody)]
    text = text.join(held, on=key, how="anti", nulls_equal=True, maintain_order="left").join(
        one, on=key, how="left", nulls_equal=True, maintain_order="left", suffix="_ONE"
    )
    text = _with_givers(text, key, content)
    rest = text.filter(~pl.col("_GIVES"))
    fates += [
        lost(rest.filter("_SAME"), "duplicate", SAME, pl.col("_MAIN")),
        lost(rest.filter(~pl.col("_SAME")), "superseded", OTHER, pl.col("_MAIN")),
    ]
    cells = [
        text.filter(pl.col(f"{name}_FROM") & (pl.col("ROWID") != pl.col("_MAIN"))).select(
            "USUBJID", *SOURCE, of="_MAIN", column=pl.lit(name)
        )
        for name in content
    ]
    stand = text.filter(pl.col("ROWID") == pl.col("_MAIN")).with_columns(
        pl.col(f"{name}_ONE").cast(rows.schema[name]).alias(name) for name in content
    )
    return (
        stand.select(columns),
        pl.concat([pl.DataFrame(schema=FATE), *(frame.select(*FATE) for frame in fates)]),
        conflicts,
        pl.concat([pl.DataFrame(schema=CELLS), *(frame.select(*CELLS) for frame in cells)]),
    )


def _last_status(rows: pl.DataFrame) -> pl.DataFrame:
    """Of several statuses of a person the one of the last date; a dated one before one without.

    _EARLIER says that a row had another.
    """
    dated = pl.when(pl.col("DSDECOD").is_not_null()).then(moments(rows["DSSTDTC"]))
    last = pl.col("_DATED").max().over("USUBJID")
    earlier = pl.col("DSDECOD").is_not_null() & last.is_not_null()
    earlier &= pl.col("_DATED").ne_missing(last)
    return rows.with_columns(_DATED=dated).with_columns(
        pl.when(~earlier).then(pl.col("DSDECOD", "DSSTDTC")), _EARLIER=earlier.fill_null(False)
    )


def _values(
    text: pl.DataFrame, key: list[str], content: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Per thing the one value of each column, null where there are several; and whether there are."""
    lists = text.group_by(key, maintain_order=True).agg(
        pl.col(content).drop_nulls().unique(maintain_order=True)
    )
    one, differ = lists.select(key), lists.select(key)
    for name in content:
        several = lists[name].list.len() > 1
        single = lists.select(pl.when(~several).then(pl.col(name).list.first())).to_series()
        if name.endswith("DTC") and several.any():
            places = several.arg_true()
            exact = [_most_exact(values) for values in lists[name].gather(places)]
            single = single.scatter(places, pl.Series(exact, dtype=pl.String))
            several = several & single.is_null()
        one, differ = one.with_columns(single.alias(name)), differ.with_columns(several.alias(name))
    return one, differ


def _most_exact(dates: pl.Series) -> str | None:
    """2020-03-01 of 2020, 2020-03 and 2020-03-01; null where dates contradict each other."""
    longest = max(dates, key=len)
    return longest if all(longest.startswith(date) for date in dates) else None


def _with_givers(text: pl.DataFrame, key: list[str], content: list[str]) -> pl.DataFrame:
    """Which cells each row gives (`X_FROM`), whether it gives any, and the ROWID of the main row."""
    equal = {name: pl.col(name) == pl.col(f"{name}_ONE") for name in content}
    text = text.with_columns(
        (eq & (eq.fill_null(False).cum_sum().over(key) == 1)).fill_null(False).alias(f"{name}_FROM")
        for name, eq in equal.items()
    )
    unsaid = [eq.fill_null(pl.col(name).is_null()) for name, eq in equal.items()]
    text = text.with_columns(
        _SAME=pl.all_horizontal(~pl.col("_EARLIER"), *unsaid),
        _GIVES=pl.any_horizontal(pl.lit(False), *(pl.col(f"{name}_FROM") for name in content)),
    )
    # Of rows that only say that there is such a thing the first stands for it.
    alone = ~pl.col("_GIVES").any().over(key) & (pl.int_range(pl.len()).over(key) == 0)
    text = text.with_columns(_GIVES=pl.col("_GIVES") | alone)
    return text.with_columns(_MAIN=pl.col("ROWID").filter("_GIVES").first().over(key))


def _contradictions(
    domain: str, text: pl.DataFrame, differ: pl.DataFrame, key: list[str], content: list[str]
) -> pl.DataFrame:
    """One line of `CONFLICTS` per row and column that contradicts another row."""
    who, *item, time = [*KEYS[domain], None] if domain == "dm" else KEYS[domain]
    lines = [pl.DataFrame(schema=CONFLICTS)]
    for name in content:
        which = differ.filter(pl.col(name)).select(key)
        found = text.join(which, on=key, nulls_equal=True).filter(pl.col(name).is_not_null())
        none = "none of the rows is used" if name in DECISIVE[domain] else "the cell is left empty"
        lines.append(
            found.select(
                pl.lit("conflict").alias("kind"),
                pl.lit(domain).alias("domain"),
                pl.col(str(who)),
                (pl.col(str(item[0])) if item else pl.lit(None, pl.String)).alias("item"),
                (pl.col(time) if time else pl.lit(None, pl.String)).alias("date"),
                pl.lit(name).alias("column"),
                pl.col(name).alias("value"),
                pl.col("ROWID").alias("row_id"),
                pl.col("FEED").alias("feed"),
                pl.col("DELIVERY").alias("delivery"),
                pl.col("SRCFILE").alias("source_file"),
                pl.col("SRCLINE").alias("source_line"),
                pl.lit(f"other rows say otherwise: {none}").alias("message"),
            )
        )
    return pl.concat(lines)
