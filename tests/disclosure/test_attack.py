"""Whoever holds every public number learns of no group of fewer than k people."""

import pytest

from tests.disclosure.attack import SPEC, attack, people_told_of, statistics, study, told_of
from tests.figures import frames


@pytest.mark.parametrize("seed", range(1_000, 1_012))
def test_a_random_study_gives_nobody_away(seed: int) -> None:
    data = study(seed)
    found = attack(data, statistics(data), SPEC)
    assert (found["wrong"], found["disclosed"], found["people"]) == ([], [], [])


def test_the_small_cohort_gives_nobody_away() -> None:
    spec = {**SPEC, "statistics": frames.plan()}
    found = attack(frames.analysis(), frames.statistics(), spec)
    assert (found["wrong"], found["disclosed"], found["people"]) == ([], [], [])
    assert found["hidden"] < found["wanted"]


def test_the_attacker_finds_what_hiding_small_counts_alone_leaves_open() -> None:
    from remit.report.public import Fact

    facts = [
        Fact(("all",), 10, ((("women",), ("men",)),), 1.0),
        Fact(("women",), 8, (), 1.0),
        Fact(("men",), 2, (), 1.0),
    ]
    assert told_of(facts, {("all",): 10, ("women",): 8}, 5) == [("men",)]
    assert told_of(facts, {("all",): 10}, 5) == []


def test_the_attacker_subtracts_means() -> None:
    import polars as pl

    rows = [(s, p, p) for s, people in (("a", "abcdefg"), ("b", "abcdef")) for p in people]
    held = pl.DataFrame(rows, ["sample", "USUBJID", "record"], orient="row")
    assert people_told_of(held, ["a", "b"], 5)
    assert not people_told_of(held, ["a"], 5)
