"""Estimated glomerular filtration rate of adults, mL/min/1.73 m2, from serum creatinine.

Sources: CKD-EPI 2021, Inker, N Engl J Med 2021;385:1737; CKD-EPI 2009, Levey, Ann Intern Med
2009;150:604; MDRD (IDMS), Levey, Ann Intern Med 2006;145:247; MDRD for Chinese patients, Ma,
J Am Soc Nephrol 2006;17:2937. The coefficient for Black patients is not applied.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from remit.analysis.division import divided

UMOL_PER_MG_DL = 88.4


def egfr(formula: str, scr: pl.Expr, age: pl.Expr, female: pl.Expr) -> pl.Expr:
    """EGFR by the named formula; null when an argument is null or the person is under 18.

    Args:
        formula: A key of `FORMULAS`.
        scr: Serum creatinine, umol/L.
        age: Completed years at sampling.
        female: Boolean.
    """
    value = FORMULAS[formula](divided(scr, UMOL_PER_MG_DL), age, female)
    return pl.when(age >= 18, female.is_not_null(), scr > 0).then(value)


def _ckd_epi_2021(scr: pl.Expr, age: pl.Expr, female: pl.Expr) -> pl.Expr:
    ratio = divided(scr, _by_sex(female, 0.7, 0.9))
    low, high = pl.min_horizontal(ratio, pl.lit(1.0)), pl.max_horizontal(ratio, pl.lit(1.0))
    return (
        142.0
        * low.pow(_by_sex(female, -0.241, -0.302))
        * high.pow(-1.200)
        * pl.lit(0.9938).pow(age)
        * _by_sex(female, 1.012, 1.0)
    )


def _ckd_epi_2009(scr: pl.Expr, age: pl.Expr, female: pl.Expr) -> pl.Expr:
    ratio = divided(scr, _by_sex(female, 0.7, 0.9))
    low, high = pl.min_horizontal(ratio, pl.lit(1.0)), pl.max_horizontal(ratio, pl.lit(1.0))
    return (
        141.0
        * low.pow(_by_sex(female, -0.329, -0.411))
        * high.pow(-1.209)
        * pl.lit(0.993).pow(age)
        * _by_sex(female, 1.018, 1.0)
    )


def _mdrd(scr: pl.Expr, age: pl.Expr, female: pl.Expr) -> pl.Expr:
    return 175.0 * scr.pow(-1.154) * age.pow(-0.203) * _by_sex(female, 0.742, 1.0)


def _mdrd_chinese(scr: pl.Expr, age: pl.Expr, female: pl.Expr) -> pl.Expr:
    return 175.0 * scr.pow(-1.234) * age.pow(-0.179) * _by_sex(female, 0.79, 1.0)


def _by_sex(female: pl.Expr, woman: float, man: float) -> pl.Expr:
    return pl.when(female).then(woman).otherwise(man)


FORMULAS: dict[str, Callable[[pl.Expr, pl.Expr, pl.Expr], pl.Expr]] = {
    "CKD-EPI 2021": _ckd_epi_2021,
    "CKD-EPI 2009": _ckd_epi_2009,
    "MDRD": _mdrd,
    "MDRD Chinese": _mdrd_chinese,
}
