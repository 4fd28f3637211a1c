"""The section `feeds`: what each export is and how it is read."""

from __future__ import annotations

import codecs
import difflib
import re
import zoneinfo
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from remit.plan.blocks import Block, Text, Texts, wrong

# Directives of a date's format as chrono knows them, which polars reads by; and those for a date.
DIRECTIVE = re.compile(r"%[-_0]?(?:\.[369]?f|:z|.)?")
READ = re.compile(r"%(?:[-_0]?[YymbBhdeajAHIklpPMSTRFDyz%]|\.[369]?f|:z|f)")
#: The forms that name their columns themselves.
NAMED = ("xpt", "fhir")
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
        *("DSSTDTC", "DTHDTC"),
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


class Test(Block):
    """One column of a wide file: what the test is and whatever else all its rows have."""

    column: Text
    """The header of the test's column."""
    part: str | None = None
    r"""A regular expression whose first group is the result, such as '^(\d+)/' for the systolic
    pressure in 120/80."""
    LBTEST: str | None = None
    """The same for all rows of this column, as are the keys below."""
    LBLOINC: str | None = None
    """LOINC code."""
    LBSPEC: str | None = None
    """Specimen."""
    LBMETHOD: str | None = None
    """Method."""
    LBORRESU: str | None = None
    """Unit."""
    LBORNRLO: str | None = None
    """Lower limit of the reference range."""
    LBORNRHI: str | None = None
    """Upper limit of the reference range."""
    LBORNR: str | None = None
    """Reference range in one text."""
    LBDTC: str | None = None
    """Date of collection."""
    LBREFID: str | None = None
    """Number of the specimen."""
    VISIT: str | None = None
    """Visit as the source calls it."""
    LBRESST: str | None = None
    """Status of the result."""
    QSTEST: str | None = None
    """Item of a questionnaire."""
    QSDTC: str | None = None
    """Date of the questionnaire."""


Resource = Literal[
    "Observation", "Patient", "MedicationAdministration", "MedicationRequest",
    "MedicationStatement", "AdverseEvent", "Condition",
]  # fmt: skip


class Feed(Block):
    """One export of one source system. Its name is also the folder of its files."""

    domain: Literal["lb", "dm", "ex", "qs", "cm", "ae"]
    """What the rows are: lb laboratory, dm demographics, ex infusions or doses of the study drug, qs
    questionnaires, cm other medication, ae adverse events."""
    files: str = "*"
    """Which files in the feed's folder are read, such as "*.csv". A folder there is one delivery of
    several files."""
    format: (
        Literal["csv", "xlsx", "xls", "xlsb", "ods", "parquet", "redcap", "fhir"]
        | Literal["xpt", "sas7bdat", "sav", "dta"]
        | None
    ) = None
    """What the files are. Left out, it is detected and noted in the ledger."""
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
    columns: dict[str, Header] = {}
    """Our column name to the header in the file; a list of headers is joined by spaces (a date in
    several columns). SAS transport and FHIR need none."""
    tests: list[Test] = []
    """For a wide file, one test a column: the header (of a header in two rows both texts, joined by a
    space), what the test is and whatever else all its rows have. An empty cell is no row."""
    constants: Texts = {}
    """Our column name to a value that every row has because the file does not carry it, such as
    LBSPEC: URINE."""
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
        if not self.columns and self.format not in NAMED:
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
                hint = f"did you mean `{near[0]}`?" if (near := _near(column, known)) else None
                yield (
                    f"feeds.{name}.{key}: unknown key `{column}`; "
                    + (hint or f"of {feed.domain} there are {', '.join(known)}")
                )
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
    if feed.timezone and feed.timezone not in (zones := zoneinfo.available_timezones()):
        near = _near(feed.timezone, zones)
        hint = f"did you mean `{near[0]}`?" if near else "write it like Asia/Shanghai"
        yield f"feeds.{name}.timezone: {feed.timezone!r} is no IANA time zone; {hint}"
    try:
        codecs.lookup(feed.encoding or "utf-8")
    except LookupError:
        yield (
            f"feeds.{name}.encoding: {feed.encoding!r} is unknown. Write utf-8, utf-16, gb18030, "
            "windows-1252, or leave it out to have it detected"
        )


def _near(name: str, known: Any) -> list[str]:
    return difflib.get_close_matches(name, known, 1)
