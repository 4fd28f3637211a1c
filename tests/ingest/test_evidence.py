"""A name alone decides nothing between a strip and a quantity, or a count and a percentage."""

import polars as pl
import pytest

from .conftest import LAB, Run

URINE = {"columns": LAB["columns"] | {"LBSPEC": "Specimen"}}


def urine(*results: tuple[str, str, str]) -> str:
    rows = [f"p1,Urine,{t},{r},{u},2020-01-{n:02}" for n, (t, r, u) in enumerate(results, 1)]
    return "\n".join(["MRN,Specimen,Test,Result,Unit,Collected", *rows]) + "\n"


@pytest.mark.parametrize("levels", [["30", "100"], ["0.3", "NEG"], ["25", "75", "NEG", ">300"]])
def test_a_urine_protein_of_strip_levels_alone_is_no_quantity(run: Run, levels: list[str]) -> None:
    unit = "g/L" if "0.3" in levels else "mg/dL"
    found = run(urine(*(("Protein", level, unit) for level in levels)), **URINE)
    assert found.accepted.is_empty()
    assert set(found.quarantine["rule"]) >= {"test_ambiguous"}
    assert found.quarantine.filter(rule="test_ambiguous").height == len(levels)


def test_a_result_between_the_levels_shows_that_the_name_is_a_quantity(run: Run) -> None:
    found = run(urine(("Protein", "30", "mg/dL"), ("Protein", "47", "mg/dL")), **URINE)
    assert found.accepted["LBTESTCD"].to_list() == ["UPROT", "UPROT"]


def test_a_name_or_code_that_says_so_is_a_quantity(run: Run) -> None:
    named = run(urine(("Total protein", "30", "mg/dL")), **URINE)
    assert named.accepted["LBTESTCD"].to_list() == ["UPROT"]
    mapped = run(urine(("Protein", "NEG", "")), **URINE, codes={"LBTEST": {"Protein": "UPRODIP"}})
    assert mapped.accepted["LBTESTCD"].to_list() == ["UPRODIP"]


def test_a_percentage_of_leukocytes_is_no_count_of_them(run: Run) -> None:
    rows = ["p1,Neutrophils,62,%,2020-01-01", "p1,Neutrophils,4.1,10^9/L,2020-01-01"]
    found = run("\n".join(["MRN,Test,Result,Unit,Collected", *rows]) + "\n")
    assert found.accepted.select("LBTESTCD", "LBSTRESN").sort("LBTESTCD").rows() == [
        ("NEUT", 4.1),
        ("NEUTLE", 62.0),
    ]
    assert found.accepted.filter(pl.col("LBTESTCD") == "NEUTLE")["LBSTRESU"].item() == "%"


CODED = {"columns": LAB["columns"] | {"LBLOINC": "LOINC", "LBSPEC": "Specimen"}}


def coded(name: str, loinc: str, specimen: str, result: str, unit: str) -> str:
    row = f"p1,{specimen},{name},{result},{unit},2020-01-01,{loinc}"
    return f"MRN,Specimen,Test,Result,Unit,Collected,LOINC\n{row}\n"


def test_a_name_and_a_code_that_contradict_each_other_are_set_aside(run: Run) -> None:
    found = run(coded("Creatinine", "1751-7", "Serum", "71", "umol/L"), **CODED)
    assert found.accepted.is_empty()
    told = found.quarantine.filter(rule="test_contradictory")["message"].to_list()
    assert told == ["the name says SCR, the LOINC code 1751-7 ALB"]


@pytest.mark.parametrize(
    ("name", "loinc", "specimen", "result", "unit", "code"),
    [
        # The code says more than the name.
        ("Protein", "20454-5", "Urine", "1+", "", "UPRODIP"),
        ("Neutrophils", "770-8", "Blood", "62", "%", "NEUTLE"),
        ("Creatinine", "14683-7", "", "8.1", "mmol/L", "UCREA"),
        # A code that nobody knows says nothing.
        ("Creatinine", "2160-0", "Serum", "71", "umol/L", "SCR"),
        ("Albumin", "1234-4", "Serum", "38", "g/L", "ALB"),
        # So does a name that nobody knows.
        ("KREA-X", "14682-9", "Serum", "71", "umol/L", "SCR"),
    ],
)
def test_a_code_that_says_more_or_is_alone_decides(
    run: Run, name: str, loinc: str, specimen: str, result: str, unit: str, code: str
) -> None:
    found = run(coded(name, loinc, specimen, result, unit), **CODED)
    assert found.accepted["LBTESTCD"].to_list() == [code], found.quarantine["message"].to_list()


def test_no_unit_is_proposed_for_a_result_of_another_dimension(run: Run) -> None:
    rows = [("Neutrophils", "4.1", "10^9/L"), ("Neutrophils", "62", "mg/dL")]
    text = urine(*rows).replace("Urine", "Blood")
    (told,) = run(text, **URINE).quarantine["proposal"]
    assert "as " not in told


def test_the_levels_of_a_strip_are_grades_as_its_words_are(run: Run) -> None:
    results = [("NEG", ""), ("TR", "mg/dL"), ("30", "mg/dL"), (">300", "mg/dL"), ("2+", "")]
    found = run(
        urine(*(("Protein", text, unit) for text, unit in results)),
        **URINE,
        codes={"LBTEST": {"Protein": "UPRODIP"}},
    )
    assert found.quarantine["message"].to_list() == []
    assert found.accepted.select("LBSTRESC", "LBSTRESN", "LBOPER").rows() == [
        (text, None, None) for text in ("NEGATIVE", "TRACE", "30 mg/dL", ">300 mg/dL", "2+")
    ]
