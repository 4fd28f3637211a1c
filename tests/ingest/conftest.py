"""A laboratory feed in one call."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.ingest import Ingested, SourceFile, dictionaries, ingest
from remit.ingest.dictionaries import Dictionaries

KEY = bytes(range(32))
LAB = {
    "domain": "lb",
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "columns": {
        "SUBJID": "MRN",
        "LBTEST": "Test",
        "LBORRES": "Result",
        "LBORRESU": "Unit",
        "LBDTC": "Collected",
    },
}
Run = Callable[..., Ingested]


@pytest.fixture(scope="session")
def known(root: Path) -> Dictionaries:
    """The dictionaries of the repository."""
    return dictionaries.load()


@pytest.fixture
def run(tmp_path: Path, known: Dictionaries) -> Run:
    """Ingest one file: its content, and what differs from a plain laboratory feed."""

    def ingested(
        content: str | bytes,
        name: str = "export.csv",
        cutoff: date | None = None,
        dictionaries: Dictionaries = known,
        decisions: pl.DataFrame | None = None,
        **feed: Any,
    ) -> Ingested:
        path = tmp_path / "source"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        file = SourceFile(name, path)
        spec = {**LAB, **feed}
        return ingest([file], "west", "first", spec, dictionaries, KEY, "STUDY", cutoff, decisions)

    return ingested


def lab(*rows: str) -> str:
    """A CSV of the plain laboratory feed: MRN, Test, Result, Unit, Collected."""
    return "\n".join(["MRN,Test,Result,Unit,Collected", *rows]) + "\n"
