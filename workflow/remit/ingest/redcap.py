"""REDCap exports: longitudinal and repeating, decoded by the project's own data dictionary."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from remit.ingest import delimited
from remit.ingest.source import Findings, SourceFile, headers

VARIABLE, TYPE = "Variable / Field Name", "Field Type"
CHOICES = "Choices, Calculations, OR Slider Labels"
VALIDATION = "Text Validation Type OR Show Slider Number"


def is_dictionary(file: SourceFile) -> bool:
    """Whether a file of the delivery is the project's data dictionary."""
    with file.path.open("rb") as source:
        return VARIABLE.encode() in source.read(200)


def read(
    file: SourceFile,
    feed: Mapping[str, Any],
    findings: Findings,
    dictionary: SourceFile | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield the records that hold any of the feed's fields, columns as in `delimited.read`.

    A record without any is another event's or instrument's; the columns `redcap_...` that say which
    event, instrument and instance it is do not count. With the data dictionary, codes of radio
    buttons and dropdowns become their labels and decimal commas become points.

    Raises:
        UnreadableError: as `delimited.read`.
    """
    fields = _fields(dictionary) if dictionary else {}
    asked = headers(feed)
    values = [
        name
        for name, fields_of in asked.items()
        if name != "SUBJID" and not all(field.startswith("redcap_") for field in fields_of)
    ]
    for batch in delimited.read(file, feed, findings):
        # A first look, with nothing but the subject mapped, sees all records.
        filled = pl.any_horizontal(
            *(pl.col(name).str.strip_chars().fill_null("") != "" for name in values),
            pl.lit(not values),
        )
        present = [name for name in values if name in batch.columns]
        records = batch.filter(filled | pl.col("RAGGED"))
        other = batch.height - records.height
        findings.left_aside["records without any of the feed's fields"] += other
        yield records.with_columns(
            _decoded(name, fields.get(asked[name][0], {})) for name in present
        )


def _fields(dictionary: SourceFile) -> dict[str, dict[str, str]]:
    with dictionary.path.open(encoding="utf-8-sig", newline="") as source:
        return {row[VARIABLE]: row for row in csv.DictReader(source)}


def _decoded(name: str, field: Mapping[str, str]) -> pl.Expr:
    value = pl.col(name)
    if field.get(TYPE) in ("radio", "dropdown"):
        return value.replace(_choices(field[CHOICES]))
    if "comma_decimal" in (field.get(VALIDATION) or ""):
        return value.str.replace(",", ".", literal=True)
    return value


def _choices(text: str) -> dict[str, str]:
    pairs = (choice.partition(",") for choice in re.split(r"\s*\|\s*", text))
    return {code.strip(): label.strip() for code, comma, label in pairs if comma}


def parts(files: Sequence[SourceFile]) -> tuple[list[SourceFile], SourceFile | None]:
    """The delivery's exports, and its data dictionary when there is one."""
    dictionaries = [file for file in files if is_dictionary(file)]
    return [file for file in files if file not in dictionaries], next(iter(dictionaries), None)
