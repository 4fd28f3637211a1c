"""Time to response: Kaplan-Meier curves with their medians."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows


def time_to_event(events: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """Estimate the share without the event over time, for every parameter.

    Args:
        events: ADTTE: USUBJID PARAMCD PARAM AVAL (days) CNSR (0 event, 1 censored).
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM time: one summary (time null), then one row per
        distinct time from 0 on, in days.
    """
    records: list[Record] = []
    ordered = events.sort("PARAMCD", "AVAL", "CNSR", "USUBJID")
    for (code, name), group in ordered.group_by("PARAMCD", "PARAM", maintain_order=True):
        keys = {"PARAMCD": code, "PARAM": name}
        timed = group.drop_nulls("AVAL")
        if timed.is_empty():
            nothing = missing(["median", "median_ci_low", "median_ci_high"], "nobody at risk")
            records.append((keys, {"n": 0, "events": 0, **nothing}))
            continue
        curve, summary = kaplan_meier(timed["AVAL"], timed["CNSR"] == 0, spec["conf_level"])
        records.append((keys, summary))
        records += [(keys | {"time": time}, step) for time, step in curve]
    return rows("time_to_event", records, spec)


def kaplan_meier(
    time: pl.Series, event: pl.Series, conf_level: float
) -> tuple[list[tuple[float, Statistics]], Statistics]:
    """Steps and summary of the Kaplan-Meier estimate with log-log intervals (lifelines)."""
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    fitter = KaplanMeierFitter(alpha=1 - conf_level)
    fitter.fit(time.to_numpy(), event.to_numpy())
    table = fitter.event_table
    estimate = fitter.survival_function_.iloc[:, 0]
    band = fitter.confidence_interval_survival_function_
    steps: list[tuple[float, Statistics]] = [
        (
            float(at),
            {
                "at_risk": int(table.at_risk[at]),
                "event": int(table.observed[at]),
                "censored": int(table.censored[at]),
                "survival": float(estimate[at]),
                "survival_ci_low": float(band.iloc[:, 0][at]),
                "survival_ci_high": float(band.iloc[:, 1][at]),
            },
        )
        for at in table.index
    ]
    medians = {
        "median": float(fitter.median_survival_time_),
        "median_ci_low": float(median_survival_times(band).iloc[0, 0]),
        "median_ci_high": float(median_survival_times(band).iloc[0, 1]),
    }
    summary = {"n": len(time), "events": int(event.sum())} | {
        name: value if value < float("inf") else Noted(None, error="not reached")
        for name, value in medians.items()
    }
    return steps, summary
