"""Time to event from the first dose (ADTTE).

Responses and laboratory events are found at visits: an event lies between the last visit without it
(LEFTDT) and the visit that shows it (ADT). AVAL counts to ADT, in days, the first dose being day 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.criteria import integer

COLUMNS = (
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC"),
    *("CNSDTDSC", "LEFTDT", "CMPEVT"),
)
RESPONDED = ["CR", "PR", "R"]


def derive_events(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: Mapping[str, Any],
) -> pl.DataFrame:
    """ADTTE, one row per subject of the event's population and event.

    Args:
        responses: ADRS.
        visits: BDS.
        subjects: ADSL.
        spec: `events` of the config, one entry an event, each with `code`, `title`, `kind` and what
            the kind needs.

    Returns:
        `COLUMNS`. CNSR is 0 for an event and 1 for a censored time. CMPEVT names a competing event
        (death) that ended a censored time. LEFTDT is the last date on which the event was known not
        to have happened.
    """
    kinds = {
        "response": _response,
        "flare": _flare,
        "rise": _rise,
        "fall": _fall,
        "below": _below,
        "death": _death,
        "first_of": _first_of,
    }
    tables: dict[str, pl.DataFrame] = {}
    for event in spec["events"]:
        found = kinds[event["kind"]](responses, visits, subjects, event, tables)
        tables[event["code"]] = _assembled(found, subjects, event)
    return pl.concat(tables.values()).sort("PARAMCD", "USUBJID").select(COLUMNS)


def _assembled(
    found: pl.DataFrame, subjects: pl.DataFrame, event: Mapping[str, Any]
) -> pl.DataFrame:
    """Join what was found to the population and censor the others.

    `found` has USUBJID, HAPPENED (date or null), LAST (last date assessed) and DESC, and optionally
    START where time does not begin with the first dose. Who was never assessed is censored on the
    first day.
    """
    people = subjects.filter(pl.col("TRTSDT").is_not_null())
    if event.get("population"):
        people = people.filter(pl.col(event["population"]) == "Y")
    if "START" not in found.columns:
        found = found.join(people.select("USUBJID", START="TRTSDT"), on="USUBJID", how="inner")
    else:  # only those in whom the time began
        people = people.join(found, on="USUBJID", how="semi")
    end = pl.coalesce("HAPPENED", "LAST", "STARTDT")
    until = "end of follow-up" if event["kind"] == "death" else "last assessment"
    died = pl.col("DTHDT").is_not_null() & pl.col("HAPPENED").is_null()
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
                pl.when(pl.col("LAST").is_null())
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
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """First visit with one of `categories` under `definition`."""
    own = responses.filter(
        pl.col("DEFID") == event["definition"], pl.col("AVALC") != "NE", pl.col("ADT").is_not_null()
    ).sort("USUBJID", "ADT", "AVISITN")
    return _first(own, pl.col("AVALC").is_in(event["categories"]), pl.col("AVALC"))


def _first(own: pl.DataFrame, met: pl.Expr, description: pl.Expr) -> pl.DataFrame:
    """First row that meets a condition, and the last date before it, per subject."""
    happened = pl.col("ADT").filter(met).min()
    before = pl.col("ADT").filter((pl.col("ADT") < happened) | happened.is_null()).max()
    return own.group_by("USUBJID", maintain_order=True).agg(
        HAPPENED=happened, LAST=before, DESC=description.filter(met).first()
    )


def _series(visits: pl.DataFrame, code: str) -> pl.DataFrame:
    """Records analysed of a parameter after baseline, copies left out, in time order."""
    return visits.filter(
        pl.col("PARAMCD") == code,
        pl.col("ANL01FL") == "Y",
        pl.col("ADY") > 1,
        pl.col("AVAL").is_not_null(),
        pl.col("DTYPE").fill_null("") != "LOV",
    ).sort("USUBJID", "ADT", "AVISITN")


def _lasting(
    visits: pl.DataFrame, event: Mapping[str, Any], met: pl.Expr, description: str
) -> pl.DataFrame:
    """First record that meets a condition and is repeated at least `confirm_days` later.

    It must hold on every record from the first up to the one that confirms it. A last record that
    nothing follows is a possible event, not an event.
    """
    own = _series(visits, event["parameter"]).with_columns(met=met.fill_null(False))
    days = event.get("confirm_days", 0)
    if days:
        own = own.with_columns(
            run=pl.col("met").rle_id().over("USUBJID"),
        ).with_columns(last_of_run=pl.col("ADT").max().over("USUBJID", "run"))
        lasting = (pl.col("last_of_run") - pl.col("ADT")).dt.total_days() >= days
        own = own.with_columns(met=pl.col("met") & lasting)
    return _first(own, pl.col("met"), pl.lit(description))


def _rise(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The parameter reaches `factor` times its baseline (doubling of creatinine: 2)."""
    met = _scaled("AVAL") * 100 >= _scaled("BASE") * round(event["factor"] * 100)
    return _lasting(
        visits, event, met, f"{event['parameter']} at least {event['factor']} x baseline"
    )


def _fall(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The parameter falls by at least `percent` of its baseline."""
    met = _scaled("AVAL") * 100 <= _scaled("BASE") * (100 - event["percent"])
    return _lasting(
        visits, event, met, f"{event['parameter']} fallen by {event['percent']} % or more"
    )


def _below(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The parameter lies below `value` (kidney failure: eGFR below 15)."""
    met = _scaled("AVAL") < round(event["value"] * 10**6)
    return _lasting(visits, event, met, f"{event['parameter']} below {event['value']}")


def _death(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """Death from any cause, censored at the end of follow-up."""
    return subjects.select(
        "USUBJID", HAPPENED="DTHDT", LAST=pl.coalesce("EOSDT", "TRTEDT"), DESC=pl.lit("death")
    )


def _first_of(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The earliest of other events named before; censored with the first that is censored."""
    parts = pl.concat([tables[code] for code in event["of"]])
    happened = pl.col("ADT").filter(pl.col("CNSR") == 0)
    return (
        parts.sort("USUBJID", "ADT", "PARAMCD")
        .group_by("USUBJID", maintain_order=True)
        .agg(
            HAPPENED=happened.min(),
            LAST=pl.col("ADT").filter(pl.col("CNSR") == 1).min(),
            DESC=pl.col("EVNTDESC").filter(pl.col("CNSR") == 0).first(),
        )
    )


def _scaled(column: str) -> pl.Expr:
    """Millionths as integers: enough decimals for every analyte, and exact."""
    return integer(column, 10**6)


def _flare(
    responses: pl.DataFrame,
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    event: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """First renal flare of at least `grade` after a response (KDIGO 2012, table 29).

    Time begins with the first response under `definition`. Proteinuria (g/g) and creatinine
    (umol/L) are compared with their values at that response. Haematuria and casts are not used: the
    record seldom has them, so a mild flare is not found.
    """
    first = (
        responses.filter(
            pl.col("DEFID") == event["definition"],
            pl.col("AVALC").is_in(RESPONDED),
            pl.col("ADT").is_not_null(),
        )
        .sort("USUBJID", "ADT", "AVISITN")
        .group_by("USUBJID", maintain_order=True)
        .agg(START=pl.col("ADT").first(), at=pl.col("AVISITN").first())
    )
    protein = _since(visits, event["proteinuria"], first, "U")
    creatinine = _since(visits, "SCR", first, "S")
    both = protein.join(
        creatinine, on=["USUBJID", "AVISITN"], how="full", coalesce=True
    ).with_columns(ADT=pl.max_horizontal("ADT", "ADT_right"))
    grade = flare_grade("U", "U0", "S", "S0")
    wanted = {"moderate": 1, "severe": 2}[event["grade"]]
    own = (
        both.with_columns(grade=grade).filter(pl.col("grade").is_not_null()).sort("USUBJID", "ADT")
    )
    found = _first(
        own,
        pl.col("grade") >= wanted,
        pl.when(pl.col("grade") == 2)
        .then(pl.lit("severe flare"))
        .otherwise(pl.lit("moderate flare")),
    )
    return (
        first.select("USUBJID", "START")
        .join(found, on="USUBJID", how="left")
        .with_columns(LAST=pl.coalesce("LAST", "START"))
    )


def _since(visits: pl.DataFrame, code: str, first: pl.DataFrame, name: str) -> pl.DataFrame:
    """A parameter after the first response, with its value at that response beside it."""
    own = _series(visits, code).join(first, on="USUBJID", how="inner")
    at = own.filter(pl.col("AVISITN") == pl.col("at")).select(
        "USUBJID", pl.col("AVAL").alias(f"{name}0")
    )
    return (
        own.filter(pl.col("ADT") > pl.col("START"))
        .join(at, on="USUBJID", how="left")
        .select("USUBJID", "AVISITN", "ADT", pl.col("AVAL").alias(name), f"{name}0")
    )


def flare_grade(upcr: str, upcr_0: str, scr: str, scr_0: str) -> pl.Expr:
    """KDIGO 2012 flare: 0 none, 1 moderate, 2 severe; null when neither part can be judged.

    UPCR in g/g, creatinine in umol/L (88.4 umol/L = 1 mg/dL), against the values in remission.
    """
    u, u0, s, s0 = (_scaled(column) for column in (upcr, upcr_0, scr, scr_0))
    unit = 10**6
    low = s0 < round(176.8 * unit)  # 2.0 mg/dL
    rise = s - s0
    scr_severe = rise > pl.when(low).then(round(88.4 * unit)).otherwise(round(132.6 * unit))
    scr_moderate = rise >= pl.when(low).then(round(17.68 * unit)).otherwise(round(35.36 * unit))
    upcr_severe = u - u0 > 5 * unit
    upcr_moderate = (
        pl.when(u0 * 2 < unit)
        .then(u >= unit)
        .when(u0 <= unit)
        .then(u >= 2 * unit)
        .otherwise(u >= 2 * u0)
    )
    judged = (u - u0).is_not_null() | rise.is_not_null()
    severe = scr_severe.fill_null(False) | upcr_severe.fill_null(False)
    moderate = scr_moderate.fill_null(False) | (u0.is_not_null() & upcr_moderate).fill_null(False)
    return pl.when(judged).then(pl.when(severe).then(2).when(moderate).then(1).otherwise(0))
