"""Real runs of a small study, each without one key that the plan calls optional.

    python -m tests.workflow.optional_runs FOLDER               every key in turn
    python -m tests.workflow.optional_runs FOLDER --count 5     a few, the seed is printed
    python -m tests.workflow.optional_runs FOLDER --count 5 --seed 7

prints a line a key, and what a run said that failed; the last line counts them.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from remit.errors import RemitError
from remit.plan.config import check
from tests.faults.minimal import finished_study
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


def main() -> int:
    """The exit status is 1 when a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    study = finished_study(given.folder)
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    # The extracts lie elsewhere, and without its key a study that has run must stop.
    elsewhere = {("study", "extracts"), ("study", "pseudonym_key")}
    keys = optional(config, study.folder)
    chosen = [place for place in keys if place not in elsewhere]
    if given.count is not None:
        print(f"seed {given.seed}")
        chosen = random.Random(given.seed).sample(chosen, given.count)
    failed = 0
    for key, said in runs(study, config, chosen):
        print(f"{key}: {said or 'runs'}", flush=True)
        failed += bool(said)
    print(f"{len(chosen)} keys, {failed} of which cannot be left out")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
