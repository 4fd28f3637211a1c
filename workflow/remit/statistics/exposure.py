"""How long and how much the subjects were treated."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.statistics.ard import Record, Statistics, missing, rows
from remit.statistics.descriptive import describe

# Of ADSL: code, what it is, unit.
DURATION = ("TRTDURM", "Treatment duration", "months")
_OF_SUBJECTS = [DURATION, ("TRTDURD", "Treatment duration", "d")]
_DOSES = ("NDOSES", "Doses", "1")
# Of ADEX, one value per dose.
_PER_KG = ("AEXDOSK", "Dose by body weight", "mg/kg")
_INTERVAL = ("INTERVAL", "Days since the previous dose", "d")


def exposure(
    exposure: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Describe duration of treatment, and number, size and spacing of doses, in both populations.

    Doses by body weight are described where they are planned so; number and spacing where each dose is
    of one day.

    Args:
        exposure: ADEX: USUBJID EXDOSE EXDOSU AEXDOSK INTERVAL.
        subjects: ADSL: USUBJID TRTDURM TRTDURD NDOSES and the populations' flags.
        spec: Config section `statistics`, with `dosing`.

    Returns:
        Rows of `ard.COLUMNS`; keys population PARAMCD PARAM UNIT. `n` counts subjects, for sizes of
        doses and intervals doses.
    """
    records: list[Record] = []
    dosing = spec["dosing"]
    for population in dict.fromkeys((spec["population"], spec["safety_population"])):
        members = subjects.filter(pl.col(population) == "Y")
        doses = exposure.join(members.select("USUBJID"), on="USUBJID", how="semi")
        counted = [_DOSES] if dosing["single"] else []
        weighed = [_PER_KG] if dosing["per_kg"] else [_size(doses)]
        spaced = [_INTERVAL] if dosing["single"] else []
        of_doses = [*weighed, *spaced] if doses.height else []
        for source, columns in ((members, [*_OF_SUBJECTS, *counted]), (doses, of_doses)):
            for code, name, unit in columns:
                keys = {"population": population, "PARAMCD": code, "PARAM": name, "UNIT": unit}
                records.append((keys, sample(source[code], spec)))
    return rows("exposure", records, spec)


def _size(doses: pl.DataFrame) -> tuple[str, str, str]:
    """The dose as it was reported, in its unit where all have one."""
    units = doses["EXDOSU"].unique().to_list()
    return "EXDOSE", "Dose", str(units[0]) if len(units) == 1 and units[0] else ""


def sample(values: pl.Series, spec: Mapping[str, Any]) -> Statistics:
    """Describe the values that are not missing."""
    found = describe(values.drop_nulls().cast(pl.Float64).to_numpy(), spec["quantile_type"])
    absent = [name for name, value in found.items() if value is None]
    return found | missing(absent, "no values" if not found["n"] else "one value has no spread")
