"""`remit plan`: what a run would do, and why, in words; nothing is run."""

import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path

from remit.commands.run import of_snakemake
from remit.commands.study import Study
from remit.machinery.deliveries import last_frozen, scan
from remit.machinery.digests import FileDigests

RULE = re.compile(r"^(?:local)?rule (\w+):")
REASON = re.compile(r"^\s+reason: (.+)")
#: Of the deliveries so many are named.
SHOWN = 5
#: Snakemake's reasons for a job, and what they mean here.
WHY = {
    "Missing output files": "not made yet",
    "Params have changed since last execution": "its part of the plan, the code or a dictionary changed",
    "Set of input files has changed since last execution": "deliveries came or went",
    "Input files updated by another job": "what it reads is made anew",
    "Updated input files": "what it reads changed",
    "Code has changed since last execution": "its script changed",
    "Forced execution": "it was asked for",
}


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--study", type=Path, default=Path(), help="the study's folder")


def run(given: Namespace) -> int:
    """Print what Snakemake's dry run says, in words."""
    command = of_snakemake(given.study, "1", ["--dry-run"])
    done = subprocess.run(
        command, cwd=given.study, capture_output=True, encoding="utf-8", check=False
    )
    said = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    said = [line for line in said if not line.startswith("Using workflow specific profile")]
    if done.returncode:
        print(*said, sep="\n", file=sys.stderr)
        return done.returncode
    study = Study(given.study, given.study / "config.yaml")
    print(*told(said, _deliveries(study)), sep="\n")
    return 0


def _deliveries(study: Study) -> dict[str, list[str]]:
    """The deliveries that are new, changed since the last run, or gone with results left of them."""
    extracts, feeds = study.plan["study"]["extracts"], study.plan["feeds"]
    with chdir(study.folder):
        memory = Path(".snakemake/remit")
        now = scan(Path(extracts), feeds, FileDigests(memory / "digests.json"))
        before = {(each.feed, each.id): each for each in last_frozen(memory)}
        read = {
            (path.parent.parent.name, path.parent.name)
            for path in Path("results/ingested").glob("*/*/ledger.csv")
        }
    there = {(each.feed, each.id): each for each in now}
    same = [key for key in there.keys() & before.keys() if there[key].files == before[key].files]
    gone = {key: before[key].name if key in before else key[1] for key in read - there.keys()}
    found = {
        "new": {key: each.name for key, each in there.items() if key not in read},
        "changed": {key: there[key].name for key in read & there.keys() if key not in same},
        "gone": gone,
    }
    return {
        how: [f"{name} of {feed}" for (feed, _), name in sorted(keys.items())]
        for how, keys in found.items()
    }


def told(said: list[str], deliveries: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The deliveries that came, changed or went, and the rules that would run, each with its reason.

    Args:
        said: the lines of a dry run.
        deliveries: those that are new, changed and gone, by these words.
    """
    reasons: dict[str, Counter[str]] = {}
    rule = ""
    for line in said:
        if found := RULE.match(line):
            rule = found[1]
        elif rule and (found := REASON.match(line)):
            first = re.split("[:;]", found[1])[0].strip()
            reasons.setdefault(rule, Counter())[WHY.get(first, first)] += 1
    reasons.pop("all", None)
    for how, names in deliveries.items():
        if names:
            shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
            yield f"{how} ({len(names)}): {shown}"
    if not reasons:
        yield "A run would do nothing: the results are those of these extracts and this plan."
        return
    yield f"{sum(sum(c.values()) for c in reasons.values())} jobs of {len(reasons)} rules would run:"
    by_reason: dict[str, list[str]] = {}
    for name, counts in sorted(reasons.items()):
        by_reason.setdefault(counts.most_common(1)[0][0], []).append(name)
    for why, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        yield f"  {why}: {', '.join(names)}"
