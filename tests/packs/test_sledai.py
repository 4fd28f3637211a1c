import polars as pl
import pytest

from remit.analysis import scores as of
from remit.packs.lupus import sledai
from remit.packs.lupus.sledai import LABORATORY
from remit.plan import resources

SUMS = pl.read_csv(resources.text("scores"))

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
    items = pl.DataFrame([*rows, *total], schema=["QSTESTCD", "item", "weight"], orient="row")
    return items.with_columns(questionnaire=pl.lit("SLEDAI-2K"))


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


def totals(qs, items):
    columns = ["USUBJID", "PARAMCD", "AVAL", "ADT", "ADTM", "DTYPE", *of.SOURCE]
    found = [of.totals(qs, items, SUMS), sledai.new_features(qs, items)]
    return pl.concat(frame.select(columns) for frame in found)


def queries(qs, items, lb):
    found = [of.queries(qs, items, SUMS), sledai.contradicted(qs, items, lb)]
    return pl.concat(found).sort("USUBJID", "QSDTC", "QSTESTCD", "rule")


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
        "SLEDAISE": 4,
        "SLEDAIOT": 5,
        "SLEDAIN": None,
    }


#: SLEDAI-2K's items that are no activity of lupus for DORIS (serology), those of the kidney, and those
#: that LLDAS calls major organs: central nervous system, vasculitis, kidney, serositis, and fever.
SEROLOGICAL, OF_THE_KIDNEY = {20, 21}, {11, 12, 13, 14}
OF_MAJOR_ORGANS = {1, 2, 3, 4, 5, 6, 7, 8} | OF_THE_KIDNEY | {18, 19, 22}


@pytest.mark.parametrize("item", range(1, 25))
def test_an_item_alone_scores_its_weight_where_it_belongs(items, item):
    weight = WEIGHTS[item - 1]
    assert scores(assessment({item}), items) == {
        "SLEDAI": weight,
        "CSLEDAI": 0 if item in SEROLOGICAL else weight,
        "RSLEDAI": weight if item in OF_THE_KIDNEY else 0,
        "SLEDAIMO": weight if item in OF_MAJOR_ORGANS else 0,
        "SLEDAISE": weight if item in SEROLOGICAL else 0,
        "SLEDAIOT": 0 if item in SEROLOGICAL | OF_THE_KIDNEY else weight,
        "SLEDAIN": None,
    }


def test_a_score_has_the_source_of_its_first_item_and_the_day_of_the_assessment(items):
    found = totals(assessment({9}).reverse(), items)
    assert found.select("SRCFILE", "SRCLINE", "SRCSHA", "ROWID", "DTYPE").unique().rows() == [
        ("f.csv", 2, "sha", "2021-01-01-01", "SLEDAI-2K ITEMS")
    ]
    assert found["ADT"].cast(pl.String).unique().to_list() == ["2021-01-01"]


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


@pytest.mark.parametrize(("first", "second"), [({20}, set()), (set(), {20})])
def test_beside_an_incomplete_assessment_nobody_knows_what_is_new(items, first, second):
    qs = pl.concat(
        [assessment({9}, missing=first), assessment({9, 13}, "2021-02-01", missing=second)]
    )
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


def test_a_recorded_total_is_held_against_the_items_of_its_own_assessment(items):
    first, second = assessment({9}, total=8), assessment({9, 13}, "2021-02-01", total=4)
    found = queries(pl.concat([first, second]), items, no_results())
    assert found.select("QSDTC", "recorded", "expected", "SRCLINE", "ROWID").rows() == [
        ("2021-01-01", 8, 4, 99, "2021-01-01-t"),
        ("2021-02-01", 4, 8, 99, "2021-02-01-t"),
    ]
    alone = pl.concat([assessment({9}), second.filter(pl.col("QSTESTCD") == "SLETOT")])
    assert queries(alone, items, no_results()).is_empty()


def test_a_missing_item_becomes_a_query(items):
    found = queries(assessment({9}, missing={20}), items, no_results())
    assert found.select("QSTESTCD", "rule", "recorded", "expected").rows() == [
        ("LOWCOMP", "item_missing", None, None)
    ]
    assert found.select("SRCFILE", "SRCLINE", "ROWID").row(0) == ("f.csv", 2, "2021-01-01-01")


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


def one_result(test, value, where, operator=None, day="2021-01-01"):
    row = ("01", test, value, where, operator, day)
    return pl.DataFrame([row], schema=no_results().schema, orient="row")


def test_a_contradiction_says_what_was_recorded_and_what_the_laboratory_expects(items):
    columns = ("recorded", "expected", "SRCLINE", "ROWID")
    missed = queries(assessment(set()), items, one_result("URBC", 20.0, "HIGH"))
    assert missed.select(columns).rows() == [(0, 4, 13, "2021-01-01-12")]
    unfounded = queries(assessment({24}), items, one_result("WBC", 5.0, "NORMAL"))
    assert unfounded.select(columns).rows() == [(1, 0, 25, "2021-01-01-24")]


def test_a_censored_result_or_one_of_another_day_contradicts_nothing(items):
    for result in (
        one_result("URBC", 20.0, "HIGH", operator=">"),
        one_result("URBC", 20.0, "HIGH", day="2021-01-02"),
    ):
        assert queries(assessment(set()), items, result).is_empty()


def test_an_item_present_by_one_of_several_results_is_present(items):
    lb = pl.concat([one_result("C3", 1.0, "NORMAL"), one_result("C4", 0.05, "LOW")])
    assert queries(assessment({20}), items, lb).is_empty()
    assert queries(assessment(set()), items, lb)["QSTESTCD"].to_list() == ["LOWCOMP"]


def test_queries_are_in_the_order_of_subject_day_and_item(items):
    first = assessment({9}, missing={20}, total=5)
    second = assessment({9}, "2021-02-01", missing={21}).with_columns(USUBJID=pl.lit("00"))
    found = queries(pl.concat([first, second]), items, one_result("URBC", 20.0, "HIGH"))
    assert found.select("USUBJID", "QSTESTCD").rows() == [
        ("00", "DNABIND"),
        ("01", "HEMATUR"),
        ("01", "LOWCOMP"),
    ]


@pytest.mark.parametrize(
    ("present", "rows", "contradicted"),
    [
        # A normal C3 alone does not speak against low complement: C4 may be low.
        ({20}, [("C3", 1.0, "NORMAL")], []),
        ({20}, [("C3", 1.0, "NORMAL"), ("C4", 0.2, "NORMAL")], ["LOWCOMP"]),
        # A result without limits of normal says nothing.
        ({20}, [("C3", 1.0, None), ("C4", 0.2, None)], []),
        ({21}, [("DSDNA", 50.0, None)], []),
        ({21}, [("DSDNA", 5.0, "NORMAL")], ["DNABIND"]),
        (set(), [("URBC", 6.0, "HIGH"), ("UWBC", 5.0, "NORMAL")], ["HEMATUR"]),
        ({12}, [("URBC", 5.0, "NORMAL")], ["HEMATUR"]),
        ({14}, [("UWBC", 5.0, "NORMAL")], ["PYURIA"]),
        (set(), [("UWBC", 5.1, "HIGH")], ["PYURIA"]),
        (set(), [("UP24", 0.51, "HIGH")], ["PROTEINU"]),
        (set(), [("UPCR", 0.51, "HIGH")], ["PROTEINU"]),
        (set(), [("DSDNA", 50.0, "HIGH")], ["DNABIND"]),
        (set(), [("DSDNA", 50.0, "NORMAL")], []),
        (set(), [("UPCR24", 0.51, "HIGH")], ["PROTEINU"]),
        # Thrombocytopenia is below 100, not at 100.
        ({23}, [("PLT", 100.0, "LOW")], ["THROMBOC"]),
        (set(), [("PLT", 99.9, "LOW")], ["THROMBOC"]),
        ({24}, [("WBC", 3.0, "LOW")], ["LEUKOPEN"]),
        (set(), [("WBC", 2.9, "LOW")], ["LEUKOPEN"]),
        *(
            (set(), [(test, value, where)], [])
            for test, value, where in [
                ("WBC", 5.0, "NORMAL"),
                ("PLT", 150.0, "NORMAL"),
                ("URBC", 4.0, "NORMAL"),
                ("UWBC", 0.0, "NORMAL"),
                ("UPCR", 0.4, "HIGH"),
                ("DSDNA", 1.0, "LOW"),
            ]
        ),
        (set(), [("C3", 2.0, "HIGH"), ("C4", 0.6, "HIGH")], []),
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
    path = root / "resources/packs/lupus/questionnaires.csv"
    shipped = pl.read_csv(path).drop_nulls("item").sort("item")
    assert shipped["item"].to_list() == list(range(1, 25))
    assert shipped["weight"].to_list() == WEIGHTS
    assert sum(WEIGHTS) == 105
    of_kidney = shipped.filter(pl.col("domain") == "renal")["item"]
    assert set(of_kidney) == OF_THE_KIDNEY
    assert shipped["QSTESTCD"].gather([19, 20]).to_list() == ["LOWCOMP", "DNABIND"]
    assert set(LABORATORY) <= set(shipped["QSTESTCD"])
