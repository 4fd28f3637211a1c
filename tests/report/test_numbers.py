"""How numbers are written."""

import pytest

from remit.words.numbers import count_percent, interval, mean_sd, number, p_statement, p_value, unit


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (-0.125, 2, "\u22120.13"),
        (-0.001, 2, "0.00"),
        (100 / 7, 2, "14.29"),
        (300 / 7, 2, "42.86"),
        (1e21, 0, "1000000000000000000000"),
        (7, 0, "7"),
        (None, 1, "–"),
    ],
)
def test_rounds_half_away_from_zero_on_the_decimal_text(
    value: float | None, decimals: int, text: str
) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0246, "0.025"), (0.0455, "0.046"), (0.0009, "<0.001"), (0.99951, ">0.999"), (None, "–")],
)
def test_a_p_value_has_three_decimals_and_is_never_0_or_1(p: float | None, text: str) -> None:
    assert p_value(p) == text


def test_a_p_value_in_a_sentence() -> None:
    assert p_statement(0.0246) == "P\u00a0=\u00a00.025"
    assert p_statement(0.0001) == "P\u00a0<\u00a00.001"


def test_an_interval_below_zero_is_not_read_as_a_range() -> None:
    assert interval(-3.426, -0.331, 2) == "\u22123.43 to \u22120.33"


def test_one_value_has_no_standard_deviation() -> None:
    assert mean_sd(5.494, 6.541, 2) == "5.49 ± 6.54"
    assert mean_sd(17.3, None, 2) == "17.30"


def test_nobody_has_no_percentage() -> None:
    assert count_percent(3, 7, 2) == "3 (42.86)"
    assert count_percent(0, 0, 2) == "–"


@pytest.mark.parametrize(
    ("ucum", "printed"),
    [
        ("g/g{creat}", "g/g"),
        ("umol/L", "µmol/L"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
        ("10*9/L", "×10⁹/L"),
        ("[IU]/mL", "IU/mL"),
        ("g/(24.h)", "g/24 h"),
        (None, ""),
    ],
)
def test_a_ucum_unit_is_printed_as_journals_do(ucum: str | None, printed: str) -> None:
    assert unit(ucum) == printed
