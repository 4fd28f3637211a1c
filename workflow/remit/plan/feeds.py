"""The section `feeds`: what each export is and how it is read."""

from __future__ import annotations

import codecs
import re
import zoneinfo
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from remit.errors import nearest
from remit.plan.blocks import Block, Text, Texts, wrong

# Directives of a date's format as chrono knows them, which polars reads by; and those for a date.
DIRECTIVE = re.compile(r"%[-_0]?(?:\.[369]?f|:z|.)?")
READ = re.compile(r"%(?:[-_0]?[YymbBhdeajAHIklpPMSTRFDyz%]|\.[369]?f|:z|f)")
#: The forms that name their columns themselves.
NAMED = ("xpt", "dataset-json", "fhir", "hl7", "omop")
#: Columns that a feed of each domain may map, in SDTM's names.
COLUMNS = {
    "dm": (
        *(
            "SUBJID",
            "SITEID",
            "SEX",
            "BRTHDTC",
            "RFICDTC",
            "LNCLASS",
            "LNDXDTC",
            "WEIGHT",
            "DSDECOD",
        ),
        *("DSSTDTC", "DTHDTC", "RFXSTDTC", "RFXENDTC"),
    ),
    "ex": ("SUBJID", "SITEID", "EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "EXSTDTC", "EXENDTC"),
    "lb": (
        *(
            "SUBJID",
            "SITEID",
            "LBTEST",
            "LBLOINC",
            "LBSPEC",
            "LBMETHOD",
            "LBOPER",
            "LBORRES",
            "LBORRESU",
            "LBORNRLO",
        ),
        *("LBORNRHI", "LBORNR", "LBDTC", "LBREFID", "VISIT", "LBRPTDTC", "LBRESST"),
    ),
    "qs": ("SUBJID", "SITEID", "QSTEST", "QSORRES", "QSDTC"),
    "cm": (
        *(
            "SUBJID",
            "SITEID",
            "CMTRT",
            "CMDOSE",
            "CMDOSU",
            "CMDOSFRQ",
            "CMROUTE",
            "CMSTDTC",
            "CMENDTC",
        ),
    ),
    "ae": (
        *(
            "SUBJID",
            "SITEID",
            "AETERM",
            "AEDECOD",
            "AEBODSYS",
            "AESTDTC",
            "AEENDTC",
            "AETOXGR",
            "AESEV",
            "AESER",
        ),
        *("AEREL", "AEACN", "AEOUT"),
    ),
}


def _header(value: Any) -> Any:
    one = isinstance(value, str) and value
    several = isinstance(value, list) and value and all(isinstance(v, str) and v for v in value)
    if not one and not several:
        raise wrong(
            f"{value!r} is no header. Write a header of the file, or a list of several whose cells "
            "are joined by spaces"
        )
    return value


Header = Annotated[
    Any,
    BeforeValidator(_header),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "minLength": 1},
                },
            ]
        }
    ),
]


def _pattern(value: Any) -> Any:
    if not isinstance(value, str) or not value:
        raise wrong(f"{value!r} is no regular expression")
    try:
        re.compile(value)
    except re.error as error:
        raise wrong(f"{value!r} is no regular expression: {error}") from None
    return value


def _cell(value: Any) -> Any:
    other = (
        isinstance(value, dict) and set(value) == {"column"} and isinstance(value["column"], str)
    )
    if not isinstance(value, str) and not other:
        raise wrong(f"{value!r} is neither a text nor another column, such as {{column: HEADER}}")
    return value


def _rule(value: Any) -> Any:
    if isinstance(value, dict):
        if not value or set(value) - {"not", "matches"}:
            raise wrong(
                f"{value!r} is no rule. Write texts, {{not: [texts]}} or {{matches: REGEX}}"
            )
        if "matches" in value:
            _pattern(value["matches"])
    texts = value.get("not", "") if isinstance(value, dict) else value
    several = texts if isinstance(texts, list) else [texts]
    if not several or not all(isinstance(text, str) for text in several):
        raise wrong(f"{value!r} is no text, nor a list of texts; write numbers and yes in quotes")
    return value


Pattern = Annotated[
    Any, BeforeValidator(_pattern), WithJsonSchema({"type": "string", "format": "regex"})
]
_A_CELL = {"type": "object", "properties": {"column": {"type": "string"}}, "required": ["column"]}
Cell = Annotated[
    Any, BeforeValidator(_cell), WithJsonSchema({"anyOf": [{"type": "string"}, _A_CELL]})
]
_TEXTS = [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]
_VERBS = {"not": {"anyOf": _TEXTS}, "matches": {"type": "string", "format": "regex"}}
Rule = Annotated[
    Any,
    BeforeValidator(_rule),
    WithJsonSchema(
        {
            "anyOf": [
                *_TEXTS,
                {"type": "object", "properties": _VERBS, "additionalProperties": False},
            ]
        }
    ),
]


class Test(Block):
    """One column of a wide file, or many of one form: what the test is and what else its rows have."""

    column: Text | None = None
    """The header of the test's column."""
    headings: Pattern = None
    r"""Instead of `column`: a regular expression for the headers of many columns, each a test. What its
    named groups find is what the rows have, such as '(?P<LBDTC>\d\d\.\d\d\.\d{4})' for dates as headers, or
    '(?P<LBTEST>.+) (?P<VISIT>week \d+)'."""
    part: Pattern = None
    r"""A regular expression whose first group is the result, such as '^(\d+)/' for the systolic
    pressure in 120/80. A cell in which it is not found is set aside."""
    codes: Texts | None = None
    """Result in the file to the result it stands for, for this test, such as {1: negative, 2: positive}."""
    LBTEST: Cell = None
    """The same for all rows of this column, as are the keys below; `{column: HEADER}` takes it from
    another column of the row. With `headings`, `{heading}` in HEADER is the test's own header, and
    `{NAME}` what the group NAME found."""
    LBLOINC: Cell = None
    """LOINC code."""
    LBSPEC: Cell = None
    """Specimen."""
    LBMETHOD: Cell = None
    """Method."""
    LBOPER: Cell = None
    """Comparator, such as < or >=."""
    LBORRESU: Cell = None
    """Unit."""
    LBORNRLO: Cell = None
    """Lower limit of the reference range."""
    LBORNRHI: Cell = None
    """Upper limit of the reference range."""
    LBORNR: Cell = None
    """Reference range in one text."""
    LBDTC: Cell = None
    """Date of collection."""
    LBREFID: Cell = None
    """Number of the specimen."""
    VISIT: Cell = None
    """Visit as the source calls it."""
    LBRESST: Cell = None
    """Status of the result."""
    QSTEST: Cell = None
    """Item of a questionnaire."""
    QSDTC: Cell = None
    """Date of the questionnaire."""

    @model_validator(mode="after")
    def _one_or_many(self) -> Test:
        if (self.column is None) == (self.headings is None):
            raise wrong("a test has either `column` or `headings`")
        return self


class Join(Block):
    """Another table, joined to each row by what both have. Rows without a partner are read and counted."""

    file: Text | None = None
    """Name of the table's file in the same folder of the delivery, such as "patients*.csv". It gives no
    rows itself."""
    dictionary: Text | None = None
    """Instead of `file`: path of a table that stays the same, in the study's folder, such as
    resources/lab_codes.csv."""
    by: Texts
    """Header of the feed's file to the header of the table that holds the same."""
    columns: Texts
    """Our column name, or another to filter and join by, to the header of the table."""
    format: str | None = None
    """What the table is, as for a feed."""
    encoding: str | None = None
    """Its encoding, as for a feed."""
    delimiter: str | None = None
    """Its delimiter, as for a feed."""
    sheet: str | None = None
    """Its sheet; alone, a sheet of the feed's own workbook."""

    @model_validator(mode="after")
    def _one_table(self) -> Join:
        if (self.file and self.dictionary) or not (self.file or self.dictionary or self.sheet):
            raise wrong("a table is joined from either `file`, `dictionary` or `sheet`")
        return self


Resource = Literal[
    "Observation", "Patient", "MedicationAdministration", "MedicationRequest",
    "MedicationStatement", "AdverseEvent", "Condition",
]  # fmt: skip


class SubjectIds(Block):
    """The form of patients' numbers (SUBJID)."""

    pattern: Pattern = None
    r"""A regular expression that a whole number matches, such as '[A-Z]\d{6}'. What does not is no number:
    its row is set aside."""
    width: Annotated[int, Field(ge=1, le=64)] | None = None
    """Numbers of digits alone are filled with zeros to so many, as they were before a spreadsheet lost
    them."""
    missing: list[str] = []
    """Texts that stand for no number, such as 9999, beside NULL, NA, Total and the like."""


class Feed(Block):
    """One export of one source system. Its name is also the folder of its files."""

    model_config = ConfigDict(serialize_by_alias=True)

    domain: Literal["lb", "dm", "ex", "qs", "cm", "ae"]
    """What the rows are: lb laboratory, dm demographics, ex infusions or doses of the study drug, qs
    questionnaires, cm other medication, ae adverse events."""
    files: str = "*"
    """Which files in the feed's folder are read, such as "*.csv". A folder there is one delivery of
    several files."""
    format: (
        Literal["csv", "xlsx", "xls", "xlsb", "ods", "parquet", "redcap", "fhir", "hl7", "omop"]
        | Literal["xpt", "sas7bdat", "sav", "dta", "dataset-json"]
        | None
    ) = None
    """What the files are. Left out, it is detected and noted in the ledger."""
    from_: Annotated[str, Field(pattern="^[A-Za-z0-9_]+$")] | None = Field(None, alias="from")
    """The folder of extracts that the feed reads, where several feeds read the same files; another
    feed's, for instance. Left out, the folder has the feed's name."""
    where: dict[str, Rule] = {}
    """Which rows are read: a header (or a column of ours) to the texts it may have, such as {Event:
    [baseline, month 6]}; {not: [cancelled]} for those it may not have; {matches: REGEX}. An empty text
    is "". The others are counted."""
    join: list[Join] = []
    """Other tables, joined to each row by what both have."""
    resources: list[Resource] = []
    """Which FHIR resources give rows, such as Condition for ae. Left out: Observation for lb, Patient for
    dm, MedicationAdministration for ex, MedicationRequest and MedicationStatement for cm, AdverseEvent
    for ae."""
    categories: list[str] = ["laboratory"]
    """Categories of FHIR observations that are read, by their codes or texts, such as laboratory (in any
    code system), vital-signs, survey. One without a category is read."""
    identifier_system: Text | None = None
    """Which of a patient's numbers is SUBJID: in FHIR the identifier's system, such as
    http://hospital.example/mrn; in HL7 v2 the type or the assigning authority in PID-3, such as MR; in
    OMOP person_source_value. Left out, the id of the FHIR Patient, the only number of PID-3, person_id."""
    encoding: str | None = None
    """Encoding of text files, such as utf-8, utf-16, gb18030, windows-1252. Left out, it is detected."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """The one character between fields of text files. Left out, it is detected."""
    sheet: str | None = None
    """Name of the sheet of a workbook. Left out, the first sheet with all mapped headers is taken."""
    site: Text | None = None
    """The hospital (SITEID) whose patient numbers the feed has: the same number of another hospital is
    another person. Where it stands in the file, map it as SITEID. All feeds of a study name it, or none."""
    subject_ids: SubjectIds | None = None
    """The form of its patients' numbers; that of `study.subject_ids` when left out."""
    columns: dict[str, Header] = {}
    """Our column name to the header in the file; a list of headers is joined by spaces (a date in
    several columns). SAS transport, Dataset-JSON, FHIR, HL7 and OMOP need none."""
    tests: list[Test] = []
    """For a wide file, one test a column: the header (of a header in two rows both texts, joined by a
    space), what the test is and whatever else its rows have. An empty cell is no row."""
    constants: Texts = {}
    """Our column name to a value that every row has because the file does not carry it, such as
    LBSPEC: URINE. Braces take a cell of the row: SUBJID: 'A-{MRN}' puts A- before what MRN holds (but for
    units, whose braces are their own)."""
    codes: dict[str, Texts] = {}
    """Per column of ours: value in the file to our value, such as SEX: {男: M, 女: F}."""
    dates: list[str] = []
    """Formats of the dates in strftime's directives, such as %d/%m/%Y; `excel` for serial numbers.
    Year-first forms need none."""
    timezone: str | None = None
    """IANA name of the clock the times were written by, such as Asia/Shanghai. Left out, times stay
    without offset."""
    decimal: Literal[".", ","] = "."
    """Decimal mark of the numbers."""
    thousands: Literal["", ",", ".", " ", "'"] = ""
    """Mark between thousands; empty when there is none."""
    missing: list[str] = []
    """Texts that mean missing, beside the empty one."""
    identifiers: list[str] = []
    """Headers of direct identifiers (names, national ids). They are never read."""

    @model_validator(mode="after")
    def _names_its_columns(self) -> Feed:
        if not self.columns and not self.join and self.format not in NAMED:
            raise wrong(
                "'columns' is missing. Our column name to the header in the file, "
                "such as {SUBJID: MRN}"
            )
        return self


def problems(name: str, feed: Feed) -> Iterator[str]:
    """Columns, clocks and encodings that nobody knows, and formats that give no date."""
    known = COLUMNS[feed.domain]
    for key in ("columns", "constants", "codes"):
        for column in getattr(feed, key):
            if column not in known:
                hint = f"did you mean `{near}`?" if (near := nearest(column, known)) else None
                yield (
                    f"feeds.{name}.{key}: unknown key `{column}`; "
                    + (hint or f"of {feed.domain} there are {', '.join(known)}")
                )
    for number, join in enumerate(feed.join):
        for column in set(join.columns) & set(feed.columns):
            yield f"feeds.{name}.join.{number}.columns: {column} is mapped in the feed's `columns`, too"
    for format in feed.dates:
        place = f"feeds.{name}.dates: {format!r}"
        strange = [found for found in DIRECTIVE.findall(format) if not READ.fullmatch(found)]
        if format == "excel":
            continue
        if "%" not in format:
            yield f"{place} is not of the form wanted. Such as %d/%m/%Y, %Y%m%d, %d-%b-%y, or `excel`."
        elif strange:
            yield f"{place}: `{strange[0]}` is no part of a date; write such as %d/%m/%Y %H:%M"
        elif not re.search("%[-_0]?[YyFD]", format):
            yield f"{place}: it has no year; write %Y for 2021, %y for 21"
    yield from zone_problems(f"feeds.{name}", feed.timezone)
    try:
        codecs.lookup(feed.encoding or "utf-8")
    except LookupError:
        yield (
            f"feeds.{name}.encoding: {feed.encoding!r} is unknown. Write utf-8, utf-16, gb18030, "
            "windows-1252, or leave it out to have it detected"
        )


def zone_problems(place: str, zone: str | None) -> Iterator[str]:
    """What is wrong with the name of a clock."""
    if zone and zone not in (zones := zoneinfo.available_timezones()):
        near = nearest(zone, zones)
        hint = f"did you mean `{near}`?" if near else "write it like Asia/Shanghai"
        yield f"{place}.timezone: {zone!r} is no IANA time zone; {hint}"
