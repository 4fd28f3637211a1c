"""Every treated subject at every visit, with what definitions of response look at beside it.

One wide frame: of each parameter the record analysed at the visit, the baseline, where asked the value
before the flare and the second specimen; and whether the subject was expected, had left, was rescued.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from remit.analysis import criteria
from remit.analysis.criteria import Scale
from remit.analysis.study_days import date_bounds
from remit.plan.definitions import Criterion
from remit.plan.windows import Window

PERSON_LEFT = {
    "DISCONTINUED": "discontinued",
    "LOST TO FOLLOW-UP": "lost to follow-up",
    "DEATH": "death",
}
VISIT = ["subject", "AVISITN"]
RECORD = ["AVAL", "AVALC", "AVALOPER", "ANRLO", "ANRHI", "ADT", "ROWID"]
# Columns of a parameter in the wide frame, from those of its record.
AT_VISIT = {
    "AVAL": "AVAL",
    "LOW": "LOW",
    "HIGH": "HIGH",
    "OPER": "AVALOPER",
    "ADT": "ADT",
    "ULN": "ANRHI",
    "LLN": "ANRLO",
    "ROWID": "ROWID",
}
AT_BASELINE = {"BASE": "AVAL", "BASELOW": "LOW", "BASEHIGH": "HIGH", "BASEOPER": "AVALOPER"}
BEFORE_FLARE = {"PRE": "AVAL", "PRELOW": "LOW", "PREHIGH": "HIGH", "PREOPER": "AVALOPER"}
# After the code of proteinuria: the other specimen of the visit.
SECOND = "·2"


def assessments(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    cm: pl.DataFrame | None,
    windows: Sequence[Window],
    wanted: Sequence[str],
    spec: Mapping[str, Any],
    *,
    second: bool,
    fails: Mapping[str, Sequence[Criterion]],
    scale: Scale,
) -> pl.DataFrame:
    """One row per treated subject and visit, the baseline among them, sorted by `VISIT`.

    Args:
        visits: BDS.
        subjects: ADSL.
        cm: Harmonized medication, read for rescue therapy; or None.
        windows: From `windows.compile`, with the visits that copy the last record at the end.
        wanted: The parameters that definitions read.
        spec: Config section `responses`.
        second: Whether a definition looks at the second specimen of proteinuria.
        fails: What makes a treatment failure, by definition.
        scale: Of the parameters.

    Returns:
        subject cell STUDYID USUBJID TRTSDT EOSDT EOSSTT DTHDT AVISIT AVISITN AWTARGET baseline DAY due
        end left absent expected RESCUED, per failure `FAILED|definition|number`, and per parameter
        `P` the columns `P|C` that criteria read.
    """
    wide = _wide(visits, subjects, windows, wanted, spec)
    if spec["preflare"] not in (None, "baseline"):
        wide = _with_preflare(wide, visits, wanted, spec["preflare"])
    if second:
        wide = _with_second(wide, visits, spec["proteinuria"])
    for definition, found in fails.items():
        for k, criterion in enumerate(found):
            first = _failed(visits, criterion, scale).rename(
                {"FAILED": failed_column(definition, k)}
            )
            wide = wide.join(first, on="USUBJID", how="left", maintain_order="left")
    return wide.join(_rescued(cm, subjects, spec), on="USUBJID", how="left", maintain_order="left")


def failed_column(definition: str, k: int) -> str:
    """The column with the first date of a definition's k-th failure."""
    return f"FAILED|{definition}|{k}"


def _failed(visits: pl.DataFrame, criterion: Criterion, scale: Scale) -> pl.DataFrame:
    """First date on which a record of any visit meets the criterion of a failure."""
    code = criterion["parameter"]
    own = visits.filter(
        pl.col("PARAMCD") == code,
        pl.col("ADY") >= max(criterion.get("from_day", 1), 1),
        ~pl.col("DTYPE").fill_null("").is_in(["AVERAGE", "LOV"]),
    )
    met = criteria.verdict({k: v for k, v in criterion.items() if k != "from_day"}, scale)
    return (
        own.with_columns(
            criteria.columns(code, AVAL="AVAL", OPER="AVALOPER", BASE="BASE", BASEOPER="BASEOPER")
        )
        .filter(met)
        .group_by("USUBJID")
        .agg(FAILED=pl.col("ADT").min())
    )


def _wide(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    windows: Sequence[Window],
    wanted: Sequence[str],
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """Every treated subject at every visit, with the record analysed of each parameter beside it."""
    people = (
        subjects.filter(pl.col("TRTSDT").is_not_null())
        .sort("USUBJID")
        .with_row_index("subject")
        .select("subject", "STUDYID", "USUBJID", "TRTSDT", "EOSDT", "EOSSTT", "DTHDT")
    )
    plan = pl.DataFrame(
        [(w.name, w.number, w.target) for w in windows],
        schema={"AVISIT": pl.String, "AVISITN": pl.Float64, "AWTARGET": pl.Int64},
        orient="row",
    ).with_columns(
        pl.when(pl.col("AWTARGET") != 0).then("AWTARGET").alias("AWTARGET"),
        baseline=pl.int_range(pl.len()) == 0,
    )
    wide = people.join(plan, how="cross").sort(VISIT).with_row_index("cell")
    analysed = (
        visits.filter(pl.col("ANL01FL") == "Y")
        .select("USUBJID", "PARAMCD", "AVISITN", "ABLFL", *RECORD)
        .join(people.select("USUBJID", "subject"), on="USUBJID", how="inner")
        .join(wide.select(*VISIT, "cell"), on=VISIT, how="inner")
    )
    low, high = criteria.ends("AVAL", "AVALC")
    analysed = analysed.with_columns(LOW=low, HIGH=high).drop("AVALC")
    parts = analysed.partition_by("PARAMCD", as_dict=True)
    for code in wanted:
        own = parts.get((code,), analysed.clear())
        at_visit = own.select(
            "cell",
            **{f"{code}|{name}": source for name, source in AT_VISIT.items()},
        )
        at_baseline = own.filter(pl.col("ABLFL") == "Y").select(
            "subject", **{f"{code}|{name}": source for name, source in AT_BASELINE.items()}
        )
        wide = wide.join(at_visit, on="cell", how="left", maintain_order="left").join(
            at_baseline, on="subject", how="left", maintain_order="left"
        )
    return _with_dates(_close_together(wide, wanted, spec), wanted, analysed, spec)


def _with_preflare(
    wide: pl.DataFrame, visits: pl.DataFrame, wanted: Sequence[str], days: Mapping[str, int]
) -> pl.DataFrame:
    last = before_flare(visits, days)
    for code in wanted:
        columns = {f"{code}|{name}": source for name, source in BEFORE_FLARE.items()}
        own = last.filter(pl.col("PARAMCD") == code).select("USUBJID", **columns)
        wide = wide.join(own, on="USUBJID", how="left", maintain_order="left")
    return wide


def before_flare(visits: pl.DataFrame, days: Mapping[str, int]) -> pl.DataFrame:
    """The last known record of each subject and parameter between two study days, with its ends.

    Args:
        visits: BDS.
        days: `from_day` and `to_day` of config section `responses.preflare`.
    """
    low, high = criteria.ends("AVAL", "AVALC")
    return (
        visits.filter(
            pl.col("ADY").is_between(days["from_day"], days["to_day"]),
            ~pl.col("DTYPE").fill_null("").is_in(["AVERAGE", "LOV"]),
        )
        .with_columns(LOW=low, HIGH=high)
        .filter(pl.col("LOW").is_not_null())
        .sort("ADT", "ADTM", "ROWID", nulls_last=False)
        .group_by("USUBJID", "PARAMCD", maintain_order=True)
        .last()
    )


def _with_second(wide: pl.DataFrame, visits: pl.DataFrame, code: str) -> pl.DataFrame:
    """The record of another day of the same visit, nearest to the one analysed, as a parameter.

    Of two as near the earlier counts. Its baseline is the parameter's.
    """
    low, high = criteria.ends("AVAL", "AVALC")
    others = (
        visits.filter(pl.col("PARAMCD") == code, pl.col("ANL01FL").is_null())
        .select("USUBJID", "AVISITN", *RECORD)
        .with_columns(LOW=low, HIGH=high)
        .join(
            wide.select("cell", "USUBJID", "AVISITN", CHOSEN=f"{code}|ADT"),
            on=["USUBJID", "AVISITN"],
        )
        .with_columns(gap=(pl.col("ADT") - pl.col("CHOSEN")).dt.total_days().abs())
        .filter(pl.col("gap") > 0, pl.col("LOW").is_not_null())
        .sort("cell", "gap", "ADT", "ROWID")
        .unique("cell", keep="first", maintain_order=True)
    )
    at_visit = {f"{code}{SECOND}|{name}": source for name, source in AT_VISIT.items()}
    at_baseline = {f"{code}{SECOND}|{name}": f"{code}|{name}" for name in AT_BASELINE}
    return wide.join(
        others.select("cell", **at_visit), on="cell", how="left", maintain_order="left"
    ).with_columns(**{new: pl.col(old) for new, old in at_baseline.items()})


def _close_together(
    wide: pl.DataFrame, wanted: Sequence[str], spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Leave out components measured too long before or after the visit's anchor."""
    anchor, limit = spec["anchor"], spec["components_within_days"]
    if limit is None or anchor not in wanted:
        return wide
    near = {
        code: (pl.col(f"{code}|ADT") - pl.col(f"{anchor}|ADT")).dt.total_days().abs() <= limit
        for code in wanted
        if code != anchor
    }
    return wide.with_columns(
        pl.when(close.fill_null(True) | pl.col("baseline"))
        .then(f"{code}|{column}")
        .alias(f"{code}|{column}")
        for code, close in near.items()
        for column in ("AVAL", "LOW", "HIGH", "OPER", "ADT", "ROWID")
    )


def _with_dates(
    wide: pl.DataFrame, wanted: Sequence[str], analysed: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Study day of the visit, and whether the subject was expected at it.

    Follow-up ends at the recorded end; while it goes on, at the data cut-off, or with the last record
    analysed where no cut-off is declared. Who left is expected at every later visit that was due by
    the cut-off.
    """
    last = analysed.group_by("subject").agg(last=pl.col("ADT").max())
    end = pl.coalesce("DTHDT", "EOSDT", "last")
    if spec.get("cutoff"):
        cutoff = pl.lit(spec["cutoff"]).str.to_date("%Y-%m-%d")
        ongoing = pl.col("EOSSTT").fill_null("ONGOING") == "ONGOING"
        end = pl.when(ongoing).then(cutoff).otherwise(end)
    due = pl.col("TRTSDT") + pl.duration(days=pl.col("AWTARGET") - 1)
    seen = pl.any_horizontal(pl.col(f"{code}|ADT").is_not_null() for code in wanted)
    left = pl.col("EOSSTT").is_in(list(PERSON_LEFT))
    if spec.get("cutoff"):
        left &= (due <= cutoff).fill_null(True)
    return wide.join(last, on="subject", how="left", maintain_order="left").with_columns(
        DAY=pl.coalesce(
            "AWTARGET",
            (
                pl.max_horizontal(pl.col(f"{c}|ADT") for c in wanted) - pl.col("TRTSDT")
            ).dt.total_days()
            + 1,
        ),
        due=due,
        end=end,
        left=left,
        absent=left & (end < due),
        expected=(seen | left | (end >= due)).fill_null(False),
    )


def _rescued(
    cm: pl.DataFrame | None, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """First date of a rescue drug after treatment began, and the row that tells of it.

    A start of which the month or the year alone is known is the earliest day that it can be.
    """
    kinds = {"USUBJID": pl.String, "RESCUED": pl.Date, "RESCUEROW": pl.String}
    empty = pl.DataFrame(schema=kinds)
    plan = spec.get("rescue")
    if cm is None or plan is None:
        return empty
    low, high = date_bounds("CMSTDTC")
    first = pl.col("TRTSDT") + pl.duration(days=plan["from_day"] - 1)
    return (
        cm.filter(_named_drugs("CMTRT", plan["drugs"]))
        .join(subjects.select("USUBJID", "TRTSDT"), on="USUBJID", how="inner")
        .filter(high >= first)
        .group_by("USUBJID")
        .agg(
            RESCUED=pl.max_horizontal(low, first).min(),
            RESCUEROW=pl.col("ROWID").sort_by(pl.max_horizontal(low, first), "ROWID").first(),
        )
    )


def _named_drugs(column: str, drugs: list[str]) -> pl.Expr:
    """Whether a medication's name is one of `drugs`, whatever its case."""
    wanted = [drug.lower() for drug in drugs]
    return pl.col(column).str.to_lowercase().str.strip_chars().is_in(wanted)
