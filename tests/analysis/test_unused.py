"""What was accepted and reaches no analysis is listed."""

from typing import Any

import polars as pl

from remit.analysis.unused import NO_CLASS, NO_DOSE, NOT_NAMED, NOT_READ, NOT_TREATMENT, unused
from remit.plan import named, parameters, resources

DICTIONARIES = {
    "equivalents": pl.DataFrame(
        {"PARAMCD": ["PREDDOSE"], "drug": ["prednisone"], "generic": ["prednisone"], "factor": [1]}
    ),
    "frequencies": pl.DataFrame({"frequency": ["QD"], "per_day": [1.0]}),
}
SPEC: dict[str, Any] = {
    "parameters": ["UPCR"],
    "said": [],
    "drugs": ["Belimumab"],
    "rescue": ["rituximab"],
    "daily_doses": {"PREDDOSE": {"pulse_mg": 250}},
}


def taken(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Medication of two patients: drug, unit, frequency."""
    return pl.DataFrame(
        {
            "USUBJID": [f"{k % 2}" for k in range(len(rows))],
            "CMTRT": [row[0] for row in rows],
            "CMDOSU": [row[1] for row in rows],
            "CMDOSFRQ": [row[2] for row in rows],
            "CMDOSE": 5.0,
            "CMROUTE": "ORAL",
            "CMSTDTC": "2021-01-01",
            "CMENDTC": "2021-02-01",
            "SRCFILE": "f",
            "SRCLINE": 2,
            "SRCSHA": "s",
            "ROWID": [str(k) for k in range(len(rows))],
        }
    )


def domains(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    text = dict.fromkeys(
        ["USUBJID", "LBTESTCD", "QSTESTCD", "EXTRT", "EXROUTE", "LNDXDTC"], pl.String
    )
    empty = pl.DataFrame(schema=text)
    return (
        dict.fromkeys(("dm", "ex", "lb", "qs"), empty)
        | {"cm": taken(("", "", "")).clear()}
        | changed
    )


def found(**changed: pl.DataFrame) -> list[tuple[Any, ...]]:
    return unused(domains(**changed), DICTIONARIES, SPEC).rows()


def test_a_parameter_that_nothing_names_is_listed_with_its_rows_and_subjects() -> None:
    lb = pl.DataFrame({"USUBJID": ["1", "1", "2"], "LBTESTCD": ["FERR", "FERR", "UPCR"]})
    assert found(lb=lb) == [("parameter", "FERR", 2, 1, NOT_NAMED)]


def test_a_drug_is_listed_that_is_no_treatment_no_rescue_and_of_no_class() -> None:
    ex = pl.DataFrame({"USUBJID": ["1", "1"], "EXTRT": ["BELIMUMAB", "Saline"]})
    ex = ex.with_columns(EXROUTE=pl.lit(None, pl.String))
    cm = taken(("Rituximab", "mg", "ONCE"), ("Aspirin", "mg", "QD"), ("Prednisone", "mg", "QD"))
    assert found(ex=ex, cm=cm) == [
        ("drug", "Aspirin", 1, 1, NO_CLASS),
        ("drug", "Saline", 1, 1, NOT_TREATMENT),
    ]


def test_a_drug_of_a_class_without_a_daily_dose_says_why() -> None:
    cm = taken(("prednisone", "tablet", "QD"), ("prednisone", "mg", "now and then"))
    assert found(cm=cm) == [("drug", "prednisone", 2, 2, NO_DOSE)]


def test_a_column_that_no_analysis_reads_is_listed() -> None:
    ex = pl.DataFrame({"USUBJID": ["1"], "EXTRT": ["belimumab"], "EXROUTE": ["ORAL"]})
    assert found(ex=ex) == [("column", "EXROUTE", 1, 1, NOT_READ)]


def test_what_a_used_parameter_is_made_of_is_used() -> None:
    known = {row["PARAMCD"] for row in parameters.load()}
    plan = {"derivations": {"egfr": {}}, "statistics": {"parameters": {"EGFR": {}, "SDAI": {}}}}
    used = named.parameters(plan, {"SLEDAI"}, known)
    assert {"SCR", "TJC28", "PTGA", "PTGA10", "CRP", "SEIZURE", "SLETOT"} <= {*used}
    assert not {"FERR", "BLRENAL", "HAQDI"} & {*used}
    assert resources.rows("ctcae")
