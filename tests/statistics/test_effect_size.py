"""Effect sizes against a published vector and scipy's distribution."""

from math import sqrt

import pytest
from scipy.stats import nct

from remit.statistics.effect_size import (
    hedges_correction,
    noncentrality_interval,
    rank_biserial_interval,
)


def test_interval_of_d_z_of_twelve_pairs():
    low, high = noncentrality_interval(-4.2782, 11, 0.95)
    assert (low / sqrt(12), high / sqrt(12)) == pytest.approx((-1.981, -0.458), abs=5e-4)


@pytest.mark.parametrize(("t", "df"), [(0.0, 5), (-3.0, 1), (12.5, 59), (40.0, 999)])
def test_the_bounds_are_where_t_is_a_quantile(t: float, df: int):
    low, high = noncentrality_interval(t, df, 0.95)
    assert nct.cdf(t, df, low) == pytest.approx(0.975, abs=1e-9)
    assert nct.cdf(t, df, high) == pytest.approx(0.025, abs=1e-9)


def test_hedges_correction_of_eleven_degrees_of_freedom():
    assert hedges_correction(11) == pytest.approx(0.93023, abs=5e-6)


def test_the_rank_biserial_interval_ends_where_all_differences_have_one_sign():
    assert rank_biserial_interval(-1.0, 7, 0.95) is None
    # The depression data of R's ?wilcox.test in the examples of effectsize::rank_biserial
    low, high = rank_biserial_interval(35 / 45, 9, 0.95)
    assert (round(low, 2), round(high, 2)) == (0.30, 0.94)
