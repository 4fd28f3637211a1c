"""Which packs a plan has, and where their dictionaries count."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from remit import roots
from remit.plan import definitions, packs, parameters, resources


def test_packs_left_out_are_those_of_which_the_plan_names_something() -> None:
    assert packs.of({"responses": {"definitions": ["ours"]}}) == []
    assert packs.of({"statistics": {"parameters": {"EGFR": {}}}}) == ["kidney"]
    assert packs.of({"study": {"title": "EGFR"}, "feeds": {"EGFR": {}}}) == []


def test_a_pack_comes_after_those_that_it_needs() -> None:
    assert packs.of({"packs": ["lupus"]}) == ["kidney", "lupus"]
    assert packs.of({"responses": {"definitions": ["cn19"]}}) == ["kidney", "lupus"]


def test_what_a_definition_of_the_study_s_own_reads_names_its_pack_too(tmp_path: Path) -> None:
    own = tmp_path / "resources/definitions/ours.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("categories: {R: {parameter: SLEDAI, op: <=, value: 4}}", encoding="utf-8")
    assert "lupus" in packs.of({"responses": {"definitions": ["ours"]}}, tmp_path)
    assert packs.of({"responses": {"definitions": ["theirs"]}}, tmp_path) == []


def test_a_pack_that_nobody_has_is_told_with_the_nearest() -> None:
    assert [*packs.problems(["lupas"])] == ["packs: `lupas` is no pack; did you mean `lupus`?"]


def test_what_another_pack_has_is_told_with_the_pack() -> None:
    plan = {"packs": ["lupus"], "responses": {"definitions": ["cn19", "das28crp"]}}
    assert [*packs.elsewhere(plan, packs.of(plan))] == [
        "packs: `das28crp` is of the pack `rheumatoid_arthritis`; add it to `packs`"
    ]


def test_a_study_s_own_rows_count_after_a_pack_s_and_these_after_remit_s(tmp_path: Path) -> None:
    own = tmp_path / "resources"
    own.mkdir()
    header = "LBTESTCD,LBTEST,LBTEST_ZH,unit,decimals,better,source\n"
    (own / "derived_parameters.csv").write_text(
        header + "EGFR,Ours,我们的,mL/min,0,up,us\nAGE,Age,年龄,a,1,,us\n", encoding="utf-8"
    )
    folders = roots.resources(tmp_path, ["kidney"])
    found = resources.rows("derived_parameters", folders)
    rows = {row.cells["LBTESTCD"]: row.cells for row in found}
    assert (rows["EGFR"]["LBTEST"], rows["AGE"]["decimals"]) == ("Ours", "1")
    assert "UPBEST" in rows
    assert "SLEDAI" not in rows


@pytest.mark.parametrize("name", packs.shipped())
def test_a_pack_is_whole_with_those_that_it_needs(name: str) -> None:
    folders = roots.resources(Path("nowhere"), packs.of({"packs": [name]}))
    known = {row["PARAMCD"]: row for row in parameters.load(folders)}
    for definition, path in resources.definitions(folders).items():
        read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert definitions.check(read, known) == []
        assert read["id"] == definition
    assert all(row["PARAM"] and row["PARAMZH"] for row in known.values())
    assert (packs.FOLDER / name / "README.md").is_file()
