"""From dated records to visits: study day, window, baseline, the record analysed, and change.

One sort by subject, parameter and time; everything after it looks at neighbouring rows only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit import derivations
from remit.study_days import study_day
from remit.windows import Window, compile, elapsed

COLUMNS = (
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "PARAMN", "AVAL", "AVALC", "AVALU", "AVALOPER"),
    *("ADT", "ADTM", "ADY", "AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI", "AWTDIFF", "ABLFL"),
    *("BASE", "BASEOPER", "CHG", "PCHG", "ANL01FL", "DTYPE", "SELRSN", "ANRLO", "ANRHI", "ANRIND"),
    *("BNRIND", "SRCFILE", "SRCLINE", "SRCSHA", "ROWID"),
)

OUTSIDE = -1
# What was done with a record. Kept as small integers until the end.
REASONS = (
    "no value",
    "subject was not treated",
    "date incomplete",
    "before the look-back of the baseline",
    "outside every window",
    "only record of the visit",
    "chosen: closest to the target day",
    "chosen: last of the visit",
    "chosen: first of the visit",
    "chosen: worst value of the visit",
    "chosen: closest to the anchor's date",
    "part of the mean of the visit",
    "farther from the target day than the record chosen",
    "not the last of the visit",
    "not the first of the visit",
    "not the worst value of the visit",
    "farther from the anchor's date than the record chosen",
    "tie: the earlier record was chosen",
    "tie: the later record was chosen",
    "tie: the better method was chosen",
    "mean of the records of the visit",
    "copy of the last record analysed",
)
CODE = {reason: code for code, reason in enumerate(REASONS)}
CHOSEN = {
    "closest": "chosen: closest to the target day",
    "last": "chosen: last of the visit",
    "first": "chosen: first of the visit",
    "worst": "chosen: worst value of the visit",
    "mean": "part of the mean of the visit",
    "anchor": "chosen: closest to the anchor's date",
}
LOST = {
    "closest": "farther from the target day than the record chosen",
    "last": "not the last of the visit",
    "first": "not the first of the visit",
    "worst": "not the worst value of the visit",
    "mean": "part of the mean of the visit",
    "anchor": "farther from the anchor's date than the record chosen",
}
TIES = {
    "earlier": "tie: the earlier record was chosen",
    "later": "tie: the later record was chosen",
    "better_method": "tie: the better method was chosen",
}


def derive_visits(
    lb: pl.DataFrame,
    qs: pl.DataFrame | None,
    cm: pl.DataFrame | None,
    subjects: pl.DataFrame,
    analytes: pl.DataFrame,
    spec_visits: Mapping[str, Any],
    spec_derivations: Mapping[str, Any],
    dictionaries: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """All records of all subjects with their visit, baseline and change (BDS).

    Args:
        lb: Harmonized laboratory results.
        qs: Harmonized SLEDAI-2K items, or None.
        cm: Harmonized medication, or None.
        subjects: ADSL.
        analytes: PARAMCD PARAM unit decimals better, in the order of PARAMN.
        spec_visits: Config section `visits`.
        spec_derivations: Config section `derivations`.
        dictionaries: `sledai`, `steroids` and `frequencies` as frames.
    """
    records = derivations.records(lb, qs, cm, subjects, analytes, spec_derivations, dictionaries)
    return select_records(records, subjects, analytes, spec_visits)


def select_records(
    records: pl.DataFrame,
    subjects: pl.DataFrame,
    analytes: pl.DataFrame,
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """Place records in windows, choose baseline and one record per visit, and derive change.

    Args:
        records: Columns of `derivations.RECORD`, any order of rows.
        subjects: STUDYID USUBJID TRTSDT.
        analytes: PARAMCD PARAM better.
        spec: Config section `visits`.

    Returns:
        `COLUMNS`, sorted by subject, parameter, time and visit.
    """
    every_visit = compile(spec)
    windows = [window for window in every_visit if window.target]
    frame = _in_order(records, subjects, analytes)
    window = _windows_of(frame, windows, spec)
    reason = _unplaced(frame, window)
    baseline = _choose_baseline(frame, window, reason, spec["baseline"])
    chosen = _choose(frame, window, reason, windows, spec)
    frame = frame.with_columns(
        pl.Series("window", window),
        pl.Series("reason", reason),
        pl.Series("baseline", baseline),
        pl.Series("analysed", chosen | baseline),
    )
    frame = pl.concat([frame, *_means(frame)])
    frame = pl.concat([frame, *_last_records(frame, windows, spec)])
    frame = frame.sort(
        "subject", "PARAMN", "ADT", "ADTM", "window", "ROWID", nulls_last=[False] * 6
    )
    return _described(_with_change(frame, spec), every_visit)


def _in_order(
    records: pl.DataFrame, subjects: pl.DataFrame, analytes: pl.DataFrame
) -> pl.DataFrame:
    """Records of known subjects, sorted, with study day and one number per series.

    A series is one subject and parameter; `series` counts them from 0.
    """
    people = (
        subjects.select("STUDYID", "USUBJID", "TRTSDT").sort("USUBJID").with_row_index("subject")
    )
    parameters = analytes.select("PARAMCD", "PARAM", "better").with_row_index("PARAMN", offset=1)
    frame = (
        records.join(people, on="USUBJID", how="inner")
        .join(parameters, on="PARAMCD", how="left")
        .with_columns(
            pl.col("PARAMN").cast(pl.Int64),
            pl.col("AVAL").fill_nan(None),
            ADY=study_day("ADT", "TRTSDT"),
        )
        .sort("subject", "PARAMN", "ADT", "ADTM", "ROWID", nulls_last=False)
    )
    series = pl.struct("subject", "PARAMN").rle_id().cast(pl.Int64)
    return frame.with_columns(series=series)


def _windows_of(frame: pl.DataFrame, windows: list[Window], spec: Mapping[str, Any]) -> np.ndarray:
    """Number of the window that holds each record, or OUTSIDE."""
    if spec.get("assign") == "nominal":
        number = {window.name: k for k, window in enumerate(windows)}
        visit = frame["VISIT"].replace_strict(number, default=OUTSIDE, return_dtype=pl.Int64)
        return visit.to_numpy().copy()
    first, last = windows[0].low, windows[-1].high
    table = np.full(last - first + 1, OUTSIDE)
    for k, window in enumerate(windows):
        table[window.low - first : window.high - first + 1] = k
    day = frame["ADY"].fill_null(last + 1).to_numpy()
    inside = (day >= first) & (day <= last)
    result = np.full(len(day), OUTSIDE)
    result[inside] = table[day[inside] - first]
    return result


def _unplaced(frame: pl.DataFrame, window: np.ndarray) -> np.ndarray:
    """Reasons known before any choice; every other record starts as the only one of its visit."""
    day = pl.col("ADY")
    early = (
        pl.when(pl.col("TRTSDT").is_null())
        .then(CODE["subject was not treated"])
        .when(day.is_null())
        .then(CODE["date incomplete"])
        .when(pl.col("AVAL").is_null() & pl.col("AVALC").is_null())
        .then(CODE["no value"])
        .when(day < 1)
        .then(CODE["before the look-back of the baseline"])
        .otherwise(CODE["outside every window"])
    )
    reason = frame.select(early.cast(pl.Int16)).to_series().to_numpy().copy()
    lost = reason <= CODE["date incomplete"]
    placed = (window != OUTSIDE) & ~lost
    reason[placed] = CODE["only record of the visit"]
    window[lost & (reason != CODE["no value"])] = OUTSIDE
    return reason


def _choose_baseline(
    frame: pl.DataFrame, window: np.ndarray, reason: np.ndarray, spec: Mapping[str, Any]
) -> np.ndarray:
    """Flag the baseline record of each series; at most one."""
    flag = np.zeros(len(window), dtype=bool)
    if spec["rule"] == "visit":
        named = (frame["VISIT"] == spec["visit"]).fill_null(False).to_numpy()
    else:
        named = window == 0
    rows = np.flatnonzero(named & (reason == CODE["only record of the visit"]))
    if not len(rows):
        return flag
    series = frame["series"].to_numpy()[rows]
    starts = np.flatnonzero(np.append(True, series[1:] != series[:-1]))
    sizes = np.diff(np.append(starts, len(rows)))
    from_end = np.repeat(starts + sizes, sizes) - np.arange(len(rows)) - 1
    several = np.repeat(sizes > 1, sizes)
    reason[rows[several]] = CODE["not the last of the visit"]
    if spec["rule"] == "mean":
        reason[rows[several & (from_end < spec["records"])]] = CODE["part of the mean of the visit"]
        flag[rows[~several]] = True
    else:
        reason[rows[several & (from_end == 0)]] = CODE["chosen: last of the visit"]
        flag[rows[from_end == 0]] = True
    return flag


def _choose(
    frame: pl.DataFrame,
    window: np.ndarray,
    reason: np.ndarray,
    windows: list[Window],
    spec: Mapping[str, Any],
) -> np.ndarray:
    """Flag the one record analysed per series and post-baseline window."""
    anchor = spec.get("anchor")
    rules = _rules(frame, spec)
    if anchor is None:
        return _best(frame, window, reason, windows, spec, rules, None)
    is_anchor = (frame["PARAMCD"] == anchor).to_numpy()
    flag = _best(frame, np.where(is_anchor, window, OUTSIDE), reason, windows, spec, rules, None)
    days = np.full(
        (int(frame["subject"].to_numpy().max(initial=0)) + 1, len(windows)), np.iinfo(np.int64).min
    )
    where = np.flatnonzero(flag)
    subject = frame["subject"].to_numpy()
    days[subject[where], window[where]] = frame["ADY"].to_numpy()[where]
    others = np.where(is_anchor, OUTSIDE, window)
    return flag | _best(frame, others, reason, windows, spec, rules, days)


def _rules(frame: pl.DataFrame, spec: Mapping[str, Any]) -> pl.Series:
    """The rule of choice of each record, the parameter's own where one is declared."""
    own = {code: rule["choose"] for code, rule in spec.get("parameters", {}).items()}
    return frame["PARAMCD"].replace_strict(own, default=spec["choose"], return_dtype=pl.String)


def _best(
    frame: pl.DataFrame,
    window: np.ndarray,
    reason: np.ndarray,
    windows: list[Window],
    spec: Mapping[str, Any],
    rules: pl.Series,
    anchor_day: np.ndarray | None,
) -> np.ndarray:
    """Per series and window the record of least rank, then the tie rule; writes the reasons."""
    flag = np.zeros(len(window), dtype=bool)
    rows = np.flatnonzero((window > 0) & (reason == CODE["only record of the visit"]))
    if not len(rows):
        return flag
    order = frame["series"].to_numpy()[rows] * len(windows) + window[rows]
    if spec.get("assign") == "nominal":  # only day windows are in time order already
        arranged = np.argsort(order, kind="stable")
        rows, order = rows[arranged], order[arranged]
    new = np.append(True, order[1:] != order[:-1])
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(rows)))
    part = frame[rows].select("PARAMCD", "AVAL", "ADY", "better", "METHOD", "subject")
    rule = rules.gather(rows).to_numpy()
    rank = _ranks(part, window[rows], windows, rule, anchor_day)
    if anchor_day is not None:
        reached = anchor_day[part["subject"].to_numpy(), window[rows]] != np.iinfo(np.int64).min
        rule = np.where(reached & (rule == "closest"), "anchor", rule)
    least = np.repeat(np.minimum.reduceat(rank, starts), sizes) == rank
    place = np.arange(len(rows), dtype=np.float64)
    tie = spec["tie"]
    second = -place if tie == "later" else place
    if tie == "better_method":
        second = place + len(rows) * _method_ranks(part["METHOD"], spec["methods"])
    second = np.where(least, second, np.inf)
    best = np.repeat(np.minimum.reduceat(second, starts), sizes) == second
    alone = np.repeat(sizes == 1, sizes)
    mean = (rule == "mean") & ~alone
    for name in np.unique(rule):
        of_rule = rule == name
        reason[rows[of_rule & best & ~alone]] = CODE[CHOSEN[name]]
        reason[rows[of_rule & ~least]] = CODE[LOST[name]]
    reason[rows[least & ~best]] = CODE[TIES[tie]]
    reason[rows[mean]] = CODE["part of the mean of the visit"]
    flag[rows[best & ~mean]] = True
    return flag


def _ranks(
    part: pl.DataFrame,
    window: np.ndarray,
    windows: list[Window],
    rule: np.ndarray,
    anchor_day: np.ndarray | None,
) -> np.ndarray:
    """How far each record is from being the one wanted, smaller being better."""
    day = part["ADY"].to_numpy()
    days = _elapsed(day)
    target = np.array([elapsed(w.target) for w in windows])[window]
    rank = np.abs(days - target).astype(np.float64)
    if anchor_day is not None:
        wanted = anchor_day[part["subject"].to_numpy(), window]
        known = wanted != np.iinfo(np.int64).min
        rank = np.where(known, np.abs(days - np.where(known, _elapsed(wanted), 0)), rank)
    rank[rule == "last"] = -day[rule == "last"]
    rank[rule == "first"] = day[rule == "first"]
    worst = rule == "worst"
    if worst.any():
        value = part["AVAL"].fill_null(np.nan).to_numpy()
        sign = np.where((part["better"] == "down").fill_null(False).to_numpy(), -1.0, 1.0)
        rank[worst] = np.nan_to_num(sign * value, nan=np.inf)[worst]
    rank[rule == "mean"] = 0
    return rank


def _elapsed(day: np.ndarray) -> np.ndarray:
    return day - (day > 0)


def _method_ranks(methods: pl.Series, order: list[str]) -> np.ndarray:
    ranks = {method: rank for rank, method in enumerate(order)}
    return methods.replace_strict(ranks, default=len(order), return_dtype=pl.Float64).to_numpy()


def _means(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """One new record per visit whose rule is the mean of its records.

    A mean of `<` or of `>` results keeps that operator; of both it has no value.
    """
    parts = frame.filter(pl.col("reason") == CODE["part of the mean of the visit"])
    if not parts.height:
        return []
    operators = pl.col("AVALOPER").drop_nulls()
    means = parts.group_by("series", "window", maintain_order=True).agg(
        pl.all().exclude("AVAL", "AVALC", "AVALOPER").last(),
        AVAL=pl.when(operators.n_unique() <= 1).then(pl.col("AVAL").mean()),
        AVALC=pl.lit(None, pl.String),
        AVALOPER=operators.first(),
    )
    return [
        means.with_columns(
            DTYPE=pl.lit("AVERAGE"),
            reason=pl.lit(CODE["mean of the records of the visit"], pl.Int16),
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
        if "visits" in end:
            numbers = [i for i, window in enumerate(windows) if window.name in end["visits"]]
            wanted &= pl.col("window").is_in(numbers)
        last = frame.filter(wanted).sort("series", "ADT", "ADTM", "window", nulls_last=False)
        last = last.group_by("series", maintain_order=True).last()
        copies.append(
            last.select(frame.columns).with_columns(
                window=pl.lit(len(windows) + k, pl.Int64),
                DTYPE=pl.lit(end["dtype"]),
                reason=pl.lit(CODE["copy of the last record analysed"], pl.Int16),
            )
        )
    return copies


def _with_change(frame: pl.DataFrame, spec: Mapping[str, Any]) -> pl.DataFrame:
    """Spread each series' baseline over its records and derive change after it."""
    series = frame["series"].to_numpy()
    rows = frame.filter("baseline")
    at = np.full(int(series.max(initial=-1)) + 1, -1)
    at[rows["series"].to_numpy()] = np.arange(rows.height)
    index = pl.Series(at[series], dtype=pl.Int64)
    index = index.set(index < 0, None)
    # Of visits known by name alone, only the baseline visit is surely before treatment.
    after = pl.col("window") != 0 if spec.get("assign") == "nominal" else pl.col("ADY") > 1
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
