"""Scores of questionnaires that nobody wrote code for: dictionary rows alone."""

import polars as pl

from remit.analysis.scores import numbers, queries, recorded, totals

ITEMS = pl.DataFrame(
    [
        ("Q", 1, "Q1", None),
        ("Q", 2, "Q2", None),
        ("Q", 3, "Q3", 4),
        ("Q", None, "QTOT", None),
        ("P", 1, "P1", None),
        ("P", 2, "P2", None),
    ],
    schema=["questionnaire", "item", "QSTESTCD", "weight"],
    orient="row",
)
SCORES = pl.DataFrame(
    [("QALL", "Q", "1-3", "QTOT"), ("QSOME", "Q", "1 3", None), ("PALL", "P", "1-2", None)],
    schema=["PARAMCD", "questionnaire", "items", "total"],
    orient="row",
)


def answers(day: str, **values: float) -> pl.DataFrame:
    rows = [
        ("01", code, float(value), day, "f.csv", k, "sha", f"{day}-{code}")
        for k, (code, value) in enumerate(values.items(), 2)
    ]
    names = ["USUBJID", "QSTESTCD", "QSSTRESN", "QSDTC", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"]
    return pl.DataFrame(rows, schema=names, orient="row")


def found(qs: pl.DataFrame) -> dict[str, float | None]:
    return dict(totals(qs, ITEMS, SCORES).select("PARAMCD", "AVAL").iter_rows())


def test_items_are_summed_as_recorded_or_by_their_weight_where_they_have_one() -> None:
    assert found(answers("2021-01-01", Q1=2.5, Q2=3, Q3=1)) == {"QALL": 9.5, "QSOME": 6.5}


def test_a_score_that_lacks_an_item_is_missing() -> None:
    assert found(answers("2021-01-01", Q1=2, Q3=0)) == {"QALL": None, "QSOME": 2}


def test_a_recorded_total_alone_is_the_score() -> None:
    assert found(answers("2021-01-01", QTOT=17)) == {"QALL": 17}


def test_a_recorded_total_beside_items_is_held_against_them() -> None:
    qs = answers("2021-01-01", Q1=2, Q2=3, Q3=0, QTOT=6)
    assert found(qs)["QALL"] == 5
    asked = queries(qs, ITEMS, SCORES)
    assert asked.select("QSTESTCD", "rule", "recorded", "expected").rows() == [
        ("QTOT", "total_is_not_the_sum", 6, 5)
    ]


def test_each_questionnaire_lacks_its_own_items_alone() -> None:
    qs = pl.concat([answers("2021-01-01", Q1=2, Q3=0), answers("2021-01-01", P1=1, P2=1)])
    assert found(qs)["PALL"] == 2
    assert queries(qs, ITEMS, SCORES)["QSTESTCD"].to_list() == ["Q2"]


def test_what_is_a_parameter_itself_is_taken_as_it_is() -> None:
    parameters = pl.DataFrame({"PARAMCD": ["P1"], "unit": ["mm"]})
    kept = recorded(answers("2021-01-01T08:00", P1=7.5, P2=1), parameters)
    assert kept.select("PARAMCD", "AVAL", "AVALU", "ADTM").rows() == [
        ("P1", 7.5, "mm", "2021-01-01T08:00")
    ]


def test_numbers_of_items() -> None:
    assert numbers("1-3 7 9-10") == [1, 2, 3, 7, 9, 10]
