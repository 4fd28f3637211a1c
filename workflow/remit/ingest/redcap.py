"""REDCap exports: longitudinal and repeating, decoded by the project's own data dictionary."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from remit.ingest import delimited
from remit.ingest.source import Findings, SourceFile, headers

# The columns of a data dictionary as the project's page exports it, and as its API does.
VARIABLE, TYPE = ("Variable / Field Name", "field_name"), ("Field Type", "field_type")
CHOICES = ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations")
VALIDATION = (
    "Text Validation Type OR Show Slider Number",
    "text_validation_type_or_show_slider_number",
)
# What only REDCap puts into the header of an export.
OWN = (b"redcap_event_name", b"redcap_repeat_instrument", b"redcap_data_access_group")
HEAD = 1 << 16


def is_dictionary(file: SourceFile) -> bool:
    """Whether a file of the delivery is the project's data dictionary."""
    with file.path.open("rb") as source:
        head = source.read(400)
    return VARIABLE[0].encode() in head or all(
        name.encode() in head for name in (VARIABLE[1], TYPE[1], "form_name")
    )


def is_export(file: SourceFile, beside: Sequence[SourceFile]) -> bool:
    """Whether a text file is an export of REDCap: by its header, or by the dictionary beside it."""
    with file.path.open("rb") as source:
        header = source.read(HEAD).partition(b"\n")[0]
    return any(name in header for name in OWN) or parts(beside)[1] is not None


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
    known = _of_record(file, feed)
    if known is not None:
        record = {RECORD: known.columns[0]}
        feed = {**feed, "columns": {**feed["columns"], **record}}
    for batch in delimited.read(file, feed, findings):
        if known is not None:
            batch = _filled(batch, known)
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


RECORD = "[record]"
# What stands in one event of a record and is true of all of it.
OF_RECORD = ("SUBJID", "SITEID")


def _of_record(file: SourceFile, feed: Mapping[str, Any]) -> pl.DataFrame | None:
    """The record's own field, and SUBJID and SITEID where one event alone has them; or None."""
    options = {name: feed[name] for name in ("encoding", "delimiter") if feed.get(name)}
    mapped = {name: feed["columns"][name] for name in OF_RECORD if name in feed["columns"]}
    findings = Findings()
    next(delimited.read(file, {"columns": mapped, **options}, findings), None)
    if findings.header is None:
        return None
    record = findings.header.names[0]
    others = {name: of for name, of in mapped.items() if of not in (record, [record])}
    if not others:
        return None
    look = {"columns": {record: record, **others}, **options}
    text = pl.col(pl.String).str.strip_chars().replace("", None)
    rows = pl.concat(
        batch.filter(~pl.col("RAGGED")).select(text)
        for batch in delimited.read(file, look, Findings())
    )
    # Two identifiers in one record tell nothing of its other rows.
    one = [
        pl.when(pl.col(name).drop_nulls().n_unique() == 1).then(pl.col(name).drop_nulls().first())
        for name in others
    ]
    return rows.group_by(record, maintain_order=True).agg(one)


def _filled(batch: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    record, *names = known.columns
    theirs = known.rename({record: RECORD, **{name: f"[{name}]" for name in names}})
    return batch.join(theirs, on=RECORD, how="left", maintain_order="left").with_columns(
        pl.coalesce(pl.col(name).str.strip_chars().replace("", None), pl.col(f"[{name}]")).alias(
            name
        )
        for name in names
    )


def _fields(dictionary: SourceFile) -> dict[str, dict[str, str]]:
    with dictionary.path.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    form = 0 if rows and VARIABLE[0] in rows[0] else 1
    names = {theirs[form]: theirs[0] for theirs in (VARIABLE, TYPE, CHOICES, VALIDATION)}
    usual = [{names.get(name, name): text for name, text in row.items()} for row in rows]
    return {row[VARIABLE[0]]: row for row in usual}


def _decoded(name: str, field: Mapping[str, str]) -> pl.Expr:
    value = pl.col(name)
    if field.get(TYPE[0]) in ("radio", "dropdown"):
        return value.replace(_choices(field[CHOICES[0]]))
    if "comma_decimal" in (field.get(VALIDATION[0]) or ""):
        return value.str.replace(",", ".", literal=True)
    return value


def _choices(text: str) -> dict[str, str]:
    pairs = (choice.partition(",") for choice in re.split(r"\s*\|\s*", text))
    return {code.strip(): label.strip() for code, comma, label in pairs if comma}


def parts(files: Sequence[SourceFile]) -> tuple[list[SourceFile], SourceFile | None]:
    """The delivery's exports, and its data dictionary when there is one."""
    dictionaries = [file for file in files if is_dictionary(file)]
    return [file for file in files if file not in dictionaries], next(iter(dictionaries), None)
