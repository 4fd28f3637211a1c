"""What a reader is told about the difference between two runs."""

from typing import Any

import polars as pl
import pytest

from remit.report import page
from remit.report.changes import changes
from remit.words.labels import Labels
from tests.figures import frames

Found = dict[str, Any]


@pytest.fixture(scope="module")
def now() -> dict[str, pl.DataFrame]:
    statistics = frames.statistics()
    return {
        "ledger": frames.ledger(),
        "responses": frames.responses(),
        "paired": statistics["paired"],
        "response": statistics["response"],
    }


def compared(
    before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame], config: Any, say: Labels
) -> Found:
    return changes(before, after, config["tables"], say)


def test_the_same_results_have_no_changes(
    now: dict[str, pl.DataFrame], config: Any, say: Labels
) -> None:
    found = compared(now, {k: v.reverse() for k, v in now.items()}, config, say)
    assert found == {"released": True, "extracts": [], "classes": [], "values": [], "shares": []}


def test_nothing_released_is_nothing_to_compare_with(
    now: dict[str, pl.DataFrame], config: Any, say: Labels
) -> None:
    assert not compared({}, now, config, say)["released"]


def test_a_new_extract_is_named_with_its_rows(
    now: dict[str, pl.DataFrame], config: Any, say: Labels
) -> None:
    before = now | {"ledger": now["ledger"].filter(feed="west_lab")}
    assert compared(before, now, config, say)["extracts"] == [
        [
            "东院检验 7月.csv",
            "new",
            "Read 0 → 10; Accepted 0 → 7; Duplicate 0 → 1; Superseded 0 → 1; Unmapped 0 → 1",
        ]
    ]
    assert compared(now, before, config, say)["extracts"][0][1] == "withdrawn"


def test_a_patient_whose_class_changed_is_named(
    now: dict[str, pl.DataFrame], config: Any, say: Labels
) -> None:
    was = pl.when(USUBJID="LN-03", AVISIT="Month 8").then(pl.lit("PR")).otherwise("AVALC")
    before = now | {"responses": now["responses"].with_columns(AVALC=was)}
    assert compared(before, now, config, say)["classes"] == [
        ["LN-03", "Chinese practice, 2019 form", "Month 8", "PR", "CR"]
    ]


def test_a_statistic_counts_as_changed_when_its_print_does(
    now: dict[str, pl.DataFrame], config: Any, say: Labels
) -> None:
    for shift, expected in ((0.0001, 0), (0.2, 1)):
        here = (pl.col("PARAMCD") == "UPCR") & (pl.col("AVISIT") == "Month 4")
        moved = pl.when(here).then(pl.col("visit_mean") + shift).otherwise("visit_mean")
        before = now | {"paired": now["paired"].with_columns(visit_mean=moved)}
        assert len(compared(before, now, config, say)["values"]) == expected


def test_the_page_says_it(now: dict[str, pl.DataFrame], config: Any, say: Labels) -> None:
    before = now | {"ledger": now["ledger"].filter(feed="west_lab")}
    content = {"changed": compared(before, now, config, say), "study": config["study"]}
    text = page.render(content, say, template="changes.html.j2")
    assert "东院检验 7月.csv" in text
    assert "<script" not in text
