"""Wilcoxon's signed-rank test against hand-worked, published and R's values."""

import tracemalloc
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from remit.statistics.hodges_lehmann import hodges_lehmann, interval
from remit.statistics.p_values import sign_test
from remit.statistics.signed_rank import (
    _inversion,
    _programme,
    attainable_p,
    critical_rank,
    reported_units,
    signed_rank,
)

# clinical practice vector: 12 pairs, one zero, two pairs of ties
PRE = np.array([3.2, 1.8, 5.6, 2.4, 0.9, 4.1, 1.2, 2.0, 6.8, 1.5, 3.0, 0.7])
POST = np.array([0.9, 1.8, 1.6, 0.4, 1.1, 0.9, 0.3, 0.5, 2.8, 0.6, 0.8, 0.2])


def units(*differences: float) -> np.ndarray:
    return reported_units(np.array(differences), max(map(abs, differences)))[0]


def test_the_asymptotic_p_is_the_one_that_spss_prints():
    found = signed_rank(units(*POST - PRE), "wilcox")
    assert (found.n_zero, found.w_plus, found.w_minus) == (1, 1.0, 65.0)
    assert found.z == pytest.approx(-2.84796, abs=5e-6)
    assert found.p_asymptotic == pytest.approx(0.00440, abs=5e-6)
    assert found.p_exact == pytest.approx(0.001953125)


def test_pratt_keeps_the_ranks_that_zeros_push_up():
    found = signed_rank(units(*POST - PRE), "pratt")
    assert found.p_asymptotic == pytest.approx(0.004135, abs=5e-7)


def test_six_pairs_and_a_minority_rank_sum_of_one_give_the_published_p():
    found = signed_rank(units(1, -2, -3, -4, -5, -6), "wilcox")
    assert round(found.p_asymptotic, 3) == 0.046


def test_binary_noise_does_not_split_ties():
    noisy = np.array([1.3 - 1.2, -(0.3 - 0.2), 0.5])
    assert np.unique(np.abs(noisy)).size == 3
    assert signed_rank(reported_units(noisy, 1.3)[0], "wilcox").n_ties == 1


@pytest.mark.parametrize("factor", [88.4, 1 / 113.12, 0.0555, 10 / 3, 1e-7, 1e7])
def test_differences_tie_as_they_did_in_the_unit_reported(factor: float):
    random = np.random.default_rng(11)
    before, after = random.integers(50, 300, (2, 200)) / 100
    differences = after * factor - before * factor
    counted, step = reported_units(differences, 3 * factor)
    of_hundredths, hundredth = reported_units(after - before, 3.0)
    assert (of_hundredths == np.rint(100 * (after - before))).all()
    assert hundredth == Fraction(1, 100)
    assert (np.unique(np.abs(counted)).size, (counted == 0).sum()) == (
        np.unique(np.abs(of_hundredths)).size,
        (of_hundredths == 0).sum(),
    )
    assert counted * float(step) == pytest.approx(differences, rel=1e-9, abs=3e-12 * factor)


@pytest.mark.parametrize("zeros", ["wilcox", "pratt"])
def test_the_exact_p_counts_all_sign_assignments(zeros: str):
    differences = np.array([0, 0, 1, -1, 2, 2, -2, 3, 5, -5, 7, 8])
    order = np.abs(differences).argsort(kind="stable")
    values = np.abs(differences)[order]
    if zeros == "wilcox":
        values = values[values > 0]
    midrank = {v: np.mean(np.flatnonzero(values == v) + 1) for v in values}
    ranks = [midrank[abs(d)] for d in differences if d]
    observed = sum(midrank[d] for d in differences if d > 0)
    mean = sum(ranks) / 2
    sums = [np.dot(signs, ranks) for signs in product((0, 1), repeat=len(ranks))]
    extreme = np.mean([abs(s - mean) >= abs(observed - mean) - 1e-9 for s in sums])
    assert signed_rank(differences, zeros).p_exact == pytest.approx(extreme, abs=1e-15)


def test_inversion_and_programme_agree_in_the_far_tail_and_under_heavy_ties():
    random = np.random.default_rng(5)
    for _ in range(40):
        n = int(random.integers(150, 260))
        distinct = int(random.choice([2, 5, 30, n]))
        size, counts = np.unique(random.integers(1, distinct + 1, n), return_counts=True)
        doubled = 2 * (np.cumsum(counts) - counts) + counts + 1
        doubled = doubled // np.gcd.reduce(doubled)
        signs = random.random(n) < random.choice([0.3, 0.45, 0.5])
        bound = int(np.repeat(doubled, counts)[signs].sum())
        bound = min(bound, int(doubled @ counts) - bound)
        exact = _programme(np.repeat(doubled, counts), bound)
        assert _inversion(doubled, counts, bound) == pytest.approx(exact, rel=1e-10, abs=0), size


@pytest.mark.parametrize(
    ("counts", "plus"),
    [
        ([1] * 200, 0.1),  # a tail of 1e-27 keeps its digits
        ([1] * 196 + [4], 0.45),  # one tie of four alone breaks the lattice of even doubled ranks
        ([3] * 60 + [2], 0.48),
    ],
)
def test_inversion_and_programme_agree_where_only_tilt_or_a_far_frequency_keeps_them_together(
    counts: list[int], plus: float
):
    sizes = np.array(counts)
    doubled = 2 * (np.cumsum(sizes) - sizes) + sizes + 1
    doubled = doubled // np.gcd.reduce(doubled)
    bound = int(plus * (doubled @ sizes))
    exact = _programme(np.repeat(doubled, sizes), bound)
    assert _inversion(doubled, sizes, bound) == pytest.approx(exact, rel=1e-9, abs=0)


def test_a_tail_that_equals_half_of_alpha_counts():
    # R's qsignrank by its definition: the least q of which P(V <= q) is at least alpha / 2.
    for n in range(5, 10):
        sums = [sum(k for k in range(1, n + 1) if signs >> k & 1) for signs in range(0, 2 << n, 2)]
        for q in range(1, n * (n + 1) // 4):
            alpha = 2 * sum(s <= q for s in sums) / 2**n
            assert critical_rank(n, alpha)[0] == q, (n, q)


def test_a_hundred_thousand_pairs_need_linear_memory():
    random = np.random.default_rng(1)
    differences = np.rint(random.normal(0.02, 1, 100_000) * 100).astype(np.int64)
    interval(differences[:200], 0.95, "wilcox", "p_exact")  # imports
    tracemalloc.start()
    found, centre = signed_rank(differences, "wilcox"), hodges_lehmann(differences)
    ends = interval(differences, 0.95, "wilcox", "p_exact")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.p_exact == pytest.approx(found.p_asymptotic, rel=1e-2)
    assert ends.low < centre < ends.high
    assert peak < 200 * differences.nbytes


def test_all_differences_zero_leave_no_test():
    found = signed_rank(units(0, 0, 0), "wilcox")
    assert (found.n_zero, found.z, found.p_exact, found.p_asymptotic) == (3, None, None, None)


def test_a_p_too_small_for_a_double_is_not_zero():
    found = signed_rank(np.arange(1, 3001), "wilcox")
    assert 0 < found.p_exact < 1e-300
    assert found.p_asymptotic > 0


@pytest.mark.parametrize(("n", "p"), [(1, 1.0), (5, 0.0625), (6, 0.03125), (7, 0.015625)])
def test_the_smallest_p_that_n_pairs_can_give(n: int, p: float):
    assert attainable_p(n) == p == signed_rank(np.arange(1, n + 1), "wilcox").p_exact


@pytest.mark.parametrize(
    ("n", "alpha", "rank", "attained"),
    # qsignrank and psignrank of R 4.2.2
    [(5, 0.05, 1, 0.9375), (6, 0.05, 1, 0.96875), (9, 0.05, 6, 0.9609375)],
)
def test_critical_ranks_are_those_of_r(n: int, alpha: float, rank: int, attained: float):
    assert critical_rank(n, alpha) == (rank, pytest.approx(attained, abs=1e-15))


def test_published_data_give_what_r_gives(paired_reference):
    for name, case in paired_reference.items():
        before, after = np.array(case["before"]), np.array(case["after"])
        differences = reported_units(after - before, max(*before, *after))[0]
        wilcox, pratt = (signed_rank(differences, zeros) for zeros in ("wilcox", "pratt"))
        found = {
            "zeros": wilcox.n_zero,
            "ties": wilcox.n_ties,
            "V": wilcox.w_plus,
            "asymptotic": wilcox.p_asymptotic,
            "exact": wilcox.p_exact,
            "pratt asymptotic": pratt.p_asymptotic,
            "pratt exact": pratt.p_exact,
            "sign": sign_test(int((differences > 0).sum()), int((differences < 0).sum())),
        }
        assert found == pytest.approx(
            {
                "zeros": case["desc"]["diff"]["n_zero"],
                "ties": case["desc"]["diff"]["n_ties_abs"],
                "V": case["wilcox_R_default"]["V"],
                "asymptotic": case["wilcox_R_nocorrect"]["p"],
                "exact": case["coin_wilcoxon_exact"]["p"],
                "pratt asymptotic": case["coin_pratt_asym"]["p"],
                "pratt exact": case["coin_pratt_exact"]["p"],
                "sign": case["sign_test"]["p"],
            },
            abs=1e-12,
        ), name


@pytest.mark.parametrize("n", range(4, 21))
def test_a_level_that_is_attained_exactly_is_the_rank_itself(n):
    """Counted, without any search: of the 2^n signs those whose rank sum is at most r."""
    ways = [1]
    for rank in range(1, n + 1):
        ways = [a + b for a, b in zip(ways + [0] * rank, [0] * rank + ways, strict=True)]
    below = 0
    for rank in range(n * (n + 1) // 4):
        below += ways[rank]
        if rank and 2 * below < 2**n:
            assert critical_rank(n, 2 * below / 2**n)[0] == rank
