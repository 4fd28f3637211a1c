"""The pilot study's ADADAS: windows by study day, closest record, distance from the target."""

import polars as pl

from remit.analysis.visits import carried_forward, derive_visits

VISITS = {
    "baseline": {"name": "Baseline", "number": 0, "rule": "last", "look_back": 90},
    "windows": {
        "table": [
            {"name": "Week 8", "number": 8, "target": 56, "low": 2, "high": 84},
            {"name": "Week 16", "number": 16, "target": 112, "low": 85, "high": 140},
            {"name": "Week 24", "number": 24, "target": 168, "low": 141, "high": 999},
        ]
    },
    "choose": "closest",
    "tie": "later",
}


def test_every_row_of_the_official_data_set(pilot, equal, as_records, as_parameters):
    everything = pilot("cdiscpilotadam", "adadas")
    official = everything.filter(pl.col("DTYPE").is_null())
    records = official.with_columns(
        SRCLINE=pl.col("QSSEQ").cast(pl.Int64),
        ROWID=pl.col("QSSEQ").cast(pl.Int64).cast(pl.String).str.zfill(6),
        AVALC=pl.col("AVAL").cast(pl.String),
    )
    subjects = official.select("STUDYID", "USUBJID", "TRTSDT", "TRTEDT").unique()
    inputs = as_records(records.drop("DTYPE"))
    ours = derive_visits(inputs, subjects, as_parameters(official["PARAMCD"]), VISITS)
    theirs = records.with_columns(
        AWTDIFF=pl.col("AWTDIFF").cast(pl.Int64), ADY=pl.col("ADY").cast(pl.Int64)
    )
    key = ["USUBJID", "PARAMCD", "SRCLINE"]
    pairs = theirs.join(ours, on=key, how="left", suffix="_ours")
    for column in ("ADY", "AVISIT", "AWTDIFF", "BASE", "CHG"):
        equal("ADADAS", pairs, column)
    why = "theirs flags an item without a value"
    empty = pairs.filter(pl.col("AVAL").is_null())
    equal("ADADAS", pairs, "ABLFL", empty["ABLFL"].count(), why)
    equal("ADADAS", pairs, "ANL01FL", empty["ANL01FL"].count(), why)

    # Rows carried forward, of the total score alone. Theirs also carries the baseline (to visits of
    # subjects never seen again), and fills the value of records that their windows did not flag.
    total = ours.filter(pl.col("PARAMCD") == "ACTOT")
    carried = carried_forward(total)
    locf = everything.filter(pl.col("DTYPE") == "LOCF")
    assert locf.height == 241
    again = locf.filter(pl.col("ANL01FL") == "Y", pl.col("VISIT") != "BASELINE")
    assert again.height == carried.height == 165
    pairs = again.join(carried, on=["USUBJID", "AVISIT"], how="left", suffix="_ours")
    for column in ("AVAL", "BASE", "CHG"):
        equal("ADADAS LOCF", pairs, column)
