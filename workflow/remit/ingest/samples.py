"""The beginnings of exports that nobody has described yet: how they are read, headers, first rows."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from remit.ingest import archives, content
from remit.ingest.delimited import DELIMITERS, encoding_of
from remit.ingest.source import SourceFile

#: So many rows of a file are looked at, and so many bytes of one that has no rows.
ROWS, BYTES = 2_000, 1 << 22
FORMATS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
    *("%Y%m%d", "%d-%b-%Y", "%d%b%Y", "%d %b %Y", "%Y年%m月%d日", "%d.%m.%y", "%d/%m/%y"),
)
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", "T%H:%M")
NUMBER = re.compile(r"[<>≤≥]?=?\s*-?\d+([.,]\d+)?")
#: What the rows of a FHIR resource and of an HL7 segment are.
RESOURCES = {
    "Observation": "lb",
    "Patient": "dm",
    "MedicationAdministration": "ex",
    "MedicationRequest": "cm",
    "MedicationStatement": "cm",
    "AdverseEvent": "ae",
}
SEGMENTS = {"OBX": "lb", "PID": "dm"}
#: A column that only this table of OMOP has, and what its rows are; of some a person must say it.
OMOP = {
    "measurement_concept_id": ("measurement", "lb"),
    "gender_concept_id": ("person", "dm"),
    "death_type_concept_id": ("death", "dm"),
    "drug_exposure_start_date": ("drug_exposure", None),
    "vocabulary_id": ("concept", None),
}
STATISTICAL = ("xpt", "sas7bdat", "sav", "dta")


@dataclass(frozen=True)
class Sample:
    """The beginning of one table: how it was read, its header and its first rows, all as text.

    Attributes:
        form: keys of a feed that say how it is read.
        headers: of the columns; none where the form names its columns itself.
        rows: the first ones.
        notes: what a person should know of the reading.
        labels: header to what the file itself says of the column.
        domains: where the form names its columns, each domain of its rows with the evidence.
    """

    form: dict[str, str]
    headers: list[str]
    rows: list[list[str]]
    notes: dict[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)

    def values(self, place: int) -> list[str]:
        """The filled cells of a column."""
        cells = (row[place].strip() for row in self.rows if place < len(row))
        return [cell for cell in cells if cell]

    def of(self, header: str) -> list[str]:
        """The filled cells of the column that has the header."""
        return self.values(self.headers.index(header))

    def only(self, headers: Sequence[str], rows: list[list[str]] | None = None) -> Sample:
        """The same with these columns alone, and these rows."""
        places = [self.headers.index(header) for header in headers]
        kept = [
            [row[place] if place < len(row) else "" for place in places]
            for row in (self.rows if rows is None else rows)
        ]
        return Sample(self.form, list(headers), kept, self.notes, self.labels)


def samples(path: Path) -> Iterator[Sample]:
    """The tables of a file: one of a text file, one a sheet of a workbook, those in an archive."""
    kind = content.kind(path)
    if kind in ("zip", "gz"):
        with tempfile.TemporaryDirectory() as room:
            inner, _ = archives.unpacked([SourceFile(path.name, path)], Path(room))
            for file in inner:
                for sample in samples(file.path):
                    sample.notes["archive"] = f"in the archive it is {file.name}"
                    yield sample
    elif kind in ("xlsx", "xls", "xlsb", "ods"):
        yield from _sheets(path, kind)
    elif kind == "parquet":
        import polars as pl

        from remit.ingest.tables import printed

        table = pl.scan_parquet(path).head(ROWS).collect()
        texts = table.select(printed(name, of) for name, of in table.schema.items())
        yield _of_columns(table.columns, texts.rows(), {"format": kind})
    elif kind in STATISTICAL:
        yield _statistical(path, kind)
    elif kind == "hl7":
        text = _head(path)
        found = Counter(re.findall(r"(?:^|[\r\n\x0b])(OBX|PID)\|", text))
        yield _named(kind, {SEGMENTS[of]: f"{n} segments {of}" for of, n in found.items()})
    elif kind == "dataset-json":
        name = re.search(r'"name"\s*:\s*"([A-Z]{2})"', _head(path))
        yield _named(kind, _sdtm(name[1] if name else ""))
    elif kind in (None, "fhir"):
        yield from _text(path)


def _sheets(path: Path, kind: str) -> Iterator[Sample]:
    import fastexcel

    book = fastexcel.read_excel(str(path))
    for name in book.sheet_names:
        cells = book.load_sheet(name, header_row=None, n_rows=ROWS, dtypes="string")
        rows = [[cell or "" for cell in row] for row in cells.to_polars().rows()]
        rows = [[cell.removesuffix(" 00:00:00") for cell in row] for row in rows]
        if (found := _table(rows, {"format": kind, "sheet": name})) is not None:
            yield found


def _text(path: Path) -> Iterator[Sample]:
    encoding = encoding_of(path)
    if encoding is None:
        return
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        text = "".join(line for _, line in zip(range(ROWS), stream, strict=False))
    if text.lstrip("\ufeff").lstrip().startswith(("{", "[")):
        found = Counter(re.findall(r'"resourceType"\s*:\s*"(\w+)"', _head(path)))
        told: dict[str, list[str]] = {}
        for resource, domain in RESOURCES.items():
            if resource in found:
                told.setdefault(domain, []).append(f"{found[resource]} {resource}")
        yield _named("fhir", {domain: " and ".join(named) for domain, named in told.items()})
        return
    delimiter, rows = max(
        ((mark, list(csv.reader(io.StringIO(text), delimiter=mark))) for mark in DELIMITERS),
        key=lambda read: _fields(read[1]),
    )
    # Where there are but ASCII letters, another file's encoding is not known yet.
    form = {"format": "csv"} | ({} if text.isascii() else {"encoding": encoding})
    form |= {"delimiter": delimiter}
    if (table := _table(rows, form)) is None:
        return
    names = [name.casefold() for name in table.headers]
    if "person_id" in names or "concept_id" in names:
        for column, (name, rows_of) in OMOP.items():
            if column in names:
                told_of = {rows_of: f"the table {name} of OMOP, by {column}"} if rows_of else {}
                notes = {
                    "omop": "the tables of OMOP that belong together lie in one folder of the feed's, "
                    f"named after what they hold ({name}.csv)"
                }
                yield Sample({"format": "omop"}, [], [], notes, domains=told_of)
                return
    yield table


def _head(path: Path) -> str:
    with path.open("rb") as source:
        return source.read(BYTES).decode("utf-8", errors="replace")


def _named(kind: str, domains: Mapping[str, str]) -> Sample:
    return Sample({"format": kind}, [], [], domains=domains)


def _sdtm(name: str) -> dict[str, str]:
    """What a data set of SDTM holds, by its name."""
    known = ("lb", "dm", "ex", "qs", "cm", "ae")
    return {name.lower(): f"the data set is called {name}"} if name.lower() in known else {}


def _statistical(path: Path, kind: str) -> Sample:
    import pyreadstat

    from remit.ingest.tables import printed

    read: Any = {
        "xpt": pyreadstat.read_xport,
        "sas7bdat": pyreadstat.read_sas7bdat,
        "sav": pyreadstat.read_sav,
        "dta": pyreadstat.read_dta,
    }[kind]
    # As the reader has it: a code reads as its label where the file has one.
    labelled = {} if kind == "xpt" else {"apply_value_formats": kind in ("sav", "dta")}
    table, meta = read(str(path), row_limit=ROWS, output_format="polars", **labelled)
    if kind == "xpt" and "USUBJID" in table.columns and (of := _sdtm(meta.table_name or "")):
        return _named(kind, of)
    texts = table.select(printed(name, of) for name, of in table.schema.items())
    labels = {k: v for k, v in (meta.column_names_to_labels or {}).items() if v}
    return _of_columns(table.columns, texts.rows(), {"format": kind}, labels)


def _of_columns(
    names: list[str],
    rows: Sequence[Sequence[str | None]],
    form: dict[str, str],
    labels: Mapping[str, str] | None = None,
) -> Sample:
    return Sample(form, names, [[cell or "" for cell in row] for row in rows], labels=labels or {})


def _fields(rows: Sequence[Sequence[str]]) -> int:
    """How many fields most rows have, where most have as many."""
    counts = Counter(len(row) for row in rows if any(row))
    width, rows_of_it = max(counts.items(), key=lambda item: item[1], default=(0, 0))
    return width if 2 * rows_of_it >= counts.total() else 1


def _table(rows: list[list[str]], form: dict[str, str]) -> Sample | None:
    """The header is the first row that is as full as the fullest and holds neither number nor date."""
    width = max((sum(bool(cell.strip()) for cell in row) for row in rows), default=0)
    for place, row in enumerate(rows[:50]):
        names = [cell.strip().lstrip("\ufeff") for cell in row]
        filled = [name for name in names if name]
        wordy = not any(NUMBER.fullmatch(name) or date_formats([name]) for name in filled)
        if width and len(filled) >= max(1, 0.8 * width) and wordy:
            notes = {"header": f"the header is line {place + 1}"} if place else {}
            return Sample(form, names, rows[place + 1 :], notes)
    return None


def date_formats(values: Sequence[str]) -> list[str]:
    """The formats by which every one of the values is a date."""
    some = list(dict.fromkeys(values))[:500]
    if not some or not all(any(c.isdigit() for c in value) for value in some):
        return []
    return [f + t for f in FORMATS for t in TIMES if all(moment(value, f + t) for value in some)]


def moment(value: str, format: str) -> datetime | None:
    """A date by a format, or None where it is none by it."""
    try:
        found = datetime.strptime(value, format)
    except ValueError:
        return None
    return found if 1850 < found.year < 2200 else None
