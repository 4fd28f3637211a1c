"""What a data manager may put in place of a doubtful unit or value, and the evidence for it.

A proposal is text for a person. Only a signed decision (`dictionaries.load_decisions`) acts on it.
"""

import math

import polars as pl

# A result is this much like the patient's others, as a factor.
ALIKE = 3.0
# Evidence is sought for so many doubtful rows of a batch: more are a fault of the feed, not of rows.
MOST = 10_000


def explained(bad: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add UNIT_PROPOSAL and VALUE_PROPOSAL to laboratory rows that broke a rule.

    Args:
        bad: the rows to explain.
        rows: all rows of their batch: where the evidence comes from, which is the laboratory's usual
            unit for the test and the same patient's other results.
    """
    if bad.is_empty():
        return bad.with_columns(UNIT_PROPOSAL=pl.lit(""), VALUE_PROPOSAL=pl.lit(""))
    bad = bad.join(_usual(rows), on="LBTESTCD", how="left", maintain_order="left").with_row_index()
    # Of a unit that is known and not the analyte's, no other unit is evidence.
    open_ = pl.col("UCUM").is_null() | pl.col("UNITFAC").is_not_null()
    doubtful = bad.filter(pl.col("LBTESTCD").is_not_null() & (pl.col("NUMBER") > 0) & open_).head(
        MOST
    )
    best = _best(doubtful.join(_others(doubtful, rows), on=["USUBJID", "LBTESTCD"]), rows)
    bad = bad.join(best, on="index", how="left", maintain_order="left")
    reading = pl.format(
        "as {} it is {} {}, and this patient's {} others have a median of {}",
        "ucum",
        pl.col("AS").round_sig_figs(4),
        pl.col("LBSTRESU"),
        "OTHERS",
        pl.col("MEDIAN").round_sig_figs(4),
    )
    usual = pl.format("the usual unit of {} here is {} ({} rows)", "LBTESTCD", "USUAL", "COUNT")
    # What few rows have is not usual.
    many = pl.col("COUNT") > pl.len().over("LBTESTCD")
    usual = pl.when(many & pl.col("USUAL").ne_missing(pl.col("LBORRESU"))).then(usual)
    evidence = pl.concat_str(reading, usual, separator="; ", ignore_nulls=True)
    known = reading.is_not_null() | usual.is_not_null()
    return bad.with_columns(
        UNIT_PROPOSAL=pl.when(known)
        .then(evidence)
        .otherwise(pl.lit("ask the laboratory for the unit")),
        VALUE_PROPOSAL=pl.coalesce(
            reading, pl.lit("compare value and unit with the source record")
        ),
    ).drop("index")


def _usual(rows: pl.DataFrame) -> pl.DataFrame:
    """The unit that most rows of a test have: LBTESTCD USUAL COUNT."""
    return (
        rows.select("KEY", "LBTESTCD", "LBORRESU", "UNITFAC")
        .filter(pl.col("UNITFAC").is_not_null() & pl.col("LBORRESU").is_not_null())
        .group_by("KEY")
        .agg(pl.first("LBTESTCD", "LBORRESU"), pl.len())
        .group_by("LBTESTCD", USUAL="LBORRESU")
        .agg(COUNT=pl.sum("len"))
        .sort("COUNT", "USUAL", descending=[True, False])
        .unique("LBTESTCD", keep="first", maintain_order=True)
    )


def _others(doubtful: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The patient's other results of the test: USUBJID LBTESTCD OTHERS MEDIAN."""
    asked = doubtful.select("USUBJID", "LBTESTCD").unique()
    return (
        rows.select("USUBJID", "LBTESTCD", "LBSTRESN", "GOOD")
        .filter(pl.col("USUBJID").is_in(asked["USUBJID"].implode()) & pl.col("GOOD"))
        .filter(pl.col("LBSTRESN") > 0)
        .join(asked, on=["USUBJID", "LBTESTCD"], how="semi")
        .group_by("USUBJID", "LBTESTCD")
        .agg(OTHERS=pl.len(), MEDIAN=pl.col("LBSTRESN").median())
    )


def _best(doubtful: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The unit of the analyte's accepted rows that makes each result most like the patient's others.

    Of alike units the laboratory's usual one comes first, then the analyte's own.
    """
    return (
        doubtful.select("index", "LBTESTCD", "LBSTRESU", "NUMBER", "MEDIAN", "OTHERS")
        .join(_units(rows), on="LBTESTCD")
        .with_columns(AS=pl.col("NUMBER") * pl.col("UNITFAC") + pl.col("UNITOFF"))
        .with_columns(FAR=(pl.col("AS") / pl.col("MEDIAN")).log().abs())
        .filter(pl.col("FAR") < math.log(ALIKE))
        .sort(
            "index",
            pl.col("FAR").round(6),
            -pl.col("COUNT").cast(pl.Int64),
            pl.col("ucum") != pl.col("LBSTRESU"),
            "ucum",
        )
        .unique("index", keep="first", maintain_order=True)
        .select("index", "ucum", "AS", "MEDIAN", "OTHERS")
    )


def _units(rows: pl.DataFrame) -> pl.DataFrame:
    """The units that accepted results have: LBTESTCD ucum UNITFAC UNITOFF COUNT. Others are no evidence."""
    known = pl.col("UNITFAC").is_not_null() & pl.col("LBORRESU").is_not_null() & pl.col("GOOD")
    return (
        rows.select("LBTESTCD", "UCUM", "UNITFAC", "UNITOFF", "LBORRESU", "GOOD")
        .filter(known)
        .group_by("LBTESTCD", "UNITFAC", "UNITOFF", ucum="UCUM")
        .agg(COUNT=pl.len())
    )
