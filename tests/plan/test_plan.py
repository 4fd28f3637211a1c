import copy
import shutil
from typing import get_args

import pytest
import yaml

from remit.errors import RemitError
from remit.plan import parameters
from remit.plan.cross_checks import EVENT_KEYS, problems
from remit.plan.level import significance
from remit.plan.model import Event, Plan
from tests.shipped import categories_of

OWN = categories_of("cn19", "kdigo24")


@pytest.fixture(scope="module")
def config(root):
    return yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def analytes():
    return {row["PARAMCD"]: row for row in parameters.load()}


def test_decimals_that_are_no_number_are_refused(tmp_path, root):
    folder = shutil.copytree(root / "resources", tmp_path / "resources")
    path = folder / "derived_parameters.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("体重,kg,1,", "体重,kg,one,"), encoding="utf-8")
    with pytest.raises(
        RemitError, match=r"derived_parameters\.csv, line 3: WEIGHT: decimals 'one'"
    ):
        parameters.load([folder])


def test_the_level_of_significance_is_what_the_confidence_level_leaves():
    assert significance({"conf_level": 0.95}) == 0.05


def found(plan, analytes):
    return list(problems(Plan.model_validate(plan), analytes, [*OWN], OWN, plan))


def test_the_plan_of_the_demo_study_is_sound(config, analytes):
    assert found(config, analytes) == []


def test_every_kind_of_event_says_what_it_needs():
    assert list(get_args(Event.model_fields["kind"].annotation)) == list(EVENT_KEYS)


@pytest.mark.parametrize(
    ("section", "change", "problem"),
    [
        ("visits", {"tie": "better_method"}, "visits.tie: `better_method` needs `methods`"),
        ("visits", {"anchor": "UPRC"}, "visits.anchor: `UPRC` is not an entry in resources/"),
        ("visits", {"parameters": {"ABL": {"choose": "last"}}}, "visits.parameters: `ABL` is not"),
        (
            "visits",
            {"ends": [{"name": "End", "number": 99, "visits": ["Month 10"]}]},
            "visits.ends.0.visits: `Month 10` is not a planned visit; did you mean `Month 1`?",
        ),
        ("baseline", {"rule": "mean"}, "visits.baseline: `rule: mean` needs `records`"),
        ("baseline", {"rule": "visit"}, "visits.baseline: `rule: visit` needs `visit`"),
        (
            "responses",
            {"preflare": {"from_day": -91, "to_day": -730}},
            "responses.preflare: `from_day` lies after",
        ),
        ("responses", {"proteinuria": "UPBEST"}, "responses.proteinuria: UPBEST needs"),
        ("event", {"kind": "fall"}, "events.0 (TTFR): `kind: fall` needs `parameter`"),
        ("event", {"definition": "eular12"}, "events.0 (TTFR): the definition 'eular12' is not"),
        ("event", {"of": ["TTDEATH"]}, "events.0 (TTFR): 'TTDEATH' is no event listed before it"),
        ("event", {"code": "TTCR"}, "events.1 (TTCR): the code stands twice"),
        ("event", {"parameter": "ABL"}, "events.0 (TTFR).parameter: `ABL` is not an entry"),
        (
            "figures",
            {"swimmer": {"flare": "FLARE"}},
            "figures.swimmer.flare: `FLARE` is not the code",
        ),
        (
            "figures",
            {"time_to_response": {"events": ["TTF"]}},
            "figures.time_to_response.events: `TTF`",
        ),
        (
            "figures",
            {"waterfall": {"definition": "kdigo42"}},
            "figures.waterfall.definition: `kdigo42` is",
        ),
        ("report", {"last_visit": "End"}, "report.last_visit: `End` is not a planned visit"),
        (
            "statistics",
            {"visits": ["Month 1", "Month 1"]},
            "statistics.visits: `Month 1` stands twice",
        ),
        ("criterion", {"parameter": "ABL"}, "subjects.eligibility.2: parameter 'ABL' is not in"),
        ("criterion", {"at": "baseline"}, "subjects.eligibility.2: SLEDAI: eligibility is judged"),
        ("criterion", {"unit": "g/L"}, "subjects.eligibility.2: SLEDAI: unit 'g/L' does not fit"),
        ("statistics", {"primary": "UPRC"}, "statistics.primary: 'UPRC' is not among"),
        ("statistics", {"negative_control": "CRP"}, "statistics.negative_control: 'CRP' is not"),
        ("statistics", {"negative_control": "UPCR"}, "statistics.negative_control: the primary"),
        (
            "statistics",
            {"censored": "zero", "parameters": {"UPCR": {"test": "paired_t", "transform": "log"}}},
            "statistics.parameters.UPCR: `transform: log` has no logarithm of the zeros",
        ),
    ],
)
def test_what_the_sections_lack_is_told(config, analytes, section, change, problem):
    plan = copy.deepcopy(config)
    places = {
        "visits": plan["visits"],
        "baseline": plan["visits"].setdefault("baseline", {}),
        "figures": plan["figures"],
        "report": plan["report"],
        "responses": plan["responses"],
        "event": plan["events"][0],
        "criterion": plan["subjects"]["eligibility"][2]["criterion"],
        "statistics": plan["statistics"],
    }
    places[section].update(change)
    told = found(plan, analytes)
    assert any(line.startswith(problem) for line in told), told
