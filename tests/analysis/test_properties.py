"""What must hold for any records whatever."""

import datetime
from itertools import pairwise

import polars as pl
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.analysis.responses import derive_responses
from remit.analysis.visits import derive_visits
from remit.plan.windows import compile, elapsed

START = datetime.date(2021, 1, 1)
FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "USUBJID": st.sampled_from(["01", "02"]),
            "PARAMCD": st.sampled_from(["UPCR", "ALB", "SCR"]),
            "day": st.integers(-120, 320),
            "AVAL": st.none() | st.integers(1, 90).map(lambda k: k / 10),
            "AVALOPER": st.sampled_from([None, None, None, "<", ">"]),
        }
    ),
    min_size=1,
    max_size=25,
)
RULES = st.fixed_dictionaries(
    {
        "choose": st.sampled_from(["closest", "last", "first", "mean", "worst"]),
        "tie": st.sampled_from(["earlier", "later"]),
    }
)
SUBJECTS = pl.DataFrame(
    {
        "STUDYID": "S",
        "USUBJID": ["01", "02"],
        "TRTSDT": START,
        "TRTEDT": START,
        "EOSSTT": ["ONGOING", "DISCONTINUED"],
        "EOSDT": [None, datetime.date(2021, 6, 1)],
        "DTHDT": [None, None],
    },
    schema_overrides={"DTHDT": pl.Date},
)


def dated(rows):
    return [
        {k: v for k, v in row.items() if k != "day"}
        | {"ADT": (START + datetime.timedelta(days=row["day"])).isoformat(), "ROWID": f"r{n:03}"}
        for n, row in enumerate(rows)
    ]


def responses_of(visits, people, analytes, spec, root):
    """Responses by the Chinese form, which has no confirmation."""
    path = root / "resources" / "packs" / "lupus" / "definitions" / "cn19.yaml"
    definition = yaml.safe_load(path.read_text(encoding="utf-8"))
    plan = {
        "proteinuria": "UPCR",
        "anchor": "UPCR",
        "preflare": "baseline",
        "components_within_days": 28,
    }
    return derive_responses(visits, people, None, [definition], analytes, compile(spec), plan)[0]


@FEW
@given(rows=RECORDS, rules=RULES, order=st.randoms())
def test_the_order_of_rows_never_matters(records, analytes, visits_spec, root, rows, rules, order):
    spec, plain = visits_spec | rules, dated(rows)
    one = derive_visits(records(plain), SUBJECTS, analytes, spec)
    shuffled = list(plain)
    order.shuffle(shuffled)
    other = derive_visits(
        records(shuffled).drop("SRCLINE").with_columns(SRCLINE=None), SUBJECTS, analytes, spec
    )
    assert one.drop("SRCLINE").equals(other.drop("SRCLINE"))
    responded = [responses_of(visits, SUBJECTS, analytes, spec, root) for visits in (one, other)]
    assert responded[0].equals(responded[1])


@FEW
@given(rows=RECORDS, rules=RULES)
def test_a_subject_never_depends_on_another(records, analytes, visits_spec, root, rows, rules):
    spec, plain = visits_spec | rules, dated(rows)

    def road(people, own):
        visits = derive_visits(records(own), people, analytes, spec)
        found = responses_of(visits, people, analytes, spec, root)
        mine = pl.col("USUBJID") == "01"
        return visits.filter(mine).drop("SRCLINE"), found.filter(mine)

    both = road(SUBJECTS, plain)
    alone = (
        road(SUBJECTS.filter(pl.col("USUBJID") == "01"), [r for r in plain if r["USUBJID"] == "01"])
        if any(r["USUBJID"] == "01" for r in plain)
        else None
    )
    if alone is not None:
        assert both[0].equals(alone[0])
        assert both[1].equals(alone[1])


@FEW
@given(rows=RECORDS, rules=RULES, late=st.integers(2, 400))
def test_a_later_record_never_changes_an_earlier_visit(
    records, analytes, visits_spec, root, rows, rules, late
):
    spec = visits_spec | rules
    plain = dated(rows)
    extra = dated(
        [{"USUBJID": "01", "PARAMCD": "UPCR", "day": late, "AVAL": 1.0, "AVALOPER": None}]
    )
    before = derive_visits(records(plain), SUBJECTS, analytes, spec)
    after = derive_visits(records([*plain, extra[0] | {"ROWID": "z"}]), SUBJECTS, analytes, spec)
    # Its own visit may change, by the rule of choice; and so may the copy of the last record.
    closed = (pl.col("AWHI") < late + 1) & (pl.col("DTYPE").fill_null("") != "LOV")
    assert after.filter(closed).equals(before.filter(closed))
    earlier = [w.name for w in compile(spec) if w.target and w.high < late + 1]
    same = pl.col("AVISIT").is_in(earlier)
    responded = [
        responses_of(visits, SUBJECTS, analytes, spec, root)
        .filter(same)
        .drop("AVALCNRI", "AVALCBST", "NERSN")
        for visits in (before, after)
    ]
    # Whether a missing visit had been due by then is what a later record may tell.
    assert responded[0].equals(responded[1])


@FEW
@given(rows=RECORDS, rules=RULES)
def test_one_baseline_and_one_record_a_visit(records, analytes, visits_spec, rows, rules):
    visits = derive_visits(records(dated(rows)), SUBJECTS, analytes, visits_spec | rules)
    series = ["USUBJID", "PARAMCD"]
    assert visits.filter(pl.col("ABLFL") == "Y").select(series).is_unique().all()
    chosen = visits.filter(pl.col("ANL01FL") == "Y").select(*series, "AVISIT")
    assert chosen.is_unique().all()
    held = visits.filter(pl.col("AVISIT").is_not_null(), pl.col("AVAL").is_not_null())
    assert held.select(*series, "AVISIT").unique().height == chosen.height
    assert visits["SELRSN"].null_count() == 0


@given(
    every=st.integers(1, 200),
    unit=st.sampled_from(["days", "weeks", "months"]),
    steps=st.lists(st.integers(1, 60), min_size=1, max_size=12, unique=True).map(sorted),
)
def test_generated_windows_hold_every_day_exactly_once(every, unit, steps):
    plan = {"name": "V{k}", "every": every, "unit": unit, "at": steps}
    if every == 1 and unit == "days":
        plan["every"] = 2  # a visit every day leaves no room around day 2
    baseline = {"name": "Baseline", "look_back": 30}
    windows = compile({"baseline": baseline, "windows": {"generate": plan}})
    for before, after in pairwise(windows):
        assert elapsed(after.low) == elapsed(before.high) + 1
    assert all(w.low <= w.target <= w.high for w in windows)
