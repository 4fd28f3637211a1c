"""The response definitions that Remit ships, and what they own, for tests of any folder."""

from typing import Any

import yaml

from remit.plan.categories import Category, categories
from tests.conftest import ROOT

FOLDER = ROOT / "resources" / "definitions"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def definition(name: str) -> dict[str, Any]:
    """The content of a shipped definition's file."""
    read: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


def categories_of(*names: str) -> dict[str, list[Category]]:
    """The categories of shipped definitions, by their ids."""
    return {name: categories(definition(name)) for name in names}
