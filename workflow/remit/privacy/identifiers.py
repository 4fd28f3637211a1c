"""What identifies a person (patient ids, names, numbers of the extracts): masked, and searched for."""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import polars as pl
import polars.selectors as cs

#: Shorter values (a ward number, "12") occur by chance everywhere and prove nothing. Where a text is
#: masked as a whole, shorter numbers count too.
SHORTEST = 4
SHORTEST_NUMBER = 6
SHORTEST_HAN = 2
MASK = "***"
#: What a text of a source may stand in.
TEXTS = ("value", "message", "proposal", "test", "unit")
ENCODINGS = ("utf-8", "gb18030", "utf-16-le")
#: How many rows of a table are searched at a time.
ROWS = 2_000_000


def of_study(people: Path, identifiers: Iterable[Path]) -> list[str]:
    """Every patient id and direct identifier of the study, sorted.

    Args:
        people: `results/private/people.parquet`, with SUBJID.
        identifiers: what `ingest` wrote of the direct identifiers, with value.
    """
    parts = [pl.read_parquet(path, columns=["value"])["value"] for path in identifiers]
    whole = pl.concat([pl.read_parquet(people)["SUBJID"].cast(pl.String).alias("value"), *parts])
    return telling(whole.unique().to_list())


def telling(values: Iterable[str | None]) -> list[str]:
    """The distinct values long enough to prove something where they are found, sorted."""
    plain = {value.strip() for value in values if value}
    return sorted(
        value for value in plain if len(value) >= (SHORTEST if value.isascii() else SHORTEST_HAN)
    )


def masked(lines: pl.DataFrame, identifiers: Sequence[str]) -> pl.DataFrame:
    """Lines without identifiers: where cells are shifted, one stands under another name.

    Args:
        lines: with any of `TEXTS`; where `identifies` says so, `value` is one as a whole.
        identifiers: those of the study, from `of_study`.

    Returns:
        `lines` without `identifies`.
    """
    if "identifies" in lines.columns:
        whole = pl.when("identifies").then(pl.lit(MASK)).otherwise("value")
        lines = lines.with_columns(value=whole).drop("identifies")
    told = [name for name in TEXTS if name in lines.columns]
    if lines.is_empty() or not identifiers:
        return lines
    spellings = {spelling: MASK for value in identifiers for spelling in _spellings(value)}
    # One search through all columns: most of its cost is to learn the identifiers.
    texts = pl.concat([lines[name] for name in told]).str.replace_many(spellings, leftmost=True)
    return lines.with_columns(
        texts.slice(place * lines.height, lines.height).alias(name)
        for place, name in enumerate(told)
    )


def masked_text(text: str, identifiers: Sequence[str]) -> str:
    """One text, such as the path of a file, without identifiers."""
    return str(masked(pl.DataFrame({"value": [text]}), identifiers)["value"].item())


def found_in(identifiers: list[str], paths: Iterable[Path]) -> pl.DataFrame:
    """Where identifiers stand.

    A file's name counts as its content. Parquet files are searched in their decoded text, archives
    (such as DOCX) in their members, all else as text in every one of ENCODINGS; identifiers also as
    JSON and HTML write them. A number inside a longer one is no identifier, nor one of fewer than
    SHORTEST_NUMBER digits, nor a name that Remit's own files hold, for what is found proves nothing.

    Returns:
        path, count: the files that hold any, and how many different ones; never the values.
    """
    own = _of_remit()
    meant = {
        spelling: value
        for value in identifiers
        if not (value.isdecimal() and len(value) < SHORTEST_NUMBER) and value not in own
        for spelling in _spellings(value)
    }
    hits: list[dict[str, object]] = []
    for path in paths if meant else ():
        held: set[str] = set()
        for text in [pl.Series([str(path)]), *_texts(path)]:
            for spelling in _standing(text, list(meant)):
                held.add(meant[spelling])
        if held:
            hits.append({"path": str(path), "count": len(held)})
    return pl.DataFrame(hits, schema={"path": pl.String, "count": pl.Int64}).sort("path")


def shared(study: Path, tops: Sequence[Path] = ()) -> list[Path]:
    """The files of a study that others may come to see: all that it wrote but its private results.

    Args:
        study: the study's folder.
        tops: files and folders to search instead of the results and Snakemake's records.
    """
    private = (study / "results/private").resolve()
    given = tops or [study / "results", study / ".snakemake"]
    files = [path for top in given for path in ([top] if top.is_file() else sorted(top.rglob("*")))]
    return [p for p in files if p.is_file() and private not in p.resolve().parents]


def _spellings(value: str) -> set[str]:
    plain = {value, unicodedata.normalize("NFKC", value)}
    return plain | {json.dumps(text)[1:-1] for text in plain} | {html.escape(t) for t in plain}


def _standing(text: pl.Series, spellings: list[str]) -> Iterator[str]:
    found = text.str.extract_many(spellings, overlapping=True).explode().drop_nulls().unique()
    for spelling in found.to_list():
        near = text.filter(text.str.contains(spelling, literal=True))
        if any(_alone(spelling, each) for each in near):
            yield spelling


def _alone(spelling: str, text: str) -> bool:
    """Whether it stands in a text as a word or number of its own, and not as a part of a digest."""
    if not _WORD.fullmatch(spelling):
        return spelling in text
    word = "0-9." if spelling.isdecimal() else "0-9A-Za-z"
    for found in re.finditer(rf"(?<![{word}]){re.escape(spelling)}(?![{word.strip('.')}])", text):
        before = _ENDS.search(text[max(0, found.start() - 64) : found.start()])
        after = _BEGINS.match(text[found.end() : found.end() + 64])
        around = (before[0] if before else "") + spelling + (after[0] if after else "")
        digest = len(around) >= _DIGEST and re.fullmatch("[0-9a-f]+|[0-9A-F]+", around)
        if around == spelling or not digest:
            return True
    return False


#: What has a letter or digit at both ends stands alone or not at all, whatever marks are in it.
_WORD = re.compile(r"[0-9A-Za-z][ -\[\]-~]*[0-9A-Za-z]")
_BEGINS, _ENDS = re.compile("[0-9A-Za-z]*"), re.compile("[0-9A-Za-z]*$")
#: Digits of the shortest digest that Remit writes.
_DIGEST = 12


@cache
def _of_remit() -> str:
    """Everything that Remit itself may print: its words, templates and dictionaries."""
    from remit import roots

    folders = (roots.CODE / "resources", roots.CODE / "workflow")
    files = [path for folder in folders for path in sorted(folder.rglob("*"))]
    told = {".csv", ".yaml", ".j2", ".js", ".css", ".rst", ".py", ".smk"}
    kept = [p for p in files if p.suffix in told and "demo" not in p.parts and p.is_file()]
    return "\n".join(path.read_text(encoding="utf-8") for path in kept)


def _texts(path: Path) -> Iterator[pl.Series]:
    if path.suffix == ".parquet":
        frame = pl.scan_parquet(path).select(cs.string() | cs.categorical() | cs.enum())
        for start in range(0, pl.scan_parquet(path).select(pl.len()).collect().item(), ROWS):
            table = frame.slice(start, ROWS).collect()
            yield from (table[c].cast(pl.String).drop_nulls().unique() for c in table.columns)
        return
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # a record that Snakemake took away meanwhile
        return
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name) for name in archive.namelist()]
    elif data.startswith(b"\x1f\x8b"):
        parts = [gzip.decompress(data)]
    elif data.startswith((b"%PDF", b"\x89PNG")):
        parts = [data, *_compressed(data)]
    else:
        parts = [data]
    for part in parts:
        for encoding in ENCODINGS if not _is_utf8(part) else ENCODINGS[:1]:
            yield pl.Series([part.decode(encoding, errors="ignore")])


def _compressed(data: bytes) -> Iterator[bytes]:
    """What a PDF's streams and the texts of a PNG hold, where it is compressed."""
    heads = rb"stream\r?\n|zTXt[^\x00]*\x00\x00|iTXt[^\x00]*\x00\x01\x00[^\x00]*\x00[^\x00]*\x00"
    starts = [found.end() for found in re.finditer(heads, data)]
    for start in starts:
        # The end of the stream is its own; what is no such stream is text that was searched.
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data[start:])


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
