import polars as pl
import pytest

from remit.analysis.visits import COLUMNS, carried_forward, derive_visits
from tests.analysis.placed import at, by_row, visits


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


def test_records_of_one_moment_are_in_the_order_of_what_they_say(
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
    assert frame["ROWID"].to_list() == ["b", "z", "e", "d", "c", "a"]
    two = [at(28, 5.0, ROWID="z"), at(29, 1.0, ROWID="c"), at(29, 2.0, ROWID="a")]
    frame = visits(records, one_subject, analytes, visits_spec | {"ends": []}, two)
    assert frame["ROWID"].to_list() == ["z", "c", "a"]


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


@pytest.mark.parametrize("months", [9, 10])
def test_every_end_of_follow_up_is_a_visit_of_its_own(
    records, one_subject, analytes, visits_spec, months
):
    visits_spec["windows"]["generate"]["last"] = months
    end = {"name": "End of follow-up", "number": 99, "dtype": "LOV"}
    early = end | {"name": "End of Month 1", "number": 98, "visits": ["Month 1"]}
    visits_spec["ends"] = [early, end]
    rows = [at(1, 4.0), at(29, 3.0), at(57, 2.0)]
    frame = visits(records, one_subject, analytes, visits_spec, rows)
    copies = frame.filter(pl.col("DTYPE") == "LOV").select("AVISIT", "AVAL")
    assert copies.rows() == [("End of Month 1", 3.0), ("End of follow-up", 2.0)]


@pytest.mark.parametrize("known", [1, 2])
def test_subjects_do_not_share_a_baseline_however_many_parameters_there_are(
    records, one_subject, analytes, visits_spec, known
):
    two = pl.concat([one_subject, one_subject.with_columns(USUBJID=pl.lit("02"))])
    few = analytes.head(known)
    rows = [
        at(day, value, USUBJID=subject, PARAMCD=code)
        for k, subject in enumerate(["01", "02"])
        for code in few["PARAMCD"]
        for day, value in ((1, 4.0 + k), (29, 3.0))
    ]
    frame = visits(records, two, few, visits_spec | {"ends": []}, rows)
    assert frame["BASE"].to_list() == [4.0] * 2 * known + [5.0] * 2 * known


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


def test_a_difference_of_two_decimals_is_a_decimal(records, one_subject, analytes, visits_spec):
    frame = by_row(visits(records, one_subject, analytes, visits_spec, [at(1, 0.3), at(29, 0.1)]))
    assert frame["r001"]["CHG"] == -0.2


def test_no_records_give_an_empty_table(records, one_subject, analytes, visits_spec):
    empty = records([at(1, 1.0)]).clear()
    assert derive_visits(empty, one_subject, analytes, visits_spec).height == 0


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


def test_of_visits_known_by_name_only_the_baseline_visit_is_before_treatment(
    records, one_subject, analytes, visits_spec
):
    baseline = {"name": "Baseline", "number": 0, "rule": "visit", "visit": "DAY 1", "look_back": 90}
    visits_spec |= {"assign": "nominal", "baseline": baseline}
    rows = [at(1, 4.0, VISIT="DAY 1"), at(1, 3.0, VISIT="Month 1", ADTM="2021-01-01T20:00")]
    frame = by_row(visits(records, one_subject, analytes, visits_spec, rows))
    assert [row["CHG"] for row in frame.values()] == [None, -1.0]
