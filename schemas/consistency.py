"""What cannot be: dates and amounts of one person that contradict each other.

A schema judges a cell, this table judges cells against each other, after all rows of the person have met.
What a rule sets aside reaches no analysis: the row, or the cell of a row that lives on. Every finding is a
query with file and line.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Order(NamedTuple):
    """`column` must not be later than `before`, and not earlier than `after`.

    Attributes:
        id: the rule's name among the queries.
        domain: whose rows are judged.
        column: the date that is doubted.
        before: a date of the same row or the person that must not be earlier; BRTHDTC, RFICDTC,
            DTHDTC of the person, FIRSTDOSE its first dose.
        after: one that must not be later.
        aside: what is not used: the row, the cell, or nothing (a query alone).
        message: what is wrong, in words.
    """

    id: str
    domain: str
    column: str
    before: str | None
    after: str | None
    aside: Literal["row", "cell", "nothing"]
    message: str


class Limits(NamedTuple):
    """`column` must lie between `low` and `high`."""

    id: str
    domain: str
    column: str
    low: float
    high: float
    aside: Literal["row", "cell", "nothing"]
    message: str


#: Dates that stand for none: the zero days of spreadsheets, databases and Unix, and the ends of time.
PLACEHOLDERS = {
    "BRTHDTC": ["1900-01-01", "1899-12-30", "1899-12-31", "1901-01-01"],
    "RFICDTC": ["1900-01-01", "1899-12-30", "1899-12-31", "1901-01-01", "1970-01-01"],
    "DSSTDTC": ["1900-01-01", "1899-12-30", "1899-12-31", "1901-01-01", "1970-01-01"],
    "DTHDTC": ["1900-01-01", "1899-12-30", "1899-12-31", "1901-01-01", "1970-01-01"],
}
PLACEHOLDER = "a placeholder, not a date: the cell is not used"

#: Judged in this order: a later rule sees what the earlier ones left.
ORDERS = [
    Order("birth", "dm", "BRTHDTC", "RFICDTC", None, "cell", "born after the consent"),
    Order("birth", "dm", "BRTHDTC", "FIRSTDOSE", None, "cell", "born after the first dose"),
    Order("death", "dm", "DTHDTC", None, "BRTHDTC", "cell", "died before birth"),
    Order("death", "dm", "DTHDTC", None, "RFICDTC", "cell", "died before the consent"),
    Order("death", "dm", "DTHDTC", None, "FIRSTDOSE", "cell", "died before the first dose"),
    Order("diagnosis", "dm", "LNDXDTC", None, "BRTHDTC", "cell", "diagnosed before birth"),
    Order("dose", "ex", "EXSTDTC", "DTHDTC", None, "row", "given after the death"),
    Order("dose", "ex", "EXSTDTC", None, "BRTHDTC", "row", "given before birth"),
    Order("dose", "ex", "EXENDTC", None, "EXSTDTC", "cell", "ends before it starts"),
    Order("result", "lb", "LBDTC", "DTHDTC", None, "row", "collected after the death"),
    Order("result", "lb", "LBDTC", None, "BRTHDTC", "row", "collected before birth"),
    Order("report", "lb", "LBRPTDTC", None, "LBDTC", "nothing", "reported before it was collected"),
    Order("score", "qs", "QSDTC", "DTHDTC", None, "row", "assessed after the death"),
    Order("score", "qs", "QSDTC", None, "BRTHDTC", "row", "assessed before birth"),
    Order("drug", "cm", "CMSTDTC", "DTHDTC", None, "row", "started after the death"),
    Order("drug", "cm", "CMENDTC", None, "CMSTDTC", "cell", "ends before it starts"),
    Order("event", "ae", "AESTDTC", "DTHDTC", None, "row", "started after the death"),
    Order("event", "ae", "AESTDTC", None, "BRTHDTC", "row", "started before birth"),
    Order("event", "ae", "AEENDTC", None, "AESTDTC", "cell", "ends before it starts"),
]
#: The heaviest human being known weighed 635 kg (Guinness World Records: Jon Brower Minnoch), the
#: lightest newborn that lived 0.21 kg; few adults weigh under 25 or over 300 kg.
LIMITS = [
    Limits("weight", "dm", "WEIGHT", 0.2, 635, "cell", "no weight of a person in kg"),
    Limits("weight", "dm", "WEIGHT", 25, 300, "nothing", "a weight that few adults have"),
    Limits("dose", "ex", "EXDOSE", 0, 250_000, "row", "no dose of a drug"),
]
