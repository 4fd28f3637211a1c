"""What no row alone shows: another unit, one value for all, round numbers, a new method."""

from collections.abc import Callable

import polars as pl

from remit.harmonize.distributions import warnings

Cell = Callable[[int, int], object]


def told(
    value: Cell, text: Cell | None = None, method: Cell = lambda month, k: None, n: int = 12
) -> list[tuple[str, str]]:
    """Warning and month of a test of `n` people over six months, one result a month each."""
    rows = [
        {
            "USUBJID": f"S{k}",
            "LBTESTCD": "SCR",
            "LBORRES": str((text or value)(month, k)),
            "LBSTRESN": float(str(value(month, k))),
            "LBSTRESU": "umol/L",
            "LBOPER": None,
            "LBMETHOD": method(month, k),
            "LBDTC": f"2021-{month:02d}-{1 + k:02d}",
            "feed": "lab",
        }
        for month in range(1, 7)
        for k in range(n)
    ]
    lb = pl.DataFrame(rows, schema_overrides={"LBOPER": pl.String, "LBMETHOD": pl.String})
    dm = pl.DataFrame({"USUBJID": [f"S{k}" for k in range(n)], "SITEID": ["north"] * n})
    found = warnings(lb, dm)
    assert found["feed"].unique().to_list() in ([], ["lab"])
    return [(kind, text) for kind, text in found.select("warning", "message").rows()]


def usual(month: int, k: int) -> float:
    return 61.3 + 3.7 * k + 1.1 * month


def test_results_as_they_should_be_are_no_warning() -> None:
    assert told(usual) == []


def test_a_month_in_another_unit_is_a_warning() -> None:
    ((kind, text),) = told(lambda month, k: usual(month, k) / (88.4 if month == 4 else 1))
    assert kind == "unit of a month"
    assert text.startswith("north: in 2021-04 the median is")
    assert "1/88.4 times" in text


def test_a_course_that_treatment_lowers_by_three_quarters_is_none() -> None:
    assert told(lambda month, k: round((0.31 + 0.41 * k) * (4 if month == 1 else 1), 3)) == []


def test_one_value_for_everybody_is_a_warning() -> None:
    ((kind, text),) = told(lambda month, k: 77.7 if month == 2 else usual(month, k))
    assert (kind, text) == (
        "constant values", "north: all 12 results of 12 people in 2021-02 are 77.7"
    )  # fmt: skip


def test_round_numbers_are_a_warning() -> None:
    ((kind, _),) = told(lambda month, k: 60 + 5 * k + 10 * month)
    assert kind == "digit preference"


def test_a_method_that_begins_where_another_ends_is_a_warning() -> None:
    ((kind, text),) = told(usual, method=lambda month, k: "Jaffe" if month < 4 else "enzymatic")
    assert kind == "changed method"
    assert "from Jaffe to enzymatic in 2021-04" in text
    assert told(usual, method=lambda month, k: "Jaffe" if k % 2 else "enzymatic") == []
