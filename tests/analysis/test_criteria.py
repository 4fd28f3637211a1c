"""Every comparison, exact and three-valued."""

import operator
from fractions import Fraction

import polars as pl
import pytest

from remit.analysis.criteria import Scale, columns, ends, reference, references, verdict

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def frame(rows):
    names = ["AVAL", "OPER", "BASE", "BASEOPER", "ULN", "LLN"]
    kinds = [pl.Float64, pl.String, pl.Float64, pl.String, pl.Float64, pl.Float64]
    full = [list(row) + [None] * (6 - len(row)) for row in rows]
    table = pl.DataFrame(full, schema=dict(zip(names, kinds, strict=True)), orient="row")
    return table.select(columns("X", **{name: name for name in names}), DAY=100)


def decide(criterion, rows, decimals=2, censored=None):
    scale = Scale({"X": decimals}, censored)
    return frame(rows).select(verdict({"parameter": "X"} | criterion, scale)).to_series().to_list()


@pytest.mark.parametrize("op", OPERATORS)
def test_every_value_of_two_decimals_against_every_limit_around_it(op):
    # All pairs 0.00 to 3.00 in steps of 0.01 against limits that binary fractions cannot hold.
    values = [k / 100 for k in range(301)]
    for limit in (0.1, 0.29, 0.5, 0.57, 0.7, 1.15, 2.3):
        expected = [OPERATORS[op](Fraction(k, 100), Fraction(str(limit))) for k in range(301)]
        assert decide({"op": op, "value": limit}, [(value,) for value in values]) == expected


@pytest.mark.parametrize("percent", [20, 25, 50])
@pytest.mark.parametrize("decimals", [1, 2])
def test_every_fall_of_every_value_up_to_20_is_decided_exactly(percent, decimals):
    """All pairs: 20,301 of one decimal, 2,003,001 of two; in whole hundredths there is no rounding."""
    unit = 10**decimals
    whole = pl.DataFrame({"value": range(20 * unit + 1)})
    pairs = whole.join(whole.rename({"value": "before"}), how="cross")
    pairs = pairs.filter(pl.col("value") <= pl.col("before"))
    table = pairs.select(
        expected=100 * pl.col("value") <= (100 - percent) * pl.col("before"),
        AVAL=pl.col("value") / unit,
        BASE=pl.col("before") / unit,
    )
    met = verdict({"parameter": "X", "fall_percent": percent}, Scale({"X": decimals}))
    found = table.select("expected", *columns("X", AVAL="AVAL", BASE="BASE"), DAY=1)
    assert found.filter(met.ne_missing(pl.col("expected"))).is_empty()
    assert found.height == (20 * unit + 1) * (20 * unit + 2) // 2


def test_half_a_gram_is_not_below_half_a_gram():
    assert decide({"op": "<", "value": 0.5}, [(0.5,), (0.49,)]) == [False, True]


def test_a_converted_value_is_not_rounded_across_a_limit():
    # 0.1 + 0.2 is 0.30; 0.95 mg/dL of creatinine is 83.98 umol/L, 14.5 % above 0.83 mg/dL.
    assert decide({"op": "<=", "of": "baseline", "factor": 1.15}, [(83.98, None, 73.372)], 0) == [
        True
    ]
    assert decide({"op": "<", "value": 0.5}, [(0.4984,)]) == [True]
    assert decide({"op": "<=", "value": 0.3}, [(0.1 + 0.2,)]) == [True]


def test_a_result_below_a_limit_decides_what_all_its_values_decide():
    below = (0.5, "<")
    assert decide({"op": "<", "value": 0.5}, [below]) == [True]
    assert decide({"op": "<", "value": 0.3}, [below]) == [None]
    assert decide({"op": ">=", "value": 0.5}, [below]) == [False]
    assert decide({"op": "<=", "value": 0.5}, [(0.5, "<=")]) == [True]
    assert decide({"op": "<", "value": 0.5}, [(0.5, "<=")]) == [None]


def test_a_result_above_a_limit_decides_what_all_its_values_decide():
    above = (200.0, ">", None, None, 100.0)
    assert decide({"op": ">", "of": "uln"}, [above]) == [True]
    assert decide({"op": "<=", "value": 200}, [above]) == [False]
    assert decide({"op": "<", "value": 300}, [above]) == [None]
    assert decide({"op": ">", "value": 200}, [(200.0, ">=")]) == [None]


@pytest.mark.parametrize(
    ("text", "at_most_5", "more_than_5", "below_5"),
    [
        ("0-3", True, False, True),
        ("3-5", True, False, None),
        ("4-6", None, None, None),
        ("6-8", False, True, False),
        ("NEGATIVE", None, None, None),
    ],
)
def test_a_range_of_cells_decides_what_both_its_ends_decide(text, at_most_5, more_than_5, below_5):
    low, high = ends("AVAL", "AVALC")
    kinds = {"AVAL": pl.Float64, "AVALC": pl.String}
    cells = pl.DataFrame({"AVAL": [None], "AVALC": [text]}, schema=kinds)
    table = cells.with_columns(LOW=low, HIGH=high).select(
        columns("X", AVAL="AVAL", LOW="LOW", HIGH="HIGH"), DAY=100
    )
    found = [
        table.select(verdict({"parameter": "X", "op": op, "value": 5}, Scale({"X": 0}))).item()
        for op in ("<=", ">", "<")
    ]
    assert found == [at_most_5, more_than_5, below_5]


def test_two_open_results_are_compared_by_their_ranges():
    # >3 against a baseline <4: 3.2 against 3.9, or 5 against 1.
    assert decide({"op": ">=", "of": "baseline"}, [(3.0, ">", 4.0, "<")]) == [None]
    assert decide({"op": ">=", "of": "baseline"}, [(4.0, ">", 4.0, "<")]) == [True]
    assert decide({"op": "<", "of": "baseline"}, [(4.0, "<", 4.0, ">")]) == [True]


def test_a_factor_keeps_an_open_end_open():
    # <1.00 against 1.15 x 0.87 = 1.0005: every value below 1 is below it; against 0.86 x 1.15 = 0.989
    # it is open.
    rows = [(1.0, "<", 0.87), (1.0, "<", 0.86)]
    assert decide({"op": "<=", "of": "baseline", "factor": 1.15}, rows) == [True, None]


def test_a_limit_above_baseline_in_units():
    criterion = {"op": "<", "of": "baseline", "plus": 26.5, "unit": "umol/L"}
    assert decide(criterion, [(126.4, None, 100.0), (126.5, None, 100.0)], 1) == [True, False]


def test_missing_is_undecided():
    assert decide({"op": "<", "value": 0.5}, [(None,)]) == [None]
    assert decide({"fall_percent": 50}, [(1.0, None, None)]) == [None]
    assert decide({"op": ">", "of": "uln"}, [(1.0,)]) == [None]


def test_kleene_logic():
    missing, true, false = (
        {"parameter": "X", "op": "<", "of": "uln"},
        {"parameter": "X", "op": ">", "value": 0},
        {"parameter": "X", "op": "<", "value": 0},
    )
    table, scale = frame([(1.0,)]), Scale({"X": 1})

    def decided(criterion):
        return table.select(verdict(criterion, scale)).item()

    assert decided({"all": [missing, false]}) is False
    assert decided({"all": [missing, true]}) is None
    assert decided({"any": [missing, true]}) is True
    assert decided({"any": [missing, false]}) is None


def test_a_criterion_may_begin_on_a_day():
    late = {"op": "<=", "value": 10, "from_day": 169}
    early = {"op": "<=", "value": 10, "from_day": 50}
    assert decide(late, [(20.0,)]) == [True]
    assert decide(early, [(20.0,)]) == [False]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize(("of", "place"), [("uln", 4), ("lln", 5)])
@pytest.mark.parametrize(("factor", "limit"), [(1, 40.0), (1.5, 60.0), (0.25, 10.0)])
def test_multiples_of_the_limits_of_normal_are_exact(op, of, place, factor, limit):
    values = (limit - 0.01, limit, limit + 0.01)
    rows = [(value, *[None] * (place - 1), 40.0) for value in values]
    expected = [OPERATORS[op](value, limit) for value in values]
    assert decide({"op": op, "of": of, "factor": factor}, rows) == expected


@pytest.mark.parametrize("op", OPERATORS)
def test_a_rise_by_a_summand_is_exact(op):
    # Baseline 0.70 and a rise of 0.30: the sum of these binary fractions is not 1.
    expected = [OPERATORS[op](value, 1.0) for value in (0.99, 1.0, 1.01)]
    rows = [(value, None, 0.7) for value in (0.99, 1.0, 1.01)]
    assert decide({"op": op, "of": "baseline", "plus": 0.3}, rows) == expected


def test_equal_is_neither_less_nor_more():
    assert decide({"op": "=", "value": 2}, [(1.99,), (2.0,), (2.01,)]) == [False, True, False]


def test_a_comparison_tells_what_it_compares_with():
    table = frame([(5.0, None, 4.0, None, 40.0, 10.0)])
    plan = {"parameter": "X", "of": "baseline", "factor": 1.5, "plus": 0.5}
    assert table.select(reference(plan)).item() == 6.5
    assert references(plan) == ["BASELOW"]
    assert references({"parameter": "X", "of": "uln"}) == ["ULN"]
    assert references({"parameter": "X", "value": 1}) == []
    assert references({"parameter": "X", "value": 1, "at": "baseline"}) == ["BASELOW"]
    assert references({"parameter": "X", "of": "lln", "at": "baseline"}) == ["BASELOW", "LLN"]


def test_a_rise_over_a_baseline_below_a_limit_is_undecided_up_to_the_limit():
    rows = [(value, None, 0.7, "<") for value in (0.97, 1.0)]
    assert decide({"op": ">=", "of": "baseline", "plus": 0.3}, rows) == [None, True]


@pytest.mark.parametrize("op", OPERATORS)
def test_a_factor_and_a_summand_together_are_exact(op):
    """All values around 1.15 times a baseline and 0.3 more."""
    pairs = [(value, base) for base in range(1, 21) for value in range(3 * base + 60)]
    expected = [
        OPERATORS[op](
            Fraction(value, 100), Fraction("1.15") * Fraction(base, 100) + Fraction("0.3")
        )
        for value, base in pairs
    ]
    rows = [(value / 100, None, base / 100) for value, base in pairs]
    assert decide({"op": op, "of": "baseline", "factor": 1.15, "plus": 0.3}, rows) == expected


@pytest.mark.parametrize(("censored", "below"), [("bound", 1.0), ("half", 0.5), ("zero", 0.0)])
def test_what_an_interval_leaves_open_a_result_decides_by_what_it_counts_as(censored, below):
    for limit in (0.3, 0.7, 1.5):
        found = decide({"op": "<", "value": limit}, [(1.0, "<")], censored=censored)
        assert found == [below < limit or limit >= 1.0]


def test_a_baseline_above_a_limit_counts_as_the_limit():
    half = {"fall_percent": 50}
    rows = [(700.0, None, 1500.0, ">"), (750.0, None, 1500.0, ">"), (800.0, None, 1500.0, ">")]
    assert decide(half, rows) == [True, True, None]
    assert decide(half, rows, censored="bound") == [True, True, False]
