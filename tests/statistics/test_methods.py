"""The methods paragraph says what ran, and nothing else."""

import polars as pl

from remit.statistics import methods, paired, sensitivity


def sentences(visits_of, subjects_of, parameters, plan) -> str:
    visits = visits_of(
        *((n, "Month 1", 5.0 + i, 4.0 - 0.1 * i) for i, n in enumerate("abcdefg")),
        ("a", "Month 2", 5.0, 0.5, None, "<"),
    )
    given = (visits, subjects_of("abcdefg"), parameters, plan)
    return " ".join(methods(plan, pl.concat([paired(*given), sensitivity(*given)])))


def test_the_planned_test_is_named(visits_of, subjects_of, parameters, plan):
    text = sentences(visits_of, subjects_of, parameters, plan)
    assert "the efficacy set (n = 7)" in text
    assert "Protein/creatinine ratio was compared by Wilcoxon's signed-rank test (exact" in text
    assert "counted as the limit itself, one above it as the limit; this concerned 1 " in text
    assert "not adjusted for multiplicity" in text
    assert "In 1 of 2 comparisons the number of pairs cannot give" in text
    assert "depended on the data" not in text


def test_a_test_that_the_data_chose_carries_its_caveat(visits_of, subjects_of, parameters, plan):
    plan |= {"parameters": {"UPCR": {"test": "shapiro"}}}
    text = sentences(visits_of, subjects_of, parameters, plan)
    assert "the test depended on the data" in text
    assert "the paired t-test at Month 1" in text
    assert "Rochon et al. 2012" in text


def test_options_change_their_sentence(visits_of, subjects_of, parameters, plan):
    plan |= {"multiplicity": "holm", "zeros": "pratt", "quantile_type": 6, "censored": "half"}
    text = sentences(visits_of, subjects_of, parameters, plan)
    for part in ("Holm's method", "(Pratt)", "type 6 (as SPSS)", "counted as half the limit"):
        assert part in text
