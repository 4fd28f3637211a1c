"""Tables, figures and sentences of every definition, whoever responds: the same numbers everywhere."""

from itertools import combinations
from typing import Any

import polars as pl
import pytest

from remit import statistics as of
from remit.figures.concordance import concordance
from remit.figures.response_bars import response_bars, stacked
from remit.figures.swimmer import swimmer
from remit.figures.waterfall import waterfall
from remit.plan.categories import categories, counted
from remit.report import public
from remit.report.narrative import results
from remit.statistics import wide
from remit.tables.of_statistics import TABLES
from remit.words.labels import Labels
from tests.figures import frames
from tests.shipped import NAMES, categories_of

OWN = {
    "id": "own",
    "categories": {
        "GOOD": {"label": {"en": "EULAR good response"}, "when": {"parameter": "X"}},
        "MODERATE": {"label": {"en": "Moderate response"}, "when": {"parameter": "X"}},
        "MINOR": {"when": {"parameter": "X"}, "response": False},
        "NONE": {"label": {"en": "No response", "zh": "无应答"}},
        "WORSE": {"when": {"parameter": "X"}},
    },
}
ALL = categories_of(*NAMES) | {"own": categories(OWN)}
#: Which category each patient has, by their place among the categories of a definition.
WHO = {"nobody": lambda k, n: n - 1, "everybody": lambda k, n: 0, "some": lambda k, n: k % n}


def responses(who: str, *definitions: str) -> pl.DataFrame:
    """The cohort's assessments in the categories of other definitions; who is not evaluable stays."""
    given = frames.responses()
    patients = given["USUBJID"].unique().sort().to_list()
    parts = []
    for definition in definitions:
        codes = [category["code"] for category in ALL[definition]]
        at = {p: codes[WHO[who](k, len(codes))] for k, p in enumerate(patients)}
        own = pl.col("USUBJID").replace_strict(at)
        parts.append(
            given.with_columns(
                DEFID=pl.lit(definition),
                AVALC=pl.when(pl.col("AVALC") == "NE").then("AVALC").otherwise(own),
                AVALCNRI=pl.when(pl.col("AVALCNRI").is_not_null()).then(own),
            )
        )
    return pl.concat(parts)


def spec_of(*definitions: str) -> dict[str, Any]:
    return {
        **frames.plan(),
        "categories": {name: ALL[name] for name in definitions},
        "definition": definitions[0],
        "definitions": definitions[:2],
        "note": "",
        "width": 170,
        "per_kg": True,
        "percent_decimals": 1,
        "decimals": {"default": 1},
        "flare": None,
        "last_visit": "End of follow-up",
        "month_days": 28,
        "parameter": "UPCR",
        "lines": [-25],
        "parameters": [],
        "alpha": 0.05,
        "listed_visits": 3,
    }


def counts(given: pl.DataFrame, *definitions: str) -> pl.DataFrame:
    found = of.response(given, frames.subjects(), spec_of(*definitions))
    return wide(found, "response")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", [*NAMES, "own"])
def test_bars_table_and_sentences_say_what_the_statistics_say(
    name: str, who: str, statistics: dict[str, pl.DataFrame], say: Labels
) -> None:
    both = list(dict.fromkeys([name, "cn19"]))
    given, spec = responses(who, *both), spec_of(*both)
    table = counts(given, *both)
    own = table.filter(definition=name)
    assert own["category"].unique(maintain_order=True).to_list() == list(counted(ALL[name]))

    codes = [category["code"] for category in ALL[name]]
    efficacy = frames.subjects().filter(EFFFL="Y")["USUBJID"]
    judged = given.filter(
        pl.col("AVALCNRI").is_not_null(),
        pl.col("USUBJID").is_in(efficacy.implode()),
        DEFID=name,
    )
    counted_ = judged.group_by("AVISIT", "AVISITN", "AVALC").agg(n=pl.len())
    drawn = stacked(counted_, [*codes, "NE"])
    assert drawn["AVALC"].is_in([*codes, "NE"]).all()
    for row in drawn.filter(pl.col("AVALC") != "NE").iter_rows(named=True):
        at = own.filter(AVISIT=row["AVISIT"], category=row["AVALC"])
        assert at.filter(rule="observed")["count"].item() == row["n"]
        assert at.filter(rule="nri")["denominator"].item() == row["total"]

    shown = TABLES["response"](table, spec, say)
    assert all(row.keys() == {*shown.keys()} for row in shown.rows)
    assert shown.csv()
    told = results(frames.subjects(), {**statistics, "response": table}, spec, say)
    best = next(category for category in ALL[name] if category["response"])
    name_of_best = best["label"]["en"]
    assert name_of_best.lower() in str(told[1]).lower()


def test_the_public_page_takes_categories_of_any_definition(
    statistics: dict[str, pl.DataFrame], say: Labels
) -> None:
    spec = spec_of("own")
    report = {**spec, "suppress_below": 2}
    plan = {"statistics": spec, "report": report, "collected": ["ae"]}
    table = counts(responses("some", "own"), "own")
    shown = public.suppressed(frames.analysis(), {**statistics, "response": table}, plan, say)
    assert set(shown["response"]["category"]) == set(counted(ALL["own"]))


@pytest.mark.parametrize("who", WHO)
def test_every_two_definitions_stand_in_one_table(who: str, say: Labels) -> None:
    each = {name: counts(responses(who, name), name) for name in [*NAMES, "own"]}
    for pair in combinations(each, 2):
        table = TABLES["response"](pl.concat(each[name] for name in pair), spec_of(*pair), say)
        assert all(row.keys() == {*table.keys()} for row in table.rows)


KINDS = {tuple(counted(known)): name for name, known in ALL.items()}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", KINDS.values())
def test_every_figure_of_responses_is_drawn(name: str, who: str, say: Labels) -> None:
    given, spec = responses(who, name, "cn19"), spec_of(name, "cn19")
    cohort = frames.analysis()
    figures = [
        response_bars(given, cohort["subjects"], spec, say),
        waterfall(cohort["visits"], given, cohort["subjects"], spec, say),
        concordance(given, cohort["subjects"], spec, say),
        swimmer(
            cohort["subjects"],
            cohort["exposure"],
            given,
            cohort["adverse_events"],
            cohort["events"],
            spec,
            say,
        ),
    ]
    for figure in figures:
        assert figure.render("figure.svg")
