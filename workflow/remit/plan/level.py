"""The level of significance that a plan implies."""

from collections.abc import Mapping
from typing import Any


def significance(plan: Mapping[str, Any]) -> float:
    """Below which p a change is called different from none: what `conf_level` leaves.

    Args:
        plan: Config section `statistics`.
    """
    return round(1 - plan["conf_level"], 10)  # without the noise of 1 - 0.95
