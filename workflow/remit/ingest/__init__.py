"""Raw extracts to typed rows: every row of every file gets one explained fate."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from remit.dictionaries import Dictionaries
from remit.ingest import delimited, rows, spreadsheet
from remit.ingest.source import Findings, SourceFile, UnreadableError

__all__ = ["Ingested", "SourceFile", "ingest"]

Reader = Callable[[SourceFile, Mapping[str, Any], Findings], Iterator[pl.DataFrame]]
READERS: dict[str, Reader] = {
    "csv": delimited.read,
    "xlsx": spreadsheet.read,
    "xls": spreadsheet.read,
}
# First bytes of a file to what it is, whatever its name says.
SIGNATURES = {
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0": "xls",
    b"PAR1": "parquet",
    b"HEADER RECORD*******": "xpt",
    b"%PDF": "pdf",
}
BINARY = {"xlsx", "xls", "parquet", "xpt"}
LEDGER = {
    "feed": pl.String,
    "delivery": pl.String,
    "source_file": pl.String,
    "source_sha256": pl.String,
    "status": pl.String,
    "message": pl.String,
    "read": pl.Int64,
    "accepted": pl.Int64,
    "quarantined": pl.Int64,
    "unmapped": pl.Int64,
}


@dataclass(frozen=True)
class Ingested:
    """What became of one delivery.

    `accepted` has the columns of `rows.accepted_schema`; `quarantine` one line per broken rule,
    `private_quarantine` the same with nothing masked, `unmapped` one line per row, each with feed,
    delivery and source; `ledger` one row per file; `identities` SUBJID and USUBJID.
    """

    accepted: pl.DataFrame
    quarantine: pl.DataFrame
    private_quarantine: pl.DataFrame
    unmapped: pl.DataFrame
    ledger: pl.DataFrame
    identities: pl.DataFrame


def ingest(
    files: Sequence[SourceFile],
    feed_name: str,
    delivery: str,
    feed: Mapping[str, Any],
    dictionaries: Dictionaries,
    key: bytes,
    studyid: str,
    cutoff: date | None = None,
) -> Ingested:
    """Read, parse, map, convert and judge every row of a delivery.

    A file that cannot be read gives no rows and a ledger line with status `unreadable`.
    """
    context = rows.Context(feed, dictionaries, key, studyid, cutoff)
    ledger, judged = [], []
    for file in sorted(files, key=lambda file: file.name):
        findings = Findings()
        try:
            parts = [
                (file, rows.judge(_named(batch, file, feed_name, delivery), context))
                for batch in read(file, feed, findings)
            ]
            status, message = "read", "; ".join(findings.notes)
        except UnreadableError as error:
            parts, status, message = [], "unreadable", str(error)
        judged += parts
        ledger.append(
            {
                "feed": feed_name,
                "delivery": delivery,
                "source_file": file.name,
                "source_sha256": file.sha256,
                "status": status,
                "message": message or None,
                "read": sum(part.read for _, part in parts),
                "accepted": sum(part.accepted.height for _, part in parts),
                "quarantined": sum(part.quarantine["row_id"].n_unique() for _, part in parts),
                "unmapped": sum(part.unmapped.height for _, part in parts),
            }
        )
    where = {"feed": feed_name, "delivery": delivery}
    return Ingested(
        accepted=_together(
            [part.accepted for _, part in judged], rows.accepted_schema(feed["domain"])
        ),
        quarantine=_placed([(f, p.quarantine) for f, p in judged], where, rows.QUARANTINE),
        private_quarantine=_placed(
            [(f, p.private_quarantine) for f, p in judged], where, rows.QUARANTINE
        ),
        unmapped=_placed([(f, p.unmapped) for f, p in judged], where, rows.UNMAPPED),
        ledger=pl.DataFrame(ledger, schema=LEDGER),
        identities=_together([part.identities for _, part in judged], rows.IDENTITIES)
        .unique()
        .sort("SUBJID"),
    )


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield a file's rows as text, by the reader of the feed's `format` or of the one detected.

    Raises:
        UnreadableError: the file is not what the feed says it is, or damaged.
    """
    with file.path.open("rb") as source:
        head = source.read(32)
    if not head:
        raise UnreadableError(f"{file.name}: the file is empty. Ask for it again.")
    is_really = next((kind for mark, kind in SIGNATURES.items() if head.startswith(mark)), None)
    declared = feed.get("format")
    if declared is None:
        declared = is_really or "csv"
        findings.notes.append(f"format {declared} detected")
    if declared not in READERS:
        raise UnreadableError(
            f"{file.name}: it is of format {declared}; a feed's `format` is one of "
            f"{', '.join(READERS)}."
        )
    if is_really not in (None, declared) or (is_really is None and declared in BINARY):
        content = is_really or ("HTML" if head.lstrip().lower().startswith(b"<") else "text")
        raise UnreadableError(
            f"{file.name}: the feed's `format` is {declared}, but the content is {content}. "
            "Correct `format`, or ask for the file again if it is damaged."
        )
    return READERS[declared](file, feed, findings)


def _named(batch: pl.DataFrame, file: SourceFile, feed: str, delivery: str) -> pl.DataFrame:
    """Where each row comes from. The row id survives as long as feed, delivery and bytes do."""
    origin = hashlib.sha256("\n".join((feed, delivery, file.name, file.sha256)).encode())
    return batch.with_columns(
        ROWID=pl.concat_str(pl.lit(f"{origin.hexdigest()[:12]}:"), "SRCLINE"),
        SRCFILE=pl.lit(file.name),
        SRCSHA=pl.lit(file.sha256),
    )


def _together(frames: Sequence[pl.DataFrame], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def _placed(
    frames: Sequence[tuple[SourceFile, pl.DataFrame]],
    where: Mapping[str, str],
    schema: Mapping[str, Any],
) -> pl.DataFrame:
    """Lines with feed, delivery and file in front, sorted."""
    columns = ["feed", "delivery", "source_file", "source_line", "source_sha256"]
    columns += [name for name in schema if name not in columns]
    placed = [
        frame.with_columns(
            pl.lit(where["feed"]).alias("feed"),
            pl.lit(where["delivery"]).alias("delivery"),
            pl.lit(file.name).alias("source_file"),
            pl.lit(file.sha256).alias("source_sha256"),
        ).select(columns)
        for file, frame in frames
    ]
    strings = dict.fromkeys(("feed", "delivery", "source_file", "source_sha256"), pl.String)
    empty = pl.DataFrame(schema={**strings, **schema}).select(columns)
    last = ["rule", "column"] if "rule" in schema else []
    return pl.concat([empty, *placed]).sort("source_file", "source_line", *last, nulls_last=True)
