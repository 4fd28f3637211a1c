"""How many responded, by definition, visit and rule for those who cannot be judged."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.analysis.categories import Categories, place, responded
from remit.plan.categories import NOT_EVALUABLE
from remit.plan.categories import counted as counted_as
from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.proportions import cochran_q, interval

BEST = "Best"
_BEST_NUMBER = 100.0
_COPIES = 99.0  # AVISITN from which visits copy an earlier record
# observed: of whom everything is known; nri: who was expected, and counts as NR when not judged;
# possible: the same, counted as the best response that could still be.
_RULES = {"observed": "AVALC", "nri": "AVALCNRI", "possible": "AVALCBST"}
_TRENDS = ("observed", "nri")
# locf: who was expected and not judged counts as judged last; a sensitivity analysis only.
_CARRIED = {"locf": "LOCF"}


def response(
    responses: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Response rates with their intervals.

    Args:
        responses: ADRS: USUBJID DEFID AVISIT AVISITN AVALC AVALCNRI AVALCBST ASSESFL.
        subjects: ADSL: USUBJID and the population's flag.
        spec: Config section `statistics`, with `categories` of each definition; the rule `locf` is
            counted where `sensitivity.window` declares it.

    Returns:
        Rows of `ard.COLUMNS`; keys definition AVISIT AVISITN rule category, with AVISIT `Best`
        beside the visits: the best response of each subject at any planned visit. The categories are
        those of the definition, whoever was found in them, and its responses together (`CR+PR`).
    """
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    own = fully_assessed(carried_forward(responses.join(members, on="USUBJID", how="semi")))
    rules = _RULES | (_CARRIED if "locf" in spec["sensitivity"]["window"] else {})
    counted = pl.concat([own.select(_USED), best(own, spec["categories"])]).sort(
        "DEFID", "AVISITN", "AVISIT"
    )
    records: list[Record] = []
    for (definition, number, visit), group in counted.group_by(
        "DEFID", "AVISITN", "AVISIT", maintain_order=True
    ):
        of_definition = counted_as(spec["categories"][definition])
        responds = [c["code"] for c in spec["categories"][definition] if c["response"]]
        could = pl.col("AVALCBST").is_in(responds) & ~pl.col("AVALCNRI").is_in(responds)
        still = {"could_respond": group.filter(could).height}
        for rule, column in rules.items():
            judged = group[column].drop_nulls()
            for category, codes in of_definition.items():
                keys = {
                    "definition": definition,
                    "AVISIT": visit,
                    "AVISITN": number,
                    "rule": rule,
                    "category": category,
                }
                count = int(judged.is_in(codes).sum())
                records.append((keys, {**share(count, len(judged), spec), **still}))
    return rows("response", records, spec)


def fully_assessed(responses: pl.DataFrame) -> pl.DataFrame:
    """Leave AVALC only where everything was known that the definition looks at.

    A missing component never hides a non-response that another component decides: among those who
    happen to be judged responders are too few.
    """
    counts = (pl.col("AVALC") != NOT_EVALUABLE) & (pl.col("ASSESFL") == "Y").fill_null(False)
    return responses.with_columns(AVALC=pl.when(counts).then("AVALC"))


def carried_forward(responses: pl.DataFrame) -> pl.DataFrame:
    """Add the response with those not judged as they were last judged (LOCF).

    Only at planned visits at which the subject was expected: nothing is carried beyond the reach of
    follow-up, and nothing from before the first response judged.

    Args:
        responses: ADRS.

    Returns:
        `responses` with LOCF, and LOCFVISIT, the visit at which it was observed.
    """
    known = pl.col("AVALC").replace(NOT_EVALUABLE, None).is_not_null()
    fills = pl.col("AVALCNRI").is_not_null() & (pl.col("AVISITN") < _COPIES)
    return responses.with_columns(
        pl.when(known | fills)
        .then(
            pl.when(known).then(column).forward_fill().over("DEFID", "USUBJID", order_by="AVISITN")
        )
        .alias(name)
        for name, column in {"LOCF": "AVALC", "LOCFVISIT": "AVISIT"}.items()
    )


def response_trend(
    responses: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Does the share of responders differ between the planned visits? Cochran's Q.

    Complete cases only, with the number left out; copies of an earlier visit do not count.

    Returns:
        Rows of `ard.COLUMNS`; keys definition rule.
    """
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    own = fully_assessed(responses.join(members, on="USUBJID", how="semi")).filter(
        pl.col("AVISIT").is_in(spec["visits"]), pl.col("AVISITN") < _COPIES
    )
    records: list[Record] = []
    for (definition,), group in own.sort("DEFID", "USUBJID", "AVISITN").group_by(
        "DEFID", maintain_order=True
    ):
        for rule in _TRENDS:
            column = _RULES[rule]
            judged = group.with_columns(
                yes=pl.when(pl.col(column).is_not_null()).then(
                    responded(spec["categories"], column)
                )
            )
            wide = judged.pivot(on="AVISIT", index="USUBJID", values="yes").drop("USUBJID")
            complete = wide.drop_nulls()
            counts = {
                "n_complete": complete.height,
                "n_left_out": wide.height - complete.height,
            }
            found = cochran_q(complete.to_numpy().astype(np.int64)) if complete.height else None
            names = ["cochran_q", "cochran_df", "cochran_p"]
            values: Statistics = missing(names, "nobody, seen at every visit, changes")
            if found is not None:
                values = dict(zip(names, found, strict=True))
            records.append(({"definition": definition, "rule": rule}, {**counts, **values}))
    return rows("response_trend", records, spec)


def best(responses: pl.DataFrame, categories: Categories) -> pl.DataFrame:
    """Each subject's best response over the visits, by every rule.

    Args:
        responses: ADRS with LOCF.
        categories: those of each definition, best first.
    """
    return (
        responses.group_by("DEFID", "USUBJID")
        .agg(
            AVISIT=pl.lit(BEST),
            AVISITN=pl.lit(_BEST_NUMBER),
            **{
                column: pl.col(column).sort_by(place(categories, column), nulls_last=True).first()
                for column in (_RULES | _CARRIED).values()
            },
        )
        .select(_USED)
    )


def share(count: int, denominator: int, spec: Mapping[str, Any]) -> Statistics:
    """Count, denominator, percent and its interval, in percent."""
    result: dict[str, float | int | Noted] = {"count": count, "denominator": denominator}
    found = interval(count, denominator, spec["conf_level"], spec["proportions"])
    if found is None:
        return result | missing(["percent", "ci_low", "ci_high"], "nobody could be counted")
    return result | {
        "percent": 100 * count / denominator,
        "ci_low": 100 * found[0],
        "ci_high": 100 * found[1],
    }


_USED = ["USUBJID", "DEFID", "AVISIT", "AVISITN", "AVALC", "AVALCNRI", "AVALCBST", "LOCF"]
