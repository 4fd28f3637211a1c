"""What the tables on alternatives, agreement, quality and single subjects print."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.report.methods import contradictions, methods
from remit.tables.files import render
from remit.tables.of_checks import (
    agreement,
    checks,
    exclusions,
    kahn,
    over_time,
    quarantine,
    queries,
    stability,
    what_if,
)
from remit.tables.table import Table
from remit.words.labels import Labels, why
from tests.figures import frames
from tests.figures.conftest import say_in
from tests.report.conftest import FINDINGS, HOSTILE, QUARANTINE, SUMMARIES


def printed(table: Table) -> list[tuple[str, ...]]:
    keys = table.keys()
    return [tuple(row[key].text for key in keys) for row in table.rows]


@pytest.fixture(scope="module")
def found(statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels) -> Any:
    subjects, ledger = frames.subjects(), frames.ledger()
    return checks(statistics, SUMMARIES, FINDINGS, ledger, subjects, config["tables"], say)


def test_agreement_leaves_out_visits_that_nobody_can_be_judged_at(say: Labels) -> None:
    assert printed(agreement(SUMMARIES["concordance"], say)) == [
        (
            "Chinese practice, 2019 form / KDIGO 2024",
            *("Month 4", "7", "2", "0", "1", "4", "85.7", "0.70"),
        )
    ]


def test_another_rule_counts_what_it_changes_for_each_definition(found: Any) -> None:
    assert printed(found["what_if"]) == [
        ("the last record of a visit", "12/1026", "3/100", "0/100")
    ]


def test_where_no_visit_has_two_records_the_table_says_so(say: Labels) -> None:
    changes = SUMMARIES["what_if"]
    none = what_if(changes.with_columns(visits_with_several=pl.lit(0, pl.Int64)), say).notes
    assert none[:-1] == what_if(changes, say).notes
    assert none[-1].startswith("No visit holds more than one record")


def test_a_conclusion_is_stable_or_flips_at_a_visit(say: Labels) -> None:
    rows = pl.DataFrame(
        {
            "PARAMCD": ["ALB"] * 3,
            "PARAM": ["Serum albumin"] * 3,
            "AVISIT": ["Month 1", "Month 2", "Month 2"],
            "AVISITN": [1.0, 2.0, 2.0],
            "rule": ["all", "all", "window=first"],
            "verdict": ["stable", "flips", None],
        }
    )
    assert printed(stability(rows, {"parameters": ["ALB"]}, say)) == [
        ("Serum albumin", "2", "1", "1", "Month 2")
    ]


def test_a_failed_check_is_a_share_of_all_rows_of_the_feed(say: Labels) -> None:
    assert printed(kahn(FINDINGS["summary"], frames.ledger(), say)) == [
        ("Conformance", "unit_unknown", "west_lab", "12", "2", "16.7"),
        ("Plausibility", "date_future", "west_lab", "12", "1", "8.3"),
    ]


def test_the_worst_month_has_the_largest_share(say: Labels) -> None:
    assert printed(over_time(FINDINGS["over_time"], say)) == [
        ("specimen_id_missing", "west_lab", "12", "3", "25.0", "2020-07–2020-08", "2020-08")
    ]


def test_a_query_leaves_room_for_an_answer_and_a_signature(found: Any) -> None:
    assert printed(found["reconciliation"]) == [
        (
            *("LN-02", "SLEDAI-2K, total as recorded", "2021-02-01", "16", "14"),
            *("the total is not the sum of the items", "SLEDAI-2K.csv:1178", "", ""),
        )
    ]
    assert printed(found["queries"])[0][-3:] == ("2020-07.csv:4", "", "")


def test_what_is_asked_of_a_person_as_a_whole_has_no_parameter_and_no_date(say: Labels) -> None:
    asked = FINDINGS["queries"].with_columns(
        LBTESTCD=pl.lit(None, pl.String), LBDTC=pl.lit(None, pl.String), value=None
    )
    ((patient, parameter, date, result, *_),) = printed(queries(asked, say))
    assert (patient, parameter, date, result) == ("LN-01", "–", "–", "–")


def test_every_exclusion_has_its_reason(say: Labels) -> None:
    rows = printed(exclusions(frames.subjects(), say))
    assert [row[:2] for row in rows] == [(f"LN-{n}", "Efficacy set") for n in ("08", "09", "10")]
    assert all("3 months" in row[2] for row in rows)


def test_tables_without_rows_are_left_out(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> None:
    # An empty CSV comes back with columns of text.
    def emptied(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        return {name: table.clear().cast(pl.String) for name, table in tables.items()}

    none = {name: statistics[name].clear() for name in ("sensitivity", "regression_to_mean")}
    left = checks(
        none,
        emptied(SUMMARIES),
        emptied(FINDINGS),
        frames.ledger(),
        frames.subjects(),
        config["tables"],
        say,
    )
    assert set(left) == {"subjects", "exclusions"}


class TestMethods:
    def test_tell_in_english_what_ran(self, content: dict[str, Any]) -> None:
        statistics = " ".join(content["methods"])
        assert "Urine protein/creatinine ratio was compared by Wilcoxon's" in statistics
        assert "conclusions are stable" in statistics
        assert "regression to the mean" in statistics

    def test_tell_the_plan_alone_without_results(self, config: dict[str, Any], say: Labels) -> None:
        assert "by the test of the plan" in methods(config, say)[-1]


@pytest.mark.parametrize("choice", ["hold", "first", "last", "mean"])
def test_methods_tell_the_choice_among_contradictory_rows_with_their_number(
    choice: str, say: Labels
) -> None:
    ledger = frames.ledger()
    assert contradictions(choice, ledger, say) == []
    (told,) = contradictions(choice, ledger.with_columns(conflict=pl.Series([3, 1])), say)
    assert told.startswith("4 rows contradict others")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("treated for no more than 3 months", "治疗不超过3个月"),
        ("not met: lupus nephritis; not evaluable: made up", "不符合: 狼疮肾炎; 无法评估: made up"),
        ("a reason nobody translated", "a reason nobody translated"),
    ],
)
def test_reasons_are_read_in_the_study_s_language(root: Path, written: str, read: str) -> None:
    assert why(written, say_in(root, "zh")) == read


def test_a_quarantined_row_is_listed_with_its_place_and_room_to_sign(say: Labels) -> None:
    (row,) = quarantine(QUARANTINE, say).rows
    assert row["file"].text == "东院检验 7月.csv:4"
    assert row["result"].text == HOSTILE
    assert (row["answer"].text, row["signed"].text) == ("", "")


def test_every_listing_can_be_written_though_it_has_no_rows(say: Labels) -> None:
    empty = quarantine(QUARANTINE.clear(), say).noted("Synthetic")
    assert empty.notes[-1] == "Synthetic"
    for form in ("html", "csv", "docx", "rtf"):
        assert render(empty, f"t.{form}")
