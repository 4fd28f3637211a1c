"""Parameters that are a formula of others."""

import polars as pl
import pytest

from remit.analysis.composites import composed, parts
from remit.analysis.records import RECORD
from remit.plan.composites import components, problems


def records(*rows: tuple[object, ...]) -> pl.DataFrame:
    """Rows of PARAMCD, day of January 2021, AVAL and an operator."""
    made = [
        {
            "USUBJID": "01",
            "PARAMCD": code,
            "AVAL": value,
            "AVALOPER": operator[0] if operator else None,
            "ADT": f"2021-01-{day:02}",
            "ROWID": f"{code}-{day}",
        }
        for code, day, value, *operator in rows
    ]
    frame = pl.DataFrame(made, schema_overrides={"AVAL": pl.Float64, "AVALOPER": pl.String})
    frame = frame.with_columns(ADT=pl.col("ADT").str.to_date("%Y-%m-%d"))
    missing = [pl.lit(None, kind).alias(name) for name, kind in RECORD.items() if name not in frame]
    return frame.with_columns(missing).select(*RECORD)


def formula(text: str, days: int = 0) -> pl.DataFrame:
    return pl.DataFrame({"PARAMCD": ["Z"], "formula": [text], "within_days": [days]})


def values(frame: pl.DataFrame) -> list[tuple[int, float | None]]:
    return frame.select(pl.col("ADT").dt.day(), "AVAL").rows()


def test_a_value_stands_on_each_day_of_the_first_component() -> None:
    given = records(("A", 1, 4), ("B", 1, 9), ("A", 8, 16), ("B", 8, 25), ("B", 9, 1))
    assert values(composed(given, formula("sqrt(A) + 10 * sqrt(B)"))) == [(1, 32), (8, 54)]


def test_the_nearest_record_within_the_days_counts_of_two_as_near_the_earlier() -> None:
    given = records(("A", 10, 1), ("B", 8, 2), ("B", 12, 3), ("B", 14, 4))
    assert values(composed(given, formula("A + B", 3))) == [(10, 3)]
    assert values(composed(given, formula("A + B", 1))) == [(10, None)]


def test_the_record_of_the_day_comes_before_every_other() -> None:
    given = records(("A", 10, 1), ("B", 9, 2), ("B", 10, 3))
    assert values(composed(given, formula("A + B", 3))) == [(10, 4)]


def test_what_has_no_logarithm_has_no_value() -> None:
    given = records(("A", 1, 1), ("B", 1, 0))
    assert values(composed(given, formula("A + ln(B)"))) == [(1, None)]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (None, "<", (3, "<")),
        ("<", "<=", (3, "<")),
        (">", None, (3, ">")),
        ("<", ">", (None, "<")),
        (None, None, (3, None)),
    ],
)
def test_a_limit_of_components_that_agree_is_the_value_s(
    first: str | None, second: str | None, found: tuple[float | None, str | None]
) -> None:
    given = records(("A", 1, 1, first), ("B", 1, 2, second))
    assert composed(given, formula("A + B")).select("AVAL", "AVALOPER").row(0) == found


def test_a_formula_may_use_one_that_stands_before_it() -> None:
    given = records(("A", 1, 2), ("B", 1, 5))
    both = pl.DataFrame(
        {"PARAMCD": ["C", "D"], "formula": ["A * 10", "B + C"], "within_days": [0, 0]}
    )
    assert composed(given, both).select("PARAMCD", "AVAL").rows() == [("C", 20), ("D", 25)]


def test_a_value_knows_every_row_that_it_was_made_of() -> None:
    given = records(("A", 10, 1), ("B", 8, 2), ("B", 12, 3))
    assert parts(given, formula("A + B", 3)).select("PARAMCD", "SRCROW").rows() == [
        ("Z", "A-10"),
        ("Z", "B-8"),
    ]


def test_functions_are_no_components() -> None:
    assert components("0.56 * sqrt(TJC28) + ln(ESR + 1) + TJC28") == ["TJC28", "ESR"]


def test_a_component_that_nothing_has_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "composites.csv"
    path.write_text("PARAMCD,formula,within_days,source\nZ,A + Q,soon,us\nY,1 + 1,,us\n", "utf-8")
    assert [*problems({"A", "Z", "Y"}, [tmp_path])] == [
        f"{path}, line 2: `Q` is no parameter; add it to derived_parameters.csv",
        f"{path}, line 2: within_days 'soon' is no number of days",
        f"{path}, line 3: the formula of Y names no parameter",
    ]
