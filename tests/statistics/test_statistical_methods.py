"""The methods paragraph says what ran, and nothing else."""

import re
from functools import cache

import polars as pl

from remit.report.statistical_methods import methods
from remit.statistics import longitudinal, paired, sensitivity
from remit.words.labels import Labels, labels_in


@cache
def say(language: str) -> Labels:
    return labels_in(language)


def sentences(visits_of, subjects_of, parameters, plan, language="en") -> str:
    visits = visits_of(
        *((n, "Month 1", 5.0 + i, 4.0 - 0.1 * i) for i, n in enumerate("abcdefg")),
        ("a", "Month 2", 5.0, 0.5, None, "<"),
    )
    given = (visits, subjects_of("abcdefg"), parameters, plan)
    tables = [table(*given) for table in (paired, sensitivity, longitudinal)]
    return " ".join(methods(plan, pl.concat(tables), say(language)))


def test_the_planned_test_is_named(visits_of, subjects_of, parameters, plan):
    text = sentences(visits_of, subjects_of, parameters, plan)
    assert "the efficacy set (n = 7)" in text
    assert "Protein/creatinine ratio was compared by Wilcoxon's signed-rank test (exact" in text
    assert "counted as the limit itself, one above it as the limit; this concerned 1 " in text
    assert "not adjusted for multiplicity" in text
    assert (
        "In 1 of 2 comparisons so few pairs change that no exact signed-rank P lies below 0.05"
        in text
    )
    assert "depended on the data" not in text


def test_a_test_that_the_data_chose_carries_its_caveat(visits_of, subjects_of, parameters, plan):
    plan |= {"parameters": {"UPCR": {"test": "shapiro"}}}
    text = sentences(visits_of, subjects_of, parameters, plan)
    assert "the test depended on the data" in text
    assert "the paired t-test at Month 1" in text
    assert "Rochon et al. 2012" in text
    declared = (
        "the paired t-test would have given P < 0.05 at Month 1, Wilcoxon's signed-rank test at"
    )
    assert f"{declared} Month 1." in text


def test_logarithms_are_told_wherever_they_were_taken(visits_of, subjects_of, parameters, plan):
    plain = sentences(visits_of, subjects_of, parameters, plan)
    assert "log ratios" not in plain
    plan |= {"parameters": {"UPCR": {"test": "wilcoxon", "transform": "log"}}}
    text = sentences(visits_of, subjects_of, parameters, plan)
    assert "Protein/creatinine ratio (log ratios) was compared by Wilcoxon's" in text
    assert "log ratios were modelled for Protein/creatinine ratio" in text


def test_only_the_declared_alternatives_are_told(visits_of, subjects_of, parameters, plan):
    text = sentences(visits_of, subjects_of, parameters, plan)
    assert "(record of the window, results below a limit, test, differences of zero)" in text
    few = {"window": [], "censored": [], "test": ["paired_t"], "zeros": []}
    text = sentences(visits_of, subjects_of, parameters, plan | {"sensitivity": few})
    assert "declared alternatives (test): " in text
    none = {name: [] for name in few}
    text = sentences(visits_of, subjects_of, parameters, plan | {"sensitivity": none})
    assert "alternatives" not in text


def test_options_change_their_sentence(visits_of, subjects_of, parameters, plan):
    plan |= {"multiplicity": "holm", "zeros": "pratt", "quantile_type": 6, "censored": "half"}
    text = sentences(visits_of, subjects_of, parameters, plan)
    for part in ("Holm's method", "(Pratt)", "type 6 (as SPSS)", "counted as half the limit"):
        assert part in text


def test_chinese_tells_the_same_facts_in_chinese(visits_of, subjects_of, parameters, plan):
    plan |= {"parameters": {"UPCR": {"test": "shapiro"}}}
    text = sentences(visits_of, subjects_of, parameters, plan, "zh")
    for part in ("疗效分析集 (n = 7)", "第1个月采用配对t检验", "P > 0.05", "涉及1对"):
        assert part in text
    assert not re.findall("[a-z]{4,} [a-z]{4,}", text)
