"""How many responded, by definition, visit and rule for those who cannot be judged."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.proportions import cochran_q, interval

BEST = "Best"
_BEST_NUMBER = 100.0
_COPIES = 99.0  # AVISITN from which visits copy an earlier record
_CATEGORIES = {"CR": ["CR"], "PR": ["PR"], "CR+PR": ["CR", "PR"], "NR": ["NR"]}
# A definition that knows one degree of response calls it R.
_ONE_DEGREE = {"R": ["R"], "NR": ["NR"]}
_RESPONDED = ["CR", "PR", "R"]
# observed: who could be judged; nri: who was expected, and counts as NR when not judged.
_RULES = {"observed": "AVALC", "nri": "AVALCNRI"}
# locf: who was expected and not judged counts as judged last; a sensitivity analysis only.
_CARRIED = {"locf": "LOCF"}


def response(
    responses: pl.DataFrame, subjects: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Response rates with their intervals.

    Args:
        responses: ADRS: USUBJID DEFID AVISIT AVISITN AVALC AVALCNRI.
        subjects: ADSL: USUBJID and the population's flag.
        spec: Config section `statistics`; the rule `locf` is counted where `sensitivity.window`
            declares it.

    Returns:
        Rows of `ard.COLUMNS`; keys definition AVISIT AVISITN rule category, with AVISIT `Best`
        beside the visits: the best response of each subject at any planned visit. The categories are
        CR, PR, CR+PR and NR, or R and NR where a definition found responders of one degree.
    """
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    own = carried_forward(responses.join(members, on="USUBJID", how="semi")).with_columns(
        pl.col("AVALC").replace("NE", None)
    )
    rules = _RULES | (_CARRIED if "locf" in spec["sensitivity"]["window"] else {})
    counted = pl.concat([own.select(_USED), best(own)]).sort("DEFID", "AVISITN", "AVISIT")
    one_degree = set(own.filter(pl.col("AVALC") == "R")["DEFID"])
    records: list[Record] = []
    for (definition, number, visit), group in counted.group_by(
        "DEFID", "AVISITN", "AVISIT", maintain_order=True
    ):
        for rule, column in rules.items():
            judged = group[column].drop_nulls()
            categories = _ONE_DEGREE if definition in one_degree else _CATEGORIES
            for category, levels in categories.items():
                keys = {
                    "definition": definition,
                    "AVISIT": visit,
                    "AVISITN": number,
                    "rule": rule,
                    "category": category,
                }
                count = int(judged.is_in(levels).sum())
                records.append((keys, share(count, len(judged), spec)))
    return rows("response", records, spec)


def carried_forward(responses: pl.DataFrame) -> pl.DataFrame:
    """Add the response with those not judged as they were last judged (LOCF).

    Only at planned visits at which the subject was expected: nothing is carried beyond the reach of
    follow-up, and nothing from before the first response judged.

    Args:
        responses: ADRS.

    Returns:
        `responses` with LOCF, and LOCFVISIT, the visit at which it was observed.
    """
    known = pl.col("AVALC").replace("NE", None).is_not_null()
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
    """Does the share of responders (CR, PR or R) differ between the planned visits? Cochran's Q.

    Complete cases only, with the number left out; copies of an earlier visit do not count.

    Returns:
        Rows of `ard.COLUMNS`; keys definition rule.
    """
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    own = responses.join(members, on="USUBJID", how="semi").filter(
        pl.col("AVISIT").is_in(spec["visits"]), pl.col("AVISITN") < _COPIES
    )
    records: list[Record] = []
    for (definition,), group in own.sort("DEFID", "USUBJID", "AVISITN").group_by(
        "DEFID", maintain_order=True
    ):
        for rule, column in _RULES.items():
            judged = group.with_columns(
                yes=pl.when(pl.col(column) != "NE").then(pl.col(column).is_in(_RESPONDED))
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


def best(responses: pl.DataFrame) -> pl.DataFrame:
    """Each subject's best response over the visits, by every rule.

    Args:
        responses: ADRS with LOCF.
    """
    order = {"CR": 0, "PR": 1, "R": 2, "NR": 3}
    text = {rank: category for category, rank in order.items()}
    return (
        responses.group_by("DEFID", "USUBJID")
        .agg(
            AVISIT=pl.lit(BEST),
            AVISITN=pl.lit(_BEST_NUMBER),
            **{
                column: pl.col(column)
                .replace_strict(order, default=None, return_dtype=pl.Int64)
                .min()
                .replace_strict(text, default=None, return_dtype=pl.String)
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


_USED = ["USUBJID", "DEFID", "AVISIT", "AVISITN", "AVALC", "AVALCNRI", "LOCF"]
