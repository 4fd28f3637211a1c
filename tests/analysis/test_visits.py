import polars as pl
import pytest

from remit.visits import COLUMNS, select_records


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
    assert frame["r000"]["SELRSN"] == "not the last of the visit"
    assert frame["r002"]["SELRSN"] == "no value"


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
    rows = [at(-20, 5.0, VISIT="SCREENING 1"), at(-2, 4.0, VISIT="SCREENING 2"), at(29, 2.0)]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["ABLFL"] for row in frame.values()] == ["Y", None, None]
    assert frame["r001"]["SELRSN"] == "not a visit of the plan"
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
