"""Time to response: the textbook curve, medians, competing events."""

import polars as pl
import pytest

from remit.schemas.statistics import validate
from remit.statistics import time_to_event, wide
from remit.statistics.time_to_event import aalen_johansen

# Weeks in remission of leukaemia on 6-MP: Freireich 1963, in Kleinbaum & Klein, Survival Analysis
WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSE = [1] * 9 + [0] * 12


def events(times: list[float], happened: list[int], competing: list[str | None] | None = None):
    return pl.DataFrame(
        {
            "USUBJID": [f"s{i:02d}" for i in range(len(times))],
            "AVAL": [float(t) for t in times],
            "CNSR": [1 - h for h in happened],
            "CMPEVT": competing or [None] * len(times),
        },
        schema_overrides={"CMPEVT": pl.String},
    ).with_columns(PARAMCD=pl.lit("TTFR"), PARAM=pl.lit("Time to first response"))


def test_the_remission_curve_of_6_mp(plan):
    table = validate(
        "time_to_event", wide(time_to_event(events(WEEKS, RELAPSE), plan), "time_to_event")
    )
    summary = table.filter(pl.col("time").is_null()).row(0, named=True)
    assert (summary["n"], summary["events"], summary["median"]) == (21, 9, 23)
    at_ten = table.filter(time=10.0).row(0, named=True)
    assert (at_ten["at_risk"], at_ten["event"], at_ten["censored"]) == (15, 1, 1)
    # survfit(Surv(time, status) ~ 1, conf.type = "log-log") in R
    assert at_ten["survival"] == pytest.approx(0.7529412, abs=5e-8)
    assert at_ten["survival_ci_low"] == pytest.approx(0.503188, abs=5e-4)


def test_where_all_or_none_are_left_there_is_no_interval(plan):
    table = wide(time_to_event(events([14, 28, 28], [0, 1, 1]), plan), "time_to_event")
    assert table["survival"].to_list() == [None, 1, 1, 0]
    assert table["survival_ci_low"].is_null().all()
    assert table["error"][1:].to_list() == ["no interval at 0 or 1"] * 3


def test_a_median_that_is_not_reached_says_so(plan):
    table = wide(time_to_event(events([28, 56, 84, 84], [1, 0, 0, 0]), plan), "time_to_event")
    assert (table["median"][0], table["error"][0]) == (None, "not reached")


def test_a_curve_that_stays_at_one_half_has_its_median_in_the_middle(plan):
    table = wide(time_to_event(events([28, 28, 56, 84], [1, 1, 1, 1]), plan), "time_to_event")
    assert table["median"][0] == 42


def test_nobody_at_risk_is_said(plan):
    given = events([1.0], [1]).with_columns(AVAL=pl.lit(None, pl.Float64))
    table = wide(time_to_event(given, plan), "time_to_event")
    assert (table["n"][0], table["median"][0], table["error"][0]) == (0, None, "nobody at risk")


def test_competing_events_are_not_censored_times(plan):
    # Half respond at 28; the other half die at 28: half respond, and no curve says more.
    given = events([28.0] * 4, [1, 1, 0, 0], [None, None, "death", "death"])
    found = aalen_johansen(given, 0.95)
    assert found[28.0]["incidence"] == 0.5
    assert found[28.0]["competing"] == 2
    assert aalen_johansen(events([28.0], [1]), 0.95) == {}
