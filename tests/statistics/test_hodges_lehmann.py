"""The Hodges-Lehmann estimate and interval against published values, R's, and plain enumeration."""

from itertools import pairwise

import numpy as np
import pytest

from remit.statistics.hodges_lehmann import hodges_lehmann, interval, walsh_sum
from remit.statistics.signed_rank import reported_units, signed_rank


def test_hollander_and_wolfe_depression_data():
    # R's ?wilcox.test; Hollander & Wolfe 1973, p. 29
    d = np.array([-952, 147, -1022, -430, -620, -590, -490, 80, -10])
    found = interval(d, 0.95, "wilcox", "p_exact")
    assert hodges_lehmann(d) == -460
    assert (found.low, found.high) == (-786, -10)
    assert found.attained == pytest.approx(0.9609375)


def test_zeros_stay_in_the_estimate():
    d = np.array([-23, 0, -40, -20, 2, -32, -9, -15, -40, -9, -22, -5])
    assert hodges_lehmann(d) == -18


def test_ties_and_zeros_widen_the_interval_only_as_far_as_the_test_accepts():
    # exact p of no change 0.039; order statistics without regard to ties would reach to 0.0 and on
    d = np.array([-4, -4, -3, -3, -2, -2, -1, 2])
    assert signed_rank(d, "wilcox").p_exact == pytest.approx(0.0390625)
    found = interval(d, 0.95, "wilcox", "p_exact")
    assert (found.low, found.high) == (-3.5, 0)
    just_below, just_above = (signed_rank(8 * d - shift, "wilcox").p_exact for shift in (-1, 1))
    assert just_below > 0.05 > just_above


def test_pairs_too_few_to_reject_any_shift_have_no_interval():
    assert interval(np.array([1, 2, 4, 7, 9]), 0.95, "wilcox", "p_exact") is None
    assert interval(np.array([1, 2, 4, 7, 9, 13]), 0.95, "wilcox", "p_exact") is not None


def test_differences_that_are_all_one_have_an_interval_of_one_point():
    found = interval(np.full(8, 5), 0.95, "wilcox", "p_exact")
    assert (found.low, found.high) == (5, 5)


@pytest.mark.parametrize("p", ["p_exact", "p_asymptotic"])
@pytest.mark.parametrize("zeros", ["wilcox", "pratt"])
def test_the_interval_holds_the_shifts_that_the_test_accepts(zeros: str, p: str):
    random = np.random.default_rng(7)
    for k in range(40):
        n = int(random.integers(6, 20))
        d = np.round(random.normal(2, 3, n) * (1 + 9 * (k % 2))).astype(np.int64)
        found = interval(d, 0.95, zeros, p)
        sums = np.unique(d[:, None] + d)
        edges = [sums[0] - 2, *sums.tolist(), sums[-1] + 2]
        for below, above in pairwise(edges):
            test = signed_rank(4 * d - below - above, zeros)
            accepted = getattr(test, p) is None or getattr(test, p) >= 0.05
            inside = 2 * found.low <= below and above <= 2 * found.high
            assert inside or not accepted
            if above == 2 * found.low or below == 2 * found.high:
                assert not accepted


def test_order_statistics_are_those_of_the_sorted_walsh_sums():
    random = np.random.default_rng(3)
    for n in (1, 2, 3, 10, 41):
        d = np.sort(random.integers(-20, 20, n))
        sums = sorted(int(d[i] + d[j]) for i in range(n) for j in range(i, n))
        found = [walsh_sum(d, k + 1, 2 * d[0], 2 * d[-1]) for k in range(len(sums))]
        assert found == sums


def test_published_data_give_r_median_of_walsh_averages(paired_reference):
    for name, case in paired_reference.items():
        difference = np.array(case["after"]) - np.array(case["before"])
        units, step = reported_units(difference, max(case["before"] + case["after"]))
        estimate = hodges_lehmann(units) * float(step)
        assert estimate == pytest.approx(case["hl_walsh_all"], abs=1e-12), name
        if case["wilcox_R_default"]["method"] == "Wilcoxon signed rank exact test":
            found = interval(units, 0.95, "wilcox", "p_exact")
            ends = (found.low * float(step), found.high * float(step))
            assert ends == pytest.approx(tuple(case["wilcox_R_default"]["ci"]), abs=1e-12), name
