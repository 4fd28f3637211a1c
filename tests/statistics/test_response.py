"""Response rates by definition, visit and rule."""

import polars as pl
import pytest

from remit.plan.categories import categories as of_definition
from remit.schemas.statistics import validate
from remit.statistics import response, response_trend, wide


def responses(*rows: tuple[str, str, str, str | None], definition: str = "cn19") -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema=["USUBJID", "AVISIT", "AVALC", "AVALCNRI"],
        orient="row",
        schema_overrides={"AVALCNRI": pl.String},
    ).with_columns(
        AVALCBST=pl.when(pl.col("AVALC") != "NE")
        .then("AVALC")
        .when(pl.col("AVALCNRI").is_not_null())
        .then(pl.lit("CR")),
        ASSESFL=pl.when(pl.col("AVALC") != "NE").then(pl.lit("Y")),
        DEFID=pl.lit(definition),
        AVISITN=pl.col("AVISIT").str.extract(r"(\d)").cast(pl.Float64),
    )


GIVEN = responses(
    ("a", "Month 1", "NR", "NR"),
    ("b", "Month 1", "PR", "PR"),
    ("c", "Month 1", "NE", "NR"),
    ("a", "Month 2", "CR", "CR"),
    ("b", "Month 2", "NR", "NR"),
    ("c", "Month 2", "NE", None),
)


def share(table: pl.DataFrame, visit: str, rule: str, category: str) -> tuple[int, int, float]:
    own = table.filter(AVISIT=visit, rule=rule, category=category)
    return own.select("count", "denominator", "percent").row(0)


def test_nobody_judged_does_not_count_observed_and_counts_as_nr_by_nri(subjects_of, plan):
    table = wide(response(GIVEN, subjects_of("abc"), plan), "response")
    validate("response", table)
    assert share(table, "Month 1", "observed", "PR") == (1, 2, 50)
    assert share(table, "Month 1", "nri", "PR") == (1, 3, pytest.approx(100 / 3))
    assert share(table, "Month 1", "nri", "NR")[0] == 2
    assert share(table, "Month 2", "nri", "CR") == (1, 2, 50)


def test_the_best_response_is_taken_over_all_visits(subjects_of, plan):
    table = wide(response(GIVEN, subjects_of("abc"), plan), "response")
    assert share(table, "Best", "observed", "CR+PR") == (2, 2, 100)
    assert share(table, "Best", "nri", "CR+PR") == (2, 3, pytest.approx(200 / 3))
    assert table["AVISIT"].unique(maintain_order=True).to_list() == ["Month 1", "Month 2", "Best"]


def test_one_of_seven_is_printed_as_published(subjects_of, plan):
    given = responses(
        *((name, "Month 1", "CR" if name == "a" else "NR", None) for name in "abcdefg")
    )
    table = wide(response(given, subjects_of("abcdefg"), plan), "response")
    count, denominator, percent = share(table, "Month 1", "observed", "CR")
    assert (count, denominator, round(percent, 2)) == (1, 7, 14.29)


def test_nobody_judged_at_all_is_said(subjects_of, plan):
    table = wide(
        response(responses(("a", "Month 1", "NE", None)), subjects_of("a"), plan), "response"
    )
    row = table.row(0, named=True)
    assert (row["denominator"], row["percent"], row["error"]) == (
        0,
        None,
        "nobody could be counted",
    )


def test_the_trend_takes_complete_cases_and_says_how_many_it_left_out(subjects_of, plan):
    table = wide(response_trend(GIVEN, subjects_of("abc"), plan), "response_trend")
    observed = table.filter(rule="observed").row(0, named=True)
    assert (observed["n_complete"], observed["n_left_out"]) == (2, 1)
    assert observed["cochran_q"] == 0


def test_responders_of_a_definition_with_one_degree_are_counted_as_such(subjects_of, plan):
    given = responses(
        ("a", "Month 1", "NR", "NR"),
        ("b", "Month 1", "R", "R"),
        ("c", "Month 1", "R", "R"),
        definition="mperr",
    )
    table = wide(response(given, subjects_of("abc"), plan), "response")
    validate("response", table)
    assert share(table, "Month 1", "observed", "R") == (2, 3, pytest.approx(200 / 3))
    assert share(table, "Best", "observed", "R") == (2, 3, pytest.approx(200 / 3))
    assert set(table["category"]) == {"R", "NR"}


@pytest.mark.parametrize("category", ["NR", "R"])
def test_the_categories_are_those_of_the_definition_whoever_is_in_them(subjects_of, plan, category):
    given = responses(("a", "Month 1", category, category), definition="mperr")
    table = wide(response(given, subjects_of("a"), plan), "response")
    at = table.filter(AVISIT="Month 1", rule="observed")
    assert at["category"].to_list() == ["R", "NR"]
    assert share(table, "Month 1", "observed", category) == (1, 1, 100)


def test_a_category_below_no_response_is_counted_apart_from_the_responses(subjects_of, plan):
    categories = {
        "PR": {"when": {"parameter": "UPCR", "fall_percent": 30}},
        "SD": {},
        "PD": {"when": {"parameter": "UPCR", "op": ">", "of": "baseline", "factor": 1.3}},
    }
    own = {"x": of_definition({"categories": categories})}
    given = responses(
        ("a", "Month 1", "PD", "PD"),
        ("a", "Month 2", "SD", "SD"),
        ("b", "Month 1", "PR", "PR"),
        definition="x",
    )
    table = wide(response(given, subjects_of("ab"), plan | {"categories": own}), "response")
    assert table["category"].unique(maintain_order=True).to_list() == ["PR", "SD", "PD"]
    assert share(table, "Best", "observed", "SD") == (1, 2, 50)
    assert share(table, "Best", "observed", "PD") == (0, 2, 0)


def test_what_was_judged_last_is_carried_to_visits_at_which_the_subject_was_expected(
    subjects_of, plan
):
    given = responses(
        ("a", "Month 1", "PR", "PR"),
        ("a", "Month 2", "NE", "NR"),  # expected: carried
        ("a", "Month 3", "NE", None),  # not reached: nobody is counted
        ("b", "Month 1", "NE", "NR"),  # nothing to carry yet
        ("b", "Month 2", "CR", "CR"),
        ("b", "Month 3", "NR", "NR"),
    )
    spec = plan | {"sensitivity": plan["sensitivity"] | {"window": ["locf"]}}
    table = wide(response(given, subjects_of("ab"), spec), "response")
    validate("response", table)
    assert share(table, "Month 1", "locf", "PR") == (1, 1, 100)
    assert share(table, "Month 2", "locf", "PR") == (1, 2, 50)
    assert share(table, "Month 2", "nri", "PR") == (0, 2, 0)
    assert share(table, "Month 3", "locf", "NR") == (1, 1, 100)
    without = wide(response(given, subjects_of("ab"), plan), "response")
    assert without.equals(table.filter(pl.col("rule") != "locf"))


def test_what_could_still_respond_bounds_the_share(subjects_of, plan):
    table = wide(response(GIVEN, subjects_of("abc"), plan), "response")
    assert share(table, "Month 1", "possible", "CR+PR") == (2, 3, pytest.approx(200 / 3))
    open_ones = table.select("AVISIT", "could_respond").unique(maintain_order=True).rows()
    assert open_ones == [("Month 1", 1), ("Month 2", 0), ("Best", 1)]


def test_who_is_judged_by_what_happens_to_be_known_is_not_observed(subjects_of, plan):
    """Albumin missing at random hides responses only: the other responders keep the true share."""
    given = responses(
        *((name, "Month 1", "CR", "CR") for name in "ab"),
        *((name, "Month 1", "NE", "NR") for name in "cd"),  # would respond, albumin is missing
        *((name, "Month 1", "NR", "NR") for name in "efgh"),
    ).with_columns(ASSESFL=pl.when(~pl.col("USUBJID").is_in([*"cdgh"])).then(pl.lit("Y")))
    table = wide(response(given, subjects_of("abcdefgh"), plan), "response")
    assert share(table, "Month 1", "observed", "CR") == (2, 4, 50)
    assert share(table, "Month 1", "nri", "CR") == (2, 8, 25)
    assert share(table, "Month 1", "possible", "CR") == (4, 8, 50)
