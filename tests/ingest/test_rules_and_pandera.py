"""The expressions that explain rows and pandera's own validation must say the same."""

from collections.abc import Iterable

import pandera.errors
import polars as pl
import pytest

from remit.ingest.dictionaries import Dictionaries
from remit.ingest.rows import Context, read_rows
from remit.schemas.raw import DOMAINS, Rule, rules, schema

from .conftest import KEY, Run, lab

# One row per rule and one good row, for every domain.
ROWS: dict[str, list[dict[str, str | None]]] = {
    "lb": [
        {"LBTEST": "Protein", "LBSPEC": "Urine", "LBORRES": "30", "LBORRESU": "mg/dL"},
        {},
        {"SUBJID": None},
        {"LBTEST": None},
        {"LBORRES": None},
        {"LBORRES": "lost"},
        {"LBORRES": "1,060"},
        {"LBORRESU": None},
        {"LBORRESU": "furlong"},
        {"LBORRESU": "IU/mL"},
        {"LBDTC": None},
        {"LBDTC": "2020-02-31"},
        {"LBDTC": "03/04/2020"},
        {"LBDTC": "2299-01-01"},
        {"LBRPTDTC": "2020-02-31"},
        {"LBRPTDTC": "03/04/2020"},
        {"LBRPTDTC": "2299-01-01"},
        {"LBORRES": "380"},
        {"LBLOINC": "14682-9"},
        {"LBLOINC": "1751-8"},
        {"LBLOINC": "1751-8", "LBTEST": None},
        {"LBRESST": "whatever"},
    ],
    "dm": [
        {},
        {"SUBJID": None},
        {"SEX": "X"},
        {"DSDECOD": "X"},
        {"WEIGHT": "heavy"},
        {"WEIGHT": "1,060"},
        *(
            {name: text}
            for name in (
                *("BRTHDTC", "RFICDTC", "LNDXDTC", "DSSTDTC", "DTHDTC"),
                *("RFXSTDTC", "RFXENDTC"),
            )
            for text in ("2020-02-31", "03/04/2020", "2299-01-01")
        ),
    ],
    "ex": [
        {},
        {"SUBJID": None},
        {"EXDOSE": "much"},
        {"EXDOSE": "1,060"},
        {"EXSTDTC": None},
        *(
            {name: text}
            for name in ("EXSTDTC", "EXENDTC")
            for text in ("2020-02-31", "03/04/2020", "2299-01-01")
        ),
    ],
    "qs": [
        {},
        {"SUBJID": None},
        {"QSTEST": None},
        {"QSORRES": None},
        {"QSORRES": "sometimes"},
        {"QSORRES": "1,060"},
        {"QSORRES": "3"},
        {"QSDTC": None},
        *({"QSDTC": text} for text in ("2020-02-31", "03/04/2020", "2299-01-01")),
    ],
    "cm": [
        {},
        {"SUBJID": None},
        {"CMTRT": None},
        {"CMDOSE": "much"},
        {"CMDOSE": "1,060"},
        *(
            {name: text}
            for name in ("CMSTDTC", "CMENDTC")
            for text in ("2020-02-31", "03/04/2020", "2299-01-01")
        ),
    ],
    "ae": [
        {},
        {"SUBJID": None},
        {"AETERM": None},
        {"AETOXGR": "bad"},
        {"AESEV": "dreadful"},
        {"AETOXGR": "1,060"},
        {"AESER": "maybe"},
        *(
            {name: text}
            for name in ("AESTDTC", "AEENDTC")
            for text in ("2020-02-31", "03/04/2020", "2299-01-01")
        ),
    ],
}
PLAIN: dict[str, dict[str, str]] = {
    "lb": {
        "SUBJID": "p1",
        "LBTEST": "Albumin",
        "LBORRES": "38",
        "LBORRESU": "g/L",
        "LBDTC": "2020-06-01",
    },
    "dm": {"SUBJID": "p1"},
    "ex": {"SUBJID": "p1", "EXSTDTC": "2020-06-01"},
    "qs": {"SUBJID": "p1", "QSTEST": "Arthritis", "QSORRES": "4", "QSDTC": "2020-06-01"},
    "cm": {"SUBJID": "p1", "CMTRT": "prednisone"},
    "ae": {"SUBJID": "p1", "AETERM": "cough"},
}


@pytest.fixture(params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows(domain: str, known: Dictionaries) -> pl.DataFrame:
    names = [column.name for column in DOMAINS[domain]]
    plain = {"SITEID": "north"} | PLAIN[domain]
    texts = [
        plain | row | {"RAGGED": False}
        for row in [*ROWS[domain], {"SITEID": None}, {"SUBJID": "1p"}]
    ]
    texts += [
        plain | {"RAGGED": True},
        plain | {"RAGGED": False, "NOT_READ": "`focus`: it is about somebody else"},
    ]
    texts += [plain | {f"{name}.CELL": "an error", "RAGGED": False} for name in names]
    kinds = {column.name: column.kind for column in DOMAINS[domain]}
    texts += [
        plain | {name: {"date": "2020-03-29 02:30", "id": "1.23E+11"}[kind], "RAGGED": False}
        for name, kind in kinds.items()
        if kind in ("date", "id")
    ]
    columns = dict.fromkeys([*names, *(f"{name}.CELL" for name in names), "NOT_READ"], pl.String)
    frame = pl.DataFrame(texts, schema=columns | {"RAGGED": pl.Boolean})
    feed = {
        "domain": domain, "timezone": "Europe/Berlin", "subject_ids": {"pattern": "p1|.*E.*"}
    }  # fmt: skip
    return read_rows(frame, Context(feed, known, KEY, "STUDY"))


def test_pandera_and_the_expressions_fail_the_same_rows_on_every_rule(
    domain: str, rows: pl.DataFrame
) -> None:
    ours = {
        (f"{rule.id} {rule.column}".strip(), index)
        for rule in rules(domain)
        for index in rows.with_row_index().filter(~rule.holds.fill_null(True))["index"]
    }
    try:
        schema(domain).validate(rows, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        theirs = set(cases.select("check", pl.col("index").cast(pl.Int64)).rows())
    assert theirs == ours


def test_every_rule_is_broken_by_one_of_the_rows(domain: str, rows: pl.DataFrame) -> None:
    untouched = [
        f"{rule.id} {rule.column}"
        for rule in rules(domain)
        if rows.filter(~rule.holds.fill_null(True)).is_empty()
    ]
    assert untouched == []


def test_rows_are_written_only_when_pandera_accepts_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(found: Iterable[Rule]) -> pl.Expr:
        return pl.lit(True)

    row = lab("p1,Albumin,38,,2020-06-01")
    assert run(row).quarantine["rule"].to_list() == ["unit_missing"]
    monkeypatch.setattr("remit.ingest.rows._hold", careless)
    with pytest.raises(RuntimeError, match="pandera does not accept rows: unit_missing LBORRESU"):
        run(row)
