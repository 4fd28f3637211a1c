"""Adjust p-values within a declared family."""

from collections.abc import Sequence

import numpy as np


def adjust(p: Sequence[float | None], method: str) -> list[float | None]:
    """Adjusted p-values in the order given; a missing p neither counts nor is adjusted.

    Args:
        p: Raw p-values of one family.
        method: `none`, `holm` (Holm 1979) or `bh` (Benjamini & Hochberg 1995).
    """
    given = [value for value in p if value is not None]
    if method == "none" or not given:
        return list(p)
    from pingouin import multicomp

    adjusted = iter(np.asarray(multicomp(given, method=method)[1]).tolist())
    return [None if value is None else next(adjusted) for value in p]
