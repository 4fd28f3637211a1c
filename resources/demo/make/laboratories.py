"""What each laboratory calls, measures and prints, and the results it reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from make.cohort import COHORT
from make.patient import Patient, chance
from make.rows import Cells, Files, Row

CREATININE = 88.4  # µmol/L in 1 mg/dL
MG_PER_MMOL = 0.00884  # g/g in 1 mg/mmol


@dataclass(frozen=True)
class Assay:
    """How a laboratory reports an analyte: its number is the value divided by `unit_is`."""

    name: str
    specimen: str
    unit: str
    unit_is: float
    decimals: int
    low: str = ""
    high: str = ""
    floor: float = 0
    ceiling: float = float("inf")
    method: str = ""
    loinc: str = ""

    def result(self, value: float) -> str:
        """The number as printed; beyond the range of measurement an inequality."""
        number = value / self.unit_is
        if number < self.floor:
            return f"<{self.floor:.{self.decimals}f}"
        if number > self.ceiling:
            return f">{self.ceiling:.{self.decimals}f}"
        return f"{number:.{self.decimals}f}"


WEST = {
    "UPCR": Assay("Protein/Creatinine Ratio", "Urine", "mg/g", 0.001, 0, "", "200"),
    "URBC": Assay("Urine RBC", "Urine", "/hpf", 1, 0, "0", "3"),
    "UWBC": Assay("Urine WBC", "Urine", "/hpf", 1, 0, "0", "5"),
    "SCR": Assay("Creatinine", "Serum", "mg/dL", CREATININE, 2, "0.46", "0.83"),
    "ALB": Assay("Albumin", "Serum", "g/dL", 10, 1, "4.0", "5.5"),
    "IGG": Assay("Immunoglobulin G", "Serum", "mg/dL", 0.01, 0, "700", "1600"),
    "C3": Assay("Complement C3", "Serum", "mg/dL", 0.01, 0, "79", "152"),
    "C4": Assay("Complement C4", "Serum", "mg/dL", 0.01, 0, "10", "40", 2),
    "DSDNA": Assay("Anti-dsDNA", "Serum", "IU/mL", 1, 0, "", "30", 10, 800),
    "ANA": Assay("ANA", "Serum", "", 1, 0),
    "HGB": Assay("Hemoglobin", "Whole blood", "g/dL", 10, 1, "11.5", "15.0"),
    "WBC": Assay("White blood cells", "Whole blood", "10^3/uL", 1, 2, "3.50", "9.50"),
    "PLT": Assay("Platelets", "Whole blood", "10^3/uL", 1, 0, "125", "350"),
}
EAST = {
    "UPCR": Assay("尿蛋白/肌酐比值", "尿液", "mg/mmol", MG_PER_MMOL, 1, "", "20"),
    "URBC": Assay("尿红细胞", "尿液", "/HP", 1, 0, "0", "3"),
    "UWBC": Assay("尿白细胞", "尿液", "/HP", 1, 0, "0", "5"),
    "SCR": Assay("血肌酐", "血清", "μmol/L", 1, 0, "41", "73"),
    "ALB": Assay("白蛋白", "血清", "g/L", 1, 1, "40", "55"),
    "IGG": Assay("免疫球蛋白G", "血清", "g/L", 1, 2, "7", "16"),
    "C3": Assay("补体C3", "血清", "g/L", 1, 2, "0.79", "1.52"),
    "C4": Assay("补体C4", "血清", "g/L", 1, 2, "0.10", "0.40", 0.02),
    "DSDNA": Assay("抗双链DNA抗体", "血清", "IU/mL", 1, 1, "", "30", 10, 800),
    "ANA": Assay("抗核抗体", "血清", "", 1, 0),
    "HGB": Assay("血红蛋白", "全血", "g/L", 1, 0, "115", "150"),
    "WBC": Assay("白细胞", "全血", "10^9/L", 1, 2, "3.5", "9.5"),
    "PLT": Assay("血小板", "全血", "10^9/L", 1, 0, "125", "350"),
}
NEPHELOMETRY = "Nephelometry"
IMMUNOLOGY = {
    "ANA": Assay("Antinuclear antibody", "Serum", "", 1, 0, method="IIF HEp-2", loinc="5048-4"),
    "DSDNA": Assay(
        *("Anti-dsDNA antibody", "Serum", "IU/mL", 1, 1, "", "30", 10, 800, "ELISA", "5130-0")
    ),
    "C3": Assay(
        *("Complement C3", "Serum", "g/L", 1, 2, "0.79", "1.52"),
        method=NEPHELOMETRY,
        loinc="4485-9",
    ),
    "C4": Assay(
        *("Complement C4", "Serum", "g/L", 1, 2, "0.10", "0.40", 0.02),
        method=NEPHELOMETRY,
        loinc="4498-2",
    ),
}
ASSAYS = {"lab_west": WEST, "lab_east": EAST, "immunology": IMMUNOLOGY}
MEN = {"SCR": {"lab_west": ("0.64", "1.10"), "lab_east": ("57", "97")}}
SEROLOGY = ("C3", "C4", "DSDNA", "ANA")
SPECIMEN_PREFIX = {"lab_west": "W", "lab_east": "E", "immunology": "I"}
FINAL = {"lab_west": "Final", "lab_east": "正式报告", "immunology": "Final"}
# The laboratory in the east wrote the micro sign until its system was replaced.
PLAIN_UNIT_FROM = date(2021, 1, 1)


def results(files: Files) -> None:
    """Add every result of the cohort to the file of the month in which it was reported."""
    rows = []
    for patient in COHORT:
        for month in range(patient.months + 1):
            rows += [
                (feed, result(patient, month, test, feed)) for test, feed in wanted(patient, month)
            ]
    rows.sort(key=lambda item: (item[0], item[1].cells["LBRPTDTC"], item[1].cells["LBREFID"]))
    for feed, row in rows:
        files.add(feed, file_of(feed, row.cells["LBRPTDTC"]), row)


def wanted(patient: Patient, month: int) -> list[tuple[str, str]]:
    """The analytes of a visit, each with the feed that reports it."""
    lab = patient.lab(month)
    return [
        (test, (patient.serology or lab) if test in SEROLOGY else lab)
        for test in WEST
        if test != "ANA" or month == 0
    ]


def result(
    patient: Patient,
    month: int,
    test: str,
    feed: str,
    day: date | None = None,
    value: float | None = None,
) -> Row:
    """One result as its laboratory reported it."""
    assay, day = ASSAYS[feed][test], day or patient.visit(month)
    text = (
        patient.ana
        if test == "ANA"
        else assay.result(patient.value(test, month) if value is None else value)
    )
    low, high = (
        MEN.get(test, {}).get(feed, (assay.low, assay.high))
        if patient.sex == "M"
        else (
            assay.low,
            assay.high,
        )
    )
    unit = "umol/L" if assay.unit == "μmol/L" and day >= PLAIN_UNIT_FROM else assay.unit
    cells: Cells = {
        **person(patient),
        **specimen(patient, day, assay.specimen, feed),
        "LBTEST": assay.name,
        "LBORRES": text,
        "LBORRESU": unit,
        "LBORNRLO": low,
        "LBORNRHI": high,
        "LBMETHOD": assay.method,
        "LBLOINC": assay.loinc,
        "FLAG": flag(text, low, high, feed),
        "LBRESST": FINAL[feed],
    }
    return Row(cells, (patient.mrn, month, test))


def person(patient: Patient) -> Cells:
    """The columns that name a patient."""
    return {
        "SUBJID": patient.mrn,
        "NAME": patient.name,
        "IDCARD": patient.id_card,
        "PHONE": patient.phone,
    }


def specimen(patient: Patient, day: date, kind: str, feed: str) -> Cells:
    """The specimen's id, kind, and times of collection and report."""
    minutes = round(30 + 25 * chance(patient.mrn, day, kind))
    collected = datetime.combine(day, time(8)) + timedelta(minutes=minutes)
    delay = {"lab_west": 7 * 60, "lab_east": 26 * 60, "immunology": 80 * 60}[feed]
    number = round(5000 + 4999 * chance(patient.mrn, day, kind, feed))
    return {
        "LBREFID": f"{SPECIMEN_PREFIX[feed]}{day:%y%m%d}{number:04d}",
        "LBSPEC": kind,
        "LBDTC": collected,
        "LBRPTDTC": collected + timedelta(minutes=delay + 3 * (minutes % 20)),
        "COMMENT": "",
    }


def flag(text: str, low: str, high: str, feed: str) -> str:
    """The laboratory's own mark beside a result outside its limits."""
    try:
        number = float(text.lstrip("<>"))
    except ValueError:
        return ""
    up, down = ("↑", "↓") if feed == "lab_east" else ("H", "L")
    if high and number > float(high):
        return up
    return down if low and number < float(low) else ""


def file_of(feed: str, reported: datetime) -> str:
    """The name of the file that carries a result."""
    if feed == "lab_west":
        return f"west {reported:%Y-%m}.csv"
    if feed == "lab_east":
        return f"东院检验 {reported:%Y}年{reported:%m}月.csv"
    return f"immunology {reported:%Y} H{1 + (reported.month > 6)}.xlsx"
