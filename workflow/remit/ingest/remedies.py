"""What to do where nothing of a feed could be used, and about dates that no declared format reads."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import RemitError
from remit.ingest import read
from remit.ingest.dates import parse_column
from remit.ingest.samples import FORMATS, TIMES
from remit.ingest.source import Findings, SourceFile
from remit.machinery.deliveries import folder_of

#: Rules that a format in the feed's `dates` may mend.
OF_DATES = ("date_impossible", "date_ambiguous")


def of_dates(values: pl.Series, declared: Sequence[str]) -> str:
    """Which formats are declared, and the fewest usual ones that read the values."""
    told = f"`dates` declares {', '.join(declared)}" if declared else "no `dates` are declared"
    values = left = values.drop_nulls().unique(maintain_order=True)
    wanted: list[str] = []
    while len(left):
        # Formats that read what is left alike are one.
        readings: dict[tuple[str | None, ...], str] = {}
        for format in (day + time for day in FORMATS for time in TIMES):
            readings.setdefault(tuple(parse_column(left, [format], None, None)["ISO"]), format)
        fits = {read: sum(day is not None for day in read) for read in readings}
        best = max(fits, key=lambda read: fits[read])
        if not fits[best]:
            break
        unread = [day is None for day in best]
        # Day and month may be either way round.
        either = [read for read in readings if [day is None for day in read] == unread]
        wanted.append(" or ".join(readings[read] for read in either))
        left = left.filter(pl.Series(unread))
    if not wanted:
        return f"{told}; no usual format fits the values"
    rest = f" but {len(left)} of {len(values)} different ones" if len(left) else ""
    return f"{told}; what fits all values{rest} is {', '.join(wanted)}"


def of_another_feed(
    path: Path, feed: str, extracts: Path, feeds: Mapping[str, Mapping[str, Any]]
) -> str | None:
    """Whose file it looks like, and where it belongs, where every header of another feed is in it.

    Of several feeds it is the one that maps most.

    Args:
        path: a file that the feed could not read.
        feed: the feed's name.
        extracts: the study's folder of extracts.
        feeds: the section `feeds`.
    """
    fitting: dict[str, int] = {}
    folder = folder_of(extracts, feed, feeds)
    for name, other in feeds.items():
        if not path.is_file() or folder_of(extracts, name, feeds) == folder:
            continue
        findings, file = Findings(), SourceFile(path.name, path)
        with suppress(RemitError, StopIteration):
            next(read(file, {**other, "join": []}, findings, [file]))
            fitting[name] = len(findings.header.fields) if findings.header else 0
    if not fitting:
        return None
    likely = max(fitting, key=lambda name: fitting[name])
    target = folder_of(extracts, likely, feeds)
    return f"{path.name}: this looks like a file of feed {likely}: move it to {target}."


def unusable(ledger: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """The feeds that have rows of which none was accepted, each with their number.

    Args:
        ledger: feed, read, filtered and accepted of every source.
    """
    read: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for row in ledger:
        read[row["feed"]] += int(row["read"]) - int(row["filtered"])
        accepted[row["feed"]] += int(row["accepted"])
    return {feed: rows for feed, rows in sorted(read.items()) if rows and not accepted[feed]}


def of_unusable(
    feed: str,
    rows: int,
    quarantine: pl.DataFrame,
    unmapped: pl.DataFrame,
    feeds: Mapping[str, Mapping[str, Any]],
) -> str:
    """Why none of a feed's rows could be used, for the most of them, and what to do.

    Args:
        feed: its name.
        rows: how many it has.
        quarantine: one line per broken rule.
        unmapped: one line per row of an unknown test.
        feeds: the section `feeds`, with the `dates` of each.
    """
    broken = quarantine.filter(pl.col("feed") == feed, pl.col("aside") == "row")
    why = _commonest(broken, unmapped.filter(feed=feed), feeds[feed].get("dates") or [])
    return f"feeds.{feed}: none of its {rows} rows could be used. {why}"


def _commonest(broken: pl.DataFrame, strange: pl.DataFrame, declared: Sequence[str]) -> str:
    counts = broken.group_by("rule").agg(n=pl.col("row_id").n_unique())
    counts = counts.sort("n", "rule", descending=[True, False])
    if counts.is_empty() or strange.height > counts["n"][0]:
        return (
            f"No dictionary knows the test of {strange.height} of them, such as {_place(strange)}: "
            f"{strange['test'][0]!r}. See that `columns` names the column of the tests; map their names "
            "in the feed's `codes`, or add them to the study's own dictionary."
        )
    rule, n = counts.row(0)
    lines = broken.filter(rule=rule)
    column, message, proposal = lines.select("column", "message", "proposal").row(0)
    if rule in OF_DATES:
        dates = broken.filter(pl.col("rule").is_in(OF_DATES), pl.col("column") == column)
        proposal = of_dates(dates["value"], declared)
    of = f", {column}" if column else ""
    return f"{rule} ({n} rows), such as {_place(lines)}{of}: {message}: {proposal}."


def _place(lines: pl.DataFrame) -> str:
    return f"{lines['source_file'][0]}, line {lines['source_line'][0]}"
