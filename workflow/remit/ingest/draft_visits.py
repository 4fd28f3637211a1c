"""A first plan of visits: on which days after the first dose results were collected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from remit.ingest.draft import Draft
from remit.ingest.samples import FORMATS, TIMES, Sample, moment

Read = tuple[Sample, Draft]
MONTH = 30.4375
Step = tuple[float, dict[str, Any], float]
#: Days of a step, what the plan calls it, what a visit is called, and how far off a visit's median may lie.
STEPS: tuple[Step, ...] = (
    (MONTH, {"name": "Month {k}", "every": 1, "unit": "months"}, 7),
    (28, {"name": "Month {k}", "every": 28, "unit": "days"}, 5),
    (7, {"name": "Week {k}", "every": 1, "unit": "weeks"}, 2),
)
#: Of the steps from one date of a person to the next, so many must be of one length.
SURE, LEAST = 0.6, 10


class Visits(NamedTuple):
    """`visits.windows.generate` and why; None where nothing regular was found, and why."""

    generate: dict[str, Any] | None
    evidence: str


def draft_visits(read: Sequence[Read]) -> Visits:
    """The visits that the dates of a laboratory are, counted from the first dose.

    Args:
        read: each table and the feed that it seems to be.
    """
    doses = [(who, day) for who, day, _ in _dated(read, "ex", "EXSTDTC", None)]
    first = {who: min(day for of, day in doses if of == who) for who, _ in doses}
    if not first:
        return Visits(None, "no export of doses was shown, from whose first one visits are counted")
    seen = [
        (who, (day - first[who]).days, visit)
        for who, day, visit in _dated(read, "lb", "LBDTC", "VISIT")
        if who in first
    ]
    if not seen:
        return Visits(None, "no result of a person with a dose was found")
    named: dict[str, dict[str, int]] = {}
    for who, days, visit in seen:
        if visit:
            named.setdefault(visit, {}).setdefault(who, days)
    if len(named) > 1:
        return _by_name({visit: list(days.values()) for visit, days in named.items()})
    return _by_steps(seen)


def _dated(
    read: Iterable[Read], domain: str, column: str, beside: str | None
) -> Iterator[tuple[str, date, str]]:
    """Person, day and the cell beside it of every row of a domain that has a date."""
    for sample, found in read:
        columns = found.feed.get("columns", {})
        if found.domain != domain or column not in columns:
            continue
        who, when = (sample.headers.index(columns[name]) for name in ("SUBJID", column))
        what = sample.headers.index(columns[beside]) if beside and beside in columns else None
        formats = found.feed.get("dates", [f + t for f in FORMATS if f[:2] == "%Y" for t in TIMES])
        for row in (row for row in sample.rows if len(row) > max(who, when, what or 0)):
            days = (moment(row[when].strip(), format) for format in formats)
            if (day := next(filter(None, days), None)) and row[who].strip():
                yield row[who].strip(), day.date(), row[what].strip() if what is not None else ""


def _by_name(named: Mapping[str, list[int]]) -> Visits:
    """Visits that the laboratory names, at the median of their days."""
    days = {visit: median(found) for visit, found in named.items()}
    counted = sorted(days, key=lambda visit: days[visit])
    told = ", ".join(f"{visit} {days[visit]:+g} days in {len(named[visit])}" for visit in counted)
    after = [days[visit] for visit in counted if days[visit] > 7]
    for length, step, off in _by_fit(after):
        at = [round(day / length) for day in after]
        near = all(abs(day - k * length) <= off for day, k in zip(after, at, strict=True))
        if at and near:
            return Visits(step | {"at": sorted(set(at))}, f"from the first dose, medians: {told}")
    return Visits(None, f"from the first dose, medians: {told}")


def _by_fit(days: Sequence[float]) -> list[Step]:
    """The steps, first the one whose multiples the days lie nearest to, as a share of it.

    A month and 28 days differ by two days only; over half a year it shows which of them was meant.
    """

    def off(step: Step) -> float:
        return sum(abs(day / step[0] - round(day / step[0])) for day in days)

    return sorted(STEPS, key=off)


def _by_steps(seen: Sequence[tuple[str, int, str]]) -> Visits:
    """Visits at the step that most dates of a person are apart."""
    of: dict[str, set[int]] = {}
    for who, days, _ in seen:
        of.setdefault(who, set()).add(days)
    steps: list[int] = []
    for dates in of.values():
        kept: list[int] = []
        for day in sorted(dates):
            if not kept or day - kept[-1] > 6:
                kept.append(day)
        steps += [b - a for a, b in pairwise(kept)]
    if len(steps) < LEAST:
        return Visits(None, f"too few dates of a person follow each other ({len(steps)})")
    usual = median(steps)
    like = sum(abs(step - usual) <= 0.2 * usual for step in steps)
    told = f"{like} of {len(steps)} steps from one date of a person to the next are of about {usual:g} days"
    last = max(days for _, days, _ in seen)
    for length, step, off in _by_fit([days for _, days, _ in seen if days > 7]):
        k = round(usual / length)
        near = k >= 1 and abs(usual - k * length) <= min(off, 0.05 * usual)
        if near and like >= SURE * len(steps) and last >= usual:
            at = list(range(k, round(last / length) + 1, k))
            ends = {"at": at} if k > 1 else {"first": 1, "last": len(at)}
            return Visits(step | ends, told)
    return Visits(None, told)
