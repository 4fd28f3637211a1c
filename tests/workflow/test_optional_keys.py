"""What the plan calls optional may be left out, one key at a time and all together."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from remit.errors import RemitError
from remit.plan.config import check
from tests.workflow.study import JOB, ROOT, new_study

DEMO = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
Place = tuple[str, ...]


def places(block: Mapping[str, Any], at: Place = ()) -> Iterator[Place]:
    """Every key of a configuration, those of a feed aside."""
    for key, value in block.items():
        yield (*at, key)
        if isinstance(value, dict) and at != ("feeds",):
            yield from places(value, (*at, key))


def without(*left_out: Place) -> dict[str, Any]:
    config = copy.deepcopy(DEMO)
    for place in left_out:
        block = config
        for step in place[:-1]:
            block = block[step]
        del block[place[-1]]
    return config


def optional() -> Iterator[Place]:
    """The keys that may go alone."""
    for place in places(DEMO):
        try:
            check(without(place), [])
        except RemitError:
            continue
        yield place


OPTIONAL = list(optional())
#: Those that may decide which rules there are: sections, feeds, figures, and keys with a block or none.
RULES = [
    place
    for place in OPTIONAL
    if len(place) < 3
    and place[0] not in ("tables", "report", "statistics")
    and place[-1] != "extracts"
]


def test_the_keys_that_a_study_must_write_are_few() -> None:
    needed = {".".join(place) for place in places(DEMO)} - {".".join(p) for p in OPTIONAL}
    assert {key for key in needed if "." not in key} == {
        *("study", "feeds", "visits", "responses", "statistics"),
        "events",  # which a figure of the demo names
    }


def test_every_optional_key_left_out_gives_a_plan_that_snakemake_can_make(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    files = []
    for place in RULES:
        files.append(tmp_path / f"{'.'.join(place)}.yaml")
        files[-1].write_text(yaml.safe_dump(without(place), allow_unicode=True), encoding="utf-8")
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
