"""From the pilot study's LB, DM and EX to the official ADLBC and ADLBH, on every row.

Its plan: visits by name, baseline at SCREENING 1, ANRIND by 0.5 and 1.5 times the limits, End of
Treatment as a copy of the last record of Weeks 2 to 24.
"""

import polars as pl
import pytest


@pytest.mark.parametrize(("domain", "official"), [("lbch", "ADLBC"), ("lbhe", "ADLBH")])
def test_every_row_of_the_official_data_set(domain, official, visits, pilot, equal):
    ours = visits(domain)
    theirs = pilot("cdiscpilotadam", official.lower()).with_columns(
        SRCLINE=pl.col("LBSEQ").cast(pl.Int64),
        ADT=pl.date(1960, 1, 1) + pl.duration(days=pl.col("ADT").cast(pl.Int64)),
        ANRIND=pl.col("ANRIND").replace({"N": "NORMAL", "H": "HIGH", "L": "LOW"}),
        BNRIND=pl.col("BNRIND").replace({"N": "NORMAL", "H": "HIGH", "L": "LOW"}),
        ADY=pl.col("ADY").cast(pl.Int64),
    )
    key = ["USUBJID", "PARAMCD", "SRCLINE", "AVISIT"]
    pairs = theirs.join(ours, on=key, how="left", nulls_equal=True, suffix="_ours")
    assert pairs["ROWID"].null_count() == 0, (
        "a row of theirs is no row of ours, or at another visit"
    )
    equal(official, pairs.with_columns(AVISIT_ours="AVISIT"), "AVISIT")
    for column in ("ADT", "ADY", "AVAL", "ABLFL", "BASE", "CHG", "BNRIND"):
        equal(official, pairs, column)
    why = "theirs calls a result without a number normal"
    equal(official, pairs, "ANRIND", pairs["AVAL"].null_count(), why)
