"""What the plan calls optional may be left out, one key at a time and all together."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import studies
from tests.workflow.optional_runs import optional, places, runs, without
from tests.workflow.study import JOB, ROOT, Study, new_study

DEMO = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
SMALL = "diabetic_kidney"
#: So many keys of the small study, chosen by chance, are left out in real runs; `make test-take-away` leaves
#: out all of every whole study.
TRIED = 2

OPTIONAL = list(optional(DEMO))
#: Those that may decide which rules there are: sections, feeds, figures, and keys with a block or none.
RULES = [
    place
    for place in OPTIONAL
    if len(place) < 3
    and place[0] not in ("tables", "report", "statistics")
    and place[-1] != "extracts"
]


def test_the_keys_that_a_study_must_write_are_few() -> None:
    config = without(DEMO, ("figures",), ("events",), ("derivations",))
    needed = {".".join(place) for place in places(config)} - {
        ".".join(place) for place in optional(config)
    }
    assert {key for key in needed if "." not in key} == {"study", "feeds", "visits"}


def test_every_optional_key_left_out_gives_a_plan_that_snakemake_can_make(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    files = []
    for place in RULES:
        files.append(tmp_path / f"{'.'.join(place)}.yaml")
        files[-1].write_text(
            yaml.safe_dump(without(DEMO, place), allow_unicode=True), encoding="utf-8"
        )
    done = subprocess.run(
        [sys.executable, "-m", "tests.workflow.dry_runs", str(study.folder), *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = {line["config"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert len(told) == len(RULES)
    assert [name for name, line in told.items() if line["status"]] == [], done.stderr
    for place in RULES:
        if place[0] == "figures" and len(place) == 2:
            rules = JOB.findall(told[f"{'.'.join(place)}.yaml"]["printed"])
            assert rules.count(place[1]) == 0
            drawn = [figure for figure in DEMO["figures"] if figure in rules]
            assert len(drawn) == len(DEMO["figures"]) - 1


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study of tablets, which plans nothing but its visits, after a run."""
    study = studies.new(SMALL, tmp_path_factory.mktemp("small"))
    config = planned()
    bare = {key: config[key] for key in ("study", "feeds", "visits")}
    # Some have no end of their tablets: what that means cannot be left open.
    bare["subjects"] = {"treatment": config["subjects"]["treatment"]}
    (study / "config.yaml").write_text(yaml.safe_dump(bare, allow_unicode=True), encoding="utf-8")
    study.run()
    return study


def planned() -> dict[str, Any]:
    return yaml.safe_load((studies.HERE / SMALL / "config.yaml").read_text(encoding="utf-8"))


def test_a_study_that_plans_nothing_but_visits_has_a_report_without_empty_sections(
    small: Study,
) -> None:
    text = (small / "results/report/report.html").read_text(encoding="utf-8")
    assert 'id="patients"' in text
    for section in ("efficacy", "response", "sensitivity"):
        assert f'id="{section}"' not in text
    assert "Every patient was eligible." in text
    assert "the efficacy set is the same" in text


def test_without_a_key_chosen_by_chance_the_study_runs(small: Study) -> None:
    config = planned()
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    keys = [place for place in optional(config, small.folder) if place[0] != "study"]
    chosen = random.Random(seed).sample(keys, TRIED)
    assert {key: said for key, said in runs(small, config, chosen) if said} == {}
