"""A small plan and study, and R's outputs for published paired data."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.shipped import categories_of

PLAN: dict[str, Any] = {
    "population": "EFFFL",
    "safety_population": "SAFFL",
    "visits": ["Month 1", "Month 2"],
    "parameters": {"UPCR": {"test": "wilcoxon"}},
    "wilcoxon": "exact",
    "zeros": "wilcox",
    "censored": "bound",
    "normality_alpha": 0.05,
    "multiplicity": "none",
    "family": "parameter",
    "conf_level": 0.95,
    "quantile_type": 7,
    "proportions": "clopper_pearson",
    "adverse_events": {
        "after_last_dose_days": 56,
        "special_interest": [{"name": "tumour", "terms": ["Neoplasm malignant"]}],
    },
    "covariance": ["unstructured", "autoregressive", "compound_symmetry"],
    "primary": "UPCR",
    "negative_control": None,
    "sensitivity": {
        "window": ["first", "last", "mean"],
        "censored": ["bound", "half", "zero"],
        "test": ["paired_t", "log_t", "wilcoxon_exact", "wilcoxon_asymptotic"],
        "zeros": ["wilcox", "pratt"],
    },
    "categories": categories_of("cn19", "mperr"),
    "collected": ["ae", "ex"],
    "dosing": {"single": True, "per_kg": True},
}


@pytest.fixture
def plan() -> dict[str, Any]:
    return {**PLAN}


@pytest.fixture
def parameters() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "PARAMCD": ["UPCR", "ALB"],
            "PARAM": ["Protein/creatinine ratio", "Albumin"],
            "unit": ["g/g", "g/L"],
            "decimals": [2, 1],
        }
    )


@pytest.fixture
def visits_of() -> Callable[..., pl.DataFrame]:
    """BDS rows from (subject, visit, base, value) with the operators of censored results."""

    def make(*rows: tuple[Any, ...], code: str = "UPCR") -> pl.DataFrame:
        frame = pl.DataFrame(
            [(*row, None, None)[:6] for row in rows],
            schema={
                "USUBJID": pl.String,
                "AVISIT": pl.String,
                "BASE": pl.Float64,
                "AVAL": pl.Float64,
                "BASEOPER": pl.String,
                "AVALOPER": pl.String,
            },
            orient="row",
        )
        return frame.with_columns(
            PARAMCD=pl.lit(code),
            AVISITN=pl.col("AVISIT").str.extract(r"(\d+)").cast(pl.Float64),
            ANL01FL=pl.lit("Y"),
            ABLFL=pl.lit(None, pl.String),
            DTYPE=pl.lit(None, pl.String),
            ANRIND=pl.lit(None, pl.String),
            BNRIND=pl.lit(None, pl.String),
            ADT=pl.date(2020, 7, 1),
            ADTM=pl.lit(None, pl.Datetime),
            ADY=pl.lit(29, pl.Int64),
            ROWID=pl.col("USUBJID"),
        )

    return make


@pytest.fixture
def subjects_of() -> Callable[[str], pl.DataFrame]:
    """ADSL rows, one per letter, all in both populations."""

    def make(names: str) -> pl.DataFrame:
        return pl.DataFrame({"USUBJID": list(names)}).with_columns(
            EFFFL=pl.lit("Y"), SAFFL=pl.lit("Y")
        )

    return make


@pytest.fixture(scope="session")
def paired_reference(shared_data: Path) -> Mapping[str, Any]:
    """27 published before/after data sets with what R 4.2.2, coin and exactRankTests say."""
    path = shared_data / "statistics" / "paired_reference_R.json"
    cases: Mapping[str, Any] = json.loads(path.read_text())["cases"]
    return cases


@pytest.fixture(scope="session")
def other_reference(shared_data: Path) -> Mapping[str, Any]:
    """Proportions, adjusted p-values and Friedman's test from R 4.2.2."""
    path = shared_data / "statistics" / "proportion_and_other_reference_R.json"
    found: Mapping[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="session")
def decimals_of() -> Callable[[list[float]], int]:
    """The decimals to which values are reported."""

    def find(values: list[float]) -> int:
        return max(len(repr(float(value)).partition(".")[2].rstrip("0")) for value in values)

    return find
