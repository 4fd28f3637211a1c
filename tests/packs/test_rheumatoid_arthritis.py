"""The indices and responses of rheumatoid arthritis against values that others worked out."""

from typing import Any

import polars as pl
import pytest

from remit.analysis.composites import composed
from remit.analysis.records import RECORD
from remit.plan import resources
from tests.packs.judged import category

COMPOSITES = pl.read_csv(resources.text("composites"))


def index(code: str, **components: float) -> float | None:
    rows = [
        {"USUBJID": "01", "PARAMCD": name, "AVAL": float(value), "ROWID": name}
        for name, value in components.items()
    ]
    frame = pl.DataFrame(rows).with_columns(ADT=pl.date(2021, 1, 1))
    missing = [pl.lit(None, kind).alias(n) for n, kind in RECORD.items() if n not in frame.columns]
    made = composed(frame.with_columns(missing).select(*RECORD), COMPOSITES)
    found = made.filter(PARAMCD=code)["AVAL"].to_list()
    return found[0] if found else None


def test_das28_is_that_of_a_published_calculator() -> None:
    # 4.56 and 4.24 by the calculator at 4s-dawn.com, as the tests of RheumaComposites.jl quote it.
    given = {"TJC28": 4, "SJC28": 5, "PTGA": 12}
    assert index("DAS28ESR", **given, ESR=44) == pytest.approx(4.56, abs=0.005)
    assert index("DAS28CRP", **given, CRP=44) == pytest.approx(4.24, abs=0.005)


def test_the_least_das28_crp_is_its_constant() -> None:
    assert index("DAS28CRP", TJC28=0, SJC28=0, PTGA=0, CRP=0) == pytest.approx(0.96)


def test_a_scale_of_10_counts_as_one_of_100_mm() -> None:
    ten = index("DAS28CRP", TJC28=0, SJC28=1, PTGA10=1, CRP=10)
    assert ten == index("DAS28CRP", TJC28=0, SJC28=1, PTGA=10, CRP=10)


def test_cdai_and_sdai_are_plain_sums_in_cm_and_mg_per_dl() -> None:
    given = {"TJC28": 6, "SJC28": 4, "PTGA": 55, "PHGA10": 3.5}
    assert index("CDAI", **given) == pytest.approx(19)
    assert index("SDAI", **given, CRP=12) == pytest.approx(20.2)


def test_without_the_physician_s_scale_there_is_no_cdai() -> None:
    assert index("CDAI", TJC28=6, SJC28=4, PTGA=55) is None


# R package acreular, eularResponse(): a truth table over its nine cells and their limits.
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (5.24, 1.30, "GOOD"),
        (3.6, 3.3, None),
        (1.2, 1.8, None),
        (5.31, 1.3, "GOOD"),
        (4.41, 3.2, "GOOD"),  # 1.21 better
        (4.4, 3.2, "MODERATE"),  # 1.2 is not more than 1.2
        (3.81, 3.2, "MODERATE"),
        (3.8, 3.2, None),  # 0.6 is not more than 0.6
        (4.5, 3.21, "MODERATE"),
        (5.71, 5.1, "MODERATE"),
        (5.7, 5.1, None),
        (6.32, 5.11, "MODERATE"),
        (6.31, 5.11, None),
    ],
)
@pytest.mark.parametrize("code", ["DAS28ESR", "DAS28CRP"])
def test_eular_response(code: str, before: float, after: float, expected: str | None) -> None:
    name = f"eular_{code.lower()}"
    assert category(name, {code: after}, {code: before}) == expected


@pytest.mark.parametrize(
    ("name", "code", "limits"),
    [
        (
            "das28esr",
            "DAS28ESR",
            [(2.59, "REM"), (2.6, "LDA"), (3.2, "LDA"), (5.1, "MDA"), (5.11, None)],
        ),
        ("das28crp", "DAS28CRP", [(2.59, "REM"), (2.6, "LDA"), (3.21, "MDA"), (5.11, None)]),
        ("cdai", "CDAI", [(2.8, "REM"), (2.9, "LDA"), (10, "LDA"), (22, "MDA"), (22.1, None)]),
        ("sdai", "SDAI", [(3.3, "REM"), (3.4, "LDA"), (11, "LDA"), (26, "MDA"), (26.1, None)]),
    ],
)
def test_states_of_activity(name: str, code: str, limits: list[tuple[float, str | None]]) -> None:
    assert [category(name, {code: value}, {}) for value, _ in limits] == [s for _, s in limits]


@pytest.mark.parametrize(
    ("change", "first", "second"),
    [
        ({}, "REM", "REM"),
        ({"PTGA": 20}, None, "REM"),
        ({"SJC28": 2}, None, None),
        ({"CRP": 10.1}, None, None),
    ],
)
def test_boolean_remission(change: dict[str, Any], first: str | None, second: str | None) -> None:
    values = {"TJC28": 1, "SJC28": 1, "CRP": 10, "PTGA": 10} | change
    assert category("acr_eular_boolean", values, {}) == first
    assert category("acr_eular_boolean2", values, {}) == second
