"""The Slurm profile against the workflow and the default profile; needs no cluster."""

import re
from pathlib import Path

import yaml

from tests.cluster import slurm


def profile(root: Path, name: str) -> dict[str, object]:
    return yaml.safe_load((root / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))


def test_a_cluster_run_keeps_what_the_default_profile_sets(root: Path) -> None:
    assert profile(root, "default").items() <= profile(root, "slurm").items()


def test_the_profile_names_only_rules_that_exist(root: Path) -> None:
    rules = re.findall(
        r"^rule (\w+):",
        "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk")),
        re.MULTILINE,
    )
    named = profile(root, "slurm")
    assert {*named["set-resources"], *named["groups"]} <= set(rules)


def test_the_test_cluster_has_the_account_and_partition_of_the_profile(root: Path) -> None:
    asked = profile(root, "slurm")["default-resources"]
    assert (asked["slurm_account"], asked["slurm_partition"]) == (slurm.ACCOUNT, slurm.PARTITION)
