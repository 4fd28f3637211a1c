"""Flares of the kidney after a response, by KDIGO 2012 (Kidney Int Suppl 2012;2:221, table 29)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.criteria import Scale, columns, ends, integer, verdict
from remit.analysis.events import Found, analysed, first_met, judged, seen, series

FLARES = ["no", "mild", "moderate", "severe"]
#: Cells of the urinary sediment, per field.
SEDIMENT = ("URBC", "UACANTH", "URBCCAST", "UWBCCAST")
# Glomerular haematuria from below 5 to above 15 with at least 2 acanthocytes, or a cellular cast.
MILD = {
    "any": [
        {
            "all": [
                {"parameter": "URBC", "at": "baseline", "op": "<", "value": 5},
                {"parameter": "URBC", "op": ">", "value": 15},
                {"parameter": "UACANTH", "op": ">=", "value": 2},
            ]
        },
        {"parameter": "URBCCAST", "op": ">=", "value": 1},
        {"parameter": "UWBCCAST", "op": ">=", "value": 1},
    ]
}


def flare(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
) -> Found:
    """First renal flare of at least `grade` after a response (KDIGO 2012, table 29).

    Time begins with the first response under `definition`. Proteinuria (g/g), creatinine (umol/L)
    and red cells are compared with their values at that response. The sediment counts for a mild
    flare alone: haematuria is glomerular only where acanthocytes were counted.
    """
    first = (
        responses.filter(
            pl.col("DEFID") == event["definition"],
            pl.col("responded"),
            pl.col("ADT").is_not_null(),
        )
        .sort("USUBJID", "ADT", "AVISITN")
        .group_by("USUBJID", maintain_order=True)
        .agg(START=pl.col("ADT").first(), at=pl.col("AVISITN").first())
    )
    of_definition = responses.filter(pl.col("DEFID") == event["definition"])
    began = of_definition.join(first.select("USUBJID", "START"), on="USUBJID")
    looked_at = [
        judged(began.filter(pl.col("ADT") == pl.col("START")), "first response"),
        judged(began.filter(pl.col("ADT") < pl.col("START")), "assessed before"),
    ]
    protein = _since(visits, event["proteinuria"], first, "U")
    creatinine = _since(visits, "SCR", first, "S")
    compared = [event["proteinuria"], "SCR", *(SEDIMENT if event["grade"] == "mild" else [])]
    both = _beside(protein, creatinine).with_columns(grade=flare_grade("U", "U0", "S", "S0"))
    wanted = FLARES.index(event["grade"])
    if event["grade"] == "mild":
        grade, mild = pl.col("grade"), pl.col("mild")
        both = _beside(both, _sediment(visits, first)).with_columns(
            grade=pl.when(grade > 0)
            .then(grade)
            .when(mild)
            .then(1)
            .when(~mild)
            .then(0)
            .otherwise(grade)
        )
    own = both.filter(pl.col("grade").is_not_null()).sort("USUBJID", "ADT")
    names = {k: f"{name} flare" for k, name in enumerate(FLARES)}
    found = first_met(
        own,
        pl.col("grade") >= wanted,
        pl.col("grade").replace_strict(names, return_dtype=pl.String),
    )
    dated = own.select("USUBJID", "AVISITN", AT="ADT")
    for code in compared:
        counted = analysed(visits).filter(pl.col("PARAMCD") == code).join(first, on="USUBJID")
        looked_at.append(
            seen(counted.filter(pl.col("AVISITN") == pl.col("at")), "at the first response")
        )
        looked_at.append(seen(counted.join(dated, on=["USUBJID", "AVISITN"]), at="AT"))
    found = (
        first.select("USUBJID", "START")
        .join(found, on="USUBJID", how="left")
        .with_columns(LAST=pl.coalesce("LAST", "START"))
    )
    return found, pl.concat(part.select(looked_at[0].columns) for part in looked_at)


def _beside(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Two tables of visits as one, with the later date of each visit."""
    both = one.join(other, on=["USUBJID", "AVISITN"], how="full", coalesce=True)
    return both.with_columns(ADT=pl.max_horizontal("ADT", "ADT_right")).drop("ADT_right")


def _sediment(visits: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Whether the sediment of a visit after the first response makes a mild flare.

    Returns:
        USUBJID AVISITN ADT mild, one row per visit with a count of any of the cells.
    """
    low, high = ends("AVAL", "AVALC")
    counts = (
        analysed(visits)
        .with_columns(LOW=low, HIGH=high)
        .filter(pl.col("LOW").is_not_null())
        .join(first, on="USUBJID", how="inner")
    )
    later = counts.filter(pl.col("PARAMCD").is_in(list(SEDIMENT)), pl.col("ADT") > pl.col("START"))
    wide = later.group_by("USUBJID", "AVISITN").agg(pl.col("ADT").max())
    for code in SEDIMENT:
        own = counts.filter(pl.col("PARAMCD") == code)
        now = {"LOW": "LOW", "HIGH": "HIGH", "OPER": "AVALOPER"}
        there = {f"BASE{name}": f"then_{column}" for name, column in now.items()}
        at = own.filter(pl.col("AVISITN") == pl.col("at")).select(
            "USUBJID", *[pl.col(column).alias(f"then_{column}") for column in now.values()]
        )
        own = own.join(at, on="USUBJID", how="left").select(
            "USUBJID", "AVISITN", *columns(code, AVAL="AVAL", **now, **there)
        )
        wide = wide.join(own, on=["USUBJID", "AVISITN"], how="left")
    return wide.select(
        "USUBJID", "AVISITN", "ADT", mild=verdict(MILD, Scale(dict.fromkeys(SEDIMENT, 0)))
    )


def _since(visits: pl.DataFrame, code: str, first: pl.DataFrame, name: str) -> pl.DataFrame:
    """A parameter after the first response, with its value at that response beside it."""
    own = series(visits, code).join(first, on="USUBJID", how="inner")
    at = own.filter(pl.col("AVISITN") == pl.col("at")).select(
        "USUBJID", pl.col("AVAL").alias(f"{name}0")
    )
    return (
        own.filter(pl.col("ADT") > pl.col("START"))
        .join(at, on="USUBJID", how="left")
        .select("USUBJID", "AVISITN", "ADT", pl.col("AVAL").alias(name), f"{name}0")
    )


def flare_grade(upcr: str, upcr_0: str, scr: str, scr_0: str) -> pl.Expr:
    """KDIGO 2012 flare: 0 none, 2 moderate, 3 severe; null when neither part can be judged.

    UPCR in g/g, creatinine in umol/L (88.4 umol/L = 1 mg/dL), against the values in remission.
    """
    u, u0, s, s0 = (_scaled(column) for column in (upcr, upcr_0, scr, scr_0))
    unit = 10**6
    low = s0 < round(176.8 * unit)  # 2.0 mg/dL
    rise = s - s0
    scr_severe = rise > pl.when(low).then(round(88.4 * unit)).otherwise(round(132.6 * unit))
    scr_moderate = rise >= pl.when(low).then(round(17.68 * unit)).otherwise(round(35.36 * unit))
    upcr_severe = u - u0 > 5 * unit
    upcr_moderate = (
        pl.when(u0 * 2 < unit)
        .then(u >= unit)
        .when(u0 <= unit)
        .then(u >= 2 * unit)
        .otherwise(u >= 2 * u0)
    )
    judged = (u - u0).is_not_null() | rise.is_not_null()
    severe = scr_severe.fill_null(False) | upcr_severe.fill_null(False)
    moderate = scr_moderate.fill_null(False) | (u0.is_not_null() & upcr_moderate).fill_null(False)
    return pl.when(judged).then(pl.when(severe).then(3).when(moderate).then(2).otherwise(0))


def _scaled(column: str) -> pl.Expr:
    """Millionths as integers: enough decimals for every analyte, and exact."""
    return integer(column, 10**6)
