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
