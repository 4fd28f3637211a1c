"""How much of a fall after treatment could be a return to the usual level?

Patients are treated when they are at their worst; without any treatment the next value is then on
average nearer to their mean (Barnett, van der Pols & Dobson 2005, Int. J. Epidemiol. 34:215).
"""

from collections.abc import Mapping
from math import fsum
from typing import Any

import numpy as np
import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.card import BEYOND, beyond, card, change_interval
from remit.statistics.descriptive import Floats, mean
from remit.statistics.paired import COPIES, pairs, plan_of, substituted

MONTH = 28  # days
_BEFORE = [
    *("pre_index_change", "pre_index_ci_low", "pre_index_ci_high", "pre_index_slope"),
    *("reliability", "expected_regression"),
]


def regression_to_mean(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """What the values before treatment, and an analyte that should not change, say about it.

    Args:
        visits: BDS, see `paired`, and ADY DTYPE ABLFL ROWID.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`; `negative_control` names a parameter that treatment
            should not move, or is null.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT.
    """
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    members = subjects.filter(pl.col(spec["population"]) == "Y").select("USUBJID")
    before = visits.filter(
        pl.col("ADY") <= 1,
        ~pl.col("DTYPE").fill_null("").is_in([*COPIES, "AVERAGE"]),
        pl.col("AVAL").is_not_null(),
    ).join(members, on="USUBJID", how="semi")
    before = before.with_columns(AVAL=substituted("AVAL", "AVALOPER", spec))
    last = spec["visits"][-1]
    compared = pairs(visits, subjects, spec)
    records: list[Record] = []
    for code in spec["parameters"]:
        own = before.filter(pl.col("PARAMCD") == code).sort("USUBJID", "ADY", "ROWID")
        final = compared[code, last]
        result = card(final, known[code]["decimals"], plan_of(code, spec), spec)
        control = code == spec["negative_control"]
        statistics: Statistics = {
            "role": "negative control" if control else "analysed",
            **_before(own, spec),
            **_oldham(final.base, final.visit),
            "final_change": result["mean_change"],
            "final_p": result["p"],
        }
        keys = {"PARAMCD": code, "PARAM": known[code]["PARAM"], "UNIT": known[code]["unit"]}
        records.append((keys, statistics))
    return rows("regression_to_mean", records, spec)


def _before(own: pl.DataFrame, spec: Mapping[str, Any]) -> Statistics:
    """Change, slope and reliability over the values up to and including baseline."""
    repeated = own.filter(pl.col("ABLFL").eq("Y").any().over("USUBJID")).filter(
        pl.len().over("USUBJID") > 1
    )
    n = repeated["USUBJID"].n_unique()
    if n < 2:
        reason = "fewer than two subjects have values before the baseline value"
        return {"n_repeated": n, **missing(_BEFORE, reason)}
    if beyond(repeated["AVAL"].to_numpy()):
        return {"n_repeated": n, **missing(_BEFORE, BEYOND)}
    earlier = pl.col("ABLFL").is_null()
    by_subject = repeated.group_by("USUBJID", maintain_order=True).agg(
        base=pl.col("AVAL").filter(~earlier).first(),
        earlier=pl.col("AVAL").filter(earlier).mean(),
        slope=MONTH * pl.cov("AVAL", "ADY") / pl.col("ADY").var(),
    )
    change = change_interval(by_subject["earlier"].to_numpy(), by_subject["base"].to_numpy(), spec)
    slopes = by_subject["slope"].fill_nan(None).drop_nulls().to_numpy()
    slope: float | Noted | None = mean(slopes)
    if slope is None:
        slope = Noted(None, error="all earlier values lie on one day")
    reliability = _reliability(repeated)
    expected: float | Noted = Noted(None, error="reliability is unknown")
    centre = change["mean_change"]
    if isinstance(reliability, float) and isinstance(centre, float):
        expected = -(1 - max(reliability, 0.0)) * centre
    ends = (change["change_ci_low"], change["change_ci_high"])
    values = (centre, *ends, slope, reliability, expected)
    return {"n_repeated": n, **dict(zip(_BEFORE, values, strict=True))}


def _reliability(repeated: pl.DataFrame) -> float | Noted:
    """One-way random intraclass correlation of unequal groups (Fleiss 1986, chapter 1)."""
    groups = [
        group["AVAL"].to_numpy() for _, group in repeated.group_by("USUBJID", maintain_order=True)
    ]
    sizes = np.array([group.size for group in groups])
    total, count = int(sizes.sum()), len(groups)
    grand = fsum(np.concatenate(groups)) / total
    between = fsum(g.size * (g.mean() - grand) ** 2 for g in groups) / (count - 1)
    within = fsum(((g - g.mean()) ** 2).sum() for g in groups) / (total - count)
    size = (total - float((sizes**2).sum()) / total) / (count - 1)
    if between + within <= 0:
        return Noted(None, error="all values before treatment are equal")
    return float((between - within) / (between + (size - 1) * within))


def _oldham(base: Floats, visit: Floats) -> Statistics:
    """Correlation free of the coupling that ties change to baseline (Oldham 1962)."""
    if beyond(base) or beyond(visit):
        return missing(["oldham"], BEYOND)
    order = np.lexsort((visit, base))  # of the values, so that no name moves the last bit
    change, middle = (visit - base)[order], (visit + base)[order] / 2
    if base.size < 3 or np.ptp(change) == 0 or np.ptp(middle) == 0:
        return missing(["oldham"], "needs three pairs that differ")
    # Scaled: the squares of very small values are zero.
    return {"oldham": float(np.corrcoef(change / np.ptp(change), middle / np.ptp(middle))[0, 1])}
