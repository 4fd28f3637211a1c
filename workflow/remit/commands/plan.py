"""`remit plan`: what a run would do, and why, in words; nothing is run."""

import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from remit.commands.run import of_snakemake

RULE = re.compile(r"^(?:local)?rule (\w+):")
LEDGER = re.compile(r"results/ingested/(\w+)/([\w-]+)/ledger\.csv")
REASON = re.compile(r"^\s+reason: (.+)")
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
    print(*told(said), sep="\n")
    return 0


def told(said: list[str]) -> Iterator[str]:
    """The deliveries that would be read, and the rules that would run, each with its reason.

    Args:
        said: the lines of a dry run.
    """
    reasons: dict[str, Counter[str]] = {}
    deliveries: list[str] = []
    rule = ""
    for line in said:
        if found := RULE.match(line):
            rule = found[1]
        elif rule and (found := REASON.match(line)):
            first = re.split("[:;]", found[1])[0].strip()
            reasons.setdefault(rule, Counter())[WHY.get(first, first)] += 1
        elif rule == "ingest" and line.lstrip().startswith("output:"):
            deliveries += [f"{id} of {feed}" for feed, id in LEDGER.findall(line)]
    reasons.pop("all", None)
    if not reasons:
        yield "A run would do nothing: the results are those of these extracts and this plan."
        return
    if deliveries:
        shown = ", ".join(deliveries[:5]) + (", …" if len(deliveries) > 5 else "")
        yield f"{len(deliveries)} deliveries would be read: {shown}"
    yield f"{sum(sum(c.values()) for c in reasons.values())} jobs of {len(reasons)} rules would run:"
    by_reason: dict[str, list[str]] = {}
    for name, counts in sorted(reasons.items()):
        by_reason.setdefault(counts.most_common(1)[0][0], []).append(name)
    for why, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        yield f"  {why}: {', '.join(names)}"
