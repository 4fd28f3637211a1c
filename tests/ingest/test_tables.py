"""Typed tables: what a number of double precision cannot hold, and what is no single value."""

import io
from typing import Any

import polars as pl
import pytest

from .conftest import Run

ROW: dict[str, list[Any]] = {
    "MRN": ["p1"],
    "Test": ["Albumin"],
    "Result": [38.5],
    "Unit": ["g/L"],
    "Collected": ["2020-06-01"],
}


def parquet(**cells: Any) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(ROW | {name: [value] for name, value in cells.items()}).write_parquet(buffer)
    return buffer.getvalue()


def test_rows_are_counted_by_the_file_itself(run: Run) -> None:
    found = run(parquet(), format="parquet")
    assert found.ledger.select("found", "handed_on", "accepted").row(0) == (1, 1, 1)


def test_an_identifier_of_more_digits_than_its_type_keeps_is_refused(run: Run) -> None:
    whole = run(parquet(MRN=1234567890123456), format="parquet")
    assert whole.identities["SUBJID"].to_list() == ["1234567890123456"]
    lost = run(parquet(MRN=1234567890123456.0), format="parquet")
    assert "cell_unreadable" in lost.quarantine["rule"].to_list()


@pytest.mark.parametrize("value", [[38.5, 39.0], {"value": 38.5}])
def test_a_column_of_several_values_a_cell_is_named(run: Run, value: object) -> None:
    found = run(parquet(Result=value), format="parquet")
    assert "'Result' holds values of the type" in found.ledger["message"].item()


def test_another_column_may_be_of_any_type(run: Run) -> None:
    assert run(parquet(Notes=["a", "b"]), format="parquet").accepted.height == 1
