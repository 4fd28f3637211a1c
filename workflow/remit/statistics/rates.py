"""Event rates per person-time."""


def poisson_interval(events: int, time: float, conf_level: float) -> tuple[float, float] | None:
    """Exact interval of events / time (Garwood 1936); null without person-time."""
    if time <= 0:
        return None
    from scipy.special import chdtri

    tail = (1 - conf_level) / 2
    low = float(chdtri(2 * events, 1 - tail)) / 2 / time if events else 0.0
    return low, float(chdtri(2 * events + 2, tail)) / 2 / time
