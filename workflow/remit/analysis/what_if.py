"""What another rule for choosing records would change: the same records, another plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from remit.analysis.records import RECORD
from remit.analysis.responses import derive_responses
from remit.analysis.visits import derive_visits
from remit.plan.windows import compile

CHOICES = ("closest", "last", "first", "mean", "worst")
TIES = ("earlier", "later")
BASELINES: dict[str, dict[str, Any]] = {
    "last": {"rule": "last"},
    "mean of two": {"rule": "mean", "records": 2},
}
SERIES = ["USUBJID", "PARAMCD", "AVISIT"]
COLUMNS = (
    *("alternative", "visits_with_several", "records_analysed", "records_changed", "definition"),
    *("responses", "responses_changed"),
)


def what_if(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    cm: pl.DataFrame | None,
    definitions: Sequence[Mapping[str, Any]],
    analytes: pl.DataFrame,
    spec_visits: Mapping[str, Any],
    spec_responses: Mapping[str, Any],
) -> pl.DataFrame:
    """For each alternative to the plan, how many records and responses would be others.

    Every other `choose`, every other `tie`, other baselines (last value, mean of the last two) and
    visits anchored on the parameter of `responses.anchor` are tried, one at a time, for all parameters
    at once. A record is changed when a visit, baseline among them, would analyse another value or date.
    Plans that place records by visit name have no alternatives here.

    Args:
        visits: BDS as the plan made it.
        subjects: ADSL.
        cm: Harmonized medication, or None.
        definitions: Definitions to evaluate.
        analytes: PARAMCD PARAM decimals better.
        spec_visits: Config section `visits`.
        spec_responses: Config section `responses`.

    Returns:
        `COLUMNS`, one row per alternative and definition. `visits_with_several` counts the visits,
        per subject and parameter, that hold more than one record with a value: where there is none,
        no rule has anything to choose.
    """
    if spec_visits.get("assign") == "nominal":
        return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
    records = _records(visits)
    windows = compile(spec_visits)

    def respond(chosen: pl.DataFrame) -> pl.DataFrame:
        return derive_responses(
            chosen, subjects, cm, definitions, analytes, windows, spec_responses
        )[0]

    planned, responded = _analysed(visits), respond(visits)
    several = _several(visits)
    rows = []
    for name, plan in _alternatives(spec_visits, spec_responses["anchor"]):
        other = derive_visits(records, subjects, analytes, plan)
        changed = planned.join(
            _analysed(other), on=SERIES, how="full", coalesce=True, suffix="_other"
        ).filter(
            pl.col("AVAL").ne_missing(pl.col("AVAL_other"))
            | pl.col("ADT").ne_missing(pl.col("ADT_other"))
        )
        both = responded.join(respond(other), on=["USUBJID", "DEFID", "AVISITN"], suffix="_other")
        for definition in definitions:
            own = both.filter(pl.col("DEFID") == definition["id"])
            moved = own.filter(pl.col("AVALC") != pl.col("AVALC_other")).height
            records_of = (name, several, planned.height, changed.height)
            rows.append((*records_of, definition["id"], own.height, moved))
    kinds = dict.fromkeys(COLUMNS, pl.Int64) | dict.fromkeys(
        ["alternative", "definition"], pl.String
    )
    return pl.DataFrame(rows, schema=kinds, orient="row")


def _own(visits: pl.DataFrame) -> pl.DataFrame:
    """The records that the visits were made from, without averages and copies."""
    return visits.filter(~pl.col("DTYPE").fill_null("").is_in(["AVERAGE", "LOV", "LOCF"]))


def _several(visits: pl.DataFrame) -> int:
    """Visits of a subject and parameter that hold more than one record with a value."""
    valued = pl.any_horizontal(pl.col("AVAL", "AVALC").is_not_null())
    found = _own(visits).filter(valued, pl.col("AVISIT").is_not_null()).group_by(SERIES).len("n")
    return found.filter(pl.col("n") > 1).height


def _records(visits: pl.DataFrame) -> pl.DataFrame:
    own = _own(visits)
    missing = [pl.lit(None, kind).alias(n) for n, kind in RECORD.items() if n not in own.columns]
    return own.with_columns(missing).select(*RECORD)


def _analysed(visits: pl.DataFrame) -> pl.DataFrame:
    planned = visits.filter(pl.col("ANL01FL") == "Y", pl.col("AWTARGET").is_not_null())
    return planned.select(*SERIES, "AVAL", "ADT")


def _alternatives(
    spec: Mapping[str, Any], anchor: str | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    base = {key: value for key, value in spec.items() if key != "parameters"}
    for choice in CHOICES:
        if choice != spec["choose"] and spec.get("anchor") is None:
            yield f"choose: {choice}", base | {"choose": choice}
    for tie in TIES:
        if tie != spec["tie"]:
            yield f"tie: {tie}", dict(spec) | {"tie": tie}
    if spec.get("methods") and spec["tie"] != "better_method":
        yield "tie: better_method", dict(spec) | {"tie": "better_method"}
    for name, rule in BASELINES.items():
        if spec["baseline"]["rule"] != rule["rule"]:
            yield f"baseline: {name}", dict(spec) | {"baseline": spec["baseline"] | rule}
    if spec.get("anchor") is None:
        if anchor is not None:
            yield f"anchor: {anchor}", dict(spec) | {"anchor": anchor}
    else:
        yield "anchor: none", {key: value for key, value in spec.items() if key != "anchor"}
