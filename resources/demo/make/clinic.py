"""What the clinic recorded: registry, infusions, SLEDAI-2K, medication and adverse events."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

from make.cohort import COHORT
from make.laboratories import ASSAYS, MEN, person, wanted
from make.patient import MONTH, Patient, chance
from make.rows import Files, Row

WEIGHTS = {
    "Seizure": 8,
    "Psychosis": 8,
    "Organic brain syndrome": 8,
    "Visual disturbance": 8,
    "Cranial nerve disorder": 8,
    "Lupus headache": 8,
    "CVA": 8,
    "Vasculitis": 8,
    "Arthritis": 4,
    "Myositis": 4,
    "Urinary casts": 4,
    "Haematuria": 4,
    "Proteinuria": 4,
    "Pyuria": 4,
    "Rash": 2,
    "Alopecia": 2,
    "Mucosal ulcers": 2,
    "Pleurisy": 2,
    "Pericarditis": 2,
    "Low complement": 2,
    "Increased DNA binding": 2,
    "Fever": 1,
    "Thrombocytopenia": 1,
    "Leukopenia": 1,
}
TOTAL = "SLEDAI-2K total"
MG_PER_KG = 10


def registry(files: Files) -> None:
    """One row a patient."""
    for patient in COHORT:
        cells = {
            **person(patient),
            "SEX": {"F": "Female", "M": "Male"}[patient.sex],
            "BRTHDTC": patient.born,
            "RFICDTC": consent(patient),
            "LNCLASS": patient.ln_class,
            "LNDXDTC": patient.ln_since,
            "WEIGHT": f"{patient.weight:.1f}",
            "DSDECOD": patient.status,
            "DSSTDTC": patient.status_date,
        }
        files.add("registry", "registry 2021-07.csv", Row(cells, (patient.mrn, 0, "DM")))


def consent(patient: Patient) -> date:
    """Consent was given when the baseline was taken."""
    return patient.visit(0)


def infusions(files: Files) -> None:
    """Every dose: day 1, day 15, then with each monthly assessment."""
    rows = []
    for patient in COHORT:
        assert patient.first_dose is not None
        days = [patient.first_dose, patient.first_dose + timedelta(days=14)]
        days += [patient.visit(month) for month in range(1, patient.months + 1)]
        rows += [infusion(patient, day, number) for number, day in enumerate(days)]
    for row in sorted(rows, key=lambda row: row.cells["EXSTDTC"]):
        day = row.cells["EXSTDTC"]
        quarter = f"infusions 2021/Q{(day.month + 2) // 3}.csv"
        files.add("infusions", "infusions 2020.csv" if day.year == 2020 else quarter, row)


def infusion(patient: Patient, day: date, number: int) -> Row:
    """One dose of 10 mg/kg over about an hour."""
    start = datetime.combine(day, time(10)) + timedelta(
        minutes=round(30 + 25 * chance(patient.mrn, day, "start"))
    )
    length = timedelta(minutes=round(66 + 6 * chance(patient.mrn, day, "length")))
    cells = {
        **person(patient),
        "EXTRT": "Belimumab",
        "EXDOSE": f"{patient.weight * MG_PER_KG:g}",
        "EXDOSU": "mg",
        "EXROUTE": "IV",
        "EXSTDTC": start,
        "EXENDTC": start + length,
    }
    return Row(cells, (patient.mrn, number, "EX"))


def sledai(files: Files) -> None:
    """One row an item and assessment, and one for the total on the form."""
    for patient in COHORT:
        for month in range(patient.months + 1):
            scores = items(patient, month)
            for item, score in {**scores, TOTAL: sum(scores.values())}.items():
                cells = {
                    **person(patient),
                    "QSTEST": item,
                    "QSORRES": str(score),
                    "QSDTC": patient.visit(month),
                }
                files.add("sledai", "SLEDAI-2K.csv", Row(cells, (patient.mrn, month, item)))


def items(patient: Patient, month: int) -> dict[str, int]:
    """The score of each item; items that the laboratory decides follow what it reported."""
    seen = {}
    for test, feed in wanted(patient, month):
        if test == "ANA":
            continue
        assay = ASSAYS[feed][test]
        low, high = (assay.low, assay.high)
        if patient.sex == "M":
            low, high = MEN.get(test, {}).get(feed, (low, high))
        number = float(assay.result(patient.value(test, month)).lstrip("<>"))
        seen[test] = (number, float(low or "-inf"), float(high or "inf"), number * assay.unit_is)
    present = {item for item, last in patient.clinical.items() if month <= last}
    found = {
        "Haematuria": seen["URBC"][0] > 5,
        "Pyuria": seen["UWBC"][0] > 5,
        "Proteinuria": round(seen["UPCR"][3], 3) > 0.5,
        "Low complement": any(seen[test][0] < seen[test][1] for test in ("C3", "C4")),
        "Increased DNA binding": seen["DSDNA"][0] > seen["DSDNA"][2],
        "Thrombocytopenia": seen["PLT"][3] < 100,
        "Leukopenia": seen["WBC"][3] < 3,
    }
    present |= {item for item, there in found.items() if there}
    return {item: weight if item in present else 0 for item, weight in WEIGHTS.items()}


def medication(files: Files) -> None:
    """Prednisone in falling doses, mycophenolate and hydroxychloroquine; one course a row."""
    for patient in COHORT:
        assert patient.first_dose is not None
        steroid = "Methylprednisolone" if patient.mrn == "40289513" else "Prednisone"
        factor = 0.8 if steroid == "Methylprednisolone" else 1
        for start, end, dose in tapering(patient):
            files.add(*course(patient, steroid, f"{dose * factor:g}", "QD", start, end))
        before = patient.first_dose - timedelta(days=round(60 + 30 * chance(patient.mrn, "MMF")))
        files.add(*course(patient, "Mycophenolate mofetil", "750", "BID", before, None))
        files.add(*course(patient, "Hydroxychloroquine", "200", "BID", before, None))
        if patient.ln_class == "IV+V":
            pulse = patient.first_dose - timedelta(days=21)
            row = course(
                patient, "Methylprednisolone", "500", "QD", pulse, pulse + timedelta(days=2)
            )
            row[2].cells["CMROUTE"] = "IV"
            files.add(*row)


def tapering(patient: Patient) -> list[tuple[date, date | None, float]]:
    """Start, end and daily dose; a dose that does not change goes on in the same course."""
    assert patient.first_dose is not None
    starts: list[tuple[date, float]] = []
    for month, dose in enumerate(patient.prednisone):
        if not starts or starts[-1][1] != dose:
            day = patient.first_dose + timedelta(days=MONTH * month + 1 if month else -14)
            starts.append((day, dose))
    ends = [later[0] - timedelta(days=1) for _, later in pairwise(starts)]
    return [(day, end, dose) for (day, dose), end in zip(starts, [*ends, None], strict=True)]


def course(
    patient: Patient, drug: str, dose: str, frequency: str, start: date, end: date | None
) -> tuple[str, str, Row]:
    """One course of a drug taken by mouth."""
    cells = {
        **person(patient),
        "CMTRT": drug,
        "CMDOSE": dose,
        "CMDOSU": "mg",
        "CMDOSFRQ": frequency,
        "CMROUTE": "PO",
        "CMSTDTC": start,
        "CMENDTC": end or "",
    }
    return "medication", "medication.csv", Row(cells, (patient.mrn, 0, drug))


def events(files: Files) -> None:
    """The two adverse events of the study."""
    infection, reaction = COHORT[6], COHORT[5]
    assert infection.first_dose is not None
    assert reaction.first_dose is not None
    cold = infection.first_dose + timedelta(days=131)
    second = reaction.first_dose + timedelta(days=14)
    for patient, start, days, term, system, grade, related in (
        (
            reaction,
            second,
            0,
            "Infusion related reaction",
            "Injury, poisoning and procedural complications",
            "1",
            "Related",
        ),
        (
            infection,
            cold,
            6,
            "Upper respiratory tract infection",
            "Infections and infestations",
            "2",
            "Not related",
        ),
    ):
        cells = {
            **person(patient),
            "AETERM": term,
            "AEDECOD": term,
            "AEBODSYS": system,
            "AESTDTC": start,
            "AEENDTC": start + timedelta(days=days),
            "AETOXGR": grade,
            "AESER": "No",
            "AEREL": related,
            "AEACN": "Dose not changed",
            "AEOUT": "Recovered",
        }
        files.add("events", "adverse events.csv", Row(cells, (patient.mrn, 0, "AE")))
