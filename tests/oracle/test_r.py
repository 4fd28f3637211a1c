"""Every field of the card on 2,000 random sets, and the other methods, equal to R's to 1e-8.

A p is equal relative to its size. Where R is silent (a constant sample, one pair) the field is
missing here too. The differences of definition are listed in docs/statistics.md.
"""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from pingouin import friedman

from remit.schemas.catalogue import of_table
from remit.statistics import mixed_model
from remit.statistics.ard import Noted, wide
from remit.statistics.card import Pairs, card
from remit.statistics.p_values import adjust, sign_test
from remit.statistics.proportions import cochran_q, interval
from remit.statistics.rates import poisson_interval
from remit.statistics.time_to_event import aalen_johansen, time_to_event

CLOSE = {"rel": 1e-8, "abs": 1e-8}
SPEC: dict[str, Any] = {
    "conf_level": 0.95,
    "quantile_type": 7,
    "zeros": "wilcox",
    "wilcoxon": "asymptotic",
    "normality_alpha": 0.05,
}
# Our name of a field: R's.
FIELDS = {
    **{
        f"{ours}_{what}": f"{theirs}_{what}{suffix}"
        for ours, theirs in (("base", "before"), ("visit", "after"))
        for what, suffix in (("mean", ""), ("sd", ""), ("q1", "_7"), ("median", "_7"), ("q3", "_7"))
    },
    "p_wilcoxon_exact": "p_exact",
    "p_wilcoxon_asymptotic": "p_asymptotic",
    "z_wilcoxon": "z",
    "p": "p_asymptotic",  # of the plan below
    **{
        name: name
        for name in (
            *("n", "mean_change", "sd_change", "change_ci_low", "change_ci_high"),
            *("t", "df", "p_t", "cohen_dz", "cohen_dz_ci_low", "cohen_dz_ci_high"),
            *("hedges_g", "hedges_g_ci_low", "hedges_g_ci_high"),
            *("n_zero", "n_ties", "w_plus", "w_minus", "p_sign", "p_attainable"),
            *("rank_biserial", "rank_biserial_ci_low", "rank_biserial_ci_high"),
            "hodges_lehmann",
            *("shapiro_w", "shapiro_p"),
        )
    },
}
# R's noncentral t is no oracle where t is large: there it is left open.
OPEN = {"cohen_dz_ci_low", "cohen_dz_ci_high", "hedges_g_ci_low", "hedges_g_ci_high"}
# Counts of the cohort and the name of the test come from the plan and the data set; p_adjusted, the
# ratio and its interval have tests of their own below.
ELSEWHERE = {
    *("n_eligible", "n_no_visit", "n_no_baseline", "n_censored", "n_copied"),
    *("test", "p_adjusted", "estimator", "estimate", "estimate_ci_low", "estimate_ci_high"),
    *("geometric_mean_ratio", "gmr_ci_low", "gmr_ci_high"),
    *("hl_ci_low", "hl_ci_high", "hl_attained"),
}


def value(found: Any) -> float | None:
    return found.value if isinstance(found, Noted) else found


def cards(pairs: pl.DataFrame, test: str = "wilcoxon", transform: str = "none", **options: Any):
    plan = {"test": test, "transform": transform}
    for _, group in pairs.group_by("set", maintain_order=True):
        given = Pairs(group["before"].to_numpy(), group["after"].to_numpy())
        found = card(given, plan, SPEC | options)
        yield {name: value(each) for name, each in found.items()}


def compare(ours: list[float | None], theirs: pl.Series, name: str, *, silent: bool = False) -> int:
    """Number of values compared.

    Args:
        ours: What Remit found.
        theirs: What R found.
        name: Of the field; a p is compared relative to its size.
        silent: Whether a field that R leaves open must be missing here too.
    """
    extra = [a for a, b in zip(ours, theirs, strict=True) if b is None and a is not None]
    assert not (silent and extra), f"{name}: R has nothing, we have {extra[:3]}"
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if b is not None]
    missing = [b for a, b in pairs if a is None]
    assert not missing, f"{name}: R has {missing[:3]}, we have nothing"
    a, b = np.array(pairs, dtype=float).T
    worst = np.abs(a - b) / np.maximum(0 if name.startswith("p") else 1, np.abs(b))
    assert worst.max() < 1e-8, f"{name}: {a[worst.argmax()]!r} is not R's {b[worst.argmax()]!r}"
    return len(pairs)


@pytest.fixture(scope="session")
def ours(oracle):
    return list(cards(oracle["pairs"]))


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_the_card(field: str, ours, oracle):
    theirs = oracle["pairs_r"][FIELDS[field]]
    silent = field not in OPEN
    compared = compare([each[field] for each in ours], theirs, field, silent=silent)
    assert compared > 1500


def test_no_field_of_the_card_is_left_out():
    assert set(of_table("paired")) == set(FIELDS) | ELSEWHERE


def test_quartiles_as_spss(oracle):
    found = list(cards(oracle["pairs"], quantile_type=6))
    for time, r_time in (("base", "before"), ("visit", "after")):
        for name in ("q1", "median", "q3"):
            theirs = oracle["pairs_r"][f"{r_time}_{name}_6"]
            compare([each[f"{time}_{name}"] for each in found], theirs, name, silent=True)


def test_pratt(oracle):
    found = list(cards(oracle["pairs"], zeros="pratt"))
    # coin takes the asymptotic p from 1: its last digits are lost, and 1e-8 of 1 is what is asked.
    for kind, name in (("exact", "p"), ("asymptotic", "Pratt")):
        theirs = oracle["pairs_r"][f"p_pratt_{kind}"]
        assert compare([each[f"p_wilcoxon_{kind}"] for each in found], theirs, name) > 1500


def test_log_ratios(oracle):
    positive = oracle["pairs_r"]["gmr"].is_not_null()
    sets = oracle["pairs_r"]["set"].filter(positive)
    found = list(
        cards(oracle["pairs"].filter(pl.col("set").is_in(sets.to_list())), transform="log")
    )
    for name, r_name in (
        ("geometric_mean_ratio", "gmr"),
        ("gmr_ci_low", "gmr_low"),
        ("gmr_ci_high", "gmr_high"),
        ("p_t", "log_p_t"),
        ("hodges_lehmann", "log_hl"),
        ("p_wilcoxon_exact", "log_p_exact"),
    ):
        theirs = oracle["pairs_r"][r_name].filter(positive)
        assert compare([each[name] for each in found], theirs, name) > 1000


def test_hodges_lehmann_is_that_of_wilcox_test_without_ties(ours, oracle):
    for name, r_name in (
        ("hodges_lehmann", "r_hl"),
        ("hl_ci_low", "r_hl_low"),
        ("hl_ci_high", "r_hl_high"),
        ("hl_attained", "r_attained"),
    ):
        exact = cards(oracle["pairs"], wilcoxon="exact")
        compared = compare([each[name] for each in exact], oracle["pairs_r"][r_name], name)
        assert compared > (20 if name == "hl_attained" else 100)  # many Walsh averages tie


@pytest.mark.parametrize(("wilcoxon", "least"), [("exact", 200), ("asymptotic", 500)])
def test_the_interval_holds_the_shifts_that_the_test_accepts_in_r(wilcoxon, least, oracle):
    found = list(cards(oracle["pairs"], wilcoxon=wilcoxon))
    for name in ("hl_ci_low", "hl_ci_high"):
        theirs = oracle["pairs_r"][f"{wilcoxon}_{name}"]
        assert compare([each[name] for each in found], theirs, name) > least


def test_adjusted_p_values(ours, oracle):
    p = [each["p_wilcoxon_asymptotic"] for each in ours]
    for method in ("holm", "bh"):
        compare(adjust(p, method), oracle["pairs_r"][f"p_{method}"], f"p {method}", silent=True)


def test_proportions_and_rates(oracle):
    frame = pl.concat([oracle["proportions"], oracle["proportions_r"]], how="horizontal")
    for row in frame.iter_rows(named=True):
        count, n = row["count"], row["n"]
        exact = (row["exact_low"], row["exact_high"])
        wilson = (row["wilson_low"], row["wilson_high"])
        assert interval(count, n, 0.95, "clopper_pearson") == pytest.approx(exact, **CLOSE)
        assert interval(count, n, 0.95, "wilson") == pytest.approx(wilson, **CLOSE)
        assert sign_test(row["only_before"], row["only_after"]) == pytest.approx(row["mcnemar"])
        rate = poisson_interval(row["events"], row["years"], 0.95)
        assert rate == pytest.approx((row["rate_low"], row["rate_high"]), **CLOSE)


def test_kaplan_meier(oracle):
    found = oracle["times"].with_columns(
        PARAMCD=pl.format("{}", "set"),
        PARAM=pl.lit("event"),
        AVAL=pl.col("time"),
        CNSR=(pl.col("status") != 1).cast(pl.Int64),
        CMPEVT=pl.when(pl.col("status") == 2).then(pl.lit("competing")),
        USUBJID=pl.int_range(pl.len()),
    )
    spec = {"conf_level": 0.95, "covariance": []}
    ours = wide(time_to_event(found, spec), "time_to_event").with_columns(
        set=pl.col("PARAMCD").cast(pl.Int64)
    )
    theirs = oracle["times_r"].with_columns(pl.col("time").cast(pl.Float64))
    both = theirs.join(ours, on=["set", "time"], suffix="_ours", how="left")
    assert both["survival_ours"].null_count() == 0
    for name, r_name in (
        ("at_risk_ours", "at_risk"),
        ("event_ours", "event"),
        ("survival_ours", "survival"),
        ("survival_ci_low", "low"),
        ("survival_ci_high", "high"),
        ("incidence", "incidence_r"),
    ):
        kept = both.rename({"incidence": "incidence_r", "incidence_ours": "incidence"})
        if name == "incidence":  # R gives it, as 1 - survival, where nothing competes, too
            kept = kept.drop_nulls("incidence")
        assert compare(kept[name].to_list(), kept[r_name], name, silent=True) > 400
    medians = ours.filter(pl.col("time").is_null()).sort("set")
    theirs = oracle["times_r"].unique("set").sort("set")
    for r_name in ("median", "median_low", "median_high"):
        name = r_name.replace("_low", "_ci_low").replace("_high", "_ci_high")
        assert medians[name].is_null().equals(theirs[r_name].is_null(), null_equal=True), name
        compare(medians[name].to_list(), theirs[r_name], name)


def test_cumulative_incidence_has_the_standard_error_of_survfit(oracle):
    for row in oracle["times_r"].group_by("set", maintain_order=True):
        number, theirs = row[0][0], row[1]
        own = oracle["times"].filter(pl.col("set") == number)
        timed = own.select(
            AVAL=pl.col("time"),
            CNSR=(pl.col("status") != 1).cast(pl.Int64),
            CMPEVT=pl.when(pl.col("status") == 2).then(pl.lit("competing")),
        )
        found = aalen_johansen(timed, 0.95)
        if not found:
            continue
        for time, f, se in theirs.select("time", "incidence", "incidence_se").iter_rows():
            low = value(found[time].get("incidence_ci_low"))
            if low is None:
                continue
            expected = f ** np.exp(-1.959963984540054 * se / (f * np.log(f)))
            assert low == pytest.approx(expected, abs=1e-8)


def test_friedman_and_cochran(oracle):
    frame = oracle["ordered"]
    for row in oracle["ordered_r"].iter_rows(named=True):
        own = frame.filter(pl.col("set") == row["set"])
        subjects = own["subject"].max()
        table = own["value"].to_numpy().reshape(subjects, -1)
        found = friedman(pd.DataFrame(table)).iloc[0]
        assert (found["Q"], found["p_unc"]) == pytest.approx(
            (row["friedman"], row["friedman_p"]), **CLOSE
        )
        yes = cochran_q(own["yes"].to_numpy().reshape(subjects, -1))
        assert (yes[0], yes[2]) == pytest.approx((row["cochran"], row["cochran_p"]), **CLOSE)


def test_mixed_model(oracle):
    """gls stops when it is near enough: its maximum is never above ours, and close to it."""
    for (number,), own in oracle["longitudinal"].group_by("set", maintain_order=True):
        visit = own["visit"].to_numpy() - 1
        visits = int(visit.max()) + 1
        cells, base = np.eye(visits), own["base"].to_numpy()
        data = mixed_model.Data(
            own["change"].to_numpy(),
            np.column_stack([cells[visit], base]),
            own["subject"].to_numpy() - 1,
            visit,
            visits,
        )
        centre = own.unique("subject")["base"].mean()
        for structure, near in (("unstructured", 1e-4), ("compound_symmetry", 1e-6)):
            fit = mixed_model.fit(data, [structure])
            theirs = oracle["longitudinal_r"].filter(set=number, covariance=structure)
            likelihood = theirs["log_likelihood"][0]
            assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-7)
            assert fit.log_likelihood > likelihood - 1e-10
            found = [fit.estimate(np.append(cell, centre)) for cell in cells]
            assert [each.value for each in found] == pytest.approx(
                theirs["estimate"].to_list(), rel=near, abs=near
            )
            assert [each.se for each in found] == pytest.approx(theirs["se"].to_list(), rel=near)
