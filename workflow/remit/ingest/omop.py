"""OMOP CDM 5 tables (PERSON, DEATH, MEASUREMENT, DRUG_EXPOSURE), each row a row of ours."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from remit.ingest.source import Findings, SourceFile, UnreadableError

Read = Callable[..., Iterator[pl.DataFrame]]
TABLES = {
    "lb": ["measurement"],
    "dm": ["person", "death"],
    "ex": ["drug_exposure"],
    "cm": ["drug_exposure"],
}
# Standard concepts of the OHDSI vocabularies that every table may use without bringing CONCEPT.
OPERATORS = {
    "4171756": "<", "4171754": "<=", "4172703": "", "4171755": ">=", "4172704": ">", "0": "",
}  # fmt: skip
SEX = {"8507": "M", "8532": "F"}
# A time that is not known.
MIDNIGHT = r"[T ]0?0:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$"
CONCEPT = ("concept_id", "concept_name", "concept_code", "vocabulary_id")


def read(
    file: SourceFile,
    feed: Mapping[str, Any],
    findings: Findings,
    beside: Sequence[SourceFile],
    read_table: Read,
) -> Iterator[pl.DataFrame]:
    """Yield the rows of one table of the domain; concepts are looked up in CONCEPT where it is there.

    A concept that is nowhere named gives way to the source's own value. A moment at midnight is its
    day, as the conventions of the CDM have it for an unknown time. SUBJID is person_id, or with
    `identifier_system: person_source_value` the hospital's number that PERSON has for it.

    Args:
        file: the table's file, named after it.
        feed: the feed's section of the config.
        findings: as for every reader.
        beside: the files of the delivery.
        read_table: reads a file by a feed's section.

    Raises:
        UnreadableError: the domain is not read, or no table of the delivery gives rows of it.
    """
    wanted = TABLES.get(feed["domain"])
    if wanted is None:
        raise UnreadableError(f"{file.name}: OMOP is read for {', '.join(TABLES)} only.")
    tables = {_table(each): each for each in beside}
    table = _table(file)
    if table not in wanted:
        if not set(wanted) & set(tables):
            raise UnreadableError(
                f"{file.name}: it gives no row; the tables that do are {', '.join(wanted)}. "
                "Name the files after their tables."
            )
        findings.notes.append("no rows of this feed; another table of the delivery has them")
        return
    concepts = _concepts(tables.get("concept"), read_table)
    people = None
    if feed.get("identifier_system") == "person_source_value" and table != "person":
        if "person" not in tables:
            raise UnreadableError(
                f"{file.name}: PERSON, which has the hospital's numbers, is not there."
            )
        people = _whole(tables["person"], ("person_id", "person_source_value"), read_table)
    make = {"measurement": _measurement, "person": _person, "death": _death}.get(table)
    for batch in _named(file, feed, findings, read_table):
        have = _Cells(batch, concepts)
        rows = make(have) if make else _drug(have, feed["domain"].upper())
        subject = have("person_id")
        if table == "person" and feed.get("identifier_system") == "person_source_value":
            subject = have("person_source_value")
        made = batch.select(SUBJID=subject, **rows, SRCLINE="SRCLINE", RAGGED="RAGGED")
        if people is not None:
            made = made.join(people, left_on="SUBJID", right_on="person_id", how="left",
                             maintain_order="left")  # fmt: skip
            made = made.with_columns(SUBJID="person_source_value").drop("person_source_value")
        yield made


class _Cells:
    """The cells of a batch: a column by name, null where the table lacks it, and its concepts."""

    def __init__(self, batch: pl.DataFrame, concepts: Mapping[str, dict[str, str]]):
        self.names, self.concepts = set(batch.columns), concepts

    def __call__(self, name: str) -> pl.Expr:
        return _cell(name) if name in self.names else pl.lit(None, pl.String)

    def concept(self, name: str, what: str) -> pl.Expr:
        """The name or code of a concept, null where no table tells it."""
        return self(name).replace_strict(
            self.concepts.get(what, {}), default=None, return_dtype=pl.String
        )

    def moment(self, day: str, moment: str, time: str = "") -> pl.Expr:
        """A moment as exact as it is known."""
        known = pl.coalesce(self(moment), pl.concat_str(self(day), self(time), separator=" "))
        midnight = known.str.contains(MIDNIGHT).fill_null(True)
        return (
            pl.when(~midnight)
            .then(known)
            .otherwise(pl.coalesce(self(day), known.str.replace(r"[T ].*$", "")))
        )


def _cell(name: str) -> pl.Expr:
    """A column's text, null where it is empty. An id that a table had among gaps is 1.0 for 1."""
    text = pl.col(name).str.strip_chars().replace("", None)
    return text.str.replace(r"^(\d+)\.0$", "$1") if name.endswith("_id") else text


def _measurement(have: _Cells) -> dict[str, pl.Expr]:
    source = have("measurement_source_value")
    is_loinc = source.str.contains(r"^\d{1,6}-\d$")
    number, said = have("value_as_number"), have("value_source_value")
    operator = have("operator_concept_id")
    known = operator.replace_strict(OPERATORS, default=None, return_dtype=pl.String)
    # The verbatim value keeps an operator that the number has lost.
    sign = pl.coalesce(known.replace("", None), said.str.extract(r"^\s*([<>]=?)", 1), pl.lit(""))
    unit = pl.coalesce(have.concept("unit_concept_id", "ucum"), have("unit_source_value"))
    unnamed = have("unit_concept_id").replace("0", None)
    return {
        "LBTEST": pl.coalesce(
            have.concept("measurement_concept_id", "name"), pl.when(~is_loinc).then(source)
        ),
        "LBLOINC": pl.coalesce(
            have.concept("measurement_concept_id", "loinc"), pl.when(is_loinc).then(source)
        ),
        "LBORRES": pl.coalesce(sign + number, have.concept("value_as_concept_id", "name"), said),
        "LBORRESU": unit,
        "LBORNRLO": have("range_low"),
        "LBORNRHI": have("range_high"),
        "LBDTC": have.moment("measurement_date", "measurement_datetime", "measurement_time"),
        "NOT_READ": pl.when(operator.is_not_null() & known.is_null())
        .then(pl.format("operator_concept_id ({})", operator))
        .when(unit.is_null() & unnamed.is_not_null())
        .then(pl.format("unit_concept_id ({}: no CONCEPT table names it)", unnamed)),
    }


def _person(have: _Cells) -> dict[str, pl.Expr]:
    parts = [
        have(f"{part}_of_birth").str.zfill(width)
        for part, width in (("year", 4), ("month", 2), ("day", 2))
    ]
    by_parts = pl.coalesce(
        pl.concat_str(parts, separator="-"), pl.concat_str(parts[:2], separator="-"), parts[0]
    )
    return {
        "SEX": have("gender_concept_id").replace_strict(SEX, default=None, return_dtype=pl.String),
        "BRTHDTC": pl.coalesce(have("birth_datetime").str.replace(r"[T ].*$", ""), by_parts),
    }


def _death(have: _Cells) -> dict[str, pl.Expr]:
    return {"DTHDTC": have.moment("death_date", "death_datetime")}


def _drug(have: _Cells, prefix: str) -> dict[str, pl.Expr]:
    dosed = have("dose_unit_source_value").is_not_null()
    return {
        f"{prefix}TRT": pl.coalesce(
            have.concept("drug_concept_id", "name"), have("drug_source_value")
        ),
        # A quantity without a unit of dose counts packages.
        f"{prefix}DOSE": pl.when(dosed).then(have("quantity")),
        f"{prefix}DOSU": have("dose_unit_source_value"),
        f"{prefix}ROUTE": pl.coalesce(
            have.concept("route_concept_id", "name"), have("route_source_value")
        ),
        f"{prefix}STDTC": have.moment("drug_exposure_start_date", "drug_exposure_start_datetime"),
        f"{prefix}ENDTC": have.moment("drug_exposure_end_date", "drug_exposure_end_datetime"),
    }


def _concepts(file: SourceFile | None, read_table: Read) -> dict[str, dict[str, str]]:
    """Concept ids to names, and to the codes of LOINC and UCUM."""
    if file is None:
        return {}
    table = _whole(file, CONCEPT, read_table)
    codes = {
        vocabulary.casefold(): dict(
            table.filter(vocabulary_id=vocabulary).select("concept_id", "concept_code").iter_rows()
        )
        for vocabulary in ("LOINC", "UCUM")
    }
    named = table.filter(pl.col("concept_id") != "0").select("concept_id", "concept_name")
    return {"name": dict(named.iter_rows()), **codes}


def _whole(file: SourceFile, names: Sequence[str], read_table: Read) -> pl.DataFrame:
    section = {"domain": "dm", "columns": {name: name for name in names}}
    rows = pl.concat(read_table(file, section, Findings(), [file]))
    return rows.select(_cell(name) for name in names).unique(names[0])


def _named(
    file: SourceFile, feed: Mapping[str, Any], findings: Findings, read_table: Read
) -> Iterator[pl.DataFrame]:
    """The table with all its columns under their own names, in small letters."""
    options = {name: feed[name] for name in ("encoding", "delimiter", "domain") if feed.get(name)}
    first = Findings()
    for spelling in ("person_id", "PERSON_ID"):
        try:
            looked = read_table(file, options | {"columns": {"person_id": spelling}}, first, [file])
            next(looked, None)
            break
        except UnreadableError as error:
            refused = error
    else:
        raise refused
    present = first.header.names if first.header else []
    columns = {re.sub(r"\W", "_", name.casefold()): name for name in present if name}
    inner = Findings()
    yield from read_table(file, options | {"columns": columns}, inner, [file])
    findings.notes += inner.notes
    findings.found = inner.found
    findings.left_aside.update(inner.left_aside)


def _table(file: SourceFile) -> str:
    return Path(file.name).name.partition(".")[0].casefold()
