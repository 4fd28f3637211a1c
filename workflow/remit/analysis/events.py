"""Time to event from the first dose (ADTTE).

Responses and laboratory events are found at visits: an event lies between the last visit without it
(LEFTDT) and the visit that shows it (ADT). AVAL counts to ADT, in days, the first dose being day 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from remit.analysis.categories import responded
from remit.analysis.criteria import Scale, columns, verdict
from remit.plan.categories import NOT_EVALUABLE

COLUMNS = (
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC"),
    *("CNSDTDSC", "LEFTDT", "CMPEVT"),
)
#: Which records decided a subject's time to an event, and for what they were taken. WHAT is a parameter,
#: a definition whose response at AVISIT counted, the first dose or death; the record's ROWID where it has
#: one of its own.
USED = ("USUBJID", "PARAMCD", "ROLE", "WHAT", "AVISIT", "ADT", "ROWID")
FIRST_DOSE, DEATH, END = "first dose", "death", "end of follow-up"
_KINDS = {"AVAL": pl.Float64, "CNSR": pl.Int64} | dict.fromkeys(
    ["STARTDT", "ADT", "LEFTDT"], pl.Date
)
_NONE = pl.DataFrame(schema={name: _KINDS.get(name, pl.String) for name in COLUMNS})
_UNUSED = pl.DataFrame(schema=dict.fromkeys(USED, pl.String) | {"ADT": pl.Date})
# With the guard digits of a comparison, millionths: more than any analyte is reported to.
DECIMALS = 3


#: Per subject what was found, and the records that were looked at, for `_used`.
Found = tuple[pl.DataFrame, pl.DataFrame]
#: What finds a kind of event: from ADRS with `responded`, BDS, ADSL and the event of the plan.
Kind = Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame, Mapping[str, Any]], Found]


def derive_events(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: Mapping[str, Any],
    more: Mapping[str, Kind] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """ADTTE, one row per subject of the event's population and event, and the records behind each.

    Args:
        responses: ADRS.
        visits: BDS.
        subjects: ADSL.
        spec: `events` of the config, one entry an event, each with `code`, `title`, `kind` and what
            the kind needs; and `categories` of each definition.
        more: Kinds of events that packs know, by their names.

    Returns:
        `COLUMNS`, and `USED`. CNSR is 0 for an event and 1 for a censored time. CMPEVT names a
        competing event (death) that ended a censored time, on its own date. LEFTDT is the last date on
        which the event was known not to have happened; it is ADT where its date is known exactly.
    """
    kinds = {
        "response": _response,
        "rise": _rise,
        "fall": _fall,
        "below": _below,
        "death": _death,
    } | dict(more or {})
    responses = responses.with_columns(responded=responded(spec["categories"]))
    tables: dict[str, pl.DataFrame] = {}
    used: dict[str, pl.DataFrame] = {}
    for event in spec["events"]:
        code = event["code"]
        if event["kind"] == "first_of":
            found = _first_of(event, tables)
            tables[code] = _assembled(found, subjects, event)
            parts = [used[part].with_columns(PARAMCD=pl.lit(code)) for part in event["of"]]
            used[code] = pl.concat(parts).unique()
        else:
            found, seen = kinds[event["kind"]](responses, visits, subjects, event)
            tables[code] = _assembled(found, subjects, event)
            used[code] = _used(seen, found, tables[code])
    return (
        pl.concat([_NONE, *tables.values()]).sort("PARAMCD", "USUBJID").select(COLUMNS),
        pl.concat([_UNUSED, *used.values()]).sort(USED, nulls_last=True),
    )


def _used(seen: pl.DataFrame, found: pl.DataFrame, times: pl.DataFrame) -> pl.DataFrame:
    """What each record that was looked at was taken for.

    Args:
        seen: USUBJID WHAT AVISIT ADT ROWID, AT (the date that it counts at), and ROLE, null where the
            time it ends decides.
        found: from a kind of event, with CONFIRMED where a later record confirmed it.
        times: from `_assembled`.
    """
    if "CONFIRMED" not in found.columns:
        found = found.with_columns(CONFIRMED=pl.lit(None, pl.Date))
    ended = times.select("USUBJID", "PARAMCD", "STARTDT", "CNSR", "CMPEVT", UNTIL="ADT").join(
        found.select("USUBJID", "CONFIRMED"), on="USUBJID", how="left"
    )
    at = pl.col("AT")
    role = (
        pl.when(pl.col("ROLE").is_not_null())
        .then("ROLE")
        .when(at == pl.col("UNTIL"))
        .then(pl.when(pl.col("CNSR") == 0).then(pl.lit("event")).otherwise(pl.lit("censors")))
        .when(at < pl.col("UNTIL"))
        .then(pl.lit("assessed before"))
        .when(at <= pl.col("CONFIRMED"))
        .then(pl.lit("confirms"))
    )
    rows = [seen.join(ended, on="USUBJID", how="inner").with_columns(ROLE=role)]
    text = pl.lit(None, pl.String)
    if "START" not in found.columns:
        began = ended.with_columns(ROLE=pl.lit("anchors"), WHAT=pl.lit(FIRST_DOSE), ADT="STARTDT")
        rows.append(began.with_columns(AVISIT=text, ROWID=text))
    died = ended.filter(pl.col("CMPEVT") == "death")
    died = died.with_columns(ROLE=pl.lit("censors"), WHAT=pl.lit(DEATH), ADT="UNTIL")
    rows.append(died.with_columns(AVISIT=text, ROWID=text))
    return pl.concat(part.select(USED) for part in rows).filter(pl.col("ROLE").is_not_null())


def seen(rows: pl.DataFrame, role: str | None = None, at: str = "ADT") -> pl.DataFrame:
    """Records of a parameter that were looked at, for `_used`."""
    return rows.select(
        *("USUBJID", "AVISIT", "ADT", "ROWID"),
        WHAT="PARAMCD",
        AT=pl.col(at),
        ROLE=pl.lit(role, pl.String),
    )


def judged(rows: pl.DataFrame, role: str | None = None) -> pl.DataFrame:
    """Responses that were looked at, for `_used`."""
    return rows.select(
        *("USUBJID", "AVISIT", "ADT"),
        ROWID=pl.lit(None, pl.String),
        WHAT="DEFID",
        AT="ADT",
        ROLE=pl.lit(role, pl.String),
    )


def _assembled(
    found: pl.DataFrame, subjects: pl.DataFrame, event: Mapping[str, Any]
) -> pl.DataFrame:
    """Join what was found to the population and censor the others.

    `found` has USUBJID, HAPPENED (date or null), LAST (last date assessed) and DESC, and optionally
    START where time does not begin with the first dose, and WHY a subject is censored on the first
    day, who was assessed and yet has no time. Who was never assessed is censored on the first day.
    """
    people = subjects.filter(pl.col("TRTSDT").is_not_null())
    if event.get("population"):
        people = people.filter(pl.col(event["population"]) == "Y")
    if "START" not in found.columns:
        found = found.join(people.select("USUBJID", START="TRTSDT"), on="USUBJID", how="inner")
    else:  # only those in whom the time began
        people = people.join(found, on="USUBJID", how="semi")
    if "WHY" not in found.columns:
        found = found.with_columns(WHY=pl.lit(None, pl.String))
    until = "end of follow-up" if event["kind"] == "death" else "last assessment"
    died = pl.col("DTHDT").is_not_null() & pl.all_horizontal(pl.col("HAPPENED", "WHY").is_null())
    end = pl.coalesce("HAPPENED", pl.when(died).then("DTHDT"), "LAST", "STARTDT")
    return (
        people.select("STUDYID", "USUBJID", "TRTSDT", "EOSSTT", "DTHDT")
        .join(found, on="USUBJID", how="left")
        .with_columns(STARTDT=pl.coalesce("START", "TRTSDT"))
        .with_columns(
            PARAMCD=pl.lit(event["code"]),
            PARAM=pl.lit(event["title"]),
            ADT=end,
            CNSR=pl.col("HAPPENED").is_null().cast(pl.Int64),
            EVNTDESC=pl.when(pl.col("HAPPENED").is_not_null()).then("DESC"),
            CNSDTDSC=pl.when(pl.col("HAPPENED").is_null()).then(
                pl.when(pl.col("WHY").is_not_null())
                .then("WHY")
                .when(died)
                .then(pl.lit("death"))
                .when(pl.col("LAST").is_null())
                .then(pl.lit("never assessed after the first dose"))
                .otherwise(
                    pl.lit(f"{until}; ") + pl.col("EOSSTT").str.to_lowercase().fill_null("ongoing")
                )
            ),
            LEFTDT=pl.col("LAST"),
            CMPEVT=pl.when(died).then(pl.lit("death")),
        )
        .with_columns(
            AVAL=((pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1).cast(pl.Float64)
        )
        .select(COLUMNS)
    )


def _response(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
) -> Found:
    """First visit with one of `categories` under `definition`.

    Who was in response at baseline has no time to it.
    """
    of_definition = responses.filter(pl.col("DEFID") == event["definition"])
    own = of_definition.filter(pl.col("AVALC") != NOT_EVALUABLE, pl.col("ADT").is_not_null())
    found = first_met(
        own.sort("USUBJID", "ADT", "AVISITN"),
        pl.col("AVALC").is_in(event["categories"]),
        pl.col("AVALC"),
    )
    already = of_definition.filter(pl.col("BLRESP") == "Y").select(pl.col("USUBJID").unique())
    there = pl.col("USUBJID").is_in(already["USUBJID"].implode())
    found = found.with_columns(
        pl.when(~there).then(pl.col("HAPPENED", "LAST")),
        WHY=pl.when(there).then(pl.lit("in response at baseline")),
    )
    return found, judged(own)


def first_met(own: pl.DataFrame, met: pl.Expr, description: pl.Expr) -> pl.DataFrame:
    """First row that meets a condition, and the last date before it, per subject."""
    happened = pl.col("ADT").filter(met).min()
    before = pl.col("ADT").filter((pl.col("ADT") < happened) | happened.is_null()).max()
    return own.group_by("USUBJID", maintain_order=True).agg(
        HAPPENED=happened, LAST=before, DESC=description.filter(met).first()
    )


def series(visits: pl.DataFrame, code: str) -> pl.DataFrame:
    """Records analysed of a parameter after baseline, copies left out, in time order."""
    own = analysed(visits).filter(pl.col("PARAMCD") == code, pl.col("AVAL").is_not_null())
    return own.sort("USUBJID", "ADT", "AVISITN")


def analysed(visits: pl.DataFrame) -> pl.DataFrame:
    """The records analysed at visits after baseline, copies left out."""
    return visits.filter(
        pl.col("ANL01FL") == "Y", pl.col("ADY") > 1, pl.col("DTYPE").fill_null("") != "LOV"
    )


def _lasting(
    visits: pl.DataFrame, event: Mapping[str, Any], criterion: Mapping[str, Any], description: str
) -> Found:
    """First record that meets a condition and is repeated at least `confirm_days` later.

    It must hold on every record from the first up to the one that confirms it. A last record that
    nothing follows is a possible event, not an event.
    """
    code = event["parameter"]
    met = verdict({"parameter": code} | dict(criterion), Scale({code: DECIMALS}))
    own = (
        series(visits, code)
        .with_columns(columns(code, AVAL="AVAL", OPER="AVALOPER", BASE="BASE", BASEOPER="BASEOPER"))
        .with_columns(met=met.fill_null(False))
    )
    days = event.get("confirm_days", 0)
    if days:
        own = own.with_columns(
            run=pl.col("met").rle_id().over("USUBJID"),
        ).with_columns(last_of_run=pl.col("ADT").max().over("USUBJID", "run"))
        lasting = (pl.col("last_of_run") - pl.col("ADT")).dt.total_days() >= days
        own = own.with_columns(met=pl.col("met") & lasting)
    found = first_met(own, pl.col("met"), pl.lit(description))
    after = pl.col("ADT") >= pl.col("HAPPENED") + pl.duration(days=days)
    confirmed = (
        own.join(found.select("USUBJID", "HAPPENED"), on="USUBJID")
        .filter(after, pl.lit(days > 0))
        .group_by("USUBJID")
        .agg(CONFIRMED=pl.col("ADT").min())
    )
    looked_at = [seen(own)]
    if "value" not in criterion:
        first = visits.filter(pl.col("ABLFL") == "Y", pl.col("PARAMCD") == code)
        looked_at.append(seen(first.join(own, on="USUBJID", how="semi"), "baseline"))
    return found.join(confirmed, on="USUBJID", how="left"), pl.concat(looked_at)


def _rise(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
) -> Found:
    """The parameter reaches `factor` times its baseline (a doubling: 2)."""
    criterion = {"op": ">=", "of": "baseline", "factor": event["factor"]}
    text = f"{event['parameter']} at least {event['factor']} x baseline"
    return _lasting(visits, event, criterion, text)


def _fall(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
) -> Found:
    """The parameter falls by at least `percent` of its baseline."""
    text = f"{event['parameter']} fallen by {event['percent']} % or more"
    return _lasting(visits, event, {"fall_percent": event["percent"]}, text)


def _below(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
) -> Found:
    """The parameter lies below `value` (such as eGFR below 15)."""
    text = f"{event['parameter']} below {event['value']}"
    return _lasting(visits, event, {"op": "<", "value": event["value"]}, text)


def _death(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
) -> Found:
    """Death from any cause, censored at the end of follow-up."""
    last = pl.coalesce("DTHDT", "EOSDT", "TRTEDT")
    found = subjects.select("USUBJID", HAPPENED="DTHDT", LAST=last, DESC=pl.lit("death"))
    known = found.select(
        "USUBJID",
        AVISIT=pl.lit(None, pl.String),
        ADT=pl.coalesce("HAPPENED", "LAST"),
        ROWID=pl.lit(None, pl.String),
        WHAT=pl.when(pl.col("HAPPENED").is_null()).then(pl.lit(END)).otherwise(pl.lit(DEATH)),
        AT=pl.coalesce("HAPPENED", "LAST"),
        ROLE=pl.lit(None, pl.String),
    )
    return found, known


def _first_of(event: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The earliest of other events named before; censored with the first that is censored."""
    parts = pl.concat([tables[code] for code in event["of"]])
    happened = pl.col("CNSR") == 0
    return (
        parts.sort("USUBJID", "ADT", "PARAMCD")
        .group_by("USUBJID", maintain_order=True)
        .agg(
            HAPPENED=pl.col("ADT").filter(happened).first(),
            LAST=pl.when(happened.any())
            .then(pl.col("LEFTDT").filter(happened).first())
            .otherwise(pl.col("ADT").min()),
            DESC=pl.col("EVNTDESC").filter(happened).first(),
        )
    )
