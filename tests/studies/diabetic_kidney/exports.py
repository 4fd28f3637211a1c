"""What a German hospital's systems would have exported of twelve invented patients: `write(folder)`."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl

PATIENTS = 12
#: Days after the first tablet on which blood and urine are taken, before it the baseline.
DAYS = (-5, 28, 84, 168)
#: Who did not come to which visit.
MISSED = (7, 2)
#: What the laboratory wrote instead of a number.
WORDS = {(9, 3): "<5", (10, 2): ">5000"}


def write(folder: Path) -> None:
    """Folders of exports as the feeds of the study name them."""
    visits = [
        (patient, visit, start_of(patient) + timedelta(days=day))
        for patient in range(1, PATIENTS + 1)
        for visit, day in enumerate(DAYS)
        if (patient, visit) != MISSED
    ]
    _text(folder / "stammdaten_export/Stammdaten Export.csv", _people())
    _text(folder / "dosierung/dosierung.csv", _tablets())
    _text(folder / "labor/Labor 2022.csv", _laboratory(visits))
    _workbook(folder / "vitalwerte_und_medikation/Vitalwerte und Medikation.xlsx", visits)
    _redcap(folder / "dkd_data/DKD_DATA_2023-05-02.csv")


def start_of(patient: int) -> date:
    """The first tablet."""
    return date(2022, 1, 10) + timedelta(days=9 * patient)


def uacr(patient: int, visit: int) -> int:
    """Invented, in mg/g: some fall at once, some later, some never."""
    base = 180 + 37 * patient
    left = (1.0, 0.95 - 0.04 * patient, 0.97 - 0.03 * patient, 1.05 - 0.05 * patient)[visit]
    return round(base * left)


def _people() -> list[list[object]]:
    return [
        ["Patienten-Nr.", "Name", "Geschlecht", "Geburtsdatum", "Gewicht (kg)"],
        *(
            [_id(k), "Müller", ("männlich", "weiblich")[k % 2], f"21.07.{1940 + k}", f"{70 + k},5"]
            for k in range(1, PATIENTS + 1)
        ),
    ]


def _tablets() -> list[list[object]]:
    """One stopped on day 100, one had another drug before, all others still take theirs."""
    rows: list[list[object]] = [["Patienten-Nr.", "Präparat", "Dosis", "Einheit", "Beginn", "Ende"]]
    for k in range(1, PATIENTS + 1):
        start = start_of(k)
        end = _day(start + timedelta(days=99)) if k == 3 else ""
        rows.append([_id(k), "Dapagliflozin", 10, "mg", _day(start), end])
    before = start_of(4) - timedelta(days=200)
    return [*rows, [_id(4), "Empagliflozin", 25, "mg", _day(before), _day(start_of(4))]]


def _laboratory(visits: list[tuple[int, int, date]]) -> list[list[object]]:
    head: list[object] = [
        *("Patienten-Nr.", "Visite", "Abnahmedatum", "HbA1c (%)", "Kreatinin (mg/dl)"),
        *("Kalium (mmol/l)", "Albumin/Kreatinin-Ratio Urin (mg/g)"),
    ]
    rows = []
    for k, visit, day in visits:
        creatinine = _comma(1.1 + 0.02 * k + 0.03 * visit, 2)
        potassium = "hämolytisch" if (k, visit) == (2, 1) else _comma(4.2 + 0.1 * visit, 1)
        ratio = WORDS.get((k, visit), uacr(k, visit))
        hba1c = _comma(8.1 - 0.2 * visit, 1)
        rows.append([_id(k), f"V{visit}", _day(day), hba1c, creatinine, potassium, ratio])
    return [head, *rows]


def _workbook(path: Path, visits: list[tuple[int, int, date]]) -> None:
    book = openpyxl.Workbook()
    pressure = book.active
    pressure.title = "Vitalwerte"
    pressure.append(["Patienten-Nr.", "Datum", "RR syst.", "RR diast."])
    for k, visit, day in visits:
        pressure.append([_id(k), datetime(day.year, day.month, day.day), 150 - 3 * visit - k, 82])
    drugs = book.create_sheet("Begleitmedikation")
    drugs.append(["Patienten-Nr.", "Wirkstoff", "Dosis", "Einheit", "Frequenz", "Beginn", "Ende"])
    for k in range(1, PATIENTS + 1):
        drug = ("Ramipril", "Candesartan", "Metformin")[k % 3]
        drugs.append([_id(k), drug, 8, "mg", "1-0-0", datetime(2019, 8, k), None])
    path.parent.mkdir(parents=True)
    book.save(path)


def _redcap(path: Path) -> None:
    """The status in one instrument; the urine of who missed a visit, by a laboratory elsewhere."""
    head = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    rows = [[*head, "status", "status_date", "ext_uacr_date", "ext_uacr_mmol"]]
    for k in range(1, PATIENTS + 1):
        last = start_of(k) + timedelta(days=DAYS[-1])
        rows.append([_id(k), "baseline_arm_1", "", "", "2" if k == 3 else "1", str(last), "", ""])
    who, visit = MISSED
    day = start_of(who) + timedelta(days=DAYS[visit])
    rows.append([_id(who), "month_3_arm_1", "external_lab", "1", "", "", str(day), "20.0"])
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _text(path: Path, rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="cp1252", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)


def _id(patient: int) -> str:
    return f"DKD-{patient:03}"


def _day(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _comma(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")
