"""Each subject's course under each definition, agreement of definitions, and missing baselines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import polars as pl

from remit.analysis import categories as given
from remit.analysis.categories import Categories
from remit.plan.categories import NOT_EVALUABLE
from remit.plan.windows import Window

COURSE = (
    *("STUDYID", "USUBJID", "DEFID", "DEFN", "BESTRESP", "FIRSTVIS", "FIRSTDT", "FIRSTDY"),
    *("LASTRESP", "LASTVIS", "SUSTAIN", "SUSTVIS", "BLRESP"),
)


def course(
    responses: pl.DataFrame, windows: Sequence[Window], categories: Categories
) -> pl.DataFrame:
    """Best, first, last and sustained response of each subject under each definition.

    Only planned visits count: those of `windows` (from `windows.compile`) with days. A response is
    sustained (SUSTAIN Y) when every evaluable visit from the first response on is one; SUSTVIS is
    the visit from which the responses up to the last visit never broke, null when the last is none.
    `categories` are those of each definition, best first.

    Returns:
        `COURSE`, one row per subject and definition; categories are null when no visit was
        evaluable.
    """
    planned = [window.name for window in windows if window.target]
    seen = responses.filter(pl.col("AVALC") != NOT_EVALUABLE, pl.col("AVISIT").is_in(planned))
    responded = pl.col("responded")
    first = pl.col("AVISITN").filter(responded).first()
    after_break = pl.col("AVISITN") > pl.col("AVISITN").filter(~responded).last().fill_null(-1)
    found = (
        seen.with_columns(responded=given.responded(categories), place=given.place(categories))
        .sort("USUBJID", "DEFID", "AVISITN")
        .group_by("USUBJID", "DEFID", maintain_order=True)
        .agg(
            BESTRESP=pl.col("AVALC").get(pl.col("place").arg_min()),
            FIRSTVIS=pl.col("AVISIT").filter(responded).first(),
            FIRSTDT=pl.col("ADT").filter(responded).first(),
            FIRSTDY=pl.col("ADY").filter(responded).first(),
            LASTRESP=pl.col("AVALC").last(),
            LASTVIS=pl.col("AVISIT").last(),
            sustained=responded.filter(pl.col("AVISITN") >= first).all(),
            any=responded.any(),
            SUSTVIS=pl.col("AVISIT").filter(after_break).first(),
        )
        .with_columns(
            SUSTAIN=pl.when("any").then(
                pl.when("sustained").then(pl.lit("Y")).otherwise(pl.lit("N"))
            )
        )
    )
    everybody = responses.group_by("STUDYID", "USUBJID", "DEFID", "DEFN").agg(
        pl.col("BLRESP").first()
    )
    return (
        everybody.join(found, on=["USUBJID", "DEFID"], how="left")
        .sort("USUBJID", "DEFID")
        .select(COURSE)
    )


def concordance(responses: pl.DataFrame, visit: str, categories: Categories) -> pl.DataFrame:
    """How far each two definitions agree on who responded at a visit.

    Subjects count who are evaluable by both. Kappa is Cohen's, null where chance alone would agree
    always.

    Returns:
        DEFID OTHER n both first_only other_only neither agreement(%) kappa.
    """
    at = responses.filter(pl.col("AVISIT") == visit, pl.col("AVALC") != NOT_EVALUABLE).select(
        "USUBJID", "DEFID", yes=given.responded(categories)
    )
    wide = at.pivot("DEFID", index="USUBJID", values="yes").sort("USUBJID")
    names = sorted(set(wide.columns) - {"USUBJID"})
    rows = []
    for one, other in combinations(names, 2):
        pair = wide.select(a=one, b=other).drop_nulls()
        a, b = pair["a"], pair["b"]
        n, both, neither = pair.height, int((a & b).sum()), int((~a & ~b).sum())
        yes_a, yes_b = int(a.sum()), int(b.sum())
        # In whole subjects, so that agreement no better than chance is exactly 0.
        chance = yes_a * yes_b + (n - yes_a) * (n - yes_b)
        kappa = ((both + neither) * n - chance) / (n * n - chance) if chance < n * n else None
        percent = 100 * (both + neither) / n if n else None
        only = int((a & ~b).sum()), int((~a & b).sum())
        rows.append((one, other, n, both, *only, neither, percent, kappa))
    counts = dict.fromkeys(["n", "both", "first_only", "other_only", "neither"], pl.Int64)
    schema = {"DEFID": pl.String, "OTHER": pl.String} | counts
    return pl.DataFrame(
        rows, schema=schema | {"agreement": pl.Float64, "kappa": pl.Float64}, orient="row"
    )


def missing_baselines(visits: pl.DataFrame) -> pl.DataFrame:
    """Series (subject and parameter) without a baseline, and why.

    Returns:
        USUBJID PARAMCD reason.
    """
    early = pl.col("ADY") <= 1
    has_value = pl.col("AVAL").is_not_null() | pl.col("AVALC").is_not_null()
    return (
        visits.group_by("USUBJID", "PARAMCD")
        .agg(
            none=pl.col("ABLFL").is_null().all(),
            early=early.any(),
            value=(early & has_value).any(),
            treated=pl.col("ADY").is_not_null().any(),
        )
        .filter("none")
        .select(
            "USUBJID",
            "PARAMCD",
            reason=pl.when(~pl.col("treated"))
            .then(pl.lit("subject was not treated"))
            .when(~pl.col("early"))
            .then(pl.lit("no record on or before the first dose"))
            .when(~pl.col("value"))
            .then(pl.lit("no value on or before the first dose"))
            .otherwise(pl.lit("only values before the look-back, or not at the named visit")),
        )
        .sort("USUBJID", "PARAMCD")
    )
