import datetime

import polars as pl
import pytest

from remit.analysis.events import derive_events
from remit.analysis.visits import derive_visits
from remit.packs.kidney.flares import flare, flare_grade
from remit.schemas.analysis import ADTTE, EVENTRECORDS
from tests.shipped import categories_of

START = datetime.date(2021, 1, 1)


def day(study_day):
    return START + datetime.timedelta(days=study_day - 1)


SUBJECT = pl.DataFrame(
    {
        "STUDYID": ["S"],
        "USUBJID": ["01"],
        "TRTSDT": [START],
        "TRTEDT": [day(200)],
        "EOSDT": [None],
        "EOSSTT": ["ONGOING"],
        "DTHDT": [None],
        "EFFFL": ["Y"],
        "SAFFL": ["Y"],
    },
    schema_overrides={"EOSDT": pl.Date, "DTHDT": pl.Date},
)


def responses(letters, baseline=None):
    names = {"C": "CR", "P": "PR", "N": "NR", "-": "NE"}
    rows = [
        ("01", "cn19", f"Month {k}", float(k), day(28 * k + 1), names[x])
        for k, x in enumerate(letters, 1)
    ]
    columns = ["USUBJID", "DEFID", "AVISIT", "AVISITN", "ADT", "AVALC"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.with_columns(BLRESP=pl.lit(baseline, pl.String))


@pytest.fixture
def occur(records, analytes, visits_spec):
    def run(event, letters="", subject=SUBJECT, baseline=None, **series):
        rows = [
            {"PARAMCD": code, "ADT": day(d).isoformat()}
            | ({"AVALC": value} if "-" in str(value) else {"AVAL": float(str(value).strip("<>"))})
            | {"AVALOPER": value[0] if str(value)[0] in "<>" else None}
            for code, values in series.items()
            for d, value in values.items()
        ] or [{"ADT": START.isoformat(), "AVAL": 1.0}]
        visits = derive_visits(records(rows), subject, analytes, visits_spec)
        plan = [event] if isinstance(event, dict) else event
        found, used = derive_events(
            responses(letters or "-", baseline),
            visits,
            subject,
            {"events": plan, "categories": categories_of("cn19")},
            {"flare": flare},
        )
        run.used = EVENTRECORDS.validate(used, lazy=True).filter(PARAMCD=plan[-1]["code"])
        return ADTTE.validate(found, lazy=True).row(-1, named=True)

    return run


def taken(run):
    """What the last event rests on: role, what and study day of every record."""
    days = (pl.col("ADT") - START).dt.total_days() + 1
    return run.used.select("ROLE", "WHAT", days).sort(pl.all()).rows()


FIRST = {
    "code": "TTFR",
    "title": "First response",
    "kind": "response",
    "definition": "cn19",
    "categories": ["CR", "PR"],
    "population": "EFFFL",
}


def test_the_first_response_lies_between_two_visits(occur):
    found = occur(FIRST, "NNPC")
    assert (found["CNSR"], found["AVAL"], found["EVNTDESC"]) == (0, 85.0, "PR")
    assert found["LEFTDT"] == day(57)


def test_without_response_time_ends_with_the_last_evaluable_visit(occur):
    found = occur(FIRST, "NN-")
    assert (found["CNSR"], found["AVAL"]) == (1, 57.0)
    assert found["CNSDTDSC"] == "last assessment; ongoing"


def test_who_was_never_assessed_is_censored_on_the_first_day(occur):
    found = occur(FIRST, "--")
    assert (found["CNSR"], found["AVAL"]) == (1, 1.0)
    assert found["CNSDTDSC"] == "never assessed after the first dose"


def test_only_the_population_counts(occur):
    outside = SUBJECT.with_columns(EFFFL=pl.lit("N"))
    with pytest.raises(pl.exceptions.OutOfBoundsError):
        occur(FIRST, "C", outside)


DOUBLING = {
    "code": "TTDSCR",
    "title": "Doubling",
    "kind": "rise",
    "parameter": "SCR",
    "factor": 2,
    "confirm_days": 28,
}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ({29: 70, 57: 140, 85: 150}, (0, 57.0)),
        ({29: 70, 57: 139.9, 85: 150, 113: 141}, (0, 85.0)),  # 139.9 is not twice 70
        ({29: 70, 57: 140}, (1, 57.0)),  # nothing confirms the last value
        ({29: 140, 57: 70, 85: 140, 113: 140}, (0, 85.0)),
    ],
)
def test_doubling_of_creatinine_must_last(occur, later, expected):
    found = occur(DOUBLING, SCR={1: 70} | later)
    assert (found["CNSR"], found["AVAL"]) == expected


def test_a_decline_of_thirty_percent_is_decided_exactly(occur):
    event = {
        "code": "TTEGFR",
        "title": "Decline",
        "kind": "fall",
        "parameter": "EGFR",
        "percent": 30,
    }
    assert occur(event, EGFR={1: 90.1, 29: 63.08})["CNSR"] == 1
    assert occur(event, EGFR={1: 90.1, 29: 63.07})["CNSR"] == 0


DEATH = {"code": "TTDEATH", "title": "Death", "kind": "death"}


def test_death_is_an_event_and_competes_with_the_others(occur):
    dead = SUBJECT.with_columns(
        DTHDT=pl.lit(day(100)), EOSDT=pl.lit(day(100)), EOSSTT=pl.lit("DEATH")
    )
    assert occur(DEATH, subject=dead)["AVAL"] == 100.0
    assert occur(DEATH)["CNSDTDSC"] == "end of follow-up; ongoing"
    found = occur(FIRST, "NN", dead)
    assert (found["CNSR"], found["CMPEVT"], found["AVAL"]) == (1, "death", 100.0)
    assert (found["CNSDTDSC"], found["LEFTDT"]) == ("death", day(57))


def test_who_is_in_response_at_baseline_has_no_time_to_it(occur):
    found = occur(FIRST, "CC", baseline="Y")
    assert (found["CNSR"], found["AVAL"]) == (1, 1.0)
    assert found["CNSDTDSC"] == "in response at baseline"


def test_a_rate_below_a_limit_decides_what_all_its_values_decide(occur):
    event = {"code": "TTKF", "title": "Failure", "kind": "below", "parameter": "EGFR", "value": 15}
    assert occur(event, EGFR={1: 40, 29: "<15"})["CNSR"] == 0
    assert occur(event, EGFR={1: 40, 29: "<20"})["CNSR"] == 1


def test_the_first_of_several_events(occur):
    dead = SUBJECT.with_columns(DTHDT=pl.lit(day(100)))
    either = {"code": "TTRENAL", "title": "Either", "kind": "first_of", "of": ["TTDSCR", "TTDEATH"]}
    found = occur([DOUBLING, DEATH, either], subject=dead, SCR={1: 70, 29: 150, 57: 150})
    assert (found["PARAMCD"], found["AVAL"], found["CNSR"]) == ("TTRENAL", 29.0, 0)
    assert found["EVNTDESC"] == "SCR at least 2 x baseline"
    assert found["LEFTDT"] is None  # no record between


def test_the_last_day_free_of_the_first_of_several_events_is_before_it(occur):
    failure = {
        "code": "TTKF",
        "title": "Failure",
        "kind": "below",
        "parameter": "EGFR",
        "value": 15,
    }
    either = {"code": "TTRENAL", "title": "Either", "kind": "first_of", "of": ["TTDSCR", "TTKF"]}
    creatinine = {1: 70, 29: 80, 57: 150, 85: 150}
    found = occur([DOUBLING, failure, either], SCR=creatinine, EGFR={1: 90, 29: 80, 85: 40})
    assert (found["LEFTDT"], found["ADT"]) == (day(29), day(57))


FLARE = {
    "code": "TTFLARE",
    "title": "Flare",
    "kind": "flare",
    "definition": "cn19",
    "grade": "moderate",
    "proteinuria": "UPCR",
}


def test_a_flare_follows_a_response(occur):
    found = occur(FLARE, "NPPP", UPCR={1: 4, 29: 4, 57: 0.4, 85: 0.9, 113: 1.0})
    assert (found["CNSR"], found["STARTDT"], found["ADT"]) == (0, day(57), day(113))
    assert found["AVAL"] == 57.0
    assert found["EVNTDESC"] == "moderate flare"


def test_who_never_responded_cannot_flare(occur):
    with pytest.raises(pl.exceptions.OutOfBoundsError):
        occur(FLARE, "NNN", UPCR={1: 4, 29: 4, 57: 8})


STABLE = {"UPCR": {1: 4, 29: 0.4, 57: 0.4}, "SCR": {1: 70, 29: 70, 57: 70}}


@pytest.mark.parametrize(
    ("sediment", "expected"),
    [
        ({"URBC": {29: 4, 57: 16}, "UACANTH": {57: 2}}, (0, "mild flare")),
        ({"URBC": {29: "0-3", 57: "16-20"}, "UACANTH": {57: 2}}, (0, "mild flare")),
        ({"URBC": {29: 5, 57: 16}, "UACANTH": {57: 2}}, (1, None)),  # not from below 5
        ({"URBC": {29: 4, 57: 15}, "UACANTH": {57: 2}}, (1, None)),  # not to above 15
        ({"URBC": {29: 4, 57: 16}, "UACANTH": {57: 1}}, (1, None)),  # not glomerular
        ({"URBC": {29: 4, 57: 16}}, (1, None)),  # nobody knows whether it is
        ({"URBCCAST": {57: 1}}, (0, "mild flare")),
        ({"UWBCCAST": {57: 1}}, (0, "mild flare")),
        ({"UWBCCAST": {57: 0}}, (1, None)),
    ],
)
def test_the_sediment_makes_a_mild_flare(occur, sediment, expected):
    found = occur(FLARE | {"grade": "mild"}, "PP", **STABLE, **sediment)
    assert (found["CNSR"], found["EVNTDESC"]) == expected
    assert occur(FLARE, "PP", **STABLE, **sediment)["CNSR"] == 1


# KDIGO 2012, table 29: UPCR in remission and now (g/g), creatinine in remission and now (mg/dL).
KDIGO = [
    (0.4, 0.99, 1.0, 1.0, 0),
    (0.4, 1.0, 1.0, 1.0, 2),
    (0.5, 1.9, 1.0, 1.0, 0),
    (1.0, 2.0, 1.0, 1.0, 2),
    (1.5, 2.9, 1.0, 1.0, 0),
    (1.5, 3.0, 1.0, 1.0, 2),
    (0.4, 5.4, 1.0, 1.0, 2),
    (0.4, 5.5, 1.0, 1.0, 3),
    (0.4, 0.4, 1.0, 1.19, 0),
    (0.4, 0.4, 1.0, 1.20, 2),
    (0.4, 0.4, 1.0, 2.00, 2),
    (0.4, 0.4, 1.0, 2.01, 3),
    (0.4, 0.4, 2.0, 2.39, 0),
    (0.4, 0.4, 2.0, 2.40, 2),
    (0.4, 0.4, 2.0, 3.51, 3),
    (None, None, 1.0, 1.0, 0),
    (None, None, None, None, None),
]


@pytest.mark.parametrize(("u0", "u", "s0", "s", "grade"), KDIGO)
def test_the_grades_of_kdigo_2012(u0, u, s0, s, grade):
    in_umol = [value if value is None else value * 88.4 for value in (s, s0)]
    frame = pl.DataFrame(
        {"u": [u], "u0": [u0], "s": [in_umol[0]], "s0": [in_umol[1]]},
        schema=dict.fromkeys(["u", "u0", "s", "s0"], pl.Float64),
    )
    assert frame.select(flare_grade("u", "u0", "s", "s0")).item() == grade


def test_the_record_that_confirms_an_event_stands_among_those_it_rests_on(occur):
    occur(DOUBLING, SCR={1: 70, 29: 70, 57: 140, 85: 150, 113: 70})
    assert taken(occur) == [
        ("anchors", "first dose", 1),
        ("assessed before", "SCR", 29),
        ("baseline", "SCR", 1),
        ("confirms", "SCR", 85),
        ("event", "SCR", 57),
    ]


def test_a_time_without_an_event_rests_on_all_that_was_assessed(occur):
    occur(DOUBLING, SCR={1: 70, 29: 70, 57: 140})
    assert taken(occur) == [
        ("anchors", "first dose", 1),
        ("assessed before", "SCR", 29),
        ("baseline", "SCR", 1),
        ("censors", "SCR", 57),
    ]


def test_a_flare_rests_on_the_values_at_the_first_response_and_at_the_flare(occur):
    scr = {1: 70, 29: 70, 57: 70, 85: 71, 113: 200}
    occur(FLARE, "NPPP", UPCR={1: 4, 29: 4, 57: 0.4, 85: 0.4, 113: 0.4}, SCR=scr)
    assert taken(occur) == [
        ("assessed before", "SCR", 85),
        ("assessed before", "UPCR", 85),
        ("assessed before", "cn19", 29),
        ("at the first response", "SCR", 57),
        ("at the first response", "UPCR", 57),
        ("event", "SCR", 113),
        ("event", "UPCR", 113),
        ("first response", "cn19", 57),
    ]


def test_a_composite_rests_on_what_its_parts_rest_on(occur):
    death = {"code": "TTDEATH", "title": "Death", "kind": "death"}
    both = {"code": "TTX", "title": "X", "kind": "first_of", "of": ["TTDSCR", "TTDEATH"]}
    occur([DOUBLING, death, both], SCR={1: 70, 29: 70})
    assert ("censors", "SCR", 29) in taken(occur)
    assert ("censors", "end of follow-up", 200) in taken(occur)
