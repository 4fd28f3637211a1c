"""How many subjects had which adverse event."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.statistics.ard import Record, Statistics, missing, rows
from remit.statistics.rates import poisson_interval
from remit.statistics.response import share

_YEAR = 365.25
_SEVERE = ["SEVERE", "LIFE THREATENING", "FATAL"]
_SEVERITIES = ["MILD", "MODERATE", *_SEVERE]
WORST = {"worst_" + name.lower().replace(" ", "_"): rank for rank, name in enumerate(_SEVERITIES)}
_RATE = ["person_years", "rate", "rate_ci_low", "rate_ci_high"]
_EVENT_RATE = ["exposure_years", "event_rate", "event_rate_ci_low", "event_rate_ci_high"]


def safety(
    adverse_events: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Count subjects with treatment-emergent events: overall, by kind, by class and by term.

    A subject counts once in a row however often it had the event, at the severity of the worst one
    (`worst_…`); `events` counts all. `rate` is of first events over the time up to them,
    `event_rate` of all events over the whole time on treatment.

    Args:
        adverse_events: ADAE: USUBJID AEDECOD AEBODSYS ASTDY TRTEMFL ASEV AESER AREL AESI AEACN
            AEOUT.
        subjects: ADSL: USUBJID TRTDURD DTHDT and the safety population's flag.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys category soc term. Categories: any, related, serious, severe,
        discontinuation, death, aesi (term: the class), soc, pt (by frequency).
    """
    members = subjects.filter(pl.col(spec["safety_population"]) == "Y")
    own = adverse_events.filter(pl.col("TRTEMFL") == "Y").join(
        members.select("USUBJID"), on="USUBJID", how="semi"
    )
    died = members.filter(pl.col("DTHDT").is_not_null()).select("USUBJID")
    fatal = own.filter(pl.col("AEOUT") == "FATAL").with_columns(ASEV=pl.lit("FATAL"))
    # A death reported as an event too is one death.
    died = died.join(fatal, on="USUBJID", how="anti").with_columns(ASEV=pl.lit("FATAL"))
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
        ("death", "Death", pl.concat([fatal, died], how="diagonal")),
        *(
            ("aesi", name, own.filter(pl.col("AESI").str.split("; ").list.contains(name)))
            for name in spec["aesi"]
        ),
    ]
    records: list[Record] = [
        ({"category": category, "term": term}, _incidence(found, members, spec))
        for category, term, found in kinds
    ]
    for soc, of_soc in _by_frequency(own, "AEBODSYS"):
        keys = {"category": "soc", "soc": soc, "term": soc}
        records.append((keys, _incidence(of_soc, members, spec)))
        for term, of_term in _by_frequency(of_soc, "AEDECOD"):
            keys = {"category": "pt", "soc": soc, "term": term}
            records.append((keys, _incidence(of_term, members, spec)))
    return rows("safety", records, spec)


def _by_frequency(events: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    """The events of each value of a column, most subjects first."""
    groups = [(str(name), group) for (name,), group in events.group_by(column)]
    return sorted(groups, key=lambda item: (-item[1]["USUBJID"].n_unique(), item[0]))


def _incidence(events: pl.DataFrame, members: pl.DataFrame, spec: Mapping[str, Any]) -> Statistics:
    count = events["USUBJID"].n_unique()
    result = dict(share(count, members.height, spec)) | {"events": events.height}
    ranks = {name: rank for rank, name in enumerate(_SEVERITIES)}
    severity = pl.col("ASEV").replace_strict(ranks, return_dtype=pl.Int64)
    worst = events.group_by("USUBJID").agg(worst=severity.max())["worst"]
    result |= {name: int((worst == rank).sum()) for name, rank in WORST.items()}
    first = events.group_by("USUBJID").agg(first=pl.col("ASTDY").min())
    at_risk = members.join(first, on="USUBJID", how="left").select(
        pl.coalesce("first", "TRTDURD").clip(lower_bound=1)
    )
    return {
        **result,
        **_rate(_RATE, count, at_risk.to_series(), spec),
        **_rate(_EVENT_RATE, events.height, members["TRTDURD"], spec),
    }


def _rate(names: list[str], count: int, days: pl.Series, spec: Mapping[str, Any]) -> Statistics:
    """Years, and so many per 100 of them with the exact interval."""
    years = float(days.cast(pl.Int64).sum() or 0) / _YEAR
    found = poisson_interval(count, years, spec["conf_level"])
    if found is None:
        return missing(names, "no time at risk")
    values = (years, 100 * count / years, *(100 * end for end in found))
    return dict(zip(names, values, strict=True))
