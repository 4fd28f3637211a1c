"""From the analysis data sets to one card per planned comparison."""

import numpy as np
import polars as pl
import pytest

from remit.errors import RemitError
from remit.schemas.statistics import validate
from remit.statistics import paired, regression_to_mean, sensitivity, wide

CONTRACT = (
    "PARAMCD,PARAM,UNIT,AVISIT,AVISITN,n,base_mean,base_sd,base_median,base_q1,base_q3,visit_mean,"
    "visit_sd,visit_median,visit_q1,visit_q3,mean_change,change_ci_low,change_ci_high,t,df,p_t,"
    "cohen_dz,hedges_g,n_zero,n_ties,w_plus,w_minus,p_wilcoxon_exact,p_wilcoxon_asymptotic,"
    "hodges_lehmann,hl_ci_low,hl_ci_high,rank_biserial,shapiro_p,test,p,p_adjusted,p_attainable"
)


def test_the_columns_are_those_of_the_contract_and_more_follow(
    visits_of, subjects_of, parameters, plan
):
    visits = visits_of(("a", "Month 1", 3.0, 2.0), ("b", "Month 1", 5.0, 3.5))
    found = paired(visits, subjects_of("ab"), parameters, plan)
    table = validate("paired", wide(validate("ard", found), "paired"))
    assert ",".join(table.columns).startswith(CONTRACT)


def test_every_planned_visit_has_a_row_and_lost_pairs_have_a_reason(
    visits_of, subjects_of, parameters, plan
):
    visits = visits_of(("a", "Month 1", 3.0, 2.0), ("b", "Month 1", None, 3.5))
    table = wide(paired(visits, subjects_of("abcd"), parameters, plan), "paired")
    assert table.select("AVISIT", "n", "n_eligible", "n_no_visit", "n_no_baseline").rows() == [
        ("Month 1", 1, 4, 2, 1),
        ("Month 2", 0, 4, 4, 0),
    ]
    assert table["error"][1] == "no pairs"


def test_only_analysed_records_of_the_population_count(visits_of, subjects_of, parameters, plan):
    visits = visits_of(
        ("a", "Month 1", 3.0, 2.0), ("b", "Month 1", 5.0, 3.5), ("c", "Month 1", 4.0, 1.0)
    ).with_columns(ANL01FL=pl.when(pl.col("USUBJID") != "a").then(pl.lit("Y")))
    subjects = subjects_of("abc").with_columns(
        EFFFL=pl.when(pl.col("USUBJID") == "c").then(pl.lit("N")).otherwise(pl.lit("Y"))
    )
    table = wide(paired(visits, subjects, parameters, plan), "paired")
    assert (table["n"][0], table["mean_change"][0], table["n_eligible"][0]) == (1, -1.5, 2)


@pytest.mark.parametrize(("censored", "change"), [("bound", -2.5), ("half", -2.75), ("zero", -3.0)])
def test_a_result_below_a_limit_counts_as_the_plan_says(
    visits_of, subjects_of, parameters, plan, censored: str, change: float
):
    visits = visits_of(("a", "Month 1", 3.0, 0.5, None, "<"), ("b", "Month 1", 9.0, 6.5, ">", None))
    table = wide(
        paired(visits, subjects_of("ab"), parameters, plan | {"censored": censored}), "paired"
    )
    first_and_second = [change, -2.5]
    assert table["mean_change"][0] == sum(first_and_second) / 2
    assert table["n_censored"][0] == 2


def test_holm_adjusts_within_the_declared_family(visits_of, subjects_of, parameters, plan):
    rows = [
        (name, f"Month {visit}", 5.0, 5.0 + change * scale)
        for visit, scale in ((1, 1), (2, -1))
        for name, change in zip("abcdef", (1, 2, 3, 4, 5, 6 * scale), strict=True)
    ]
    visits = pl.concat([visits_of(*rows), visits_of(*rows, code="ALB")])
    plan |= {"parameters": {"UPCR": {"test": "wilcoxon"}, "ALB": {"test": "wilcoxon"}}}
    plan |= {"multiplicity": "holm"}
    for family, factors in (("parameter", [2, 1]), ("table", [4, 3])):
        found = paired(visits, subjects_of("abcdef"), parameters, plan | {"family": family})
        table = wide(found, "paired").filter(PARAMCD="UPCR")
        smallest = table["p"].min()
        adjusted = table.filter(pl.col("p") == smallest)["p_adjusted"][0]
        assert adjusted == pytest.approx(smallest * factors[0])


def test_two_analysed_records_at_a_visit_are_an_error(visits_of, subjects_of, parameters, plan):
    visits = visits_of(("a", "Month 1", 3.0, 2.0), ("a", "Month 1", 3.0, 2.5))
    with pytest.raises(RemitError, match="a has more than one analysed UPCR at Month 1"):
        paired(visits, subjects_of("a"), parameters, plan)


@pytest.mark.parametrize("table", [paired, sensitivity, regression_to_mean])
def test_subject_names_and_row_order_change_nothing(
    visits_of, subjects_of, parameters, plan, table
):
    random = np.random.default_rng(6)
    values = random.lognormal(1, 1, (9, 2)).round(2).tolist()
    earlier = random.lognormal(1, 1, 9).round(2).tolist()
    tables = []
    for names in ("abcdefghi", "fzibwgcxa"):
        subject = list(zip(names, values, strict=True))
        before = [(n, "Baseline", v[0], old) for (n, v), old in zip(subject, earlier, strict=True)]
        visits = pl.concat(
            [
                visits_of(*before).with_columns(ADY=pl.lit(-20, pl.Int64)),
                visits_of(*((n, "Baseline", v[0], v[0]) for n, v in subject)).with_columns(
                    ADY=pl.lit(1, pl.Int64), ABLFL=pl.lit("Y")
                ),
                visits_of(*((n, "Month 2", *v) for n, v in subject)),
            ]
        )
        if names[0] == "f":
            visits = visits.reverse()
        found = wide(table(visits, subjects_of(names), parameters, plan), table.__name__)
        tables.append(found)
    assert tables[0].equals(tables[1])


def test_the_plan_of_a_parameter_stands_in_the_options(visits_of, subjects_of, parameters, plan):
    plan |= {"parameters": {"UPCR": {"test": "paired_t", "transform": "log"}}}
    visits = visits_of(*((n, "Month 1", 5.0, 4.0 - 0.1 * i) for i, n in enumerate("abc")))
    found = paired(visits, subjects_of("abc"), parameters, plan).filter(AVISIT="Month 1")
    options = dict(found.select("statistic", "options").iter_rows())
    assert options["t"] == "transform=log"
    assert options["p"].startswith("test=paired_t; transform=log; wilcoxon=exact")


def test_a_visit_that_repeats_others_is_outside_the_family(
    visits_of, subjects_of, parameters, plan
):
    plan |= {"visits": ["Month 1", "Month 2", "Month 99"], "multiplicity": "holm"}
    names = "abcdefg"
    visits = visits_of(
        *((n, "Month 1", 5.0 + i, 4.0 - 0.1 * i) for i, n in enumerate(names)),
        *((n, "Month 2", 5.0 + i, 5.1 - 0.3 * i) for i, n in enumerate(names)),
        *((n, "Month 99", 5.0 + i, 5.1 - 0.3 * i) for i, n in enumerate(names)),
    ).with_columns(DTYPE=pl.when(pl.col("AVISIT") == "Month 99").then(pl.lit("LOV")))
    table = wide(paired(visits, subjects_of(names), parameters, plan), "paired")
    first, second, copy = table.to_dicts()
    assert (first["n_copied"], copy["n_copied"]) == (0, 7)
    assert first["p_adjusted"] == pytest.approx(2 * first["p"])  # two tests, not three
    assert (copy["p"], copy["p_adjusted"]) == (second["p"], None)
    assert "outside every family" in copy["error"]
    plain = wide(
        paired(visits, subjects_of(names), parameters, plan | {"multiplicity": "none"}), "paired"
    )
    assert plain["p_adjusted"].equals(plain["p"])
