"""What a row of a raw feed must be: the columns of each domain and the single source of its rules.

A rule is a polars expression over a *read* row: the feed's text columns, and beside them what the
parsers of `remit.ingest` made of the text (the names below). `schema` gives the same rules as a
pandera schema; `remit.ingest.rows` evaluates the expressions in one pass, explains the failures, and
lets pandera judge what it accepts.

Beside a column X stand: `X.CELL`, why its reader does not trust the cell, or null; `X.FAULT`, the
parser's objection (a rule id or null); for numbers `X.NUMBER`. The laboratory domain adds LBTESTCD,
LOINC_VALID, NAMED, UCUM, UNITFAC, UNIT_NEEDED, LBSTRESN, HARD_LO, HARD_HI,
AMBIGUOUS.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    import pandera.polars as pa


@dataclass(frozen=True)
class Column:
    """A column a feed may map.

    Attributes:
        name: SDTM name.
        kind: how its text is read.
        missing: rule a row breaks that lacks it; None when it may be absent.
        codes: the only values allowed; a feed's `codes` maps others to them.
        decides: although it may be absent, a cell that cannot be read leaves open who, what or when
            the row is of, or what its result means.
    """

    name: str
    kind: Literal["text", "date", "number", "code", "id"] = "text"
    missing: str | None = None
    codes: tuple[str, ...] = ()
    decides: bool = False

    @property
    def key(self) -> bool:
        """Whether a fault of its cell is one of the row; of another the row lives on without the cell."""
        return self.decides or self.missing is not None


@dataclass(frozen=True)
class Rule:
    """One thing that must hold for every row.

    Attributes:
        id: the rule's name in the quarantine.
        column: the column that is shown with it.
        holds: true for a good row; null counts as true, as in pandera.
        message: what is wrong; `{NAME}` is replaced by the row's value of column NAME, and
            `[text {NAME}]` stands only where there is one.
        proposal: what a data manager may do, or the value Remit would propose.
        identifies: whether the column names a person, so that its value is masked.
        aside: what is not used where it is broken: the row, or the cell of a row that lives on.
    """

    id: str
    column: str
    holds: pl.Expr
    message: str
    proposal: str
    identifies: bool = False
    aside: Literal["row", "cell"] = "row"


SUBJECT = Column("SUBJID", "id", missing="subject_missing")
#: The hospital whose number SUBJID is: the same number of another hospital is another person.
SITE = Column("SITEID", decides=True)
YES_NO = ("Y", "N")
SEVERITIES = ("MILD", "MODERATE", "SEVERE", "LIFE THREATENING", "FATAL")

DOMAINS: dict[str, tuple[Column, ...]] = {
    "dm": (
        SUBJECT,
        SITE,
        Column("SEX", "code", codes=("M", "F")),
        Column("BRTHDTC", "date"),
        Column("RFICDTC", "date"),
        Column("LNCLASS"),
        Column("LNDXDTC", "date"),
        Column("WEIGHT", "number"),
        Column(
            "DSDECOD",
            "code",
            codes=("COMPLETED", "ONGOING", "DISCONTINUED", "LOST TO FOLLOW-UP", "DEATH"),
        ),
        Column("DSSTDTC", "date"),
        Column("DTHDTC", "date"),
        Column("RFXSTDTC", "date"),
        Column("RFXENDTC", "date"),
    ),
    "ex": (
        SUBJECT,
        SITE,
        Column("EXTRT", decides=True),
        Column("EXDOSE", "number"),
        Column("EXDOSU"),
        Column("EXROUTE"),
        Column("EXSTDTC", "date", missing="date_missing"),
        Column("EXENDTC", "date"),
    ),
    "lb": (
        SUBJECT,
        SITE,
        Column("LBTEST", decides=True),
        Column("LBLOINC"),
        Column("LBSPEC", decides=True),
        Column("LBMETHOD"),
        # The comparator, where the file has it beside the number; empty means none.
        Column("LBOPER", decides=True),
        Column("LBORRES", missing="result_missing"),
        Column("LBORRESU", decides=True),
        Column("LBORNRLO"),
        Column("LBORNRHI"),
        # Both limits in one text, where the file has no two columns for them.
        Column("LBORNR"),
        Column("LBDTC", "date", missing="date_missing"),
        Column("LBREFID", "id"),
        Column("VISIT"),
        Column("LBRPTDTC", "date"),
        Column(
            "LBRESST",
            "code",
            codes=("FINAL", "PRELIMINARY", "CORRECTED", "WITHDRAWN"),
            decides=True,
        ),
    ),
    "qs": (
        SUBJECT,
        SITE,
        Column("QSTEST", missing="test_missing"),
        Column("QSORRES", missing="result_missing"),
        Column("QSDTC", "date", missing="date_missing"),
    ),
    "cm": (
        SUBJECT,
        SITE,
        Column("CMTRT", missing="test_missing"),
        Column("CMDOSE", "number"),
        Column("CMDOSU"),
        Column("CMDOSFRQ"),
        Column("CMROUTE"),
        Column("CMSTDTC", "date"),
        Column("CMENDTC", "date"),
    ),
    "ae": (
        SUBJECT,
        SITE,
        Column("AETERM", missing="test_missing"),
        Column("AEDECOD"),
        Column("AEBODSYS"),
        Column("AESTDTC", "date"),
        Column("AEENDTC", "date"),
        Column("AETOXGR", "number"),
        Column("AESEV", "code", codes=SEVERITIES),
        Column("AESER", "code", codes=YES_NO),
        Column("AEREL"),
        Column("AEACN"),
        Column("AEOUT"),
    ),
}

MISSING = {
    "subject_missing": ("the patient's id is missing", "ask the sender for the patient's id"),
    "site_missing": (
        "the hospital whose number this is is missing",
        "ask the sender for the hospital",
    ),
    "test_missing": ("{column} is missing", "ask the sender what was examined or given"),
    "result_missing": ("the result is missing", "ask the sender for the result"),
    "date_missing": ("{column} is missing", "ask the sender for the date"),
}
DATE_FAULTS = {
    "date_impossible": (
        "{{{column}}} is no date in any declared format",
        "correct the date at its source, or add its format to the feed's `dates`",
    ),
    "date_ambiguous": (
        "{{{column}}} has the day or the month first: no declared format says which",
        "add the format it is written in to the feed's `dates`, e.g. %d/%m/%Y or %m/%d/%Y",
    ),
    "date_skipped": (
        "{{{column}}} is a time that the feed's clock never had: it was put forward over it",
        "correct the time at its source, or the feed's `timezone`",
    ),
    "date_future": (
        "{{{column}}} lies after the last date the study can have",
        "correct the date at its source",
    ),
}
NUMBER_FAULTS = {
    "result_unreadable": (
        "{{{column}}} cannot be read as a result",
        "correct the result at its source[; perhaps it is {{{column}.HINT}}]",
    ),
    "number_ambiguous": (
        "{{{column}}} reads as more than one number",
        "declare the feed's `decimal` and `thousands` marks, or correct the result at its source"
        "[; perhaps it is {{{column}.HINT}}]",
    ),
}
NO_LOINC = "{LBLOINC} is no LOINC code: its check digit does not fit"


def rules(domain: str) -> list[Rule]:
    """Every rule of a domain, in the order in which a row's findings are listed."""
    found = [
        Rule(
            "row_ragged",
            "",
            ~pl.col("RAGGED"),
            "the line has more or fewer fields than the header, lies between quotes that are no pair, or "
            "has a text of more than 32767 bytes",
            "look at the line in the source file: a delimiter inside a text needs quotes around it, and "
            "a quote that opens one must close",
        ),
        Rule(
            "element_not_read",
            "",
            pl.col("NOT_READ").is_null(),
            "not understood: {NOT_READ}",
            "look at it in the source: where it changes what the row means, correct it there",
        ),
    ]
    for column in DOMAINS[domain]:
        found += _column_rules(column)
    return found + {"lb": _laboratory(), "qs": _questionnaire()}.get(domain, [])


def schema(domain: str, aside: Collection[str] = ("row", "cell")) -> pa.DataFrameSchema:
    """The same rules as a pandera schema for read rows; each check's name is `rule column`.

    Args:
        domain: the rows' domain.
        aside: what the rules set aside: "row" those that take the row, "cell" those that take a cell.
    """
    import pandera.polars as pa

    def check(rule: Rule) -> pa.Check:
        return pa.Check(
            lambda data: data.lazyframe.select(rule.holds.fill_null(True)),
            name=f"{rule.id} {rule.column}".strip(),
            error=f"{rule.id} {rule.column}".strip(),
            description=rule.message,
        )

    wanted = [rule for rule in rules(domain) if rule.aside in aside]
    return pa.DataFrameSchema(checks=[check(rule) for rule in wanted], name=domain)


def _column_rules(column: Column) -> list[Rule]:
    name = column.name
    found: list[Rule] = []
    if column is SITE:
        message, proposal = MISSING["site_missing"]
        known = pl.col(name).is_not_null() | ~pl.col("SITE_NEEDED")
        found.append(Rule("site_missing", name, known, message, proposal))
    if column.missing:
        message, proposal = MISSING[column.missing]
        found.append(
            Rule(
                column.missing,
                name,
                _there(name),
                message.format(column=name),
                proposal,
                identifies=name == "SUBJID",
            )
        )
    found.append(
        Rule(
            "cell_unreadable",
            name,
            pl.col(f"{name}.CELL").is_null(),
            f"{name} holds {{{name}.CELL}}",
            "correct the cell at its source, or ask for the export as CSV",
            identifies=name == "SUBJID",
        )
    )
    sound = pl.col(f"{name}.CELL").is_null()
    if column.kind == "id":
        found.append(
            Rule(
                "id_unreadable",
                name,
                ~sound | pl.col(f"{name}.FAULT").ne_missing(pl.lit("id_unreadable")),
                f"{name} is what a spreadsheet makes of an identifier, a power of ten or a date: what it "
                "was is lost, and others share it",
                "ask for the export with identifiers as text",
                identifies=name == "SUBJID",
            )
        )
    if column is SUBJECT:
        found.append(
            Rule(
                "id_of_another_form",
                name,
                ~sound | pl.col(f"{name}.FAULT").ne_missing(pl.lit("id_of_another_form")),
                "the patient's id is not of the form that `subject_ids` declares",
                "compare it with the source; zeros or letters may be lost",
                identifies=True,
            )
        )
    faults = {"date": DATE_FAULTS, "number": NUMBER_FAULTS}.get(column.kind, {})
    if name in ("LBORRES", "QSORRES"):
        faults = NUMBER_FAULTS
    for rule, (message, proposal) in faults.items():
        found.append(
            Rule(
                rule,
                name,
                ~sound | pl.col(f"{name}.FAULT").ne_missing(pl.lit(rule)),
                message.format(column=name),
                proposal.format(column=name),
            )
        )
    if column.codes:
        allowed = ", ".join(column.codes)
        found.append(
            Rule(
                "code_unknown",
                name,
                ~sound | pl.col(name).is_in(list(column.codes)),
                f"{{{name}}} is not one of {allowed}",
                f"map it to one of them in the feed's `codes.{name}`",
            )
        )
    return found if column.key else [replace(rule, aside="cell") for rule in found]


def _there(name: str) -> pl.Expr:
    """A withdrawal need not repeat the result that it withdraws."""
    there = pl.col(name).is_not_null()
    return there | pl.col("LBRESST").eq_missing("WITHDRAWN") if name == "LBORRES" else there


def _laboratory() -> list[Rule]:
    return [
        Rule(
            "test_missing",
            "LBTEST",
            pl.col("LBTEST").is_not_null() | pl.col("LBLOINC").is_not_null(),
            "neither a test name nor a LOINC code is there",
            "ask the sender what was examined",
        ),
        Rule(
            "test_ambiguous",
            "LBTEST",
            ~pl.col("AMBIGUOUS"),
            "{LBTEST} may be a strip or a quantity: all its results are levels that strips print",
            "map the name to UPRODIP (a strip) or UPROT (a quantity) in the feed's `codes.LBTEST`, or map "
            "its LOINC code",
        ),
        Rule(
            "test_contradictory",
            "LBLOINC",
            pl.col("NAMED").is_null(),
            "the name says {NAMED}, the LOINC code {LBLOINC} {LBTESTCD}",
            "ask the laboratory which it is; a signed LBLOINC or LBTEST, or an empty one, settles it",
        ),
        Rule(
            "loinc_check_digit",
            "LBLOINC",
            pl.col("LOINC_VALID") | pl.col("LBTESTCD").is_not_null(),
            NO_LOINC,
            "correct the code at its source; spreadsheets turn some codes into dates",
        ),
        # Where the name tells the analyte, nothing hangs on the code.
        Rule(
            "loinc_check_digit",
            "LBLOINC",
            pl.col("LOINC_VALID") | pl.col("LBTESTCD").is_null(),
            NO_LOINC,
            "correct the code at its source; spreadsheets turn some codes into dates",
            aside="cell",
        ),
        Rule(
            "unit_missing",
            "LBORRESU",
            ~pl.col("UNIT_NEEDED") | pl.col("LBORRESU").is_not_null(),
            "{LBTESTCD} has a number and no unit",
            "{UNIT_PROPOSAL}",
        ),
        Rule(
            "unit_unknown",
            "LBORRESU",
            ~pl.col("UNIT_NEEDED") | pl.col("LBORRESU").is_null() | pl.col("UCUM").is_not_null(),
            "the unit {LBORRESU} is not in resources/units.csv",
            "{UNIT_PROPOSAL}",
        ),
        Rule(
            "unit_not_for_analyte",
            "LBORRESU",
            ~pl.col("UNIT_NEEDED") | pl.col("UCUM").is_null() | pl.col("UNITFAC").is_not_null(),
            "{LBTESTCD} is not measured in {LBORRESU} ({UCUM}): no conversion to {LBSTRESU} exists",
            "{UNIT_PROPOSAL}",
        ),
        Rule(
            "value_outside_hard_limits",
            "LBORRES",
            pl.col("LBORRES.CELL").is_not_null()
            | (pl.col("LBSTRESN") >= pl.col("HARD_LO")).fill_null(True)
            & (pl.col("LBSTRESN") <= pl.col("HARD_HI")).fill_null(True),
            "{LBORRES} {LBORRESU} lies outside {HARD_LO} to {HARD_HI} {LBSTRESU}",
            "{VALUE_PROPOSAL}",
        ),
    ]


def _questionnaire() -> list[Rule]:
    return [
        Rule(
            "value_outside_hard_limits",
            "QSORRES",
            pl.col("SCORE_ALLOWED"),
            "{QSORRES} is no score of {QSTESTCD}",
            "{VALUE_PROPOSAL}",
        )
    ]
