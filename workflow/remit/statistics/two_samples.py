"""The card of a paired comparison for any two samples, as a notebook asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from remit.errors import RemitError
from remit.statistics.ard import Noted
from remit.statistics.card import Pairs, card


def paired(
    before: Sequence[float | None] | pl.Series,
    after: Sequence[float | None] | pl.Series,
    *,
    test: Literal["paired_t", "wilcoxon"] = "wilcoxon",
    transform: Literal["none", "log"] = "none",
    conf_level: float = 0.95,
) -> pl.DataFrame:
    """Every statistic of the change from `before` to `after`, as the report's paired table has them.

    >>> import remit
    >>> card = remit.paired([5.1, 3.2, 4.4, 6.0], [2.0, 2.9, 4.5, 3.1])
    >>> card.filter(statistic="mean_change")["value"].round(2).item()
    -1.55
    >>> card.filter(statistic="p_wilcoxon_exact")["value"].item()
    0.25

    Args:
        before: values of one parameter in one unit, one a subject.
        after: the same subjects' later values, in the same order. A pair with a gap is left out and
            counted.
        test: the declared test.
        transform: `log` tests ratios.
        conf_level: level of the intervals.

    Returns:
        statistic value text warning error, one row a statistic (`docs/statistics.md` explains each).

    Raises:
        RemitError: the samples differ in length.
    """
    first, second = (
        pl.Series(values, dtype=pl.Float64, strict=False) for values in (before, after)
    )
    if first.len() != second.len():
        raise RemitError(
            f"{first.len()} values before and {second.len()} after: pairs are told by their places, "
            "so give a null where a subject has no value"
        )
    known = first.is_not_null() & second.is_not_null()
    pairs = Pairs(
        first.filter(known).to_numpy(),
        second.filter(known).to_numpy(),
        n_eligible=first.len(),
        n_no_visit=int(second.is_null().sum()),
        n_no_baseline=int((first.is_null() & second.is_not_null()).sum()),
    )
    spec = {
        "conf_level": conf_level,
        "quantile_type": 7,
        "zeros": "wilcox",
        "wilcoxon": "exact",
        "normality_alpha": 0.05,
    }
    found = card(pairs, {"test": test, "transform": transform}, spec)
    rows = []
    for name, given in found.items():
        value, warning, error = given if isinstance(given, Noted) else Noted(given)
        text = value if isinstance(value, str) else None
        number = None if text is not None or value is None or np.isnan(value) else float(value)
        rows.append((name, number, text, warning, error))
    kinds = {"statistic": pl.String, "value": pl.Float64}
    return pl.DataFrame(
        rows, kinds | dict.fromkeys(("text", "warning", "error"), pl.String), orient="row"
    )
