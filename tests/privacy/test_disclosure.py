"""What may be shown of linked counts and of means, held against small cases worked out by hand."""

import polars as pl

from remit.privacy.disclosure import Facts, hidden, samples


def away(counts: dict[str, int], total: tuple[str, list[str]], **costs: float) -> set[str]:
    """What is hidden of counts, one of which the parts add up to; those without a cost are not shown."""
    whole, parts = total
    facts = Facts(
        {(name,): n for name, n in counts.items()},
        [((whole,), [(part,) for part in parts])],
        {(name,): cost for name, cost in costs.items()},
    )
    return {name for (name,) in hidden(facts, 5)}


def sexes(women: int, men: int, *, size_costs: float = 10.0) -> set[str]:
    """What is hidden of a set and its two classes, both to be shown."""
    counts = {"all": women + men, "women": women, "men": men}
    return away(counts, ("all", ["women", "men"]), all=size_costs, women=1.0, men=1.0)


def test_a_small_class_takes_its_complement_with_it() -> None:
    assert sexes(8, 2) == {"women", "men"}


def test_nothing_small_hides_nothing() -> None:
    assert sexes(8, 5) == set()


def test_nobody_is_no_small_count() -> None:
    assert sexes(10, 0) == set()


def test_what_costs_least_is_hidden() -> None:
    assert sexes(8, 2, size_costs=0.5) == {"all", "men"}


def test_two_small_classes_hide_each_other_when_the_rest_leaves_room() -> None:
    counts = {"all": 20, "a": 3, "b": 3, "c": 14}
    # a + b = 6 is known: either could be 5 or 6.
    assert away(counts, ("all", ["a", "b", "c"]), all=10.0, a=1.0, b=1.0, c=1.0) == {"a", "b"}


def test_two_small_classes_whose_sum_is_small_take_a_third() -> None:
    counts = {"all": 20, "a": 1, "b": 2, "c": 17}
    # With a + b = 3 known neither could be 5.
    assert away(counts, ("all", ["a", "b", "c"]), all=10.0, a=1.0, b=1.0, c=1.0) == {"a", "b", "c"}


def test_the_few_between_two_nested_sets_hide_one_of_them() -> None:
    counts = {"treated": 10, "analysed": 7, "between": 3}
    found = away(counts, ("treated", ["analysed", "between"]), treated=1.0, analysed=9.0)
    assert found == {"treated"}


def held(**samples_: str) -> pl.DataFrame:
    """One letter a person, upper case for another record of the same person."""
    return pl.DataFrame(
        [
            {"sample": sample, "USUBJID": letter.lower(), "record": letter}
            for sample, letters in samples_.items()
            for letter in letters
        ]
    )


def kept(records: pl.DataFrame, *order: str) -> list[str]:
    return [name for (name,) in samples(records, [(name,) for name in order], 5)]


def test_a_mean_of_four_is_not_shown() -> None:
    assert kept(held(a="abcd"), "a") == []
    assert kept(held(a="abcde"), "a") == ["a"]


def test_of_two_means_over_almost_the_same_people_the_first_is_shown() -> None:
    assert kept(held(a="abcdefg", b="abcdef"), "a", "b") == ["a"]
    assert kept(held(a="abcdefg", b="abcdef"), "b", "a") == ["b"]


def test_means_that_differ_by_five_people_stand_together() -> None:
    assert kept(held(a="abcdefghijkl", b="abcdefg"), "a", "b") == ["a", "b"]


def test_the_same_people_at_another_time_are_another_mean() -> None:
    assert kept(held(a="abcdefg", b="ABCDEF"), "a", "b") == ["a", "b"]


def test_last_values_differ_from_the_last_visit_only_in_who_left_early() -> None:
    # f and g left before the last visit: the last values of all less the last visit are theirs.
    assert kept(held(visit="ABCDE", last="ABCDEfg"), "visit", "last") == ["visit"]


def test_three_means_may_give_away_what_no_two_of_them_do() -> None:
    # first + second - both leaves the one person who is in neither twice.
    records = held(first="abcdefghij", second="klmnopqrst", both="abcdefghijklmnopqrstu")
    assert kept(records, "first", "second", "both") == ["first", "second"]


def test_samples_that_go_together_are_shown_together_or_not_at_all() -> None:
    records = held(base="abcdefg", then="abcdef", later="HIJKLMN")
    assert samples(records, [("base",), ("then", "later")], 5) == [("base",)]
