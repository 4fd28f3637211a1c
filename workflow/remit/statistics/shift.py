"""Who left, and who entered, the reference range: paired proportions."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import polars as pl

from remit.statistics.ard import Noted, Record, Statistics, rows
from remit.statistics.p_values import sign_test
from remit.statistics.paired import planned_records


def shift(
    visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Compare the share outside the reference range with that at baseline.

    Args:
        visits: BDS, see `paired`, and ANRIND BNRIND (LOW, NORMAL, HIGH).
        subjects: ADSL: USUBJID and the population's flag.
        parameters: PARAMCD PARAM.
        spec: Config section `statistics`.

    Returns:
        Rows of `ard.COLUMNS`; keys PARAMCD PARAM AVISIT AVISITN, for the comparisons in which a
        subject has a reference range at both times.
    """
    names = dict(parameters.select("PARAMCD", "PARAM").iter_rows())
    both = planned_records(visits, subjects, spec).drop_nulls(["ANRIND", "BNRIND"])
    counts = {
        (code, visit): rest
        for code, visit, *rest in both.group_by("PARAMCD", "AVISIT")
        .agg(
            pl.col("AVISITN").first(),
            pl.len(),
            (pl.col("BNRIND") != "NORMAL").sum().alias("base"),
            (pl.col("ANRIND") != "NORMAL").sum().alias("visit"),
            ((pl.col("BNRIND") != "NORMAL") & (pl.col("ANRIND") == "NORMAL")).sum().alias("left"),
        )
        .iter_rows()
    }
    records: list[Record] = []
    for code, visit in product(spec["parameters"], spec["visits"]):
        if (code, visit) not in counts:
            continue
        number, n, base, at_visit, left = counts[code, visit]
        entered = at_visit - base + left
        p = sign_test(left, entered)
        statistics: Statistics = {
            "n": n,
            "abnormal_base": base,
            "abnormal_visit": at_visit,
            "only_base": left,
            "only_visit": entered,
            "p_mcnemar": Noted(None, error="nobody crossed the range") if p is None else p,
        }
        keys = {"PARAMCD": code, "PARAM": names[code], "AVISIT": visit, "AVISITN": number}
        records.append((keys, statistics))
    return rows("shift", records, spec)
