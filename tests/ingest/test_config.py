"""The config's section `feeds`: what it allows and how it says no."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from remit.schemas.raw import DOMAINS


@pytest.fixture(scope="module")
def schema(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "schemas/config/feeds.yaml").read_text(encoding="utf-8"))


FEED = {"domain": "lb", "columns": {"SUBJID": "MRN"}}


def errors(schema: dict[str, Any], feed: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors({"west": feed})]


def test_every_column_of_every_domain_can_be_mapped(schema: dict[str, Any]) -> None:
    mapped = set(schema["additionalProperties"]["properties"]["columns"]["properties"])
    assert mapped == {column.name for columns in DOMAINS.values() for column in columns}


@pytest.mark.parametrize(
    "feed",
    [
        FEED,
        {"domain": "lb", "format": "xpt"},
        {"domain": "lb", "format": "fhir"},
        {**FEED, "columns": {"SUBJID": "a", "BRTHDTC": ["y", "m", "d"]}},
        {**FEED, "tests": [{"column": "Visit 1 BP", "LBTEST": "SBP", "part": r"^(\d+)/"}]},
    ],
)
def test_feeds_that_are_allowed(schema: dict[str, Any], feed: dict[str, Any]) -> None:
    assert errors(schema, feed) == []


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({"domain": "lb"}, "'columns' is a required property"),
        ({**FEED, "domain": "vs"}, "'vs' is not one of"),
        ({**FEED, "colums": {}}, "'colums' was unexpected"),
        ({**FEED, "columns": {"LBTESTT": "x"}}, "'LBTESTT' was unexpected"),
        ({**FEED, "delimiter": "::"}, "'::' is too long"),
        ({**FEED, "dates": ["dd/mm/yyyy"]}, "does not match"),
        ({**FEED, "decimal": ";"}, "is not one of"),
    ],
)
def test_feeds_that_are_not(schema: dict[str, Any], feed: dict[str, Any], said: str) -> None:
    assert any(said in message for message in errors(schema, feed)), errors(schema, feed)
