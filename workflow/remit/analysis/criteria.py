"""Criteria as polars expressions: decimal-exact, aware of `<` and `>` results, three-valued.

A measured value is the interval it stands for: `0.5` is one point, `<0.5` everything from 0 up to
but without 0.5, `3-5` (cells per field) everything from 3 to 5. Both sides of a comparison become
integers, a few digits beyond the parameter's reported decimals times the denominators of the factor:
binary fractions decide nothing. A comparison is true or false when every value of the interval
agrees, else null. Where the plan says what a result beyond a limit counts as (`Scale.censored`), such
a result decides by that what its interval leaves open, as it does in every test.

The wide frame that the expressions read has, per parameter `P`, a column `P|C` for each C of `READ`
and one column `DAY`, the study day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from math import lcm
from operator import and_, or_
from typing import Any, NamedTuple

import polars as pl

from remit.plan.definitions import Criterion

#: What is read of a parameter: the value, the ends of what it stands for (the value itself, or those
#: of a range), its operator, the same of the baseline value, and the limits of normal.
READ = {
    "AVAL": pl.Float64,
    "LOW": pl.Float64,
    "HIGH": pl.Float64,
    "OPER": pl.String,
    "BASE": pl.Float64,
    "BASELOW": pl.Float64,
    "BASEHIGH": pl.Float64,
    "BASEOPER": pl.String,
    "ULN": pl.Float64,
    "LLN": pl.Float64,
}
# Earlier values of the parameter, with ends and operator of their own; PRE, the value before the flare,
# is read only where a criterion asks for it.
_SERIES = ("BASE", "PRE")
# An interval's ends are held times four, an open end one inside: no two ends then compare wrongly.
STEP = 4


Ends = tuple[pl.Expr, pl.Expr]

# Digits kept beyond a parameter's reported precision: a value converted from another unit has more
# (0.95 mg/dL of creatinine is 83.98 umol/L) and must not be rounded across a limit, while the noise
# of binary fractions lies far below.
GUARD = 3


#: What a result below a limit counts as, as a share of the limit; one above a limit is the limit.
BELOW = {"bound": Fraction(1), "half": Fraction(1, 2), "zero": Fraction(0)}


class Scale(NamedTuple):
    """The decimals of each parameter, and what a result below a limit counts as, or None: undecided."""

    decimals: Mapping[str, int]
    censored: str | None = None

    def of(self, parameter: str) -> int:
        """The factor that turns a value of the parameter into an integer."""
        return 10 ** (self.decimals[parameter] + GUARD)


def columns(parameter: str, **given: str) -> list[pl.Expr]:
    """The columns of `READ` of one parameter from those of another frame; null where not given.

    Ends that are not given are the value itself.
    """
    found = []
    for name, kind in READ.items():
        source = given.get(name) or given.get(
            name.removesuffix("LOW").removesuffix("HIGH") or "AVAL"
        )
        expression = pl.col(source) if source else pl.lit(None)
        found.append(expression.cast(kind).alias(f"{parameter}|{name}"))
    return found


def ends(value: str, text: str) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper end of a result: its value, or those of a text such as `3-5`."""
    pattern = r"^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$"
    unread = pl.when(pl.col(value).is_null()).then(pl.col(text))
    low, high = (unread.str.extract(pattern, k).cast(pl.Float64) for k in (1, 2))
    return pl.coalesce(value, low), pl.coalesce(value, high)


def verdict(criterion: Criterion, scale: Scale) -> pl.Expr:
    """The criterion as a Boolean expression, null where it cannot be decided (Kleene logic)."""
    for key, combine in (("all", and_), ("any", or_)):
        if key in criterion:
            return reduce(combine, [verdict(branch, scale) for branch in criterion[key]])
    return _leaf(criterion, scale)


def value(leaf: Criterion) -> pl.Expr:
    """The value that a comparison looks at."""
    return pl.col(f"{leaf['parameter']}|{'BASE' if leaf.get('at') == 'baseline' else 'AVAL'}")


def reference(leaf: Criterion) -> pl.Expr:
    """The number that a comparison compares with."""
    if "value" in leaf:
        return pl.lit(float(leaf["value"]))
    column, factor, plus = _terms(leaf)
    return pl.col(f"{leaf['parameter']}|{column}") * float(factor) + float(plus)


def references(leaf: Criterion) -> list[str]:
    """What a comparison needs besides the value at the visit: BASELOW, PRELOW, ULN or LLN."""
    own = ["BASELOW"] if leaf.get("at") == "baseline" else []
    if "value" in leaf:
        return own
    column = _terms(leaf)[0]
    return [*own, f"{column}LOW" if column in _SERIES else column]


def integer(column: str, scale: int) -> pl.Expr:
    """A number as written, as an integer; noise of the binary fraction is rounded away first."""
    return (
        (pl.col(column) * scale)
        .round(6, mode="half_away_from_zero")
        .round(0, mode="half_away_from_zero")
        .cast(pl.Int64)
    )


def _leaf(leaf: Criterion, scale: Scale) -> pl.Expr:
    parameter, unit = leaf["parameter"], scale.of(leaf["parameter"])
    at_baseline = leaf.get("at") == "baseline"
    if "value" in leaf:
        column, factor, plus = None, Fraction(0), _exact(leaf["value"])
    else:
        column, factor, plus = _terms(leaf)
    common = lcm(factor.denominator, (plus * unit).denominator)
    looked_at, op = "BASE" if at_baseline else "AVAL", leaf.get("op", "<=")
    constant = int(plus * unit * common) * STEP

    def sides(ends: Callable[..., Ends]) -> tuple[Ends, Ends]:
        left = ends(parameter, looked_at, unit, common)
        if column is None:
            return left, (pl.lit(constant), pl.lit(constant))
        low, high = ends(parameter, column, unit, int(factor * common))
        return left, (low + constant, high + constant)

    decided = _compare(*sides(_ends), op)
    if scale.censored is not None:
        below = BELOW[scale.censored]

        def counted(parameter: str, column: str, unit: int, times: int) -> Ends:
            point = _counted(parameter, column, unit, times, below)
            return point, point

        decided = decided.fill_null(_compare(*sides(counted), op))
    if "from_day" in leaf:
        return pl.when(pl.col("DAY") < leaf["from_day"]).then(True).otherwise(decided)
    return decided


def _terms(leaf: Criterion) -> tuple[str, Fraction, Fraction]:
    """Reference column, factor and summand of a relative comparison."""
    if "fall_percent" in leaf:
        return "BASE", 1 - _exact(leaf["fall_percent"]) / 100, Fraction(0)
    column = {"baseline": "BASE", "preflare": "PRE", "uln": "ULN", "lln": "LLN"}[leaf["of"]]
    return column, _exact(leaf.get("factor", 1)), _exact(leaf.get("plus", 0))


def _exact(number: Any) -> Fraction:
    """A number of the plan as it is written there: 0.15 is 15/100."""
    return Fraction(str(number))


def _ends(parameter: str, column: str, unit: int, times: int) -> Ends:
    if column not in ("AVAL", *_SERIES):
        point = integer(f"{parameter}|{column}", unit) * (times * STEP)
        return point, point
    prefix = "" if column == "AVAL" else column
    low, high = (
        integer(f"{parameter}|{prefix}{end}", unit) * (times * STEP) for end in ("LOW", "HIGH")
    )
    operator = pl.col(f"{parameter}|{prefix}OPER")
    low = (
        pl.when(operator.is_in(["<", "<="]) & low.is_not_null())
        .then(pl.lit(0, pl.Int64))
        .otherwise(low + (operator == ">").fill_null(False).cast(pl.Int64))
    )
    high = pl.when(operator.is_in([">", ">="]).fill_null(False).not_()).then(
        high - (operator == "<").fill_null(False).cast(pl.Int64)
    )
    return low, high


def _counted(parameter: str, column: str, unit: int, times: int, below: Fraction) -> pl.Expr:
    """A result as the one number that it counts as; null where it is none."""
    value = integer(f"{parameter}|{column}", unit) * times
    if column not in ("AVAL", *_SERIES):
        return value * STEP
    prefix = "" if column == "AVAL" else column
    censored = pl.col(f"{parameter}|{prefix}OPER").is_in(["<", "<="]).fill_null(False)
    return pl.when(censored).then(value * int(below * STEP)).otherwise(value * STEP)


def _compare(left: Ends, right: Ends, op: str) -> pl.Expr:
    (low, high), (ref_low, ref_high) = left, right
    less = pl.when(high < ref_low).then(True).when(low >= ref_high).then(False)
    at_most = pl.when(high <= ref_low).then(True).when(low > ref_high).then(False)
    none = pl.lit(None, pl.Boolean)
    match op:
        case "<":
            return less.otherwise(none)
        case "<=":
            return at_most.otherwise(none)
        case ">":
            return ~at_most.otherwise(none)
        case ">=":
            return ~less.otherwise(none)
        case _:
            return at_most.otherwise(none) & ~less.otherwise(none)
