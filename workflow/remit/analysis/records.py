"""Records: dated values of a parameter, before anyone asks at which visit they were taken."""

from __future__ import annotations

import polars as pl

from remit.analysis.study_days import date_of, moment_of

RECORD = {
    "USUBJID": pl.String,
    "PARAMCD": pl.String,
    "AVAL": pl.Float64,
    "AVALC": pl.String,
    "AVALU": pl.String,
    "AVALOPER": pl.String,
    "ADT": pl.Date,
    "ADTM": pl.String,
    "DTYPE": pl.String,
    "ANRLO": pl.Float64,
    "ANRHI": pl.Float64,
    "ANRIND": pl.String,
    "METHOD": pl.String,
    "VISIT": pl.String,
    "REFID": pl.String,
    "SRCFILE": pl.String,
    "SRCLINE": pl.Int64,
    "SRCSHA": pl.String,
    "ROWID": pl.String,
}


def laboratory(lb: pl.DataFrame) -> pl.DataFrame:
    """Measured results as records."""
    return lb.select(
        "USUBJID",
        PARAMCD="LBTESTCD",
        AVAL="LBSTRESN",
        AVALC="LBSTRESC",
        AVALU="LBSTRESU",
        AVALOPER="LBOPER",
        ADT=date_of("LBDTC"),
        ADTM=moment_of("LBDTC"),
        DTYPE=pl.lit(None, pl.String),
        ANRLO="LBSTNRLO",
        ANRHI="LBSTNRHI",
        ANRIND="LBNRIND",
        METHOD="LBMETHOD",
        VISIT="VISIT" if "VISIT" in lb.columns else pl.lit(None, pl.String),
        REFID="LBREFID",
        SRCFILE="SRCFILE",
        SRCLINE="SRCLINE",
        SRCSHA="SRCSHA",
        ROWID="ROWID",
    )


def as_records(frame: pl.DataFrame, analytes: pl.DataFrame) -> pl.DataFrame:
    """Bring a frame to the columns of `RECORD`; what a derived record cannot have is null."""
    derived = "DTYPE" in frame.columns and pl.col("DTYPE").is_not_null()
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in RECORD.items() if name not in frame.columns
    ]
    frame = frame.with_columns(*missing)
    if derived is not False:
        units = dict(analytes.select("PARAMCD", "unit").iter_rows())
        unit = pl.col("PARAMCD").replace_strict(units, default=None, return_dtype=pl.String)
        nothing = pl.lit(None)
        frame = frame.with_columns(
            AVALC=pl.when(~derived).then("AVALC"),
            AVALU=pl.when(derived).then(unit).otherwise("AVALU"),
            ANRLO=pl.when(~derived).then("ANRLO").otherwise(nothing),
            ANRHI=pl.when(~derived).then("ANRHI").otherwise(nothing),
            ANRIND=pl.when(~derived).then("ANRIND").otherwise(nothing),
        )
    return frame.select(pl.col(name).cast(kind) for name, kind in RECORD.items())
