"""New grades of BILAG-2004, which SRI-4 looks at.

Source: SRI, Furie, Arthritis Rheum 2009;61:1143; BILAG-2004, Isenberg, Rheumatology 2005;44:902. Each
of nine systems has a grade from A, severe, to E, never involved.
"""

from __future__ import annotations

import polars as pl

from remit.analysis.scores import ASSESSMENT, SOURCE
from remit.analysis.study_days import date_of, moment_of

SYSTEMS = (
    "BLCONST",
    "BLMUCO",
    "BLNEURO",
    "BLMUSC",
    "BLCARD",
    "BLGASTRO",
    "BLOPHTH",
    "BLRENAL",
    "BLHAEM",
)
GRADE_A, GRADE_B = 12, 8


def new_grades(qs: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """BILAGNA and BILAGNB: systems newly graded A, and newly graded B, since baseline.

    Baseline is the last assessment of all nine systems on or before the first dose. A system is newly
    A when it was not A, newly B when it was neither A nor B. The counts are null at an assessment
    that lacks a system, and for a subject without a baseline.

    Args:
        qs: USUBJID QSTESTCD QSSTRESN QSDTC SRCFILE SRCLINE SRCSHA ROWID.
        subjects: USUBJID TRTSDT.
    """
    graded = qs.filter(pl.col("QSTESTCD").is_in(SYSTEMS)).with_columns(ADT=date_of("QSDTC"))
    whole = pl.col("QSSTRESN").is_not_null().sum().over(ASSESSMENT) == len(SYSTEMS)
    before = (
        graded.filter(whole)
        .join(subjects.select("USUBJID", "TRTSDT"), on="USUBJID", how="inner")
        .filter(pl.col("ADT") <= pl.col("TRTSDT"))
        .filter(pl.col("QSDTC") == pl.col("QSDTC").max().over("USUBJID"))
        .select("USUBJID", "QSTESTCD", BEFORE="QSSTRESN")
    )
    now, then = pl.col("QSSTRESN"), pl.col("BEFORE")
    known = (now.is_not_null() & then.is_not_null()).sum() == len(SYSTEMS)
    new_a = (now == GRADE_A) & (then < GRADE_A)
    new_b = (now == GRADE_B) & (then < GRADE_B)
    return (
        graded.join(before, on=["USUBJID", "QSTESTCD"], how="left")
        .sort(*ASSESSMENT, "QSTESTCD")
        .group_by(ASSESSMENT, maintain_order=True)
        .agg(
            pl.when(known).then(new_a.sum()).cast(pl.Float64).alias("BILAGNA"),
            pl.when(known).then(new_b.sum()).cast(pl.Float64).alias("BILAGNB"),
            pl.col(SOURCE).first(),
        )
        .unpivot(
            on=["BILAGNA", "BILAGNB"],
            index=[*ASSESSMENT, *SOURCE],
            variable_name="PARAMCD",
            value_name="AVAL",
        )
        .with_columns(
            ADT=date_of("QSDTC"), ADTM=moment_of("QSDTC"), DTYPE=pl.lit("BILAG-2004 ITEMS")
        )
        .drop("QSDTC")
    )
