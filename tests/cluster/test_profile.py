"""The Slurm profile against the workflow and the default profile; needs no cluster."""

import re
from pathlib import Path

import yaml

from tests.cluster import slurm


def profile(root: Path, name: str) -> dict[str, object]:
    return yaml.safe_load((root / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))


def rules(root: Path, *stages: str) -> set[str]:
    text = "".join((root / f"workflow/rules/{stage}.smk").read_text() for stage in stages)
    return set(re.findall(r"^ *rule (\w+):", text, re.MULTILINE))


def test_a_cluster_run_keeps_what_the_default_profile_sets_but_locks(root: Path) -> None:
    kept = profile(root, "default")
    del kept["nolock"]
    assert kept.items() <= profile(root, "slurm").items()


def test_every_figure_and_every_page_shares_an_allocation(root: Path) -> None:
    groups = profile(root, "slurm")["groups"]
    assert {rule for rule, group in groups.items() if group == "figures"} | {"javascript"} == rules(
        root, "figures"
    )
    assert {rule for rule, group in groups.items() if group == "report"} == rules(
        root, "tables", "report"
    )


def test_the_profile_gives_time_only_to_rules_that_exist(root: Path) -> None:
    named = set(profile(root, "slurm")["set-resources"])
    assert named <= rules(root, "ingest", "harmonize", "analysis", "statistics")


def test_the_test_cluster_has_the_account_and_partition_of_the_profile(root: Path) -> None:
    asked = profile(root, "slurm")["default-resources"]
    assert (asked["slurm_account"], asked["slurm_partition"]) == (slurm.ACCOUNT, slurm.PARTITION)
