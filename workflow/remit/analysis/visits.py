"""From dated records to visits: study day, window, baseline, the record analysed, and change.

One sort by subject, parameter and time; everything after it looks at neighbouring rows only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.analysis.choice import CODE, REASONS, choose
from remit.analysis.study_days import after_first_dose, study_day
from remit.plan.windows import Window, compile

COLUMNS = (
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "PARAMN", "AVAL", "AVALC", "AVALU", "AVALOPER"),
    *("ADT", "ADTM", "ADY", "AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI", "AWTDIFF", "ABLFL"),
    *("BASE", "BASEOPER", "CHG", "PCHG", "ANL01FL", "DTYPE", "SELRSN", "ANRLO", "ANRHI", "ANRIND"),
    *("BNRIND", "VISIT", "METHOD", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"),
)

LIMITS = ("ANRLO", "ANRHI", "ANRIND")
# The order of records of one day: by time, then by what they say.
SAME_DAY = ("ADTM", "AVAL", "AVALC", "REFID", "ROWID")
DAYS = 2**18  # more days than any date has


def derive_visits(
    records: pl.DataFrame,
    subjects: pl.DataFrame,
    analytes: pl.DataFrame,
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """Place records in windows, choose baseline and one record per visit, and derive change.

    Args:
        records: Columns of `records.RECORD`, any order of rows.
        subjects: STUDYID USUBJID TRTSDT TRTSDTM TRTEDT.
        analytes: PARAMCD PARAM better.
        spec: Config section `visits`.

    Returns:
        `COLUMNS`, sorted by subject, parameter, time and visit.
    """
    visits = compile(spec)
    windows = [window for window in visits if window.target]
    frame = _in_order(records, subjects, analytes)
    choice = choose(frame, windows, spec)
    frame = frame.with_columns(
        window=choice.window,
        reason=choice.reason,
        baseline=choice.baseline,
        analysed=choice.analysed,
    ).with_row_index("place")
    made = _means(frame)
    made += _last_records(pl.concat([frame, *made]), windows, spec)
    if made:
        # A mean or a copy follows the record that it was made from.
        frame = pl.concat([frame, *made]).sort("place", "window", maintain_order=True)
    return _described(_with_change(frame, spec), visits)


def carried_forward(visits: pl.DataFrame) -> pl.DataFrame:
    """Records for planned visits that have none: the last one analysed after baseline (LOCF).

    For sensitivity analyses alone: a value that nobody measured is no result.

    Args:
        visits: BDS. A planned visit is one at which anybody was seen.

    Returns:
        The columns of `visits`; DTYPE is LOCF and ADT, ADY and the source are the earlier record's.
    """
    plan = ["AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI"]
    series = ["USUBJID", "PARAMCD"]
    analysed = visits.filter(
        pl.col("ANL01FL") == "Y",
        pl.col("ABLFL").is_null(),
        pl.col("AWTARGET").is_not_null(),
        pl.col("AVAL").is_not_null(),
    )
    planned = analysed.select(plan).unique().sort("AVISITN")
    here = analysed.select(*series, "AVISITN", FROM="AVISITN")
    grid = (
        analysed.select(series)
        .unique()
        .join(planned, how="cross")
        .join(here, on=[*series, "AVISITN"], how="left")
        .sort(*series, "AVISITN")
        .with_columns(LAST=pl.col("FROM").forward_fill().over(series))
        .filter(pl.col("FROM").is_null(), pl.col("LAST").is_not_null())
    )
    days = pl.col("ADY") - (pl.col("ADY") > 0)
    target = pl.col("AWTARGET") - (pl.col("AWTARGET") > 0)
    return (
        grid.join(
            analysed.drop("AVISIT", "AWTARGET", "AWLO", "AWHI").rename({"AVISITN": "LAST"}),
            on=[*series, "LAST"],
        )
        .with_columns(
            AWTDIFF=(days - target).abs(),
            DTYPE=pl.lit("LOCF"),
            SELRSN=pl.lit("carried forward from an earlier visit"),
        )
        .sort(*series, "AVISITN")
        .select(visits.columns)
    )


def _in_order(
    records: pl.DataFrame, subjects: pl.DataFrame, analytes: pl.DataFrame
) -> pl.DataFrame:
    """Records of known subjects by subject, parameter and time, with study day and `series`.

    A series is one subject and parameter. Records of one moment are ordered by what they say. One integer
    holds subject, parameter and day; the few records that share it are ordered by their texts.
    """
    first = "TRTSDTM" if "TRTSDTM" in subjects.columns else pl.lit(None, pl.String)
    people = (
        subjects.select("STUDYID", "USUBJID", "TRTSDT", "TRTEDT", TRTSDTM=first)
        .sort("USUBJID")
        .with_row_index("subject")
    )
    parameters = analytes.select("PARAMCD", "PARAM", "better").with_row_index("PARAMN", offset=1)
    frame = (
        records.join(people, on="USUBJID", how="inner")
        .join(parameters, on="PARAMCD", how="left")
        .with_columns(
            pl.col("PARAMN").cast(pl.Int64),
            pl.col("AVAL").fill_nan(None),
            ADY=study_day("ADT", "TRTSDT"),
            late=after_first_dose("ADTM", "TRTSDTM").fill_null(False),
            series=pl.col("subject").cast(pl.Int64) * (analytes.height + 1) + pl.col("PARAMN"),
        )
        .with_columns(
            key=pl.col("series") * DAYS + pl.col("ADT").cast(pl.Int64).fill_null(-DAYS // 2)
        )
        .sort("key")
    )
    same = pl.col("key") == pl.col("key").shift()
    shared = frame.select((same | same.shift(-1)).fill_null(False)).to_series()
    if shared.any():
        rows = shared.arg_true()
        order = rows.gather(
            frame.select("key", *SAME_DAY)[rows]
            .select(pl.arg_sort_by("key", *SAME_DAY, nulls_last=False))
            .to_series()
        )
        index = np.arange(frame.height)
        index[rows.to_numpy()] = order.to_numpy()
        frame = frame[index]
    return frame.drop("key")


def _means(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """One new record per visit whose rule is the mean of its records.

    A mean of `<` or of `>` results keeps that operator; of both it has no value. Limits of normal,
    and the position to them, stay only where they are those of every part.
    """
    parts = frame.filter(pl.col("reason") == CODE["part of the mean of the visit"])
    if not parts.height:
        return []
    operators = pl.col("AVALOPER").drop_nulls()
    means = parts.group_by("series", "window", maintain_order=True).agg(
        pl.all().exclude("AVAL", "AVALC", "AVALOPER", *LIMITS).last(),
        pl.when(pl.col(*LIMITS).n_unique() == 1).then(pl.col(*LIMITS).first()),
        AVAL=pl.when(operators.n_unique() <= 1).then(pl.col("AVAL").mean()),
        AVALC=pl.lit(None, pl.String),
        AVALOPER=operators.first(),
    )
    return [
        means.with_columns(
            DTYPE=pl.lit("AVERAGE"),
            reason=pl.lit(CODE["mean of the records of the visit"], pl.Int8),
            baseline=pl.col("window") == 0,
            analysed=pl.lit(True),
        ).select(frame.columns)
    ]


def _last_records(
    frame: pl.DataFrame, windows: list[Window], spec: Mapping[str, Any]
) -> list[pl.DataFrame]:
    """The last post-baseline record analysed of each series, as a record of its own visit."""
    copies = []
    for k, end in enumerate(spec.get("ends", [])):
        wanted = pl.col("analysed") & (pl.col("window") > 0)
        if end.get("visits"):
            numbers = [i for i, window in enumerate(windows) if window.name in end["visits"]]
            wanted &= pl.col("window").is_in(numbers)
        if end.get("days_after_last_dose") is not None:
            limit = pl.duration(days=end["days_after_last_dose"])
            wanted &= pl.col("ADT") <= pl.col("TRTEDT") + limit
        last = frame.filter(wanted).sort("place").group_by("series", maintain_order=True).last()
        copies.append(
            last.select(frame.columns).with_columns(
                window=pl.lit(len(windows) + k, pl.Int64),
                DTYPE=pl.lit(end["dtype"]),
                reason=pl.lit(CODE["copy of the last record analysed"], pl.Int8),
            )
        )
    return copies


def _with_change(frame: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """Spread each series' baseline over its records and derive change after it."""
    series = frame["series"].to_numpy()
    rows = frame.select("series", "baseline", "AVAL", "AVALOPER", "ANRIND").filter("baseline")
    at = np.full(int(series.max(initial=-1)) + 1, -1)
    at[rows["series"].to_numpy()] = np.arange(rows.height)
    index = pl.Series(at[series], dtype=pl.Int64)
    index = index.set(index < 0, None)
    # Of visits known by name alone, only the baseline visit is surely before treatment.
    after = pl.col("window") != 0
    if spec.get("assign") != "nominal":
        after &= pl.col("ADY") > 1
    return frame.with_columns(
        BASE=rows["AVAL"].gather(index),
        BASEOPER=rows["AVALOPER"].gather(index),
        BNRIND=rows["ANRIND"].gather(index),
    ).with_columns(
        # A difference of two decimals is a decimal: the noise of binary fractions goes.
        CHG=pl.when(after).then((pl.col("AVAL") - pl.col("BASE")).round(10)),
        PCHG=pl.when(after & (pl.col("BASE") != 0)).then(
            (100 * (pl.col("AVAL") - pl.col("BASE")) / pl.col("BASE").abs()).round(10)
        ),
    )


def _described(frame: pl.DataFrame, visits: list[Window]) -> pl.DataFrame:
    """Numbers of windows and reasons become the columns people read."""
    table = pl.DataFrame(
        visits, schema=["AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI"], orient="row"
    )
    planned = pl.col("target") != 0
    table = table.rename({"AWTARGET": "target"}).with_columns(
        AWTARGET=pl.when(planned).then("target"),
        AWLO=pl.when(planned).then("AWLO"),
        AWHI=pl.when(planned).then("AWHI"),
    )
    index = frame["window"].set(frame["window"] < 0, None)
    columns = {name: table[name].gather(index) for name in table.columns}
    days = pl.col("ADY") - (pl.col("ADY") > 0)
    target = pl.col("AWTARGET") - (pl.col("AWTARGET") > 0)
    return (
        frame.with_columns(
            **{name: column for name, column in columns.items() if name != "target"},
            ABLFL=pl.when("baseline").then(pl.lit("Y")),
            ANL01FL=pl.when("analysed").then(pl.lit("Y")),
            SELRSN=pl.Series(REASONS).gather(frame["reason"]),
        )
        .with_columns(AWTDIFF=(days - target).abs())
        .select(COLUMNS)
    )
