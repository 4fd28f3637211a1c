"""The config's section `feeds`: what it allows and how it says no."""

from typing import Any

import pytest

from remit.errors import RemitError
from remit.plan.config import check_feed
from remit.plan.feeds import COLUMNS
from remit.schemas.raw import DOMAINS

FEED = {"domain": "lb", "columns": {"SUBJID": "MRN"}}


def test_every_column_of_every_domain_can_be_mapped() -> None:
    read = {domain: {column.name for column in columns} for domain, columns in DOMAINS.items()}
    assert {domain: set(names) for domain, names in COLUMNS.items()} == read


@pytest.mark.parametrize(
    "feed",
    [
        FEED,
        {"domain": "lb", "format": "xpt"},
        {"domain": "lb", "format": "fhir"},
        {"domain": "dm", "columns": {"SUBJID": "a", "BRTHDTC": ["y", "m", "d"]}},
        {**FEED, "tests": [{"column": "Visit 1 BP", "LBTEST": "SBP", "part": r"^(\d+)/"}]},
    ],
)
def test_feeds_that_are_allowed(feed: dict[str, Any]) -> None:
    filled = check_feed("west", feed)
    assert filled["columns"] == feed.get("columns", {})
    assert (filled["decimal"], filled["missing"], filled["encoding"]) == (".", [], None)


def test_a_code_may_be_written_as_a_number() -> None:
    feed = {"domain": "dm", "columns": {"SUBJID": "id"}, "codes": {"SEX": {1: "M", 2: "F"}}}
    assert check_feed("people", feed)["codes"] == {"SEX": {"1": "M", "2": "F"}}


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({"domain": "lb"}, "feeds.west: 'columns' is missing"),
        ({**FEED, "domain": "vs"}, "feeds.west.domain: 'vs' is not one of"),
        ({**FEED, "colums": {}}, "feeds.west: unknown key `colums`; did you mean `columns`?"),
        (
            {**FEED, "columns": {"LBTESTT": "x"}},
            "feeds.west.columns: unknown key `LBTESTT`; did you mean `LBTEST`?",
        ),
        (
            {**FEED, "columns": {"SEX": "x"}},
            "feeds.west.columns: unknown key `SEX`; of lb there are",
        ),
        ({**FEED, "columns": {"SUBJID": 1}}, "feeds.west.columns.SUBJID: 1 is no header"),
        ({**FEED, "delimiter": "::"}, "feeds.west.delimiter: '::' is too long: at most 1"),
        ({**FEED, "dates": ["dd/mm/yyyy"]}, "feeds.west.dates: 'dd/mm/yyyy' is not of the form"),
        ({**FEED, "decimal": ";"}, "feeds.west.decimal: ';' is not one of"),
        ({**FEED, "codes": {"LBRESST": {True: "FINAL"}}}, "feeds.west.codes.LBRESST"),
        (
            {**FEED, "missing": [999]},
            "feeds.west.missing.0: 999 must be a text (write it in quotes)",
        ),
        ("lab", "feeds.west: 'lab' must be a mapping of keys"),
    ],
)
def test_feeds_that_are_not(feed: Any, said: str) -> None:
    with pytest.raises(RemitError) as refused:
        check_feed("west", feed)
    assert said in str(refused.value)
