"""Which record stands for a visit: windows, rules, ties, and the reason for every record.

Works on a frame sorted by series (one subject and parameter) and time, by looking at neighbouring
rows only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from remit.plan.windows import Window

OUTSIDE = -1
UNKNOWN = np.iinfo(np.int64).min

REASONS = [
    "subject was not treated",
    "date incomplete",
    "no value",
    "before the look-back of the baseline",
    "after the first dose, on its day",
    "outside every window",
    "not a visit of the plan",
    "no number, where another record of the visit has one",
    "only record of the visit",
    "part of the mean of the visit",
    "mean of the records of the visit",
    "copy of the last record analysed",
    "tie: the earlier record was chosen",
    "tie: the later record was chosen",
    "tie: the better method was chosen",
    "chosen: closest to the target day",
    "chosen: last of the visit",
    "chosen: first of the visit",
    "chosen: worst value of the visit",
    "chosen: closest to the anchor's date",
    "farther from the target day than the record chosen",
    "not the last of the visit",
    "not the first of the visit",
    "not the worst value of the visit",
    "farther from the anchor's date than the record chosen",
]
CODE = {reason: code for code, reason in enumerate(REASONS)}
ONLY, PART = CODE["only record of the visit"], CODE["part of the mean of the visit"]
TIES = {
    "earlier": CODE["tie: the earlier record was chosen"],
    "later": CODE["tie: the later record was chosen"],
    "better_method": CODE["tie: the better method was chosen"],
}
# Rules by number; the reasons of winner and losers follow in the same order.
RULES = ["closest", "last", "first", "worst", "anchor", "mean"]
CLOSEST, LAST, FIRST, WORST, ANCHOR, MEAN = range(len(RULES))
WON = np.array([*range(CODE["chosen: closest to the target day"], len(REASONS) - 5), PART])
LOST = np.array([*range(len(REASONS) - 5, len(REASONS)), PART])


class Choice(NamedTuple):
    """Per record: number of its window or OUTSIDE, code of its reason, and two flags."""

    window: np.ndarray
    reason: np.ndarray
    baseline: np.ndarray
    analysed: np.ndarray


def choose(frame: pl.DataFrame, windows: list[Window], spec: Mapping[str, Any]) -> Choice:
    """Place records in windows; flag one baseline a series and one record a visit.

    Args:
        frame: Sorted by series and time, with `series subject PARAMCD AVAL AVALC ADY late TRTSDT better
            METHOD VISIT`.
        windows: Planned visits, the baseline window first.
        spec: Config section `visits`.
    """
    window = _windows_of(frame, windows, spec)
    reason = _unplaced(frame, window, spec)
    _numbers_first(frame, window, reason, len(windows))
    baseline = _baseline(frame, window, reason, spec["baseline"])
    return Choice(
        window, reason, baseline, baseline | _visits(frame, window, reason, windows, spec)
    )


def _windows_of(frame: pl.DataFrame, windows: list[Window], spec: Mapping[str, Any]) -> np.ndarray:
    baseline = spec["baseline"]
    named = baseline["rule"] == "visit"
    if spec.get("assign") == "nominal":
        number = {planned.name: k for k, planned in enumerate(windows)}
        if named:
            number = {baseline["visit"]: 0} | {name: k for name, k in number.items() if k}
        visit = frame["VISIT"].replace_strict(number, default=OUTSIDE, return_dtype=pl.Int64)
        return visit.to_numpy().copy()
    first, last = windows[0].low, windows[-1].high
    table = np.full(last - first + 2, OUTSIDE)
    for k, planned in enumerate(windows):
        table[planned.low - first : planned.high - first + 1] = k
    day = frame["ADY"].fill_null(last + 1).to_numpy()
    # Every day outside falls on the table's last entry.
    window = table[np.where((day < first) | (day > last), last + 1, day) - first]
    # What is known to have been drawn after the first dose is no baseline.
    window = np.where((window == 0) & frame["late"].to_numpy(), OUTSIDE, window)
    if named:
        at_baseline = (frame["VISIT"] == baseline["visit"]).fill_null(False).to_numpy()
        window = np.where(at_baseline, 0, np.where(window == 0, OUTSIDE, window))
    return window


def _unplaced(frame: pl.DataFrame, window: np.ndarray, spec: Mapping[str, Any]) -> np.ndarray:
    """Reasons known before any choice; every other record starts as the only one of its visit."""
    day = pl.col("ADY")
    unplanned = CODE["not a visit of the plan"]
    named = spec["baseline"]["rule"] == "visit"
    before = unplanned if named else CODE["before the look-back of the baseline"]
    beyond = unplanned if spec.get("assign") == "nominal" else CODE["outside every window"]
    early = (
        pl.when(pl.col("TRTSDT").is_null())
        .then(CODE["subject was not treated"])
        .when(day.is_null())
        .then(CODE["date incomplete"])
        .when(pl.col("AVAL").is_null() & pl.col("AVALC").is_null())
        .then(CODE["no value"])
        .when(day < 1)
        .then(before)
        .when(pl.col("late") & pl.lit(not named))
        .then(CODE["after the first dose, on its day"])
        .otherwise(beyond)
    )
    reason = frame.select(early.cast(pl.Int8)).to_series().to_numpy().copy()
    window[reason < CODE["no value"]] = OUTSIDE
    reason[(window != OUTSIDE) & (reason > CODE["no value"])] = ONLY
    return reason


def _numbers_first(
    frame: pl.DataFrame, window: np.ndarray, reason: np.ndarray, windows: int
) -> None:
    """Set aside texts such as NEGATIVE at visits that have a number of the same parameter."""
    placed = reason == ONLY
    text = placed & frame["AVAL"].is_null().to_numpy()
    if text.any():
        visit = frame["series"].to_numpy() * windows + window
        better = np.isin(visit, visit[placed & ~text])
        reason[text & better] = CODE["no number, where another record of the visit has one"]


def _baseline(
    frame: pl.DataFrame, window: np.ndarray, reason: np.ndarray, spec: Mapping[str, Any]
) -> np.ndarray:
    """Flag the baseline record of each series; `rule: mean` marks the parts of several instead."""
    flag = np.zeros(len(window), dtype=bool)
    rows = np.flatnonzero((window == 0) & (reason == ONLY))
    if not len(rows):
        return flag
    starts, sizes = _runs(frame["series"].to_numpy()[rows])
    from_end = np.repeat(starts + sizes, sizes) - np.arange(len(rows)) - 1
    several = np.repeat(sizes > 1, sizes)
    reason[rows[several]] = LOST[LAST]
    if spec["rule"] == "mean":
        reason[rows[several & (from_end < spec["records"])]] = PART
        flag[rows[~several]] = True
    else:
        reason[rows[several & (from_end == 0)]] = WON[LAST]
        flag[rows[from_end == 0]] = True
    return flag


def _visits(
    frame: pl.DataFrame,
    window: np.ndarray,
    reason: np.ndarray,
    windows: list[Window],
    spec: Mapping[str, Any],
) -> np.ndarray:
    """Flag the one record analysed per series and post-baseline window."""
    own = {code: RULES.index(r["choose"]) for code, r in spec.get("parameters", {}).items()}
    rule = np.full(len(window), RULES.index(spec["choose"]), dtype=np.int8)
    for code, number in own.items():
        rule[(frame["PARAMCD"] == code).to_numpy()] = number
    if spec.get("anchor") is None:
        return _best(frame, window, reason, rule, windows, spec)
    first = (frame["PARAMCD"] == spec["anchor"]).to_numpy()
    flag = _best(frame, np.where(first, window, OUTSIDE), reason, rule, windows, spec)
    subject = frame["subject"].to_numpy()
    days = np.full((int(subject.max(initial=0)) + 1, len(windows)), UNKNOWN)
    rows = np.flatnonzero(flag)
    days[subject[rows], window[rows]] = frame["ADY"].to_numpy()[rows]
    wanted = np.where(window == OUTSIDE, UNKNOWN, days[subject, window])
    rule[(rule == CLOSEST) & (wanted != UNKNOWN)] = ANCHOR
    others = np.where(first, OUTSIDE, window)
    return flag | _best(frame, others, reason, rule, windows, spec, wanted)


def _best(
    frame: pl.DataFrame,
    window: np.ndarray,
    reason: np.ndarray,
    rule: np.ndarray,
    windows: list[Window],
    spec: Mapping[str, Any],
    wanted: np.ndarray | None = None,
) -> np.ndarray:
    """Per series and window the record of least rank, then the tie rule; writes the reasons.

    `wanted` is the anchor's study day per record, where a record has one.
    """
    flag = np.zeros(len(window), dtype=bool)
    rows = np.flatnonzero((window > 0) & (reason == ONLY))
    if not len(rows):
        return flag
    visit = frame["series"].to_numpy()[rows] * len(windows) + window[rows]
    if spec.get("assign") == "nominal":  # only day windows are in time order already
        arranged = np.argsort(visit, kind="stable")
        rows, visit = rows[arranged], visit[arranged]
    starts, sizes = _runs(visit)
    rule = rule[rows]
    target = np.array([w.target for w in windows])[window[rows]]
    if wanted is not None:
        target = np.where(rule == ANCHOR, wanted[rows], target)
    rank = _rank(frame, rows, rule, target)
    least = np.repeat(np.minimum.reduceat(rank, starts), sizes) == rank
    place = np.arange(len(rows), dtype=np.float64)
    if spec["tie"] == "later":
        place = -place
    elif spec["tie"] == "better_method":
        place += len(rows) * _method_rank(frame["METHOD"].gather(rows), spec["methods"])
    place[~least] = np.inf
    best = np.repeat(np.minimum.reduceat(place, starts), sizes) == place
    several = np.repeat(sizes > 1, sizes)
    reason[rows] = np.where(
        several,
        np.where(best, WON[rule], np.where(least, TIES[spec["tie"]], LOST[rule])),
        ONLY,
    )
    mean = several & (rule == MEAN)
    reason[rows[mean]] = PART
    flag[rows[best & ~mean]] = True
    return flag


def _rank(
    frame: pl.DataFrame, rows: np.ndarray, rule: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """How far each record is from being the one wanted, smaller being better."""
    day = frame["ADY"].to_numpy()[rows]
    rank = np.abs(_elapsed(day) - _elapsed(target)).astype(np.float64)
    if np.isin(rule, (LAST, FIRST)).any():
        moment = _moments(frame)[rows]
        rank[rule == LAST] = -moment[rule == LAST]
        rank[rule == FIRST] = moment[rule == FIRST]
    rank[rule == MEAN] = 0
    if (rule == WORST).any():
        part = frame.select(
            pl.when(pl.col("better") == "down").then(-pl.col("AVAL")).otherwise("AVAL")
        ).to_series()
        worst = part.gather(rows).fill_null(np.inf).to_numpy()
        rank[rule == WORST] = worst[rule == WORST]
    return rank


def _moments(frame: pl.DataFrame) -> np.ndarray:
    """A number that rises with time in each series; the same where no time tells two apart."""
    later = (pl.col("ADY") != pl.col("ADY").shift()) | (pl.col("ADTM") != pl.col("ADTM").shift())
    return frame.select(later.fill_null(False).cum_sum()).to_series().cast(pl.Float64).to_numpy()


def _method_rank(methods: pl.Series, order: list[str]) -> np.ndarray:
    ranks = {method: rank for rank, method in enumerate(order)}
    return methods.replace_strict(ranks, default=len(order), return_dtype=pl.Float64).to_numpy()


def _elapsed(day: np.ndarray) -> np.ndarray:
    """Study days as days since the first dose; `windows.elapsed` on arrays."""
    return day - (day > 0)


def _runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start and length of each run of equal values."""
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return starts, np.diff(np.append(starts, len(values)))
