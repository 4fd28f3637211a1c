"""Merge the accepted rows of all deliveries into one table per domain, one winner per observation.

Ingest judged each row alone. Here rows meet: subjects who are not in the study leave, copies and
corrected results give way to one winner, and the ledger closes: every row read has exactly one fate.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

#: What makes two rows of a domain speak of the same thing. A result belongs to its specimen, or to
#: its time of collection where the laboratory names no specimen.
KEYS: dict[str, list[str]] = {
    "dm": ["USUBJID"],
    "ex": ["USUBJID", "EXTRT", "EXSTDTC"],
    "lb": ["USUBJID", "LBTESTCD", "LBSPEC", "LBMETHOD", "LBREFID", "_COLLECTED"],
    "qs": ["USUBJID", "QSTESTCD", "QSDTC"],
    "cm": ["USUBJID", "CMTRT", "CMROUTE", "CMSTDTC"],
    "ae": ["USUBJID", "AETERM", "AESTDTC"],
}

#: How each harmonized table is sorted, before `IN_FILE`.
SORTED_BY: dict[str, list[str]] = {
    "dm": ["USUBJID"],
    "ex": ["USUBJID", "EXSTDTC", "EXTRT"],
    "lb": ["USUBJID", "LBTESTCD", "LBDTC"],
    "qs": ["USUBJID", "QSTESTCD", "QSDTC"],
    "cm": ["USUBJID", "CMTRT", "CMSTDTC"],
    "ae": ["USUBJID", "AESTDTC", "AETERM"],
}

IN_FILE = ["SRCFILE", "SRCLINE"]

#: A corrected result wins over a final one, a final one over a preliminary one.
STATUS_RANK = {"PRELIMINARY": 0, "FINAL": 1, "CORRECTED": 2}

SOURCE = ["FEED", "DELIVERY", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"]
FATES = ["accepted", "duplicate", "superseded", "quarantined", "unmapped", "out_of_cohort"]
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


def cohort(*demographics: pl.DataFrame) -> pl.Series:
    """The subjects of the study: everybody whom a demographics row names.

    A row that is quarantined counts too: a misspelt sex must not throw a patient out of the study.
    """
    none = pl.Series("USUBJID", dtype=pl.String)
    return (
        pl.concat([none, *(rows["USUBJID"] for rows in demographics)]).drop_nulls().unique().sort()
    )


def resolve(
    domain: str, rows: pl.DataFrame, subjects: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the accepted rows of a domain into those that are used and those that are not after all.

    Among rows with the same key the order is: status, then later report, then later extract (by feed,
    file name and line). Of copies of the winner the first is kept.

    Returns:
        The rows used, sorted by subject, test and time; and the others with FATE (duplicate,
        superseded, out_of_cohort), REASON and WINNER (the ROWID of the row that won).
    """
    columns, key, content = rows.columns, KEYS[domain], _content(rows)
    rows = rows.with_columns(
        _COLLECTED=_collected(domain), _IN=pl.col("USUBJID").is_in(subjects.implode())
    ).with_row_index("_ROW")
    # Few rows ever meet another one: find them by a hash of the key, then look at them exactly.
    meets = pl.struct(key).hash().is_duplicated() & pl.col("_IN")
    met = rows.filter(meets).sort(
        *key, *_rank(domain), "FEED", "SRCFILE", "SRCLINE", nulls_last=False
    )
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).last().over(key)) for c in content)
    met = met.with_columns(_SAME=same).with_columns(
        WINNER=pl.col("ROWID").filter("_SAME").first().over(key)
    )
    lost = met.with_columns(
        FATE=pl.when("_SAME").then(pl.lit("duplicate")).otherwise(pl.lit("superseded")),
        REASON=pl.when("_SAME")
        .then(pl.lit("identical to the row that is used"))
        .otherwise(_why_superseded(domain, key)),
    ).filter(pl.col("ROWID") != pl.col("WINNER"))
    strange = rows.filter(~pl.col("_IN")).with_columns(
        FATE=pl.lit("out_of_cohort"), REASON=pl.lit(STRANGER), WINNER=pl.lit(None, pl.String)
    )
    told = [*columns, "FATE", "REASON", "WINNER"]
    places = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    kept = places.filter(rows["_IN"].scatter(lost["_ROW"], False))
    order = _order(rows.select(SORTED_BY[domain] + IN_FILE), kept)
    # A column in one piece at a time: to pick from the pieces of many deliveries takes four times as long.
    used = pl.DataFrame([rows[name].rechunk().gather(order) for name in columns])
    return used, pl.concat([strange.select(told), lost.select(told)])


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


def counted(used: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """How many rows of each source file are used: feed, delivery, source_file, count."""
    none = pl.DataFrame(schema=dict.fromkeys(FILE, pl.String) | {"count": pl.UInt32})
    counts = (rows.group_by(PLACE.values()).len("count") for rows in used)
    return pl.concat([none, *(found.rename(FILE_OF) for found in counts)]).sort(FILE)


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
    broken = quarantine.group_by("row_id", maintain_order=True).agg(
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

    `read` is the ledger of ingest: feed, delivery, source_file, read. Returns it with one column per
    fate; `used` may count a file in several lines.

    Raises:
        RuntimeError: a file's fates do not add up to the rows read; a row was lost or counted twice.
    """
    accepted = used.select(*FILE, "count", fate=pl.lit("accepted"))
    others = aside.group_by(*FILE, "fate").len("count").select(accepted.columns)
    fates = pl.concat([accepted, others]).group_by(*FILE, "fate").agg(pl.col("count").sum())
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


def _collected(domain: str) -> pl.Expr:
    """The time of collection, only where no specimen is named."""
    if domain != "lb":
        return pl.lit(None, pl.String)
    return pl.when(pl.col("LBREFID").is_null()).then("LBDTC")


def _rank(domain: str) -> list[pl.Expr]:
    if domain != "lb":
        return []
    rank = pl.col("LBRESST").replace_strict(STATUS_RANK, default=STATUS_RANK["FINAL"])
    return [rank, pl.col("LBRPTDTC")]


def _why_superseded(domain: str, key: list[str]) -> pl.Expr:
    if domain != "lb":
        return pl.lit("a later extract gives this record anew")
    status, reported = pl.col("LBRESST"), pl.col("LBRPTDTC")
    return (
        pl.when(status.ne_missing(status.last().over(key)))
        .then(pl.format("a {} result won", status.last().over(key).str.to_lowercase()))
        .when(reported.ne_missing(reported.last().over(key)))
        .then(pl.lit("a result reported later won"))
        .otherwise(pl.lit("a later extract gives this result anew"))
    )


def _content(rows: pl.DataFrame) -> list[str]:
    """The columns that must agree for one row to be a copy of another: all but where it came from."""
    return [
        column for column in rows.columns if column not in SOURCE and not column.startswith("_")
    ]
