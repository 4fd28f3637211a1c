"""Identifiers: what guards them, what is none, what cannot be trusted."""

import pytest

from remit.ingest.subject_ids import cleaned

from .conftest import LAB, Run, lab


@pytest.mark.parametrize(
    "text",
    ['="0012"', "0012\u200b", "\ufeff0012", "\x1f0012", "=0012", "'0012", "\u200e0012\u00a0"],
)
def test_what_guards_zeros_is_taken_off(text: str) -> None:
    assert cleaned(text) == "0012"


@pytest.mark.parametrize(
    "text",
    [
        *("NULL", "(null)", "#N/A", "n/a", "NaN", "None", "-", ".", "?"),
        *("Total", "Grand total:", "Subtotal", "Summe", "Gesamt", "合计", "總計", "共 12 条"),
        *("(12 rows affected)", "Page 1 of 3", "Mean", "End of report"),
    ],
)
def test_words_for_missing_and_footers_are_no_people(text: str) -> None:
    assert cleaned(text) is None


@pytest.mark.parametrize(
    "text", ["NA12", "T-1", "0012", "12E5", "Sum1", "O'Neill-3", "张三", "P=1"]
)
def test_an_identifier_stays_as_it_is(text: str) -> None:
    assert cleaned(text) == text


def test_a_guarded_identifier_is_the_same_person(run: Run) -> None:
    rows = [f"{id_},Albumin,38,g/L,2020-06-0{day}" for day, id_ in enumerate(IDS, 1)]
    found = run(lab(*rows))
    assert found.accepted["USUBJID"].n_unique() == 1
    assert found.identities["SUBJID"].to_list() == ["0012"]


IDS = ['"=""0012"""', "0012\u200b", "0012"]


def test_a_footer_is_a_missing_patient_and_no_subject(run: Run) -> None:
    content = "id,sex\nP1,F\nNULL,F\nTotal,\n"
    found = run(content, domain="dm", columns={"SUBJID": "id", "SEX": "sex"})
    assert found.accepted.height == 1
    assert found.quarantine.select("source_line", "rule").rows() == [
        (3, "subject_missing"),
        (4, "subject_missing"),
    ]


@pytest.mark.parametrize("text", ["1.23457E+11", '"1,23457E+11"', "1E+11", "1.2e11"])
def test_an_identifier_in_scientific_notation_is_refused_as_identifying(
    run: Run, text: str
) -> None:
    found = run(lab(f"{text},Albumin,38,g/L,2020-06-01"))
    assert found.quarantine.select("rule", "column", "identifies").rows() == [
        ("id_unreadable", "SUBJID", True)
    ]


def test_specimen_numbers_are_identifiers_too(run: Run) -> None:
    header = "MRN,Test,Result,Unit,Collected,Specimen"
    row = 'p1,Albumin,38,g/L,2020-06-01,"=""0007"""'
    found = run(f"{header}\n{row}\n", columns={**LAB["columns"], "LBREFID": "Specimen"})
    assert found.accepted["LBREFID"].to_list() == ["0007"]


def test_numbers_have_the_form_that_the_study_declares(run: Run) -> None:
    form = {"width": 4, "pattern": r"\d{4}|T-\d+", "missing": ["9999"]}
    found = run(
        lab(*(f"{id},Albumin,38,g/L,2020-06-01" for id in ("23", "0024", "T-1", "9999", "23a"))),
        subject_ids=form,
    )
    assert found.identities["SUBJID"].to_list() == ["0023", "0024", "T-1"]
    assert found.accepted.height == 3
    assert found.quarantine.select("source_line", "rule", "identifies").rows() == [
        (5, "subject_missing", True),
        (6, "id_of_another_form", True),
    ]


@pytest.mark.parametrize("text", ["2021-03-04", "2021-03-04 00:00:00", "04-Mar", "4-mrz", "Dez-04"])
def test_an_identifier_that_became_a_date_is_refused(run: Run, text: str) -> None:
    found = run(lab(f"{text},Albumin,38,g/L,2020-06-01", "A-21-03,Albumin,38,g/L,2020-06-01"))
    assert found.quarantine.select("value", "rule").rows() == [(text, "id_unreadable")]
    assert found.accepted.height == 1


def test_what_was_taken_off_is_said(run: Run) -> None:
    found = run(lab("\u200b0012,Albumin,38,g/L,2020-06-01", "0013,Albumin,38,g/L,2020-06-01"))
    assert "of 1 identifiers what guards them was taken off" in found.ledger["message"].item()


def test_an_identifier_that_is_lost_makes_nobody(run: Run) -> None:
    found = run(lab("1.23E+11,Albumin,38,g/L,2020-06-01", "0013,Albumin,38,g/L,2020-06-01"))
    assert found.identities["SUBJID"].to_list() == ["0013"]
    assert found.quarantine["USUBJID"].to_list() == [None]
