"""Statistics: what the analysis data sets say, as analysis results data.

`analyse` runs the whole plan; each table has a module and a function of its own name, and `wide` makes
of the long rows the table that people read.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.statistics.ard import wide
from remit.statistics.baseline import baseline
from remit.statistics.exposure import exposure
from remit.statistics.longitudinal import longitudinal
from remit.statistics.paired import paired
from remit.statistics.regression_to_mean import regression_to_mean
from remit.statistics.response import response, response_trend
from remit.statistics.safety import safety
from remit.statistics.sensitivity import sensitivity
from remit.statistics.shift import shift
from remit.statistics.time_to_event import time_to_event

__all__ = [
    "analyse",
    "baseline",
    "exposure",
    "longitudinal",
    "paired",
    "regression_to_mean",
    "response",
    "response_trend",
    "safety",
    "sensitivity",
    "shift",
    "time_to_event",
    "wide",
]


def analyse(
    analysis: Mapping[str, pl.DataFrame], parameters: pl.DataFrame, spec: Mapping[str, Any]
) -> pl.DataFrame:
    """Every statistic of the plan as one long frame.

    Args:
        analysis: The data sets subjects visits responses events adverse_events exposure.
        parameters: PARAMCD PARAM unit decimals.
        spec: Config section `statistics`, with `categories` of each definition, the domains `collected`, and
            `dosing` (`config.dosing`).

    Returns:
        Rows of `ard.COLUMNS`.
    """
    subjects, visits, collected = analysis["subjects"], analysis["visits"], spec["collected"]
    of_visits = (paired, shift, longitudinal, sensitivity, regression_to_mean)
    compared = bool(spec["parameters"])
    return pl.concat(
        [
            baseline(subjects, visits, parameters, spec),
            *(table(visits, subjects, parameters, spec) for table in of_visits if compared),
            response(analysis["responses"], subjects, spec),
            response_trend(analysis["responses"], subjects, spec),
            time_to_event(analysis["events"], spec),
            exposure(analysis["exposure"], subjects, spec),
            *([safety(analysis["adverse_events"], subjects, spec)] if "ae" in collected else []),
        ]
    )
