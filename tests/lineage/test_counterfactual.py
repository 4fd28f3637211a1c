"""Change a record that a number rests on and some such number moves; change another and none does."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from remit import statistics as of
from remit.lineage import why
from remit.schemas.catalogue import KEYS
from tests.figures import frames

SEED = 20210426
PARAMETERS = pl.DataFrame(
    {
        "PARAMCD": list(frames.PARAMETERS),
        "PARAM": [name for name, _ in frames.PARAMETERS.values()],
        "unit": [unit for _, unit in frames.PARAMETERS.values()],
        "decimals": [2] * len(frames.PARAMETERS),
    }
)


def numbers(visits: pl.DataFrame) -> pl.DataFrame:
    """The statistics of the visits, from values alone."""
    subjects, spec = frames.subjects(), frames.plan()
    return pl.concat(
        [
            of.baseline(subjects, visits, PARAMETERS, spec),
            of.paired(visits, subjects, PARAMETERS, spec),
        ]
    )


def changed(visits: pl.DataFrame, rows: list[str]) -> pl.DataFrame:
    """The same visits after another result of some records: baselines count wherever they are used."""
    hit = pl.col("ROWID").is_in(rows)
    moved = visits.with_columns(AVAL=pl.when(hit).then(pl.col("AVAL") * 1.37 + 1).otherwise("AVAL"))
    base = moved.filter(ABLFL="Y").select("USUBJID", "PARAMCD", now="AVAL")
    return (
        moved.join(base, on=["USUBJID", "PARAMCD"], how="left", maintain_order="left")
        .with_columns(BASE="now")
        .drop("now")
    )


def told(ard: pl.DataFrame, row: dict[str, Any]) -> list[float | None]:
    """Every value of the row that a statistic belongs to."""
    at = pl.all_horizontal(pl.col(key).eq_missing(pl.lit(row[key], KEYS[key])) for key in KEYS)
    return ard.filter(at, table=row["table"])["value"].to_list()


VISITS = frames.visits().with_columns(ADTM=pl.lit(None, pl.Datetime))
ARD = numbers(VISITS)
DATA = {**frames.analysis(), **frames.harmonized(), "visits": VISITS}
ASKED = ARD.filter(
    pl.col("statistic").is_in(["n"]),
    pl.col("value") > 0,
    pl.col("PARAMCD").is_in(PARAMETERS["PARAMCD"].implode()),
)
SAMPLE = random.Random(SEED).sample(range(ASKED.height), 12)


@pytest.mark.parametrize("place", SAMPLE)
def test_a_number_rests_on_its_records_and_on_no_other(place: int) -> None:
    row = ASKED.row(place, named=True)
    plan = {"statistics": frames.plan(), "responses": {"preflare": "baseline"}}
    listed = why.records(row, DATA, plan)["ROWID"].unique().sort().to_list()
    draw = random.Random(SEED + place)
    mine, before = draw.choice(listed), told(ARD, row)
    assert told(numbers(changed(VISITS, [mine])), row) != before, mine
    others = sorted(set(VISITS["ROWID"]) - set(listed))
    assert told(numbers(changed(VISITS, others)), row) == before
