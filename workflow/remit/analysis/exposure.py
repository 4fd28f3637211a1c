"""Doses given: mg, mg/kg and the days between them (ADEX), and adherence to the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.study_days import date_of, study_day
from remit.schemas.consistency import GIVEN

COLUMNS = (
    *("STUDYID", "USUBJID", "EXTRT", "EXDOSE", "EXDOSU", "ASTDT", "ASTDY", "AEXDOSK", "INTERVAL"),
    *("SRCFILE", "SRCLINE", "SRCSHA", "ROWID"),
)


def derive_exposure(ex: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """ADEX, one row per dose, sorted by subject and date.

    Args:
        ex: Harmonized doses of the study's treatment.
        subjects: STUDYID USUBJID TRTSDT WEIGHT(kg).

    Returns:
        `COLUMNS`. AEXDOSK is in mg/kg, null for a dose in a unit other than mg or mg/kg; INTERVAL in
        days since the subject's previous dose of the same drug.
    """
    unit = pl.col("EXDOSU").str.to_lowercase().str.strip_chars()
    people = subjects.select("STUDYID", "USUBJID", "TRTSDT", "WEIGHT")
    return (
        ex.drop("STUDYID", strict=False)
        .join(people, on="USUBJID", how="inner")
        .with_columns(ASTDT=date_of("EXSTDTC"))
        .sort("USUBJID", "ASTDT", "EXTRT", "ROWID")
        .with_columns(
            ASTDY=study_day("ASTDT", "TRTSDT"),
            AEXDOSK=pl.when(unit == "mg/kg")
            .then("EXDOSE")
            .when(unit == "mg")
            .then(pl.col("EXDOSE") / pl.col("WEIGHT")),
            INTERVAL=pl.col("ASTDT").diff().dt.total_days().over("USUBJID", "EXTRT"),
        )
        .select(COLUMNS)
    )


def adherence(
    exposure: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Per treated subject: doses given and planned, dose, and doses given on time.

    A dose was planned when its day lies between first and last dose; it is on time when a dose was
    given within `tolerance_days` of its day.

    Returns:
        USUBJID NDOSES PLANNED ONTIME CUMDOSE(mg/kg) INTENSITY(% of the planned mg/kg) TRTDURD.
    """
    people = subjects.filter(pl.col("TRTSDT").is_not_null()).select("USUBJID", "TRTDURD")
    longest = int(people["TRTDURD"].drop_nulls().to_numpy().max(initial=0))
    tolerance, planned_dose = spec["tolerance_days"], spec["planned_mg_per_kg"]
    planned = people.join(
        pl.DataFrame({"day": planned_days(spec, longest + tolerance)}, schema={"day": pl.Int64}),
        how="cross",
    ).filter(pl.col("day") <= pl.col("TRTDURD") + tolerance)
    given = exposure.filter(GIVEN)
    on_time = (
        planned.join(given.select("USUBJID", "ASTDY"), on="USUBJID")
        .filter((pl.col("ASTDY") - pl.col("day")).abs() <= tolerance)
        .unique(["USUBJID", "day"])
        .group_by("USUBJID")
        .agg(ONTIME=pl.len())
    )
    # A planned day just after the last dose counts only when it was met.
    met = planned.group_by("USUBJID").agg(
        PLANNED=(pl.col("day") <= pl.col("TRTDURD").first()).sum()
    )
    # Without a body weight a dose in mg is no dose in mg/kg, and the sum is not known.
    dose = pl.col("AEXDOSK")
    doses = given.group_by("USUBJID").agg(
        NDOSES=pl.len(), CUMDOSE=pl.when(dose.null_count() == 0).then(dose.sum())
    )
    return (
        people.join(met, on="USUBJID", how="left")
        .join(doses, on="USUBJID", how="left")
        .join(on_time, on="USUBJID", how="left")
        .with_columns(PLANNED=pl.max_horizontal("PLANNED", "ONTIME"))
        .select(
            "USUBJID",
            "NDOSES",
            "PLANNED",
            pl.col("ONTIME").fill_null(0),
            "CUMDOSE",
            INTENSITY=100 * pl.col("CUMDOSE") / (pl.col("PLANNED") * pl.lit(planned_dose)),
            TRTDURD="TRTDURD",
        )
        .sort("USUBJID")
    )


def planned_days(spec: Mapping[str, Any], until: int) -> list[int]:
    """Study days of the planned doses up to a day: those listed, then every so many days."""
    days = list(spec["days"])
    while days[-1] + spec["then_every"] <= until:
        days.append(days[-1] + spec["then_every"])
    return [day for day in days if day <= until]
