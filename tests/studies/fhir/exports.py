"""What a FHIR server would have exported of ten invented patients, a bundle each: `write(folder)`."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

PATIENTS = 10
#: Days after the first infusion on which blood is taken, before it the baseline.
DAYS = (-6, 28, 55, 83)
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
Resource = dict[str, Any]


def write(folder: Path) -> None:
    """One delivery: a folder with the bundle of every patient."""
    delivery = folder / "bundles" / "2023-09"
    delivery.mkdir(parents=True)
    for patient in range(1, PATIENTS + 1):
        entries = [{"resource": each} for each in _resources(patient)]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        text = json.dumps(bundle, ensure_ascii=False, indent=1)
        (delivery / f"{patient:02}.json").write_text(text + "\n", encoding="utf-8")


def start_of(patient: int) -> date:
    """The first infusion."""
    return date(2023, 1, 9) + timedelta(days=5 * patient)


def haemoglobin(patient: int, visit: int) -> float:
    """Invented, in g/dL: most rise by two or more, some do not."""
    rise = (0.0, 0.2 * patient, 0.25 * patient, 2.5 - 0.1 * patient)[visit]
    return round(8.0 + 0.1 * patient + rise, 1)


def _resources(patient: int) -> list[Resource]:
    who = {"reference": f"Patient/p{patient}"}
    start = start_of(patient)
    person: Resource = {
        "resourceType": "Patient",
        "id": f"p{patient}",
        "name": [{"family": f"Example{patient}", "given": ["Alex"]}],
        "gender": "female" if patient % 2 else "male",
        "birthDate": f"{1950 + patient}-04-12",
    }
    if patient == 6:
        person["deceasedDateTime"] = f"{start + timedelta(days=120)}"
    resources: list[Resource] = [person, {"resourceType": "Encounter", "id": f"e{patient}"}]
    for number, after in enumerate((0, 7)):
        resources.append(
            {
                "resourceType": "MedicationAdministration",
                "id": f"m{patient}-{number}",
                "status": "completed",
                "medicationCodeableConcept": {"text": "Ferric carboxymaltose"},
                "subject": who,
                "effectiveDateTime": f"{start + timedelta(days=after)}T09:30:00+01:00",
                "dosage": {"dose": {"value": 500, "unit": "mg", "system": UCUM, "code": "mg"}},
            }
        )
    for visit, day in enumerate(DAYS):
        if (patient, visit) == (4, 2):  # missed
            continue
        # Just before midnight by UTC, which is the day after by the study's clock.
        moment = datetime.combine(start + timedelta(days=day - 1), datetime.min.time())
        when = f"{moment + timedelta(hours=23, minutes=20):%Y-%m-%dT%H:%M:%S}Z"
        number = f"{patient}-{visit}"
        value = haemoglobin(patient, visit)
        resources.append(
            _observation(f"h{number}", who, when, "718-7", "Hemoglobin", value, "g/dL")
        )
        ferritin = _observation(
            f"f{number}", who, when, "2276-4", "Ferritin", 10 if visit == 0 else 150, "ng/mL"
        )
        if visit == 0:
            ferritin["valueQuantity"]["comparator"] = "<"
        resources.append(ferritin)
    # A result that was withdrawn, and a pressure, which is no laboratory result.
    wrong = _observation(
        f"w{patient}",
        who,
        f"{start + timedelta(days=30)}T08:00:00Z",
        "718-7",
        "Hemoglobin",
        19.9,
        "g/dL",
    )
    pressure = _observation(
        f"b{patient}", who, f"{start}T08:00:00Z", "8480-6", "Systolic blood pressure", 128, "mm[Hg]"
    )
    pressure["category"] = [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}]
    resources += [wrong | {"status": "entered-in-error"}, pressure]
    if patient in (3, 8):
        resources.append(
            {
                "resourceType": "AdverseEvent",
                "id": f"a{patient}",
                "actuality": "actual",
                "event": {"coding": [{"display": "Infusion related reaction"}], "text": "rash"},
                "subject": who,
                "date": f"{start}T10:15:00+01:00",
            }
        )
    return resources


def _observation(
    number: str, who: Resource, when: str, code: str, name: str, value: float, unit: str
) -> Resource:
    return {
        "resourceType": "Observation",
        "id": number,
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}], "text": name},
        "subject": who,
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }
