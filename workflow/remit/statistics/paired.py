"""Every planned comparison of a visit with baseline, from the analysis data sets to cards.

Change is visit - baseline.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from remit.errors import RemitError
from remit.statistics.ard import Noted, rows
from remit.statistics.card import Card, Pairs, card
from remit.statistics.multiplicity import adjust

# DTYPE of records that repeat another one.
COPIES = ["LOV", "LOCF"]

# What the value of a result beyond a limit stands for, as a multiple of the limit. Results above
# an upper limit always count as the limit.
_BELOW = {"bound": 1.0, "half": 0.5, "zero": 0.0}


def paired(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Compare every planned visit of every planned parameter with baseline.

    Args:
        visits: BDS: USUBJID PARAMCD AVISIT AVISITN AVAL AVALOPER BASE BASEOPER ANL01FL.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT AVISIT AVISITN.

    Raises:
        RemitError: a planned parameter is unknown, or a subject has two analysed records at a visit.
    """
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    _check(spec["parameters"], known)
    numbers = dict(visits.select("AVISIT", "AVISITN").unique().drop_nulls().iter_rows())
    found = pairs(visits, subjects, spec)
    comparisons = [(code, visit) for code in spec["parameters"] for visit in spec["visits"]]
    cards = []
    for code, visit in comparisons:
        plan = {"transform": "none"} | spec["parameters"][code]
        cards.append(card(found[code, visit], known[code]["decimals"], plan, spec))
    _adjusted(comparisons, cards, spec)
    keys = [
        {
            "PARAMCD": code,
            "PARAM": known[code]["PARAM"],
            "UNIT": known[code]["unit"],
            "AVISIT": visit,
            "AVISITN": numbers.get(visit),
        }
        for code, visit in comparisons
    ]
    return rows("paired", zip(keys, cards, strict=True), spec)


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
    below = _BELOW[spec["censored"]]
    return analysed.with_columns(
        base=_substituted("BASE", "BASEOPER", below),
        visit=_substituted("AVAL", "AVALOPER", below),
        censored=pl.col("AVALOPER").is_not_null() | pl.col("BASEOPER").is_not_null(),
    )


def _check(planned: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for code in planned:
        if code not in known:
            raise RemitError(
                f"statistics.parameters: {code} is not a parameter; known: "
                f"{', '.join(sorted(known))}."
            )
        if known[code]["decimals"] is None:
            raise RemitError(
                f"statistics.parameters: {code} has no reported decimals in the dictionary of "
                "analytes; differences are rounded to them before ranking."
            )


def _substituted(value: str, operator: str, below: float) -> pl.Expr:
    return (
        pl.when(pl.col(operator).is_in(["<", "<="]))
        .then(pl.col(value) * below)
        .otherwise(pl.col(value))
    )


def _adjusted(
    comparisons: Sequence[tuple[str, str]], cards: list[Card], spec: Mapping[str, Any]
) -> None:
    """Add `p_adjusted` to the cards, family by family."""
    families: dict[str, list[Card]] = {}
    for (code, _), each in zip(comparisons, cards, strict=True):
        families.setdefault(code if spec["family"] == "parameter" else "all", []).append(each)
    for family in families.values():
        p = [each["p"].value if isinstance(each["p"], Noted) else each["p"] for each in family]
        adjusted = adjust(
            [value if isinstance(value, float) else None for value in p], spec["multiplicity"]
        )
        for each, value in zip(family, adjusted, strict=True):
            each["p_adjusted"] = each["p"] if value is None else value
