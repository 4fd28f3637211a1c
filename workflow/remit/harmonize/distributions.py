"""What a laboratory's results look like month by month: another unit, one value, round numbers, a new method.

No row alone shows these. Each is a warning: whether the laboratory or the patients changed, a person knows.
"""

from __future__ import annotations

import polars as pl

from remit.harmonize.quality import JUMPS, WARNINGS

#: Fewer results of a month, or of all others, have no distribution.
MONTH, OTHERS = 5, 10
#: How near the ratio of two medians is to that of two units, as a factor: patients of a month differ.
NEAR = 1.5
#: One and the same number of so many results of so many people in a month is not measured.
SAME, PEOPLE = 8, 4
#: Of measured numbers a tenth ends in each digit. Half in 0, or nine tenths in 0 and 5, are far beyond chance
#: for so many results (the binomial odds are below 1e-9).
ROUND, HALF_ROUND, FEWEST = 0.5, 0.9, 40


def warnings(lb: pl.DataFrame, dm: pl.DataFrame) -> pl.DataFrame:
    """`WARNINGS` of every numeric test, feed and hospital.

    Args:
        lb: harmonized laboratory rows with feed.
        dm: USUBJID SITEID.
    """
    rows = (
        lb.filter(pl.col("LBSTRESN").is_not_null() & pl.col("LBOPER").is_null())
        .join(dm.select("USUBJID", "SITEID"), on="USUBJID", how="left")
        .select(
            "USUBJID", "LBTESTCD", "LBORRES", "LBSTRESN", "LBSTRESU", "LBMETHOD", "SITEID",
            "feed",
            month=pl.col("LBDTC").str.head(7),
        )
    )  # fmt: skip
    found = (_other_units(rows), _constants(rows), _round_numbers(rows), _new_methods(rows))
    each = pl.concat([pl.DataFrame(schema=WARNINGS), *found])
    return each.sort("warning", "feed", "item", "message")


_WHERE = ["feed", "SITEID", "LBTESTCD"]


def _told(rows: pl.DataFrame, warning: str, count: str, message: pl.Expr) -> pl.DataFrame:
    site = pl.when(pl.col("SITEID").is_not_null()).then(pl.format("{}: ", "SITEID"))
    return rows.select(
        "feed",
        warning=pl.lit(warning),
        USUBJID=pl.lit(None, pl.String),
        item="LBTESTCD",
        rows=pl.col(count).cast(pl.Int64),
        message=pl.concat_str(site.fill_null(""), message),
    ).select(*WARNINGS)


def _other_units(rows: pl.DataFrame) -> pl.DataFrame:
    """A month whose median is as far from that of all other months as two units are from each other."""
    positive = rows.filter(pl.col("LBSTRESN") > 0)
    value = pl.col("LBSTRESN")
    low, high = (value.quantile(share, "linear") for share in (0.1, 0.9))
    months = positive.group_by(*_WHERE, "month").agg(
        n=pl.len(), median=value.median(), low=low, high=high
    )
    asked = months.filter(pl.col("n") >= MONTH)
    others = (
        asked.join(positive, on=_WHERE, nulls_equal=True)
        .filter(pl.col("month") != pl.col("month_right"))
        .group_by(*_WHERE, "month")
        .agg(rest=pl.len(), usual=value.median(), least=low, most=high)
        .filter(pl.col("rest") >= OTHERS)
    )
    met = asked.join(others, on=[*_WHERE, "month"], nulls_equal=True)
    ratio = pl.col("median") / pl.col("usual")
    near = [
        pl.when((ratio / factor).log().abs() < pl.lit(NEAR).log()).then(pl.lit(name))
        for name, factor in JUMPS.items()
    ]
    # A treatment moves a median, too, but seldom all results beyond nearly all others.
    apart = (pl.col("low") > pl.col("most")) | (pl.col("high") < pl.col("least"))
    met = met.with_columns(factor=pl.coalesce(near)).filter(apart & pl.col("factor").is_not_null())
    message = pl.format(
        "in {} the median is {}, in all other months {}: about {} times as much; another unit?",
        "month", pl.col("median").round_sig_figs(3), pl.col("usual").round_sig_figs(3), "factor",
    )  # fmt: skip
    return _told(met, "unit of a month", "n", message)


def _constants(rows: pl.DataFrame) -> pl.DataFrame:
    """A month in which many people have one and the same number, and nobody another."""
    months = rows.group_by(*_WHERE, "month").agg(
        n=pl.len(),
        people=pl.col("USUBJID").n_unique(),
        values=pl.col("LBSTRESN").n_unique(),
        value=pl.col("LBORRES").first(),
    )
    whole = pl.col("LBSTRESN").n_unique().over(_WHERE) > 1
    varied = rows.filter(whole).select(_WHERE).unique()
    same = months.filter(
        (pl.col("values") == 1) & (pl.col("n") >= SAME) & (pl.col("people") >= PEOPLE)
    ).join(varied, on=_WHERE, how="semi", nulls_equal=True)
    message = pl.format("all {} results of {} people in {} are {}", "n", "people", "month", "value")
    return _told(same, "constant values", "n", message)


def _round_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Results most of which end in 0, or in 0 and 5."""
    digits = rows.with_columns(
        last=pl.col("LBORRES").str.extract(r"(\d)\D*$", 1),
        number=pl.col("LBORRES").str.contains(r"^\d+(?:[.,]\d+)?$"),
        long=pl.col("LBORRES").str.count_matches(r"\d") >= 2,
    ).filter("number", "long")
    counts = digits.group_by(_WHERE).agg(
        n=pl.len(),
        zeros=(pl.col("last") == "0").mean(),
        halves=pl.col("last").is_in(["0", "5"]).mean(),
    )
    # All that end in 0 are of a coarser scale, not rounded by hand.
    rounded = (pl.col("zeros") >= ROUND) | (pl.col("halves") >= HALF_ROUND)
    found = counts.filter((pl.col("n") >= FEWEST) & rounded & (pl.col("zeros") < 1))
    message = pl.format(
        "of {} results {} % end in 0 and {} % in 0 or 5: they may be rounded, or estimated",
        "n", (100 * pl.col("zeros")).round(0).cast(pl.Int64),
        (100 * pl.col("halves")).round(0).cast(pl.Int64),
    )  # fmt: skip
    return _told(found, "digit preference", "n", message)


def _new_methods(rows: pl.DataFrame) -> pl.DataFrame:
    """A method that begins where another one ends."""
    methods = (
        rows.filter(pl.col("LBMETHOD").is_not_null())
        .group_by(*_WHERE, "LBMETHOD")
        .agg(
            n=pl.len(),
            first=pl.col("month").min(),
            last=pl.col("month").max(),
            median=pl.col("LBSTRESN").median(),
        )
        .sort(*_WHERE, "first", "LBMETHOD", nulls_last=True)
    )
    before = [
        pl.col(c).shift().over(_WHERE).alias(f"{c}_before") for c in ("LBMETHOD", "last", "median")
    ]
    changed = methods.with_columns(before).filter(pl.col("last_before") <= pl.col("first"))
    message = pl.format(
        "the method changed from {} to {} in {}; the medians are {} and {}",
        "LBMETHOD_before", "LBMETHOD", "first",
        pl.col("median_before").round_sig_figs(3), pl.col("median").round_sig_figs(3),
    )  # fmt: skip
    return _told(changed, "changed method", "n", message)
