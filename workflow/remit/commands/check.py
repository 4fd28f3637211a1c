"""`remit check`: what would happen to a delivery of a feed, before it is put among the extracts."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.errors import RemitError
from remit.ingest import Ingested, SourceFile, dictionaries, ingest, on_clock, remedies, rows
from remit.ingest.dictionaries import Dictionaries
from remit.ingest.subject_ids import load_links
from remit.machinery.deliveries import files_of
from remit.machinery.job import without_pandas
from remit.machinery.write import write_csv
from remit.plan.config import check_feed
from remit.privacy.identifiers import masked, telling
from remit.schemas.raw import DOMAINS

EXAMPLES = 3
# Of different readings of a text so many are shown.
READINGS = 12
# Nobody is named here: the study's own key is not needed.
KEY = bytes(32)


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = "example: remit check 'July 2021.xlsx' --feed lab_east --rows rows.csv"
    parser.add_argument(
        "file", type=Path, help="the file to try, or the folder of files that arrive together"
    )
    parser.add_argument("--feed", required=True, help="the feed of the config it would belong to")
    parser.add_argument(
        "--rows",
        type=Path,
        metavar="OUT.csv",
        help="write what became of every row, with the patients' ids",
    )
    of_study(parser)


def run(given: Namespace) -> int:
    """Print what would become of the file; 1 when it cannot be read at all."""
    study = Study.of(given)
    feeds = study.written.get("feeds") or {}
    if given.feed not in feeds:
        raise RemitError(
            f"{study.config} has no feed {given.feed!r}; it has {', '.join(feeds) or 'none'}"
        )
    feed = _feed(study, given.feed)
    if not given.file.exists():
        raise RemitError(f"there is no file {given.file}")
    paths = [given.file]
    if given.file.is_dir():
        paths = files_of(given.file, feed["files"])
    if not files_of(given.file, feed["files"]):
        print(f"a run would leave it aside: its name does not fit `files` of feeds.{given.feed}")
    known = dictionaries.load(study.resources)
    written = study.written.get("study") or {}
    cutoff = written.get("cutoff")
    seen: list[pl.DataFrame] = []
    with without_pandas():
        found = ingest(
            [SourceFile(str(path.relative_to(given.file.parent)), path) for path in paths],
            given.feed,
            "check",
            on_clock(_at(study.folder, feed), written),
            known,
            KEY,
            "CHECK",
            date.fromisoformat(cutoff) if cutoff else None,
            links=load_links(study.folder / links) if (links := written.get("links")) else None,
            see=seen.append,
        )
    own = telling(found.identities["SUBJID"])
    found = replace(
        found,
        quarantine=masked(found.quarantine, own),
        unmapped=masked(found.unmapped, own),
    )
    every = pl.DataFrame()
    if seen:
        # Rows are shown again when another file proves unreadable, and its own count for nothing.
        read = found.ledger.filter(status="read")["source_file"]
        every = pl.concat(seen, how="diagonal_relaxed").unique("ROWID", maintain_order=True)
        every = every.filter(pl.col("SRCFILE").is_in(read.implode()))
    for line in report(found, feed, known, every):
        print(line)
    extracts = Path(written.get("extracts") or "extracts")
    unread = set(found.ledger.filter(status="unreadable")["source_file"])
    for path in paths:
        if str(path.relative_to(given.file.parent)) in unread and (
            told := remedies.of_another_feed(path, given.feed, extracts, feeds)
        ):
            print(told)
    if given.rows:
        write_csv(of_rows(every, feed["domain"]), given.rows)
    return int((found.ledger["status"] != "read").any())


def _feed(study: Study, name: str) -> dict[str, Any]:
    """The feed's section, filled. What else is wrong with the configuration is told, as a run tells it.

    Raises:
        RemitError: the feed itself is wrong; with all that is wrong.
    """
    try:
        found: dict[str, Any] = study.plan["feeds"][name]
        return found
    except RemitError as refused:
        with suppress(RemitError):
            found = check_feed(name, study.written["feeds"][name])
            told = "A run would stop at this. What would become of the file is said all the same:"
            print(refused, told, sep="\n", file=sys.stderr)
            return found
        raise


def _at(folder: Path, feed: dict[str, Any]) -> dict[str, Any]:
    """The feed with the tables it joins where they lie for a command that runs anywhere."""
    joins = [
        join | {"dictionary": str(folder / join["dictionary"])} if join.get("dictionary") else join
        for join in feed.get("join") or []
    ]
    return feed | {"join": joins} if joins else feed


def of_rows(every: pl.DataFrame, domain: str) -> pl.DataFrame:
    """One line a row: source_file, source_line, fate, rule, column, SUBJID, and what was read.

    A row that is not accepted shows what could be read of it; several broken rules and their columns
    have semicolons between.
    """
    schema = rows.accepted_schema(domain)
    if every.is_empty():
        front = ("source_file", "source_line", "fate", "rule", "column", "SUBJID")
        return pl.DataFrame(schema=[*front, *rows.ACCEPTED[domain]])
    read = rows.as_read(every, domain).drop("USUBJID", "ROWID", "SRCFILE", "SRCLINE", "SRCSHA")
    return pl.concat(
        [
            every.select(
                source_file="SRCFILE",
                source_line="SRCLINE",
                fate="FATE",
                rule="RULE",
                column="COLUMN",
                SUBJID="SUBJID",
            ),
            read.cast({name: schema[name] for name in read.columns}),
        ],
        how="horizontal",
    )


def report(
    found: Ingested, feed: dict[str, Any], known: Dictionaries, every: pl.DataFrame | None = None
) -> Iterator[str]:
    """The lines that tell a data manager about one delivery.

    Args:
        found: what became of it.
        feed: the feed's section of the config.
        known: the dictionaries.
        every: its rows with their fates, where the readings are to be shown.
    """
    for ledger in found.ledger.iter_rows(named=True):
        if ledger["status"] == "unreadable":
            yield f"unreadable: {ledger['message']}"
            continue
        yield f"{ledger['source_file']}: {ledger['read']} rows" + (
            f" ({ledger['message']})" if ledger["message"] else ""
        )
        for fate in (
            "accepted",
            "quarantined",
            "unmapped",
            *["filtered"] * bool(ledger["filtered"]),
        ):
            yield f"  {fate:<12}{ledger[fate]:>9}"
        cells = found.quarantine.filter(aside="cell", source_file=ledger["source_file"])
        if cells.height:
            yield f"  cells not used{cells.height:>7}"
    yield from _columns(found, feed)
    yield from _rules(found.quarantine, feed)
    yield from _unmapped(found.unmapped, feed["domain"], known)
    if every is not None and every.height:
        yield from _readings(every.filter(FATE="accepted"), feed["domain"])


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


def _rules(quarantine: pl.DataFrame, feed: dict[str, Any]) -> Iterator[str]:
    counts = quarantine.group_by("rule").len().sort("len", "rule", descending=[True, False])
    for rule, count in counts.iter_rows():
        yield f"{rule}: {count}"
        lines = quarantine.filter(rule=rule)
        # Several cells of a line may hold the same text.
        shown = lines.unique(["source_file", "source_line", "message"], maintain_order=True)
        for row in shown.head(EXAMPLES).iter_rows(named=True):
            proposal = "" if rule in remedies.OF_DATES else f": {row['proposal']}"
            yield f"  line {row['source_line']}: {row['message']}{proposal}"
        if shown.height > EXAMPLES:
            yield f"  … and {shown.height - EXAMPLES} more"
    dates = quarantine.filter(pl.col("rule").is_in(remedies.OF_DATES))
    for (column,), cells in dates.group_by("column", maintain_order=True):
        yield f"{column}: {remedies.of_dates(cells['value'], feed.get('dates') or [])}"


def _unmapped(unmapped: pl.DataFrame, domain: str, known: Dictionaries) -> Iterator[str]:
    counts = unmapped.group_by("test").len().sort("len", "test", descending=[True, False])
    for test, count in counts.iter_rows():
        near = ", ".join(known.nearest(test, domain))
        yield f"unmapped test {test!r}: {count}" + (f"; resembles {near}" if near else "")


def _readings(accepted: pl.DataFrame, domain: str) -> Iterator[str]:
    """How accepted texts were read: first, smallest and largest; every reading of a word."""
    for column in DOMAINS[domain]:
        kind = {"date": "ISO", "number": "NUMBER"}.get(column.kind)
        if kind and accepted[column.name].null_count() < accepted.height:
            read = accepted.select("SRCLINE", text=column.name, read=f"{column.name}.{kind}")
            yield f"{column.name}: {_ends(read.drop_nulls())}"
        elif column.codes and accepted[column.name].null_count() < accepted.height:
            values = accepted[column.name].drop_nulls().unique().sort()
            yield f"{column.name}: {', '.join(values)}"
    if domain == "lb":
        yield from _results(accepted)


def _results(accepted: pl.DataFrame) -> Iterator[str]:
    for (code,), results in accepted.group_by("LBTESTCD", maintain_order=True):
        numbers = results.filter(pl.col("LBSTRESN").is_not_null() & pl.col("LBOPER").is_null())
        if numbers.height:
            unit = pl.concat_str("LBORRES", "LBORRESU", separator=" ", ignore_nulls=True)
            read = numbers.select("SRCLINE", text=unit, read="LBSTRESN")
            yield f"{code}, in {numbers['LBSTRESU'][0] or 'no unit'}: {_ends(read)}"
        factors = results.filter(pl.col("UNITFAC").is_not_null() & pl.col("LBORRESU").is_not_null())
        for unit, to, factor in (
            factors.select("LBORRESU", "LBSTRESU", "UNITFAC").unique(maintain_order=True).rows()
        ):
            yield f"  {code}: {unit} × {factor:g} = {to}"
        words = (
            results.filter(pl.col("TYPE") != "number")
            .select("LBORRES", "LBSTRESC")
            .unique(maintain_order=True)
        )
        shown = ", ".join(f"{text!r} as {read}" for text, read in words.head(READINGS).rows())
        if words.height:
            more = f" … and {words.height - READINGS} more" if words.height > READINGS else ""
            yield f"  {code}: {shown}{more}"


def _ends(read: pl.DataFrame) -> str:
    """First, smallest and largest of the readings, each with its text and line."""
    ordered = read.sort("read", maintain_order=True)
    ends = {"first": read, "smallest": ordered, "largest": ordered.tail(1)}
    told: dict[str, str] = {}
    for name, frame in ends.items():
        line, text, value = frame.row(0)
        shown = f"{value:g}" if isinstance(value, float) else value
        told.setdefault(f"{text!r} as {shown} (line {line})", name)
    return "; ".join(f"{name} {reading}" for reading, name in told.items())
