"""Change over all visits at once: a mixed model for repeated measures, and Friedman's test."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from remit.statistics import mixed_model
from remit.statistics.ard import Record, Statistics, missing, rows
from remit.statistics.card import BEYOND, NO_LOGARITHM, beyond
from remit.statistics.p_values import floored, two_sided
from remit.statistics.paired import COPIES, plan_of, planned_records

_LS = ["ls_mean", "ls_se", "ls_df", "ls_ci_low", "ls_ci_high", "ls_p"]


def longitudinal(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Model the change of every planned parameter over the planned visits.

    Mean change per visit, adjusted to the mean baseline; visits are correlated within a subject.
    Under `transform: log` change is the log ratio to baseline, and a mean of it is given as the
    geometric mean ratio. Copies of an earlier record are left out.

    Args:
        visits: BDS, see `paired`, and DTYPE.
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`; `covariance` lists the structures in the order to be
            tried.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM UNIT AVISIT AVISITN: one row per visit, and one
        per parameter (AVISIT null) with the fit and Friedman's test.
    """
    known = {row["PARAMCD"]: row for row in parameters.iter_rows(named=True)}
    records = planned_records(visits, subjects, spec).filter(
        ~pl.col("DTYPE").fill_null("").is_in(COPIES), pl.col("base").is_not_null()
    )
    order = pl.Enum(spec["visits"])
    tables = []
    for code in spec["parameters"]:
        own = (
            records.filter(pl.col("PARAMCD") == code)
            .with_columns(pl.col("AVISIT").cast(order))
            .sort("USUBJID", "AVISIT")
        )
        keys = {"PARAMCD": code, "PARAM": known[code]["PARAM"], "UNIT": known[code]["unit"]}
        plan = {**spec, **plan_of(code, spec)}
        summary, by_visit = _model(own, plan)
        found: list[Record] = [(keys, {**summary, **_friedman(own)})]
        for (visit, number), statistics in by_visit.items():
            found.append((keys | {"AVISIT": visit, "AVISITN": number}, statistics))
        tables.append(rows("longitudinal", found, plan))
    return pl.concat(tables)


def _model(
    own: pl.DataFrame, spec: Mapping[str, Any]
) -> tuple[Statistics, dict[tuple[str, float], Statistics]]:
    seen = own.group_by("AVISIT", "AVISITN").len().sort("AVISIT")
    names = [(str(visit), float(number)) for visit, number, _ in seen.iter_rows()]
    counts = seen["len"].to_list()
    size = {"n": own["USUBJID"].n_unique(), "observations": own.height}
    base, value = own["base"].to_numpy(), own["visit"].to_numpy()
    log = spec["transform"] == "log"
    reason = None
    if own.is_empty():
        reason = "no change from baseline at any planned visit"
    elif beyond(base) or beyond(value):
        reason = BEYOND
    elif log and min(base.min(), value.min()) < 1e-100:
        reason = NO_LOGARITHM
    if reason:
        return {**size, **missing(["structure", "fit_log", "log_likelihood"], reason)}, {}
    if log:
        base, value = np.log(base), np.log(value)
    visit = own["AVISIT"].to_physical().rank("dense").to_numpy().astype(np.int64) - 1
    mean_base = base[own["USUBJID"].is_first_distinct().to_numpy()].mean()
    cells = np.eye(len(names))
    design, contrasts = cells[visit], cells
    if np.ptp(base) > 0 and own["USUBJID"].n_unique() > 2:
        design = np.column_stack([design, base - mean_base])
        contrasts = np.column_stack([cells, np.zeros(len(names))])
    data = mixed_model.Data(
        outcome=value - base,
        design=design,
        subject=own["USUBJID"].rank("dense").to_numpy().astype(np.int64) - 1,
        visit=visit,
        visits=len(names),
    )
    fit = mixed_model.fit(data, spec["covariance"])
    if isinstance(fit, list):
        reason = "; ".join(fit)
        nothing = missing(["structure", "log_likelihood"], reason)
        by_visit: dict[tuple[str, float], Statistics] = {
            name: {"n": n, **missing(_LS, "no model was fitted")}
            for name, n in zip(names, counts, strict=True)
        }
        return {**size, **nothing, "fit_log": reason}, by_visit
    by_visit = {
        name: {"n": n, **_least_squares_mean(fit.estimate(contrast), spec)}
        for name, n, contrast in zip(names, counts, contrasts, strict=True)
    }
    summary: Statistics = {
        **size,
        "structure": fit.structure,
        "fit_log": "; ".join(fit.log),
        "log_likelihood": fit.log_likelihood,
    }
    return summary, by_visit


def _least_squares_mean(found: mixed_model.Estimate, spec: Mapping[str, Any]) -> Statistics:
    from scipy.special import stdtr, stdtrit

    value, se, df = found
    reach = float(stdtrit(df, (1 + spec["conf_level"]) / 2)) * se
    p = two_sided(float(stdtr(df, -abs(value / se))))
    mean, low, high = value, value - reach, value + reach
    if spec["transform"] == "log":
        mean, low, high = (float(end) for end in np.exp([mean, low, high]))
    return dict(zip(_LS, (mean, se, df, low, high, p), strict=True))


def _friedman(own: pl.DataFrame) -> Statistics:
    """Baseline and all visits, of the subjects who have them all."""
    names = ["friedman_q", "friedman_df", "friedman_p"]
    wide = own.pivot(on="AVISIT", index=["USUBJID", "base"], values="visit").drop("USUBJID")
    complete = wide.drop_nulls()
    counts = {"n_complete": complete.height, "n_left_out": wide.height - complete.height}
    if complete.height < 3 or complete.width < 3:
        reason = "needs three subjects with all visits, and two visits beside baseline"
        return {**counts, **missing(names, reason)}
    if complete.select(pl.all_horizontal(pl.nth(0) == pl.all()).all()).item():
        return {**counts, **missing(names, "no subject changes at all")}
    import pandas as pd
    from pingouin import friedman

    # pingouin takes no polars frame, and polars' own conversion needs pyarrow.
    found = friedman(pd.DataFrame(complete.to_dict(as_series=False))).iloc[0]
    values = (float(found["Q"]), float(found["ddof1"]), floored(float(found["p_unc"])))
    return {**counts, **dict(zip(names, values, strict=True))}
