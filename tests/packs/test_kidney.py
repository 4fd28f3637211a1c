"""The kidney pack's definitions at their limits."""

import pytest

from tests.packs.judged import category


@pytest.mark.parametrize(
    ("egfr", "stage"),
    [
        (90, "G1"), (89.9, "G2"), (60, "G2"), (59.9, "G3a"), (45, "G3a"), (44.9, "G3b"),
        (30, "G3b"), (29.9, "G4"), (15, "G4"), (14.9, None),
    ],
)  # fmt: skip
def test_stages_of_filtration_rate(egfr: float, stage: str | None) -> None:
    assert category("kdigo_gfr", {"EGFR": egfr}) == stage


@pytest.mark.parametrize(("uacr", "stage"), [(29.9, "A1"), (30, "A2"), (300, "A2"), (300.1, None)])
def test_stages_of_albuminuria(uacr: float, stage: str | None) -> None:
    assert category("kdigo_albuminuria", {"UACR": uacr}) == stage


@pytest.mark.parametrize(
    ("name", "code", "after", "met"),
    [
        ("uacr30", "UACR", 70, "R"),
        ("uacr30", "UACR", 70.1, None),
        ("uacr50", "UACR", 50, "R"),
        ("uacr50", "UACR", 50.1, None),
        ("upcr30", "UPCR", 70, "R"),
        ("upcr50", "UPCR", 50.01, None),
        ("egfr40", "EGFR", 60.1, "KEPT"),
        ("egfr40", "EGFR", 60, None),
        ("egfr57", "EGFR", 43.1, "KEPT"),
        ("egfr57", "EGFR", 43, None),
    ],
)
def test_a_change_from_100(name: str, code: str, after: float, met: str | None) -> None:
    assert category(name, {code: after}, {code: 100}) == met
