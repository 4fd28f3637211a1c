"""What a trial unit would have exported of sixteen invented patients in two arms: `write(folder)`."""

import csv
from datetime import date, timedelta
from pathlib import Path

PATIENTS = 16
#: The drug of each arm, in turn.
ARMS = ("Adalimumab", "Etanercept")
DAYS = (-4, 83, 168)
MISSED = (9, 1)
ITEMS = {
    "TJC28": "Tender joint count (28)",
    "SJC28": "Swollen joint count (28)",
    "PTGA": "Patient global assessment (0-100)",
    "PHGA": "Physician global assessment (0-100)",
}


def write(folder: Path) -> None:
    """People, injections, joint counts, C-reactive protein and adverse events."""
    patients = range(1, PATIENTS + 1)
    visits = [(k, v) for k in patients for v in range(len(DAYS)) if (k, v) != MISSED]
    _save(
        folder / "people/people.csv",
        ["Subject", "Sex", "Date of birth", "Consent", "Status", "Status date"],
        [
            [
                *(_id(k), "Female" if k % 3 else "Male", f"{1955 + k}-03-02"),
                *(start_of(k) - timedelta(days=12), "Completed", _day(k, 2)),
            ]
            for k in patients
        ],
    )
    _save(
        folder / "injections/injections.csv",
        ["Subject", "Drug", "Dose (mg)", "First", "Last"],
        [
            [_id(k), ARMS[k % 2], 40 if k % 2 == 0 else 50, start_of(k), _day(k, 2)]
            for k in patients
        ],
    )
    _save(
        folder / "joints/joints.csv",
        ["Subject", "Date", "Item", "Score"],
        [
            [_id(k), _day(k, v), name, scores(k, v)[item]]
            for k, v in visits
            for item, name in ITEMS.items()
        ],
    )
    _save(
        folder / "laboratory/crp.csv",
        ["Subject", "Date", "CRP (mg/L)"],
        [[_id(k), _day(k, v), crp(k, v)] for k, v in visits],
    )
    _save(
        folder / "events/events.csv",
        ["Subject", "Event", "Preferred term", "Class", "Start", "Serious", "Related", "Grade"],
        [
            [
                *(_id(k), "cold", "Nasopharyngitis", "Infections and infestations"),
                *(_day(k, 0) + timedelta(days=40), "No", "Possible", 1 + k % 2),
            ]
            for k in (2, 5, 11)
        ],
    )


def start_of(patient: int) -> date:
    """The first injection."""
    return date(2022, 3, 1) + timedelta(days=4 * patient)


def scores(patient: int, visit: int) -> dict[str, int]:
    """Invented: the counts of the first arm fall faster."""
    fall = visit * (3 if patient % 2 == 0 else 2) * patient // 6
    return {
        "TJC28": max(14 - fall, 0),
        "SJC28": max(11 - fall, 0),
        "PTGA": max(72 - 5 * fall, 4),
        "PHGA": max(66 - 5 * fall, 3),
    }


def crp(patient: int, visit: int) -> float:
    """Invented, in mg/L."""
    return round(22.0 / (1 + visit * patient / 8), 1)


def _id(patient: int) -> str:
    return f"RA-{1000 + patient}"


def _day(patient: int, visit: int) -> date:
    return start_of(patient) + timedelta(days=DAYS[visit])


def _save(path: Path, head: list[str], rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([head, *rows])
