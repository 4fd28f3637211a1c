"""The CDISC pilot study from its transport files, counted in its official analysis data sets."""

import polars as pl
import pytest

from tests.studies.cdisc_pilot.exports import table
from tests.studies.conftest import Finished
from tests.workflow.study import Study

WEEKS = [2, 8, 16, 24]
PARAMETERS = ["ALT", "ALB", "K"]


@pytest.fixture(scope="module")
def study(finished_study: Finished) -> Study:
    return finished_study("cdisc_pilot")


@pytest.fixture(scope="module")
def official() -> pl.DataFrame:
    """The records that the study's own analysis took, one per patient, parameter and week."""
    laboratory = table("adlbc", "cdiscpilotadam")
    weeks = pl.col("AVISIT").str.strip_chars().is_in([f"Week {week}" for week in WEEKS])
    safety = table("adsl", "cdiscpilotadam").filter(SAFFL="Y")
    own = laboratory.filter(weeks, pl.col("PARAMCD").is_in(PARAMETERS))
    last = own.sort("USUBJID", "PARAMCD", "AVISIT", "LBSEQ", maintain_order=True)
    return (
        last.join(safety, on="USUBJID", how="semi")
        .unique(["USUBJID", "PARAMCD", "AVISIT"], keep="last", maintain_order=True)
        .with_columns(pl.col("AVISIT").str.strip_chars())
    )


def test_the_sets_are_those_of_adsl(study: Study) -> None:
    ours = pl.read_parquet(study / "results/analysis/subjects.parquet")
    theirs = table("adsl", "cdiscpilotadam")
    assert ours.height == table("dm").height
    assert ours.filter(SAFFL="Y").height == theirs.filter(SAFFL="Y").height
    days = theirs.filter(SAFFL="Y")["TRTSDT"].sort()
    assert ours["TRTSDT"].drop_nulls().sort().to_list() == days.to_list()


@pytest.mark.parametrize("week", WEEKS)
def test_responders_are_those_whose_official_result_is_in_range(
    study: Study, official: pl.DataFrame, week: int
) -> None:
    own = official.filter(AVISIT=f"Week {week}", PARAMCD="ALT")
    normal = own.filter(pl.col("AVAL") <= pl.col("A1HI"))
    response = pl.read_csv(study / "results/statistics/response.csv")
    row = response.filter(AVISIT=f"Week {week}", rule="observed", category="R").row(0, named=True)
    assert (row["count"], row["denominator"]) == (normal.height, own.height)


@pytest.mark.parametrize("code", PARAMETERS)
@pytest.mark.parametrize("week", WEEKS)
def test_change_from_baseline_is_that_of_adlbc(
    study: Study, official: pl.DataFrame, code: str, week: int
) -> None:
    own = official.filter(AVISIT=f"Week {week}", PARAMCD=code).drop_nulls("CHG")
    paired = pl.read_csv(study / "results/statistics/paired.csv")
    row = paired.filter(AVISIT=f"Week {week}", PARAMCD=code).row(0, named=True)
    assert row["n"] == own.height
    assert row["mean_change"] == pytest.approx(own["CHG"].mean())
    assert row["sd_change"] == pytest.approx(own["CHG"].std())


def test_serious_events_and_deaths_are_those_of_the_transport_file(study: Study) -> None:
    events = table("ae")
    safety = pl.read_csv(study / "results/statistics/safety.csv")
    serious = events.filter(AESER="Y")["USUBJID"].n_unique()
    assert safety.filter(category="serious")["count"].to_list() == [serious]
    assert safety.filter(category="death")["count"].to_list() == [
        events.filter(AEOUT="FATAL")["USUBJID"].n_unique()
    ]
    assert events["AEACN"].drop_nulls().is_empty()
    assert safety.filter(category="discontinuation").is_empty()
