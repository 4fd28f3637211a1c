"""What was accepted and reaches no analysis, with the reason: nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis import daily_doses

COLUMNS = ("kind", "name", "rows", "subjects", "reason")
NOT_NAMED = "nothing of the plan names it, or what is derived from it"
NOT_TREATMENT = "not a drug of the study's treatment"
NO_CLASS = "neither a rescue drug nor one of a class whose daily dose is derived"
NO_DOSE = "no daily dose: its unit is not mg, or its frequency is not known"
NOT_READ = "no analysis reads the column"
#: Columns that a feed may map and no analysis reads.
UNREAD = {"ex": ("EXROUTE",), "dm": ("LNDXDTC",)}


def unused(
    domains: Mapping[str, pl.DataFrame],
    dictionaries: Mapping[str, pl.DataFrame],
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """One row per parameter, item, drug or column that was accepted and that no analysis looks at.

    Args:
        domains: The harmonized domains dm ex lb qs cm.
        dictionaries: `equivalents` and `frequencies`.
        spec: `parameters` (those that the plan uses), `said` (every word of the plan), `drugs` of the
            treatment and of `rescue`, and `daily_doses`.

    Returns:
        `COLUMNS`, the most rows of a kind first.
    """
    lb, qs, ex, cm = (domains[name] for name in ("lb", "qs", "ex", "cm"))
    used = spec["parameters"]
    found = [
        _counted(lb, "LBTESTCD", "parameter", ~pl.col("LBTESTCD").is_in(used), NOT_NAMED),
        _counted(qs, "QSTESTCD", "parameter", ~pl.col("QSTESTCD").is_in(used), NOT_NAMED),
    ]
    if spec["drugs"]:
        found.append(_counted(ex, "EXTRT", "drug", ~_is_one("EXTRT", spec["drugs"]), NOT_TREATMENT))
    of_class = pl.col("PARAMCD").is_in(list(spec["daily_doses"]))
    drugs = dictionaries["equivalents"].filter(of_class)["drug"].to_list()
    known = _is_one("CMTRT", [*drugs, *spec["rescue"]])
    found.append(_counted(cm, "CMTRT", "drug", ~known, NO_CLASS))
    for parameter, plan in spec["daily_doses"].items():
        courses = daily_doses.courses(parameter, cm, dictionaries, plan)
        found.append(_counted(courses, "CMTRT", "drug", pl.col("DAILY").is_null(), NO_DOSE))
    for domain, columns in UNREAD.items():
        for column in columns:
            frame = domains[domain].filter(pl.col(column).is_not_null())
            frame = frame.select("USUBJID", name=pl.lit(column))
            unsaid = pl.lit(column not in spec["said"])
            found.append(_counted(frame, "name", "column", unsaid, NOT_READ))
    return pl.concat(found).sort("kind", "rows", "name", descending=[True, True, False])


def _counted(
    rows: pl.DataFrame, column: str, kind: str, unused: pl.Expr, reason: str
) -> pl.DataFrame:
    return (
        rows.filter(unused, pl.col(column).is_not_null())
        .group_by(name=pl.col(column).cast(pl.String))
        .agg(rows=pl.len().cast(pl.Int64), subjects=pl.col("USUBJID").n_unique().cast(pl.Int64))
        .select(pl.lit(kind).alias("kind"), "name", "rows", "subjects", reason=pl.lit(reason))
    )


def _is_one(column: str, names: list[str]) -> pl.Expr:
    wanted = [name.lower().strip() for name in names]
    return pl.col(column).str.to_lowercase().str.strip_chars().is_in(wanted)
