"""`remit check`: what would happen to one file of a feed, before it is put among the extracts."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from remit import roots
from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.errors import RemitError
from remit.ingest import Ingested, SourceFile, dictionaries, ingest, on_clock
from remit.ingest.dictionaries import Dictionaries
from remit.machinery.deliveries import files_of
from remit.plan.config import check_feed
from remit.privacy.identifiers import masked, telling

EXAMPLES = 3
# Nobody is named here: the study's own key is not needed.
KEY = bytes(32)


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = "example: remit check 'July 2021.xlsx' --feed lab_east"
    parser.add_argument(
        "file", type=Path, help="the file to try, or the folder of files that arrive together"
    )
    parser.add_argument("--feed", required=True, help="the feed of the config it would belong to")
    of_study(parser)


def run(given: Namespace) -> int:
    """Print what would become of the file; 1 when it cannot be read at all."""
    study = Study.of(given)
    feeds = study.written.get("feeds") or {}
    if given.feed not in feeds:
        raise RemitError(
            f"{study.config} has no feed {given.feed!r}; it has {', '.join(feeds) or 'none'}"
        )
    feed = check_feed(given.feed, feeds[given.feed])
    if not given.file.exists():
        raise RemitError(f"there is no file {given.file}")
    paths = [given.file]
    if given.file.is_dir():
        paths = files_of(given.file, feed["files"])
    known = dictionaries.load(roots.resources(study.folder))
    written = study.written.get("study") or {}
    cutoff = written.get("cutoff")
    found = ingest(
        [SourceFile(str(path.relative_to(given.file.parent)), path) for path in paths],
        given.feed,
        "check",
        on_clock(_at(study.folder, feed), written),
        known,
        KEY,
        "CHECK",
        date.fromisoformat(cutoff) if cutoff else None,
    )
    own = telling(found.identities["SUBJID"])
    found = replace(
        found,
        quarantine=masked(found.quarantine, own),
        unmapped=masked(found.unmapped, own),
    )
    for line in report(found, feed, known):
        print(line)
    return int("unreadable" in found.ledger["status"])


def _at(folder: Path, feed: dict[str, Any]) -> dict[str, Any]:
    """The feed with the tables it joins where they lie for a command that runs anywhere."""
    joins = [
        join | {"dictionary": str(folder / join["dictionary"])} if join.get("dictionary") else join
        for join in feed.get("join") or []
    ]
    return feed | {"join": joins} if joins else feed


def report(found: Ingested, feed: dict[str, Any], known: Dictionaries) -> Iterator[str]:
    """The lines that tell a data manager about one file."""
    for ledger in found.ledger.iter_rows(named=True):
        if ledger["status"] == "unreadable":
            yield f"unreadable: {ledger['message']}"
            return
        yield f"{ledger['source_file']}: {ledger['read']} rows" + (
            f" ({ledger['message']})" if ledger["message"] else ""
        )
        for fate in ("accepted", "quarantined", "unmapped"):
            yield f"  {fate:<12}{ledger[fate]:>9}"
    yield from _columns(found, feed)
    yield from _rules(found.quarantine)
    yield from _unmapped(found.unmapped, feed["domain"], known)


def _columns(found: Ingested, feed: dict[str, Any]) -> Iterator[str]:
    for header in found.headers.values():
        mapped = {place for places in header.fields.values() for place in places}
        hidden = set(feed.get("identifiers", []))
        left = [
            name
            for place, name in enumerate(header.names)
            if name and place not in mapped and name not in hidden
        ]
        yield f"columns: {len(mapped)} mapped; not mapped: {', '.join(left) or 'none'}"


def _rules(quarantine: pl.DataFrame) -> Iterator[str]:
    counts = quarantine.group_by("rule").len().sort("len", "rule", descending=[True, False])
    for rule, count in counts.iter_rows():
        yield f"{rule}: {count}"
        for row in quarantine.filter(pl.col("rule") == rule).head(EXAMPLES).iter_rows(named=True):
            yield f"  line {row['source_line']}: {row['message']}: {row['proposal']}"
        if count > EXAMPLES:
            yield f"  … and {count - EXAMPLES} more"


def _unmapped(unmapped: pl.DataFrame, domain: str, known: Dictionaries) -> Iterator[str]:
    counts = unmapped.group_by("test").len().sort("len", "test", descending=[True, False])
    for test, count in counts.iter_rows():
        near = ", ".join(known.nearest(test, domain))
        yield f"unmapped test {test!r}: {count}" + (f"; resembles {near}" if near else "")
