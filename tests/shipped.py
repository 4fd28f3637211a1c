"""The response definitions that Remit ships, and what they own, for tests of any folder."""

from typing import Any

import yaml

from remit.plan.categories import Category, categories
from tests.conftest import ROOT

FILES = {path.stem: path for path in (ROOT / "resources/packs").glob("*/definitions/*.yaml")}
NAMES = sorted(FILES)


def definition(name: str) -> dict[str, Any]:
    """The content of a shipped definition's file."""
    read: dict[str, Any] = yaml.safe_load(FILES[name].read_text(encoding="utf-8"))
    return read


def categories_of(*names: str) -> dict[str, list[Category]]:
    """The categories of shipped definitions, by their ids."""
    return {name: categories(definition(name)) for name in names}
