import datetime

import polars as pl
import pytest

from remit.analysis.responses import CRITERIA, RESPONSES, derive_responses
from remit.analysis.visits import derive_visits
from remit.plan.windows import compile

START = datetime.date(2021, 1, 1)


def day(study_day):
    return (START + datetime.timedelta(days=study_day - 1)).isoformat()


@pytest.fixture
def respond(records, analytes, visits_spec, definitions):
    """Responses of one subject to one definition, from {parameter: {study day: value}}."""

    def run(
        definition,
        values,
        status="ONGOING",
        end=None,
        cm=None,
        ranges=None,
        spec=None,
        texts=None,
        **override,
    ):
        rows = [
            {"PARAMCD": code, "ADT": day(d), "AVALC": text, "ROWID": f"{code}{d}"}
            for code, series in (texts or {}).items()
            for d, text in series.items()
        ]
        for code, series in values.items():
            low, high = (ranges or {}).get(code, (None, None))
            for d, value in series.items():
                oper = None
                if isinstance(value, str):
                    oper, value = value[0], float(value[1:])
                rows.append(
                    {
                        "PARAMCD": code,
                        "ADT": day(d),
                        "AVAL": value,
                        "AVALOPER": oper,
                        "ANRLO": low,
                        "ANRHI": high,
                        "ROWID": f"{code}{d}",
                    }
                )
        subject = pl.DataFrame(
            {
                "STUDYID": ["S"],
                "USUBJID": ["01"],
                "TRTSDT": [day(1)],
                "TRTEDT": [day(250)],
                "EOSDT": [end and day(end)],
                "EOSSTT": [status],
                "DTHDT": [None],
            },
            schema_overrides={"EOSDT": pl.String, "DTHDT": pl.Date},
        ).with_columns(pl.col("TRTSDT", "TRTEDT", "EOSDT").str.to_date("%Y-%m-%d"))
        visits = derive_visits(records(rows), subject, analytes, visits_spec)
        windows = compile(visits_spec)
        chosen = definitions[definition] if isinstance(definition, str) else definition
        plan = (
            {
                "proteinuria": "UPCR",
                "anchor": "UPCR",
                "preflare": "baseline",
                "components_within_days": None,
            }
            | (spec or {})
            | override
        )
        responses, criteria = derive_responses(
            visits, subject, cm, [chosen], analytes, windows, plan
        )
        assert responses.columns == list(RESPONSES)
        assert criteria.columns == list(CRITERIA)
        return responses, criteria

    return run


def at(responses, visit, column="AVALC"):
    return responses.row(by_predicate=pl.col("AVISIT") == visit, named=True)[column]


NORMAL = {"SCR": (41.0, 73.0)}


def good(upcr, albumin=36.0, creatinine=70.0):
    return {
        "UPCR": {1: 4.0, 29: upcr},
        "ALB": {1: 25.0, 29: albumin},
        "SCR": {1: 70.0, 29: creatinine},
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (good(0.49), "CR"),
        (good(0.50), "PR"),  # 0.50 is not below 0.5
        (good(2.0), "PR"),  # exactly half
        (good(2.01), "NR"),
        (good(0.4, albumin=34.9), "PR"),
        (good(0.4, albumin=29.9), "NR"),
        (good(0.4, creatinine=80.5), "CR"),  # exactly 1.15 x baseline
        (good(0.4, creatinine=80.6), "NR"),
        (good("<0.5"), "CR"),
        (good("<0.6"), "PR"),  # counts as 0.6, as in a test
    ],
)
def test_the_chinese_form(respond, values, expected):
    responses, _ = respond("cn19", values, ranges=NORMAL)
    assert at(responses, "Month 1") == expected


def test_a_large_fall_that_stays_nephrotic_is_no_response(respond):
    values = good(3.5) | {"UPCR": {1: 9.0, 29: 3.5}}
    assert at(respond("cn19", values, ranges=NORMAL)[0], "Month 1") == "NR"
    values = good(3.49) | {"UPCR": {1: 9.0, 29: 3.49}}
    assert at(respond("cn19", values, ranges=NORMAL)[0], "Month 1") == "PR"


def test_a_missing_component_is_not_a_failure(respond):
    values = good(0.4)
    del values["ALB"]
    responses, criteria = respond("cn19", values, ranges=NORMAL)
    assert at(responses, "Month 1") == "NE"
    assert at(responses, "Month 1", "NERSN") == "missing ALB"
    assert at(responses, "Month 1", "AVALCNRI") == "NR"
    open_ones = criteria.filter(pl.col("AVISIT") == "Month 1", pl.col("VERDICT").is_null())
    assert open_ones["CRITERION"].to_list() == ["Albumin ≥ 35 g/L", "Albumin ≥ 30 g/L"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"SCR": {29: 70.0}}, "missing baseline SCR"),
        ({"UPCR": {29: 3.0}}, "missing baseline UPCR"),
        ({"UPCR": {1: 4.0}}, "missing UPCR"),
    ],
)
def test_what_is_not_evaluable_says_what_it_lacks(respond, change, reason):
    responses, _ = respond("cn19", good(0.4) | change, ranges={"SCR": (41.0, 60.0)})
    assert at(responses, "Month 1", "NERSN") == reason


def test_a_missing_limit_of_normal_is_said(respond):
    values = good(0.4, creatinine=90.0)
    assert at(respond("cn19", values)[0], "Month 1", "NERSN") == "missing upper limit of SCR"


def test_a_missing_component_does_not_hide_a_certain_failure(respond):
    values = good(3.9)
    del values["ALB"]
    assert at(respond("cn19", values, ranges=NORMAL)[0], "Month 1") == "NR"


def test_a_visit_not_reached_leaves_the_denominator(respond):
    responses, _ = respond("cn19", good(0.4), ranges=NORMAL)
    assert at(responses, "Month 2", "NERSN") == "visit not reached"
    assert at(responses, "Month 2", "AVALCNRI") is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [("DISCONTINUED", "discontinued"), ("LOST TO FOLLOW-UP", "lost to follow-up")],
)
def test_who_left_is_a_non_responder_from_then_on(respond, status, reason):
    responses, _ = respond("cn19", good(0.4), ranges=NORMAL, status=status, end=40)
    assert at(responses, "Month 2", "NERSN") == reason
    assert at(responses, "Month 2", "AVALCNRI") == "NR"
    assert at(responses, "Month 1", "AVALCNRI") == "CR"


def test_a_visit_missed_before_leaving_was_missed_and_not_left(respond):
    later = {
        code: {(57 if d == 29 else d): v for d, v in s.items()} for code, s in good(0.4).items()
    }
    responses, _ = respond("cn19", later, ranges=NORMAL, status="DISCONTINUED", end=60)
    assert at(responses, "Month 1", "NERSN") == "missing UPCR, SCR, ALB"
    assert at(responses, "Month 3", "NERSN") == "discontinued"


def test_who_left_is_not_expected_at_visits_due_after_the_cut_off(respond):
    responses, _ = respond(
        "cn19", good(0.4), ranges=NORMAL, status="DISCONTINUED", end=40, cutoff="2021-03-01"
    )
    assert at(responses, "Month 2", "AVALCNRI") == "NR"  # due on day 57, 26 February
    assert at(responses, "Month 2", "NERSN") == "discontinued"
    assert at(responses, "Month 3", "AVALCNRI") is None
    assert at(responses, "Month 3", "NERSN") == "visit not reached"


def test_a_planned_end_is_no_failure(respond):
    responses, _ = respond("cn19", good(0.4), ranges=NORMAL, status="COMPLETED", end=40)
    assert at(responses, "Month 2", "AVALCNRI") is None


def test_the_end_of_follow_up_is_a_visit_of_its_own(respond):
    responses, _ = respond("cn19", good(0.4), ranges=NORMAL)
    assert at(responses, "End of follow-up") == "CR"
    assert at(responses, "End of follow-up", "ADY") == 29


def test_rescue_makes_a_non_responder_from_its_date_on(respond, definitions):
    cm = pl.DataFrame(
        {"USUBJID": ["01"], "CMTRT": ["Cyclophosphamide"], "CMSTDTC": [day(50)], "ROWID": ["cm:1"]}
    )
    rule = definitions["cn19"] | {"excludes": ["rescue"]}
    values = {code: series | {57: series[29]} for code, series in good(0.4).items()}
    responses, _ = respond(
        rule,
        values,
        ranges=NORMAL,
        cm=cm,
        rescue={"drugs": ["cyclophosphamide"], "from_day": 2},
    )
    assert at(responses, "Month 1") == "CR"
    assert at(responses, "Month 2") == "NR"


@pytest.mark.parametrize(
    ("rescue_day", "month_1"),
    [
        (35, "CR"),  # after the target day 29 and the record of day 29
        (29, "NR"),
        (20, "NR"),
        (2, "NR"),  # the first day that counts
        (1, "CR"),
    ],
)
def test_rescue_is_held_against_the_date_of_the_record(respond, definitions, rescue_day, month_1):
    cm = pl.DataFrame(
        {"USUBJID": ["01"], "CMTRT": ["rituximab"], "CMSTDTC": [day(rescue_day)], "ROWID": ["cm:1"]}
    )
    rule = definitions["cn19"] | {"excludes": ["rescue"]}
    responses, criteria = respond(
        rule, good(0.4), ranges=NORMAL, cm=cm, rescue={"drugs": ["Rituximab"], "from_day": 2}
    )
    assert at(responses, "Month 1") == month_1
    said = criteria.filter(
        pl.col("AVISIT") == "Month 1", pl.col("CRITERION") == "no rescue therapy"
    )
    assert said["VERDICT"].unique().to_list() == [month_1 == "CR"]
    assert said["ROWID"].unique().to_list() == [None if month_1 == "CR" else "cm:1"]


@pytest.mark.parametrize(
    ("start", "month_1", "month_2"),
    [
        ("2021-02", "CR", "NR"),  # from 1 February, day 32
        ("2021-01", "NR", "NR"),  # perhaps from day 2 on
        ("2020-12", "CR", "CR"),  # before treatment
        ("2021", "NR", "NR"),
    ],
)
def test_a_rescue_known_to_the_month_counts_from_its_first_day(
    respond, definitions, start, month_1, month_2
):
    cm = pl.DataFrame(
        {"USUBJID": ["01"], "CMTRT": ["rituximab"], "CMSTDTC": [start], "ROWID": ["cm:1"]}
    )
    rule = definitions["cn19"] | {"excludes": ["rescue"]}
    values = {code: series | {57: series[29]} for code, series in good(0.4).items()}
    responses, _ = respond(
        rule, values, ranges=NORMAL, cm=cm, rescue={"drugs": ["rituximab"], "from_day": 2}
    )
    assert [at(responses, f"Month {k}") for k in (1, 2)] == [month_1, month_2]


def test_a_rescue_between_target_and_record_counts(respond, definitions):
    cm = pl.DataFrame(
        {"USUBJID": ["01"], "CMTRT": ["rituximab"], "CMSTDTC": [day(31)], "ROWID": ["cm:1"]}
    )
    rule = definitions["cn19"] | {"excludes": ["rescue"]}
    late = {
        code: {(40 if d == 29 else d): v for d, v in s.items()} for code, s in good(0.4).items()
    }
    responses, _ = respond(
        rule, late, ranges=NORMAL, cm=cm, rescue={"drugs": ["rituximab"], "from_day": 2}
    )
    assert at(responses, "Month 1") == "NR"


def test_results_after_leaving_make_no_response_where_leaving_is_failure(respond, definitions):
    values = {code: series | {57: series[29]} for code, series in good(0.4).items()}
    left = {"ranges": NORMAL, "status": "DISCONTINUED", "end": 40}
    strict = definitions["cn19"] | {"excludes": ["discontinued"]}
    observed, _ = respond("cn19", values, **left)
    failed, criteria = respond(strict, values, **left)
    assert [at(observed, f"Month {k}") for k in (1, 2)] == ["CR", "CR"]
    assert [at(failed, f"Month {k}") for k in (1, 2, 3)] == ["CR", "NR", "NR"]
    assert at(failed, "End of follow-up") == "NR"
    broken = criteria.filter(pl.col("AVISIT") == "Month 2", ~pl.col("VERDICT"))
    assert "not discontinued, lost to follow-up or dead" in broken["CRITERION"].to_list()


def test_a_visit_missed_before_the_cut_off_counts_while_follow_up_goes_on(respond):
    responses, _ = respond("cn19", good(0.4), ranges=NORMAL, cutoff="2021-03-01")
    assert at(responses, "Month 2", "AVALCNRI") == "NR"  # due on 26 February, and nobody came
    assert at(responses, "Month 2", "NERSN") == "missing UPCR, SCR, ALB"
    assert at(responses, "Month 3", "AVALCNRI") is None


@pytest.mark.parametrize(("cells", "expected"), [("0-3", "CR"), ("3-5", "CR"), ("4-6", "NE")])
def test_a_sediment_printed_as_a_range_is_judged_by_its_ends(
    respond, definitions, records, cells, expected
):
    rule = definitions["cn"]
    values = good(0.3)
    responses, _ = respond(rule, values, ranges=NORMAL, texts={"URBC": {29: cells}})
    assert at(responses, "Month 1") == expected


def test_already_in_response_at_baseline_is_shown(respond):
    values = good(0.4) | {"UPCR": {1: 0.3, 29: 0.3}, "ALB": {1: 36.0, 29: 36.0}}
    assert at(respond("cn19", values, ranges=NORMAL)[0], "Month 1", "BLRESP") == "Y"
    assert at(respond("cn19", good(0.4), ranges=NORMAL)[0], "Month 1", "BLRESP") is None


def test_components_far_apart_do_not_count_together(respond):
    values = good(0.4) | {"ALB": {1: 25.0, 10: 36.0}}
    near, _ = respond("cn19", values, ranges=NORMAL, components_within_days=28)
    far, _ = respond("cn19", values, ranges=NORMAL, components_within_days=14)
    assert at(near, "Month 1") == "CR"
    assert at(far, "Month 1", "NERSN") == "missing ALB"
    alone = values | {"UPCR": {1: 4.0}}
    without, _ = respond("cn19", alone, ranges=NORMAL, components_within_days=28)
    assert at(without, "Month 1", "NERSN") == "missing UPCR"  # albumin is near nothing, and there


def months(*levels):
    """UPCR per month: C complete, P partial, N none, - not measured."""
    value = {"C": 0.4, "P": 1.0, "N": 4.0}
    upcr = {1: 4.0} | {28 * k + 1: value[x] for k, x in enumerate(levels, 1) if x != "-"}
    return {"UPCR": upcr, "ALB": dict.fromkeys(upcr, 36.0), "SCR": dict.fromkeys(upcr, 70.0)}


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ("CC", ["CR", "NE"]),
        ("CP", ["PR", "NE"]),
        ("CN", ["NR", "NR"]),
        ("PC", ["PR", "NE"]),
        ("C-C", ["CR", "NE", "NE"]),  # a missed visit is passed over
        ("C-N", ["NR", "NE", "NR"]),
        ("NC", ["NR", "NE"]),
    ],
)
def test_confirmation_at_the_next_visit(respond, definitions, course, expected):
    rule = definitions["cn19"] | {"confirm": {"rule": "next_visit"}}
    responses, _ = respond(rule, months(*course), ranges=NORMAL)
    found = [at(responses, f"Month {k}") for k in range(1, len(course) + 1)]
    assert found == expected
    last = f"Month {len(course)}"
    if expected[-1] == "NE":
        assert at(responses, last, "NERSN") == "not confirmed yet"


@pytest.mark.parametrize(
    ("confirm", "status", "course", "expected"),
    [
        # Follow-up is over: the last visit is judged by the pair that ends there.
        ({"rule": "next_visit"}, "COMPLETED", "NCC", ["NR", "CR", "CR"]),
        ({"rule": "next_visit"}, "COMPLETED", "CNC", ["NR", "NR", "NR"]),
        ({"rule": "next_visit"}, "COMPLETED", "C--", ["NE", "NE", "NE"]),
        ({"rule": "next_visit"}, "ONGOING", "NCC", ["NR", "CR", "NE"]),
        # The pair ends at the visit: the first has none before it.
        ({"rule": "previous_visit"}, "ONGOING", "CCPN", ["NE", "CR", "PR", "NR"]),
        # A missed visit is passed over, or leaves the pair open.
        ({"rule": "next_visit"}, "COMPLETED", "C-C", ["CR", "NE", "CR"]),
        ({"rule": "next_visit", "missed": "open"}, "COMPLETED", "C-C", ["NE", "NE", "NE"]),
        # Limits of time between the two.
        ({"rule": "next_visit", "days": [28, 28]}, "COMPLETED", "C-C", ["NE", "NE", "NE"]),
        ({"rule": "within_days", "days": [50, 60]}, "ONGOING", "CNC", ["CR", "NR", "NE"]),
        ({"rule": "within_days", "days": [50, 60]}, "COMPLETED", "CNC", ["CR", "NR", "CR"]),
    ],
)
def test_confirmation_is_a_property_of_a_pair(
    respond, definitions, confirm, status, course, expected
):
    rule = definitions["cn19"] | {"confirm": confirm}
    end = 28 * len(course) + 1
    responses, _ = respond(rule, months(*course), ranges=NORMAL, status=status, end=end)
    assert [at(responses, f"Month {k}") for k in range(1, len(course) + 1)] == expected
    if course[-1] != "-":
        assert at(responses, "End of follow-up") == expected[-1]


def test_a_definition_with_a_window_is_judged_there_alone(respond, definitions):
    rule = definitions["cn19"] | {"window": {"from_day": 57, "to_day": 85}}
    responses, _ = respond(rule, months(*"CCCC"), ranges=NORMAL)
    assert responses["AVISIT"].to_list() == ["Month 2", "Month 3"]
    early, _ = respond(rule, months(*"CC"), ranges=NORMAL)
    assert early["AVISIT"].to_list() == ["Month 2", "Month 3", "End of follow-up"]


def test_a_failure_between_visits_counts_from_its_day_on(respond, definitions):
    limit = {"parameter": "PREDDOSE", "op": ">", "value": 10, "unit": "mg/d", "from_day": 29}
    rule = definitions["cn19"] | {"fails": [limit]}
    values = months(*"CCC") | {"PREDDOSE": {20: 40.0, 57: 5.0, 64: 20.0, 85: 5.0}}
    responses, criteria = respond(rule, values, ranges=NORMAL)
    assert [at(responses, f"Month {k}") for k in (1, 2, 3)] == ["CR", "CR", "NR"]
    assert at(responses, "Month 3", "ASSESFL") == "Y"
    text = "never PREDDOSE > 10 mg/d (from day 29)"
    shown = criteria.filter(pl.col("CRITERION") == text, pl.col("CATEGORY") == "CR")
    assert shown.filter(AVISIT="Month 3")["VERDICT"].to_list() == [False]


def test_what_is_not_evaluable_says_what_it_could_still_be(respond, definitions):
    values = good(0.4)
    del values["ALB"]
    responses, _ = respond("cn19", values, ranges=NORMAL)
    columns = ("AVALC", "AVALCNRI", "AVALCBST", "ASSESFL")
    assert [at(responses, "Month 1", c) for c in columns] == ["NE", "NR", "CR", None]
    values = good(1.0)
    del values["ALB"]
    assert at(respond("cn19", values, ranges=NORMAL)[0], "Month 1", "AVALCBST") == "PR"
    values = good(4.0)
    del values["ALB"]
    responses, _ = respond("cn19", values, ranges=NORMAL)  # decided by proteinuria alone
    assert [at(responses, "Month 1", c) for c in columns] == ["NR", "NR", "NR", None]
    responses, _ = respond("cn19", good(0.4), ranges=NORMAL)
    assert [at(responses, "Month 1", c) for c in columns] == ["CR", "CR", "CR", "Y"]
    partial = definitions["cn19"] | {"categories": {"PR": definitions["cn19"]["categories"]["PR"]}}
    responses, _ = respond(partial, good(4.0))  # without a limit of normal, baseline is left
    assert [at(responses, "Month 1", c) for c in columns] == ["NR", "NR", "NR", "Y"]


def test_what_is_undecided_waits_for_its_values_not_for_confirmation(respond, definitions):
    rule = definitions["cn19"] | {"confirm": {"rule": "next_visit"}}
    values = months("C", "C")
    del values["UPCR"][57]
    responses, _ = respond(rule, values, ranges=NORMAL)
    assert at(responses, "Month 2", "NERSN") == "missing UPCR"


def test_confirmation_within_days(respond, definitions):
    rule = definitions["cn19"] | {"confirm": {"rule": "within_days", "days": [28, 90]}}
    responses, _ = respond(rule, months(*"C-C"), ranges=NORMAL)
    assert at(responses, "Month 1") == "CR"


@pytest.mark.parametrize(
    ("second", "expected", "reason"),
    [
        ({30: 0.5}, "CR", None),
        ({30: 0.51}, "NR", None),
        ({28: "<0.6"}, "NR", None),  # counts as 0.6
        ({}, "NE", "no second specimen"),
        ({26: 0.9, 30: 0.3}, "CR", None),  # the nearest day's
        ({28: 0.9, 30: 0.3}, "NR", None),  # of two as near the earlier
        ({57: 0.3}, "NE", "no second specimen"),  # of another visit
    ],
)
def test_confirmation_by_the_second_specimen_of_the_visit(respond, second, expected, reason):
    values = {
        "UPCR": {1: 4.0, 29: 0.5} | second,
        "EGFR": {1: 80.0, 29: 80.0},
        "PREDDOSE": {29: 5.0},
    }
    responses, criteria = respond("aurora_crr", values)
    assert (at(responses, "Month 1"), at(responses, "Month 1", "NERSN")) == (expected, reason)
    assert at(respond("aurora_crr_one", values)[0], "Month 1") == "CR"
    shown = criteria.filter(
        pl.col("AVISIT") == "Month 1", pl.col("CRITERION").str.contains("second")
    )
    assert shown["VERDICT"].to_list() == [{"CR": True, "NR": False}.get(expected)]


def test_a_response_not_reached_needs_no_second_specimen(respond):
    values = {"UPCR": {1: 4.0, 29: 0.6}, "EGFR": {1: 80.0, 29: 80.0}, "PREDDOSE": {29: 5.0}}
    assert at(respond("aurora_crr", values)[0], "Month 1") == "NR"


def test_every_verdict_carries_its_numbers_and_source(respond):
    _, criteria = respond("cn19", good(0.4), ranges=NORMAL)
    first = criteria.filter(pl.col("AVISIT") == "Month 1").row(0, named=True)
    assert first["CRITERION"] == "Urine protein/creatinine ratio < 0.5 g/g"
    assert (first["VALUE"], first["REFERENCE"], first["VERDICT"]) == (0.4, 0.5, True)
    assert first["ROWID"] == "UPCR29"
    assert criteria.filter(pl.col("AVISIT") == "Month 1").height == 10


# Clinical truth cases: UPCR, eGFR, eGFR before, UPCR before, rescue -> PERR, CRR, KDIGO complete
# response, ordinal response. T, F and ? for undecided.
TRUTH = [
    (0.49, 88, 100, 2.0, False, "T", "F", "T", "NR"),
    (0.50, 95, 100, 2.0, False, "T", "F", "F", "PR"),
    (0.70, 59, 75, 2.5, False, "F", "F", "F", "NR"),
    (0.70, 60, 100, 2.5, False, "T", "F", "F", "NR"),
    (1.2, 100, 100, 3.0, False, "F", "F", "F", "NR"),
    (1.2, 100, 100, 3.1, False, "F", "F", "F", "PR"),
    (0.3, 100, 100, 4.0, True, "F", "F", "F", "NR"),
    (0.3, None, 100, 4.0, False, "?", "?", "?", "NE"),
    (1.9, None, 100, 2.0, False, "F", "F", "F", "NR"),
]


@pytest.mark.parametrize("case", TRUTH)
def test_the_clinical_truth_cases(respond, definitions, case):
    upcr, egfr, egfr_before, upcr_before, rescued, *expected = case
    values = {"UPCR": {1: upcr_before, 29: upcr}, "EGFR": {1: egfr_before}}
    if egfr is not None:
        values["EGFR"] |= {29: egfr}
    drug = "cyclophosphamide" if rescued else "vitamin D"
    cm = pl.DataFrame({"USUBJID": ["01"], "CMTRT": [drug], "CMSTDTC": [day(20)], "ROWID": ["cm:1"]})

    def outcome(name):
        rule = {k: v for k, v in definitions[name].items() if k != "confirm"}
        if name == "kdigo24":  # the truth is that of complete response alone
            rule["categories"] = {"CR": rule["categories"]["CR"]}
        responses, _ = respond(
            rule | {"excludes": ["rescue"]},
            values,
            cm=cm,
            rescue={"drugs": ["cyclophosphamide"], "from_day": 2},
        )
        return at(responses, "Month 1")

    def complete(name):
        return {"NE": "?", "NR": "F", "PR": "F"}.get(outcome(name), "T")

    kdigo = complete("kdigo24")
    found = [complete("bliss_perr"), complete("bliss_crr"), kdigo, outcome("bliss_orr")]
    assert found == expected


def test_a_fall_of_four_is_not_attainable_from_below_four(respond):
    responses, _ = respond("sri4_nopga", {"SLEDAI": {1: 3.0, 29: 0.0}})
    assert at(responses, "Month 1", "NERSN") == "not attainable from baseline"
    responses, _ = respond("sri4_nopga", {"SLEDAI": {29: 0.0}})
    assert at(responses, "Month 1", "NERSN") == "missing baseline SLEDAI"
    responses, _ = respond("sri4_nopga", {"SLEDAI": {1: 8.0, 29: 4.0}})
    assert at(responses, "Month 1") == "R"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "R"),
        ({"SLEDAI": 5.0}, "NR"),  # a fall of 3
        ({"BILAGNA": 1.0}, "NR"),
        ({"BILAGNB": 1.0}, "R"),
        ({"BILAGNB": 2.0}, "NR"),
        ({"PGA": 1.7}, "R"),
        ({"PGA": 1.8}, "NR"),  # 1.8 is not below 1.5 + 0.3
        ({"BILAGNA": None}, "NE"),
    ],
)
def test_the_responder_index_needs_all_three_scales(respond, change, expected):
    now = {"SLEDAI": 4.0, "BILAGNA": 0.0, "BILAGNB": 0.0, "PGA": 1.5} | change
    before = {"SLEDAI": 8.0, "BILAGNA": 0.0, "BILAGNB": 0.0, "PGA": 1.5}
    values = {
        code: {1: before[code]} | ({29: now[code]} if now[code] is not None else {}) for code in now
    }
    assert at(respond("sri4", values)[0], "Month 1") == expected


@pytest.mark.parametrize(
    ("definition", "change", "expected"),
    [
        ("doris", {}, "R"),
        ("doris", {"CSLEDAI": 1.0}, "NR"),
        ("doris", {"PGA": 0.5}, "NR"),
        ("doris", {"PREDDOSE": 5.01}, "NR"),
        ("doris", {"PGA": None}, "NE"),
        ("doris_nopga", {"PGA": None}, "R"),
        ("lldas", {"SLEDAI": 4.0, "PGA": 1.0, "PREDDOSE": 7.5}, "R"),
        ("lldas", {"SLEDAI": 5.0}, "NR"),
        ("lldas", {"SLEDAIMO": 4.0}, "NR"),
        ("lldas", {"SLEDAIN": 1.0}, "NR"),
        ("lldas", {"SLEDAIN": None}, "NE"),  # at the first assessment
        ("lldas", {"PGA": 1.1}, "NR"),
        ("lldas", {"PREDDOSE": 7.6}, "NR"),
        ("lldas", {"PGA": None}, "NE"),
        ("lldas_nopga", {"PGA": None}, "R"),
    ],
)
def test_remission_and_low_disease_activity(respond, definition, change, expected):
    best = {"SLEDAI": 2.0, "CSLEDAI": 0.0, "SLEDAIMO": 0.0, "SLEDAIN": 0.0}
    now = best | {"PGA": 0.4, "PREDDOSE": 5.0} | change
    values = {code: {29: value} for code, value in now.items() if value is not None}
    assert at(respond(definition, values)[0], "Month 1") == expected


def test_a_definition_that_asks_for_a_value_before_the_flare_says_that_it_was_modified(respond):
    responses, _ = respond("bliss_perr", {"UPCR": {1: 2.0, 29: 0.5}, "EGFR": {1: 100, 29: 90}})
    assert responses["DEFN"].unique().to_list() == [
        "Primary efficacy renal response (BLISS-LN) (modified: baseline stands for the value "
        "before the flare)"
    ]


def test_prednisone_counts_only_from_week_24(respond, definitions):
    rule = {k: v for k, v in definitions["bliss_perr"].items() if k != "confirm"}
    days = {1: 2.0, 29: 0.5, 169: 0.5}
    values = {"UPCR": days, "EGFR": dict.fromkeys(days, 100), "PREDDOSE": dict.fromkeys(days, 20.0)}
    responses, _ = respond(rule, values)
    assert at(responses, "Month 1") == "R"
    assert at(responses, "Month 6") == "NR"
    # The last record is of day 169, the first on which the dose counts.
    assert at(responses, "End of follow-up") == "NR"


@pytest.mark.parametrize(
    ("egfr", "preflare", "expected", "reason"),
    [
        # 48 is not below 0.8 of the 55 at baseline, but of the 100 before the flare.
        ({1: 55.0, 29: 48.0}, "baseline", "R", None),
        ({-200: 100.0, 1: 55.0, 29: 48.0}, {"from_day": -730, "to_day": -91}, "NR", None),
        ({-200: 60.0, 1: 100.0, 29: 48.0}, {"from_day": -730, "to_day": -91}, "R", None),
        # The last between the days counts, and both days do (here day -90 is study day -91).
        ({-729: 50.0, -90: 60.1, 1: 55.0, 29: 48.0}, {"from_day": -730, "to_day": -91}, "NR", None),
        ({-729: 60.0, -89: 99.0, 1: 55.0, 29: 48.0}, {"from_day": -730, "to_day": -91}, "R", None),
        (
            {1: 55.0, 29: 48.0},
            {"from_day": -730, "to_day": -91},
            "NE",
            "missing EGFR before the flare",
        ),
        # At 60 the kidney function is good whatever it was.
        ({1: 55.0, 29: 60.0}, {"from_day": -730, "to_day": -91}, "R", None),
    ],
)
def test_the_value_before_the_flare(respond, egfr, preflare, expected, reason):
    values = {"UPCR": {1: 2.5, 29: 0.7}, "EGFR": egfr}
    responses, _ = respond("kdigo24_perr", values, preflare=preflare)
    assert (at(responses, "Month 1"), at(responses, "Month 1", "NERSN")) == (expected, reason)
    assert ("modified" in responses["DEFN"][0]) == (preflare == "baseline")


def test_who_left_on_an_unknown_day_and_was_never_seen_does_not_respond(respond, definitions):
    strict = definitions["cn19"] | {"excludes": ["discontinued"]}
    responses, _ = respond(strict, {"UPCR": {-200: 1.0}}, status="DISCONTINUED")
    assert at(responses, "Month 1", "AVALC") == "NR"


@pytest.mark.parametrize("study_day", [29, 30])
def test_the_day_of_a_response_is_that_of_its_last_record(respond, study_day):
    responses, _ = respond("cn19", {"UPCR": {1: 2.0, study_day: 0.4}})
    assert at(responses, "Month 1", "ADY") == study_day
