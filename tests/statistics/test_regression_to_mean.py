"""What the values before treatment say about the change after it."""

import numpy as np
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
    assert row["expected_regression"] == pytest.approx(-2)
    assert row["final_change"] == -1


@pytest.mark.parametrize("within", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("limit", [1.5, -np.inf])
@pytest.mark.parametrize("earlier", [1, 3])
def test_without_any_effect_the_change_is_the_one_expected(
    subjects_of, parameters, plan, earlier: int, limit: float, within: float
):
    """Patients are treated once a value exceeds the limit; their next value is one like any other."""
    random, n = np.random.default_rng(4), 4000
    usual = random.normal(0, 1, 40 * n)
    values = usual[:, None] + random.normal(0, within, (usual.size, earlier + 2))
    values = values[values[:, earlier] > limit][:n]
    assert len(values) == n
    subjects = [f"{k:04}" for k in range(n)]
    days = [*range(1 - 28 * earlier, 1, 28), 1, 29]
    visits = pl.concat(
        pl.DataFrame(
            {
                "USUBJID": subjects,
                "PARAMCD": "UPCR",
                "AVISIT": "Baseline" if day == 1 else "Month 2" if day == 29 else None,
                "AVISITN": 2.0,
                "AVAL": values[:, k],
                "AVALOPER": None,
                "BASE": values[:, earlier],
                "BASEOPER": None,
                "ANL01FL": "Y" if day >= 1 else None,
                "ABLFL": "Y" if day == 1 else None,
                "DTYPE": None,
                "ADY": day,
                "ROWID": str(k),
            },
            schema_overrides=dict.fromkeys(
                ("AVISIT", "AVALOPER", "BASEOPER", "ANL01FL", "ABLFL", "DTYPE"), pl.String
            ),
        )
        for k, day in enumerate(days)
    )
    everyone = pl.DataFrame({"USUBJID": subjects}).with_columns(EFFFL=pl.lit("Y"))
    row = row_of(visits, everyone, parameters, plan)
    error = 4 * np.std(values[:, earlier + 1] - values[:, earlier]) / n**0.5
    assert row["expected_regression"] == pytest.approx(row["final_change"], abs=error)
    assert row["reliability"] == pytest.approx(1 / (1 + within**2), abs=0.1)


def test_values_that_decided_on_treatment_say_nothing_of_the_usual(
    visits_of, subjects_of, parameters, plan
):
    series = {"a": [2.0, 9.0, 4.0], "b": [3.0, 9.0, 5.5], "c": [6.0, 9.0, 7.5]}
    visits = history(visits_of, series)
    row = row_of(visits, subjects_of("abc"), parameters, plan | {"deciding_days": 30})
    assert (row["n_usual"], row["expected_regression"]) == (3, pytest.approx(-2))
    row = row_of(visits, subjects_of("abc"), parameters, plan | {"deciding_days": 90})
    assert (row["n_repeated"], row["n_usual"], row["expected_regression"]) == (3, 0, None)
    assert "values of more than 90 days before baseline" in row["error"]


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
