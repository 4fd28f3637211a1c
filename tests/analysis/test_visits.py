import polars as pl
import pytest

from remit.visits import COLUMNS, carried_forward, select_records


def visits(records, subject, analytes, spec, rows):
    return select_records(records(rows), subject, analytes, spec)


def by_row(frame):
    rows = frame.filter(pl.col("DTYPE").is_null())
    return {row["ROWID"]: row for row in rows.iter_rows(named=True)}


def at(day, value, **more):
    """A result on a day of January 2021 (or later), whose study day is the day itself."""
    import datetime

    date = datetime.date(2020, 12, 31) + datetime.timedelta(days=day)
    return {"ADT": date.isoformat(), "AVAL": value} | more


def test_columns_are_those_of_the_contract(records, one_subject, analytes, visits_spec):
    frame = visits(records, one_subject, analytes, visits_spec, [at(1, 2.0)])
    assert frame.columns == list(COLUMNS)


def test_the_day_before_the_first_dose_is_day_minus_one(
    records, one_subject, analytes, visits_spec
):
    frame = visits(
        records, one_subject, analytes, visits_spec, [at(0, 2.0), at(1, 2.1), at(2, 2.2)]
    )
    days = [row["ADY"] for row in by_row(frame).values()]
    assert days == [-1, 1, 2]


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


def test_a_result_before_the_look_back_is_no_baseline(records, one_subject, analytes, visits_spec):
    frame = by_row(visits(records, one_subject, analytes, visits_spec, [at(-91, 4.0), at(20, 2.0)]))
    assert frame["r000"]["AVISIT"] is None
    assert frame["r000"]["SELRSN"] == "before the look-back of the baseline"
    assert frame["r001"]["BASE"] is None
    assert frame["r001"]["CHG"] is None


def test_the_record_closest_to_the_target_is_analysed(records, one_subject, analytes, visits_spec):
    rows = [at(1, 4.0), at(20, 3.0), at(30, 2.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == ["r000", "r002"]
    assert frame["r002"]["AWTDIFF"] == 1
    assert frame["r003"]["SELRSN"] == "farther from the target day than the record chosen"
    assert frame["r002"]["CHG"] == -2.0
    assert frame["r002"]["PCHG"] == -50.0


def test_the_distance_to_the_target_is_that_of_the_pilot_study(
    records, one_subject, analytes, visits_spec
):
    """ADY, AWTARGET and AWTDIFF of total scores in the CDISC pilot study's ADADAS."""
    official = [(5, 56, 51), (39, 56, 17), (56, 56, 0), (84, 56, 28), (85, 112, 27), (139, 112, 27)]
    visits_spec["windows"] = {
        "table": [
            {"name": "Week 8", "number": 8, "target": 56, "low": 2, "high": 84},
            {"name": "Week 16", "number": 16, "target": 112, "low": 85, "high": 140},
        ]
    }
    rows = [at(day, 2.0) for day, *_ in official]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    columns = ("ADY", "AWTARGET", "AWTDIFF")
    assert [tuple(row[c] for c in columns) for row in frame.values()] == official


def test_the_distance_to_the_target_steps_over_the_missing_day_0(
    records, one_subject, analytes, visits_spec
):
    """The target of the baseline is day 1, and the day before it is day -1."""
    rows = [at(-29, 1.0), at(0, 1.0), at(1, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [(row["ADY"], row["AWTDIFF"]) for row in frame.values()] == [(-30, 30), (-1, 1), (1, 0)]


@pytest.mark.parametrize(
    ("base", "value", "change", "percent"),
    [
        (-4.0, -2.0, 2.0, 50.0),  # a rise is positive whatever the sign of the baseline
        (-4.0, -6.0, -2.0, -50.0),
        (3.0, 1.0, -2.0, -66.6666666667),
        (0.0, 2.0, 2.0, None),
    ],
)
def test_percent_change_is_of_the_size_of_the_baseline(
    records, one_subject, analytes, visits_spec, base, value, change, percent
):
    rows = [at(1, base), at(2, value)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert (frame["r001"]["CHG"], frame["r001"]["PCHG"]) == (change, percent)
    assert (frame["r000"]["CHG"], frame["r000"]["PCHG"]) == (None, None)


def test_a_series_of_another_subject_or_parameter_has_its_own_baseline(
    records, one_subject, analytes, visits_spec
):
    two = pl.concat([one_subject, one_subject.with_columns(USUBJID=pl.lit("02"))])
    last = {"PARAMCD": "DSDNAULN"}  # beside the first parameter of the next subject
    rows = [
        *(at(1, 4.0), at(85, 3.0), {"AVAL": 2.0, "PARAMCD": "ALB"}),
        *(at(1, 9.0, **last), at(85, 8.0, **last)),
        *(at(1, 7.0, USUBJID="02"), at(85, 5.0, USUBJID="02")),
        at(85, 6.0, USUBJID="02", **last),
    ]
    frame = visits(records, two, analytes, visits_spec | {"ends": []}, rows)
    assert frame["ROWID"].to_list() == [f"r{k:03}" for k in range(8)]
    after = dict(frame.filter(pl.col("ADY") == 85).select("ROWID", "BASE").iter_rows())
    assert after == {"r001": 4.0, "r004": 9.0, "r006": 7.0, "r007": None}


def test_the_baseline_gives_its_operator_and_its_position_to_the_limits(
    records, one_subject, analytes, visits_spec
):
    rows = [at(1, 0.5, AVALOPER="<", ANRIND="LOW"), at(29, 3.0, ANRIND="NORMAL")]
    row = by_row(visits(records, one_subject, analytes, visits_spec, rows))["r001"]
    assert (row["BASEOPER"], row["BNRIND"], row["ANRIND"]) == ("<", "LOW", "NORMAL")


def test_records_of_one_moment_are_in_the_order_of_their_ids(
    records, one_subject, analytes, visits_spec
):
    moment = {"ADTM": "2021-01-29T08:00"}
    rows = [
        at(29, 1.0, ROWID="c", **moment),
        at(29, 2.0, ROWID="a", **moment),
        at(29, 3.0, ROWID="d", ADTM="2021-01-29T07:59"),
        at(29, 4.0, ROWID="e"),  # a day without a time comes before its times
        at(28, 5.0, ROWID="z", ADTM="2021-01-28T09:00"),
        {"ROWID": "b", "AVAL": 6.0},  # without a date, before all others
    ]
    frame = visits(records, one_subject, analytes, visits_spec | {"ends": []}, rows)
    assert frame["ROWID"].to_list() == ["b", "z", "e", "d", "a", "c"]
    two = [at(28, 5.0, ROWID="z"), at(29, 1.0, ROWID="c"), at(29, 2.0, ROWID="a")]
    frame = visits(records, one_subject, analytes, visits_spec | {"ends": []}, two)
    assert frame["ROWID"].to_list() == ["z", "a", "c"]


def test_the_end_of_follow_up_can_look_at_some_visits_alone(
    records, one_subject, analytes, visits_spec
):
    visits_spec["ends"] = [
        {"name": "End of Treatment", "number": 99, "dtype": "LOV", "visits": ["Month 1", "Month 2"]}
    ]
    rows = [at(1, 4.0), at(29, 3.0), at(57, 2.0), at(85, 1.0)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    end = frame.row(by_predicate=pl.col("DTYPE") == "LOV", named=True)
    assert (end["AVAL"], end["SELRSN"], end["ABLFL"]) == (
        2.0,
        "copy of the last record analysed",
        None,
    )


def test_a_visit_that_was_missed_takes_the_last_value_analysed(
    records, one_subject, analytes, visits_spec
):
    two = pl.concat([one_subject, one_subject.with_columns(USUBJID=pl.lit("02"))])
    rows = [
        *(at(1, 4.0), at(31, 3.0), at(85, 1.0)),
        *(at(day, 9.0, USUBJID="02") for day in (1, 57, 85)),
    ]
    frame = visits(records, two, analytes, visits_spec, rows)
    carried = carried_forward(frame)
    assert carried.columns == list(COLUMNS)
    (row,) = carried.to_dicts()  # nothing is carried from baseline to the second subject's month 1
    assert (row["USUBJID"], row["AVISIT"], row["AVAL"], row["CHG"]) == ("01", "Month 2", 3.0, -1.0)
    assert (row["DTYPE"], row["ADY"], row["AWTARGET"], row["AWTDIFF"]) == ("LOCF", 31, 57, 26)
    assert (row["ROWID"], row["ANL01FL"], row["AWLO"]) == ("r001", "Y", 44)


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


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("last", "r002"), ("first", "r000"), ("worst", "r001"), ("closest", "r001")],
)
def test_each_rule_chooses_its_record(records, one_subject, analytes, visits_spec, rule, wanted):
    visits_spec["choose"] = rule
    rows = [at(20, 3.0), at(29, 5.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == [wanted]


@pytest.mark.parametrize(("rule", "wanted"), [("last", "r002"), ("first", "r001")])
def test_the_time_of_day_decides_what_was_first_and_last(
    records, one_subject, analytes, visits_spec, rule, wanted
):
    visits_spec |= {"choose": rule, "tie": "earlier"}
    times = ("09:00", "08:00", "16:00")
    rows = [at(29, 3.0 + k, ADTM=f"2021-01-29T{time}") for k, time in enumerate(times)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [r for r, row in frame.items() if row["ANL01FL"] == "Y"] == [wanted]


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


def test_worst_is_low_where_high_is_better(records, one_subject, analytes, visits_spec):
    visits_spec["parameters"] = {"ALB": {"choose": "worst"}}
    rows = [at(20, 30.0, PARAMCD="ALB"), at(29, 35.0, PARAMCD="ALB")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert frame["r000"]["ANL01FL"] == "Y"


def test_a_mean_is_a_new_record(records, one_subject, analytes, visits_spec):
    visits_spec["choose"] = "mean"
    rows = [at(1, 4.0), at(20, 3.0), at(40, 1.0)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    mean = frame.row(by_predicate=pl.col("DTYPE") == "AVERAGE", named=True)
    assert (mean["AVAL"], mean["CHG"], mean["AVISIT"]) == (2.0, -2.0, "Month 1")
    parts = frame.filter(pl.col("SELRSN") == "part of the mean of the visit")
    assert parts["ANL01FL"].to_list() == [None, None]


def test_a_mean_of_two_laboratories_has_no_limits_of_normal(
    records, one_subject, analytes, visits_spec
):
    visits_spec["choose"] = "mean"
    low, normal = {"ANRIND": "LOW"}, {"ANRIND": "NORMAL"}
    rows = [at(20, 3.0, ANRLO=3.5, ANRHI=9.0, **low), at(40, 5.0, ANRLO=4.0, ANRHI=9.0, **normal)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    mean = frame.row(by_predicate=pl.col("DTYPE") == "AVERAGE", named=True)
    assert (mean["ANRLO"], mean["ANRHI"], mean["ANRIND"]) == (None, 9.0, None)


def test_a_mean_of_results_below_and_above_a_limit_has_no_value(
    records, one_subject, analytes, visits_spec
):
    visits_spec["choose"] = "mean"
    rows = [at(20, 3.0, AVALOPER=">"), at(40, 1.0, AVALOPER="<")]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    assert frame.row(by_predicate=pl.col("DTYPE") == "AVERAGE", named=True)["AVAL"] is None


def test_the_baseline_can_be_the_mean_of_the_last_k(records, one_subject, analytes, visits_spec):
    visits_spec["baseline"] |= {"rule": "mean", "records": 2}
    rows = [at(-30, 9.0), at(-5, 2.0), at(1, 4.0), at(29, 1.0)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    assert frame.filter(pl.col("ABLFL") == "Y")["AVAL"].to_list() == [3.0]
    assert by_row(frame)["r003"]["CHG"] == -2.0


def test_the_end_of_follow_up_copies_the_last_record_analysed(
    records, one_subject, analytes, visits_spec
):
    rows = [at(1, 4.0), at(29, 3.0), at(57, 2.0), at(70, 1.0)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    end = frame.row(by_predicate=pl.col("DTYPE") == "LOV", named=True)
    assert (end["AVISIT"], end["AVISITN"], end["AVAL"]) == ("End of follow-up", 99.0, 2.0)
    assert (end["ROWID"], end["CHG"], end["AWTARGET"]) == ("r002", -2.0, None)


def test_without_a_record_after_baseline_there_is_no_end_of_follow_up(
    records, one_subject, analytes, visits_spec
):
    frame = visits(records, one_subject, analytes, visits_spec, [at(1, 4.0)])
    assert frame["DTYPE"].to_list() == [None]


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


def test_a_difference_of_two_decimals_is_a_decimal(records, one_subject, analytes, visits_spec):
    frame = by_row(visits(records, one_subject, analytes, visits_spec, [at(1, 0.3), at(29, 0.1)]))
    assert frame["r001"]["CHG"] == -0.2


def test_an_untreated_subject_has_records_but_no_visits(
    records, one_subject, analytes, visits_spec
):
    never = one_subject.with_columns(TRTSDT=pl.lit(None, pl.Date))
    frame = visits(records, never, analytes, visits_spec, [at(29, 2.0)])
    assert frame["SELRSN"].to_list() == ["subject was not treated"]
    assert frame["AVISIT"].to_list() == [None]


def test_no_records_give_an_empty_table(records, one_subject, analytes, visits_spec):
    empty = records([at(1, 1.0)]).clear()
    assert select_records(empty, one_subject, analytes, visits_spec).height == 0


def test_the_end_of_treatment_copies_the_last_record_up_to_some_days_after_the_last_dose(
    records, one_subject, analytes, visits_spec
):
    visits_spec["ends"] = [
        {"name": "End of treatment", "number": 98, "dtype": "LOV", "days_after_last_dose": 14},
        {"name": "End of follow-up", "number": 99, "dtype": "LOV"},
    ]
    rows = [at(1, 4.0), at(57, 2.0), at(85, 1.0)]  # the last dose is on day 51
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    copies = frame.filter(pl.col("DTYPE") == "LOV").sort("AVISITN")
    assert copies["AVAL"].to_list() == [2.0, 1.0]


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


def test_of_equally_bad_values_the_tie_rule_takes_one(records, one_subject, analytes, visits_spec):
    visits_spec |= {"choose": "worst", "tie": "later"}
    rows = [at(20, 5.0), at(29, 5.0), at(40, 1.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["SELRSN"] for row in frame.values()] == [
        "tie: the later record was chosen",
        "chosen: worst value of the visit",
        "not the worst value of the visit",
    ]


def test_a_method_that_the_plan_does_not_name_is_the_worst(
    records, one_subject, analytes, visits_spec
):
    visits_spec |= {"tie": "better_method", "methods": ["24-hour", "spot"]}
    rows = [at(28, 3.0, METHOD="dipstick"), at(30, 2.0, METHOD="spot"), at(30, 4.0, METHOD="spot")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["ANL01FL"] for row in frame.values()] == [None, "Y", None]


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
