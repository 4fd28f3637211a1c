"""How much of a fall after treatment could be a return to the usual level?

Patients are treated when they are at their worst; without any treatment the next value is then on
average nearer to their mean (Barnett, van der Pols & Dobson 2005, Int. J. Epidemiol. 34:215). Where
that mean lies is said by those of a patient's own earlier values that did not decide on treatment:
whatever the decision was, they err on neither side, and their mean less the baseline value is the
change to be expected without any effect.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, missing, rows
from remit.statistics.card import BEYOND, beyond, card, change_interval
from remit.statistics.descriptive import Floats, mean
from remit.statistics.paired import COPIES, number, pairs, plan_of, substituted

MONTH = 28  # days
_BEFORE = ["pre_index_change", "pre_index_ci_low", "pre_index_ci_high", "pre_index_slope"]
_USUAL = ["expected_regression", "expected_ci_low", "expected_ci_high"]


def regression_to_mean(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """What the values before treatment, and an analyte that should not change, say about it.

    Args:
        visits: BDS, see `paired`, and ADY DTYPE ABLFL ROWID.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`; `negative_control` names a parameter that treatment
            should not move, or is null. Values of the `deciding_days` (0) before the baseline value
            took part in the decision to treat, as that value did.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT.
    """
    spec = {"deciding_days": 0, **spec}
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
        result = card(final, plan_of(code, spec), spec)
        control = code == spec["negative_control"]
        statistics: Statistics = {
            "role": "negative control" if control else "analysed",
            **_before(own, spec),
            **_oldham(final.base, final.visit),
            "final_change": result["mean_change"],
            "final_p": result["p"] if (p := number(result["p"])) is None else p,
        }
        keys = {"PARAMCD": code, "PARAM": known[code]["PARAM"], "UNIT": known[code]["unit"]}
        records.append((keys, statistics))
    return rows("regression_to_mean", records, spec)


def _before(own: pl.DataFrame, spec: Mapping[str, Any]) -> Statistics:
    """Change and slope up to baseline, and what may be expected after it without any effect."""
    earlier = pl.col("ABLFL").is_null()
    repeated = own.filter(pl.col("ABLFL").eq("Y").any().over("USUBJID")).filter(
        pl.len().over("USUBJID") > 1
    )
    n = repeated["USUBJID"].n_unique()
    reason = None
    if n < 2:
        reason = "fewer than two subjects have values before the baseline value"
    elif beyond(repeated["AVAL"].to_numpy()):
        reason = BEYOND
    if reason:
        return {"n_repeated": n, **missing([*_BEFORE, "reliability", *_USUAL], reason)}
    days = pl.col("ADY").filter(~earlier).first() - pl.col("ADY")
    usual = earlier & (days >= spec["deciding_days"])
    by_subject = repeated.group_by("USUBJID", maintain_order=True).agg(
        base=pl.col("AVAL").filter(~earlier).first(),
        earlier=pl.col("AVAL").filter(earlier).mean(),
        usual=pl.col("AVAL").filter(usual).mean(),
        slope=MONTH * pl.cov("AVAL", "ADY") / pl.col("ADY").var(),
    )
    change = change_interval(by_subject["earlier"].to_numpy(), by_subject["base"].to_numpy(), spec)
    slopes = by_subject["slope"].fill_nan(None).drop_nulls().to_numpy()
    slope: float | Noted | None = mean(slopes)
    if slope is None:
        slope = Noted(None, error="all earlier values lie on one day")
    ends = (change["change_ci_low"], change["change_ci_high"])
    return {
        "n_repeated": n,
        **dict(zip(_BEFORE, (change["mean_change"], *ends, slope), strict=True)),
        **_expected(by_subject.drop_nulls("usual"), spec),
    }


def _expected(usual: pl.DataFrame, spec: Mapping[str, Any]) -> Statistics:
    """The change expected without any effect, and how much of a distance persists.

    Regressed on the baseline value, by which patients were selected, the earlier values keep the
    slope that they have among all patients: the reliability of one value.

    Args:
        usual: base and usual, the mean of the values that did not decide, one row a subject.
        spec: Config section `statistics`.
    """
    usual = usual.sort("base", "usual")  # so that no name moves the last bit
    n, base, mean_of_others = usual.height, usual["base"].to_numpy(), usual["usual"].to_numpy()
    if n < 2:
        days = spec["deciding_days"]
        reason = f"fewer than two subjects have values of more than {days} days before baseline"
        return {"n_usual": n, **missing(["reliability", *_USUAL], reason)}
    found = change_interval(base, mean_of_others, spec)
    names = ("mean_change", "change_ci_low", "change_ci_high")
    reliability: float | Noted = Noted(None, error="needs three subjects whose baselines differ")
    if n > 2 and np.ptp(base) > 0:
        from_mean = (base - base.mean()) / np.ptp(base)
        slope = from_mean @ (mean_of_others - mean_of_others.mean()) / (from_mean @ from_mean)
        reliability = float(slope / np.ptp(base))
    return {
        "n_usual": n,
        "reliability": reliability,
        **{ours: found[name] for ours, name in zip(_USUAL, names, strict=True)},
    }


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
