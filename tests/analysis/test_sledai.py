import polars as pl
import pytest

from remit.sledai import LABORATORY, RENAL, SEROLOGY, queries, totals

WEIGHTS = [8] * 8 + [4] * 6 + [2] * 7 + [1] * 3
CODES = [f"ITEM{k:02}" for k in range(1, 25)]
NAMED = {
    12: "HEMATUR",
    13: "PROTEINU",
    14: "PYURIA",
    20: "LOWCOMP",
    21: "DNABIND",
    23: "THROMBOC",
    24: "LEUKOPEN",
}
for position, code in NAMED.items():
    CODES[position - 1] = code


@pytest.fixture
def items():
    rows = [
        (code, k, weight) for k, (code, weight) in enumerate(zip(CODES, WEIGHTS, strict=True), 1)
    ]
    total = [("SLETOT", None, None)]
    return pl.DataFrame([*rows, *total], schema=["QSTESTCD", "item", "weight"], orient="row")


def assessment(present, day="2021-01-01", missing=(), total=None):
    rows = [
        ("01", code, float(k in present), day, "f.csv", k + 1, "sha", f"{day}-{k:02}")
        for k, code in enumerate(CODES, 1)
        if k not in missing
    ]
    if total is not None:
        rows.append(("01", "SLETOT", float(total), day, "f.csv", 99, "sha", f"{day}-t"))
    names = ["USUBJID", "QSTESTCD", "QSSTRESN", "QSDTC", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"]
    return pl.DataFrame(rows, schema=names, orient="row")


def scores(qs, items):
    return dict(totals(qs, items).select("PARAMCD", "AVAL").iter_rows())


def test_all_items_present_sum_to_105(items):
    assert scores(assessment(range(1, 25)), items)["SLEDAI"] == 105


def test_the_four_scores(items):
    # Arthritis 4, proteinuria 4, complement 2, anti-DNA 2, fever 1.
    found = scores(assessment({9, 13, 20, 21, 22}), items)
    assert found == {
        "SLEDAI": 13,
        "CSLEDAI": 9,
        "RSLEDAI": 4,
        "SLEDAIMO": 5,
        "SLEDAIN": None,
    }


def test_a_weight_counts_as_present(items):
    qs = assessment({1}).with_columns(pl.col("QSSTRESN") * 8)
    assert scores(qs, items)["SLEDAI"] == 8


def test_a_missing_item_makes_its_scores_missing(items):
    found = scores(assessment({9}, missing={20}), items)
    assert found["SLEDAI"] is None
    assert found["CSLEDAI"] == 4
    assert found["RSLEDAI"] == 0


def test_new_features_are_those_the_assessment_before_did_not_have(items):
    qs = pl.concat([assessment({9, 13}), assessment({13, 15, 16}, "2021-02-01")])
    new = totals(qs, items).filter(pl.col("PARAMCD") == "SLEDAIN").sort("ADT")
    assert new["AVAL"].to_list() == [None, 2]


def test_after_an_incomplete_assessment_nobody_knows_what_is_new(items):
    qs = pl.concat([assessment({9}, missing={20}), assessment({9, 13}, "2021-02-01")])
    new = totals(qs, items).filter(pl.col("PARAMCD") == "SLEDAIN")
    assert new["AVAL"].drop_nulls().is_empty()


def no_results():
    kinds = {
        "USUBJID": pl.String,
        "LBTESTCD": pl.String,
        "LBSTRESN": pl.Float64,
        "LBNRIND": pl.String,
        "LBOPER": pl.String,
        "LBDTC": pl.String,
    }
    return pl.DataFrame(schema=kinds)


def test_a_recorded_total_that_is_not_the_sum_becomes_a_query(items):
    found = queries(assessment({9, 13}, total=10), items, no_results())
    assert found.select("rule", "recorded", "expected").row(0) == ("total_is_not_the_sum", 10, 8)
    assert queries(assessment({9, 13}, total=8), items, no_results()).height == 0


def test_a_missing_item_becomes_a_query(items):
    found = queries(assessment({9}, missing={20}), items, no_results())
    assert found.select("QSTESTCD", "rule").rows() == [("LOWCOMP", "item_missing")]


@pytest.mark.parametrize(("score", "strange"), [(0, []), (1, []), (8, []), (4, [4]), (16, [16])])
def test_an_item_scores_0_1_or_its_weight(items, score, strange):
    qs = assessment({9}).with_columns(
        QSSTRESN=pl.when(pl.col("QSTESTCD") == CODES[0]).then(float(score)).otherwise("QSSTRESN")
    )
    found = queries(qs, items, no_results()).filter(rule="neither_0_1_nor_the_weight")
    assert found["recorded"].to_list() == strange


def test_an_item_that_the_laboratory_contradicts_becomes_a_query(items):
    lb = pl.DataFrame(
        [
            ("01", "C3", 0.4, "LOW", None, "2021-01-01T08:00"),
            ("01", "PLT", 90.0, "LOW", None, "2021-01-01"),
        ],
        schema=no_results().schema,
        orient="row",
    )
    found = queries(assessment({9, 23}), items, lb)
    assert found.select("QSTESTCD", "rule").rows() == [("LOWCOMP", "laboratory_disagrees")]


@pytest.mark.parametrize(
    ("present", "rows", "contradicted"),
    [
        # A normal C3 alone does not speak against low complement: C4 may be low.
        ({20}, [("C3", 1.0, "NORMAL")], []),
        ({20}, [("C3", 1.0, "NORMAL"), ("C4", 0.2, "NORMAL")], ["LOWCOMP"]),
        # A result without limits of normal says nothing.
        ({20}, [("C3", 1.0, None), ("C4", 0.2, None)], []),
        ({21}, [("DSDNA", 50.0, None)], []),
        (set(), [("URBC", 6.0, "HIGH"), ("UWBC", 5.0, "NORMAL")], ["HEMATUR"]),
        ({14}, [("UWBC", 5.0, "NORMAL")], ["PYURIA"]),
        (set(), [("UPCR24", 0.51, "HIGH")], ["PROTEINU"]),
        # Thrombocytopenia is below 100, not at 100.
        ({23}, [("PLT", 100.0, "LOW")], ["THROMBOC"]),
        (set(), [("PLT", 99.9, "LOW")], ["THROMBOC"]),
        ({24}, [("WBC", 3.0, "LOW")], ["LEUKOPEN"]),
        (set(), [("WBC", 2.9, "LOW")], ["LEUKOPEN"]),
        (set(), [("WBC", 5.0, "NORMAL")], []),
        ({13}, [("UPCR", 0.5, "HIGH")], ["PROTEINU"]),
    ],
)
def test_only_what_the_laboratory_knows_contradicts(items, present, rows, contradicted):
    lb = pl.DataFrame(
        [("01", test, value, where, None, "2021-01-01") for test, value, where in rows],
        schema=no_results().schema,
        orient="row",
    )
    assert queries(assessment(present), items, lb)["QSTESTCD"].to_list() == contradicted


def test_the_shipped_items_are_those_the_scores_count(root):
    shipped = pl.read_csv(root / "resources" / "questionnaires.csv").drop_nulls("item").sort("item")
    assert shipped["item"].to_list() == list(range(1, 25))
    assert shipped["weight"].to_list() == WEIGHTS
    assert sum(WEIGHTS) == 105
    assert shipped.filter(pl.col("domain") == "renal")["item"].to_list() == list(RENAL)
    assert shipped["QSTESTCD"].gather([k - 1 for k in SEROLOGY]).to_list() == ["LOWCOMP", "DNABIND"]
    assert set(LABORATORY) <= set(shipped["QSTESTCD"])
