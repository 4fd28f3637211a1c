"""What the values before treatment say about the change after it."""

import polars as pl
import pytest

from remit.schemas.statistics import validate
from remit.statistics import regression_to_mean, wide


def history(visits_of, values: dict[str, list[float]]) -> pl.DataFrame:
    """Values 28 days apart, the last of them baseline on day 1, and a visit that repeats it."""
    frames = []
    for name, series in values.items():
        for back, value in enumerate(reversed(series)):
            frames.append(
                visits_of((name, "Baseline", series[-1], value)).with_columns(
                    ADY=pl.lit(1 - 28 * back, pl.Int64),
                    ABLFL=pl.when(back == 0).then(pl.lit("Y")),
                    ROWID=pl.lit(f"{name}{back}"),
                )
            )
        frames.append(visits_of((name, "Month 2", series[-1], series[-1] - 1)))
    return pl.concat(frames)


def row_of(visits, subjects, parameters, plan) -> dict:
    table = wide(regression_to_mean(visits, subjects, parameters, plan), "regression_to_mean")
    return validate("regression_to_mean", table).row(0, named=True)


def test_a_rise_before_treatment_is_found(visits_of, subjects_of, parameters, plan):
    visits = history(visits_of, {"a": [2.0, 4.0], "b": [3.0, 5.5], "c": [6.0, 7.5]})
    row = row_of(visits, subjects_of("abc"), parameters, plan)
    assert row["n_repeated"] == 3
    assert row["pre_index_change"] == pytest.approx(2)
    assert row["pre_index_slope"] == pytest.approx(2)
    assert row["pre_index_ci_low"] < 2 < row["pre_index_ci_high"]
    assert row["expected_regression"] == pytest.approx(-(1 - row["reliability"]) * 2)
    assert row["final_change"] == -1


def test_reliability_as_shrout_and_fleiss(visits_of, subjects_of, parameters, plan):
    # Shrout & Fleiss 1979, table 2: six targets, four ratings, ICC(1,1) = 0.17
    ratings = {
        "a": [9.0, 2, 5, 8],
        "b": [6.0, 1, 3, 2],
        "c": [8.0, 4, 6, 8],
        "d": [7.0, 1, 2, 6],
        "e": [10.0, 5, 6, 9],
        "f": [6.0, 2, 4, 7],
    }
    row = row_of(history(visits_of, ratings), subjects_of("abcdef"), parameters, plan)
    assert row["reliability"] == pytest.approx(0.17, abs=0.005)


def test_no_earlier_value_is_said(visits_of, subjects_of, parameters, plan):
    row = row_of(history(visits_of, {"a": [2.0], "b": [3.0]}), subjects_of("ab"), parameters, plan)
    assert row["pre_index_change"] is None
    assert "fewer than two subjects have values before the baseline value" in row["error"]


def test_equal_changes_have_no_interval(visits_of, subjects_of, parameters, plan):
    visits = history(visits_of, {"a": [2.0, 2.0], "b": [3.0, 3.0], "c": [4.0, 4.0]})
    row = row_of(visits, subjects_of("abc"), parameters, plan)
    assert (row["pre_index_change"], row["pre_index_ci_low"]) == (0, None)
    assert "all differences are equal" in row["error"]


def test_a_result_below_a_limit_counts_as_the_plan_says(visits_of, subjects_of, parameters, plan):
    visits = history(visits_of, {"a": [2.0, 4.0], "b": [3.0, 5.5]}).with_columns(
        AVALOPER=pl.when(pl.col("ADY") < 1).then(pl.lit("<"))
    )
    row = row_of(visits, subjects_of("ab"), parameters, plan | {"censored": "half"})
    assert row["pre_index_change"] == pytest.approx((3.0 + 4.0) / 2)


def test_the_negative_control_is_marked(visits_of, subjects_of, parameters, plan):
    plan |= {"negative_control": "UPCR"}
    row = row_of(history(visits_of, {"a": [2.0]}), subjects_of("a"), parameters, plan)
    assert row["role"] == "negative control"
