"""A first feed block for an export nobody has described: what its bytes, headers and values tell.

Nothing is decided here: each line of a draft carries its evidence for a person, and what could be read
in more than one way is left open.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from remit.ingest.dictionaries import Dictionaries
from remit.ingest.samples import NUMBER, Sample, date_formats
from remit.plan.feeds import COLUMNS
from remit.plan.resources import Row

#: So many different values of a column are shown.
SHOWN = 3
#: What REDCap puts before each record: its event, its instrument and the instance of it.
REDCAP = re.compile("redcap_")
INSTRUMENT = "redcap_repeat_instrument"
REPEATED = (INSTRUMENT, "redcap_repeat_instance")
NO_UNIT = "its unit is not in the header; add LBORRESU, such as {unit} if so"
#: By the form, which numbers of a patient there may be, and which is taken where none is named.
NUMBERS = {
    "fhir": (
        "http://hospital.example/mrn",
        "left out, a patient's number is the id of the Patient",
    ),
    "hl7": ("MR", "left out, a patient's number is the only one of PID-3"),
    "omop": ("person_source_value", "left out, a patient's number is person_id"),
}
#: Words of a header that say a test's specimen: without them it would be another test.
SPECIMENS = {"urine", "urin", "u", "harn", "orina", "serum", "s", "blood", "blut", "csf", "liquor"}
#: Words by which a header says that a column holds numbers of something.
NUMBERED = {
    "id",
    "nr",
    "no",
    "n",
    "num",
    "numero",
    "number",
    "code",
    "codigo",
    "kennung",
    "号",
    "编号",
}
#: Words that hold a name together and mean nothing by themselves.
CONNECTING = {
    *("am", "an", "der", "des", "die", "das", "vom", "von", "und", "im", "zum"),
    *("of", "the", "at", "on", "and", "in", "for"),
    *("le", "la", "les", "du", "de", "des", "d", "et", "au"),
    *("el", "los", "del", "y", "en"),
}
#: Words at the end of a header that hint at a unit, and do not say it.
UNITS = {
    "mmol",
    "umol",
    "nmol",
    "mg",
    "ug",
    "ng",
    "g",
    "u",
    "iu",
    "ml",
    "dl",
    "l",
    "mmhg",
    "kg",
    "cm",
}
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


#: Per kind and plain word what it may mean, each meaning with its language.
Known = Mapping[tuple[str, str], dict[str, str]]


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


def words(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, str]]:
    """Per kind and plain word what it may mean, each meaning with its language.

    Args:
        rows: `resources/headers.csv`.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        cells = row.cells
        for word in cells["words"].split(";"):
            for name in {plain(word), bare(plain(word))}:
                of = found.setdefault((cells["kind"], name), {})
                of.setdefault(cells["means"], cells["language"])
    return found


def plain(header: str) -> str:
    """A header without case, accents, marks and the unit in brackets."""
    text = re.sub(r"[(\[（].*?[)\]）]", " ", unicodedata.normalize("NFKC", header)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+|_", " ", text).split())


def bare(name: str) -> str:
    """A plain name without the little words that hold it together."""
    return " ".join(word for word in name.split() if word not in CONNECTING)


def unit_of(header: str) -> str | None:
    """The unit in brackets at the end of a header."""
    found = re.search(r"[(\[（]([^)\]）]+)[)\]）]\s*$", header)
    return found[1].strip() if found else None


def drafts(sample: Sample, known: Known, dictionaries: Dictionaries) -> list[Draft]:
    """The feeds that a table seems to be: one, or several that each read other columns or rows of it.

    Args:
        sample: One of `samples.samples`.
        known: `words` of the headers.
        dictionaries: Whose names of tests count as well.
    """
    if not sample.headers:
        return _named(sample)
    found: list[Draft] = []
    left: list[str] = []
    for part in _parts(sample):
        rest, domains = part, set[str | None]()
        while (one := draft(rest, known, dictionaries)).domain not in {None, *domains}:
            domains.add(one.domain)
            found.append(one)
            columns = one.feed["columns"]
            used = {*columns.values(), *(test["column"] for test in one.feed.get("tests", []))}
            used -= {columns["SUBJID"]}
            rest = rest.only([header for header in rest.headers if header not in used])
        left += [h for h in rest.headers if h and not identifies(h, known)]
    if not found:
        return [draft(sample, known, dictionaries)]
    mapped = {header for one in found for header in one.feed["columns"].values()}
    *others, last = (one._replace(left=[]) for one in found)
    tested = {test["column"] for one in found for test in one.feed.get("tests", [])}
    known_or_own = {*mapped, *tested, *filter(REDCAP.match, left)}
    kept = [header for header in dict.fromkeys(left) if header not in known_or_own]
    return [*others, last._replace(left=kept)]


def _named(sample: Sample) -> list[Draft]:
    """The feeds of a form that names its columns itself."""
    form = [Line(key, value, "found in the file") for key, value in sample.form.items()]
    asked = []
    if number := NUMBERS.get(sample.form["format"]):
        asked = [Line("identifier_system", *number, open=True)]
    if not sample.domains:
        told = "say what its rows are: lb, dm, ex, qs, cm or ae"
        return [Draft(None, dict(sample.form), [*form, Line("domain", "lb", told, True)], [])]
    return [
        Draft(
            domain,
            {**sample.form, "domain": domain},
            [Line("domain", domain, evidence), *form, *asked],
            [],
        )
        for domain, evidence in sample.domains.items()
    ]


def _parts(sample: Sample) -> Iterator[Sample]:
    """An export of REDCap instrument by instrument, each with the columns that it fills; others whole."""
    if INSTRUMENT not in sample.headers:
        yield sample
        return
    place = sample.headers.index(INSTRUMENT)
    of: dict[str, list[list[str]]] = {}
    for row in sample.rows:
        of.setdefault(row[place].strip() if place < len(row) else "", []).append(row)
    for rows in of.values():
        part = sample.only(sample.headers, rows)
        filled = [
            header
            for k, header in enumerate(sample.headers)
            if part.values(k) and (not REDCAP.match(header) or len(set(part.values(k))) > 1)
        ]
        yield part.only([header for header in filled if header not in REPEATED])


def _spoken(header: str, sample: Sample) -> list[str]:
    """What a column may be called, the surest name first.

    By its header; by the file's own label; and without the words by which all headers but the first
    begin, such as an instrument's name.
    """
    said = [plain(header), plain(sample.labels.get(header, ""))]
    others = [plain(h).split() for h in sample.headers[1:] if not REDCAP.match(h)]
    own = said[0].split()
    for k, word in enumerate(own[:-1]):
        shared = len(others) > 1 and all(other[k : k + 1] == [word] for other in others)
        if not shared or word in SPECIMENS:
            break
        said.append(" ".join(own[k + 1 :]))
    return [name for name in dict.fromkeys([*said, *map(bare, said)]) if name]


def identifies(header: str, known: Known) -> bool:
    """Whether a column names a person: every word of its header says so, as in `Name, Vorname`."""
    parts = [plain(header)] if ("identifier", plain(header)) in known else plain(header).split()
    parts = [part for part in parts if part not in CONNECTING]
    return bool(parts) and all(("identifier", part) in known for part in parts)


def draft(sample: Sample, known: Known, dictionaries: Dictionaries) -> Draft:
    """The feed that most columns of a table seem to be."""
    domain, columns = _domain(sample, known, dictionaries)
    hidden = [h for h in sample.headers if identifies(h, known) and h not in columns.values()]
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
                        "tests",
                        test["column"],
                        f"its unit is not in the header; add LBORRESU, such as {analyte['unit']} if so",
                        True,
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
    if "LBTEST" in columns and (named_tests := _test_names(sample, columns, known, dictionaries)):
        feed.setdefault("codes", {})["LBTEST"] = named_tests
        lines.append(
            Line("codes.LBTEST", named_tests, "by what the words mean, of the usual specimen")
        )
    lines += _dates(sample, columns, by_header, feed)
    lines += _numbers(sample, columns, tests, by_header, feed)
    if hidden:
        feed["identifiers"] = hidden
        lines.append(Line("identifiers", hidden, "never read"))
    used = {*columns.values(), *hidden, *(test["column"] for test in tests)}
    left = [header for header in sample.headers if header and header not in used]
    return Draft(domain, feed, [*lines, *asked], left)


def _domain(
    sample: Sample, known: Known, dictionaries: Dictionaries
) -> tuple[str | None, dict[str, str]]:
    """The domain that has most of the columns, and its columns; wide laboratory files count too."""
    best: tuple[int, int, str | None, dict[str, str]] = (0, 0, None, {})
    for domain in ORDER:
        columns: dict[str, str] = {}
        for place, header in enumerate(sample.headers):
            named = _spoken(header, sample)
            for meaning in (m for name in named for m in known.get(("column", name), {})):
                column = meaning
                if meaning in SHARED:
                    column = PREFIX.get(domain, "") + meaning
                values = sample.values(place) if DATES.search(column) else []
                dated = not values or date_formats(values)
                if column in COLUMNS[domain] and column not in columns and dated:
                    columns[column] = header
                    break
        if "SUBJID" not in columns and (number := _number_of_somebody(sample, columns)):
            columns = {"SUBJID": number, **columns}
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


def _number_of_somebody(sample: Sample, columns: Mapping[str, str]) -> str | None:
    """The first column, where it is called a number and does not count the rows."""
    header, values = sample.headers[0], sample.values(0)
    called = not NUMBERED.isdisjoint(plain(header).split())
    rows = [str(k) for k in range(1, len(values) + 1)]
    free = header not in columns.values()
    return header if free and called and values and values not in (rows, rows[::-1]) else None


def _tests(
    sample: Sample,
    columns: Mapping[str, str],
    hidden: Sequence[str],
    known: Known,
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
        meant: set[str] = set()
        for name in _spoken(header, sample):
            unitless = re.sub(rf" ({'|'.join(UNITS)})$", "", name)
            meant |= {*known.get(("test", name), {}), *known.get(("test", unitless), {})}
            text = re.sub(r"[(\[（].*", "", header).strip() if name == plain(header) else unitless
            if own := dictionaries.analyte(text, None, None):
                meant.add(own)
            if meant:  # the fuller name says more
                break
        unit = unit_of(header)
        if len(meant) == 1:
            test = {"column": header, "LBTEST": meant.pop()}
            tests.append(test | ({"LBORRESU": unit} if unit else {}))
        elif meant:
            asked.append(
                Line("tests", {"column": header}, f"may be {' or '.join(sorted(meant))}", True)
            )
    return tests, asked


def _test_names(
    sample: Sample, columns: Mapping[str, str], known: Known, dictionaries: Dictionaries
) -> dict[str, str]:
    """Names of tests that no dictionary has, by what their words mean.

    Where the file says the specimens, a name of several of them is left alone.
    """
    specimens: dict[str, set[str]] = {}
    where = sample.headers.index(columns["LBSPEC"]) if "LBSPEC" in columns else None
    place = sample.headers.index(columns["LBTEST"])
    for row in (row for row in sample.rows if len(row) > max(place, where or 0)):
        found = specimens.setdefault(row[place].strip(), set())
        found.add(row[where].strip() if where is not None else "")
    codes: dict[str, str] = {}
    for name, of in specimens.items():
        meant = known.get(("test", plain(name)), {}) or known.get(("test", bare(plain(name))), {})
        if name and len(of) == len(meant) == 1 and not dictionaries.analyte(name, None, None):
            codes[name] = next(iter(meant))
    return codes


def _meanings(known: Known) -> Iterator[str]:
    """All that the values of coded columns may mean, such as SEX=F."""
    for (kind, _), meant in known.items():
        yield from meant if kind == "value" else ()


def _codes(column: str, values: Sequence[str], known: Known) -> dict[str, str]:
    codes = {}
    for value in dict.fromkeys(values):
        meant = [m for m in known.get(("value", plain(value)), {}) if m.startswith(f"{column}=")]
        if len(meant) == 1 and (ours := meant[0].partition("=")[2]) != value:
            codes[value] = ours
    return codes


def _dates(
    sample: Sample, columns: Mapping[str, str], by_header: Mapping[str, int], feed: dict[str, Any]
) -> Iterator[Line]:
    """One format a column where its values leave no other; day and month may be either way round."""
    formats: list[str] = []
    for column, header in columns.items():
        values = sample.values(by_header[header]) if DATES.search(column) else []
        found = date_formats(values)
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
