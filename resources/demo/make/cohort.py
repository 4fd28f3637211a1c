"""The ten invented patients: who they are, when they came, and how each value went.

Values are in Remit's units (g/g, g/L, µmol/L, IU/mL, 10*9/L, cells per field), index 0 being
baseline and index k month k. UPCR, albumin and the clinical SLEDAI-2K items are written out, because
the published figures rest on them; the other values run from a first to a last value.

The UPCR at baseline, month 4 and month 5 come from a numerical search (`scipy.least_squares` from
random starts) for vectors with the published means, standard deviations and P values, the one who
leaves after month 4 having 1.35 g/g at baseline; the other months were chosen between them.
"""

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


COHORT = (
    Patient(
        mrn="20631874",
        name="虚甲柔",
        id_card="990101199304113627",
        phone="10020631874",
        sex="F",
        born=date(1993, 4, 11),
        weight=58.0,
        first_dose=date(2020, 6, 16),
        months=9,
        ana="1:1000",
        ln_class="IV+V",
        ln_since=date(2016, 3, 2),
        status="Discontinued",
        status_date=date(2021, 3, 1),
        prednisone=(40, 40, 30, 25, 20, 20, 15, 15, 12.5, 10),
        course={
            "UPCR": (19.348, 18.90, 20.10, 18.60, 17.219, 12.976, 10.90, 9.05, 7.42, 6.15),
            "ALB": (17, 17, 18, 19, 19, 21, 23, 24, 26, 27),
            "SCR": (96, 89),
            "C3": (0.38, 0.62),
            "C4": (0.05, 0.10),
            "DSDNA": (1240, 190),
            "HGB": (94, 108),
            "WBC": (2.7, 5.6),
            "PLT": (146, 188),
            "IGG": (5.2, 6.1),
            "URBC": (28, 9),
            "UWBC": (9, 4),
        },
        clinical={"Urinary casts": 5, "Arthritis": 2, "Rash": 3, "Alopecia": 4},
    ),
    Patient(
        mrn="31750926",
        name="虚乙岚",
        id_card="990102198808196244",
        phone="10031750926",
        sex="F",
        born=date(1988, 8, 19),
        weight=51.5,
        first_dose=date(2020, 7, 14),
        months=4,
        labs=("lab_east", "lab_east"),
        ana="1：320",
        ln_class="III",
        ln_since=date(2019, 5, 20),
        status="Discontinued",
        status_date=date(2020, 11, 20),
        prednisone=(20, 20, 15, 12.5, 10),
        course={
            "UPCR": (1.350, 1.42, 1.21, 1.47, 0.787),
            "ALB": (35.1, 35.6, 36.4, 36.0, 37.2),
            "SCR": (62, 60),
            "C3": (0.62, 0.76),
            "C4": (0.09, 0.13),
            "DSDNA": (86, 34),
            "HGB": (112, 118),
            "WBC": (4.4, 5.1),
            "PLT": (171, 190),
            "IGG": (13.1, 11.9),
            "URBC": (12, 4),
            "UWBC": (4, 3),
        },
        clinical={"Arthritis": 1, "Mucosal ulcers": 0},
    ),
    Patient(
        mrn="40289513",
        name="虚丙蕾",
        id_card="990103199611275485",
        phone="10040289513",
        sex="F",
        born=date(1996, 11, 27),
        weight=54.0,
        first_dose=date(2020, 8, 18),
        months=9,
        serology="immunology",
        ana="1:3200",
        ln_class="IV",
        ln_since=date(2020, 7, 30),
        status="Completed",
        status_date=date(2021, 5, 6),
        prednisone=(40, 35, 25, 20, 15, 12.5, 10, 10, 7.5, 5),
        course={
            "UPCR": (6.607, 6.00, 4.90, 3.10, 2.081, 0.756, 0.640, 0.500, 0.420, 0.360),
            "ALB": (25, 26, 28, 31, 33, 35, 36, 37, 39, 40),
            "SCR": (74, 66),
            "C3": (0.45, 0.93),
            "C4": (0.06, 0.18),
            "DSDNA": (412, 27),
            "HGB": (98, 124),
            "WBC": (3.6, 5.9),
            "PLT": (94, 201),
            "IGG": (11.4, 9.2),
            "URBC": (42, 2),
            "UWBC": (11, 2),
        },
        clinical={"Urinary casts": 2, "Arthritis": 1, "Rash": 2, "Fever": 0, "Mucosal ulcers": 1},
    ),
    Patient(
        mrn="51064738",
        name="虚丁峰",
        id_card="990104198502033719",
        phone="10051064738",
        sex="M",
        born=date(1985, 2, 3),
        weight=68.5,
        first_dose=date(2020, 9, 15),
        months=6,
        labs=("lab_east", "lab_east"),
        serology="immunology",
        ana="1:320",
        ln_class="V",
        ln_since=date(2014, 10, 9),
        status="Discontinued",
        status_date=date(2021, 3, 10),
        prednisone=(15, 15, 12.5, 10, 10, 10, 7.5),
        course={
            "UPCR": (1.099, 1.050, 1.200, 1.220, 0.803, 1.130, 1.140),
            "ALB": (36.2, 36.9, 37.5, 37.1, 38.0, 37.6, 38.4),
            "SCR": (88, 85),
            "C3": (0.82, 0.95),
            "C4": (0.14, 0.17),
            "DSDNA": (4, 4),
            "HGB": (128, 134),
            "WBC": (5.8, 6.3),
            "PLT": (203, 214),
            "IGG": (14.2, 12.6),
            "URBC": (3, 2),
            "UWBC": (2, 2),
        },
        clinical={"Arthritis": 1, "Rash": 4},
    ),
    Patient(
        mrn="62478105",
        name="虚戊宁",
        id_card="990105199109084862",
        phone="10062478105",
        sex="F",
        born=date(1991, 9, 8),
        weight=49.0,
        first_dose=date(2020, 10, 13),
        months=9,
        labs=("lab_east", "lab_west"),
        switch=5,
        serology="immunology",
        ana="1:100",
        ln_class="III",
        ln_since=date(2017, 6, 14),
        prednisone=(25, 25, 20, 15, 15, 12.5, 10, 10, 7.5, 7.5),
        course={
            "UPCR": (1.760, 1.900, 1.810, 1.300, 0.968, 1.236, 1.020, 0.960, 0.800, 0.710),
            "ALB": (33.0, 33.4, 34.2, 34.8, 35.9, 36, 37, 38, 39, 40),
            "SCR": (68, 66),
            "C3": (0.52, 0.85),
            "C4": (0.012, 0.016, 0.03, 0.05, 0.07, 0.08, 0.10, 0.11, 0.12, 0.13),
            "DSDNA": (156, 21),
            "HGB": (105, 119),
            "WBC": (4.1, 5.4),
            "PLT": (158, 196),
            "IGG": (15.6, 12.4),
            "URBC": (14, 3),
            "UWBC": (7, 3),
        },
        clinical={"Arthritis": 2, "Alopecia": 3},
    ),
    Patient(
        mrn="73915260",
        name="虚己敏",
        id_card="990106197907156043",
        phone="10073915260",
        sex="F",
        born=date(1979, 7, 15),
        weight=56.5,
        first_dose=date(2020, 11, 10),
        months=1,
        ana="1:320",
        ln_class="IV",
        ln_since=date(2012, 4, 25),
        status="Lost to follow-up",
        status_date=date(2021, 1, 20),
        prednisone=(30, 25),
        course={
            "UPCR": (2.450, 2.310),
            "ALB": (30, 31),
            "SCR": (59, 58),
            "C3": (0.66, 0.70),
            "C4": (0.08, 0.09),
            "DSDNA": (74, 66),
            "HGB": (109, 110),
            "WBC": (4.7, 4.9),
            "PLT": (166, 172),
            "IGG": (12.2, 11.8),
            "URBC": (18, 14),
            "UWBC": (6, 6),
        },
        clinical={"Arthritis": 1},
    ),
    Patient(
        mrn="84502197",
        name="虚庚雪",
        id_card="990107199812304521",
        phone="10084502197",
        sex="F",
        born=date(1998, 12, 30),
        weight=52.0,
        first_dose=date(2020, 12, 8),
        months=7,
        labs=("lab_west", "lab_east"),
        switch=4,
        serology="immunology",
        ana="<1:80",
        ln_class="IV",
        ln_since=date(2019, 11, 11),
        prednisone=(30, 30, 25, 20, 15, 15, 12.5, 10),
        course={
            "UPCR": (1.972, 1.700, 1.500, 1.250, 0.913, 1.388, 0.910, 0.820),
            "ALB": (32, 33, 33, 35, 36.1, 35.2, 37.3, 38.6),
            "SCR": (71, 68),
            "C3": (0.58, 0.88),
            "C4": (0.08, 0.15),
            "DSDNA": (268, 64),
            "HGB": (101, 117),
            "WBC": (3.9, 5.2),
            "PLT": (139, 185),
            "IGG": (10.9, 9.8),
            "URBC": (22, 5),
            "UWBC": (8, 4),
        },
        clinical={"Rash": 2, "Alopecia": 3, "Mucosal ulcers": 1},
    ),
    Patient(
        mrn="95136482",
        name="虚辛澜",
        id_card="990108198903224189",
        phone="10095136482",
        sex="F",
        born=date(1989, 3, 22),
        weight=60.5,
        first_dose=date(2021, 2, 2),
        months=5,
        labs=("lab_east", "lab_east"),
        serology="immunology",
        ana="1:1000",
        ln_class="IV+V",
        ln_since=date(2020, 12, 18),
        prednisone=(40, 35, 25, 20, 15, 12.5),
        course={
            "UPCR": (6.293, 6.100, 5.200, 3.900, 2.497, 0.693),
            "ALB": (23.4, 24.1, 26.0, 27.8, 28.9, 32.2),
            "SCR": (84, 76),
            "C3": (0.41, 0.73),
            "C4": (0.04, 0.11),
            "DSDNA": (530, 118),
            "HGB": (92, 113),
            "WBC": (3.4, 5.5),
            "PLT": (122, 179),
            "IGG": (8.7, 8.1),
            "URBC": (36, 6),
            "UWBC": (12, 5),
        },
        clinical={"Urinary casts": 2, "Arthritis": 1, "Fever": 0, "Alopecia": 2},
    ),
    Patient(
        mrn="17820639",
        name="虚壬涛",
        id_card="990109199405267315",
        phone="10017820639",
        sex="M",
        born=date(1994, 5, 26),
        weight=71.0,
        first_dose=date(2021, 3, 16),
        months=2,
        labs=("lab_east", "lab_east"),
        ana="1:80",
        ln_class="III+V",
        ln_since=date(2020, 2, 7),
        status="Discontinued",
        status_date=date(2021, 5, 28),
        prednisone=(30, 25, 20),
        course={
            "UPCR": (3.120, 2.940, 2.760),
            "ALB": (31.5, 32.4, 33.0),
            "SCR": (91, 89),
            "C3": (0.55, 0.61),
            "C4": (0.07, 0.09),
            "DSDNA": (190, 152),
            "HGB": (119, 122),
            "WBC": (4.9, 5.2),
            "PLT": (177, 181),
            "IGG": (12.8, 12.1),
            "URBC": (20, 13),
            "UWBC": (5, 4),
        },
        clinical={"Rash": 1},
    ),
    Patient(
        mrn="28394057",
        name="虚癸萍",
        id_card="990110200001182765",
        phone="10028394057",
        sex="F",
        born=date(2000, 1, 18),
        weight=47.5,
        first_dose=date(2021, 4, 20),
        months=2,
        ana="1:640",
        ln_class="III",
        ln_since=date(2021, 3, 9),
        prednisone=(20, 20, 15),
        course={
            "UPCR": (1.640, 1.520, 1.390),
            "ALB": (34, 35, 36),
            "SCR": (57, 56),
            "C3": (0.71, 0.77),
            "C4": (0.09, 0.11),
            "DSDNA": (58, 47),
            "HGB": (111, 114),
            "WBC": (4.2, 4.6),
            "PLT": (182, 187),
            "IGG": (13.7, 12.9),
            "URBC": (9, 7),
            "UWBC": (4, 3),
        },
        clinical={"Mucosal ulcers": 1},
    ),
)

# Two patients of the same hospitals whom the study never enrolled.
STRANGERS = (
    Patient(
        mrn="36607241",
        name="虚子安",
        id_card="990111197601089028",
        phone="10036607241",
        sex="F",
        born=date(1976, 1, 8),
        weight=63.0,
        first_dose=None,
        months=0,
    ),
    Patient(
        mrn="47713590",
        name="虚丑河",
        id_card="990112196803145537",
        phone="10047713590",
        sex="M",
        born=date(1968, 3, 14),
        weight=74.0,
        first_dose=None,
        months=0,
        labs=("lab_east", "lab_east"),
    ),
)
