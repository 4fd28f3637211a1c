"""How much of a fall after treatment could be a return to the usual level?

Patients are treated when they are at their worst; without any treatment the next value is then on
average nearer to their mean (Barnett, van der Pols & Dobson 2005, Int. J. Epidemiol. 34:215).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.card import card
from remit.statistics.descriptive import Floats, mean, sd
from remit.statistics.paired import COPIES, pairs

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
        visits: BDS, see `paired`, and ADY DTYPE ABLFL.
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
        pl.col("AVAL").is_finite(),
    ).join(members, on="USUBJID", how="semi")
    last = spec["visits"][-1]
    compared = pairs(visits, subjects, spec)
    records: list[Record] = []
    for code, plan in spec["parameters"].items():
        own = before.filter(pl.col("PARAMCD") == code).sort("USUBJID", "ADY", "ROWID")
        final = compared[code, last]
        result = card(final, known[code]["decimals"], {"transform": "none"} | plan, spec)
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
    earlier = pl.col("ABLFL").is_null()
    by_subject = repeated.group_by("USUBJID", maintain_order=True).agg(
        change=pl.col("AVAL").filter(~earlier).first() - pl.col("AVAL").filter(earlier).mean(),
        slope=MONTH * pl.cov("AVAL", "ADY") / pl.col("ADY").var(),
    )
    change = by_subject["change"].to_numpy()
    centre, spread = mean(change), sd(change)
    assert centre is not None
    assert spread is not None
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, (1 + spec["conf_level"]) / 2)) * spread / n**0.5
    slopes = by_subject["slope"].fill_nan(None).drop_nulls().to_numpy()
    slope: float | Noted | None = mean(slopes)
    if slope is None:
        slope = Noted(None, error="all earlier values lie on one day")
    reliability = _reliability(repeated)
    expected: float | Noted = Noted(None, error="reliability is unknown")
    if isinstance(reliability, float):
        expected = -(1 - max(reliability, 0.0)) * centre
    values = (centre, centre - reach, centre + reach, slope, reliability, expected)
    return {"n_repeated": n, **dict(zip(_BEFORE, values, strict=True))}


def _reliability(repeated: pl.DataFrame) -> float | Noted:
    """One-way random intraclass correlation of unequal groups (Fleiss 1986, chapter 1)."""
    groups = [group["AVAL"].to_numpy() for _, group in repeated.group_by("USUBJID")]
    sizes = np.array([group.size for group in groups])
    total, count = int(sizes.sum()), len(groups)
    grand = float(np.concatenate(groups).mean())
    between = sum(g.size * (g.mean() - grand) ** 2 for g in groups) / (count - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (total - count)
    size = (total - float((sizes**2).sum()) / total) / (count - 1)
    if between + within <= 0:
        return Noted(None, error="all values before treatment are equal")
    return float((between - within) / (between + (size - 1) * within))


def _oldham(base: Floats, visit: Floats) -> Statistics:
    """Correlation free of the coupling that ties change to baseline (Oldham 1962)."""
    usable = base.size > 2 and bool(np.isfinite(base).all() and np.isfinite(visit).all())
    change, middle = visit - base, (visit + base) / 2
    if not usable or np.ptp(change) == 0 or np.ptp(middle) == 0:
        return missing(["oldham"], "needs three pairs that differ")
    return {"oldham": float(np.corrcoef(change, middle)[0, 1])}
