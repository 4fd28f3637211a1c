"""The pilot study's ADAE from the AE domain that it was made from, on every row."""

import polars as pl
import pyreadstat
import pytest

from remit.analysis.adverse_events import derive_adverse_events

PLAN = {
    # The pilot's rule: on or after the first dose, however long after the last.
    "after_last_dose_days": 9999,
    "partial_start": "first_dose",
    "related": ["PROBABLE", "POSSIBLE"],
}


@pytest.fixture(scope="module")
def reported(shared_data):
    path = shared_data / "cdisc_pilot" / "ae_2013.xpt"
    frame, _ = pyreadstat.read_xport(str(path), output_format="polars")
    text = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(pl.col(text).replace("", None))


def test_every_row_of_the_official_data_set(reported, pilot, equal):
    official = pilot("cdiscpilotadam", "adae")
    subjects = pilot("cdiscpilotadam", "adsl").select("STUDYID", "USUBJID", "TRTSDT", "TRTEDT")
    if subjects.schema["TRTSDT"] != pl.Date:
        days = pl.col("TRTSDT", "TRTEDT").cast(pl.Int64)
        subjects = subjects.with_columns(pl.date(1960, 1, 1) + pl.duration(days=days))
    sequence = pl.col("AESEQ").cast(pl.Int64)
    ae = reported.with_columns(
        AETOXGR=pl.lit(None, pl.Float64),
        SRCFILE=pl.lit("ae_2013.xpt"),
        SRCSHA=pl.lit(None, pl.String),
        SRCLINE=sequence,
        ROWID=pl.format("{}-{}", "USUBJID", sequence),
    )
    ours = derive_adverse_events(ae, subjects, PLAN)
    assert ours.height == official.height == 1191
    theirs = official.with_columns(
        ROWID=pl.format("{}-{}", "USUBJID", sequence),
        ASTDY=pl.col("ASTDY").cast(pl.Int64),
        AENDY=pl.col("AENDY").cast(pl.Int64),
    )
    pairs = theirs.join(ours, on="ROWID", how="left", suffix="_ours")
    for column in ("AENDT", "AENDY"):
        equal("ADAE", pairs, column)
    # Of a start known to the year alone, the pilot makes no date and says nothing; we take the
    # earliest day it can be, and the first dose where it can be that.
    why = "a start known to the year alone has no date in theirs"
    for column in ("ASTDT", "ASTDY", "ASTDTF"):
        equal("ADAE", pairs, column, 11, why)
    equal("ADAE", pairs, "TRTEMFL")
    year_alone = ae.filter(pl.col("AESTDTC").str.len_bytes() == 4)["ROWID"]
    others = pairs.filter(~pl.col("ROWID").is_in(year_alone.implode()))
    for column in ("ASTDT", "ASTDY", "ASTDTF"):
        equal("ADAE", others, column, 0, "without those rows")
