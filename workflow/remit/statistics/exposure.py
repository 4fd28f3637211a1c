"""How long and how much the subjects were treated."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.statistics.ard import Record, Statistics, missing, rows
from remit.statistics.descriptive import describe

# Of ADSL: code, what it is, unit.
DURATION = ("TRTDURM", "Treatment duration", "months")
_OF_SUBJECTS = [
    DURATION,
    ("TRTDURD", "Treatment duration", "d"),
    ("NDOSES", "Infusions", "1"),
]
# Of ADEX, one value per infusion.
_OF_INFUSIONS = [
    ("AEXDOSK", "Dose per infusion", "mg/kg"),
    ("INTERVAL", "Days since the previous infusion", "d"),
]


def exposure(
    exposure: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Describe duration, number, size and spacing of the infusions in both populations.

    Args:
        exposure: ADEX: USUBJID AEXDOSK INTERVAL.
        subjects: ADSL: USUBJID TRTDURM TRTDURD NDOSES and the populations' flags.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys population PARAMCD PARAM UNIT. `n` counts subjects, for doses
        and intervals infusions.
    """
    records: list[Record] = []
    for population in (spec["population"], spec["safety_population"]):
        members = subjects.filter(pl.col(population) == "Y")
        infusions = exposure.join(members.select("USUBJID"), on="USUBJID", how="semi")
        for source, columns in ((members, _OF_SUBJECTS), (infusions, _OF_INFUSIONS)):
            for code, name, unit in columns:
                keys = {"population": population, "PARAMCD": code, "PARAM": name, "UNIT": unit}
                records.append((keys, sample(source[code], spec)))
    return rows("exposure", records, spec)


def sample(values: pl.Series, spec: Mapping[str, Any]) -> Statistics:
    """Describe the values that are not missing."""
    found = describe(values.drop_nulls().cast(pl.Float64).to_numpy(), spec["quantile_type"])
    absent = [name for name, value in found.items() if value is None]
    return found | missing(absent, "no values" if not found["n"] else "one value has no spread")
