"""Rows of a domain held against the person they are of: what cannot be is set aside and asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from remit.harmonize.meetings import CONFLICTS, moments
from remit.schemas import consistency as table
from remit.schemas.consistency import Limits, Order
from remit.schemas.raw import DOMAINS

#: What is known of a person when rows of other domains are judged.
PERSON = ["USUBJID", "BRTHDTC", "RFICDTC", "DTHDTC", "FIRSTDOSE", "FIRSTROW", "LASTROW"]
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
    """USUBJID and FIRSTDOSE, the date of the first dose that each person was given."""
    kinds = {"USUBJID": pl.String, "EXTRT": pl.String, "EXSTDTC": pl.String, "EXDOSE": pl.Float64}
    none = pl.DataFrame(schema=kinds)
    given = pl.concat([none, *(rows.select(none.columns) for rows in doses)]).filter(table.GIVEN)
    given = given.filter(~pl.col("EXSTDTC").str.head(10).is_in(table.PLACEHOLDERS))
    return given.group_by("USUBJID").agg(FIRSTDOSE=pl.col("EXSTDTC").str.head(10).min())


def person(
    dm: pl.DataFrame, doses: pl.DataFrame, rows: Mapping[str, list[pl.DataFrame]]
) -> pl.DataFrame:
    """The columns of `PERSON`, one row per person.

    Args:
        dm: demographics.
        doses: `first_doses`.
        rows: accepted rows of other domains.
    """
    known = dm.select("USUBJID", "BRTHDTC", "RFICDTC", "DTHDTC").join(
        doses, on="USUBJID", how="left"
    )
    undated = known.filter(pl.col("RFICDTC").is_null() & pl.col("FIRSTDOSE").is_null())["USUBJID"]
    return known.join(_spans(rows, undated), on="USUBJID", how="left")


def _spans(rows: Mapping[str, list[pl.DataFrame]], people: pl.Series) -> pl.DataFrame:
    """USUBJID FIRSTROW LASTROW of some people: the days of their first and last result, score or event."""
    days = [pl.DataFrame(schema={"USUBJID": pl.String, "day": pl.String})]
    for domain in ("lb", "qs", "ae") if len(people) else ():
        for frame in rows.get(domain, []):
            mine = frame.filter(pl.col("USUBJID").is_in(people.implode()))
            days.append(mine.select("USUBJID", day=pl.col(str(ITEM[domain][1])).str.head(10)))
    usual = pl.concat(days).filter(~pl.col("day").is_in(table.PLACEHOLDERS))
    return usual.group_by("USUBJID").agg(FIRSTROW=pl.col("day").min(), LASTROW=pl.col("day").max())


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
    rows = rows.join(people.select(others), on="USUBJID", how="left", maintain_order="left")
    findings, gone = [pl.DataFrame(schema=CONFLICTS)], []
    for id, column, broken, aside, message in _rules(domain, columns):
        bad = rows.filter(broken)
        if bad.is_empty():
            continue
        left_out = {"row": "the row is not used", "cell": "the cell is not used"}.get(aside)
        told = f"{message}; {left_out}" if left_out else message
        findings.append(_found(domain, bad, id, column, told))
        if aside == "row":
            gone.append(
                bad.select(
                    *columns,
                    FATE=pl.lit("quarantined"),
                    REASON=pl.lit(message),
                    WINNER=pl.lit(None, pl.String),
                )
            )
            rows = rows.filter(~broken.fill_null(False))
        elif aside == "cell":
            kept = pl.when(~broken.fill_null(False)).then(column).alias(column)
            rows = rows.with_columns(kept)
    if domain == "lb":
        findings += _crossed(rows)
    aside_columns = {"FATE": pl.String, "REASON": pl.String, "WINNER": pl.String}
    none = rows.select(columns).clear()
    none = none.with_columns(pl.lit(None, k).alias(n) for n, k in aside_columns.items())
    return rows.select(columns), pl.concat([none, *gone]), pl.concat(findings)


def _rules(domain: str, columns: list[str]) -> Iterator[tuple[str, str, pl.Expr, str, str]]:
    """Every rule of a domain: id, column, what breaks it, what is set aside, message."""
    for column in DOMAINS[domain]:
        if column.kind == "date" and column.name in columns:
            days = [
                day
                for day in table.PLACEHOLDERS
                if column.name != "BRTHDTC" or day not in table.BIRTHDAYS
            ]
            stands = pl.col(column.name).str.head(10).is_in(days)
            aside = "row" if column.key else "cell"
            yield "placeholder", column.name, stands, aside, "a placeholder, not a date"
    if domain == "dm" and "BRTHDTC" in columns:
        later = pl.coalesce("FIRSTDOSE", "RFICDTC", "LASTROW")
        years = [day.str.head(4).cast(pl.Int32, strict=False) for day in (later, pl.col("BRTHDTC"))]
        yield "birth", "BRTHDTC", years[0] - years[1] > table.OLDEST, "cell", "older than anybody"
    for limits in table.LIMITS:
        if limits.domain == domain and limits.column in columns:
            yield limits.id, limits.column, _broken(limits), limits.aside, limits.message
    for dose, unit in (("EXDOSE", "EXDOSU"), ("CMDOSE", "CMDOSU")):
        if {dose, unit} <= {*columns}:
            yield from _doses(dose, unit)
    for order in table.ORDERS:
        if order.domain == domain and order.column in columns:
            yield order.id, order.column, _broken(order), order.aside, order.message


def _doses(dose: str, unit: str) -> Iterator[tuple[str, str, pl.Expr, str, str]]:
    """The rules of a dose and its unit."""
    written = (
        pl.col(unit).str.to_lowercase().str.replace_all(r"\s", "").str.replace_all("[µμ]", "u")
    )
    per_body = pl.any_horizontal(written.str.ends_with(each) for each in table.PER_BODY)
    mass = written.str.replace(r"/(?:kg|m2|m²|m\^2)$", "")
    # An amount beyond all in mg is one in any unit that is not told.
    factor = mass.replace_strict(table.UNITS_OF_MASS, default=None, return_dtype=pl.Float64)
    in_mg = pl.col(dose) * pl.when(pl.col(unit).is_null()).then(1.0).otherwise(factor)
    most = pl.when(per_body).then(table.MOST_MG_PER_KG).otherwise(table.MOST_MG)
    yield "dose", dose, in_mg > most, "cell", "more than any drug is given of"
    if dose == "EXDOSE":
        known = mass.is_in([*table.UNITS_OF_MASS, *table.OTHER_UNITS])
        yield "dose unit", unit, ~known, "nothing", "no unit of a dose"
        # Not where the whole export has none.
        lacking = pl.col(unit).is_null() & (pl.col(dose) > 0) & pl.col(unit).is_not_null().any()
        yield "dose unit", dose, lacking, "nothing", "a dose without a unit"


def _crossed(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Results that contradict others of the same moment."""
    tests = {code for rule in table.CROSS for code in (rule.test, *rule.others)}
    numbers = rows.filter(
        pl.col("LBTESTCD").is_in(tests)
        & pl.col("LBSTRESN").is_not_null()
        & pl.col("LBOPER").is_null()
    )
    numbers = numbers.with_columns(_MOMENT=moments(numbers["LBDTC"]))
    of = {str(code): part for (code,), part in numbers.group_by("LBTESTCD", maintain_order=True)}
    for rule in table.CROSS:
        if not {rule.test, *rule.others} <= of.keys():
            continue
        key = ["USUBJID", "_MOMENT"]
        met = of[rule.test].with_columns(pl.col("LBSTRESN").alias(rule.test))
        for other in rule.others:
            one = of[other].group_by(key).agg(pl.col("LBSTRESN").max().alias(other))
            met = met.join(one, on=key, maintain_order="left")
        yield _found("lb", met.filter(~rule.holds), "cross-check", "LBORRES", rule.message)


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
        message=pl.format("{}; {} says {}", pl.lit(message), pl.lit(column), _text(column)),
    ).select(*CONFLICTS)


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("")
