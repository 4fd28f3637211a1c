"""Real runs of a study, each without one key that the plan calls optional."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from remit.errors import RemitError
from remit.plan.config import check
from tests.workflow.study import Study

Place = tuple[str, ...]


def places(block: Mapping[str, Any], at: Place = ()) -> Iterator[Place]:
    """Every key of a configuration, those of a feed aside."""
    for key, value in block.items():
        yield (*at, key)
        if isinstance(value, dict) and at != ("feeds",):
            yield from places(value, (*at, key))


def without(config: Mapping[str, Any], *left_out: Place) -> dict[str, Any]:
    """A copy of a configuration that lacks these keys."""
    left = copy.deepcopy(dict(config))
    for place in left_out:
        block = left
        for step in place[:-1]:
            block = block[step]
        del block[place[-1]]
    return left


def optional(config: Mapping[str, Any], folder: Path = Path()) -> Iterator[Place]:
    """The keys that may go alone from the configuration of the study in `folder`."""
    for place in places(config):
        try:
            check(without(config, place), [], study=folder)
        except RemitError:
            continue
        yield place


def runs(study: Study, config: Mapping[str, Any], chosen: list[Place]) -> Iterator[tuple[str, str]]:
    """Each key and what the run without it said; nothing where it went well.

    One folder serves all, so that only what a key decides is made anew.
    """
    for place in chosen:
        text = yaml.safe_dump(without(config, place), allow_unicode=True, sort_keys=False)
        (study / "config.yaml").write_text(text, encoding="utf-8")
        done = study.snakemake()
        yield ".".join(place), "" if done.returncode == 0 else done.stdout + done.stderr
