"""What a longitudinal REDCap project would have exported of eleven invented patients: `write(folder)`.

Instruments by event, and three that repeat: study drug, other drugs, adverse events.
"""

import csv
from datetime import date, timedelta
from pathlib import Path

PATIENTS = 11
EVENTS = ("baseline_arm_1", "month_1_arm_1", "month_3_arm_1", "month_6_arm_1")
#: Days after the first tablet of each event's visit.
DAYS = (-3, 27, 84, 170)
HEAD = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
FIELDS = [
    *("mrn", "full_name", "sex", "dob", "consent_date"),
    *("visit_date", "sbp", "dbp", "potassium"),
    *("drug", "drug_mg", "drug_start", "drug_stop"),
    *("other_drug", "other_start"),
    *("ae_term", "ae_start", "ae_grade", "ae_serious"),
]


def write(folder: Path) -> None:
    """One delivery: the export and the project's data dictionary."""
    delivery = folder / "redcap" / "2024-02-01"
    delivery.mkdir(parents=True)
    rows = [[*HEAD, *FIELDS]]
    for patient in range(1, PATIENTS + 1):
        rows += _record(patient)
    _save(delivery / "HTN_DATA_2024-02-01.csv", rows)
    _save(delivery / "HTN_DataDictionary_2024-02-01.csv", _dictionary())


def start_of(patient: int) -> date:
    """The first tablet."""
    return date(2023, 2, 6) + timedelta(days=6 * patient)


def pressure(patient: int, event: int) -> int:
    """Invented, systolic in mmHg."""
    return (158 + patient, 150 - patient, 147 - 2 * patient, 134 + patient)[event]


def _record(patient: int) -> list[list[str]]:
    start = start_of(patient)

    def row(event: int, instrument: str = "", instance: str = "", **fields: object) -> list[str]:
        own = [str(fields.get(name, "")) for name in FIELDS]
        return [str(patient), EVENTS[event], instrument, instance, *own]

    rows = []
    for event, day in enumerate(DAYS):
        fields: dict[str, object] = {}
        if event == 0:
            fields = {
                "mrn": 700100 + patient,
                "full_name": f"Example Person{patient}",
                "sex": 1 + patient % 2,
                "dob": f"{1950 + patient}-06-15",
                "consent_date": start - timedelta(days=10),
            }
        if (patient, event) != (5, 2):  # missed
            fields |= {
                "visit_date": start + timedelta(days=day),
                "sbp": pressure(patient, event),
                "dbp": 90 - patient,
                "potassium": f"{4 + patient / 10:.1f}".replace(".", ","),
            }
        rows.append(row(event, **fields))
    # Two courses with a pause for every third patient, one for all others.
    stops = [start + timedelta(days=170)]
    begins = [start]
    if patient % 3 == 0:
        begins, stops = [start, start + timedelta(days=50)], [start + timedelta(days=40), *stops]
    for instance, (begin, stop) in enumerate(zip(begins, stops, strict=True), 1):
        drug = {"drug": "Telmisartan", "drug_mg": 40, "drug_start": begin, "drug_stop": stop}
        rows.append(row(0, "study_drug", str(instance), **drug))
    rows.append(row(0, "other_drugs", "1", other_drug="Amlodipine", other_start="2022-05"))
    if patient in (2, 7):
        event = {"ae_start": start + timedelta(days=30), "ae_grade": 1 + patient // 7}
        rows.append(row(1, "adverse_events", "1", ae_term="Dizziness", ae_serious=0, **event))
    if patient == 7:
        event = {"ae_start": start + timedelta(days=100), "ae_grade": 3}
        rows.append(row(2, "adverse_events", "2", ae_term="Syncope", ae_serious=1, **event))
    return rows


def _dictionary() -> list[list[str]]:
    head = [
        *("Variable / Field Name", "Form Name", "Field Type", "Field Label"),
        "Choices, Calculations, OR Slider Labels",
        "Text Validation Type OR Show Slider Number",
    ]
    choices = {
        "sex": "1, Male | 2, Female",
        "ae_grade": "1, Mild | 2, Moderate | 3, Severe",
    }
    rows = [head, ["record_id", "demographics", "text", "Record", "", ""]]
    for name in FIELDS:
        kind = "radio" if name in choices else "yesno" if name == "ae_serious" else "text"
        validation = "number_1dp_comma_decimal" if name == "potassium" else ""
        rows.append([name, "", kind, name, choices.get(name, ""), validation])
    return rows


def _save(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
