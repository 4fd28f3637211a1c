"""Every planned comparison of a visit with baseline, from the analysis data sets to cards.

Change is visit - baseline.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.analysis.criteria import BELOW
from remit.errors import RemitError
from remit.statistics.ard import Noted, Scalar, rows
from remit.statistics.card import Card, Pairs, card
from remit.statistics.p_values import adjust

# DTYPE of records that repeat another one.
COPIES = ["LOV", "LOCF"]


def paired(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Compare every planned visit of every planned parameter with baseline.

    Args:
        visits: BDS: USUBJID PARAMCD AVISIT AVISITN AVAL AVALOPER BASE BASEOPER DTYPE
            ANL01FL.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT AVISIT AVISITN.

    Raises:
        RemitError: a subject has two analysed records at a visit.
    """
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    numbers = dict(visits.select("AVISIT", "AVISITN").unique().drop_nulls().iter_rows())
    found = pairs(visits, subjects, spec)
    plans = {code: plan_of(code, spec) for code in spec["parameters"]}
    cards = {
        code: {visit: card(found[code, visit], plan, spec) for visit in spec["visits"]}
        for code, plan in plans.items()
    }
    _adjusted(cards, spec)
    return pl.concat(
        rows(
            "paired",
            [
                (
                    {
                        "PARAMCD": code,
                        "PARAM": known[code]["PARAM"],
                        "UNIT": known[code]["unit"],
                        "AVISIT": visit,
                        "AVISITN": numbers.get(visit),
                    },
                    each,
                )
                for visit, each in of_visit.items()
            ],
            {**spec, **plans[code]},
        )
        for code, of_visit in cards.items()
    )


def plan_of(code: str, spec: Mapping[str, Any]) -> dict[str, str]:
    """How the plan tests one parameter: `test` and `transform`."""
    return {"transform": "none"} | spec["parameters"][code]


def pairs(
    visits: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> dict[tuple[str, str], Pairs]:
    """Baseline and visit values of the population, by (PARAMCD, AVISIT), for all that is planned."""
    eligible = subjects.filter(pl.col(spec["population"]) == "Y").height
    empty = Pairs(np.empty(0), np.empty(0), eligible, eligible)
    result = {(code, visit): empty for code in spec["parameters"] for visit in spec["visits"]}
    records = planned_records(visits, subjects, spec)
    base, visit = records["base"].to_numpy(), records["visit"].to_numpy()
    known, censored = records["base"].is_not_null().to_numpy(), records["censored"].to_numpy()
    copied = records["DTYPE"].fill_null("").is_in(COPIES).to_numpy()
    end = 0
    groups = records.group_by("PARAMCD", "AVISIT", maintain_order=True).len()
    for code, name, size in groups.iter_rows():
        own = slice(end, end + size)
        end += size
        both = known[own]
        result[code, name] = Pairs(
            base[own][both],
            visit[own][both],
            eligible,
            eligible - size,
            size - int(both.sum()),
            int(censored[own][both].sum()),
            int(copied[own][both].sum()),
        )
    return result


def planned_records(
    visits: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """The analysed records of the population at the planned visits, sorted.

    Returns:
        The columns of `visits` with `base` and `visit`, in which a result below a limit is what the
        plan says it counts as, and `censored`.

    Raises:
        RemitError: a subject has two analysed records at a visit.
    """
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    analysed = (
        visits.filter(
            pl.col("ANL01FL") == "Y",
            pl.col("PARAMCD").is_in(list(spec["parameters"])),
            pl.col("AVISIT").is_in(spec["visits"]),
            pl.col("AVAL").is_not_null(),
        )
        .join(members, on="USUBJID", how="semi")
        .sort("PARAMCD", "AVISIT", "USUBJID")
    )
    twice = analysed.filter(pl.struct("USUBJID", "PARAMCD", "AVISIT").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise RemitError(
            f"{row['USUBJID']} has more than one analysed {row['PARAMCD']} at {row['AVISIT']}: "
            "the visits stage must choose one (ANL01FL)."
        )
    return analysed.with_columns(
        base=substituted("BASE", "BASEOPER", spec),
        visit=substituted("AVAL", "AVALOPER", spec),
        censored=pl.col("AVALOPER").is_not_null() | pl.col("BASEOPER").is_not_null(),
    )


def substituted(value: str, operator: str, spec: Mapping[str, Any]) -> pl.Expr:
    """A column of values in which a result below a limit is what the plan says it counts as."""
    return (
        pl.when(pl.col(operator).is_in(["<", "<="]))
        .then(pl.col(value) * float(BELOW[spec["censored"]]))
        .otherwise(pl.col(value))
    )


def _adjusted(cards: Mapping[str, Mapping[str, Card]], spec: Mapping[str, Any]) -> None:
    """Add `p_adjusted` to the cards, family by family; what repeats other visits is no test more."""
    families = [
        [each for each in of_visit.values() if not repeats(each)] for of_visit in cards.values()
    ]
    if spec["family"] == "table":
        families = [[each for family in families for each in family]]
    for family in families:
        p = [number(each["p"]) for each in family]
        for each, value in zip(family, adjust(p, spec["multiplicity"]), strict=True):
            each["p_adjusted"] = each["p"] if value is None else value
    outside = Noted(None, error="repeats records of other visits, outside every family")
    for each in (each for of_visit in cards.values() for each in of_visit.values()):
        if repeats(each):
            each["p_adjusted"] = each["p"] if spec["multiplicity"] == "none" else outside


def repeats(each: Mapping[str, Scalar | Noted]) -> bool:
    """Whether all pairs of a comparison repeat records of other visits."""
    return each["n"] == each["n_copied"] != 0


def number(found: Scalar | Noted) -> float | None:
    """A statistic without its remark; null when it is missing."""
    value = found.value if isinstance(found, Noted) else found
    return value if isinstance(value, float) else None
