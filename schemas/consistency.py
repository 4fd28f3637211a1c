"""What cannot be: dates and amounts of one person that contradict each other.

A schema judges a cell, this table judges cells against each other, after all rows of the person have met.
What a rule sets aside reaches no analysis: the row, or the cell of a row that lives on. Every finding is a
query with file and line.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import polars as pl

#: A row of doses by which a person is treated: one of unknown size is one; one of 0 is none, but of a
#: placebo (so does the ADSL template of pharmaverse's admiral).
GIVEN = (
    (pl.col("EXDOSE") > 0)
    | pl.col("EXDOSE").is_null()
    | pl.col("EXTRT").str.contains("(?i)placebo").fill_null(False)
)


class Order(NamedTuple):
    """`column` must not be later than `before`, and not earlier than `after`.

    Attributes:
        id: the rule's name among the queries.
        domain: whose rows are judged.
        column: the date that is doubted.
        before: a date of the same row or the person that must not be earlier; BRTHDTC, RFICDTC,
            DTHDTC of the person, FIRSTDOSE its first dose, FIRSTROW and LASTROW of all else.
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


class Cross(NamedTuple):
    """What must hold between numeric results of one person and moment.

    Attributes:
        test: LBTESTCD of the result that is asked about.
        others: LBTESTCD of the results it is held against.
        holds: true for good ones; the columns are named by the tests, in their standard units.
        message: what is wrong, in words.
    """

    test: str
    others: tuple[str, ...]
    holds: pl.Expr
    message: str


#: Dates that stand for none: the zero days of spreadsheets, databases and Unix, and the ends of time.
PLACEHOLDERS = [
    "1900-01-01", "1899-12-30", "1899-12-31", "1901-01-01", "1904-01-01", "1970-01-01", "2099-12-31",
    "2099-01-01", "2100-01-01", "2100-12-31", "2199-12-31", "2199-01-01",
]  # fmt: skip
#: Days on which people were born all the same.
BIRTHDAYS = ["1904-01-01", "1970-01-01"]

#: Judged in this order: a later rule sees what the earlier ones left. FIRSTROW and LASTROW are the first
#: and last day of any row of a person who has neither consent nor dose to tell the time by.
ORDERS = [
    Order("birth", "dm", "BRTHDTC", "RFICDTC", None, "cell", "born after the consent"),
    Order("birth", "dm", "BRTHDTC", "FIRSTDOSE", None, "cell", "born after the first dose"),
    Order("birth", "dm", "BRTHDTC", "LASTROW", None, "cell", "born after everything else"),
    Order("death", "dm", "DTHDTC", None, "BRTHDTC", "cell", "died before birth"),
    Order("death", "dm", "DTHDTC", None, "RFICDTC", "cell", "died before the consent"),
    Order("death", "dm", "DTHDTC", None, "FIRSTDOSE", "cell", "died before the first dose"),
    Order("death", "dm", "DTHDTC", None, "FIRSTROW", "cell", "died before everything else"),
    Order("diagnosis", "dm", "LNDXDTC", None, "BRTHDTC", "cell", "diagnosed before birth"),
    Order("diagnosis", "dm", "LNDXDTC", "DTHDTC", None, "cell", "diagnosed after the death"),
    Order(
        "consent", "dm", "RFICDTC", "FIRSTDOSE", None, "nothing", "consented after the first dose"
    ),
    Order("status", "dm", "DSSTDTC", None, "BRTHDTC", "cell", "the status is of before birth"),
    Order(
        "status", "dm", "DSSTDTC", None, "RFICDTC", "nothing", "the status is of before the consent"
    ),
    Order("treatment", "dm", "RFXSTDTC", "DTHDTC", None, "cell", "treated after the death"),
    Order("treatment", "dm", "RFXSTDTC", None, "BRTHDTC", "cell", "treated before birth"),
    Order("treatment", "dm", "RFXENDTC", None, "RFXSTDTC", "cell", "ends before it starts"),
    Order("dose", "ex", "EXSTDTC", "DTHDTC", None, "row", "given after the death"),
    Order("dose", "ex", "EXSTDTC", None, "BRTHDTC", "row", "given before birth"),
    Order("dose", "ex", "EXENDTC", None, "EXSTDTC", "cell", "ends before it starts"),
    Order("dose", "ex", "EXENDTC", "DTHDTC", None, "cell", "ends after the death"),
    Order("result", "lb", "LBDTC", "DTHDTC", None, "row", "collected after the death"),
    Order("result", "lb", "LBDTC", None, "BRTHDTC", "row", "collected before birth"),
    Order("report", "lb", "LBRPTDTC", None, "LBDTC", "nothing", "reported before it was collected"),
    Order("score", "qs", "QSDTC", "DTHDTC", None, "row", "assessed after the death"),
    Order("score", "qs", "QSDTC", None, "BRTHDTC", "row", "assessed before birth"),
    Order("drug", "cm", "CMSTDTC", "DTHDTC", None, "row", "started after the death"),
    Order("drug", "cm", "CMSTDTC", None, "BRTHDTC", "cell", "started before birth"),
    Order("drug", "cm", "CMENDTC", None, "CMSTDTC", "cell", "ends before it starts"),
    Order("drug", "cm", "CMENDTC", "DTHDTC", None, "cell", "ends after the death"),
    Order("event", "ae", "AESTDTC", "DTHDTC", None, "row", "started after the death"),
    Order("event", "ae", "AESTDTC", None, "BRTHDTC", "row", "started before birth"),
    Order("event", "ae", "AEENDTC", None, "AESTDTC", "cell", "ends before it starts"),
    Order("event", "ae", "AEENDTC", "DTHDTC", None, "cell", "ends after the death"),
]
#: Years. One person is known to have lived longer (Jeanne Calment, 122), and few studies have had her.
OLDEST = 119
#: The heaviest human being known weighed 635 kg (Guinness World Records: Jon Brower Minnoch), the
#: lightest newborn that lived 0.21 kg; few adults weigh under 25 or over 300 kg. Grades are of CTCAE.
LIMITS = [
    Limits("weight", "dm", "WEIGHT", 0.2, 635, "cell", "no weight of a person in kg"),
    Limits("weight", "dm", "WEIGHT", 25, 300, "nothing", "a weight that few adults have"),
    Limits("dose", "ex", "EXDOSE", 0, math.inf, "row", "no dose of a drug"),
    Limits("dose", "cm", "CMDOSE", 0, math.inf, "cell", "no dose of a drug"),
    Limits("grade", "ae", "AETOXGR", 1, 5, "cell", "no grade from 1 to 5"),
]
#: Units of doses, to mg, or to mg per kg or m2 of the body: what is not among them or `OTHER_UNITS` is
#: asked about.
UNITS_OF_MASS = {
    "kg": 1e6, "g": 1e3, "gm": 1e3, "gram": 1e3, "grams": 1e3, "克": 1e3, "mg": 1.0, "毫克": 1.0, "ug": 1e-3,
    "mcg": 1e-3, "微克": 1e-3, "ng": 1e-6,
}  # fmt: skip
PER_BODY = ("/kg", "/m2", "/m²", "/m^2")
OTHER_UNITS = [
    "iu", "u", "[iu]", "[u]", "ku", "miu", "units", "unit", "ml", "l", "mmol", "mol", "umol", "meq", "tablet",
    "tablets", "tab", "tabl", "capsule", "capsules", "cap", "puff", "drop", "drops", "patch", "vial", "vials",
    "ampoule", "片", "粒", "支", "瓶", "毫升", "单位", "滴",
]  # fmt: skip
#: The heaviest doses there are: mannitol and immunoglobulins, some 200 g, or 2 g to each kg (EMA, Core SmPC
#: for human normal immunoglobulin for intravenous administration).
MOST_MG, MOST_MG_PER_KG = 250_000, 5_000


def _part(part: str, whole: str) -> Cross:
    """A part is not above its whole; 5 % are left to two methods and two roundings."""
    holds = pl.col(part) <= 1.05 * pl.col(whole)
    return Cross(
        part, (whole,), holds, f"more than {whole} of the same moment, which it is a part of"
    )


def _ckd_epi(kappa: float, alpha: float, factor: float, age: int) -> pl.Expr:
    """CKD-EPI 2021, of the standard creatinine in umol/L (Inker, N Engl J Med 2021;385:1737)."""
    share = pl.col("SCR") / 88.4 / kappa
    low, high = pl.min_horizontal(share, 1.0), pl.max_horizontal(share, 1.0)
    return factor * low**alpha * high**-1.2 * 0.9938**age


_KINDS = ("NEUT", "LYM", "MONO", "EOS", "BASO")
_PERCENT = tuple(f"{kind}LE" for kind in _KINDS)
#: g/L of protein to mmol/L of creatinine, of 0.11312 g each, are g/g.
_UPCR = pl.col("UPROT") / pl.col("UCREA") / 0.11312
#: The five usual kinds are all leukocytes but for immature and abnormal ones, up to a fifth. Between a man
#: of 18 and a woman of 100 lie the eGFRs of all adults; a quarter more is left to the other equations.
CROSS = [
    _part("DBIL", "TBIL"),
    _part("IBIL", "TBIL"),
    _part("HDL", "CHOL"),
    _part("LDL", "CHOL"),
    _part("ALB", "TP"),
    _part("GLOB", "TP"),
    *(_part(kind, "WBC") for kind in _KINDS),
    Cross(
        _PERCENT[0],
        _PERCENT[1:],
        pl.sum_horizontal(_PERCENT).is_between(80, 105),
        "the five kinds of leukocytes do not add up to 100 %",
    ),
    Cross(
        "WBC",
        _KINDS,
        pl.col("WBC").is_between(pl.sum_horizontal(_KINDS) / 1.05, pl.sum_horizontal(_KINDS) / 0.8),
        "not what the five kinds of leukocytes add up to",
    ),
    Cross(
        "UPCR",
        ("UPROT", "UCREA"),
        pl.col("UPCR").is_between(_UPCR / 1.5, _UPCR * 1.5),
        "not the ratio of protein and creatinine of the same moment",
    ),
    Cross(
        "EGFRLAB",
        ("SCR",),
        pl.col("EGFRLAB").is_between(
            _ckd_epi(0.7, -0.241, 142 * 1.012, 100) / 1.25, _ckd_epi(0.9, -0.302, 142, 18) * 1.25
        ),
        "no adult has this eGFR with the creatinine of the same moment",
    ),
]
