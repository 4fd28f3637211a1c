"""The whole configuration: what a slip in it is called."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from remit.errors import RemitError
from remit.plan import reference
from remit.plan.config import check, checked
from remit.plan.filled import written

ROOT = Path(__file__).parents[2]
DEMO = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def refused(config: dict[str, Any]) -> str:
    with pytest.raises(RemitError) as raised:
        check(config, [])
    return str(raised.value)


def changed(place: str, value: Any) -> dict[str, Any]:
    config = copy.deepcopy(DEMO)
    *sections, last = place.split(".")
    block = config
    for section in sections:
        block = block[section]
    block[last] = value
    return config


def test_the_demo_is_accepted() -> None:
    assert check(DEMO, [])["study"]["id"] == DEMO["study"]["id"]


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("study.id", "study 1", "study.id: 'study 1' is not of the form wanted. Study identifier"),
        ("study.cutoff", "31.12.2021", "study.cutoff: '31.12.2021' is not of the form wanted. The data"),
        ("study.cutoff", "2021-02-30", "study.cutoff: '2021-02-30' is no day of the calendar"),
        ("responses.cutoff", "2021-02-30", "responses.cutoff: '2021-02-30' is no day of the calendar"),
        (
            "visits.windows",
            {"tabel": []},
            "visits.windows: unknown key `tabel`; did you mean `table`?",
        ),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_place_and_what_belongs_there(
    place: str, value: Any, told: str
) -> None:
    said = refused(changed(place, value))
    assert told in said
    assert "^" not in said  # no regular expression


def test_two_definitions_of_one_id_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = Path("resources/definitions/our_cn19.yaml")
    own.parent.mkdir(parents=True)
    shutil.copy(ROOT / "resources/packs/lupus/definitions/cn19.yaml", own)
    said = refused(changed("responses.definitions", ["cn19", "our_cn19"]))
    assert "resources/definitions/our_cn19.yaml: cn19.yaml has the id `cn19` too" in said


def test_ten_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    mistakes = {
        "  id: BELI-LN": "  id: BELI LN",
        "  note: Synth": "  nott: Synth",
        "  decisions: res": "  cutoff: 2021-12-31\n  decisions: res",
        "    encoding: gb18030": "    encoding: gb18O30",
        "LBREFID: Sample,": "LBREFD: Sample,",
        "  month_days: 28": "  month_days: 0",
        "  definitions: [cn19, kdigo24]": "  definitions: [cn19, kdigo42]",
        "{code: TTDEATH, title: Time to death, kind: death": "{code: TTDEATH, kind: dead",
        "    ALB: {test: paired_t}": "    ABL: {test: paired_t}",
        "visit: Month 4": "visit: Month 40",
    }
    for right, wrong in mistakes.items():
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RemitError) as raised:
        check(yaml.safe_load(text), [str(path)])
    said = str(raised.value)
    for finding in (
        "study.id: 'BELI LN' is not of the form wanted",
        "study: unknown key `nott`; did you mean `note`?",
        "study.cutoff: 2021-12-31 must be a text (write a date in quotes)",
        "feeds.lab_east.encoding: 'gb18O30' is unknown",
        "feeds.immunology.columns: unknown key `LBREFD`; did you mean `LBREFID`?",
        "subjects.month_days: 0 is not greater than 0. Days in a month of this study",
        "responses.definitions: `kdigo42` is not a file in resources/definitions/; did you mean `kdigo24`?",
        "events.6: 'title' is missing. What it is the time to.",
        "events.6.kind: 'dead' is not one of response, flare",
        "statistics.parameters: `ABL` is not an entry in resources/analytes.csv",
        "figures.before_after.visit: `Month 40` is not a planned visit; did you mean `Month 4`?",
    ):
        (line,) = (line for line in said.splitlines() if finding in line)
        assert f"({path}, line " in line
    assert said.count("\n") == 11


def test_what_a_study_leaves_out_the_house_or_its_own_plan_decides() -> None:
    plan = check(
        {
            "study": {"id": "S1"},
            "feeds": {
                "lab": {"domain": "lb", "columns": {"SUBJID": "id"}},
                "doses": {"domain": "ex", "columns": {"SUBJID": "id"}},
                "people": {"domain": "dm", "columns": {"SUBJID": "id"}},
            },
            "visits": {"windows": {"generate": {"name": "W {k}", "every": 4, "unit": "weeks", "at": [1, 3]}}},
            "responses": {"definitions": ["cn19"]},
            "statistics": {"parameters": {"SCR": {"test": "paired_t"}, "ALB": {"test": "wilcoxon"}}},
            "figures": {"trajectories": {}, "swimmer": {"width": 85}},
        },
        [],
    )  # fmt: skip
    assert plan["study"]["title"] == "S1"
    assert plan["statistics"]["visits"] == ["W 1", "W 3"]
    assert plan["statistics"]["primary"] == "SCR"
    assert plan["tables"]["parameters"] == ["SCR", "ALB"]
    assert plan["report"]["last_visit"] == "W 3"
    assert plan["figures"]["trajectories"]["parameters"] == ["SCR", "ALB"]
    assert plan["figures"]["swimmer"]["definition"] == "cn19"
    assert plan["figures"]["swimmer"]["month_days"] == 30.4375
    assert plan["figures"]["waterfall"] is plan["exposure"] is plan["study"]["cutoff"] is None
    assert plan["events"] == []


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        ("ae", ["figures.adverse_event_dots: it needs a feed of domain ae"]),
        ("ex", ["exposure: it needs a feed of domain ex", "subjects.treatment: there is no feed of doses"]),
        ("qs", ["figures.score_parts: it needs"]),
        ("dm", ["feeds: none has the people (domain dm)"]),
        ("cm", ["figures.dose_lines: it needs", "derivations.daily_doses: it needs", "responses.rescue: it"]),
    ],
)  # fmt: skip
def test_what_needs_a_domain_that_no_feed_has_is_told(domain: str, told: list[str]) -> None:
    feeds = {name: feed for name, feed in DEMO["feeds"].items() if feed["domain"] != domain}
    with pytest.raises(RemitError) as error:
        check(changed("feeds", feeds), [])
    assert all(line in str(error.value) for line in told)
    assert len(str(error.value).splitlines()) == 1 + len(told)


def test_the_plan_that_is_shown_has_nothing_of_what_the_study_does_not_have() -> None:
    plan = check(
        {
            "study": {"id": "S1"},
            "feeds": {
                "people": {"domain": "dm", "columns": {"SUBJID": "id", "RFXSTDTC": "start"}},
                "lab": {"domain": "lb", "columns": {"SUBJID": "id"}},
            },
            "subjects": {"treatment": {"start": "RFXSTDTC", "model": "continuous"}},
            "visits": {"windows": {"generate": {"name": "W {k}", "every": 4, "unit": "weeks", "at": [1]}}},
            "responses": {"definitions": ["sri4_nopga"]},
            "statistics": {"parameters": {"SLEDAI": {"test": "wilcoxon"}}},
        },
        [],
    )  # fmt: skip
    assert plan["collected"] == {"dm": ["RFXSTDTC", "SUBJID"], "lb": ["SUBJID"]}
    assert plan["dosing"] == {"single": False, "per_kg": False}
    assert plan["responses"]["anchor"] == "SLEDAI"
    assert not {"adverse_events", "preflare", "proteinuria", "sledai:"} & {*written(plan).split()}
    assert "preflare" not in written(plan)


def test_the_filled_plan_read_again_is_the_same_plan() -> None:
    plan = check(DEMO, [])
    assert check(yaml.safe_load(written(plan)), []) == plan


def test_a_plan_that_was_checked_is_remembered_until_anything_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "plan.json"
    plan = check(DEMO, [])
    memory.write_text(checked() or "", encoding="utf-8")

    def never(*_: object) -> None:
        raise AssertionError("checked again")

    monkeypatch.setattr("remit.plan.slips.validated", never)
    assert check(DEMO, [], memory) == plan
    with pytest.raises(AssertionError, match="checked again"):
        check(changed("study.title", "Another"), [], memory)


def test_an_empty_figure_is_told_from_one_that_is_drawn_as_the_house_does() -> None:
    assert check(changed("figures.concordance", {}), [])["figures"]["concordance"]["width"] == 85
    said = refused(changed("figures.concordance", None))
    assert "figures.concordance: it is empty; write {} to draw it as the house does" in said


def test_the_page_of_keys_is_that_of_the_model() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == reference.page()


def test_the_schema_for_editors_accepts_the_demo_and_refuses_a_slip() -> None:
    validator = jsonschema.Draft202012Validator(reference.schema())
    assert list(validator.iter_errors(DEMO)) == []
    assert list(validator.iter_errors(changed("study.languge", "en")))
