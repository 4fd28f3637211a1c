"""Rows of a domain held against the person they are of: what cannot be is set aside and asked about."""

from __future__ import annotations

import polars as pl

from remit.harmonize.meetings import CONFLICTS
from remit.schemas.consistency import LIMITS, ORDERS, PLACEHOLDER, PLACEHOLDERS, Limits, Order

#: What is known of a person when rows of other domains are judged.
PERSON = ["USUBJID", "BRTHDTC", "RFICDTC", "DTHDTC", "FIRSTDOSE"]
#: Domain to the column that names what a row is about, and its date.
ITEM = {
    "dm": (None, None),
    "ex": ("EXTRT", "EXSTDTC"),
    "lb": ("LBTESTCD", "LBDTC"),
    "qs": ("QSTESTCD", "QSDTC"),
    "cm": ("CMTRT", "CMSTDTC"),
    "ae": ("AETERM", "AESTDTC"),
}


def first_doses(doses: list[pl.DataFrame]) -> pl.DataFrame:
    """USUBJID and FIRSTDOSE, the date of the first of a person's doses above zero."""
    none = pl.DataFrame(schema={"USUBJID": pl.String, "EXSTDTC": pl.String, "EXDOSE": pl.Float64})
    given = pl.concat([none, *(rows.select(none.columns) for rows in doses)])
    given = given.filter(pl.col("EXDOSE") > 0)
    return given.group_by("USUBJID").agg(FIRSTDOSE=pl.col("EXSTDTC").str.head(10).min())


def person(dm: pl.DataFrame, doses: pl.DataFrame) -> pl.DataFrame:
    """The columns of `PERSON`, one row per person."""
    known = dm.select(name for name in PERSON if name != "FIRSTDOSE")
    return known.join(doses, on="USUBJID", how="left")


def judged(
    domain: str, rows: pl.DataFrame, people: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Hold the rows of a domain against `schemas.consistency`.

    Args:
        domain: whose rows they are.
        rows: the rows that stand, with FEED and DELIVERY.
        people: `PERSON`.

    Returns:
        The rows that live on, without the cells that cannot be; the others with FATE, REASON and
        WINNER; and the findings as `CONFLICTS`.
    """
    others = [name for name in people.columns if name not in rows.columns or name == "USUBJID"]
    columns = rows.columns
    rows = rows.with_row_index("_PLACE").join(
        people.select(others), on="USUBJID", how="left", maintain_order="left"
    )
    findings, gone = [pl.DataFrame(schema=CONFLICTS)], []
    if domain == "dm":
        for column, texts in PLACEHOLDERS.items():
            broken = pl.col(column).is_in(texts)
            findings.append(_found(domain, rows.filter(broken), "placeholder", column, PLACEHOLDER))
            rows = rows.with_columns(pl.when(~broken.fill_null(False)).then(column).alias(column))
    rules: list[Order | Limits] = [*LIMITS, *ORDERS]
    for rule in (rule for rule in rules if rule.domain == domain and rule.column in columns):
        broken = _broken(rule).fill_null(False)
        bad = rows.filter(broken)
        if bad.is_empty():
            continue
        left_out = {"row": "the row is not used", "cell": "the cell is not used"}.get(rule.aside)
        message = f"{rule.message}: {left_out}" if left_out else rule.message
        findings.append(_found(domain, bad, rule.id, rule.column, message))
        if rule.aside == "row":
            gone.append(
                bad.select(
                    *columns,
                    FATE=pl.lit("quarantined"),
                    REASON=pl.lit(rule.message),
                    WINNER=pl.lit(None, pl.String),
                )
            )
            rows = rows.filter(~broken)
        elif rule.aside == "cell":
            kept = pl.when(~broken).then(rule.column).alias(rule.column)
            rows = rows.with_columns(kept)
    aside = {"FATE": pl.String, "REASON": pl.String, "WINNER": pl.String}
    none = (
        rows.select(columns)
        .clear()
        .with_columns(pl.lit(None, k).alias(n) for n, k in aside.items())
    )
    return rows.select(columns), pl.concat([none, *gone]), pl.concat(findings)


def _broken(rule: Order | Limits) -> pl.Expr:
    if isinstance(rule, Limits):
        return ~pl.col(rule.column).is_between(rule.low, rule.high)
    after = _certainly_after(rule.column, rule.before) if rule.before else pl.lit(False)
    return after | _certainly_after(rule.after, rule.column) if rule.after else after


def _certainly_after(late: str, early: str) -> pl.Expr:
    """Whether the one date is after the other, as far as both are told: a year against a year."""
    one, other = (pl.col(name).str.replace(r"(Z|[+-]\d\d:\d\d)$", "") for name in (late, early))
    told = pl.min_horizontal(one.str.len_chars(), other.str.len_chars())
    return one.str.head(told) > other.str.head(told)


def _found(domain: str, bad: pl.DataFrame, rule: str, column: str, message: str) -> pl.DataFrame:
    item, date = (pl.col(c) if c else pl.lit(None, pl.String) for c in ITEM[domain])
    return bad.select(
        "USUBJID",
        kind=pl.lit(rule),
        domain=pl.lit(domain),
        item=item,
        date=date,
        column=pl.lit(column),
        value=pl.col(column).cast(pl.String),
        row_id="ROWID",
        feed="FEED",
        delivery="DELIVERY",
        source_file="SRCFILE",
        source_line="SRCLINE",
        message=pl.lit(message),
    ).select(*CONFLICTS)
