"""A published workbook with planted faults: one test for each line of its sheet "Problems".

What Remit does about each stands in docs/onboarding.md too.
"""

from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from remit.harmonize import quality
from remit.harmonize.meetings import CONFLICTS
from remit.ingest import Ingested
from remit.ingest.dictionaries import Dictionaries

from .conftest import Run

DATA = {"format": "xlsx", "sheet": "Data"}
PEOPLE = {"domain": "dm", "columns": {"SUBJID": "pat_id", "BRTHDTC": "dob"}}
START = {"SUBJID": "pat_id", "LBDTC": "start_date"}
END = {"SUBJID": "pat_id", "LBDTC": ["end_year", "end_month", "end_day"]}
UNIT = {"Weight": "kg", "SBP": "mmHg", "DBP": "mmHg", "WBC": "10^9/L", "PLT": "10^9/L"}


@pytest.fixture
def book(run: Run, shared_data: Path):  # type: ignore[no-untyped-def]
    """The sheet "Data" through a feed."""
    content = (shared_data / "messy_excel" / "messy_uc.xlsx").read_bytes()

    def ingested(**feed: Any) -> Ingested:
        return run(content, "messy_uc.xlsx", **{**DATA, "tests": [], **feed})

    return ingested


def of(column: str, test: str, columns: dict[str, Any] = START, **more: Any) -> dict[str, Any]:
    """A laboratory feed of one column."""
    unit = UNIT.get(test, "mmol/L")
    return {
        "domain": "lb",
        "columns": columns,
        "dates": ["%Y %m %d"],
        "tests": [{"column": column, "LBTEST": test, "LBORRESU": unit, **more}],
    }


def test_the_workbook_lists_the_problems_that_are_tested_here(shared_data: Path) -> None:
    sheet = openpyxl.load_workbook(shared_data / "messy_excel" / "messy_uc.xlsx")["Problems"]
    assert [row[0] for row in sheet.iter_rows(min_row=4, values_only=True)] == [
        "Categories with typos",
        "text in numeric data",
        "reding in excel dates",
        "unifying split columns",
        "separating data",
        "Extra header lines at top of sheet",
        "Start Abd score, Daliy Life score, pre/post wt",
        "add units mmHg, cells per 10^9",
        "encoded meaning -99 for not collected",
        "out of range values",
        "missing values",
        "empty rows and columns",
        "extraneous color coding",
    ]


@pytest.mark.parametrize(
    ("column", "right", "typos"),
    [
        ("ethnic", {"hispanic", "not hispanic"}, {"Hispanic", "NOT hispanic", "hispamnic"}),
        (
            "race",
            {"African-American", "AmerInd", "Asian", "Caucasian", "H/API", "Hawaiian", "Mixed"}
            | {"Other"},
            {"afromerican"},
        ),
    ],
)
def test_categories_with_typos_are_no_code_of_the_feed(  # type: ignore[no-untyped-def]
    book, column: str, right: set[str], typos: set[str]
) -> None:
    codes = {"SEX": dict.fromkeys(right, "F")}
    found = book(**PEOPLE | {"columns": {"SUBJID": "pat_id", "SEX": column}, "codes": codes})
    assert set(found.quarantine["rule"]) == {"code_unknown"}
    assert set(found.quarantine["value"]) == typos


@pytest.mark.parametrize(
    ("column", "test", "text"),
    [("start_k", "K", "hemolyzed"), ("start_plt", "PLT", "clumped")],
)
def test_text_among_numbers_is_quarantined_as_unreadable(  # type: ignore[no-untyped-def]
    book, column: str, test: str, text: str
) -> None:
    found = book(**of(column, test)).quarantine.filter(pl.col("rule") == "result_unreadable")
    assert found["value"].to_list() == [text]


def test_dates_of_the_spreadsheet_read_as_dates(book) -> None:  # type: ignore[no-untyped-def]
    born = book(**PEOPLE).accepted["BRTHDTC"]
    assert (born.item(0), born.str.contains(r"^\d{4}-\d\d-\d\d$").all()) == ("2005-01-07", True)
    assert book(**of("start_na", "Na")).accepted["LBDTC"].item(0) == "2021-01-12"


def test_a_date_in_three_columns_is_one_date(book) -> None:  # type: ignore[no-untyped-def]
    assert book(**of("end_wbc", "WBC", END)).accepted["LBDTC"].item(0) == "2021-06-14"


def test_the_pieces_of_an_address_are_never_read(book) -> None:  # type: ignore[no-untyped-def]
    pieces = ["fake_street", "fake_city", "fake_state", "fake_zip"]
    found = book(**PEOPLE, identifiers=pieces)
    (header,) = found.headers.values()
    assert not {header.names[place] for (place,) in header.fields.values()} & set(pieces)
    assert found.accepted.height == 30


@pytest.mark.parametrize(
    ("column", "test", "part", "first"),
    [
        ("start_bp", "SBP", r"^(\d+)/", 114),
        ("start_bp", "DBP", r"/(\d+)$", 72),
        ("pre/post_wt_kg", "Weight", r"^(\d+)/", 84),
        ("pre/post_wt_kg", "Weight", r"/(\d+)$", 82),
    ],
)
def test_two_numbers_in_one_cell_are_two_results(  # type: ignore[no-untyped-def]
    book, column: str, test: str, part: str, first: float
) -> None:
    values = book(**of(column, test, part=part)).accepted["LBSTRESN"]
    assert (len(values), values.item(0)) == (30, first)


def test_the_header_is_found_below_the_title_lines(book) -> None:  # type: ignore[no-untyped-def]
    assert book(**PEOPLE).accepted["SRCLINE"].min() == 8


@pytest.mark.parametrize("column", ["Start Abd score", "Daily Life impact score at start"])
def test_headers_with_spaces_are_mapped_as_they_are(book, column: str) -> None:  # type: ignore[no-untyped-def]
    found = book(**of(column, "Some score"))
    assert found.unmapped["test"].to_list() == ["Some score"] * 30


@pytest.mark.parametrize(
    ("column", "test", "part"),
    [("start_bp", "SBP", r"^(\d+)/"), ("start_wbc", "WBC", "(.*)")],
)
def test_the_feed_gives_a_column_its_unit_and_without_one_no_number_is_taken(  # type: ignore[no-untyped-def]
    book, column: str, test: str, part: str
) -> None:
    feed = of(column, test, part=part)
    assert set(book(**feed).accepted["LBSTRESU"]) == {"10*9/L" if test == "WBC" else "mm[Hg]"}
    del feed["tests"][0]["LBORRESU"]
    assert set(book(**feed).quarantine["rule"]) == {"unit_missing"}


@pytest.mark.parametrize(("column", "test"), [("end_na", "Na"), ("end_k", "K")])
def test_a_code_for_not_collected_breaks_a_limit_until_it_is_declared_missing(  # type: ignore[no-untyped-def]
    book, column: str, test: str
) -> None:
    found = book(**of(column, test, END))
    rules = found.quarantine.filter(pl.col("value") == "-99")["rule"].to_list()
    assert rules == ["value_outside_hard_limits"]
    declared = book(**of(column, test, END), missing=["-99"])
    assert declared.ledger["read"].item() == found.ledger["read"].item() - 1
    assert "-99" not in declared.quarantine["value"].to_list()


@pytest.mark.parametrize(
    ("column", "test", "values"),
    [("start_wbc", "WBC", [106.0]), ("start_plt", "PLT", [1550.0])],
)
def test_values_out_of_range_that_can_be_are_queries(  # type: ignore[no-untyped-def]
    book, known: Dictionaries, column: str, test: str, values: list[float]
) -> None:
    accepted = book(**of(column, test)).accepted
    asked = quality.queries(accepted, known.analytes, pl.DataFrame(schema=CONFLICTS)).filter(
        pl.col("query") == "soft limits"
    )
    assert asked["value"].to_list() == values


def test_a_value_that_cannot_be_is_quarantined(book) -> None:  # type: ignore[no-untyped-def]
    found = book(**of("start_k", "K")).quarantine
    assert found.filter(pl.col("rule") == "value_outside_hard_limits")["value"].to_list() == ["37"]


@pytest.mark.parametrize("column", ["end_emo", "end_dl"])
def test_words_for_missing_are_no_results(book, column: str) -> None:  # type: ignore[no-untyped-def]
    feed = of(column, "Some score", END)
    assert book(**feed).ledger["read"].item() == 30
    assert book(**feed, missing=["not done"]).ledger["read"].item() == 29


def test_empty_rows_and_columns_are_nothing(book) -> None:  # type: ignore[no-untyped-def]
    assert book(**PEOPLE).ledger["read"].item() == 30


def test_colours_are_not_looked_at(book) -> None:  # type: ignore[no-untyped-def]
    columns = {"SUBJID": "pat_id", "CMTRT": "treatment", "CMSTDTC": "start_date"}
    treatments = book(domain="cm", columns=columns).accepted["CMTRT"]
    assert set(treatments) == {"upa", "uste", "oza"}
