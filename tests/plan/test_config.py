"""The whole configuration: what a slip in it is called."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.errors import RemitError
from remit.plan.config import check

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
    shutil.copy(ROOT / "resources/definitions/cn19.yaml", own)
    said = refused(changed("responses.definitions", ["cn19", "our_cn19"]))
    assert "resources/definitions/our_cn19.yaml: cn19.yaml has the id `cn19` too" in said
