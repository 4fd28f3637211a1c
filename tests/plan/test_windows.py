import pytest

from remit.errors import RemitError
from remit.plan.windows import Window, compile, elapsed


def table(*windows):
    keys = ("name", "number", "target", "low", "high")
    return {
        "baseline": {"name": "Baseline", "number": 0, "look_back": 30},
        "windows": {"table": [dict(zip(keys, w, strict=True)) for w in windows]},
    }


def test_windows_of_28_days_meet_half_way_and_the_middle_day_belongs_to_the_earlier(visits_spec):
    windows = compile(visits_spec)
    assert windows[0] == Window("Baseline", 0, 1, -90, 1)
    assert windows[1] == Window("Month 1", 1, 29, 2, 43)
    assert windows[2] == Window("Month 2", 2, 57, 44, 71)
    assert windows[-2] == Window("Month 10", 10, 281, 268, 295)
    assert windows[-1] == Window("End of follow-up", 99, 0, 0, 0)


def test_calendar_months_give_the_published_default_table():
    # A month of 30.4375 days; windows meet half-way, the last reaches as far as it began early.
    plan = {"name": "M{k}", "every": 1, "unit": "months", "at": [1, 3, 6, 9, 12, 18, 24]}
    spec = {
        "baseline": {"name": "BL", "number": 0, "look_back": 30},
        "windows": {"generate": plan},
    }
    windows = compile(spec)[1:]
    assert [w.target for w in windows] == [31, 92, 184, 275, 366, 549, 732]
    assert [(w.low, w.high) for w in windows] == [
        (2, 61),
        (62, 138),
        (139, 229),
        (230, 320),
        (321, 457),
        (458, 640),
        (641, 823),
    ]


def test_an_overlap_names_both_windows():
    with pytest.raises(RemitError, match=r'"M2" \(day 40 to 71\) overlaps .* "M1" \(day 2 to 43\)'):
        compile(table(("M1", 1, 29, 2, 43), ("M2", 2, 57, 40, 71)))


def test_a_day_belongs_to_one_visit_alone():
    with pytest.raises(RemitError, match="overlaps"):
        compile(table(("M1", 1, 29, 2, 43), ("M2", 2, 57, 43, 71)))


def test_a_plan_of_one_visit_reaches_half_a_step_beyond_it():
    plan = {"name": "Month {k}", "every": 28, "unit": "days", "first": 1, "last": 1}
    spec = {"baseline": {"name": "BL", "look_back": 14}, "windows": {"generate": plan}}
    assert compile(spec)[1:] == [Window("Month 1", 1, 29, 2, 43)]


def test_a_gap_names_the_days_that_belong_to_no_visit():
    with pytest.raises(RemitError, match="days 44 to 49 belong to no visit"):
        compile(table(("M1", 1, 29, 2, 43), ("M2", 2, 57, 50, 71)))


def test_a_gap_may_be_declared():
    spec = table(("M1", 1, 29, 15, 43), ("M2", 2, 57, 50, 71))
    spec["windows"]["gaps"] = "allowed"
    assert len(compile(spec)) == 3


def test_all_problems_are_told_at_once():
    spec = table(("M1", 1, 50, 2, 43), ("M1", 1, 57, 40, 71))
    with pytest.raises(RemitError) as caught:
        compile(spec)
    assert len(str(caught.value).splitlines()) == 5


def test_there_is_no_day_zero():
    with pytest.raises(RemitError, match="no study day 0"):
        compile(table(("M1", 1, 29, 0, 43)))


def test_days_are_counted_over_the_missing_day_zero():
    assert [elapsed(day) for day in (-2, -1, 1, 2, 29)] == [-2, -1, 0, 1, 28]


def test_a_plan_in_weeks_counts_seven_days_and_a_baseline_without_number_is_visit_0():
    plan = {"name": "Week {k}", "every": 1, "unit": "weeks", "at": [4, 12, 24]}
    windows = compile(
        {"baseline": {"name": "BL", "look_back": 14}, "windows": {"generate": plan}},
    )
    assert windows[0] == Window("BL", 0, 1, -14, 1)
    assert [w.target for w in windows[1:]] == [29, 85, 169]
