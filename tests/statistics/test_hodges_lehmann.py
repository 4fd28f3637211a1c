"""The Hodges-Lehmann estimate and interval against published values and R's."""

import numpy as np
import pytest

from remit.statistics.hodges_lehmann import hodges_lehmann, walsh_sum
from remit.statistics.signed_rank import reported_units


def test_hollander_and_wolfe_depression_data():
    # R's ?wilcox.test; Hollander & Wolfe 1973, p. 29
    d = [-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010]
    found = hodges_lehmann(reported_units(np.array(d), 3), 0.95)
    assert (found.estimate, found.low, found.high) == (-460, -786, -10)
    assert found.attained == pytest.approx(0.9609375)


def test_zeros_stay_in():
    d = [-2.3, 0, -4, -2, 0.2, -3.2, -0.9, -1.5, -4, -0.9, -2.2, -0.5]
    found = hodges_lehmann(reported_units(np.array(d), 1), 0.95)
    assert found.estimate / 10 == -1.8
    assert (found.low / 10, found.high / 10) == (-2.75, -0.75)


def test_few_pairs_attain_what_they_can():
    found = hodges_lehmann(np.array([1, 2, 4]), 0.95)
    assert (found.low, found.high, found.attained) == (1, 4, 0.75)


def test_order_statistics_are_those_of_the_sorted_walsh_sums():
    random = np.random.default_rng(3)
    for n in (1, 2, 3, 10, 41):
        d = np.sort(random.integers(-20, 20, n))
        sums = sorted(int(d[i] + d[j]) for i in range(n) for j in range(i, n))
        found = [walsh_sum(d, k + 1, 2 * d[0], 2 * d[-1]) for k in range(len(sums))]
        assert found == sums


def test_published_data_give_r_median_of_walsh_averages(paired_reference, decimals_of):
    for name, case in paired_reference.items():
        decimals = decimals_of(case["before"] + case["after"])
        difference = np.array(case["after"]) - np.array(case["before"])
        found = hodges_lehmann(reported_units(difference, decimals), 0.95)
        assert found.estimate / 10**decimals == pytest.approx(case["hl_walsh_all"], abs=1e-12), name
        if case["wilcox_R_default"]["method"] == "Wilcoxon signed rank exact test":
            interval = (found.low / 10**decimals, found.high / 10**decimals)
            assert interval == pytest.approx(tuple(case["wilcox_R_default"]["ci"]), abs=1e-12), name
