"""The period of a table: from when to when its subjects were under observation, for all its numbers.

Events, deaths, time at risk and every rate of a table are of one period.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

NAMES = {
    "on_treatment": "from the first to the last dose",
    "emergent": "from the first dose to so many days after the last, while under observation",
    "follow_up": "from the first dose to the end of observation",
}


def period(
    name: str, subjects: pl.DataFrame, adverse_events: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """First and last day of a period, one row per treated subject.

    Observation ends with death, the end of follow-up, the last dose or the start of the last event
    reported, whichever is latest: an event that was reported was observed.

    Args:
        name: Of `NAMES`.
        subjects: ADSL: USUBJID TRTSDT TRTEDT EOSDT DTHDT.
        adverse_events: ADAE: USUBJID ASTDT.
        spec: Config section `adverse_events`, of which `after_last_dose_days`.

    Returns:
        USUBJID START END DAYS (the number of days, both ends among them), sorted.
    """
    reported = adverse_events.group_by("USUBJID").agg(REPORTED=pl.col("ASTDT").max())
    observed = pl.max_horizontal("DTHDT", "EOSDT", "TRTEDT", "REPORTED")
    window = pl.duration(days=spec["after_last_dose_days"])
    end = {
        "on_treatment": pl.col("TRTEDT"),
        "emergent": pl.min_horizontal(pl.col("TRTEDT") + window, observed),
        "follow_up": observed,
    }[name]
    return (
        subjects.filter(pl.col("TRTSDT").is_not_null())
        .join(reported, on="USUBJID", how="left")
        .select("USUBJID", START="TRTSDT", END=end)
        .with_columns(DAYS=(pl.col("END") - pl.col("START")).dt.total_days() + 1)
        .sort("USUBJID")
    )
