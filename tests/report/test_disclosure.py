"""What a public page must not give away."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.privacy.disclosure import classes, curves, suppress
from remit.report import page
from remit.words.labels import Labels
from tests.figures import frames
from tests.figures.test_figures import rows_of
from tests.report.conftest import QUARANTINE, UNMAPPED


def statistics(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return frames.statistics() | changed


def shares(rows: list[tuple[str, int, int]]) -> pl.DataFrame:
    """A response table of one visit."""
    return pl.DataFrame(
        [
            {
                "definition": "cn19",
                "AVISIT": "Month 6",
                "AVISITN": 6.0,
                "rule": "observed",
                "category": category,
                "count": count,
                "denominator": n,
                "percent": 100.0 * count / n,
                "ci_low": 1.0,
                "ci_high": 2.0,
            }
            for category, count, n in rows
        ]
    )


def shown(table: pl.DataFrame) -> dict[str, int | None]:
    hidden = suppress(statistics(response=table), 5)["response"]
    return dict(hidden.select("category", "count").iter_rows())


def test_a_small_count_and_its_complement_are_hidden() -> None:
    found = shown(shares([("CR", 2, 60), ("PR", 20, 60), ("CR+PR", 22, 60), ("NR", 38, 60)]))
    assert found["CR"] is None


def test_a_class_hidden_alone_takes_the_smallest_other_with_it() -> None:
    found = shown(shares([("CR", 2, 60), ("PR", 20, 60), ("CR+PR", 22, 60), ("NR", 38, 60)]))
    assert found == {"CR": None, "PR": None, "CR+PR": 22, "NR": 38}


def test_none_is_no_small_count() -> None:
    found = shown(shares([("CR", 0, 60), ("PR", 20, 60), ("CR+PR", 20, 60), ("NR", 40, 60)]))
    assert None not in found.values()


def test_too_few_patients_show_nothing() -> None:
    found = shown(shares([("CR", 0, 4), ("PR", 0, 4), ("CR+PR", 0, 4), ("NR", 4, 4)]))
    assert set(found.values()) == {None}


def test_a_hidden_count_takes_its_percentage_and_interval_with_it() -> None:
    table = shares([("CR", 2, 60), ("PR", 20, 60), ("CR+PR", 22, 60), ("NR", 38, 60)])
    row = suppress(statistics(response=table), 5)["response"].row(0, named=True)
    assert (row["percent"], row["ci_low"], row["ci_high"]) == (None, None, None)


def test_two_means_that_differ_by_one_patient_are_not_both_shown() -> None:
    # The published baseline means of month 4 (7 pairs) and month 5 (6) give away the one who left.
    visits = suppress(statistics(), 5)["paired"].filter(PARAMCD="ALB")
    assert set(visits["n"]) == {7}


def test_of_sets_that_differ_by_few_the_larger_alone_is_described() -> None:
    assert set(suppress(statistics(), 5)["baseline"]["population"]) == {"SAFFL"}
    assert set(suppress(statistics(), 3)["baseline"]["population"]) == {"SAFFL", "EFFFL"}


def test_extremes_are_not_shown() -> None:
    exposure = suppress(statistics(), 5)["exposure"]
    assert exposure["min"].null_count() == exposure["max"].null_count() == exposure.height > 0


def test_the_public_page_names_no_patient_file_line_or_small_count(
    root: Path, config: dict[str, Any], say: Labels
) -> None:
    unmapped = UNMAPPED.with_columns(subjects=pl.lit(2), example=pl.lit("7.77 of somebody"))
    ledgers = {"ledger": frames.ledger(), "quarantine": QUARANTINE, "unmapped": unmapped}
    content = page.public_content(
        {"subjects": frames.subjects()}, statistics(), ledgers, config, say
    )
    definition = yaml.safe_load((root / "resources/definitions/cn19.yaml").read_text("utf-8"))
    whole = content | {"definitions": page.definitions([definition], say)}
    text = page.render(whole, say)
    body = text[text.index("<body>") : text.index('<script type="application/json"')]
    assert "Public version: counts below 5 are suppressed" in body
    for patient in frames.subjects()["USUBJID"]:
        assert patient not in text
    assert "data-records" not in body
    assert "7.77 of somebody" not in text
    assert "alert(1)" not in body
    assert "&lt;5" in body
    assert "1 (14.29)" not in body


def test_a_public_figure_draws_no_small_sample_and_no_hidden_count(
    config: dict[str, Any], say: Labels
) -> None:
    data = frames.analysis()
    shares = frames.statistics()["safety"].with_columns(
        count=pl.when(category="any").then(5).otherwise("count")
    )
    drawn = page.public_figures(
        data["visits"],
        data["responses"],
        data["subjects"],
        statistics(safety=shares),
        frames.ledger(),
        config,
        say,
    )
    # Nobody had responded at months 1 and 2; later every class is small, and so are the events.
    assert set(drawn) == {"trajectories", "response_bars", "adverse_event_dots", "extract_changes"}
    n = [row["n"] for row in rows_of(drawn["trajectories"].spec()) if "n" in row]
    # 7 patients at most visits: one of 6 or 5 would tell of the one or two who are missing.
    assert set(n) == {7}
    terms = {r["term"] for r in rows_of(drawn["adverse_event_dots"].spec()) if "term" in r}
    assert terms == {"Any adverse event"}
    names = {f"LN-{i:02d}" for i in range(1, 11)}
    assert not any(
        name in drawn[figure].render("f.json").decode() for figure in drawn for name in names
    )


def test_a_visit_with_a_small_class_has_no_bar() -> None:
    judged = pl.DataFrame(
        {
            "AVISITN": [1.0] * 12 + [2.0] * 12,
            "AVALC": ["NR"] * 7 + ["PR"] * 5 + ["NR"] * 8 + ["PR"] * 4,
        }
    )
    assert set(classes(judged, 5)["AVISITN"]) == {1.0}


def curve(name: str, event_days: list[int], n: int) -> list[dict[str, object]]:
    """A summary row and a row a time, one event each; whoever has none leaves on day 300."""
    days = [0, *event_days, *([300] if len(event_days) < n else [])]
    rows: list[dict[str, object]] = [
        {"PARAMCD": name, "time": None, "n": n, "events": len(event_days)},
    ]
    for i, day in enumerate(days):
        event = int(0 < i <= len(event_days))
        done = min(i, len(event_days))
        rows.append(
            {
                "PARAMCD": name,
                "time": float(day),
                "at_risk": n - max(i - 1, 0),
                "event": event,
                "censored": n - len(event_days) if day == 300 else 0,
                "survival": 1 - done / n,
            }
        )
    return rows


def test_a_public_curve_steps_by_k_events_and_marks_nobody() -> None:
    found = curves(pl.DataFrame(curve("TTFR", list(range(10, 120, 10)), 20)), 5)
    steps = found.filter(pl.col("time").is_not_null())
    # 11 of 20 by day 110: the fifth on day 50, the tenth on day 100.
    assert steps["time"].to_list() == [0.0, 50.0, 100.0]
    assert steps["survival"].to_list() == [1.0, 0.75, 0.5]
    assert steps["at_risk"].to_list() == [20, 15, 10]
    assert steps["censored"].to_list() == [0, 0, 0]


@pytest.mark.parametrize(("events", "n"), [(4, 20), (17, 20)])
def test_few_events_and_few_without_one_have_no_curve(events: int, n: int) -> None:
    assert curves(pl.DataFrame(curve("TTFR", list(range(1, events + 1)), n)), 5).is_empty()
