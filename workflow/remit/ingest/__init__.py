"""Raw extracts to typed rows: every row of every file gets one explained fate."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from remit.dictionaries import Dictionaries
from remit.ingest import delimited, fhir, redcap, rows, spreadsheet, tables
from remit.ingest.source import Findings, Header, SourceFile, UnreadableError, long

__all__ = ["Ingested", "SourceFile", "ingest"]

Reader = Callable[[SourceFile, Mapping[str, Any], Findings], Iterator[pl.DataFrame]]
READERS: dict[str, Reader] = {
    "csv": delimited.read,
    "xlsx": spreadsheet.read,
    "xls": spreadsheet.read,
    "parquet": tables.read_parquet,
    "xpt": tables.read_xpt,
    "redcap": redcap.read,
    "fhir": fhir.read,
}
# First bytes of a file to what it is, whatever its name says.
SIGNATURES = {
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0": "xls",
    b"PAR1": "parquet",
    b"HEADER RECORD*******": "xpt",
    b"%PDF": "pdf",
    b'{"resourceType"': "fhir",
}
# What the standards themselves say about dates, partial ones included.
ISO_8601 = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m", "%Y"]
STANDARD: dict[str, dict[str, Any]] = {"xpt": {"dates": ISO_8601}, "fhir": {"dates": ISO_8601}}
# Rows of one file beyond which accepted rows wait on disk.
SPILL = 2_000_000
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

    Attributes:
        parts: accepted rows in order (`rows.accepted_schema`), each part a frame or, where they
            are many, an Arrow file in the scratch folder.
        quarantine: one line per broken rule; values that identify a person are masked.
        private_quarantine: the same with nothing masked.
        unmapped: one line per row whose test no dictionary knows.
        ledger: one row per file.
        identities: SUBJID and USUBJID of every subject met.
        headers: name of each file that has one to its header.
    """

    parts: list[pl.DataFrame | Path]
    quarantine: pl.DataFrame
    private_quarantine: pl.DataFrame
    unmapped: pl.DataFrame
    ledger: pl.DataFrame
    identities: pl.DataFrame
    headers: dict[str, Header]

    @property
    def accepted(self) -> pl.DataFrame:
        """All accepted rows in memory."""
        return self.stream().collect(engine="in-memory")

    def stream(self) -> pl.LazyFrame:
        """All accepted rows, to be written without ever being in memory together."""
        return pl.concat(
            [pl.scan_ipc(part) if isinstance(part, Path) else part.lazy() for part in self.parts]
        )


def ingest(
    files: Sequence[SourceFile],
    feed_name: str,
    delivery: str,
    feed: Mapping[str, Any],
    dictionaries: Dictionaries,
    key: bytes,
    studyid: str,
    cutoff: date | None = None,
    decisions: pl.DataFrame | None = None,
    scratch: Path | None = None,
) -> Ingested:
    """Read, parse, map, convert and judge every row of a delivery.

    A file that cannot be read gives no rows and a ledger line with status `unreadable`.

    Args:
        files: the delivery's files.
        feed_name: name of the feed in the config.
        delivery: the delivery's ASCII id.
        feed: the feed's section of the config.
        dictionaries: see `remit.dictionaries`.
        key: the study's pseudonym key.
        studyid: the study's id.
        cutoff: the last date a record can have.
        decisions: this delivery's signed decisions (`dictionaries.load_decisions`): what a data
            manager put in place of a text of the source.
        scratch: folder for accepted rows of large extracts; without it all stay in memory.
    """
    feed = STANDARD.get(feed.get("format", ""), {}) | dict(feed)
    context = rows.Context(feed, dictionaries, key, studyid, cutoff)
    codebook = None
    if feed.get("format") == "redcap":
        files, codebook = redcap.parts(files)
    ledger: list[dict[str, object]] = []
    parts: list[pl.DataFrame | Path] = []
    judged: list[rows.Judged] = []
    headers: dict[str, Header] = {}
    for file in sorted(files, key=lambda file: file.name):
        findings = Findings()
        entry = _Entry(file, scratch)
        try:
            for batch in read(file, feed, findings, codebook):
                named = _decided(_named(batch, file, feed_name, delivery), decisions)
                entry.add(rows.judge(named, context))
            status = "read"
        except UnreadableError as error:
            entry.forget()
            findings.notes[:] = [str(error)]
            status = "unreadable"
        parts += entry.parts
        judged += entry.judged
        if findings.header:
            headers[file.name] = findings.header
        ledger.append(
            {
                "feed": feed_name,
                "delivery": delivery,
                "source_file": file.name,
                "source_sha256": file.sha256,
                "status": status,
                "message": "; ".join(findings.notes) or None,
                **entry.counts,
            }
        )
    where = {"feed": pl.lit(feed_name), "delivery": pl.lit(delivery)}
    return Ingested(
        parts=[pl.DataFrame(schema=rows.accepted_schema(feed["domain"])), *parts],
        quarantine=_lines([part.quarantine for part in judged], rows.QUARANTINE, where),
        private_quarantine=_lines(
            [part.private_quarantine for part in judged], rows.QUARANTINE, where
        ),
        unmapped=_lines([part.unmapped for part in judged], rows.UNMAPPED, where),
        ledger=pl.DataFrame(ledger, schema=LEDGER),
        identities=pl.concat(
            [pl.DataFrame(schema=rows.IDENTITIES), *(part.identities for part in judged)]
        )
        .unique()
        .sort("SUBJID"),
        headers=headers,
    )


def read(
    file: SourceFile,
    feed: Mapping[str, Any],
    findings: Findings,
    codebook: SourceFile | None = None,
) -> Iterator[pl.DataFrame]:
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
    batches = (
        redcap.read(file, feed, findings, codebook)
        if declared == "redcap"
        else READERS[declared](file, feed, findings)
    )
    return (long(batch, feed) for batch in batches) if feed.get("tests") else batches


class _Entry:
    """One file's rows by fate, until the whole file has proved readable."""

    def __init__(self, file: SourceFile, scratch: Path | None):
        self.file, self.scratch = file, scratch
        self.parts: list[pl.DataFrame | Path] = []
        self.judged: list[rows.Judged] = []
        self.counts = dict.fromkeys(("read", "accepted", "quarantined", "unmapped"), 0)

    def add(self, judged: rows.Judged) -> None:
        self.counts["read"] += judged.read
        self.counts["accepted"] += judged.accepted.height
        self.counts["quarantined"] += judged.quarantine["row_id"].n_unique()
        self.counts["unmapped"] += judged.unmapped.height
        self.parts.append(self._kept(judged.accepted))
        self.judged.append(replace(judged, accepted=judged.accepted.clear()))

    def forget(self) -> None:
        for part in self.parts:
            if isinstance(part, Path):
                part.unlink()
        self.parts, self.judged = [], []
        self.counts = dict.fromkeys(self.counts, 0)

    def _kept(self, accepted: pl.DataFrame) -> pl.DataFrame | Path:
        # A small extract never leaves memory.
        if self.scratch is None or self.counts["read"] < SPILL:
            return accepted
        path = self.scratch / f"{self.file.sha256[:16]}-{len(self.parts)}.arrow"
        accepted.write_ipc(path)
        return path


def _named(batch: pl.DataFrame, file: SourceFile, feed: str, delivery: str) -> pl.DataFrame:
    """Where each row comes from. The row id survives as long as feed, delivery and bytes do."""
    origin = hashlib.sha256("\n".join((feed, delivery, file.name, file.sha256)).encode())
    line = pl.col("SRCLINE").cast(pl.String)
    if "PART" in batch.columns:
        line = pl.concat_str(line, pl.lit("."), "PART")
    return batch.with_columns(
        ROWID=pl.concat_str(pl.lit(f"{origin.hexdigest()[:12]}:"), line),
        SRCFILE=pl.lit(file.name),
        SRCSHA=pl.lit(file.sha256),
    )


def _decided(batch: pl.DataFrame, decisions: pl.DataFrame | None) -> pl.DataFrame:
    """The rows with what a data manager signed in place of the source's text."""
    if decisions is None or decisions.is_empty():
        return batch
    for column, lines in decisions.group_by("column", maintain_order=True):
        name = str(column[0])
        signed = dict(lines.select("row_id", "value").iter_rows())
        before = pl.col(name) if name in batch.columns else pl.lit(None, pl.String)
        batch = batch.with_columns(
            pl.when(pl.col("ROWID").is_in(list(signed)))
            .then(pl.col("ROWID").replace_strict(signed, default=None, return_dtype=pl.String))
            .otherwise(before)
            .alias(name)
        )
    return batch


def _lines(
    frames: Sequence[pl.DataFrame], schema: Mapping[str, Any], where: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    """Lines with feed, delivery and source in front, sorted."""
    front = ["feed", "delivery", "source_file", "source_line", "source_sha256"]
    order = [
        "source_file",
        "source_line",
        "row_id",
        *(["rule", "column"] if "rule" in schema else []),
    ]
    return (
        pl.concat([pl.DataFrame(schema=schema), *frames])
        .with_columns(**where)
        .select(*front, pl.exclude(front))
        .sort(order, nulls_last=True)
    )
