"""Laboratory grades of the Common Terminology Criteria for Adverse Events (CTCAE) v5.

The limits are a dictionary, one row a comparison; rows of one term and grade are alternatives. Grades
from the laboratory alone belong in shift tables: they are no adverse events until reported as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.criteria import Scale, columns, verdict

COLUMNS = (
    *("STUDYID", "USUBJID", "PARAMCD", "TERM", "AVISIT", "AVISITN", "ADT", "ADY", "AVAL"),
    *("ATOXGR", "BTOXGR", "ABLFL", "ANL01FL", "ROWID"),
)
READ = {
    "AVAL": "AVAL",
    "OPER": "AVALOPER",
    "BASE": "BASE",
    "BASEOPER": "BASEOPER",
    "LLN": "ANRLO",
    "ULN": "ANRHI",
}


def grade(visits: pl.DataFrame, ctcae: pl.DataFrame, analytes: pl.DataFrame) -> pl.DataFrame:
    """The grade of every record of every term's parameter, copies of records left out.

    Args:
        visits: BDS.
        ctcae: term PARAMCD grade baseline(normal, high or null) op value of factor; `unit` must be
            the parameter's.
        analytes: PARAMCD unit decimals.

    Returns:
        `COLUMNS`. ATOXGR is the highest grade whose limits are met, 0 when none is, and null while
        a higher one cannot be ruled out; BTOXGR is the grade of the baseline record.
    """
    scale = Scale(dict(analytes.select("PARAMCD", "decimals").iter_rows()))
    measured = visits.filter(pl.col("DTYPE").fill_null("") != "LOV")
    graded = []
    for (term, code), limits in ctcae.group_by("term", "PARAMCD", maintain_order=True):
        own = measured.filter(pl.col("PARAMCD") == code).with_columns(columns(code, **READ))
        level = _grade(limits, scale)
        graded.append(own.select(*visits.columns, TERM=pl.lit(term), ATOXGR=level))
    everything = pl.concat(graded)
    at_baseline = everything.filter(pl.col("ABLFL") == "Y").select(
        "USUBJID", "TERM", BTOXGR="ATOXGR"
    )
    return (
        everything.join(at_baseline, on=["USUBJID", "TERM"], how="left")
        .sort("TERM", "USUBJID", "ADT", "ADTM", "ROWID", nulls_last=False)
        .select(COLUMNS)
    )


def shift(graded: pl.DataFrame) -> pl.DataFrame:
    """Subjects by grade at baseline and worst grade after it; null is not known.

    Returns:
        TERM baseline worst n, sorted.
    """
    per_subject = graded.group_by("TERM", "USUBJID").agg(
        baseline=pl.col("BTOXGR").first(),
        worst=pl.col("ATOXGR").filter(pl.col("ADY") > 1).max(),
        seen=(pl.col("ADY") > 1).any(),
    )
    return (
        per_subject.filter("seen")
        .group_by("TERM", "baseline", "worst")
        .agg(n=pl.len().cast(pl.Int64))
        .sort("TERM", "baseline", "worst", nulls_last=True)
    )


def _grade(limits: pl.DataFrame, scale: Scale) -> pl.Expr:
    level = pl.lit(0)
    for (number,), rows in limits.sort("grade").group_by("grade", maintain_order=True):
        alternatives = [_criterion(row) for row in rows.iter_rows(named=True)]
        met = verdict({"any": alternatives}, scale)
        level = pl.when(met).then(pl.lit(number)).when(~met).then(level)
    return level.cast(pl.Int64)


def _criterion(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the dictionary as a criterion of `remit.analysis.criteria`."""
    code = row["PARAMCD"]
    limit: dict[str, Any] = {"parameter": code, "op": row["op"]}
    if row["value"] is not None:
        limit["value"] = row["value"]
    else:
        limit |= {"of": row["of"], "factor": row["factor"] or 1}
    if row["baseline"] is None:
        return limit
    sign = ">" if row["baseline"] == "high" else "<="
    return {"all": [{"parameter": code, "at": "baseline", "op": sign, "of": "uln"}, limit]}
