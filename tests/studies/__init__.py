"""Whole studies: raw exports, a config, and numbers that were counted without Remit.

A folder here is a study: `config.yaml`, what it keeps in `resources/`, and `exports.py`, whose
`write(folder)` makes its extracts.
"""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

from remit import roots
from tests.faults.minimal import minimal_study
from tests.workflow.study import Study

HERE = Path(__file__).parent
LUPUS = "lupus"
#: What each study has of that which not every study has. No report speaks of anything else.
HAS = {
    LUPUS: {"lupus", "kidneys", "steroids", "infusions", "flares", "remission", "adverse events"},
    "diabetic_kidney": {"kidneys"},
    # Its adverse events have classes such as renal disorders.
    "cdisc_pilot": {"adverse events", "kidneys"},
    "rheumatoid_arthritis": {"remission", "adverse events"},
    "redcap_project": {"adverse events"},
    "fhir": {"infusions", "adverse events"},
}


def new(name: str, folder: Path) -> Study:
    """A study before its first run, in a folder of its own. Lupus is the demo in its small form."""
    if name == LUPUS:
        return minimal_study(folder)
    shutil.copytree(
        HERE / name,
        folder,
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
        dirs_exist_ok=True,
    )
    (folder / "Snakefile").write_text(roots.SNAKEFILE, encoding="utf-8")
    import_module(f"tests.studies.{name}.exports").write(folder / "extracts")
    return Study(folder)
