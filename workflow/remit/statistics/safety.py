"""How many subjects had which adverse event."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.analysis.periods import period
from remit.schemas.analysis import SEVERITIES
from remit.statistics.ard import Record, Statistics, missing, rows
from remit.statistics.rates import poisson_interval
from remit.statistics.response import share

_YEAR = 365.25
_SEVERE = ["SEVERE", "LIFE THREATENING", "FATAL"]
WORST = {"worst_" + name.lower().replace(" ", "_"): rank for rank, name in enumerate(SEVERITIES)}
_RATE = ["person_years", "rate", "rate_ci_low", "rate_ci_high"]
_EVENT_RATE = ["period_years", "event_rate", "event_rate_ci_low", "event_rate_ci_high"]
#: What may not have been recorded of an event, and what the row says that counts its patients.
UNKNOWN = {
    "AEREL": "Relation not recorded (counted as related)",
    "AESER": "Seriousness not recorded",
    "ASEV": "Severity not recorded",
}

#: The column without which nothing is known of a kind of events.
RECORDED = {"related": "AEREL", "serious": "AESER", "severe": "ASEV", "discontinuation": "AEACN"}


def safety(
    adverse_events: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Count subjects with treatment-emergent events: overall, by kind, by class and by term.

    A subject counts once in a row however often it had the event, at the severity of the worst one
    (`worst_...`); `events` counts all. `rate` is of first events over the time up to them,
    `event_rate` of all events over the whole period: that of emergent events, for deaths the
    follow-up (`period`).

    Args:
        adverse_events: ADAE: USUBJID AEDECOD AEBODSYS ASTDT ASTDY TRTEMFL ASEV AESER AEREL AREL
            AESI AEACN AEOUT.
        subjects: ADSL: USUBJID TRTSDT TRTEDT EOSDT DTHDT and the safety population's flag.
        spec: Config section `statistics`, with the section `adverse_events`.

    Returns:
        Rows of `ard.COLUMNS`; keys category soc term. Categories: any, related, serious, severe,
        discontinuation, death, unknown (where something was not recorded), aesi (term: the group),
        soc, pt (by frequency; those without a class come last). What was recorded of no event at
        all has no row.
    """
    members = subjects.filter(pl.col(spec["safety_population"]) == "Y")
    periods = {
        name: members.select("USUBJID").join(
            period(name, members, adverse_events, spec["adverse_events"]), on="USUBJID", how="left"
        )
        for name in ("emergent", "follow_up")
    }
    ours = adverse_events.join(members.select("USUBJID"), on="USUBJID", how="semi")
    own = ours.filter(pl.col("TRTEMFL") == "Y")
    died = members.filter(pl.col("DTHDT").is_not_null()).select(
        "USUBJID",
        ASTDY=(pl.col("DTHDT") - pl.col("TRTSDT")).dt.total_days() + 1,
        ASEV=pl.lit("FATAL"),
    )
    # A death reported as an event too is one death.
    fatal = ours.filter(pl.col("AEOUT").str.to_uppercase() == "FATAL")
    fatal = fatal.join(died, on="USUBJID", how="anti").with_columns(ASEV=pl.lit("FATAL"))
    told = {column for column in RECORDED.values() if ours.is_empty() or ours[column].count()}
    kinds = [
        ("any", "Any adverse event", own),
        ("related", "Related to treatment", own.filter(pl.col("AREL") == "Y")),
        ("serious", "Serious", own.filter(pl.col("AESER") == "Y")),
        ("severe", "Severe (grade 3 or above)", own.filter(pl.col("ASEV").is_in(_SEVERE))),
        (
            "discontinuation",
            "Led to discontinuation",
            own.filter(pl.col("AEACN") == "DRUG WITHDRAWN"),
        ),
        ("death", "Death", pl.concat([fatal, died], how="diagonal_relaxed")),
        *(
            ("unknown", term, found)
            for column, term in UNKNOWN.items()
            if column in told and (found := own.filter(pl.col(column).is_null())).height
        ),
        *(
            ("aesi", name, own.filter(pl.col("AESI").str.split("; ").list.contains(name)))
            for name in (
                group["name"] for group in spec["adverse_events"].get("special_interest", [])
            )
        ),
    ]
    records: list[Record] = [
        (
            {"category": category, "term": term},
            _incidence(found, "follow_up" if category == "death" else "emergent", periods, spec),
        )
        for category, term, found in kinds
        if RECORDED.get(category) in {None, *told}
    ]
    unclassed = own.filter(pl.col("AEBODSYS").is_null())
    for soc, of_soc in [*_by_frequency(own, "AEBODSYS"), (None, unclassed)]:
        if soc is not None:
            of_class = {"category": "soc", "soc": soc, "term": soc}
            records.append((of_class, _incidence(of_soc, "emergent", periods, spec)))
        for term, of_term in _by_frequency(of_soc, "AEDECOD"):
            keys = {"category": "pt", "soc": soc, "term": term}
            records.append((keys, _incidence(of_term, "emergent", periods, spec)))
    return rows("safety", records, spec)


def _by_frequency(events: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    """The events of each value of a column, most subjects first."""
    groups = [(str(name), group) for (name,), group in events.drop_nulls(column).group_by(column)]
    return sorted(groups, key=lambda item: (-item[1]["USUBJID"].n_unique(), item[0]))


def _incidence(
    events: pl.DataFrame, name: str, periods: Mapping[str, pl.DataFrame], spec: Mapping[str, Any]
) -> Statistics:
    members, count = periods[name], events["USUBJID"].n_unique()
    result = dict(share(count, members.height, spec)) | {"events": events.height}
    first = events.group_by("USUBJID").agg(first=pl.col("ASTDY").min())
    at_risk = members.join(first, on="USUBJID", how="left").select(
        pl.min_horizontal(pl.col("first").clip(lower_bound=1), "DAYS")
    )
    return {
        **result,
        **_by_worst(events),
        "period": name,
        **_rate(_RATE, count, at_risk.to_series(), spec),
        **_rate(_EVENT_RATE, events.height, members["DAYS"], spec),
    }


def _by_worst(events: pl.DataFrame) -> Statistics:
    """Subjects by their worst severity, which is unknown where an event's is and none known is severe."""
    ranks = {name: rank for rank, name in enumerate(SEVERITIES)}
    severity = pl.col("ASEV").replace_strict(ranks, default=None, return_dtype=pl.Int64)
    worst = events.group_by("USUBJID").agg(worst=severity.max(), unknown=severity.is_null().any())
    unknown = pl.col("unknown") & ~(pl.col("worst") >= ranks["SEVERE"]).fill_null(False)
    known = worst.filter(~unknown)["worst"]
    return {
        **{name: int((known == rank).sum()) for name, rank in WORST.items()},
        "worst_unknown": worst.height - known.len(),
    }


def _rate(names: list[str], count: int, days: pl.Series, spec: Mapping[str, Any]) -> Statistics:
    """Years, and so many per 100 of them with the exact interval."""
    years = float(days.cast(pl.Int64).sum() or 0) / _YEAR
    found = poisson_interval(count, years, spec["conf_level"])
    if found is None:
        return missing(names, "no time at risk")
    values = (years, 100 * count / years, *(100 * end for end in found))
    return dict(zip(names, values, strict=True))
