"""Which conclusions depend on a choice."""

import polars as pl
import pytest

from remit.schemas.statistics import validate
from remit.statistics import paired, sensitivity, wide

NAMES = "abcdef"


def table_of(visits, subjects, parameters, plan) -> pl.DataFrame:
    found = wide(sensitivity(visits, subjects, parameters, plan), "sensitivity")
    return validate("sensitivity", found).filter(AVISIT="Month 1")


def test_six_pairs_with_one_small_rise_flip_between_exact_and_asymptotic(
    visits_of, subjects_of, parameters, plan
):
    changes = (0.1, -2, -3, -4, -5, -60)
    visits = visits_of(
        *((n, "Month 1", 70.0, 70.0 + c) for n, c in zip(NAMES, changes, strict=True))
    )
    plan |= {"wilcoxon": "asymptotic", "primary": "ALB"}
    table = table_of(visits, subjects_of(NAMES), parameters, plan)
    p = dict(table.select("rule", "alternative_p").iter_rows())
    by_test = {rule.partition("test=")[2].partition(";")[0]: value for rule, value in p.items()}
    assert round(by_test["wilcoxon_asymptotic"], 3) == 0.046
    assert by_test["wilcoxon_exact"] == 0.0625
    verdict = table.filter(rule="all").row(0, named=True)
    assert (verdict["verdict"], verdict["alternatives"], verdict["significant"]) == ("flips", 4, 1)


def test_a_clear_change_is_stable(visits_of, subjects_of, parameters, plan):
    names = "abcdefghij"
    visits = visits_of(*((n, "Month 1", 9.0 + i, 5.0 + 0.7 * i) for i, n in enumerate(names)))
    table = table_of(visits, subjects_of(names), parameters, plan)
    assert table.filter(rule="all")["verdict"].to_list() == ["stable"]


def test_an_alternative_that_changes_nothing_is_not_listed(
    visits_of, subjects_of, parameters, plan
):
    visits = visits_of(*((n, "Month 1", 5.0, 4.0 - 0.1 * i) for i, n in enumerate(NAMES)))
    table = table_of(visits, subjects_of(NAMES), parameters, plan)
    assert table.height == 4 + 1  # four tests and the verdict: no censored value, no zero


def test_censored_values_and_zeros_open_alternatives_and_the_primary_combines_them(
    visits_of, subjects_of, parameters, plan
):
    rows = [(n, "Month 1", 5.0, 4.0 - 0.1 * i, None, None) for i, n in enumerate(NAMES)]
    rows[0] = ("a", "Month 1", 5.0, 0.5, None, "<")
    rows[1] = ("b", "Month 1", 5.0, 5.0, None, None)
    single = table_of(visits_of(*rows), subjects_of(NAMES), parameters, plan | {"primary": "ALB"})
    combined = table_of(visits_of(*rows), subjects_of(NAMES), parameters, plan)
    assert single.height == 1 + 2 + 3 + 1 + 1  # plan, two limits, three tests, zeros, verdict
    assert combined.height == 3 * (2 + 2 * 2) + 1


@pytest.mark.parametrize(("window", "change"), [("first", -1.0), ("last", -3.0), ("mean", -2.0)])
def test_another_record_of_the_window(
    visits_of, subjects_of, parameters, plan, window: str, change: float
):
    early = visits_of(*((n, "Month 1", 9.0, 8.0) for n in NAMES))
    late = visits_of(*((n, "Month 1", 9.0, 6.0) for n in NAMES)).with_columns(
        ADT=pl.date(2020, 7, 9), ANL01FL=pl.lit(None, pl.String)
    )
    plan |= {"parameters": {"UPCR": {"test": "paired_t"}}}
    table = table_of(pl.concat([early, late]), subjects_of(NAMES), parameters, plan)
    own = table.filter(pl.col("rule").str.contains(f"window={window};.*test=paired_t"))
    planned = table.filter(pl.col("rule").str.contains("window=planned;.*test=paired_t"))
    assert planned["estimate"][0] == -1
    if window == "first":
        assert own.is_empty()
    else:
        assert own["estimate"][0] == change


def test_a_visit_that_was_missed_takes_the_value_before(visits_of, subjects_of, parameters, plan):
    rows = [(n, "Month 1", 9.0, 8.0) for n in NAMES] + [(n, "Month 2", 9.0, 5.0) for n in "abc"]
    plan |= {"parameters": {"UPCR": {"test": "paired_t"}}}
    plan |= {"sensitivity": plan["sensitivity"] | {"window": ["locf"]}}
    target = (28 * pl.col("AVISITN") + 1).cast(pl.Int64)
    window = dict.fromkeys(["AWTARGET", "AWLO", "AWHI"], target)
    visits = visits_of(*rows).with_columns(
        **window, AWTDIFF=pl.lit(0, pl.Int64), SELRSN=pl.lit("only")
    )
    found = wide(sensitivity(visits, subjects_of(NAMES), parameters, plan), "sensitivity")
    found = found.filter(AVISIT="Month 2")
    (own,) = found.filter(pl.col("rule").str.contains("window=locf;.*test=paired_t")).to_dicts()
    assert (own["n"], own["estimate"]) == (6, pytest.approx((3 * -4 + 3 * -1) / 6))


def test_ranks_keep_to_the_scale_of_the_plan(visits_of, subjects_of, parameters, plan):
    pairs = [(1.2, 0.3), (9.0, 8.1), (2.5, 2.6), (4.0, 3.0), (0.8, 0.9), (3.3, 1.0)]
    visits = visits_of(*((n, "Month 1", *pair) for n, pair in zip(NAMES, pairs, strict=True)))
    plan |= {"parameters": {"UPCR": {"test": "wilcoxon", "transform": "log"}}}
    given = (visits, subjects_of(NAMES), parameters, plan)
    card = wide(paired(*given), "paired").row(0, named=True)
    outcomes = {
        row["rule"].partition("test=")[2]: (row["estimate"], row["alternative_p"])
        for row in table_of(*given).iter_rows(named=True)
    }
    assert outcomes["log_wilcoxon_exact; zeros=wilcox"] == (card["hodges_lehmann"], card["p"])
    assert outcomes["log_t"] == (card["geometric_mean_ratio"], card["p_t"])
    assert outcomes["paired_t"][0] == card["mean_change"]


def test_every_alternative_has_its_own_verdict(visits_of, subjects_of, parameters, plan):
    changes = (0.1, -2, -3, -4, -5, -60)
    visits = visits_of(
        *((n, "Month 1", 70.0, 70.0 + c) for n, c in zip(NAMES, changes, strict=True))
    )
    table = table_of(visits, subjects_of(NAMES), parameters, plan)
    by_test = {
        rule.partition("test=")[2].partition(";")[0]: verdict
        for rule, verdict in table.select("rule", "verdict").iter_rows()
    }
    assert by_test == {
        "wilcoxon_exact": None,
        "paired_t": "stable",
        "log_t": "stable",
        "wilcoxon_asymptotic": "flips",
        "": "flips",
    }


def test_what_cannot_be_counted_is_said(visits_of, subjects_of, parameters, plan):
    infinite = float("inf")
    visits = visits_of(*((n, "Month 1", infinite, 4.0 + i) for i, n in enumerate(NAMES)))
    table = table_of(visits, subjects_of(NAMES), parameters, plan)
    verdict = table.filter(rule="all").row(0, named=True)
    assert (verdict["verdict"], verdict["error"]) == (None, "the planned test gives no p")
    planned = table.row(0, named=True)
    assert planned["alternative_p"] is None
    assert planned["error"] in {
        "a value is infinite",
        "a difference is too large to be counted in its last decimal",
    }


def test_no_pairs_give_no_verdict(visits_of, subjects_of, parameters, plan):
    visits = visits_of(("a", "Month 1", 5.0, 4.0))
    table = wide(sensitivity(visits, subjects_of("a"), parameters, plan), "sensitivity")
    empty = table.filter(AVISIT="Month 2", rule="all").row(0, named=True)
    assert (empty["verdict"], empty["error"]) == (None, "the planned test gives no p")
