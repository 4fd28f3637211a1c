"""Describe one sample: mean, standard deviation, quantiles."""

from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Hyndman & Fan 1996: 7 is R's and numpy's default, 6 is SPSS's and Minitab's.
_QUANTILE = {6: "weibull", 7: "linear"}


def mean(values: Floats) -> float | None:
    """Arithmetic mean, its sum exactly rounded: neither order nor sign of the values matters."""
    return fsum(values.tolist()) / values.size if values.size else None


def moments(values: Floats) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n - 1), in two passes with exactly rounded sums."""
    centre = mean(values)
    if centre is None or values.size < 2:
        return centre, None
    deviations = values - centre
    squares = fsum((deviations**2).tolist()) - fsum(deviations.tolist()) ** 2 / values.size
    return centre, sqrt(max(squares, 0.0) / (values.size - 1))


def quantiles(values: Floats, shares: list[float], quantile_type: int) -> list[float | None]:
    """Sample quantiles by Hyndman and Fan's type 6 or 7."""
    if not values.size:
        return [None] * len(shares)
    method = _QUANTILE[quantile_type]
    found: list[float | None] = np.quantile(values, shares, method=method).tolist()  # type: ignore[call-overload]
    return found


def describe(values: Floats, quantile_type: int) -> dict[str, float | int | None]:
    """n, mean, sd, median, quartiles and range."""
    low, q1, median, q3, high = quantiles(values, [0, 0.25, 0.5, 0.75, 1], quantile_type)
    centre, spread = moments(values)
    return {
        "n": values.size,
        "mean": centre,
        "sd": spread,
        "median": median,
        "q1": q1,
        "q3": q3,
        "min": low,
        "max": high,
    }
