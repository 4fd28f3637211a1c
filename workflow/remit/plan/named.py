"""Which parameters a plan uses, itself or through what is derived from them.

Pure Python, so that it is worked out where the plan is checked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from remit.plan import resources
from remit.plan.composites import components
from remit.plan.packs import words

#: Sections that name things of the source, not of the analysis; and `categories`, codes of responses.
PASSED_OVER = ("study", "feeds", "packs", "categories", "collected")


def parameters(
    plan: Mapping[str, Any],
    read: Set[str],
    known: Collection[str],
    folders: Sequence[Path] | None = None,
) -> list[str]:
    """Every parameter, and item of a questionnaire, that something of the plan looks at, sorted.

    Args:
        plan: The filled plan.
        read: What its response definitions read.
        known: All parameters.
        folders: Where the dictionaries lie (`resources.rows`).
    """
    said = {*words({key: value for key, value in plan.items() if key not in PASSED_OVER})}
    graded = {row.cells["PARAMCD"] for row in resources.rows("ctcae", folders)}
    used = (said | read | graded) & {*known}
    if plan["derivations"]["egfr"] and "EGFR" in used:
        used.add("SCR")
    formulas = {
        row.cells["PARAMCD"]: row.cells["formula"] for row in resources.rows("composites", folders)
    }
    waiting = list(used)
    while waiting:
        found = {*components(formulas.get(waiting.pop(), ""))} - used
        used |= found
        waiting += found
    return sorted(used | _items(used, folders))


def _items(used: Set[str], folders: Sequence[Path] | None) -> set[str]:
    """Items and totals of the questionnaires of which a score is used."""
    scores = [
        row.cells for row in resources.rows("scores", folders) if row.cells["PARAMCD"] in used
    ]
    asked = {score["questionnaire"] for score in scores}
    return {
        row.cells["QSTESTCD"]
        for row in resources.rows("questionnaires", folders)
        if row.cells["questionnaire"] in asked
    }
