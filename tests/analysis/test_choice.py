"""Which record stands for a visit, and what every other record says about itself."""

import polars as pl
import pytest

from tests.analysis.placed import at, by_row, visits


def test_baseline_is_the_last_value_on_or_before_the_first_dose(
    records, one_subject, analytes, visits_spec
):
    rows = [at(-10, 4.0), at(0, 3.0), at(1, None), at(2, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["ABLFL"] for row in frame.values()] == [None, "Y", None, None]
    assert {row["BASE"] for row in frame.values()} == {3.0}
    assert [row["SELRSN"] for row in frame.values()] == [
        *("not the last of the visit", "chosen: last of the visit"),
        *("no value", "only record of the visit"),
    ]


@pytest.mark.parametrize(
    ("dose", "base"),
    [
        ("2021-01-01T09:00+08:00", 3.0),
        ("2021-01-01T15:00+08:00", 1.0),
        # Without the minute of the dose the day decides.
        (None, 1.0),
    ],
)
def test_baseline_is_before_the_first_dose_by_the_minute(
    records, one_subject, analytes, visits_spec, dose, base
):
    subject = one_subject.with_columns(TRTSDTM=pl.lit(dose, pl.String))
    rows = [
        at(1, 3.0, ADTM="2021-01-01T08:00+08:00"),
        at(1, 1.0, ADTM="2021-01-01T15:00:30+08:00"),
        at(29, 2.0),
    ]
    frame = by_row(visits(records, subject, analytes, visits_spec, rows))
    assert frame["r002"]["BASE"] == base
    if base == 3.0:
        assert frame["r001"]["AVISIT"] is None
        assert frame["r001"]["SELRSN"] == "after the first dose, on its day"


def test_a_result_before_the_look_back_is_no_baseline(records, one_subject, analytes, visits_spec):
    frame = by_row(visits(records, one_subject, analytes, visits_spec, [at(-91, 4.0), at(20, 2.0)]))
    assert frame["r000"]["AVISIT"] is None
    assert frame["r000"]["SELRSN"] == "before the look-back of the baseline"
    assert frame["r001"]["BASE"] is None
    assert frame["r001"]["CHG"] is None


@pytest.mark.parametrize(
    ("day", "visit", "reason"),
    [
        (-90, None, "before the look-back of the baseline"),
        (-89, "Baseline", "only record of the visit"),  # study day -90
        (1, "Baseline", "only record of the visit"),
        (2, "Month 1", "only record of the visit"),
        (43, "Month 1", "only record of the visit"),
        (44, "Month 2", "only record of the visit"),
        (295, "Month 10", "only record of the visit"),
        (296, None, "outside every window"),
    ],
)
def test_a_window_holds_its_first_and_its_last_day(
    records, one_subject, analytes, visits_spec, day, visit, reason
):
    visits_spec["ends"] = []
    (row,) = visits(records, one_subject, analytes, visits_spec, [at(day, 1.0)]).to_dicts()
    assert (row["AVISIT"], row["SELRSN"]) == (visit, reason)


def test_a_record_without_a_date_or_a_value_says_so(records, one_subject, analytes, visits_spec):
    rows = [{"AVAL": 6.0}, at(29, None), at(29, None, AVALC="TRACE", PARAMCD="ALB")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [(row["AVISIT"], row["SELRSN"], row["ANL01FL"]) for row in frame.values()] == [
        (None, "date incomplete", None),
        ("Month 1", "no value", None),
        ("Month 1", "only record of the visit", "Y"),
    ]


def test_an_untreated_subject_has_records_but_no_visits(
    records, one_subject, analytes, visits_spec
):
    never = one_subject.with_columns(TRTSDT=pl.lit(None, pl.Date))
    frame = visits(records, never, analytes, visits_spec, [at(29, 2.0)])
    assert frame["SELRSN"].to_list() == ["subject was not treated"]
    assert frame["AVISIT"].to_list() == [None]


def test_the_record_closest_to_the_target_is_analysed(records, one_subject, analytes, visits_spec):
    rows = [at(1, 4.0), at(20, 3.0), at(30, 2.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == ["r000", "r002"]
    assert frame["r002"]["AWTDIFF"] == 1
    assert frame["r003"]["SELRSN"] == "farther from the target day than the record chosen"
    assert frame["r002"]["CHG"] == -2.0
    assert frame["r002"]["PCHG"] == -50.0


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("last", "r002"), ("first", "r000"), ("worst", "r001"), ("closest", "r001")],
)
def test_each_rule_chooses_its_record(records, one_subject, analytes, visits_spec, rule, wanted):
    visits_spec["choose"] = rule
    rows = [at(20, 3.0), at(29, 5.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == [wanted]


@pytest.mark.parametrize(
    ("rule", "chosen", "other"),
    [
        ("closest", "chosen: closest to the target day", "farther from the target day than"),
        ("last", "chosen: last of the visit", "not the last of the visit"),
        ("first", "chosen: first of the visit", "not the first of the visit"),
        ("worst", "chosen: worst value of the visit", "not the worst value of the visit"),
    ],
)
def test_every_rule_has_its_words(records, one_subject, analytes, visits_spec, rule, chosen, other):
    visits_spec["choose"] = rule
    rows = [at(20, 3.0), at(29, 5.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    for row in frame.values():
        assert row["SELRSN"].startswith(chosen if row["ANL01FL"] == "Y" else other)


@pytest.mark.parametrize(("rule", "wanted"), [("last", "r002"), ("first", "r001")])
def test_the_time_of_day_decides_what_was_first_and_last(
    records, one_subject, analytes, visits_spec, rule, wanted
):
    visits_spec |= {"choose": rule, "tie": "earlier"}
    times = ("09:00", "08:00", "16:00")
    rows = [at(29, 3.0 + k, ADTM=f"2021-01-29T{time}") for k, time in enumerate(times)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == [wanted]


def test_worst_is_low_where_high_is_better(records, one_subject, analytes, visits_spec):
    visits_spec["parameters"] = {"ALB": {"choose": "worst"}}
    rows = [at(20, 30.0, PARAMCD="ALB"), at(29, 35.0, PARAMCD="ALB")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert frame["r000"]["ANL01FL"] == "Y"


def test_of_equally_bad_values_the_tie_rule_takes_one(records, one_subject, analytes, visits_spec):
    visits_spec |= {"choose": "worst", "tie": "later"}
    rows = [at(20, 5.0), at(29, 5.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["SELRSN"] for row in frame.values()] == [
        "tie: the later record was chosen",
        "chosen: worst value of the visit",
        "not the worst value of the visit",
    ]


@pytest.mark.parametrize(("tie", "wanted"), [("earlier", "r000"), ("later", "r001")])
def test_a_tie_goes_where_the_plan_says(records, one_subject, analytes, visits_spec, tie, wanted):
    visits_spec["tie"] = tie
    frame = by_row(visits(records, one_subject, analytes, visits_spec, [at(27, 3.0), at(31, 2.0)]))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == [wanted]
    lost = next(row for r, row in frame.items() if r != wanted)
    assert lost["SELRSN"] == f"tie: the {tie} record was chosen"


def test_a_tie_can_go_to_the_better_method(records, one_subject, analytes, visits_spec):
    visits_spec |= {"tie": "better_method", "methods": ["24-hour", "spot"]}
    rows = [at(27, 3.0, METHOD="spot"), at(31, 2.0, METHOD="24-hour")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert frame["r001"]["ANL01FL"] == "Y"
    assert frame["r000"]["SELRSN"] == "tie: the better method was chosen"


def test_a_method_that_the_plan_does_not_name_is_the_worst(
    records, one_subject, analytes, visits_spec
):
    visits_spec |= {"tie": "better_method", "methods": ["24-hour", "spot"]}
    rows = [at(28, 3.0, METHOD="dipstick"), at(30, 2.0, METHOD="spot"), at(30, 4.0, METHOD="spot")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["ANL01FL"] for row in frame.values()] == [None, "Y", None]


def test_a_text_stands_for_a_visit_only_where_no_number_does(
    records, one_subject, analytes, visits_spec
):
    negative = {"PARAMCD": "DSDNA", "AVALC": "NEGATIVE"}
    rows = [
        at(-2, 60.0, PARAMCD="DSDNA"),
        at(1, None, **negative),
        at(20, 40.0, PARAMCD="DSDNA"),
        at(29, None, **negative),
        at(57, None, **negative),
    ]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == ["r000", "r002", "r004"]
    assert frame["r002"]["CHG"] == -20.0
    assert frame["r003"]["SELRSN"] == "no number, where another record of the visit has one"


def test_the_baseline_can_be_a_named_visit_among_windows_by_day(
    records, one_subject, analytes, visits_spec
):
    visits_spec["baseline"] |= {"rule": "visit", "visit": "SCREENING 1"}
    rows = [
        *(at(-20, 5.0, VISIT="SCREENING 1"), at(-2, 4.0, VISIT="SCREENING 2")),
        *(at(29, 2.0), at(0, 3.0, VISIT="ADMISSION")),
    ]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert {key: row["ABLFL"] for key, row in frame.items() if row["ABLFL"]} == {"r000": "Y"}
    assert (frame["r001"]["SELRSN"], frame["r001"]["CHG"]) == ("not a visit of the plan", None)
    assert (frame["r002"]["AVISIT"], frame["r002"]["CHG"]) == ("Month 1", -3.0)


def test_the_baseline_can_be_the_mean_of_the_last_k(records, one_subject, analytes, visits_spec):
    visits_spec["baseline"] |= {"rule": "mean", "records": 2}
    rows = [at(-30, 9.0), at(-5, 2.0), at(1, 4.0), at(29, 1.0)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    assert frame.filter(pl.col("ABLFL") == "Y")["AVAL"].to_list() == [3.0]
    assert by_row(frame)["r003"]["CHG"] == -2.0


def test_a_mean_of_baselines_says_which_were_its_parts(records, one_subject, analytes, visits_spec):
    visits_spec["baseline"] |= {"rule": "mean", "records": 2}
    rows = [
        *(at(-40, 8.0), at(-30, 9.0), at(-5, 2.0), at(1, 4.0)),
        at(-2, 40.0, PARAMCD="ALB"),
    ]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    own = by_row(frame)
    assert [(row["ABLFL"], row["SELRSN"]) for row in own.values()] == [
        (None, "not the last of the visit"),
        (None, "not the last of the visit"),
        (None, "part of the mean of the visit"),
        (None, "part of the mean of the visit"),
        ("Y", "only record of the visit"),
    ]
    mean = frame.row(by_predicate=pl.col("DTYPE") == "AVERAGE", named=True)
    assert (mean["SELRSN"], mean["ANL01FL"]) == ("mean of the records of the visit", "Y")


def test_other_parameters_follow_the_anchor(records, one_subject, analytes, visits_spec):
    visits_spec["anchor"] = "UPCR"
    rows = [
        at(35, 2.0),
        at(29, 30.0, PARAMCD="ALB"),
        at(34, 33.0, PARAMCD="ALB"),
    ]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert frame["r002"]["ANL01FL"] == "Y"
    assert frame["r001"]["SELRSN"] == "farther from the anchor's date than the record chosen"


def test_the_anchor_leads_only_where_it_was_measured_and_who_has_no_rule_of_their_own(
    records, one_subject, analytes, visits_spec
):
    visits_spec |= {
        "anchor": "UPCR",
        "parameters": {"SCR": {"choose": "last"}, "PGA": {"choose": "worst"}},
    }
    rows = [
        *(at(20, 2.0), at(35, 2.5)),  # the anchor itself: closest to day 29
        *(at(28, 30.0, PARAMCD="ALB"), at(36, 33.0, PARAMCD="ALB")),
        *(at(35, 70.0, PARAMCD="SCR"), at(40, 71.0, PARAMCD="SCR")),
        *(at(50, 31.0, PARAMCD="ALB"), at(58, 34.0, PARAMCD="ALB")),  # no anchor at month 2
        *(at(35, 1.0, PARAMCD="PGA"), at(40, 2.0, PARAMCD="PGA")),
    ]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert {key: row["SELRSN"].split(":")[-1].strip() for key, row in frame.items()} == {
        "r000": "farther from the target day than the record chosen",
        "r001": "closest to the target day",
        "r002": "farther from the anchor's date than the record chosen",
        "r003": "closest to the anchor's date",
        "r004": "not the last of the visit",
        "r005": "last of the visit",
        "r006": "farther from the target day than the record chosen",
        "r007": "closest to the target day",
        "r008": "not the worst value of the visit",
        "r009": "worst value of the visit",
    }


def test_visits_can_be_those_that_the_source_names(records, one_subject, analytes, visits_spec):
    visits_spec |= {
        "assign": "nominal",
        "baseline": {
            "name": "Baseline",
            "number": 0,
            "rule": "visit",
            "visit": "SCREENING",
            "look_back": 90,
        },
        "choose": "last",
        "ends": [],
    }
    rows = [
        at(-3, 5.0, VISIT="SCREENING"),
        at(30, 4.0, VISIT="Month 2"),
        at(31, 3.0, VISIT="Month 1"),
        at(32, 2.0, VISIT="Month 2"),
        at(33, 1.0, VISIT="UNSCHEDULED"),
        at(34, 1.0),
    ]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    columns = ("AVISIT", "ANL01FL", "CHG", "SELRSN")
    assert [tuple(row[c] for c in columns) for row in frame.values()] == [
        ("Baseline", "Y", None, "only record of the visit"),
        ("Month 2", None, -1.0, "not the last of the visit"),
        ("Month 1", "Y", -2.0, "only record of the visit"),
        ("Month 2", "Y", -3.0, "chosen: last of the visit"),
        (None, None, -4.0, "not a visit of the plan"),
        (None, None, -4.0, "not a visit of the plan"),
    ]


@pytest.mark.parametrize("assign", ["days", "nominal"])
def test_every_visit_of_every_series_has_its_own_record(
    records, one_subject, analytes, visits_spec, assign
):
    if assign == "nominal":
        named = {"rule": "visit", "visit": "Baseline"}
        visits_spec |= {"assign": assign, "baseline": visits_spec["baseline"] | named}
    visits_spec["ends"] = []
    people = [f"{k:02}" for k in range(6)]
    many = pl.concat([one_subject.with_columns(USUBJID=pl.lit(name)) for name in people])
    days = {28 * k + 1: f"Month {k}" for k in range(1, 11)} | {1: "Baseline"}
    rows = [
        at(day, 1.0, VISIT=visit, PARAMCD=code, USUBJID=name)
        for name in people
        for code in analytes["PARAMCD"]
        for day, visit in sorted(days.items())
    ]
    frame = visits(records, many, analytes, visits_spec, rows)
    assert frame["ANL01FL"].to_list() == ["Y"] * len(rows)
    assert frame["SELRSN"].unique().to_list() == ["only record of the visit"]


@pytest.mark.parametrize("width", range(1, 9))
def test_a_day_outside_has_no_window_however_many_days_the_plan_has(
    records, one_subject, analytes, visits_spec, width
):
    only = {"name": "Month 1", "number": 1, "target": 2, "low": 2, "high": 1 + width}
    visits_spec |= {"windows": {"table": [only]}, "ends": []}
    rows = [at(1 + width, 1.0), at(2 + width, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["AVISIT"] for row in frame.values()] == ["Month 1", None]


def test_the_last_visit_of_one_series_is_not_the_first_of_the_next(
    records, one_subject, analytes, visits_spec
):
    """Whichever windows meet where two series do: each has its own record."""
    visits_spec["ends"] = []
    codes = analytes["PARAMCD"].to_list()
    months = [(last, first) for last in range(1, 11) for first in range(1, 11)]
    people = [f"{k:03}" for k in range(len(months))]
    many = pl.concat([one_subject.with_columns(USUBJID=pl.lit(name)) for name in people])
    rows = [
        at(28 * month + 1, 1.0, USUBJID=name, PARAMCD=code)
        for name, pair in zip(people, months, strict=True)
        for code, month in zip(codes, pair, strict=False)
    ]
    frame = visits(records, many, analytes, visits_spec, rows)
    assert frame["ANL01FL"].to_list() == ["Y"] * len(rows)
    assert frame["SELRSN"].unique().to_list() == ["only record of the visit"]
