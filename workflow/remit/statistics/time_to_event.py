"""Time to response: Kaplan-Meier curves, and cumulative incidence where events compete."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.descriptive import Floats

_NO_INTERVAL = "no interval at 0 or 1"


def time_to_event(events: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """Estimate the share without the event over time, for every parameter.

    Args:
        events: ADTTE: USUBJID PARAMCD PARAM AVAL (days) CNSR (0 event, 1 censored) CMPEVT (the
            competing event that ended a censored time, or null).
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM time: one summary (time null), then one row per
        distinct time from 0 on, in days. Where competing events occur the rows also have the
        cumulative incidence (Aalen & Johansen 1978); 1 - survival would overstate it.
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
        competing = aalen_johansen(timed, spec["conf_level"])
        for time, step in curve:
            records.append((keys | {"time": time}, {**step, **competing.get(time, {})}))
    return rows("time_to_event", records, spec)


def kaplan_meier(
    time: pl.Series, event: pl.Series, conf_level: float
) -> tuple[list[tuple[float, Statistics]], Statistics]:
    """Steps and summary of the Kaplan-Meier estimate with log-log intervals (lifelines).

    Where all or none are left the interval is missing, as in R; lifelines gives one of no width.
    """
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter(alpha=1 - conf_level)
    fitter.fit(time.to_numpy(), event.to_numpy())
    counts = fitter.event_table
    survival = fitter.survival_function_.iloc[:, 0].to_numpy()
    ends = fitter.confidence_interval_survival_function_.to_numpy()
    inside = (survival > 0) & (survival < 1)
    ends[~inside] = np.nan
    at = counts.index.to_numpy()
    outside = missing(["survival_ci_low", "survival_ci_high"], _NO_INTERVAL)
    steps: list[tuple[float, Statistics]] = []
    for k, (low, high) in enumerate(ends.tolist()):
        band = {"survival_ci_low": low, "survival_ci_high": high} if inside[k] else outside
        statistics: Statistics = {
            "at_risk": int(counts.at_risk.iloc[k]),
            "event": int(counts.observed.iloc[k]),
            "censored": int(counts.censored.iloc[k]),
            "survival": float(survival[k]),
            **band,
        }
        steps.append((float(at[k]), statistics))
    medians = {
        "median": _half(at, survival),
        "median_ci_low": _half(at, ends[:, 0]),
        "median_ci_high": _half(at, ends[:, 1]),
    }
    return steps, {"n": len(time), "events": int(event.sum()), **medians}


def _half(time: Floats, survival: Floats) -> float | Noted:
    """First time at which half or less are left; where exactly half stay, the middle of the step.

    So do R's survfit and SAS's LIFETEST; lifelines takes the step's first time.
    """
    reached = time[survival <= 0.5 + 1e-12]
    if not reached.size:
        return Noted(None, error="not reached")
    first = float(reached[0])
    passed = time[survival < 0.5 - 1e-12]
    exactly = abs(survival[time == first][0] - 0.5) <= 1e-12
    return (first + float(passed[0])) / 2 if exactly and passed.size else first


def aalen_johansen(timed: pl.DataFrame, conf_level: float) -> dict[float, Statistics]:
    """Cumulative incidence by time; empty when nothing competes.

    lifelines' fitter moves tied times apart at random; visits tie most times, so it is done here.
    The standard error is the infinitesimal jackknife's and the interval log-log, as R's survfit of
    several states.
    """
    event = (timed["CNSR"] == 0).to_numpy()
    competes = timed["CMPEVT"].is_not_null().to_numpy() & ~event
    if not competes.any():
        return {}
    from scipy.special import ndtri

    own = timed["AVAL"].to_numpy()
    reach = float(ndtri((1 + conf_level) / 2))
    survival, incidence = 1.0, 0.0
    # What one more subject like each one would change: in log survival, and in the incidence.
    pull, influence = np.zeros(own.size), np.zeros(own.size)
    result: dict[float, Statistics] = {}
    for time in np.unique(np.append(own, 0.0)).tolist():
        at_risk = own >= time
        here = (own == time) & (event | competes)
        wanted = (own == time) & event
        size = int(at_risk.sum())
        hazard, all_hazard = wanted.sum() / size, here.sum() / size
        influence += survival * (pull * hazard + (wanted - at_risk * hazard) / size)
        incidence += survival * hazard
        if all_hazard < 1:
            pull -= (here - at_risk * all_hazard) / (size * (1 - all_hazard))
        survival *= 1 - all_hazard
        se = float(np.sqrt((influence**2).sum()))
        statistics: dict[str, float | int | Noted] = {
            "competing": int((here & competes).sum()),
            "incidence": float(incidence),
        }
        if 0 < incidence < 1:
            factor = np.exp(reach * se / (incidence * np.log(incidence)))
            statistics["incidence_ci_low"] = float(incidence ** (1 / factor))
            statistics["incidence_ci_high"] = float(incidence**factor)
        else:
            ends = ["incidence_ci_low", "incidence_ci_high"]
            statistics |= missing(ends, _NO_INTERVAL)
        result[float(time)] = statistics
    return result
