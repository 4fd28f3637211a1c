"""A first feed block for an export nobody has described: what its bytes, headers and values tell.

Nothing is decided here: each line of a draft carries its evidence for a person, and what could be read
in more than one way is left open.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from remit.ingest import content
from remit.ingest.delimited import DELIMITERS, encoding_of
from remit.ingest.dictionaries import Dictionaries
from remit.plan.feeds import COLUMNS
from remit.plan.resources import Row

#: So many rows of a file are looked at, and so many different values of a column shown.
ROWS, SHOWN = 2_000, 3
FORMATS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
    *("%Y%m%d", "%d-%b-%Y", "%d%b%Y", "%d %b %Y", "%Y年%m月%d日", "%d.%m.%y", "%d/%m/%y"),
)
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", "T%H:%M")
#: Columns of one meaning in several domains: the end of their names, and the domains that have them.
SHARED = {
    "TRT": ("ex", "cm"),
    "DOSE": ("ex", "cm"),
    "DOSU": ("ex", "cm"),
    "DOSFRQ": ("cm",),
    "ROUTE": ("ex", "cm"),
    "STDTC": ("ex", "cm", "ae"),
    "ENDTC": ("ex", "cm", "ae"),
    "DTC": ("lb", "qs"),
}
PREFIX = {"ex": "EX", "cm": "CM", "ae": "AE", "lb": "LB", "qs": "QS"}
CODED = ("SEX", "DSDECOD", "LBRESST", "AESER")
DATES = re.compile("(DTC|DT)$")
#: What a domain cannot do without: one of each group.
NEEDED: dict[str, list[tuple[str, ...]]] = {
    "dm": [("SEX", "BRTHDTC", "DSDECOD", "RFICDTC")],
    "ex": [("EXTRT", "EXDOSE"), ("EXSTDTC",)],
    "cm": [("CMTRT",), ("CMSTDTC", "CMDOSE")],
    "ae": [("AETERM", "AEDECOD"), ("AESTDTC", "AETOXGR", "AESER")],
    "qs": [("QSTEST",), ("QSORRES",)],
    "lb": [("LBTEST", "LBLOINC"), ("LBORRES",)],
}
#: The likelier first, where two domains have as many of a file's columns.
ORDER = ("lb", "ae", "cm", "ex", "dm", "qs")
NUMBER = re.compile(r"[<>≤≥]?=?\s*-?\d+([.,]\d+)?")


@dataclass(frozen=True)
class Sample:
    """The beginning of one table: how it was read, its header and its first rows, all as text."""

    form: dict[str, str]
    headers: list[str]
    rows: list[list[str]]
    notes: dict[str, str] = field(default_factory=dict)

    def values(self, place: int) -> list[str]:
        """The filled cells of a column."""
        cells = (row[place].strip() for row in self.rows if place < len(row))
        return [cell for cell in cells if cell]


class Line(NamedTuple):
    """One key of a draft: what it says, why, and whether it is left open for a person."""

    key: str
    value: Any
    evidence: str
    open: bool = False


class Draft(NamedTuple):
    """A proposed feed.

    `feed` can be checked as it stands; `lines` has it in order with the evidence of each key; `left` are
    the headers of which nothing is known.
    """

    domain: str | None
    feed: dict[str, Any]
    lines: list[Line]
    left: list[str]


def samples(path: Path) -> Iterator[Sample]:
    """The tables of a file: one of a text file, one a sheet of a workbook."""
    kind = content.kind(path)
    if kind in ("xlsx", "xls", "xlsb", "ods"):
        import fastexcel

        book = fastexcel.read_excel(str(path))
        for name in book.sheet_names:
            cells = book.load_sheet(name, header_row=None, n_rows=ROWS, dtypes="string")
            rows = [[cell or "" for cell in row] for row in cells.to_polars().rows()]
            rows = [[cell.removesuffix(" 00:00:00") for cell in row] for row in rows]
            form = {"format": kind, "sheet": name}
            if (found := _table(rows, form)) is not None:
                yield found
        return
    if kind is not None:
        yield Sample({"format": kind}, [], [])
        return
    encoding = encoding_of(path)
    if encoding is None:
        return
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        text = "".join(line for _, line in zip(range(ROWS), stream, strict=False))
    if text.lstrip("\ufeff").lstrip().startswith(("{", "[")):
        yield Sample({"format": "fhir"}, [], [])
        return
    delimiter, rows = max(
        ((mark, list(csv.reader(io.StringIO(text), delimiter=mark))) for mark in DELIMITERS),
        key=lambda read: _fields(read[1]),
    )
    form = {"format": "csv", "encoding": encoding, "delimiter": delimiter}
    if (found := _table(rows, form)) is not None:
        yield found


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
        wordy = not any(NUMBER.fullmatch(name) or _formats([name]) for name in filled)
        if width and len(filled) >= max(1, 0.8 * width) and wordy:
            notes = {"header": f"the header is line {place + 1}"} if place else {}
            return Sample(form, names, rows[place + 1 :], notes)
    return None


def words(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, str]]:
    """Per kind and plain word what it may mean, each meaning with its language.

    Args:
        rows: `resources/headers.csv`.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        cells = row.cells
        for word in cells["words"].split(";"):
            of = found.setdefault((cells["kind"], plain(word)), {})
            of.setdefault(cells["means"], cells["language"])
    return found


def plain(header: str) -> str:
    """A header without case, accents, marks and the unit in brackets."""
    text = re.sub(r"[(\[（].*?[)\]）]", " ", unicodedata.normalize("NFKC", header)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+|_", " ", text).split())


def unit_of(header: str) -> str | None:
    """The unit in brackets at the end of a header."""
    found = re.search(r"[(\[（]([^)\]）]+)[)\]）]\s*$", header)
    return found[1].strip() if found else None


def draft(
    sample: Sample, known: Mapping[tuple[str, str], dict[str, str]], dictionaries: Dictionaries
) -> Draft:
    """The feed that a table seems to be.

    Args:
        sample: One of `samples`.
        known: `words` of the headers.
        dictionaries: Whose names of tests count as well.
    """
    if not sample.headers:
        told = "the form names its columns itself; say what its rows are"
        return Draft(None, dict(sample.form), [Line("domain", "lb", told, True)], [])
    domain, columns = _domain(sample, known, dictionaries)
    hidden = [
        h for h in sample.headers if ("identifier", plain(h)) in known and h not in columns.values()
    ]
    lines = [Line(key, value, "found in the file") for key, value in sample.form.items()]
    feed: dict[str, Any] = dict(sample.form)
    if domain is None:
        return Draft(None, feed, lines, [h for h in sample.headers if h not in hidden])
    feed["domain"] = domain
    by_header = {header: place for place, header in enumerate(sample.headers)}
    lines.insert(0, Line("domain", domain, "its columns: " + ", ".join(columns.values())))
    tests, asked = (
        _tests(sample, columns, hidden, known, dictionaries) if domain == "lb" else ([], [])
    )
    feed["columns"] = columns
    for column, header in columns.items():
        values = sample.values(by_header[header])
        # What a configuration says may be seen by others: no person's number or birthday.
        told = f"{len(set(values))} different in {len(values)} rows"
        if column not in ("SUBJID", "BRTHDTC"):
            told = _such_as(values)
        lines.append(Line(f"columns.{column}", header, told))
    if tests:
        feed["tests"] = tests
        named = {row["LBTESTCD"]: row for row in dictionaries.analytes.iter_rows(named=True)}
        for test in tests:
            analyte = named[test["LBTEST"]]
            where = f" in {analyte['LBSPEC'].lower()}" if analyte["LBSPEC"] else ""
            what = f"{analyte['LBTEST']}{where}"
            seen = _such_as(sample.values(by_header[test["column"]]))
            lines.append(Line("tests", test, f"{what}; {seen}"))
            if analyte["unit"] and "LBORRESU" not in test:
                asked.append(
                    Line(
                        "tests", test["column"], "its unit is not in the header; add LBORRESU", True
                    )
                )
    for column in (c for c in columns if c in CODED):
        values = sample.values(by_header[columns[column]])
        codes = _codes(column, values, known)
        ours = {m.partition("=")[2] for m in _meanings(known) if m.startswith(f"{column}=")}
        if strange := [v for v in dict.fromkeys(values) if v not in ours and v not in codes]:
            asked.append(
                Line(f"codes.{column}", strange[:20], "what they mean is not in the file", True)
            )
        if codes:
            feed.setdefault("codes", {})[column] = codes
            lines.append(Line(f"codes.{column}", codes, "by what the words mean"))
    lines += _dates(sample, columns, by_header, feed)
    lines += _numbers(sample, columns, tests, by_header, feed)
    if hidden:
        feed["identifiers"] = hidden
        lines.append(Line("identifiers", hidden, "never read"))
    used = {*columns.values(), *hidden, *(test["column"] for test in tests)}
    left = [header for header in sample.headers if header and header not in used]
    return Draft(domain, feed, [*lines, *asked], left)


def _domain(
    sample: Sample, known: Mapping[tuple[str, str], dict[str, str]], dictionaries: Dictionaries
) -> tuple[str | None, dict[str, str]]:
    """The domain that has most of the columns, and its columns; wide laboratory files count too."""
    best: tuple[int, int, str | None, dict[str, str]] = (0, 0, None, {})
    for domain in ORDER:
        columns: dict[str, str] = {}
        for place, header in enumerate(sample.headers):
            for meaning in known.get(("column", plain(header)), {}):
                column = meaning
                if meaning in SHARED:
                    column = PREFIX.get(domain, "") + meaning
                values = sample.values(place) if DATES.search(column) else []
                dated = not values or _formats(values)
                if column in COLUMNS[domain] and column not in columns and dated:
                    columns[column] = header
                    break
        complete = all(set(group) & set(columns) for group in NEEDED[domain])
        score = len(columns) - ("SUBJID" in columns)
        if domain == "lb" and not complete:
            columns = {
                c: h
                for c, h in columns.items()
                if c in ("SUBJID", "LBDTC", "VISIT", "LBREFID", "LBRPTDTC")
            }
            found, _ = _tests(sample, columns, [], known, dictionaries)
            complete, score = bool(found) and "LBDTC" in columns, len(columns) - 1 + len(found)
        if domain in ("ex", "cm") and complete:
            drugs = sample.values(
                sample.headers.index(
                    columns.get("EXTRT") or columns.get("CMTRT") or sample.headers[0]
                )
            )
            # An export of the doses of a study names hardly any other drug than its own.
            commonest = max(Counter(map(plain, drugs)).values(), default=0)
            one = commonest >= 0.9 * len(drugs)
            score += 1 if one == (domain == "ex") else -1
        if "SUBJID" in columns and complete and (score, -ORDER.index(domain)) > best[:2]:
            best = (score, -ORDER.index(domain), domain, columns)
    return best[2], best[3]


def _tests(
    sample: Sample,
    columns: Mapping[str, str],
    hidden: Sequence[str],
    known: Mapping[tuple[str, str], dict[str, str]],
    dictionaries: Dictionaries,
) -> tuple[list[dict[str, str]], list[Line]]:
    """The columns of a wide file that are tests; those that may be several are told and left open."""
    tests, asked = [], []
    for place, header in enumerate(sample.headers):
        values = sample.values(place)
        numeric = sum(bool(NUMBER.fullmatch(value)) for value in values)
        if (
            not header
            or header in columns.values()
            or header in hidden
            or 2 * numeric < max(1, len(values))
        ):
            continue
        name = plain(header)
        meant = set(known.get(("test", name), {}))
        if own := dictionaries.analyte(re.sub(r"[(\[（].*", "", header).strip(), None, None):
            meant.add(own)
        unit = unit_of(header)
        if len(meant) == 1:
            test = {"column": header, "LBTEST": meant.pop()}
            tests.append(test | ({"LBORRESU": unit} if unit else {}))
        elif meant:
            asked.append(
                Line("tests", {"column": header}, f"may be {' or '.join(sorted(meant))}", True)
            )
    return tests, asked


def _meanings(known: Mapping[tuple[str, str], dict[str, str]]) -> Iterator[str]:
    """All that the values of coded columns may mean, such as SEX=F."""
    for (kind, _), meant in known.items():
        yield from meant if kind == "value" else ()


def _codes(
    column: str, values: Sequence[str], known: Mapping[tuple[str, str], dict[str, str]]
) -> dict[str, str]:
    codes = {}
    for value in dict.fromkeys(values):
        meant = [m for m in known.get(("value", plain(value)), {}) if m.startswith(f"{column}=")]
        if len(meant) == 1 and (ours := meant[0].partition("=")[2]) != value:
            codes[value] = ours
    return codes


def _formats(values: Sequence[str]) -> list[str]:
    """The formats by which every one of the values is a date."""
    some = list(dict.fromkeys(values))[:500]
    if not some or not all(any(c.isdigit() for c in value) for value in some):
        return []
    return [f + t for f in FORMATS for t in TIMES if all(_is_date(value, f + t) for value in some)]


def _is_date(value: str, format: str) -> bool:
    try:
        return 1850 < datetime.strptime(value, format).year < 2200
    except ValueError:
        return False


def _dates(
    sample: Sample, columns: Mapping[str, str], by_header: Mapping[str, int], feed: dict[str, Any]
) -> Iterator[Line]:
    """One format a column where its values leave no other; day and month may be either way round."""
    formats: list[str] = []
    for column, header in columns.items():
        values = sample.values(by_header[header]) if DATES.search(column) else []
        found = _formats(values)
        turned = {f.replace("%d", "?").replace("%m", "%d").replace("?", "%m") for f in found}
        if set(found) & turned - {f for f in found if f.startswith("%Y")}:
            yield Line("dates", found, f"{header}: day and month could be either way round", True)
        elif found and found[0] not in formats:
            formats.append(found[0])
            yield Line("dates", found[0], f"{header}: so are all {len(values)} values")
    if formats:
        feed["dates"] = formats


def _numbers(
    sample: Sample,
    columns: Mapping[str, str],
    tests: Sequence[Mapping[str, str]],
    by_header: Mapping[str, int],
    feed: dict[str, Any],
) -> Iterator[Line]:
    """The decimal mark, where the values have one and it cannot be that of thousands."""
    measured = ["LBORRES", "WEIGHT", "EXDOSE", "CMDOSE", "LBORNRLO", "LBORNRHI", "QSORRES"]
    headers = [columns[c] for c in measured if c in columns] + [test["column"] for test in tests]
    values = [v for header in headers for v in sample.values(by_header[header])]
    commas = [v for v in values if re.fullmatch(r"[<>≤≥]?\s*-?\d+,\d+", v)]
    points = [v for v in values if re.fullmatch(r"[<>≤≥]?\s*-?\d+\.\d+", v)]
    sure = [v for v in commas if not re.fullmatch(r"\D*[1-9]\d{0,2},\d{3}", v)]
    if sure and not points:
        feed["decimal"] = ","
        yield Line("decimal", ",", f"such as {sure[0]}")
    elif commas:
        mixed = f"{commas[0]}" + (f" beside {points[0]}" if points else "")
        yield Line("decimal", ",", f"{mixed}: a comma here may part decimals or thousands", True)


def _such_as(values: Sequence[str]) -> str:
    seen = list(dict.fromkeys(values))[:SHOWN]
    return f"such as {', '.join(seen)[:60]}" if seen else "empty in these rows"
