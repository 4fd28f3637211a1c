"""Take one thing away from each whole study, and run what is left.

    python -m tests.studies.take_away              everything, one at a time
    python -m tests.studies.take_away --sample 8   a few of each study, the seed is printed
    python -m tests.studies.take_away --only fhir  those whose name holds this

What is taken away is every key of the plan and of the feeds, every
feed and every domain but the people's. The run ends well, and nothing that it hands out speaks of what
is not there; or it says in a message why it cannot.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from remit.errors import RemitError
from remit.plan.config import check
from tests import studies
from tests.faults.minimal import without_absent
from tests.studies import pages
from tests.workflow.optional_runs import places, without
from tests.workflow.study import Study

#: What no longer may be spoken of when a domain goes.
OF_DOMAIN = {"ae": {"adverse events"}}
#: Without these a study is another study, or its extracts lie elsewhere.
KEPT = {("study", "extracts"), ("study", "pseudonym_key"), ("study", "decisions"), ("study", "id")}
#: An error that was not put into words.
UNTOLD = re.compile(r"Traceback|^\s*(?:\w+\.)*\w+(?:Error|Exception)\b", re.MULTILINE)


class Taken(NamedTuple):
    """A study, what is taken away from it, and the configuration that is left."""

    study: str
    what: str
    config: dict[str, Any]
    has: frozenset[str]


def everything(name: str, config: dict[str, Any]) -> Iterator[Taken]:
    """All that can be taken away from a study."""
    has = frozenset(studies.HAS[name])
    of_feeds = (places(feed, ("feeds", f)) for f, feed in config["feeds"].items())
    for place in chain(places(config), *of_feeds):
        if place not in KEPT:
            yield Taken(name, ".".join(place), without(config, place), has)
    domains = {feed["domain"] for feed in config["feeds"].values()} - {"dm"}
    for domain in sorted(domains):
        feeds = [f for f, feed in config["feeds"].items() if feed["domain"] == domain]
        left = without(config, *(("feeds", feed) for feed in feeds))
        without_absent(left, {"dm", *domains} - {domain})
        yield Taken(name, f"domain {domain}", left, has - OF_DOMAIN.get(domain, set()))


def tried(taken: Taken, study: Study) -> tuple[str, str]:
    """What became of it (`refused` in a message, `runs` or `wrong`), and what was said.

    One folder serves all of a study, so that only what is touched is made anew.
    """
    try:
        check(taken.config, [], study=study.folder)
    except RemitError as error:
        return "refused", str(error)
    text = yaml.safe_dump(taken.config, allow_unicode=True, sort_keys=False)
    (study / "config.yaml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "remit", "run", "--cores", "2"],
        cwd=study.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode:
        return ("wrong" if UNTOLD.search(said) else "refused"), said
    unfounded = pages.unfounded(study, taken.has)
    return ("wrong", str(unfounded)) if unfounded else ("runs", said)


def main() -> int:
    """The exit status is 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--finished", type=Path, help="where the finished studies are, or go")
    parser.add_argument("--sample", type=int, help="so many of each study, chosen by the seed")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", default="", help="those whose name holds this text")
    given = parser.parse_args()
    if given.sample:
        print(f"seed {given.seed}", flush=True)
    turn, counts = random.Random(given.seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="remit-take-away-") as folder:
        for name in studies.HAS:
            new = studies.new(name, Path(folder) / "new" / name)
            config = yaml.safe_load((new / "config.yaml").read_text(encoding="utf-8"))
            chosen = [t for t in everything(name, config) if given.only in f"{name}: {t.what}"]
            if not chosen:
                continue
            study = _finished(name, (given.finished or Path(folder) / "finished").resolve())
            study = study.copy(Path(folder) / name)
            for taken in turn.sample(chosen, min(given.sample or len(chosen), len(chosen))):
                end, said = tried(taken, study)
                counts[end] += 1
                told = "" if end == "runs" else f"\n{said.strip()}"
                print(f"{end:8}{name}: {taken.what}{told}", flush=True)
    print(", ".join(f"{n} {end}" for end, n in sorted(counts.items())))
    return int(counts["wrong"] > 0)


def _finished(name: str, folder: Path) -> Study:
    if not (folder / name / "results/report/report.html").is_file():
        shutil.rmtree(folder / name, ignore_errors=True)
        studies.new(name, folder / name).run()
    return Study(folder / name)


if __name__ == "__main__":
    sys.exit(main())
