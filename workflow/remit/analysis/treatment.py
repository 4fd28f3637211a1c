"""When each subject was treated: first and last day, days on treatment, number of doses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.study_days import date_of, moment_of
from remit.errors import RemitError
from remit.schemas.consistency import GIVEN

#: Models of dosing under which a dose lasts from its start to its end.
LASTING = ("continuous", "courses")
#: Dates that tell that something is known of a subject, and their domain.
CONTACTS = (
    ("dm", "DSSTDTC"),
    ("dm", "DTHDTC"),
    ("ex", "EXSTDTC"),
    ("ex", "EXENDTC"),
    ("lb", "LBDTC"),
    ("qs", "QSDTC"),
)


def treatment(
    ex: pl.DataFrame, dm: pl.DataFrame, contacts: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """First and last day of treatment of every subject who had any.

    Args:
        ex: Harmonized doses; of the plan's `drugs` alone, where it names them; what is a dose
            says `GIVEN`.
        dm: Harmonized demographics, whose columns say when treatment began and ended where the plan
            names `start`.
        contacts: USUBJID and LASTDT, the last day on which anything is known of the subject.
        spec: Config section `subjects.treatment`.

    Returns:
        USUBJID TRTSDT TRTSDTM TRTEDT TRTDURD NDOSES TRTONFL. Infusions and `continuous` treatment count from
        the first to the last day, both included; `courses` only the days of a course. Of treatment
        that goes on (TRTONFL Y) TRTEDT is the last contact; where an empty end means that it is
        unknown, TRTEDT and TRTDURD are null.

    Raises:
        RemitError: an empty end, and the plan does not say what it means.
    """
    model, start = spec.get("model"), spec.get("start")
    if start:
        given = _of_demographics(dm, start)
    else:
        given = _given(ex, spec.get("drugs") or [])
        if (
            model is None
            and (open_ := given.filter(pl.col("end").is_null() & pl.col("ended"))).height
        ):
            raise RemitError(
                f"{open_.height} rows of doses have no end. Say in subjects.treatment what that means: "
                "`model: infusions` (given on the day of their start), or `model: continuous` or "
                "`courses` (from start to end) with `empty_end: ongoing` or `unknown`"
            )
    if model in LASTING or start:
        ongoing = spec.get("empty_end", "ongoing") == "ongoing"
        last = pl.max_horizontal("start", "LASTDT") if ongoing else pl.lit(None, pl.Date)
        given = given.join(contacts, on="USUBJID", how="left", maintain_order="left").with_columns(
            end=pl.coalesce("end", last), open=pl.col("end").is_null()
        )
    else:
        given = given.with_columns(end=pl.coalesce("end", "start"), open=pl.lit(False))
    first = pl.col("moment").filter(pl.col("start") == pl.col("start").min())
    found = given.group_by("USUBJID").agg(
        TRTSDT=pl.col("start").min(),
        # The first dose has a minute when every dose of its day has one.
        TRTSDTM=pl.when(first.null_count() == 0).then(first.min()),
        TRTEDT=pl.when(pl.col("end").is_not_null().all()).then(
            pl.max_horizontal(pl.col("start").max(), pl.col("end").max())
        ),
        NDOSES=pl.len().cast(pl.Int64),
        TRTONFL=pl.when(pl.col("open").any() & pl.col("end").is_not_null().all()).then(pl.lit("Y")),
    )
    days = (pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1
    if model == "courses":
        found = found.join(_days_of_courses(given), on="USUBJID", how="left")
        days = pl.when(pl.col("TRTEDT").is_not_null()).then("days")
    return found.with_columns(TRTDURD=days).select(
        "USUBJID", "TRTSDT", "TRTSDTM", "TRTEDT", "TRTDURD", "NDOSES", "TRTONFL"
    )


def of_treatment(ex: pl.DataFrame, drugs: list[str]) -> pl.DataFrame:
    """The rows of `ex` that are of the study's drugs; all where the plan names none."""
    if not drugs:
        return ex
    named = [drug.strip().lower() for drug in drugs]
    return ex.filter(pl.col("EXTRT").str.strip_chars().str.to_lowercase().is_in(named))


def last_contacts(*dated: pl.LazyFrame) -> pl.DataFrame:
    """The last day on which anything is known of each subject.

    Args:
        dated: USUBJID and one column of dates as ISO text, of any domain.

    Returns:
        USUBJID LASTDT.
    """
    days = [
        frame.select("USUBJID", day=date_of(frame.collect_schema().names()[1])) for frame in dated
    ]
    together = pl.concat(days).group_by("USUBJID").agg(LASTDT=pl.col("day").max())
    return together.sort("USUBJID").collect(engine="streaming")


def _given(ex: pl.DataFrame, drugs: list[str]) -> pl.DataFrame:
    """USUBJID start end of each dose, and whether any dose has an end."""
    doses = of_treatment(ex, drugs).filter(GIVEN)
    return (
        doses.select(
            "USUBJID",
            start=date_of("EXSTDTC"),
            moment=moment_of("EXSTDTC"),
            end=date_of("EXENDTC"),
        )
        .filter(pl.col("start").is_not_null())
        .with_columns(ended=pl.col("end").is_not_null().any())
    )


def _of_demographics(dm: pl.DataFrame, start: str) -> pl.DataFrame:
    return dm.select(
        "USUBJID",
        start=date_of(start),
        moment=moment_of(start),
        end=date_of("RFXENDTC") if "RFXENDTC" in dm.columns else pl.lit(None, pl.Date),
    ).filter(pl.col("start").is_not_null())


def _days_of_courses(given: pl.DataFrame) -> pl.DataFrame:
    """USUBJID and `days` in any course, each day once."""
    covered = pl.col("end").cum_max().shift(1).over("USUBJID")
    first = pl.max_horizontal("start", covered + pl.duration(days=1))
    return (
        given.sort("USUBJID", "start", "end", nulls_last=True)
        .with_columns(own=(pl.col("end") - first).dt.total_days() + 1)
        .group_by("USUBJID")
        .agg(days=pl.col("own").clip(lower_bound=0).sum())
    )
