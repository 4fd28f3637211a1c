"""Every statistic is catalogued and explained."""

import re
from pathlib import Path

from remit.schemas.catalogue import CATALOGUE, KEYS, TABLES


def test_the_documentation_explains_every_statistic_and_no_other(root: Path):
    text = (root / "docs" / "statistics.md").read_text(encoding="utf-8")
    section = text.partition("## Every number")[2].partition("\n## ")[0]
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", section, re.M))))
    assert explained == set(CATALOGUE)


def test_a_statistic_belongs_to_known_tables():
    assert {table for entry in CATALOGUE.values() for table in entry.tables} == set(TABLES)
    assert {key for keys in TABLES.values() for key in keys} <= set(KEYS)
