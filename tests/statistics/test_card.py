"""The card of one comparison: R's values, invariances, and every degenerate sample."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.statistics.ard import Noted
from remit.statistics.card import Pairs, card
from tests.statistics.conftest import PLAN

WILCOXON = {"test": "wilcoxon", "transform": "none"}
LOG = {"test": "paired_t", "transform": "log"}


def of(base: Any, visit: Any, plan: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
    given = Pairs(np.array(base, dtype=float), np.array(visit, dtype=float))
    return card(given, plan or WILCOXON, {**PLAN, **options})


def value(found: Any) -> Any:
    return found.value if isinstance(found, Noted) else found


def reason(found: Any) -> str | None:
    return found.error if isinstance(found, Noted) else None


def test_published_data_give_r_t_test_and_shapiro(paired_reference):
    for name, case in paired_reference.items():
        found = of(case["before"], case["after"])
        t, low, high = case["t_paired"], *case["t_paired"]["ci"]
        assert {key: value(found[key]) for key in ("t", "df", "p_t", "mean_change")} == (
            pytest.approx(
                {"t": t["t"], "df": t["df"], "p_t": t["p"], "mean_change": t["mean_diff"]}, rel=1e-9
            )
        ), name
        assert (found["change_ci_low"], found["change_ci_high"]) == pytest.approx((low, high))
        assert found["cohen_dz"] == pytest.approx(case["cohen_dz"], rel=1e-9), name
        assert value(found["shapiro_p"]) == pytest.approx(case["shapiro_p"], abs=1e-8), name
        if "log_t" in case:
            ratio = of(case["before"], case["after"], LOG)
            names = ("geometric_mean_ratio", "gmr_ci_low", "gmr_ci_high", "p_t")
            expected = (case["log_t"]["gmr"], *case["log_t"]["ci"], case["log_t"]["p"])
            assert tuple(ratio[key] for key in names) == pytest.approx(expected, rel=1e-9), name


def test_the_vector_of_twelve_pairs():
    pre = [3.2, 1.8, 5.6, 2.4, 0.9, 4.1, 1.2, 2.0, 6.8, 1.5, 3.0, 0.7]
    post = [0.9, 1.8, 1.6, 0.4, 1.1, 0.9, 0.3, 0.5, 2.8, 0.6, 0.8, 0.2]
    found = of(pre, post)
    assert found["t"] == pytest.approx(-4.2782, abs=5e-5)
    assert found["p_t"] == pytest.approx(0.001303, abs=5e-7)
    assert found["cohen_dz"] == pytest.approx(-1.2350, abs=5e-5)
    assert found["hedges_g"] == pytest.approx(-1.1488, abs=5e-5)
    assert found["rank_biserial"] == pytest.approx(-0.9697, abs=5e-5)
    assert value(found["hodges_lehmann"]) == pytest.approx(-1.8)


UNITLESS = {
    *("n", "t", "df", "p_t", "cohen_dz", "cohen_dz_ci_low", "cohen_dz_ci_high", "hedges_g"),
    *("hedges_g_ci_low", "hedges_g_ci_high", "n_zero", "n_ties", "w_plus", "w_minus"),
    *("z_wilcoxon", "p_wilcoxon_exact", "p_wilcoxon_asymptotic", "p_sign", "rank_biserial"),
    *("rank_biserial_ci_low", "rank_biserial_ci_high", "hl_attained", "shapiro_w", "shapiro_p"),
    *("p", "p_attainable", "test", "n_eligible", "n_no_visit", "n_no_baseline", "n_censored"),
    *("n_copied", "estimator"),
    *("geometric_mean_ratio", "gmr_ci_low", "gmr_ci_high"),
}


@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("test", ["wilcoxon", "paired_t", "shapiro"])
def test_the_same_data_in_two_unit_systems_differ_by_the_factor_alone(test: str, transform: str):
    random = np.random.default_rng(8)
    before = random.integers(50, 300, 40) / 100  # mg/dL, two decimals
    after = (before * random.uniform(0.7, 1.1, 40)).round(2)
    after[:3] = before[:3]
    before[3:5], after[3:5] = (1.0, 2.0), (0.5, 1.0)  # a tie of ratios
    plan = {"test": test, "transform": transform}
    conventional = of(before, after, plan)
    si = of(before * 88.4, after * 88.4, plan)  # umol/L
    assert conventional["n_ties"] > 0
    assert conventional["n_zero"] >= 3
    unitless = UNITLESS | (
        {
            *("hodges_lehmann", "hl_ci_low", "hl_ci_high"),
            *("estimate", "estimate_ci_low", "estimate_ci_high"),
        }
        if transform == "log"
        else set()
    )
    for name, each in conventional.items():
        expected, found = value(each), value(si[name])
        if name not in unitless:
            expected *= 88.4
        if name in ("test", "estimator"):
            assert found == expected
        else:
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def test_row_order_changes_nothing_not_even_the_last_bit():
    random = np.random.default_rng(9)
    before, after = random.lognormal(1, 1, 30).round(2), random.lognormal(1, 1, 30).round(2)
    order = random.permutation(30)
    shuffled, given_order = of(before[order], after[order]), of(before, after)
    assert shuffled == given_order


@pytest.mark.parametrize("test", ["wilcoxon", "paired_t", "shapiro"])
def test_swapping_before_and_after_flips_signs_and_nothing_else(test: str):
    random = np.random.default_rng(10)
    before, after = random.lognormal(1, 1, 25).round(1), random.lognormal(1, 1, 25).round(1)
    plan = {"test": test, "transform": "none"}
    there, back = of(before, after, plan), of(after, before, plan)
    flipped = {"mean_change", "t", "cohen_dz", "hedges_g", "rank_biserial", "z_wilcoxon"}
    flipped |= {"hodges_lehmann", "estimate"}
    for name, each in there.items():
        other, sign = name, -1 if name in flipped else 1
        if name.endswith(("_ci_low", "_ci_high")):
            stem, _, end = name.rpartition("_")
            other, sign = f"{stem}_{'low' if end == 'high' else 'high'}", -1
        elif name.startswith(("base_", "visit_")):
            stem, _, what = name.partition("_")
            other = f"{'visit' if stem == 'base' else 'base'}_{what}"
        elif name in ("w_plus", "w_minus"):
            other = "w_minus" if name == "w_plus" else "w_plus"
        if name in ("test", "estimator"):
            assert value(back[name]) == value(each)
        else:
            assert value(back[other]) == pytest.approx(sign * value(each), rel=1e-12), name


def test_no_pairs():
    found = of([], [])
    assert found["n"] == 0
    for name in ("base_mean", "mean_change", "t", "p_wilcoxon_exact", "hodges_lehmann"):
        assert (value(found[name]), reason(found[name])) == (None, "no pairs")
    assert reason(found["p"]) == "no pairs"


def test_one_pair_has_a_change_but_no_test_of_it():
    found = of([3.0], [2.0])
    assert found["mean_change"] == -1
    assert reason(found["change_ci_low"]) == "one pair has no spread"
    assert reason(found["p_t"]) == "one pair has no spread"
    assert reason(found["hl_ci_low"]) == "1 pairs are too few for an interval of 95 %"
    assert found["p_wilcoxon_exact"] == 1


def test_two_pairs_have_a_t_test_and_no_shapiro():
    found = of([3.0, 4.0], [2.0, 3.5])
    assert found["df"] == 1
    assert reason(found["shapiro_p"]) == "Shapiro-Wilk needs 3 to 5000 pairs"
    assert "cannot reach 0.05" in found["p_attainable"].warning


def test_equal_differences_have_no_t_and_no_shapiro():
    found = of([1.1, 2.3, 5.7, 9.1], [1.6, 2.8, 6.2, 9.6])
    assert found["mean_change"] == pytest.approx(0.5)
    for name in ("t", "p_t", "cohen_dz", "change_ci_low", "shapiro_p"):
        assert reason(found[name]) == "all differences are equal", name
    assert found["p_wilcoxon_exact"] == 0.125


def test_all_differences_zero():
    found = of([1, 2, 3], [1, 2, 3])
    assert (found["n_zero"], found["mean_change"], found["hodges_lehmann"]) == (3, 0, 0)
    assert reason(found["p_attainable"]) == "all differences are zero"
    for name in ("p_wilcoxon_exact", "p_wilcoxon_asymptotic", "p_sign", "rank_biserial"):
        assert reason(found[name]) == "all differences are zero", name


def test_zeros_and_a_level_out_of_reach_are_told_beside_the_p():
    found = of([1, 2, 3, 4, 5, 6, 7], [1, 2, 1, 1, 1, 1, 1], wilcoxon="asymptotic")
    assert found["n_zero"] == 2
    assert found["p_attainable"].value == 0.0625  # five pairs change
    assert found["p"].value < 0.05
    assert "below 0.0625, the smallest p that an exact test can give" in found["p"].warning


@pytest.mark.parametrize("wilcoxon", ["exact", "asymptotic"])
@pytest.mark.parametrize("zeros", ["wilcox", "pratt"])
def test_the_interval_of_a_row_excludes_no_change_exactly_when_its_p_is_below_the_level(
    zeros: str, wilcoxon: str
):
    random = np.random.default_rng(5)
    samples = {
        "paired_t": lambda n: random.normal(0.5, 1, n),
        "scores": lambda n: random.integers(-4, 3, n).astype(float),
        "half zeros": lambda n: np.where(
            random.random(n) < 0.5, 0, np.round(random.normal(1, 1, n), 1)
        ),
    }
    for name, sample in samples.items():
        for k in range(60):
            n = int(random.integers(7, 31))
            base = random.lognormal(2, 0.3, n).round(1) + 5
            plan = {"test": "paired_t" if name == "paired_t" else "wilcoxon"}
            plan["transform"] = "log" if k % 2 else "none"
            found = of(base, base + sample(n), plan, zeros=zeros, wilcoxon=wilcoxon)
            low, high = value(found["estimate_ci_low"]), value(found["estimate_ci_high"])
            none = 1 if found["estimator"].endswith("ratio") else 0
            remark = found["estimate_ci_low"]
            if isinstance(remark, Noted) and remark.warning:
                assert "leaves out zeros" in remark.warning
                continue
            assert (low > none or high < none) == (value(found["p"]) < 0.05), (name, k)


def test_the_estimate_of_a_row_is_that_of_its_test():
    base, visit = [5, 6, 7, 8, 9, 10], [4.1, 4.8, 6.6, 6.9, 7.5, 8.2]
    for test, transform, estimator, name in (
        ("paired_t", "none", "mean_change", "mean_change"),
        ("paired_t", "log", "geometric_mean_ratio", "geometric_mean_ratio"),
        ("wilcoxon", "none", "hodges_lehmann", "hodges_lehmann"),
        ("wilcoxon", "log", "hodges_lehmann_ratio", "hodges_lehmann"),
    ):
        found = of(base, visit, {"test": test, "transform": transform})
        assert (found["estimator"], found["estimate"]) == (estimator, found[name])


def test_a_shapiro_that_could_not_be_computed_is_not_said_to_have_chosen():
    found = of([3.0, 4.0], [2.0, 3.5], {"test": "shapiro", "transform": "none"})
    assert "chosen by the data" not in found["test"].warning
    assert "Shapiro-Wilk could not be computed: Shapiro-Wilk needs 3" in found["test"].warning


def test_an_infinite_value_is_said_not_computed_with():
    found = of([1, np.inf, 3], [1, 2, 3])
    assert reason(found["p"]) == "a value is infinite"
    assert value(found["base_mean"]) is None


def test_the_logarithm_of_nothing_is_said():
    found = of([1, 2, 3], [0, 1, 2], plan=LOG)
    assert reason(found["p_t"]) == "the logarithm needs values above zero"
    assert found["visit_mean"] == 1


def test_the_change_is_told_where_its_logarithm_is_not():
    found = of([1, 2, 3], [0, 1, 1], plan=LOG)
    assert found["mean_change"] == pytest.approx(-4 / 3)
    assert reason(found["geometric_mean_ratio"]) == "the logarithm needs values above zero"


def test_shapiro_knows_no_unit():
    base, visit = np.array([1.0, 2, 3, 4, 5]), np.array([1.1, 1.7, 3.3, 2.9, 5.6])
    small, plain = of(base * 1e-150, visit * 1e-150), of(base, visit)
    assert small["shapiro_p"] == pytest.approx(plain["shapiro_p"], rel=1e-12)


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e10])
def test_equal_ratios_have_no_t_in_any_unit(size: float):
    base = np.array([1.1, 2.3, 5.7, 9.1]) * size
    found = of(base, base * 0.3, plan=LOG)
    assert found["geometric_mean_ratio"] == pytest.approx(0.3)
    assert reason(found["p_t"]) == reason(found["gmr_ci_low"]) == "all differences are equal"
    found = of(base, base * [0.3, 0.300001, 0.299999, 0.3], plan=LOG)
    assert found["p_t"] < 1e-15


def test_a_t_beyond_the_noncentral_distribution_has_no_interval_of_d():
    base = np.array([1.1, 2.3, 5.7, 9.1])
    found = of(base, base + np.array([0.5, 0.50001, 0.49999, 0.5]))
    assert found["t"] > 1e4
    assert reason(found["cohen_dz_ci_low"]) == "t is too large for an interval by the noncentral t"
    assert found["cohen_dz"] == pytest.approx(found["t"] / 2)


def test_no_p_of_thousands_of_pairs_is_zero():
    random = np.random.default_rng(12)
    base = random.lognormal(3, 0.5, 5000).round(1)
    visit = (base * random.lognormal(-0.5, 0.2, 5000)).round(1)
    found = of(base, visit)
    for name in ("p_t", "p_wilcoxon_exact", "p_wilcoxon_asymptotic", "p_sign"):
        assert 0 < found[name] < 1e-300, name


def test_shapiro_leads_to_t_or_to_wilcoxon_and_says_that_the_data_chose():
    plan = {"test": "shapiro", "transform": "none"}
    normal = of([5, 6, 7, 8, 9, 10], [4.1, 4.8, 6.6, 6.9, 7.5, 8.2], plan=plan)
    skewed = of([1, 1, 1, 1, 1, 9], [0.9, 0.8, 0.9, 0.85, 0.95, 0.1], plan=plan)
    assert (normal["test"].value, normal["p"]) == ("paired_t", normal["p_t"])
    assert skewed["test"].value == "wilcoxon_exact"
    assert skewed["p"] == skewed["p_wilcoxon_exact"]
    assert "chosen by the data" in normal["test"].warning


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(allow_nan=False), st.integers(-3, 3).map(float)),
            st.one_of(st.floats(allow_nan=False), st.integers(-3, 3).map(float)),
        ),
        max_size=9,
    ),
    st.sampled_from(["none", "log"]),
    st.sampled_from(["wilcox", "pratt"]),
)
def test_every_sample_gives_a_number_or_a_reason(pairs, transform: str, zeros: str):
    base, visit = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = of(base, visit, {"test": "shapiro", "transform": transform}, zeros=zeros)
    for name, each in found.items():
        number = value(each)
        assert number is not None or reason(each), name
        if isinstance(number, float):
            assert np.isfinite(number), name
        if name.startswith("p_") and number is not None:
            assert 0 < number <= 1, name
