"""Proportions, rates and adjusted p-values against R's and published values."""

import numpy as np
import pytest
from scipy.stats import binomtest

from remit.statistics.p_values import adjust, sign_test
from remit.statistics.proportions import cochran_q, interval
from remit.statistics.rates import poisson_interval


def test_intervals_are_those_of_r(other_reference):
    for case in other_reference["proportion_ci"]:
        for method in ("clopper_pearson", "wilson"):
            found = interval(case["x"], case["n"], 0.95, method)
            assert found == pytest.approx(tuple(case[method]), abs=1e-12), (case, method)


def test_clopper_pearson_is_the_one_scipy_searches_for():
    ends = binomtest(3, 11).proportion_ci(0.9, method="exact")
    assert interval(3, 11, 0.9, "clopper_pearson") == pytest.approx((ends.low, ends.high))


def test_an_empty_denominator_has_no_interval():
    assert interval(0, 0, 0.95, "clopper_pearson") is None


def test_mcnemar_is_exact(other_reference):
    (_, only_before), (only_after, _) = other_reference["mcnemar_renaltx_proteinuria"]["table"]
    expected = other_reference["mcnemar_renaltx_proteinuria"]["p_exact"]
    assert sign_test(only_before, only_after) == pytest.approx(expected, abs=1e-14)
    assert sign_test(4, 4) == 1
    assert sign_test(0, 0) is None


def test_cochran_q_of_a_published_table():
    # Conover 1999, Practical Nonparametric Statistics, 4.6, example 1: three forecasters, 12 games
    games = [
        *([1, 1, 1], [1, 1, 1], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]),
        *([1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 1]),
    ]
    q, df, p = cochran_q(np.array(games))
    assert (q, df) == (pytest.approx(2.8), 2)
    assert p == pytest.approx(0.2466, abs=5e-5)


def test_nobody_who_changes_leaves_no_cochran_q():
    assert cochran_q(np.array([[1, 1], [0, 0]])) is None


@pytest.mark.parametrize(
    ("events", "years", "low", "high"),
    [(14, 400, 0.019135, 0.058724), (3, 18.5, 0.033, 0.474), (0, 18.5, 0, 0.199)],
)
def test_poisson_intervals_as_published(events: int, years: float, low: float, high: float):
    found = poisson_interval(events, years, 0.95)
    assert found == pytest.approx((low, high), abs=6e-4)


def test_no_person_time_no_rate():
    assert poisson_interval(0, 0.0, 0.95) is None


def test_adjusted_p_values_are_those_of_r(other_reference):
    reference = other_reference["p_adjust"]
    assert adjust(reference["input"], "holm") == pytest.approx(reference["holm"])
    assert adjust(reference["input"], "bh") == pytest.approx(reference["BH"])


def test_a_missing_p_neither_counts_nor_is_adjusted():
    assert adjust([0.01, None, 0.04], "holm") == [pytest.approx(0.02), None, pytest.approx(0.04)]
    assert adjust([None], "bh") == [None]
