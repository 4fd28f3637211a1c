"""The mixed model where theory gives its answer, and the log of what was tried."""

from sys import float_info

import numpy as np
import polars as pl
import pytest

from remit.schemas.statistics import validate
from remit.statistics import longitudinal, wide
from remit.statistics.mixed_model import Data, Fit, fit


def complete(values: np.ndarray) -> Data:
    subjects, visits = values.shape
    return Data(
        outcome=values.ravel(),
        design=np.tile(np.eye(visits), (subjects, 1)),
        subject=np.repeat(np.arange(subjects), visits),
        visit=np.tile(np.arange(visits), subjects),
        visits=visits,
    )


@pytest.fixture
def values() -> np.ndarray:
    random = np.random.default_rng(1)
    return random.normal(size=(12, 3)) @ random.normal(size=(3, 3)) + [0, 1, 2]


def test_complete_data_and_unstructured_covariance_give_one_sample_t_tests(values):
    found = fit(complete(values), ["unstructured"])
    assert isinstance(found, Fit)
    for k in range(3):
        estimate = found.estimate(np.eye(3)[k])
        assert estimate.value == pytest.approx(values[:, k].mean(), rel=1e-7)
        assert estimate.se == pytest.approx(values[:, k].std(ddof=1) / 12**0.5, rel=1e-6)
        assert estimate.df == pytest.approx(11, rel=1e-6)
    assert found.residual_covariance == pytest.approx(np.cov(values.T), rel=1e-5)


def test_complete_data_and_compound_symmetry_give_the_repeated_measures_anova(values):
    found = fit(complete(values), ["compound_symmetry"])
    assert isinstance(found, Fit)
    estimate = found.estimate(np.array([1.0, -1.0, 0.0]))
    residual = values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
    error = (residual**2).sum() / 22
    assert estimate.se == pytest.approx((2 * error / 12) ** 0.5, rel=1e-6)
    assert estimate.df == pytest.approx(22, rel=1e-6)


def test_units_scale_the_estimates_and_leave_the_degrees_of_freedom(values):
    small, large = (
        fit(complete(values), ["unstructured"]),
        fit(complete(values * 88.4), ["unstructured"]),
    )
    assert isinstance(small, Fit)
    assert isinstance(large, Fit)
    one, other = small.estimate(np.eye(3)[2]), large.estimate(np.eye(3)[2])
    assert other.value == pytest.approx(88.4 * one.value, rel=1e-7)
    assert other.df == pytest.approx(one.df, rel=1e-5)


def test_too_few_subjects_fall_back_and_the_log_says_why(values):
    found = fit(complete(values[:3]), ["unstructured", "compound_symmetry"])
    assert isinstance(found, Fit)
    assert found.structure == "compound_symmetry"
    assert found.log[0].startswith("unstructured: ")


def test_constant_changes_leave_no_model():
    assert fit(complete(np.ones((5, 3))), ["compound_symmetry"]) == [
        "no residual variation to be modelled"
    ]


def test_the_table_has_a_summary_and_a_row_per_visit(visits_of, subjects_of, parameters, plan):
    random = np.random.default_rng(4)
    names = "abcdefghijkl"
    base = random.normal(5, 1, 12).round(2)
    rows = [
        (name, f"Month {k}", b, round(float(b - 0.5 * k + random.normal(0, 0.3)), 2))
        for k in (1, 2)
        for name, b in zip(names, base, strict=True)
    ][:-1]
    visits = visits_of(*rows)
    copy = visits.tail(1).with_columns(
        AVISIT=pl.lit("Month 2"), DTYPE=pl.lit("LOV"), USUBJID=pl.lit("l")
    )
    table = wide(
        longitudinal(pl.concat([visits, copy]), subjects_of(names), parameters, plan),
        "longitudinal",
    )
    validate("longitudinal", table)
    summary, first, second = table.iter_rows(named=True)
    assert (summary["n"], summary["observations"]) == (12, 23)
    assert summary["structure"] == "unstructured"
    assert (summary["n_complete"], summary["n_left_out"]) == (11, 1)
    assert summary["friedman_p"] < 0.001
    assert second["ls_ci_low"] < second["ls_mean"] < second["ls_ci_high"] < 0
    assert (first["n"], second["n"]) == (12, 11)


def test_log_ratios_give_the_geometric_mean_ratio_in_any_unit(
    visits_of, subjects_of, parameters, plan
):
    random = np.random.default_rng(7)
    names = "abcdefghijkl"
    base = random.lognormal(1, 0.5, 12)
    ratios = random.lognormal(-0.5, 0.3, 12)
    plan |= {"parameters": {"UPCR": {"test": "paired_t", "transform": "log"}}}
    tables = []
    for factor in (1.0, 113.12):
        rows = [
            (n, "Month 1", b * factor, b * r * factor)
            for n, b, r in zip(names, base, ratios, strict=True)
        ]
        given = (visits_of(*rows), subjects_of(names), parameters, plan)
        tables.append(wide(longitudinal(*given), "longitudinal").row(1, named=True))
    # One visit: the mean at the mean baseline of a regression on baseline is the plain mean.
    assert tables[0]["ls_mean"] == pytest.approx(np.exp(np.log(ratios).mean()), rel=1e-9)
    for name in ("ls_mean", "ls_se", "ls_ci_low", "ls_ci_high", "ls_p"):
        assert tables[1][name] == pytest.approx(tables[0][name], rel=1e-7), name


@pytest.mark.parametrize(
    ("value", "transform", "reason"),
    [
        (np.inf, "none", "a value is infinite"),
        (0.0, "log", "the logarithm needs values above zero"),
    ],
)
def test_values_that_no_model_takes_are_said(
    visits_of, subjects_of, parameters, plan, value: float, transform: str, reason: str
):
    plan |= {"parameters": {"UPCR": {"test": "paired_t", "transform": transform}}}
    visits = visits_of(*((n, "Month 1", 5.0 + i, value) for i, n in enumerate("abcd")))
    table = wide(longitudinal(visits, subjects_of("abcd"), parameters, plan), "longitudinal")
    validate("longitudinal", table)
    assert table["ls_mean"].is_null().all()
    assert table["error"][0].startswith(reason)


def test_no_p_of_thousands_of_subjects_is_zero(visits_of, parameters, plan):
    random = np.random.default_rng(3)
    names = [f"S{i}" for i in range(2000)]
    base = random.normal(50, 1, 2000)
    rows = [
        (name, f"Month {k}", b, b - 20 * k + e)
        for k in (1, 2)
        for name, b, e in zip(names, base, random.normal(size=2000), strict=True)
    ]
    subjects = pl.DataFrame({"USUBJID": names}).with_columns(EFFFL=pl.lit("Y"))
    plan |= {"covariance": ["compound_symmetry"]}
    table = wide(longitudinal(visits_of(*rows), subjects, parameters, plan), "longitudinal")
    assert (table["friedman_p"][0], *table["ls_p"][1:]) == (float_info.min,) * 3


@pytest.mark.parametrize("subjects", ["", "a", "ab"])
def test_hardly_any_data_are_explained(visits_of, subjects_of, parameters, plan, subjects: str):
    rows = [(name, f"Month {k}", 5.0, 4.0 + k) for name in subjects for k in (1, 2)]
    table = wide(
        longitudinal(visits_of(*rows), subjects_of("ab"), parameters, plan), "longitudinal"
    )
    validate("longitudinal", table)
    assert table["ls_mean"].is_null().all()
    assert table["error"][0]


def test_friedman_as_hollander_and_wolfe(other_reference):
    import pandas as pd
    from pingouin import friedman

    expected = other_reference["friedman_hollander_wolfe"]
    found = friedman(pd.DataFrame(expected["data"])).iloc[0]
    assert (found["Q"], found["p_unc"]) == pytest.approx((expected["chi2"], expected["p"]))
