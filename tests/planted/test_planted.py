"""What the rules claim to decide, they decide: every planted defect is found, and nothing else."""

import polars as pl
import pytest

from tests.planted.score import score


@pytest.mark.parametrize("seed", [70_001, 70_002])
def test_every_planted_defect_is_found_and_nothing_else(seed: int) -> None:
    table = score(rows=3000, seed=seed)
    missed = table.filter((pl.col("found") < pl.col("planted")) | (pl.col("false") > 0))
    assert missed.rows() == []
    assert table.height >= 25
