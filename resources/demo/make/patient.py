"""A patient of a hospital, and when and with what values she was seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta

MONTH = 28


@dataclass(frozen=True)
class Patient:
    """One patient of a hospital.

    Attributes:
        mrn: hospital number; name, id_card, phone: direct identifiers, all invented.
        first_dose: date of the first infusion; None for a patient who is not in the study.
        months: month of the last infusion and assessment.
        labs: laboratory at baseline, and the one from `switch` on.
        serology: the feed that measures complement and anti-dsDNA; None for the laboratory itself.
        course: analyte to its value at baseline and each month, or to its first and last value.
        clinical: SLEDAI-2K item to the last month at which it is present.
    """

    mrn: str
    name: str
    id_card: str
    phone: str
    sex: str
    born: date
    weight: float
    first_dose: date | None
    months: int
    labs: tuple[str, str] = ("lab_west", "lab_west")
    switch: int = 99
    serology: str | None = None
    ana: str = "1:320"
    ln_class: str = "IV"
    ln_since: date = date(2018, 1, 1)
    status: str = "Ongoing"
    status_date: date = date(2021, 6, 30)
    prednisone: tuple[float, ...] = ()
    course: dict[str, tuple[float, ...]] = field(default_factory=dict)
    clinical: dict[str, int] = field(default_factory=dict)

    def visit(self, month: int) -> date:
        """The date of an assessment: baseline up to five days before, months a few days around."""
        assert self.first_dose is not None
        if month == 0:
            return _weekday(
                self.first_dose - timedelta(days=round(2.4 + 2.4 * self._chance(0))), -1
            )
        scatter = round(0.5 + 3 * self._chance(month))
        return _weekday(self.first_dose + timedelta(days=MONTH * month + scatter), 1)

    def lab(self, month: int) -> str:
        """The laboratory of a month."""
        return self.labs[month >= self.switch]

    def value(self, test: str, month: int) -> float:
        """The value of an analyte at a month, in Remit's unit, not yet rounded."""
        path = self.course[test]
        if len(path) == self.months + 1:
            return path[month]
        first, last = path
        part = month / max(self.months, 1)
        spread = {"SCR": 0.03, "DSDNA": 0.05, "C3": 0.02, "C4": 0.02, "HGB": 0.02}.get(test, 0.06)
        smooth = first * (last / first) ** part
        return smooth * (1 + (spread * chance(self.mrn, test, month) if month else 0))

    def _chance(self, month: int) -> float:
        return chance(self.mrn, "visit", month)


def chance(*key: object) -> float:
    """A number in [-1, 1) that depends on the key alone, on every machine and version."""
    digest = hashlib.sha256("|".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**31 - 1


def _weekday(day: date, step: int) -> date:
    while day.weekday() > 4:
        day += timedelta(days=step)
    return day
