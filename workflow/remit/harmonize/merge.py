"""Merge the accepted rows of all deliveries into one table per domain, one row per observation.

Ingest judged each row alone. Here rows meet: subjects who are not in the study leave, people who may be
two are held, copies and corrected results give way to the row that stands, and the ledger closes: every
row read has exactly one fate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from remit.harmonize.consistency import judged
from remit.harmonize.joined import CELLS, joined
from remit.harmonize.meetings import CONFLICTS, result_conflicts, results

#: How each harmonized table is sorted, before `IN_FILE`.
SORTED_BY: dict[str, list[str]] = {
    "dm": ["USUBJID"],
    "ex": ["USUBJID", "EXSTDTC", "EXTRT"],
    "lb": ["USUBJID", "LBTESTCD", "LBDTC"],
    "qs": ["USUBJID", "QSTESTCD", "QSDTC"],
    "cm": ["USUBJID", "CMTRT", "CMSTDTC"],
    "ae": ["USUBJID", "AESTDTC", "AETERM"],
}
#: The domains, the people first.
DOMAINS = list(SORTED_BY)

IN_FILE = ["SRCFILE", "SRCLINE"]

FATES = [
    *("accepted", "duplicate", "superseded", "withdrawn", "conflict"),
    *("quarantined", "unmapped", "out_of_cohort", "filtered"),
]
PLACE = {"feed": "FEED", "delivery": "DELIVERY", "source_file": "SRCFILE"}
FILE_OF = {column: name for name, column in PLACE.items()}
FILE = list(PLACE)
BY_PLACE = ["feed", "source_file", "source_line", "row_id"]
SET_ASIDE: dict[str, type[pl.DataType]] = {
    "row_id": pl.String,
    **dict.fromkeys(FILE, pl.String),
    "source_line": pl.Int64,
    "fate": pl.String,
    "reason": pl.String,
    "winner_row_id": pl.String,
}
STRANGER = "no demographics row names the subject"
HELD = "the subject's demographics contradict each other: one number may be two people's"


def cohort(*demographics: pl.DataFrame) -> pl.Series:
    """The subjects of the study: everybody whom a demographics row names.

    A row that is quarantined counts too: a misspelt sex must not throw a patient out of the study.
    """
    none = pl.Series("USUBJID", dtype=pl.String)
    return (
        pl.concat([none, *(rows["USUBJID"] for rows in demographics)]).drop_nulls().unique().sort()
    )


class Resolved(NamedTuple):
    """What became of a domain's accepted rows.

    Attributes:
        used: the rows of the table, sorted.
        counts: how many rows of each source file are used: feed, delivery, source_file, count.
        unused: the other rows with FATE, REASON and WINNER, the ROWID of the row that stands.
        conflicts: `CONFLICTS`.
        cells: `CELLS`.
    """

    used: pl.DataFrame
    counts: pl.DataFrame
    unused: pl.DataFrame
    conflicts: pl.DataFrame
    cells: pl.DataFrame


def resolve(
    domain: str,
    rows: pl.DataFrame,
    subjects: pl.Series,
    held: pl.Series | None = None,
    choice: str = "hold",
) -> Resolved:
    """Part the accepted rows of a domain into those that are used and those that are not after all.

    Args:
        domain: one of DOMAINS.
        rows: accepted rows with FEED and DELIVERY.
        subjects: the cohort.
        held: people who may be two (`held_people`): nothing of them is used.
        choice: what the plan says of different results without evidence (`meetings.results`).
    """
    columns = rows.columns
    held = pl.Series([], dtype=pl.String) if held is None else held
    rows = rows.with_row_index("_ROW")
    strange = ~pl.col("USUBJID").is_in(subjects.implode())
    waiting = pl.col("USUBJID").is_in(held.implode()) & ~strange
    apart = rows.select(
        "_ROW",
        FATE=pl.when(strange).then(pl.lit("out_of_cohort")).when(waiting).then(pl.lit("conflict")),
        REASON=pl.when(strange).then(pl.lit(STRANGER)).otherwise(pl.lit(HELD)),
        WINNER=pl.lit(None, pl.String),
    ).filter(pl.col("FATE").is_not_null())
    known = (
        rows.filter(rows["_ROW"].is_in(apart["_ROW"].implode()).not_()) if apart.height else rows
    )
    if domain == "lb":
        fates, stand = results(known, choice)
        conflicts, cells = result_conflicts(known, fates), pl.DataFrame(schema=CELLS)
        stand = known.join(
            stand.rename({name: f"{name}_NEW" for name in stand.columns[1:]}), on="_ROW"
        )
        stand = stand.with_columns(
            pl.col(f"{name}_NEW").alias(name)
            for name in ("LBORRES", "LBSTRESN", "LBSTRESC", "LBORRESU")
        ).select(rows.columns)
    else:
        stand, fates, conflicts, cells = joined(domain, known)
    fates = pl.concat([apart, fates])
    unused = rows.join(fates, on="_ROW").select(*columns, "FATE", "REASON", "WINNER")
    accepted = rows["_ROW"].is_in(fates["_ROW"].implode()).not_()
    counts = counted(rows.filter(accepted))
    # A joined row stands for all rows that gave it a cell.
    gave = cells["ROWID"].unique()
    kept = accepted & rows["ROWID"].is_in(gave.implode()).not_() if len(gave) else accepted
    if stand.height:
        kept = kept & rows["_ROW"].is_in(stand["_ROW"].implode()).not_()
        rows = pl.concat([rows.filter(kept), stand])
        kept = pl.repeat(True, rows.height, dtype=pl.Boolean, eager=True)
    order = _order(rows.select(SORTED_BY[domain] + IN_FILE), kept.arg_true())
    # A column in one piece at a time: to pick from the pieces of many deliveries takes four times as long.
    used = pl.DataFrame([rows[name].rechunk().gather(order) for name in columns])
    return Resolved(used, counts, unused, conflicts, cells)


def possible(domain: str, found: Resolved, people: pl.DataFrame) -> Resolved:
    """What stands of a domain when it is held against its people (`consistency.judged`)."""
    used, gone, findings = judged(domain, found.used, people)
    counts = pl.concat([found.counts, counted(gone).with_columns(-pl.col("count"))])
    return found._replace(
        used=used,
        counts=counts.group_by(FILE).agg(pl.col("count").sum()).sort(FILE),
        unused=pl.concat([found.unused, gone.select(found.unused.columns)]),
        conflicts=pl.concat([found.conflicts, findings]),
    )


def held_people(people: Resolved) -> pl.Series:
    """Whose demographics contradict each other: one number may be two people's."""
    held = people.unused.filter(pl.col("FATE") == "conflict")["USUBJID"]
    return held.filter(~held.is_in(people.used["USUBJID"].implode())).unique().sort()


def _order(rows: pl.DataFrame, places: pl.Series) -> pl.Series:
    """The `places` in the order of all columns of `rows`, nulls last.

    Sorting texts is dear, and few differ: each column becomes the place of its text among all.
    """
    ranked = rows.select(_ranks(column) for column in rows)[places]
    return places.gather(ranked.select(pl.arg_sort_by(ranked.columns, nulls_last=True)).to_series())


def _ranks(column: pl.Series) -> pl.Series:
    """The place of each text in the order of all texts of a column, nulls after them; numbers stay."""
    if column.dtype != pl.String:
        return column
    # Results of one specimen follow each other: a run of equal texts is looked up once.
    runs = column.rle_id()
    texts = column.filter(runs.ne_missing(runs.shift()))
    known = texts.drop_nulls().unique().sort()
    return texts.cast(pl.Enum(known)).to_physical().fill_null(len(known)).gather(runs)


def harmonized(used: pl.DataFrame, studyid: str) -> pl.DataFrame:
    """A domain's table: the rows used, with STUDYID first and without FEED and DELIVERY."""
    return used.select(pl.lit(studyid).alias("STUDYID"), pl.exclude("FEED", "DELIVERY"))


def counted(used: pl.DataFrame) -> pl.DataFrame:
    """How many rows of each source file there are: feed, delivery, source_file, count."""
    counts = used.group_by(PLACE.values()).agg(count=pl.len().cast(pl.Int64))
    return counts.rename(FILE_OF).sort(FILE)


def aside(resolved: Iterable[Resolved]) -> dict[str, pl.DataFrame]:
    """What the domains leave beside their tables: `used`, `not_used`, `conflicts` and `cells`."""
    none = pl.DataFrame(schema=dict.fromkeys(FILE, pl.String) | {"count": pl.Int64})
    domains = list(resolved)
    conflicts = pl.concat([pl.DataFrame(schema=CONFLICTS), *(d.conflicts for d in domains)])
    cells = pl.concat([pl.DataFrame(schema=CELLS), *(d.cells for d in domains)])
    return {
        "used": pl.concat([none, *(d.counts for d in domains)]),
        "not_used": not_used(d.unused for d in domains),
        "conflicts": conflicts.sort(*CONFLICTS, nulls_last=True),
        "cells": cells.sort("USUBJID", "of", "column", "ROWID"),
    }


def not_used(unused: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The accepted rows that are not used after all: `SET_ASIDE`, sorted."""
    rest = {"row_id": "ROWID", "source_line": "SRCLINE", "fate": "FATE", "reason": "REASON"}
    told = (
        rows.select(**PLACE, **rest, winner_row_id="WINNER").select(*SET_ASIDE) for rows in unused
    )
    return pl.concat([pl.DataFrame(schema=SET_ASIDE), *told]).sort(BY_PLACE)


def set_aside(
    unused: pl.DataFrame, quarantine: pl.DataFrame, unmapped: pl.DataFrame, subjects: pl.Series
) -> pl.DataFrame:
    """One row for each row read that is not used: its fate, the reason, the row that won.

    A row of a stranger is `out_of_cohort` whatever else is wrong with it: nobody needs to mend it.

    Args:
        unused: `not_used` of all accepted rows.
        quarantine: one line per broken rule.
        unmapped: one line per row of an unknown test.
        subjects: the cohort.
    """
    rows = quarantine.filter(aside="row")
    broken = rows.group_by("row_id", maintain_order=True).agg(
        pl.col("feed", "delivery", "source_file", "source_line", "USUBJID").first(),
        reason=pl.col("rule").unique(maintain_order=True).str.join(" "),
    )
    strange = pl.col("USUBJID").is_not_null() & ~pl.col("USUBJID").is_in(subjects.implode())
    alone = [
        frame.with_columns(
            fate=pl.when(strange).then(pl.lit("out_of_cohort")).otherwise(pl.lit(fate)),
            reason=pl.when(strange).then(pl.lit(STRANGER)).otherwise(reason),
            winner_row_id=pl.lit(None, pl.String),
        )
        for frame, fate, reason in [
            (broken, "quarantined", pl.col("reason")),
            (unmapped, "unmapped", pl.format("the dictionary does not know “{}”", pl.col("test"))),
        ]
    ]
    return pl.concat([unused, *(frame.select(*SET_ASIDE) for frame in alone)]).sort(BY_PLACE)


def ledger(read: pl.DataFrame, used: pl.DataFrame, aside: pl.DataFrame) -> pl.DataFrame:
    """How many rows of each source file met which fate.

    `read` is the ledger of ingest: feed, delivery, source_file, read, filtered. Returns it with one
    column per fate; `used` may count a file in several lines.

    Raises:
        RuntimeError: a file's fates do not add up to the rows read; a row was lost or counted twice.
    """
    accepted = used.select(*FILE, "count", fate=pl.lit("accepted"))
    others = aside.group_by(*FILE, "fate").agg(count=pl.len().cast(pl.Int64))
    others = others.select(accepted.columns)
    filtered = read.filter(pl.col("filtered") > 0).select(
        *FILE, count="filtered", fate=pl.lit("filtered")
    )
    fates = (
        pl.concat([accepted, others, filtered]).group_by(*FILE, "fate").agg(pl.col("count").sum())
    )
    table = (
        read.select(*FILE, "read")
        .join(fates.pivot("fate", index=FILE, values="count"), on=FILE, how="left")
        .with_columns(pl.lit(0).alias(fate) for fate in FATES if fate not in fates["fate"])
        .with_columns(pl.col(FATES).fill_null(0).cast(pl.Int64))
        .select(*FILE, "read", *FATES)
        .sort(FILE)
    )
    wrong = table.filter(pl.col("read") != pl.sum_horizontal(FATES))
    if wrong.height or fates.join(table, on=FILE, how="anti").height:
        raise RuntimeError(f"The ledger does not balance: {wrong.to_dicts()}")
    return table


def unmapped_tests(unmapped: pl.DataFrame, subjects: pl.Series) -> pl.DataFrame:
    """Tests of cohort subjects that the dictionary does not know, most frequent first."""
    return (
        unmapped.filter(pl.col("USUBJID").is_in(subjects.implode()))
        .group_by("feed", "test", "unit")
        .agg(
            rows=pl.len(),
            subjects=pl.col("USUBJID").n_unique(),
            example=pl.col("value").sort().first(),
        )
        .sort("rows", "feed", "test", "unit", descending=[True, False, False, False])
    )
