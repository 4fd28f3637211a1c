"""Who the subjects were before treatment."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.statistics.ard import Record, rows
from remit.statistics.exposure import DURATION, sample
from remit.statistics.response import share

_NUMBERS = [("AGE", "Age at first dose", "a"), ("WEIGHT", "Body weight", "kg"), DURATION]
_CATEGORIES = [("SEX", "Sex"), ("LNCLASS", "Lupus nephritis class")]


def baseline(
    subjects: pl.DataFrame, visits: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Describe both populations at baseline.

    Args:
        subjects: ADSL: USUBJID AGE WEIGHT TRTDURM SEX LNCLASS and the populations' flags.
        visits: BDS: USUBJID PARAMCD AVAL ABLFL.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys population PARAMCD PARAM UNIT category. Numbers (category null)
        have the statistics of a sample, categories those of a proportion.
    """
    values = visits.filter(pl.col("ABLFL") == "Y").sort("PARAMCD", "USUBJID")
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    records: list[Record] = []
    for population in dict.fromkeys((spec["population"], spec["safety_population"])):
        members = subjects.filter(pl.col(population) == "Y").sort("USUBJID")
        own = values.join(members.select("USUBJID"), on="USUBJID", how="semi")
        # What was collected of nobody is no row of dashes.
        for code, name, unit in _NUMBERS:
            if subjects[code].null_count() == len(subjects):
                continue
            records.append((_keys(population, code, name, unit), sample(members[code], spec)))
        for code, name in _CATEGORIES:
            given = members[code].drop_nulls()
            for level in given.unique().sort():
                keys = _keys(population, code, name, None) | {"category": level}
                records.append((keys, share(int((given == level).sum()), len(given), spec)))
        for code in spec["parameters"]:
            keys = _keys(population, code, known[code]["PARAM"], known[code]["unit"])
            measured = own.filter(pl.col("PARAMCD") == code)["AVAL"]
            records.append((keys, sample(measured, spec)))
    return rows("baseline", records, spec)


def _keys(population: str, code: str, name: str, unit: str | None) -> dict[str, str | None]:
    return {"population": population, "PARAMCD": code, "PARAM": name, "UNIT": unit}
