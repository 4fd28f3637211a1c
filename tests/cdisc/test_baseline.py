"""The second baseline rule, against pharmaverse's re-derivation of the pilot study's ADLB."""

import polars as pl

from remit.analysis.visits import derive_visits

VISITS = {
    "baseline": {"name": "Baseline", "number": 0, "rule": "last", "look_back": 999},
    "windows": {"table": [{"name": "After", "number": 1, "target": 2, "low": 2, "high": 9999}]},
    "choose": "last",
    "tie": "later",
}


def test_every_flagged_row_and_every_change(pilot, equal, as_records, as_parameters):
    everything = pilot("pharmaverseadam", "adlb")
    adlb = everything.filter(pl.col("DTYPE").is_null())
    # Ties of one date go by visit number, then sequence; the time of day plays no part.
    order = pl.format(
        "{}-{}",
        (pl.col("VISITNUM") * 10).round(0).cast(pl.Int64).cast(pl.String).str.zfill(5),
        pl.col("LBSEQ").cast(pl.Int64).cast(pl.String).str.zfill(6),
    )
    theirs = adlb.with_columns(ROWID=order, ADTM=pl.lit(None, pl.String))
    # Theirs takes numbers only for values: a text such as a colour is no baseline.
    theirs = theirs.with_columns(AVALC=pl.lit(None, pl.String))
    subjects = theirs.select("STUDYID", "USUBJID", "TRTSDT", "TRTEDT").unique()
    ours = derive_visits(as_records(theirs), subjects, as_parameters(theirs["PARAMCD"]), VISITS)
    key = ["USUBJID", "PARAMCD", "ROWID"]
    pairs = theirs.join(ours, on=key, how="left", suffix="_ours")
    assert pairs.height == theirs.height
    assert theirs.filter(pl.col("ABLFL") == "Y").height == 9159
    equal("ADLB", pairs, "ABLFL")
    # Absolute counts calculated from percentages (DTYPE CALCULATION) are the baseline of some
    # series; they are no records of LB, so these series are left aside.
    calculated = everything.filter(pl.col("DTYPE") == "CALCULATION")
    pairs = pairs.join(calculated, on=["USUBJID", "PARAMCD"], how="anti")
    equal("ADLB", pairs, "BASE")
    after = pairs.filter(pl.col("CHG").is_not_null() & (pl.col("ADY_ours") > 1))
    equal("ADLB", after, "CHG")
    equal("ADLB", after, "PCHG")
