"""Doubtful units and values: a proposal with its evidence, and a signed decision that acts on it."""

from pathlib import Path

import polars as pl
import pytest

from remit.errors import RemitError
from remit.ingest.dictionaries import DECISIONS, load_decisions

from .conftest import Run, lab

OTHERS = [f"p1,C3,{value},mg/dL,2020-0{month}-01" for month, value in enumerate((62, 70, 75), 1)]


def test_a_missing_unit_comes_with_the_laboratory_s_and_the_patient_s_evidence(run: Run) -> None:
    found = run(lab(*OTHERS, "p1,C3,72,,2020-06-01"))
    assert found.quarantine["proposal"].item() == (
        "as mg/dL it is 0.72 g/L, and this patient's 3 others have a median of 0.7; "
        "the usual unit of C3 here is mg/dL (3 rows)"
    )


def test_a_value_outside_its_limits_comes_with_the_unit_that_fits_the_patient(run: Run) -> None:
    found = run(lab(*OTHERS, "p1,C3,72,g/L,2020-06-01"))
    assert found.quarantine["rule"].item() == "value_outside_hard_limits"
    assert found.quarantine["proposal"].item().startswith("as mg/dL it is 0.72 g/L")


def test_without_evidence_nothing_is_proposed(run: Run) -> None:
    found = run(lab("p1,C3,72,,2020-06-01"))
    assert found.quarantine["proposal"].to_list() == ["ask the laboratory for the unit"]


def test_another_patient_s_results_are_no_evidence_of_the_value(run: Run) -> None:
    found = run(lab(*OTHERS, "p2,C3,72,,2020-06-01"))
    assert found.quarantine["proposal"].item() == "the usual unit of C3 here is mg/dL (3 rows)"


def decided(row_id: str, column: str, value: str | None) -> pl.DataFrame:
    line = ["west", "first", row_id, column, value, "AB", "2021-01-05", "called the laboratory"]
    return pl.DataFrame([line], schema=dict.fromkeys(DECISIONS, pl.String), orient="row")


def test_a_signed_decision_turns_the_proposal_into_an_accepted_row(run: Run) -> None:
    text = lab(*OTHERS, "p1,C3,72,,2020-06-01")
    row_id = run(text).quarantine["row_id"].item()
    found = run(text, decisions=decided(row_id, "LBORRESU", "mg/dL"))
    assert found.quarantine.is_empty()
    row = found.accepted.row(by_predicate=pl.col("ROWID") == row_id, named=True)
    assert (row["LBORRESU"], row["LBSTRESN"], row["SRCLINE"]) == ("mg/dL", 0.72, 5)


def test_a_decision_is_judged_like_any_other_text(run: Run) -> None:
    text = lab("p1,C3,72,,2020-06-01")
    row_id = run(text).quarantine["row_id"].item()
    found = run(text, decisions=decided(row_id, "LBORRESU", "furlong"))
    assert found.quarantine["rule"].to_list() == ["unit_unknown"]


def test_a_decision_about_a_row_of_other_bytes_is_refused_by_name(run: Run) -> None:
    row_id = run(lab("p1,C3,72,,2020-06-01")).quarantine["row_id"].item()
    with pytest.raises(RemitError, match=row_id):
        run(lab("p1,C3,73,,2020-06-01"), decisions=decided(row_id, "LBORRESU", "mg/dL"))


def test_a_decision_about_a_column_that_no_row_has_is_refused_by_name(run: Run) -> None:
    text = lab("p1,C3,72,,2020-06-01")
    row_id = run(text).quarantine["row_id"].item()
    with pytest.raises(RemitError, match="'LBORESU' is no column of lb") as error:
        run(text, decisions=decided(row_id, "LBORESU", "mg/dL"))
    assert row_id in str(error.value)


def test_a_decision_stays_with_the_bytes_whatever_the_file_is_called(run: Run) -> None:
    text = lab("p1,C3,72,,2020-06-01")
    row_id = run(text, name="west 2020-10.csv").quarantine["row_id"].item()
    found = run(text, name="west  2020-10.csv", decisions=decided(row_id, "LBORRESU", "mg/dL"))
    assert found.quarantine.is_empty()
    assert found.accepted["ROWID"].item() != row_id


HEADER = ",".join(DECISIONS)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["west,first,a:2,LBORRESU,mg/dL,,2021-01-05,asked"], "line 2: initials is missing"),
        (["west,first,a:2,LBORRESU,mg/dL,AB,,asked"], "line 2: date is missing"),
        (["west,first,a:2,LBORRESU,mg/dL,AB,5/1/2021,asked"], "write the date '5/1/2021'"),
        (["west,first,a:2,LBORRESU,mg/dL,AB,2021-01-05,asked"] * 2, "decided twice"),
    ],
)
def test_an_unsigned_decision_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    with pytest.raises(RemitError, match=r"decisions\.csv") as error:
        load_decisions(path)
    assert said in str(error.value)


def test_signed_decisions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(
        f"{HEADER}\nwest,first,a:2,LBORRESU,mg/dL,AB,2021-01-05,asked\n", encoding="utf-8"
    )
    assert load_decisions(path).height == 1
