from pathlib import Path

import polars as pl
import pytest

from remit.__main__ import main
from tests.workflow.study import Study


@pytest.fixture
def later(finished: Study, tmp_path: Path) -> Path:
    """The same results, to be changed."""
    return finished.copy(tmp_path / "later") / "results"


def changed(path: Path, *columns: pl.Expr) -> None:
    pl.read_parquet(path).with_columns(*columns).write_parquet(path)


def test_equal_results_have_no_differences(
    finished: Study, later: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(finished / "results"), str(later)]) == 0
    assert capsys.readouterr().out == "Nothing changed.\n"


def test_differences_are_told_in_clinical_words(
    finished: Study, later: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = pl.read_parquet(later / "analysis/subjects.parquet")["USUBJID"][0]
    events = later / "analysis/adverse_events.parquet"
    pl.read_parquet(events).slice(1).write_parquet(events)
    changed(
        later / "analysis/responses.parquet",
        pl.when(
            pl.col("USUBJID") == first, pl.col("DEFID") == "cn19", pl.col("AVISIT") == "Month 1"
        )
        .then(pl.lit("CR"))
        .otherwise("AVALC")
        .alias("AVALC"),
    )
    named = (pl.col("table") == "paired") & (pl.col("PARAMCD") == "UPCR")
    named &= (pl.col("AVISIT") == "Month 4") & (pl.col("statistic") == "n")
    changed(
        later / "statistics/ard.parquet",
        pl.when(named).then(pl.lit(6.0)).otherwise("value").alias("value"),
    )
    assert main(["diff", str(finished / "results"), str(later)]) == 1
    said = capsys.readouterr().out
    assert f"response {first}, cn19, Month 1: AVALC " in said
    assert "→ CR" in said
    assert "adverse events: 1 changed" in said.replace("_", " ")
    assert ": gone" in said
    assert "paired UPCR Month 4 4.0 n: 7.0 → 6.0" in said
