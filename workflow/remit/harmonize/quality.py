"""Data quality in Kahn's terms, per extract and over time, and queries to sign.

Kahn MG et al., EGEMS 2016;4(1):1244: conformance (is a value what it must be), completeness (is it
there) and plausibility (can it be true). Nothing is rejected here: ingest has already set aside what
broke a rule, and what is merely strange becomes a query for a person.
"""

from collections.abc import Iterable

import polars as pl

from remit.ingest.evidence import DIRECTIONS

FATED = ["accepted", "quarantined"]
CONFORMANCE = [
    "row_ragged", "element_not_read", "code_unknown", "test_ambiguous", "test_contradictory",
    "loinc_check_digit", "unit_unknown", "unit_not_for_analyte", "result_unreadable", "number_ambiguous",
    "date_ambiguous", "date_impossible", "date_skipped", "cell_unreadable", "id_unreadable",
    "id_of_another_form",
]  # fmt: skip
COMPLETENESS = [
    "subject_missing", "site_missing", "test_missing", "result_missing", "unit_missing", "date_missing",
]  # fmt: skip
PLAUSIBILITY = ["date_future", "value_outside_hard_limits"]
CATEGORY = {
    rule: category
    for category, rules in (
        ("conformance", CONFORMANCE),
        ("completeness", COMPLETENESS),
        ("plausibility", PLAUSIBILITY),
    )
    for rule in rules
}

# Delta checks. A creatinine that doubles or halves in 30 days, haemoglobin by more than 40 g/L in 30
# days, albumin by more than 15 g/L in 14 days: test, days, factor, difference.
DELTAS = [("SCR", 30, 2.0, None), ("HGB", 30, None, 40.0), ("ALB", 14, None, 15.0)]
# A value that is exactly so many times both its neighbours was likely sent in another unit.
JUMPS = {"10": 10.0, "1/10": 0.1, "88.4": 88.4, "1/88.4": 1 / 88.4, "1000": 1000.0, "1/1000": 0.001}
EXACTLY = 0.02

SUMMARY = {
    "feed": pl.String,
    "delivery": pl.String,
    "source_file": pl.String,
    "month": pl.String,
    "category": pl.String,
    "check": pl.String,
    "rows": pl.Int64,
    "failed": pl.Int64,
    "percent": pl.Float64,
}
#: What a result may depend on and no row alone shows: one line each, told in the summary and the report.
WARNINGS: dict[str, type[pl.DataType]] = {
    "warning": pl.String,
    "feed": pl.String,
    "USUBJID": pl.String,
    "item": pl.String,
    "rows": pl.Int64,
    "message": pl.String,
}
QUERIES = {
    "query": pl.String,
    "USUBJID": pl.String,
    "LBTESTCD": pl.String,
    "LBDTC": pl.String,
    "ROWID": pl.String,
    "SRCFILE": pl.String,
    "SRCLINE": pl.Int64,
    "value": pl.Float64,
    "before": pl.Float64,
    "after": pl.Float64,
    "unit": pl.String,
    "message": pl.String,
}


def summary(ledger: pl.DataFrame, quarantine: pl.DataFrame, unmapped: pl.DataFrame) -> pl.DataFrame:
    """Failed rows per extract and check: the columns of `SUMMARY` with `month` null.

    Args:
        ledger: ingest's ledger, one row per file, with `read` and `filtered`.
        quarantine: one line per broken rule.
        unmapped: one line per row of an unknown test; they fail conformance to the dictionary.
    """
    where = ["feed", "delivery", "source_file"]
    broken = quarantine.group_by(*where, check="rule").agg(failed=pl.col("row_id").n_unique())
    strange = (
        unmapped.group_by(where).agg(failed=pl.len()).with_columns(check=pl.lit("test_unknown"))
    )
    counts = pl.concat([broken, strange], how="diagonal_relaxed")
    return (
        counts.join(
            ledger.select(*where, rows=pl.col("read") - pl.col("filtered")), on=where, how="left"
        )
        .with_columns(
            month=pl.lit(None, pl.String),
            category=pl.col("check").replace_strict(CATEGORY, default="conformance"),
            percent=100 * pl.col("failed") / pl.col("rows"),
        )
        .select(pl.col(name).cast(kind) for name, kind in SUMMARY.items())
        .sort(*where, "category", "check")
    )


def over_time(lb: pl.DataFrame) -> pl.DataFrame:
    """Completeness of accepted laboratory rows by month of collection: `SUMMARY` with `month`.

    Args:
        lb: harmonized laboratory rows with feed and delivery.
    """
    checks = {
        "specimen_id_missing": pl.col("LBREFID").is_null(),
        "reference_range_missing": pl.col("LBSTNRLO").is_null() & pl.col("LBSTNRHI").is_null(),
        "report_time_missing": pl.col("LBRPTDTC").is_null(),
        "time_of_day_missing": pl.col("LBDTC").str.len_chars() <= len("2020-06-01"),
    }
    where = ["feed", "delivery", "source_file"]
    counts = (
        lb.rename({"SRCFILE": "source_file"})
        .with_columns(month=pl.col("LBDTC").str.slice(0, 7))
        .group_by(*where, "month")
        .agg(pl.len().alias("rows"), *(test.sum().alias(name) for name, test in checks.items()))
        .unpivot(
            list(checks),
            index=[*where, "month", "rows"],
            variable_name="check",
            value_name="failed",
        )
    )
    return (
        counts.with_columns(
            category=pl.lit("completeness"), percent=100 * pl.col("failed") / pl.col("rows")
        )
        .select(pl.col(name).cast(kind) for name, kind in SUMMARY.items())
        .sort(*where, "month", "check")
    )


#: Fewer results set aside, or a smaller share of a test's, bias little.
FEWEST, LEAST = 3, 0.05
#: Of one side nearly all, of the other nearly none.
ALL, NONE = 0.9, 0.1


def directional_loss(directions: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """`WARNINGS` of tests whose set-aside results say something else than the accepted ones.

    Where all that is set aside is negative, or low, or text, and what is accepted is not, the accepted
    results no longer stand for all, though each of them is right.

    Args:
        directions: `evidence.DIRECTIONS` of deliveries, with feed.
    """
    key, of_test = ["feed", "LBTESTCD", "direction"], ["feed", "LBTESTCD"]
    counts = pl.concat(
        [
            pl.DataFrame(schema={"feed": pl.String, **DIRECTIONS}),
            *(d.select(*key, *FATED) for d in directions),
        ]
    )
    counts = counts.group_by(key).agg(pl.col(FATED).sum())
    lost, kept = (pl.col(fate).sum().over(of_test) for fate in ("quarantined", "accepted"))
    counts = counts.with_columns(lost=lost, kept=kept).filter(pl.col("lost") >= FEWEST)
    told = counts.filter(
        pl.col("kept") > 0,
        pl.col("lost") >= LEAST * (pl.col("lost") + pl.col("kept")),
    )
    share_lost, share_kept = (
        pl.col("quarantined") / pl.col("lost"),
        pl.col("accepted") / pl.col("kept"),
    )
    one_sided = (share_lost >= ALL) & (share_kept <= NONE)
    other_way = (share_kept >= ALL) & (share_lost <= NONE)
    said = pl.col("direction").replace({"number": "numbers", "text": "texts that cannot be read"})
    aside = pl.format(
        "{} of {} results set aside are {}, of the {} accepted {}: what is left is biased",
        "quarantined", "lost", said, "kept", "accepted",
    )  # fmt: skip
    left = pl.format(
        "{} of {} accepted results are {}, of the {} set aside {}: what is left is biased",
        "accepted", "kept", said, "lost", "quarantined",
    )  # fmt: skip
    whole = counts.filter(kept=0).unique(of_test)
    gone = whole.with_columns(
        warning=pl.lit("test set aside"),
        message=pl.format("all {} results are set aside: nothing of the test is used", "lost"),
    )
    biased = (
        told.filter(one_sided | other_way)
        # One line a test: what is lost says more than what is left.
        .sort(*of_test, ~one_sided, "direction")
        .unique(of_test, keep="first", maintain_order=True)
        .with_columns(
            warning=pl.lit("directional loss"),
            message=pl.when(one_sided).then(aside).otherwise(left),
        )
    )
    return (
        pl.concat([biased, gone])
        .select(
            "warning", "feed", "message",
            USUBJID=pl.lit(None, pl.String), item="LBTESTCD", rows="lost",
        )
        .select(*WARNINGS)
        .sort("warning", "feed", "item")
    )  # fmt: skip


def partial_births(dm: pl.DataFrame) -> pl.DataFrame:
    """`WARNINGS` of people of whose birth the year or month alone is known: ages go by it."""
    by = {"year": len("1990"), "month": len("1990-05")}
    counts = {
        name: dm.filter(pl.col("BRTHDTC").str.len_chars() == n).height for name, n in by.items()
    }
    told = [
        {
            "warning": "age by year",
            "rows": n,
            "message": f"of {n} people the {name} of birth alone is known: age and what is made of it count "
            f"from its first day",
        }
        for name, n in counts.items()
        if n
    ]
    return pl.DataFrame(told, schema=WARNINGS)


def queries(lb: pl.DataFrame, analytes: pl.DataFrame, conflicts: pl.DataFrame) -> pl.DataFrame:
    """Strange but possible laboratory rows, each a question to a person: the columns of `QUERIES`.

    Soft limits (`analytes`), delta checks (`DELTAS`) and values that are a power of ten or a unit's
    factor away from both neighbours (`JUMPS`). Censored results are not compared. Every conflict
    (`meetings.CONFLICTS`) is a question too, and so is a specimen number that stands for several days.
    """
    rows = (
        lb.filter(pl.col("LBSTRESN").is_not_null() & pl.col("LBOPER").is_null())
        .with_columns(DAY=pl.col("LBDTC").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False))
        .sort("USUBJID", "LBTESTCD", "LBDTC", "ROWID")
        .with_columns(
            before=pl.col("LBSTRESN").shift().over("USUBJID", "LBTESTCD"),
            after=pl.col("LBSTRESN").shift(-1).over("USUBJID", "LBTESTCD"),
            since=(
                pl.col("DAY") - pl.col("DAY").shift().over("USUBJID", "LBTESTCD")
            ).dt.total_days(),
        )
    )
    found = [_soft(rows, analytes), *(_delta(rows, *delta) for delta in DELTAS), _jumps(rows)]
    found += [_reused(lb), _conflicts(conflicts)]
    return (
        pl.concat(found, how="vertical_relaxed")
        .select(pl.col(name).cast(kind) for name, kind in QUERIES.items())
        .sort("USUBJID", "LBTESTCD", "LBDTC", "query", "ROWID")
    )


def _soft(rows: pl.DataFrame, analytes: pl.DataFrame) -> pl.DataFrame:
    limits = analytes.select("LBTESTCD", "soft_lo", "soft_hi")
    beyond = (pl.col("LBSTRESN") < pl.col("soft_lo")) | (pl.col("LBSTRESN") > pl.col("soft_hi"))
    message = pl.format("outside {} to {}, where few results lie", "soft_lo", "soft_hi")
    return _asked(rows.join(limits, on="LBTESTCD").filter(beyond), "soft limits", message)


def _delta(
    rows: pl.DataFrame, test: str, days: int, factor: float | None, difference: float | None
) -> pl.DataFrame:
    value, before = pl.col("LBSTRESN"), pl.col("before")
    if factor is not None:
        far = (value >= factor * before) | (value * factor <= before)
        text = f"by a factor of {factor:g} or more"
    else:
        far = (value - before).abs() > difference
        text = f"by more than {difference:g}"
    near = (pl.col("LBTESTCD") == test) & (pl.col("since") <= days)
    message = pl.format("changed {} in {} days", pl.lit(text), "since")
    return _asked(rows.filter(near & far), "delta check", message)


def _jumps(rows: pl.DataFrame) -> pl.DataFrame:
    """A value in the middle that is the same factor away from both neighbours."""
    ratio_before, ratio_after = (pl.col("LBSTRESN") / pl.col(side) for side in ("before", "after"))
    found = []
    for name, factor in JUMPS.items():
        close = [((ratio / factor) - 1).abs() < EXACTLY for ratio in (ratio_before, ratio_after)]
        message = pl.lit(f"{name} times the results before and after it: another unit?")
        found.append(_asked(rows.filter(pl.all_horizontal(close)), "unit jump", message))
    return pl.concat(found)


def _reused(lb: pl.DataFrame) -> pl.DataFrame:
    """A specimen number of results of one test on several days: is it the number of a specimen?"""
    key = ["USUBJID", "LBTESTCD", "LBSPEC", "LBREFID"]
    rows = lb.filter(pl.col("LBREFID").is_not_null()).with_columns(
        first=pl.col("LBDTC").str.head(10).min().over(key), day=pl.col("LBDTC").str.head(10)
    )
    rows = rows.filter(pl.col("day") > pl.col("first")).with_columns(
        before=pl.lit(None, pl.Float64), after=pl.lit(None, pl.Float64)
    )
    message = pl.format("the specimen number {} stands on {} too", "LBREFID", "first")
    return _asked(rows, "specimen number", message)


def _conflicts(conflicts: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, pl.Float64)
    # What contradicts itself says of which cell it is.
    told = pl.format("{} {}: {}", "column", "value", "message")
    message = pl.when(pl.col("kind") == "conflict").then(told).otherwise("message")
    return conflicts.select(
        "USUBJID", LBTESTCD="item", LBDTC="date", ROWID="row_id", SRCFILE="source_file",
        SRCLINE=pl.col("source_line").cast(pl.Int64), before=none, after=none,
        query="kind", value=none, unit=pl.lit(None, pl.String), message=message,
    ).select(*QUERIES)  # fmt: skip


def _asked(rows: pl.DataFrame, query: str, message: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "USUBJID", "LBTESTCD", "LBDTC", "ROWID", "SRCFILE", "SRCLINE", "before", "after",
        query=pl.lit(query), value="LBSTRESN", unit="LBSTRESU", message=message,
    ).select(*QUERIES)  # fmt: skip
