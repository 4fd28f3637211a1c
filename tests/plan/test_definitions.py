import pytest
import yaml

from remit.plan import parameters
from remit.plan.definitions import check, page, words


@pytest.fixture(scope="module")
def dictionary():
    return {row["PARAMCD"]: row for row in parameters.load()}


def shipped(root):
    files = sorted((root / "resources" / "packs").glob("*/definitions/*.yaml"))
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def test_every_shipped_definition_compiles_and_is_named_like_its_file(root, dictionary):
    for name, definition in shipped(root).items():
        assert check(definition, dictionary) == []
        assert definition["id"] == name


def test_the_page_of_definitions_is_up_to_date(root):
    # Made with: python -m remit.plan.definitions resources/packs > docs/definitions.md
    shown = (root / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert shown == page(list(shipped(root).values())) + "\n"


GOOD = {
    "id": "x",
    "title": "X",
    "version": "1",
    "citation": "A paper",
    "evidence": "A",
    "categories": {"CR": {"parameter": "ALB", "op": ">=", "value": 35, "unit": "g/L"}},
}


def broken(**changes):
    return GOOD | changes


def leaf(**changes):
    return broken(categories={"CR": GOOD["categories"]["CR"] | changes})


LEAF = GOOD["categories"]["CR"]


def category(**changes):
    return broken(categories=GOOD["categories"] | changes)


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        (broken(citation=""), "x: `citation` is missing"),
        (broken(evidence="Z"), "x: evidence 'Z' is none of"),
        (broken(colour="red"), "x: `colour` is not a key"),
        (broken(confirm={"rule": "twice"}), "x: confirm is"),
        (broken(excludes=[{"all": 3}]), "x: excludes {'all': 3} is none of"),
        (broken(excludes=["luck"]), "x: excludes 'luck'"),
        (leaf(parameter="ABL"), "x: CR: parameter 'ABL' is not in the dictionary"),
        (leaf(unit="g/dL"), "x: CR: ALB: unit 'g/dL' does not fit 'g/L'"),
        (leaf(op="=<"), "x: CR: ALB: op '=<' is none of"),
        (leaf(value="35"), "x: CR: ALB: value '35' is not a number"),
        (leaf(of="baseline"), "x: CR: ALB: give exactly one of"),
        (leaf(limit=3), "x: CR: `limit` is not a key of a criterion"),
        (broken(categories={"CR": {"all": []}}), "x: CR: `all` holds a list"),
        (category(NE={}), "x: category 'NE' stands for whoever cannot be judged"),
        (category(NO={}, NR={}), "x: NO and NR have no `when`"),
        (category(CR={"colour": "#00427a"}), "x: no category is a response"),
        (category(CR={"label": {"zh": "完全缓解"}, "when": LEAF}), "x: CR: label has no `en`"),
        (category(CR={"label": "complete", "when": LEAF}), "x: CR: label 'complete' is not a text"),
        (category(CR={"colour": "blue", "when": LEAF}), "x: CR: colour 'blue' is not of the form"),
        (category(CR={"respons": True, "when": LEAF}), "x: CR: `respons` is none of label, colour"),
        (category(NR={"response": True}), "x: NR: what meets no criterion is no response"),
        (category(**{"C R": {}}), "x: category 'C R' is no code"),
        (broken(categories={False: LEAF}), "x: category False is no code"),
        (category(CR=3), "x: CR: 3 is not a criterion"),
    ],
)
def test_what_does_not_compile_is_told(definition, problem):
    found = check(definition, {"ALB": {"unit": "g/L", "PARAM": "Albumin"}})
    assert any(message.startswith(problem) for message in found), found


def test_criteria_in_words():
    criterion = {
        "all": [
            {"parameter": "PROT", "fall_percent": 50},
            {"parameter": "PROT", "op": "<", "value": 3, "unit": "g/g"},
            {
                "any": [
                    {"parameter": "SCR", "op": "<=", "of": "uln"},
                    {"parameter": "SCR", "op": "<=", "of": "baseline", "factor": 1.15},
                ]
            },
        ]
    }
    assert words(criterion) == (
        "proteinuria fallen by ≥ 50 % from baseline and proteinuria < 3 g/g and "
        "(SCR ≤ the upper limit of normal or SCR ≤ 1.15 × baseline)"
    )
