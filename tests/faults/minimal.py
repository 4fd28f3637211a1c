"""A study small enough to be run hundreds of times: three months of the demo, two parameters."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from tests.workflow.study import Study, new_study

EXTRACTS = "resources/demo/extracts"
#: A dictionary of the study's own, which begins without a row.
UNITS = "resources/units.csv"
NO_UNITS = "spelling,ucum,source\n"
KEPT = {
    "registry": "*",
    "infusions": "*",
    "lab_west": "west 2020-0[67].csv",
    "lab_east": "*07月.csv",
    "sledai": "*",
    "medication": "*",
    "events": "*",
}
PARAMETERS = ["UPCR", "SLEDAI"]


def minimal_study(folder: Path, feeds: Collection[str] = KEPT.keys()) -> Study:
    """The minimal study, not yet run; what comes after the harmonized tables needs all its feeds."""
    study = new_study(folder)
    (study / UNITS).write_text(NO_UNITS, encoding="utf-8")
    for feed in (study / EXTRACTS).iterdir():
        wanted = set(feed.glob(KEPT[feed.name])) if feed.name in feeds else set()
        for delivery in set(feed.iterdir()) - wanted:
            shutil.rmtree(delivery) if delivery.is_dir() else delivery.unlink()
        if not wanted:
            feed.rmdir()
    path = study / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(
        yaml.safe_dump(_small(config, feeds), allow_unicode=True, sort_keys=False), "utf-8"
    )
    return study


def finished_study(folder: Path) -> Study:
    """The minimal study after one run; the one that is in `folder`, if any."""
    folder = folder.resolve()
    if (folder / "results/report/report.html").is_file():
        return Study(folder)
    study = minimal_study(folder)
    study.run()
    return study


def _small(config: dict[str, Any], feeds: Collection[str]) -> dict[str, Any]:
    config["feeds"] = {name: config["feeds"][name] for name in feeds}
    without_absent(config, {feed["domain"] for feed in config["feeds"].values()})
    statistics = config["statistics"]
    statistics["visits"] = ["Month 1", "End of follow-up"]
    statistics["parameters"] = {code: statistics["parameters"][code] for code in PARAMETERS}
    statistics["negative_control"] = "SLEDAI"
    choices = {"window": [], "censored": ["bound"], "test": ["paired_t"], "zeros": ["wilcox"]}
    statistics["sensitivity"] = choices
    for block in config["figures"].values():
        if "parameters" in block:
            block["parameters"] = PARAMETERS
        if "visit" in block:
            block["visit"] = "Month 1"
    config["tables"]["parameters"] = PARAMETERS
    config["report"] |= {"parameters": PARAMETERS, "patients": False}
    return config


def without_absent(config: dict[str, Any], domains: set[str]) -> None:
    """Take out of the plan what needs a domain that no feed has."""
    needed = {
        "cm": [("responses", "rescue"), ("figures", "dose_lines"), ("derivations", "daily_doses")],
        "qs": [("figures", "score_parts")],
        "ae": [("figures", "adverse_event_dots"), ("adverse_events",)],
        "ex": [("exposure",)],
    }
    for domain in needed.keys() - domains:
        for *sections, key in needed[domain]:
            block = config
            for section in sections:
                block = block.get(section) or {}
            block.pop(key, None)
    if "ex" not in domains:
        config.setdefault("subjects", {})["treatment"] = {"start": "RFICDTC"}
