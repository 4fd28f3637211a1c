"""What becomes of each row: accepted, quarantined with every broken rule, or unmapped."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from remit.ingest import (
    dates,
    evidence,
    laboratory,
    proposals,
    questionnaires,
    results,
    subject_ids,
)
from remit.ingest.dictionaries import NO_SPELLINGS, Dictionaries, folded
from remit.ingest.evidence import DIRECTIONS
from remit.privacy.pseudonyms import PERSON, Number, pseudonyms
from remit.schemas.raw import DOMAINS, SUBJECT, Column, Rule, rules, schema

SOURCE = ["ROWID", "SRCFILE", "SRCLINE", "SRCSHA"]

# The columns of accepted rows between USUBJID and the source columns, and which are numbers.
ACCEPTED: dict[str, list[str]] = {
    domain: [
        column.name
        for column in columns
        if column.name != "SUBJID" and (column.name != "SITEID" or domain == "dm")
    ]
    for domain, columns in DOMAINS.items()
} | {
    "lb": [
        "LBTESTCD", "LBTEST", "LBLOINC", "LBSPEC", "LBMETHOD", "LBORRES", "LBORRESU", "LBSTRESC",
        "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI", "LBNRIND", "LBDTC", "LBOPER", "UNITFAC",
        "UNITOFF", "LBREFID", "VISIT", "LBRPTDTC", "LBRESST",
    ],
    "qs": ["QSTESTCD", "QSTEST", "QSORRES", "QSSTRESN", "QSDTC"],
}  # fmt: skip
NUMBERS = {
    "LBSTRESN", "LBSTNRLO", "LBSTNRHI", "UNITFAC", "UNITOFF", "QSSTRESN",
    *(column.name for columns in DOMAINS.values() for column in columns if column.kind == "number"),
}  # fmt: skip

WHERE = {"source_file": pl.String, "source_line": pl.Int64, "source_sha256": pl.String}
QUARANTINE = WHERE | {
    "row_id": pl.String,
    "USUBJID": pl.String,
    "column": pl.String,
    "value": pl.String,
    "rule": pl.String,
    "message": pl.String,
    "proposal": pl.String,
    "aside": pl.String,
    "identifies": pl.Boolean,
}
UNMAPPED = WHERE | {
    "row_id": pl.String,
    "USUBJID": pl.String,
    "test": pl.String,
    "unit": pl.String,
    "value": pl.String,
}


@dataclass(frozen=True)
class Judged:
    """The rows of one batch by fate; `quarantine` has one line per broken rule.

    Its `aside` says whether the rule took the row or, of a row that lives on, the cell. `rows` are
    all of them as the rules saw them, each with its FATE and the RULE and COLUMN, or several with
    semicolons between, that set it or its cells aside; `height` is how many they are, and `cleaned`
    of how many the patient's id was freed of what guards it.
    """

    accepted: pl.DataFrame
    quarantine: pl.DataFrame
    unmapped: pl.DataFrame
    identities: pl.DataFrame
    directions: pl.DataFrame
    rows: pl.LazyFrame
    height: int
    cleaned: int


@dataclass(frozen=True)
class Context:
    """What a row is judged against, beside its own text.

    Attributes:
        feed: the feed's section of the config.
        dictionaries: see `remit.ingest.dictionaries`.
        key: the study's pseudonym key.
        studyid: the study's id, the first part of a pseudonym.
        cutoff: the last date a record can have; None sets no limit.
        links: a patient's number to the one the person is known by.
    """

    feed: Mapping[str, Any]
    dictionaries: Dictionaries
    key: bytes
    studyid: str
    cutoff: date | None = None
    links: Mapping[Number, Number] | None = None


def accepted_schema(domain: str) -> dict[str, pl.DataType]:
    """Columns of a domain's accepted rows, in order."""
    names = ["USUBJID", *ACCEPTED[domain], *SOURCE]
    schema = {name: pl.Float64() if name in NUMBERS else pl.String() for name in names}
    return schema | {"SRCLINE": pl.Int64()}


def judge(batch: pl.DataFrame, context: Context) -> Judged:
    """Decide the fate of every row of a batch.

    Args:
        batch: mapped text columns, SRCLINE, RAGGED, ROWID, SRCFILE, SRCSHA.
        context: what the rows are held against.
    """
    domain = context.feed["domain"]
    rows, identities, cleaned = _read(batch, context)
    unmapped = _unmapped(domain)
    found = rules(domain)
    # One boolean pass over all rules; what broke is worked out only where something did.
    rows = rows.with_columns(
        UNMAPPED=unmapped,
        GOOD=_hold(rule for rule in found if rule.aside == "row"),
        WHOLE=_hold(rule for rule in found if rule.aside == "cell"),
    )
    bad = rows.filter(~pl.col("UNMAPPED") & ~(pl.col("GOOD") & pl.col("WHOLE")))
    if domain == "lb":
        bad = proposals.explained(bad, rows)
    findings = _findings(bad, found, domain)
    good = rows["GOOD"] & ~rows["UNMAPPED"]
    _validate(rows, good, domain)
    return Judged(
        accepted=_accepted(rows, domain).filter(good),
        quarantine=findings,
        unmapped=_unmapped_rows(rows.filter("UNMAPPED"), domain),
        identities=identities,
        directions=evidence.directions(rows) if domain == "lb" else pl.DataFrame(schema=DIRECTIONS),
        rows=_fates(rows, findings),
        height=rows.height,
        cleaned=cleaned,
    )


def _validate(rows: pl.DataFrame, good: pl.Series, domain: str) -> None:
    """Let pandera judge the rows that are to be accepted.

    Raises:
        RuntimeError: it does not accept one of them; the expressions that explain rows do not say what
            its schema says.
    """
    from pandera.errors import SchemaErrors

    asked = {name for rule in rules(domain) for name in rule.holds.meta.root_names()}
    accepted = rows.select(sorted(asked))
    try:
        _schema(domain).validate(accepted if good.all() else accepted.filter(good), lazy=True)
    except SchemaErrors as error:
        broken = sorted(error.failure_cases["check"].unique())
        raise RuntimeError(f"pandera does not accept rows: {', '.join(broken)}") from None


@cache
def _schema(domain: str) -> Any:
    return schema(domain, ["row"])


def _hold(found: Iterable[Rule]) -> pl.Expr:
    return pl.all_horizontal(pl.lit(True), *(rule.holds.fill_null(True) for rule in found))


def as_read(rows: pl.DataFrame, domain: str) -> pl.DataFrame:
    """Of rows as the rules saw them what was read: the columns of accepted rows."""
    return _accepted(rows, domain)


def _fates(rows: pl.DataFrame, findings: pl.DataFrame) -> pl.LazyFrame:
    broken = (
        findings.lazy()
        .group_by(ROWID="row_id", maintain_order=True)
        .agg(RULE=pl.col("rule").str.join(";"), COLUMN=pl.col("column").fill_null("").str.join(";"))
    )
    return (
        rows.lazy()
        .join(broken, on="ROWID", how="left", maintain_order="left")
        .with_columns(
            FATE=pl.when("UNMAPPED")
            .then(pl.lit("unmapped"))
            .when("GOOD")
            .then(pl.lit("accepted"))
            .otherwise(pl.lit("quarantined"))
        )
    )


def read_rows(batch: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The rows as the rules see them: their texts and what the parsers made of each."""
    return _read(batch, context)[0]


def _read(batch: pl.DataFrame, context: Context) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """The rows as read, the identities among them, and how many ids were freed of what guards them."""
    feed, cleaned = context.feed, 0
    columns = DOMAINS[feed["domain"]]
    rows = batch.with_columns(
        *(_text(column, batch.columns, feed) for column in columns),
        *([] if "NOT_READ" in batch.columns else [pl.lit(None, pl.String).alias("NOT_READ")]),
    )
    rows = rows.with_columns(
        pl.lit(None).alias(flaw)
        for column in columns
        if (flaw := f"{column.name}.CELL") not in batch.columns
    )
    # A row may be without it, and is: nothing may be read out of a cell that cannot be trusted.
    rows = rows.with_columns(
        pl.when(pl.col(f"{column.name}.CELL").is_null()).then(column.name).alias(column.name)
        for column in columns
        if not column.key and f"{column.name}.CELL" in batch.columns
    )
    rows = rows.with_columns(
        pl.col(column.name).replace(feed["codes"][column.name])
        for column in columns
        if column.name in feed.get("codes", {})
    )
    rows = rows.with_columns(
        _in_codes(rows[column.name], words)
        for column in columns
        if (words := context.dictionaries.code_words.get(column.name))
    )
    if feed["domain"] == "lb":
        rows = _with_operators(rows, context.dictionaries)
    for column in columns:
        if column.kind == "id":
            read = subject_ids.read_column(rows[column.name])
            cleaned += int(read["FREED"].sum()) if column is SUBJECT else 0
            if column.name == "SUBJID" and (shape := feed.get("subject_ids")):
                form = subject_ids.shaped(read["TEXT"], shape)
                read = form.with_columns(pl.coalesce(read["FAULT"], "FAULT").alias("FAULT"))
            rows = rows.with_columns(
                read["TEXT"].alias(column.name), read["FAULT"].alias(f"{column.name}.FAULT")
            )
    rows = rows.with_columns(SITE_NEEDED=pl.lit("SITEID" in batch.columns))
    # Who cannot be told from others is nobody.
    told = pl.col("SUBJID.CELL").is_null() & pl.col("SUBJID.FAULT").is_null()
    known = rows.filter(told & (pl.col("SITEID").is_not_null() | ~pl.col("SITE_NEEDED")))
    identities = pseudonyms(known, context.key, context.studyid, context.links)
    people = identities.select(*PERSON, "USUBJID", "HOSPITAL")
    rows = rows.join(people, on=PERSON, how="left", nulls_equal=True, maintain_order="left")
    # A linked number is that of the hospital by which its person is known.
    rows = rows.with_columns(SITEID=pl.coalesce("HOSPITAL", "SITEID")).drop("HOSPITAL")
    for column in columns:
        rows = _parsed(rows, column, context)
    marks = feed.get("decimal", "."), feed.get("thousands", "")
    if feed["domain"] == "lb":
        rows = laboratory.read(rows, context.dictionaries, *marks)
    if feed["domain"] == "qs":
        rows = questionnaires.read(rows, context.dictionaries)
    return rows, identities, cleaned


def _text(column: Column, present: list[str], feed: Mapping[str, Any]) -> pl.Expr:
    """The column's text without outer spaces; null where the feed says it is missing."""
    if column.name in present:
        text = pl.col(column.name).str.strip_chars()
        return text.replace(dict.fromkeys(["", *feed.get("missing", [])]))
    constants = {"SITEID": feed.get("site")} | feed.get("constants", {})
    return pl.lit(constants.get(column.name), pl.String).alias(column.name)


def _in_codes(texts: pl.Series, words: Mapping[str, str]) -> pl.Series:
    """Usual words for a code as the code, whatever their case; other texts as they are."""
    known = {text: words[folded(text)] for text in texts.unique() if text and folded(text) in words}
    return texts.replace(known) if known else texts


def _with_operators(rows: pl.DataFrame, dictionaries: Dictionaries) -> pl.DataFrame:
    """LBORRES with the operator of a column of its own before it, as a laboratory prints it."""
    if rows["LBOPER"].null_count() == rows.height:
        return rows
    operators = {**dictionaries.spellings.operators, "=": None, "eq": None}
    written = rows["LBOPER"].unique().drop_nulls()
    known = {text: operators.get(folded(text), text) for text in written}
    rows = rows.with_columns(pl.col("LBOPER").replace(known))
    there = pl.col("LBOPER").is_null() | pl.col("LBORRES").str.starts_with(pl.col("LBOPER"))
    return rows.with_columns(
        LBORRES=pl.when(there).then("LBORRES").otherwise(pl.concat_str("LBOPER", "LBORRES"))
    )


def _parsed(rows: pl.DataFrame, column: Column, context: Context) -> pl.DataFrame:
    feed = context.feed
    if column.kind == "date":
        read = dates.parse_column(
            rows[column.name], feed.get("dates", []), feed.get("timezone"), context.cutoff
        )
        clock = feed.get("clock") or feed.get("timezone")
        iso = dates.on_clock(read["ISO"], clock) if clock else read["ISO"]
        return rows.with_columns(
            iso.alias(f"{column.name}.ISO"), read["FAULT"].alias(f"{column.name}.FAULT")
        )
    if column.kind == "number":
        read = results.parse_column(
            rows[column.name], NO_SPELLINGS, feed.get("decimal", "."), feed.get("thousands", "")
        )
        fault = pl.when((pl.col("TYPE") != "number") | pl.col("UNIT").is_not_null())
        read = read.with_columns(
            FAULT=fault.then(pl.col("FAULT").fill_null("result_unreadable")),
        )
        return rows.with_columns(
            pl.when(read["FAULT"].is_null()).then(read["NUMBER"]).alias(f"{column.name}.NUMBER"),
            *(read[part].alias(f"{column.name}.{part}") for part in ("FAULT", "HINT")),
        )
    return rows


def _unmapped(domain: str) -> pl.Expr:
    """Rows whose test no dictionary knows; a row without a test, or a torn one, is quarantined."""
    whole = ~pl.col("RAGGED") & pl.col("NOT_READ").is_null()
    if domain == "lb":
        named = pl.col("LBTEST").is_not_null() | pl.col("LBLOINC").is_not_null()
        known = pl.col("LBTESTCD").is_not_null() | ~(pl.col("LOINC_VALID"))
        return named & ~known & whole
    if domain == "qs":
        named = pl.col("QSTEST").is_not_null()
        return named & pl.col("QSTESTCD").is_null() & whole
    return pl.lit(False)


def _findings(bad: pl.DataFrame, found: list[Rule], domain: str) -> pl.DataFrame:
    """One line per broken rule. Of a row that is torn, or set aside by its reader, only that."""
    kinds = {column.name: column.kind for column in DOMAINS[domain]}
    lines = []
    for rule in found:
        broken = ~rule.holds.fill_null(True)
        if rule.id not in ("row_ragged", "element_not_read"):
            broken &= ~pl.col("RAGGED") & pl.col("NOT_READ").is_null()
        rows = bad.filter(broken)
        if rows.is_empty():
            continue
        lines.append(
            rows.select(
                source_file="SRCFILE",
                source_line="SRCLINE",
                source_sha256="SRCSHA",
                row_id="ROWID",
                USUBJID="USUBJID",
                column=pl.lit(rule.column or None, pl.String),
                value=pl.col(rule.column) if rule.column in kinds else pl.lit(None, pl.String),
                rule=pl.lit(rule.id),
                message=_filled(rule.message),
                proposal=_filled(rule.proposal),
                aside=pl.lit(rule.aside),
                identifies=pl.lit(rule.identifies),
            )
        )
    if not lines:
        return pl.DataFrame(schema=QUARANTINE)
    return pl.concat(lines).select(pl.col(name).cast(kind) for name, kind in QUARANTINE.items())


def _filled(template: str) -> pl.Expr:
    """A message with the row's values in place of `{COLUMN}`, `[...{COLUMN}]` only if there is one."""
    parts = re.findall(r"\[[^\]]*\]|\{[^}]+\}|[^\[{]+", template)
    return pl.concat_str([_part(part) for part in parts], ignore_nulls=True)


def _part(part: str) -> pl.Expr:
    if part.startswith("["):
        before, name, after = re.split(r"\{([^}]+)\}", part[1:-1])
        return pl.concat_str(pl.lit(before), pl.col(name).cast(pl.String), pl.lit(after))
    return pl.col(part[1:-1]).cast(pl.String) if part.startswith("{") else pl.lit(part)


def _accepted(rows: pl.DataFrame, domain: str) -> pl.DataFrame:
    named = {column.name: column for column in DOMAINS[domain]}
    renamed = {
        name: f"{name}.{'ISO' if named[name].kind == 'date' else 'NUMBER'}"
        for name in ACCEPTED[domain]
        if name in named and named[name].kind in ("date", "number")
    }
    if domain == "lb":
        renamed |= {"LBTEST": "TEST_LABEL", "LBLOINC": "LOINC"}
        rows = rows.with_columns(pl.coalesce("LBSPEC", "SPECIMEN").alias("LBSPEC"))
    if domain == "qs":
        renamed |= {"QSTEST": "ITEM"}
    accepted = rows.select(
        pl.col(renamed.get(name, name)).cast(kind).alias(name)
        for name, kind in accepted_schema(domain).items()
    )
    return accepted if rows["WHOLE"].all() else _without_bad_cells(accepted, rows, domain)


def _without_bad_cells(accepted: pl.DataFrame, rows: pl.DataFrame, domain: str) -> pl.DataFrame:
    """Accepted rows whose cells that broke a rule are as if they were missing."""
    of: dict[str, list[Rule]] = {}
    for rule in rules(domain):
        # The LOINC code of an accepted row is its analyte's, not that of the cell.
        if rule.aside == "cell" and rule.column in accepted.columns and rule.column != "LBLOINC":
            of.setdefault(rule.column, []).append(rule)
    sound = rows.select(_hold(broken).alias(column) for column, broken in of.items())
    return accepted.with_columns(
        accepted[column].set(~sound[column], None) for column in of if not sound[column].all()
    )


def _unmapped_rows(rows: pl.DataFrame, domain: str) -> pl.DataFrame:
    if domain not in ("lb", "qs"):
        return pl.DataFrame(schema=UNMAPPED)
    test, unit, value = (
        (pl.coalesce("LBTEST", "LBLOINC"), pl.col("LBORRESU"), pl.col("LBORRES"))
        if domain == "lb"
        else (pl.col("QSTEST"), pl.lit(None, pl.String), pl.col("QSORRES"))
    )
    return rows.select(
        source_file="SRCFILE",
        source_line="SRCLINE",
        source_sha256="SRCSHA",
        row_id="ROWID",
        USUBJID="USUBJID",
        test=test,
        unit=unit,
        value=value,
    )
