"""What a feed does to the rows of a file before they are judged: join, filter, build, unpivot."""

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from remit.ingest.source import (
    BRACED,
    Findings,
    SourceFile,
    UnreadableError,
    built_constants,
    tests,
)

Read = Callable[..., Iterator[pl.DataFrame]]
RESULT = {"lb": "LBORRES", "qs": "QSORRES"}
# What a test says of itself beside what its rows have.
ABOUT = {"column", "part", "codes"}


def data_files(files: Sequence[SourceFile], feed: Mapping[str, Any]) -> list[SourceFile]:
    """The files whose rows the feed reads, without those that it only joins to them, if any is left."""
    joined = [join["file"] for join in feed.get("join") or [] if join.get("file")]
    left = [file for file in files if not any(_is_of(file, pattern) for pattern in joined)]
    return left or list(files)


def staged(
    batches: Iterator[pl.DataFrame],
    file: SourceFile,
    feed: Mapping[str, Any],
    findings: Findings,
    beside: Sequence[SourceFile],
    read: Read,
) -> Iterator[pl.DataFrame]:
    """Yield the batches of a file after the feed's `join`, `where`, built constants and `tests`.

    The rows that are none of the feed's `where` stand behind the others; FILTERED is true of them.

    A name in these is one of our columns where the feed maps it or a join gives it, else a header of
    the file, which stands as `[header]` in the batches.

    Args:
        batches: as its reader yields them.
        file: the file, for messages.
        feed: the feed's section of the config.
        findings: gets the partners not found, and the lines left aside.
        beside: the files of the delivery, those to be joined among them.
        read: reads a file by a feed's section, for those.

    Raises:
        UnreadableError: a name is neither a column nor a header, or a table cannot be joined.
    """
    tables = [(join, _table(join, file, feed, beside, read)) for join in feed.get("join") or []]
    missed = [0] * len(tables)
    for batch in batches:
        try:
            for place, (join, table) in enumerate(tables):
                batch, misses = _joined(batch, join, table, file)
                missed[place] += misses
            kept, others = _filtered(batch, feed, file)
            batch = _built(kept, feed, file)
            if feed.get("tests"):
                batch = _unpivoted(batch, feed, file, findings)
            if others.height:
                batch = pl.concat([batch, others], how="diagonal")
        except pl.exceptions.ComputeError as error:
            raise UnreadableError(
                f"{file.name}: a regular expression of the feed is not understood: "
                f"{' '.join(str(error).split())[:200]}"
            ) from None
        yield batch.select(name for name in batch.columns if not name.startswith("["))
    for (join, _), misses in zip(tables, missed, strict=True):
        if misses:
            findings.notes.append(f"{misses} rows without a partner in {_name(join)}")


def _table(
    join: Mapping[str, Any],
    file: SourceFile,
    feed: Mapping[str, Any],
    beside: Sequence[SourceFile],
    read: Read,
) -> pl.DataFrame:
    """The table to join: its keys as `key 0`, `key 1` …, and the columns it gives; each key once."""
    if join.get("dictionary"):
        path = Path(join["dictionary"])
        found = [SourceFile(join["dictionary"], path)] if path.is_file() else []
    elif join.get("file"):
        found = [each for each in beside if _is_of(each, join["file"]) and each != file]
    else:
        found = [file]  # another sheet of the same workbook
    if not found:
        where = (
            "its path is from the study's folder"
            if join.get("dictionary")
            else ("put it into the same folder of the delivery")
        )
        raise UnreadableError(
            f"{file.name}: {_name(join)}, which the feed joins, is not there; {where}."
        )
    keys = {f"key {place}": theirs for place, theirs in enumerate(join["by"].values())}
    options = {name: value for name, value in join.items() if name in OPTIONS and value}
    section = {"domain": feed["domain"], "columns": keys | join["columns"], **options}
    batches = [batch for each in found for batch in read(each, section, Findings(), found)]
    rows = pl.concat(batches, how="diagonal").select(~cs.matches(r"^key \d+\.CELL$"))
    text = pl.col(pl.String).str.strip_chars().replace("", None)
    table = rows.filter(~pl.col("RAGGED")).select(text).unique().drop_nulls(list(keys))
    if table.select(list(keys)).is_duplicated().any():
        raise UnreadableError(
            f"{file.name}: {_name(join)} has {' and '.join(join['by'].values())} more than once with "
            "different contents. Join by what is there once."
        )
    return table


OPTIONS = ("format", "encoding", "delimiter", "sheet")


def _joined(
    batch: pl.DataFrame, join: Mapping[str, Any], table: pl.DataFrame, file: SourceFile
) -> tuple[pl.DataFrame, int]:
    ours = [_column(batch, name, file).str.strip_chars() for name in join["by"]]
    keys = [f"key {place}" for place in range(len(ours))]
    both = batch.with_columns(own.alias(key) for own, key in zip(ours, keys, strict=True)).join(
        table.with_columns(FOUND=pl.lit(True)), on=keys, how="left", maintain_order="left"
    )
    misses = both.filter(pl.col("FOUND").is_null() & ~pl.col("RAGGED")).height
    return both.drop(*keys, "FOUND"), misses


def _filtered(
    batch: pl.DataFrame, feed: Mapping[str, Any], file: SourceFile
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the feed's `where`, among them all that a reader could not make out; the others."""
    if not feed.get("where"):
        return batch, batch.clear()
    wanted = pl.lit(True)
    for name, rule in feed["where"].items():
        text = _column(batch, name, file).str.strip_chars().fill_null("")
        text = text.replace(dict.fromkeys(feed.get("missing", []), ""))
        if isinstance(rule, Mapping):
            for verb, of in rule.items():
                wanted &= text.str.contains(of) if verb == "matches" else ~text.is_in(_several(of))
        else:
            wanted &= text.is_in(_several(rule))
    unread = pl.col("RAGGED")
    if "NOT_READ" in batch.columns:
        unread |= pl.col("NOT_READ").is_not_null()
    kept = (wanted | unread).fill_null(False)
    own = [name for name in batch.columns if not name.startswith("[")]
    others = batch.filter(~kept).select(own).with_columns(FILTERED=True)
    if feed.get("tests"):
        others = others.with_columns(PART=pl.lit(0, pl.Int64))
    return batch.filter(kept), others


def _built(batch: pl.DataFrame, feed: Mapping[str, Any], file: SourceFile) -> pl.DataFrame:
    """The constants that are built of the row's cells; one with an empty cell is empty."""
    made = {}
    missing = dict.fromkeys(["", *(feed.get("missing") or [])])
    for name, text in built_constants(feed).items():
        parts = [
            _column(batch, part[1:-1], file).str.strip_chars().replace(missing)
            if BRACED.fullmatch(part)
            else pl.lit(part)
            for part in re.findall(r"\{[^{}]+\}|[^{}]+", text)
        ]
        made[name] = pl.concat_str(parts)
    return batch.with_columns(**made)


def _unpivoted(
    batch: pl.DataFrame, feed: Mapping[str, Any], file: SourceFile, findings: Findings
) -> pl.DataFrame:
    """One row per filled cell of a wide file's tests; PART tells the rows of one line apart.

    A line without any result is left aside. A cell in which a test's `part` is not found is no
    result: its row is set aside.
    """
    result = RESULT[feed["domain"]]
    kept = [name for name in batch.columns if not name.startswith("[")]
    missing = ["", *feed.get("missing", [])]
    torn = batch.filter("RAGGED")
    rows = [torn.select(kept).with_columns(PART=pl.lit(0, pl.Int64))]
    whole = batch.filter(~pl.col("RAGGED"))
    names = findings.header.names if findings.header else []
    empty = pl.lit(True)
    for place, test in enumerate(tests(feed, names)):
        cell = _column(whole, test["column"], file).str.strip_chars()
        flawed = _flaw(whole, test["column"])
        filled = flawed.is_not_null() | (cell.is_not_null() & ~cell.is_in(missing))
        empty &= ~filled
        value = cell.str.extract(test["part"], 1) if test.get("part") else cell
        value = pl.when(flawed.is_null()).then(value).otherwise(cell)
        if test.get("codes"):
            value = value.replace(test["codes"])
        own = {
            name: _column(whole, of["column"], file) if isinstance(of, Mapping) else pl.lit(of)
            for name, of in test.items()
            if name not in ABOUT
        }
        own |= {
            f"{name}.CELL": _flaw(whole, of["column"])
            for name, of in test.items()
            if name not in ABOUT and isinstance(of, Mapping)
        }
        own[f"{result}.CELL"] = flawed
        lost = pl.format("the pattern {} is not in {}", pl.lit(test.get("part") or ""), cell)
        rows.append(
            whole.filter(filled)
            .with_columns(
                value.alias(result),
                *(text.alias(name) for name, text in own.items()),
                NOT_READ=pl.when(value.is_null()).then(lost),
                PART=pl.lit(place, pl.Int64),
            )
            .select(*dict.fromkeys([*kept, result, *own, "NOT_READ", "PART"]))
        )
    bare = whole.select(empty.fill_null(True).sum()).item() if whole.height else 0
    if bare:
        findings.handed_on -= bare
        findings.left_aside["lines without any result"] += bare
    return pl.concat(rows, how="diagonal").sort("SRCLINE", "PART")


def _flaw(batch: pl.DataFrame, name: str) -> pl.Expr:
    """Why a column's cells are not to be trusted, where its reader knows."""
    for known in (f"{name}.CELL", f"[{name}].CELL"):
        if known in batch.columns:
            return pl.col(known)
    return pl.lit(None, pl.String)


def _column(batch: pl.DataFrame, name: str, file: SourceFile) -> pl.Expr:
    """One of our columns, or a header of the file."""
    for known in (name, f"[{name}]"):
        if known in batch.columns:
            return pl.col(known)
    raise UnreadableError(
        f"{file.name}: {name!r} in the feed is neither a column that it maps nor a header"
    )


def _is_of(file: SourceFile, pattern: str) -> bool:
    return fnmatch.fnmatch(Path(file.name).name.casefold(), pattern.casefold())


def _name(join: Mapping[str, Any]) -> str:
    return str(join.get("dictionary") or join.get("file") or f"the sheet {join['sheet']}")


def _several(texts: str | Sequence[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)
