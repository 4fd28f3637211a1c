"""The cohort of `frames.py`, and every figure drawn from it."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from remit.figures.adverse_event_dots import adverse_event_dots
from remit.figures.before_after import before_after
from remit.figures.concordance import concordance
from remit.figures.dose_lines import dose_lines
from remit.figures.extract_changes import extract_changes
from remit.figures.figure import Figure
from remit.figures.missingness import missingness
from remit.figures.patient_lines import patient_lines
from remit.figures.response_bars import response_bars
from remit.figures.score_parts import score_parts
from remit.figures.specification_curve import specification_curve
from remit.figures.swimmer import swimmer
from remit.figures.time_to_response import time_to_response
from remit.figures.trajectories import trajectories
from remit.figures.waterfall import waterfall
from remit.words.labels import Labels, labels_in
from tests.figures import frames
from tests.shipped import categories_of

CATEGORIES = categories_of("cn19")
FIGURES = [
    *("adverse_event_dots", "before_after", "concordance", "extract_changes", "missingness"),
    *("patient_lines", "response_bars", "dose_lines", "score_parts", "specification_curve"),
    *("swimmer", "time_to_response", "trajectories", "waterfall"),
]


def say_in(root: Path, language: str) -> Labels:
    return labels_in(language)


@pytest.fixture(scope="session")
def say(root: Path) -> Labels:
    return say_in(root, "en")


@pytest.fixture(scope="session")
def cohort() -> dict[str, pl.DataFrame]:
    """Data sets, statistics and ledger by name."""
    return {**frames.statistics(), **frames.analysis(), "ledger": frames.ledger()}


Draw = Callable[..., Figure]


@pytest.fixture(scope="session")
def draw(say: Labels) -> Draw:
    """Draw a figure by its name from a cohort; options may be overridden."""

    def drawn(
        name: str, cohort: dict[str, pl.DataFrame], in_words: Labels = say, **options: object
    ) -> Figure:
        figure, inputs, spec = _FIGURES[name]
        common = {"width": 170, "note": frames.NOTE, "conf_level": 0.95, "per_kg": True}
        common |= {"categories": CATEGORIES}
        return figure(*(cohort[i] for i in inputs), {**common, **spec, **options}, in_words)

    return drawn


_THRESHOLDS = [{"value": 0.5, "label": "complete"}, {"value": 3.5, "label": "nephrotic"}]
_FIGURES: dict[str, tuple[Callable[..., Figure], list[str], dict[str, object]]] = {
    "trajectories": (
        trajectories,
        ["visits", "subjects", "paired"],
        {"parameters": ["UPCR", "ALB"], "statistic": "mean_se", "alpha": 0.05, "columns": 2},
    ),
    "patient_lines": (
        patient_lines,
        ["visits", "subjects"],
        {"parameter": "UPCR", "thresholds": _THRESHOLDS},
    ),
    "response_bars": (response_bars, ["responses", "subjects"], {"definition": "cn19"}),
    "swimmer": (
        swimmer,
        ["subjects", "exposure", "responses", "adverse_events", "events"],
        {"definition": "cn19", "flare": "TTFLARE", "month_days": 28},
    ),
    "waterfall": (
        waterfall,
        ["visits", "responses", "subjects"],
        {"parameter": "UPCR", "definition": "cn19", "lines": [-25, -50]},
    ),
    "before_after": (
        before_after,
        ["visits", "subjects", "paired"],
        {"parameters": ["UPCR", "ALB"], "visit": "Month 4", "columns": 2},
    ),
    "time_to_response": (
        time_to_response,
        ["time_to_event"],
        {"events": ["TTFR"], "month_days": 28},
    ),
    "dose_lines": (
        dose_lines,
        ["visits", "subjects"],
        {"parameter": "PREDDOSE", "targets": [5, 7.5]},
    ),
    "adverse_event_dots": (adverse_event_dots, ["safety"], {"least": 1}),
    "score_parts": (
        score_parts,
        ["visits", "subjects"],
        {"score": "SLEDAI", "parts": ["RSLEDAI", "SLEDAISE", "SLEDAIOT"]},
    ),
    "missingness": (
        missingness,
        ["visits", "responses", "subjects"],
        {"parameters": ["UPCR", "ALB"]},
    ),
    "concordance": (
        concordance,
        ["responses", "subjects"],
        {"definitions": ["cn19", "cn19"], "last_visit": "End of follow-up"},
    ),
    "specification_curve": (
        specification_curve,
        ["sensitivity"],
        {"parameter": "UPCR", "visits": ["Month 4", "End of follow-up"], "alpha": 0.05},
    ),
    "extract_changes": (extract_changes, ["ledger"], {}),
}
