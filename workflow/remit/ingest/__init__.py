"""Raw extracts to typed rows: every row of every file gets one explained fate."""

import codecs
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from unicodedata import normalize

import polars as pl

from remit.errors import RemitError
from remit.ingest import (
    archives,
    content,
    dataset_json,
    delimited,
    fhir,
    hl7,
    omop,
    redcap,
    rows,
    spreadsheet,
    staging,
    tables,
)
from remit.ingest.dictionaries import Dictionaries
from remit.ingest.evidence import DIRECTIONS
from remit.ingest.source import (
    HEADER_AGAIN,
    Findings,
    Header,
    SourceFile,
    UnreadableError,
    left_aside,
    origin,
    reconciled,
)
from remit.machinery.write import streamed
from remit.privacy.pseudonyms import IDENTITIES, PERSON, Number
from remit.schemas.raw import DOMAINS

__all__ = ["Ingested", "SourceFile", "direct_identifiers", "ingest", "on_clock"]

Reader = Callable[..., Iterator[pl.DataFrame]]
READERS: dict[str, Reader] = {
    "csv": delimited.read,
    "xlsx": spreadsheet.read,
    "xls": spreadsheet.read,
    "xlsb": spreadsheet.read,
    "ods": spreadsheet.read,
    "parquet": tables.read_parquet,
    "xpt": tables.read_statistical,
    "sas7bdat": tables.read_statistical,
    "sav": tables.read_statistical,
    "dta": tables.read_statistical,
    "dataset-json": dataset_json.read,
    "redcap": redcap.read,
    "fhir": fhir.read,
    "hl7": hl7.read,
    "omop": omop.read,
}
# What the standards themselves say about dates, partial ones included.
ISO_8601 = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m", "%Y"]
STANDARD = dict.fromkeys(("xpt", "dataset-json", "fhir", "hl7"), ISO_8601)
STANDARD["omop"] = [*ISO_8601, "%Y%m%d", "%Y%m%d %H:%M:%S"]
TEXT = {"csv", "redcap", "fhir", "hl7", "dataset-json"}
#: How many digits of the SHA-256 of a file name its rows.
CONTENT = 12
LEDGER = {
    "feed": pl.String,
    "delivery": pl.String,
    "source_file": pl.String,
    "source_sha256": pl.String,
    "status": pl.String,
    "message": pl.String,
    "found": pl.Int64,
    "handed_on": pl.Int64,
    "left_aside": pl.String,
    "read": pl.Int64,
    "accepted": pl.Int64,
    "quarantined": pl.Int64,
    "unmapped": pl.Int64,
    "filtered": pl.Int64,
}
FATES = ("read", "accepted", "quarantined", "unmapped", "filtered")


@dataclass(frozen=True)
class Ingested:
    """What became of one delivery.

    Attributes:
        accepted: what `write` gave back; by default the accepted rows in order, a DataFrame with
            the columns of `rows.accepted_schema`.
        quarantine: one line per broken rule, whether it took the row or only the cell (`aside`), and
            whether its value identifies a person; as read, so for the private results alone.
        unmapped: one line per row whose test no dictionary knows; as read.
        ledger: one row per file, or per sheet where a workbook has rows on several: what a count of
            its own found in the file, how much of it was handed on as rows and left aside by kind,
            and what became of the rows.
        identities: `pseudonyms.IDENTITIES` of every subject met.
        directions: `evidence.DIRECTIONS`: how many results of each kind met which fate, by test.
        headers: name of each file that has one to its header.
    """

    accepted: Any
    quarantine: pl.DataFrame
    unmapped: pl.DataFrame
    ledger: pl.DataFrame
    identities: pl.DataFrame
    directions: pl.DataFrame
    headers: dict[str, Header]


def on_clock(feed: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, Any]:
    """A feed as the study reads it.

    The study's clock shows its instants, and is its own if it has none, as is the form of its numbers.
    """
    clock = study.get("timezone")
    own = {"timezone": feed.get("timezone") or clock, "clock": clock}
    return {**feed, **own, "subject_ids": feed.get("subject_ids") or study.get("subject_ids")}


def _collected(accepted: pl.LazyFrame) -> pl.DataFrame:
    return accepted.collect(engine="in-memory")


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
    links: Mapping[Number, Number] | None = None,
    write: Callable[[pl.LazyFrame], object] = _collected,
    see: Callable[[pl.DataFrame], object] | None = None,
) -> Ingested:
    """Read, parse, map, convert and judge every row of a delivery.

    A file that cannot be read gives no rows and a ledger line with status `unreadable`.

    Args:
        files: the delivery's files.
        feed_name: name of the feed in the config.
        delivery: the delivery's ASCII id.
        feed: the feed's section of the config.
        dictionaries: see `remit.ingest.dictionaries`.
        key: the study's pseudonym key.
        studyid: the study's id.
        cutoff: the last date a record can have.
        decisions: this delivery's signed decisions (`dictionaries.load_decisions`): what a data
            manager put in place of a text of the source.
        links: a patient's number to the one the person is known by (`subject_ids.load_links`).
        write: takes the accepted rows, which are made while it reads them: a streaming sink never
            has them in memory together. It must read all of them, once. When a file proves
            unreadable after rows of it were read, what `write` has written fails with that error
            and it is called again, for the rows of the other files.
        see: shown every batch of rows with their fates (`rows.Judged.rows`), by who wants to look on.
    """
    if (form := feed.get("format")) in STANDARD and not feed.get("dates"):
        feed = {**feed, "dates": STANDARD[form]}
    _refuse_unknown(decisions, feed["domain"])
    context = rows.Context(feed, dictionaries, key, studyid, cutoff, links)
    schema = rows.accepted_schema(feed["domain"])
    met: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="remit-") as folder:
        plain, damaged = archives.unpacked(
            [replace(file, name=normalize("NFC", file.name)) for file in files], Path(folder)
        )
        beside = sorted(plain, key=lambda file: file.name)
        data = staging.data_files(redcap.parts(beside)[0], feed)
        entries = [
            *(_Entry(file) for file in data),
            *(_Entry(file, unreadable=message) for file, message in damaged.items()),
        ]

        def accepted(entry: _Entry) -> Iterator[pl.DataFrame]:
            entry.begin()
            if entry.unreadable:
                return
            try:
                for batch in read(entry.file, feed, entry.findings, beside):
                    name = _source(batch, entry.file)
                    named = _named(batch, name, entry.file.sha256, feed_name, delivery)
                    named, others = _filtered(named)
                    judged = rows.judge(_decided(named, decisions, met), context)
                    if see is not None:
                        see(pl.concat([judged.rows.collect(), others], how="diagonal"))
                    yield entry.counted(name, judged, others.height)
                reconciled(entry.file, entry.findings)
            except UnreadableError as error:
                entry.unreadable = str(error)
                if entry.judged:
                    raise
            entry.ended = True

        while True:
            try:
                written = write(streamed(lambda: (f for e in entries for f in accepted(e)), schema))
                break
            except UnreadableError:
                # One file less each time: this ends.
                continue
    if not all(entry.unreadable or entry.ended for entry in entries):
        raise RuntimeError("`write` left rows unread: the ledger would not count them")
    _refuse_unmet(decisions, met, entries)
    judged = [part for entry in entries for part in entry.judged]
    where = {"feed": pl.lit(feed_name), "delivery": pl.lit(delivery)}
    ledger = [
        {"feed": feed_name, "delivery": delivery, **line}
        for entry in entries
        for line in entry.ledger_lines()
    ]
    return Ingested(
        accepted=written,
        quarantine=_lines([part.quarantine for part in judged], rows.QUARANTINE, where),
        unmapped=_lines([part.unmapped for part in judged], rows.UNMAPPED, where),
        ledger=pl.DataFrame(ledger, schema=LEDGER),
        identities=pl.concat(
            [pl.DataFrame(schema=IDENTITIES), *(part.identities for part in judged)]
        )
        .group_by(pl.exclude("ROWS"))
        .agg(pl.col("ROWS").sum())
        .sort(PERSON, nulls_last=False),
        directions=pl.concat(
            [pl.DataFrame(schema=DIRECTIONS), *(part.directions for part in judged)]
        )
        .group_by("LBTESTCD", "direction")
        .agg(pl.col("accepted", "quarantined").sum())
        .sort("LBTESTCD", "direction"),
        headers={
            entry.file.name: entry.findings.header for entry in entries if entry.findings.header
        },
    )


def read(
    file: SourceFile,
    feed: Mapping[str, Any],
    findings: Findings,
    beside: Sequence[SourceFile] = (),
) -> Iterator[pl.DataFrame]:
    """Yield a file's rows as text, by the reader of the feed's `format` or of the one detected.

    `beside` are the files of the delivery, this one among them: a dictionary, or what it refers to.

    Raises:
        UnreadableError: the file is not what the feed says it is, or damaged.
    """
    with file.path.open("rb") as source:
        head = source.read(32)
    if not head:
        raise UnreadableError(f"{file.name}: the file is empty. Ask for it again.")
    is_really = content.kind(file.path)
    declared = feed.get("format")
    if declared is None:
        # JSON, however it is laid out, can only be FHIR.
        json = head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"["))
        declared = is_really or ("fhir" if json else "csv")
        findings.notes.append(f"format {declared} detected")
    if declared not in READERS:
        raise UnreadableError(
            f"{file.name}: it is of format {declared}; a feed's `format` is one of "
            f"{', '.join(READERS)}."
        )
    if declared == "csv" and redcap.is_export(file, beside):
        declared = "redcap"
        findings.notes.append("a REDCap export by its header")
    if declared == "omop":
        # The tables come as what they are.
        batches = omop.read(file, feed, findings, beside, read)
        return staging.staged(_counted(batches, findings), file, feed, findings, beside, read)
    if is_really not in (None, declared) or (is_really is None and declared not in TEXT):
        found = is_really or ("HTML" if head.lstrip().lower().startswith(b"<") else "text")
        raise UnreadableError(
            f"{file.name}: the feed's `format` is {declared}, but the content is {found}. "
            "Correct `format`, or ask for the file again if it is damaged."
        )
    if declared == "redcap":
        batches = redcap.read(file, feed, findings, redcap.parts(beside)[1])
    elif declared == "fhir":
        batches = fhir.read(file, feed, findings, beside)
    else:
        batches = READERS[declared](file, feed, findings)
    return staging.staged(_counted(batches, findings), file, feed, findings, beside, read)


def _counted(batches: Iterator[pl.DataFrame], findings: Findings) -> Iterator[pl.DataFrame]:
    for batch in batches:
        batch = _without_headers(batch, findings)
        findings.handed_on += batch.height
        yield batch


def _without_headers(batch: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Exports that were put one below the other bring their headers along."""
    if findings.header is None:
        return batch
    words = {
        name: " ".join(findings.header.names[place] for place in places)
        for name, places in findings.header.fields.items()
    }
    first = next(iter(words))
    if not batch[first].str.ends_with(words[first]).any():
        return batch
    cells = [pl.col(name).str.strip_chars("\ufeff ") == text for name, text in words.items()]
    kept = batch.filter(~pl.all_horizontal(cells).fill_null(False))
    findings.left_aside[HEADER_AGAIN] += batch.height - kept.height
    return kept


def direct_identifiers(
    files: Sequence[SourceFile], feed: Mapping[str, Any], subjects: bool = False
) -> Iterator[str]:
    """What the columns say that the feed lists under `identifiers`: they are read for this alone.

    Args:
        files: the delivery's files.
        feed: the feed's section of the config.
        subjects: also the ids of the patients.
    """
    listed = {f"IDENTIFIER {i}": header for i, header in enumerate(feed.get("identifiers") or [])}
    named = feed.get("columns") or {}
    own = {"SUBJID": named["SUBJID"]} if subjects and "SUBJID" in named else {}
    bare = {**feed, "tests": [], "where": {}, "join": [], "constants": {}}

    def values(file: SourceFile, asked: Mapping[str, Any], wanted: Collection[str]) -> set[str]:
        return {
            value
            for batch in read(file, asked, Findings(), files)
            for column in set(batch.columns) & set(wanted)
            for value in batch[column].drop_nulls().unique()
        }

    for file in files:
        wanted = listed | own
        try:
            yield from values(file, {**bare, "columns": wanted}, wanted) if wanted else ()
        except RemitError:
            # A file without one of the columns may still have the others.
            for name, header in wanted.items():
                with suppress(RemitError):
                    yield from values(file, {**bare, "columns": {name: header}}, wanted)
        if subjects and not own:
            # A form that names its columns itself, or an id that is joined or built.
            with suppress(RemitError):
                yield from values(file, feed, ["SUBJID"])


@dataclass
class _Entry:
    """One file and what became of its rows, but for the accepted ones."""

    file: SourceFile
    unreadable: str | None = None
    ended: bool = False
    findings: Findings = field(default_factory=Findings)
    judged: list[rows.Judged] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    cleaned: int = 0

    def begin(self) -> None:
        """Nothing of the file is known yet."""
        self.findings, self.judged, self.counts, self.ended = Findings(), [], {}, False
        self.cleaned = 0

    def counted(self, name: str, judged: rows.Judged, filtered: int) -> pl.DataFrame:
        """The accepted rows of a batch of the source `name`, whose other rows stay here."""
        counts = self.counts.setdefault(name, Counter())
        counts["read"] += judged.height + filtered
        counts["accepted"] += judged.accepted.height
        counts["quarantined"] += judged.quarantine.filter(aside="row")["row_id"].n_unique()
        counts["unmapped"] += judged.unmapped.height
        counts["filtered"] += filtered
        self.cleaned += judged.cleaned
        self.judged.append(replace(judged, accepted=judged.accepted.clear(), rows=pl.LazyFrame()))
        return judged.accepted

    def _notes(self) -> Iterator[str]:
        yield from self.findings.notes
        if self.cleaned:
            yield (
                f"of {self.cleaned} identifiers what guards them was taken off (invisible characters, "
                '="…", an apostrophe)'
            )

    def ledger_lines(self) -> Iterator[dict[str, object]]:
        """How many rows of each of its sources met which fate."""
        for name, counts in (self.counts or {self.file.name: Counter()}).items():
            yield {
                "source_file": name,
                "source_sha256": self.file.sha256,
                "status": "unreadable" if self.unreadable else "read",
                "message": self.unreadable or "; ".join(self._notes()) or None,
                "found": self.findings.found,
                "handed_on": self.findings.handed_on,
                "left_aside": left_aside(self.findings) or None,
                **{fate: counts[fate] for fate in FATES},
            }


def _filtered(batch: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the feed's `where`, and the others with their fate."""
    if "FILTERED" not in batch.columns:
        return batch, pl.DataFrame()
    others = batch.filter(pl.col("FILTERED").fill_null(False)).drop("FILTERED")
    return (
        batch.filter(pl.col("FILTERED").is_null()).drop("FILTERED"),
        others.with_columns(FATE=pl.lit("filtered")),
    )


def _source(batch: pl.DataFrame, file: SourceFile) -> str:
    """The name of a batch's source: the file's, with the sheet's place where there are several."""
    if "SHEET" not in batch.columns:
        return file.name
    return f"{file.name}, sheet {batch['SHEET'].item(0)}"


def _named(batch: pl.DataFrame, name: str, sha: str, feed: str, delivery: str) -> pl.DataFrame:
    """Where each row comes from.

    A row id is a hash of feed, delivery and name, then what a decision knows the row by whatever the
    file is called: a hash of the bytes, the sheet where there are several, and the line.
    """
    sheet = f".{batch['SHEET'].item(0)}" if "SHEET" in batch.columns else ""
    line = pl.col("SRCLINE").cast(pl.String)
    if "PART" in batch.columns:
        line = pl.concat_str(line, pl.lit("."), "PART")
    return batch.with_columns(
        ROWID=pl.concat_str(
            pl.lit(f"{origin(feed, delivery, name, sha)}-{sha[:CONTENT]}{sheet}:"), line
        ),
        SRCFILE=pl.lit(name),
        SRCSHA=pl.lit(sha),
    )


def _decided(batch: pl.DataFrame, decisions: pl.DataFrame | None, met: set[str]) -> pl.DataFrame:
    """The rows with what a data manager signed in place of the source's text; `met` learns which."""
    if decisions is None or decisions.is_empty():
        return batch
    content = pl.col("ROWID").str.split("-").list.last()
    rows = batch.select(content).to_series()
    for column, lines in decisions.group_by("column", maintain_order=True):
        name = str(column[0])
        signed = dict(
            lines.select(pl.col("row_id").str.split("-").list.last(), "value").iter_rows()
        )
        met |= set(signed) & set(rows)
        before = pl.col(name) if name in batch.columns else pl.lit(None, pl.String)
        batch = batch.with_columns(
            pl.when(content.is_in(list(signed)))
            .then(content.replace_strict(signed, default=None, return_dtype=pl.String))
            .otherwise(before)
            .alias(name)
        )
    return batch


def _refuse_unknown(decisions: pl.DataFrame | None, domain: str) -> None:
    """A signed decision about a column that no row has would decide nothing."""
    known = [column.name for column in DOMAINS[domain]]
    signed = [] if decisions is None else decisions.select("row_id", "column").rows()
    for row_id, column in signed:
        if column not in known:
            raise RemitError(
                f"study.decisions: row {row_id}: {column!r} is no column of {domain}; there are "
                f"{', '.join(known)}."
            )


def _refuse_unmet(
    decisions: pl.DataFrame | None, met: set[str], entries: Sequence["_Entry"]
) -> None:
    """A signed decision is never lost without a word."""
    if decisions is None or any(entry.unreadable for entry in entries):
        return
    content = pl.col("row_id").str.split("-").list.last()
    lost = decisions.filter(~content.is_in(list(met)))["row_id"].unique().sort()
    if len(lost):
        raise RemitError(
            f"study.decisions: no row of the delivery is {', '.join(lost)}. Take the row ids from "
            "results/harmonized/quarantine.csv, or take the lines out."
        )


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
