"""What the hospital's systems would have exported of twelve invented patients: `write(folder)`."""

import csv
from datetime import date, timedelta
from pathlib import Path

PATIENTS = 12
#: Days after the first tablet on which blood and urine are taken, before it the baseline.
DAYS = (-5, 28, 84, 168)
LAST_CONTACT = 168


def start_of(patient: int) -> date:
    """The first tablet."""
    return date(2022, 1, 10) + timedelta(days=9 * patient)


def uacr(patient: int, visit: int) -> int:
    """Invented: some fall at once, some later, some never."""
    base = 180 + 37 * patient
    left = (1.0, 0.95 - 0.04 * patient, 0.97 - 0.03 * patient, 1.05 - 0.05 * patient)[visit]
    return round(base * left)


def write(folder: Path) -> None:
    """Folders of exports as the feeds of the study name them: Windows-1252, semicolons, 03.02.2022."""
    people, doses, results = [], [], []
    for patient in range(1, PATIENTS + 1):
        name = f"DKD-{patient:03}"
        sex = "weiblich" if patient % 2 else "männlich"
        people.append([name, "Müller", sex, f"21.07.{1940 + patient}", f"{70 + patient},5"])
        start = start_of(patient)
        # One stopped on day 100, one had another drug before, all others still take it.
        end = start + timedelta(days=99) if patient == 3 else None
        doses.append([name, "Dapagliflozin", 10, "mg", _text(start), _text(end)])
        if patient == 4:
            before = start - timedelta(days=200)
            doses.append([name, "Empagliflozin", 25, "mg", _text(before), _text(start)])
        for visit, day in enumerate(DAYS):
            if (patient, visit) == (7, 2):  # missed
                continue
            creatinine = f"{1.1 + 0.02 * patient + 0.03 * visit:.2f}".replace(".", ",")
            taken = _text(start + timedelta(days=day))
            results.append([name, taken, creatinine, uacr(patient, visit)])
    _save(
        folder / "stammdaten/Stammdaten Export.csv",
        ["Patienten-Nr.", "Name", "Geschlecht", "Geburtsdatum", "Gewicht (kg)"],
        people,
    )
    _save(
        folder / "dosierung/dosierung.csv",
        ["Patienten-Nr.", "Präparat", "Dosis", "Einheit", "Beginn", "Ende"],
        doses,
    )
    _save(
        folder / "labor/Labor 2022.csv",
        [
            *("Patienten-Nr.", "Abnahmedatum", "Kreatinin (mg/dl)"),
            "Albumin/Kreatinin-Ratio Urin (mg/g)",
        ],
        results,
    )


def _text(day: date | None) -> str:
    return day.strftime("%d.%m.%Y") if day else ""


def _save(path: Path, head: list[str], rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="cp1252", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([head, *rows])
