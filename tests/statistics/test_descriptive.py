"""Means, standard deviations and quantiles against certified and R's values."""

import re
from pathlib import Path

import numpy as np
import pytest

from remit.statistics.descriptive import describe, moments, quantiles


def certified(path: Path) -> tuple[float, float, np.ndarray]:
    """Certified mean and standard deviation, and the data, of a NIST StRD univariate set."""
    text = path.read_text()
    number = r"\s*[:=]\s*(-?[\d.]+(?:[eE][-+]?\d+)?)"
    centre = re.search(r"(?:Sample Mean\s+ybar|mean)" + number, text)
    spread = re.search(r"(?:Sample Standard Deviation.*?s|standardDeviation)" + number, text)
    assert centre
    assert spread
    data = text.splitlines()[60:] if "Data: Y" in text else text.rpartition("#\n")[2].splitlines()
    values = np.array([float(word) for line in data for word in line.split()])
    return float(centre[1]), float(spread[1]), values


# Digits that a double can give: the last sets vary only in the ninth digit of their values.
@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("Lottery.txt", 14),
        ("Lew.txt", 14),
        ("Mavro.txt", 12),
        ("Michelso.txt", 13),
        ("NumAcc1.txt", 15),
        ("NumAcc2.txt", 14),
        ("NumAcc3.txt", 9),
        ("NumAcc4.txt", 8),
    ],
)
def test_nist_certified_values(shared_data: Path, name: str, digits: int):
    centre, spread, values = certified(shared_data / "nist" / name)
    found = moments(values)
    assert found == (pytest.approx(centre, rel=1e-14), pytest.approx(spread, rel=10.0**-digits))


def test_order_and_sign_do_not_matter_to_the_last_bit():
    values = np.random.default_rng(2).lognormal(0, 3, 999)
    shuffled = np.random.default_rng(3).permutation(values)
    centre, spread = moments(values)
    assert moments(shuffled) == (centre, spread)
    assert moments(-values) == (-centre, spread)


def test_the_quartile_of_one_to_ten_depends_on_the_type():
    values = np.arange(1.0, 11.0)
    assert quantiles(values, [0.25], 7) == [3.25]
    assert quantiles(values, [0.25], 6) == [2.75]


def test_an_empty_sample_has_no_statistics():
    found = describe(np.empty(0), 7)
    assert found.pop("n") == 0
    assert set(found.values()) == {None}


def test_published_data_have_r_quartiles(paired_reference):
    for name, case in paired_reference.items():
        for time in ("before", "after"):
            values, expected = np.array(case[time], dtype=float), case["desc"][time]
            assert quantiles(values, [0.25, 0.75], 7) == pytest.approx(expected["q_type7"]), name
            assert quantiles(values, [0.25, 0.75], 6) == pytest.approx(expected["q_type6"]), name
            assert moments(values) == pytest.approx((expected["mean"], expected["sd"]), rel=1e-13)
