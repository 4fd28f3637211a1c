"""The visit windows of a study, compiled from the plan and proved free of overlaps and gaps.

Pure Python: the plan is checked before any data is read and before polars is imported.
A window is a range of study days. There is no day 0: day 1 is the first dose, day -1 the day before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from remit.errors import RemitError

DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": 30.4375}


class Window(NamedTuple):
    """One planned visit: its name, number, and target, first and last study day."""

    name: str
    number: float
    target: int
    low: int
    high: int


def compile(spec: Mapping[str, Any]) -> list[Window]:
    """Turn the `visits` section into windows in study-day order, the baseline window first.

    The visits that copy the last record (`ends`) follow; they have no days, so their target is 0.

    Generated windows meet half-way between two targets; the day exactly half-way belongs to the
    earlier visit. A visit closed by `half_width` may leave days to no visit; a declared table may
    do so only under `gaps: allowed`.

    Raises:
        RemitError: names every overlap, gap, unordered or impossible window at once.
    """
    baseline = spec["baseline"]
    first = Window(
        baseline["name"], float(baseline.get("number", 0)), 1, -int(baseline["look_back"]), 1
    )
    plan = spec["windows"]
    if plan.get("table"):
        planned = [
            Window(w["name"], float(w["number"]), w["target"], w["low"], w["high"])
            for w in plan["table"]
        ]
        gaps_allowed = plan.get("gaps") == "allowed"
    else:
        planned = _generate(plan["generate"])
        gaps_allowed = plan["generate"].get("half_width") is not None
    ends = [Window(end["name"], float(end["number"]), 0, 0, 0) for end in spec.get("ends", [])]
    if problems := _problems([first, *planned], gaps_allowed, ends):
        raise RemitError("visits.windows:\n" + "\n".join(f"  {problem}" for problem in problems))
    return [first, *planned, *ends]


def elapsed(day: int) -> int:
    """Days since the first dose, so that differences of study days step over the missing day 0."""
    return day - 1 if day > 0 else day


def _generate(plan: Mapping[str, Any]) -> list[Window]:
    length = plan["every"] * DAYS_PER_UNIT[plan["unit"]]
    visits = plan.get("at") or list(range(plan["first"], plan["last"] + 1))
    targets = [_half_up(length * k) + 1 for k in visits]
    # The last window is as wide after its target as the visit interval before it.
    step = targets[-1] - targets[-2] if len(targets) > 1 else _half_up(length)
    ends = [(a + b) // 2 for a, b in pairwise(targets)] + [targets[-1] + step // 2]
    half_width = plan.get("half_width")
    reach = math.inf if half_width is None else half_width
    windows = []
    for k, target, low, high in zip(
        visits, targets, [2, *(end + 1 for end in ends)], ends, strict=False
    ):
        windows.append(
            Window(
                plan["name"].format(k=k),
                float(k),
                target,
                int(max(low, target - reach)),
                int(min(high, target + reach)),
            )
        )
    return windows


def _half_up(days: float) -> int:
    return math.floor(days + 0.5)


def _problems(windows: list[Window], gaps_allowed: bool, ends: list[Window]) -> list[str]:
    problems = []
    for window in windows:
        if 0 in (window.low, window.high, window.target):
            problems.append(f'"{window.name}": there is no study day 0; use -1 or 1')
        if not window.low <= window.target <= window.high:
            problems.append(
                f'"{window.name}": the target, day {window.target}, lies outside '
                f"day {window.low} to {window.high}"
            )
    for before, after in pairwise(windows):
        if after.low <= before.high:
            problems.append(f"{_span(after)} overlaps or precedes {_span(before)}")
        elif elapsed(after.low) - elapsed(before.high) > 1 and not gaps_allowed:
            problems.append(
                f"days {before.high + 1} to {after.low - 1} belong to no visit: they lie between "
                f"{_span(before)} and {_span(after)}; widen one, or write `gaps: allowed`"
            )
    names = [window.name for window in windows + ends]
    problems += [f'"{name}" is used twice' for name in sorted(set(names)) if names.count(name) > 1]
    numbers = [window.number for window in windows + ends]
    if len(set(numbers)) < len(numbers):
        problems.append("two visits have the same number")
    return problems


def _span(window: Window) -> str:
    return f'"{window.name}" (day {window.low} to {window.high})'
