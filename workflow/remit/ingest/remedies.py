"""What to do where nothing of a feed could be used, and about dates that no declared format reads."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from remit.ingest.dates import parse_column
from remit.ingest.samples import FORMATS, TIMES

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


def unusable(
    ledger: Iterable[Mapping[str, str]],
    quarantine: pl.DataFrame,
    unmapped: pl.DataFrame,
    declared: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """One line for each feed that has rows of which none was accepted: how many, why, and what to do.

    Args:
        ledger: feed, read, filtered and accepted of every source.
        quarantine: one line per broken rule.
        unmapped: one line per row of an unknown test.
        declared: the `dates` of each feed.
    """
    read: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for row in ledger:
        read[row["feed"]] += int(row["read"]) - int(row["filtered"])
        accepted[row["feed"]] += int(row["accepted"])
    for feed, rows in sorted(read.items()):
        if rows and not accepted[feed]:
            broken = quarantine.filter(pl.col("feed") == feed, pl.col("aside") == "row")
            strange = unmapped.filter(feed=feed)
            why = _commonest(broken, strange, declared.get(feed) or [])
            yield f"feeds.{feed}: none of its {rows} rows could be used. {why}"


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
