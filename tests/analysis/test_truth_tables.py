"""The corner cases of each published definition: on a limit, just beside it, and where readings part.

A value is (at the visit, at baseline, upper limit of normal).
"""

import polars as pl
import pytest

from remit.analysis.criteria import Scale, columns
from remit.analysis.responses import _level, _resolved
from remit.plan.categories import categories, levels
from remit.plan.categories import criteria as criteria_of

PARAMETERS = {
    "UPCR": 3,
    "SCR": 1,
    "EGFR": 1,
    "ALB": 1,
    "URBC": 0,
    "URBCCAST": 0,
    "UWBCCAST": 0,
    "PREDDOSE": 2,
}
SPEC = {"proteinuria": "UPCR", "preflare": "baseline"}
GOOD = {
    "UPCR": (0.1, 4.0),
    "SCR": (70, 70, 97),
    "EGFR": (95, 95),
    "ALB": (40, 25),
    "URBC": (0, 20),
    "URBCCAST": (0, 0),
    "UWBCCAST": (0, 0),
    "PREDDOSE": (5, 40),
}


def category(definition, day=365, **values):
    resolved = _resolved(definition, SPEC)
    known, tried = categories(resolved), criteria_of(resolved)
    level_of = levels(known, list(tried))
    given, names = {}, []
    for code, (aval, base, *uln) in (GOOD | values).items():
        given |= {f"{code}_v": [float(aval)], f"{code}_b": [float(base)]}
        given |= {f"{code}_u": [float(uln[0])] if uln else [None]}
        names += columns(code, AVAL=f"{code}_v", BASE=f"{code}_b", ULN=f"{code}_u")
    frame = pl.DataFrame(given).select(*names, DAY=pl.lit(day))
    level = frame.select(_level(tried, level_of, Scale(PARAMETERS))).item()
    return next((code for code, k in level_of.items() if k == level), "NE")


def unit_of(upcr_mg_per_mmol):
    return upcr_mg_per_mmol / 113.12


CASES = {
    "kdigo12": [
        ({"UPCR": (0.499, 4)}, "CR"),
        ({"UPCR": (0.5, 4)}, "PR"),  # below 500 mg/g, not at most
        ({"UPCR": (2.0, 4.0)}, "PR"),  # exactly 50 %
        ({"UPCR": (2.001, 4.0)}, "NR"),
        ({"UPCR": (3.0, 8.0)}, "NR"),  # nephrotic at baseline: also below 3
        ({"UPCR": (1.0, 4.0), "SCR": (87.5, 70, 97)}, "PR"),  # 25 %
        ({"UPCR": (1.0, 4.0), "SCR": (87.6, 70, 97)}, "NR"),
        ({"SCR": (70.1, 70, 97)}, "PR"),  # not back to the previous baseline
    ],
    "eular12": [
        ({"UPCR": (unit_of(49.9), 4)}, "CR"),
        ({"UPCR": (0.442, 4)}, "PR"),  # 50 mg/mmol
        ({"UPCR": (0.47, 4)}, "PR"),
        ({"EGFR": (81, 95)}, "CR"),
        ({"EGFR": (80.9, 95)}, "NR"),
    ],
    "eular19_m3": [
        ({"UPCR": (3.0, 4.0)}, "R"),  # exactly 25 %
        ({"UPCR": (3.001, 4.0)}, "NR"),
        ({"UPCR": (1.2, 3.0), "EGFR": (20, 90)}, "NR"),  # kidney function was not preserved
        ({"UPCR": (1.2, 3.0), "EGFR": (81, 90)}, "R"),
        ({"UPCR": (1.2, 3.0), "EGFR": (80.9, 90)}, "NR"),
    ],
    "eular19_m6": [
        ({"UPCR": (2.0, 4.0)}, "R"),
        ({"UPCR": (2.001, 4.0)}, "NR"),
        ({"UPCR": (1.0, 4.0), "EGFR": (20, 90)}, "NR"),
    ],
    "eular23_m6": [({"UPCR": (2.0, 4.0)}, "R"), ({"UPCR": (1.0, 4.0), "EGFR": (84, 95)}, "NR")],
    "lunar": [
        ({"SCR": (97, 200, 97)}, "CR"),  # abnormal, and back to normal
        ({"SCR": (205, 200, 97)}, "PR"),  # abnormal and stays so
        ({"SCR": (80.5, 70, 97)}, "CR"),
        ({"SCR": (103.5, 90, 97)}, "CR"),  # normal at baseline, 15 % above it
        ({"SCR": (103.6, 90, 97)}, "NR"),
        ({"URBC": (4, 20)}, "CR"),
        ({"URBC": (5, 20)}, "PR"),
    ],
    "cn19": [
        ({"UPCR": (0.499, 4)}, "CR"),
        ({"UPCR": (0.5, 4)}, "PR"),
        ({"SCR": (205, 200, 97)}, "PR"),  # abnormal and stays so: no complete remission
        ({"SCR": (97, 200, 97)}, "CR"),
        ({"SCR": (103.5, 90, 97)}, "CR"),
        ({"SCR": (103.6, 90, 97)}, "NR"),
        ({"ALB": (34.9, 25)}, "PR"),
        ({"ALB": (29.9, 25)}, "NR"),
    ],
    "nobility": [
        ({}, "CR"),
        ({"SCR": (97, 90, 97)}, "CR"),
        ({"SCR": (98, 90, 97)}, "PR"),
        ({"URBC": (9, 20)}, "CR"),
        ({"URBC": (10, 20)}, "PR"),
        ({"URBCCAST": (1, 0)}, "PR"),
        ({"UPCR": (1.0, 2.9)}, "NR"),
        ({"UPCR": (1.5, 3.0)}, "PR"),
    ],
    "allure_crr": [
        ({"EGFR": (85, 100)}, "CR"),
        ({"EGFR": (84.9, 100)}, "NR"),
        ({"EGFR": (90, 120)}, "CR"),
        ({"UWBCCAST": (1, 0)}, "NR"),
        ({"PREDDOSE": (11, 40)}, "NR"),
    ],
    "acr12": [
        ({"UPCR": (0.199, 4)}, "CR"),
        ({"UPCR": (0.2, 4)}, "NR"),
        ({"SCR": (150, 200, 97), "EGFR": (50, 40)}, "CR"),
        ({"SCR": (150, 200, 97), "EGFR": (49.9, 40)}, "NR"),
    ],
    "berliss_perr": [
        ({"UPCR": (0.7, 4), "EGFR": (60, 95)}, "R"),
        ({"UPCR": (0.701, 4)}, "NR"),
        ({"EGFR": (59.9, 60)}, "NR"),
    ],
    "berliss_crr": [({"EGFR": (90, 95)}, "CR"), ({"UPCR": (0.5, 4)}, "NR")],
    "cn_maint": [
        ({"SCR": (96.4, 70, 97)}, "CR"),
        ({"SCR": (96.5, 70, 97)}, "NR"),
        ({"UPCR": (0.4, 4)}, "PR"),
        ({"UPCR": (1.0, 4)}, "NR"),
        ({"ALB": (35, 25)}, "NR"),
    ],
    "bliss_perr": [
        ({"UPCR": (0.7, 4), "EGFR": (60, 100)}, "R"),
        ({"UPCR": (0.7, 4), "EGFR": (59.9, 74.8)}, "R"),
        ({"UPCR": (0.7, 4), "EGFR": (59.9, 74.9)}, "NR"),
        ({"PREDDOSE": (10.01, 40)}, "NR"),
    ],
    "aurora_prr": [({"UPCR": (2.0, 4.0), "EGFR": (20, 90)}, "PR"), ({"UPCR": (2.001, 4)}, "NR")],
}


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [(name, values, expected) for name, cases in CASES.items() for values, expected in cases],
)
def test_the_truth_table(definitions, name, values, expected):
    assert category(definitions[name], **values) == expected
