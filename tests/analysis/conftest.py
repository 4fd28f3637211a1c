"""Small literal frames that the tests of the analysis stage share."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.analysis.records import RECORD

Row = dict[str, Any]


@pytest.fixture(scope="session")
def analytes() -> pl.DataFrame:
    rows = [
        ("UPCR", "Urine protein/creatinine ratio", "g/g{creat}", 3, "down"),
        ("ALB", "Albumin", "g/L", 1, "up"),
        ("SCR", "Creatinine", "umol/L", 1, "down"),
        ("EGFR", "eGFR", "mL/min/{1.73_m2}", 1, "up"),
        ("SLEDAI", "SLEDAI-2K", "{score}", 0, "down"),
        ("CSLEDAI", "Clinical SLEDAI-2K", "{score}", 0, "down"),
        ("RSLEDAI", "Renal SLEDAI-2K", "{score}", 0, "down"),
        ("SLEDAIMO", "SLEDAI-2K, major organs", "{score}", 0, "down"),
        ("SLEDAIN", "SLEDAI-2K, new features", "{count}", 0, "down"),
        ("BILAGNA", "BILAG-2004, new grades A", "{count}", 0, "down"),
        ("BILAGNB", "BILAG-2004, new grades B", "{count}", 0, "down"),
        ("PREDDOSE", "Prednisone-equivalent dose", "mg/d", 2, "down"),
        ("ANA", "Antinuclear antibody", "{titer}", 0, "down"),
        ("DSDNA", "Anti-dsDNA", "[IU]/mL", 1, "down"),
        ("PGA", "Physician global assessment", "{score}", 1, "down"),
        ("URBC", "Urine red cells", "/[HPF]", 0, "down"),
        ("UACANTH", "Urine acanthocytes", "/[HPF]", 0, "down"),
        ("URBCCAST", "Urine red cell casts", "/[LPF]", 0, "down"),
        ("UWBCCAST", "Urine white cell casts", "/[LPF]", 0, "down"),
        ("UP24", "24-hour urine protein", "g/(24.h)", 3, "down"),
        ("UPCR24", "Urine protein/creatinine ratio, 24 h", "g/g{creat}", 3, "down"),
        ("UPBEST", "Proteinuria by each subject's best method", "g/g{creat}", 3, "down"),
        ("UPROT", "Urine protein", "g/L", 3, "down"),
        ("UCREAT", "Urine creatinine", "mmol/L", 2, None),
        ("UVOL", "24-hour urine volume", "mL", 0, None),
        ("DSDNAULN", "Anti-dsDNA, multiples of ULN", "1", 3, "down"),
    ]
    names = ["PARAMCD", "PARAM", "unit", "decimals", "better"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.fixture(scope="session")
def records() -> Callable[[Iterable[Row]], pl.DataFrame]:
    """Records from rows that name only what matters to the test."""

    def build(rows: Iterable[Row]) -> pl.DataFrame:
        full = []
        for k, row in enumerate(rows):
            base: Row = dict.fromkeys(RECORD)
            base |= {"USUBJID": "01", "PARAMCD": "UPCR", "ROWID": f"r{k:03}", "SRCLINE": k + 2}
            full.append(base | row)
        frame = pl.DataFrame(full, schema_overrides={"ADT": pl.String}, infer_schema_length=None)
        if frame.schema["ADT"] == pl.String:
            frame = frame.with_columns(pl.col("ADT").str.to_date("%Y-%m-%d"))
        return frame.select(pl.col(name).cast(kind) for name, kind in RECORD.items())

    return build


@pytest.fixture(scope="session")
def one_subject() -> pl.DataFrame:
    """Subject 01, first dose on 1 January 2021: study day k is k January, then 32 is 1 February."""
    return pl.DataFrame(
        {"STUDYID": ["S"], "USUBJID": ["01"], "TRTSDT": ["2021-01-01"], "TRTEDT": ["2021-02-20"]}
    ).with_columns(pl.col("TRTSDT", "TRTEDT").str.to_date("%Y-%m-%d"))


@pytest.fixture
def visits_spec() -> dict[str, Any]:
    """Visits every 28 days from month 1 to 10."""
    return {
        "baseline": {"name": "Baseline", "number": 0, "rule": "last", "look_back": 90},
        "windows": {
            "generate": {"name": "Month {k}", "every": 28, "unit": "days", "first": 1, "last": 10}
        },
        "choose": "closest",
        "tie": "earlier",
        "ends": [{"name": "End of follow-up", "number": 99, "dtype": "LOV"}],
    }


@pytest.fixture(scope="session")
def definitions(root: Path) -> dict[str, Any]:
    """The definitions that ship, by id."""
    files = (root / "resources" / "packs" / "lupus" / "definitions").glob("*.yaml")
    return {f.stem: yaml.safe_load(f.read_text(encoding="utf-8")) for f in files}
