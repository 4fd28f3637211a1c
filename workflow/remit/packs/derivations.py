"""Records of every parameter: the laboratory's own and those derived from them.

A derived record says in DTYPE by which formula, and carries the source of the record that it was
derived from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis import composites, daily_doses, scores
from remit.analysis.records import as_records, laboratory
from remit.errors import RemitError
from remit.packs.kidney.derived import derived as of_kidney
from remit.packs.lupus.derived import derived as of_lupus


def records(
    lb: pl.DataFrame,
    qs: pl.DataFrame | None,
    cm: pl.DataFrame | None,
    subjects: pl.DataFrame,
    analytes: pl.DataFrame,
    spec: Mapping[str, Any],
    dictionaries: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """All records, measured and derived, with the columns of `RECORD`.

    Args:
        lb: Harmonized laboratory results.
        qs: Harmonized questionnaires, or None.
        cm: Harmonized medication, or None.
        subjects: USUBJID SEX BRTHDT TRTSDT.
        analytes: PARAMCD unit.
        spec: Config section `derivations`.
        dictionaries: `resources.DERIVED_WITH` as frames.

    Raises:
        RemitError: a parameter that `analytes` does not know.
    """
    measured = laboratory(lb)
    if spec.get("range_factors"):
        measured = _beyond(measured, spec["range_factors"])
    found = [measured, *of_kidney(measured, subjects, spec)]
    found += [_ratio_to_uln(pl.concat(found), code) for code in spec.get("ratio_to_uln", [])]
    if qs is not None:
        items = dictionaries["questionnaires"]
        found.append(scores.recorded(qs, analytes))
        found.append(scores.totals(qs, items, dictionaries["scores"]))
        found += of_lupus(qs, subjects, items)
    for parameter, plan in spec.get("daily_doses", {}).items():
        if cm is None:
            continue
        dates = measured.filter(pl.col("PARAMCD") == plan["on_dates_of"]).select("USUBJID", "ADT")
        courses = daily_doses.courses(parameter, cm, dictionaries, plan)
        found.append(daily_doses.at_dates(parameter, courses, dates, plan))
    everything = pl.concat([as_records(frame, analytes) for frame in found])
    made = composites.composed(everything, dictionaries["composites"])
    everything = _with_composed(everything, as_records(made, analytes))
    unknown = everything.join(analytes, on="PARAMCD", how="anti")["PARAMCD"].unique().sort()
    if len(unknown):
        raise RemitError(
            f"parameters without an entry in the dictionary of analytes: {', '.join(unknown)}"
        )
    return everything


def _with_composed(known: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """All records; what was recorded counts where its parts do not give it, and else they do."""
    key = ["USUBJID", "PARAMCD", "ADT"]
    known = known.join(made.filter(pl.col("AVAL").is_not_null()), on=key, how="anti")
    recorded = known.filter(pl.col("AVAL").is_not_null())
    return pl.concat([known, made.join(recorded, on=key, how="anti")])


def _beyond(measured: pl.DataFrame, factors: Mapping[str, Any]) -> pl.DataFrame:
    """ANRIND by multiples of the limits of normal, where a result came with limits."""
    value = pl.col("AVAL").round(10)
    low = value < (pl.col("ANRLO") * factors["low"]).round(10)
    high = value > (pl.col("ANRHI") * factors["high"]).round(10)
    judged = (
        pl.when(high)
        .then(pl.lit("HIGH"))
        .when(low)
        .then(pl.lit("LOW"))
        .when(pl.col("AVAL").is_not_null())
        .then(pl.lit("NORMAL"))
    )
    limits = pl.col("ANRLO").is_not_null() | pl.col("ANRHI").is_not_null()
    return measured.with_columns(ANRIND=pl.when(limits).then(judged).otherwise("ANRIND"))


def _ratio_to_uln(records: pl.DataFrame, code: str) -> pl.DataFrame:
    """A parameter in multiples of the upper limit of normal that came with each result."""
    return records.filter(pl.col("PARAMCD") == code, pl.col("ANRHI") > 0).with_columns(
        PARAMCD=pl.lit(f"{code}ULN"),
        AVAL=pl.col("AVAL") / pl.col("ANRHI"),
        DTYPE=pl.lit("RATIO TO ULN"),
    )
