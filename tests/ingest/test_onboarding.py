"""docs/onboarding.md followed literally: its feeds, checked on the workbook it is written about."""

import re
import resource
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.plan.config import check_feed

CHECK_SECONDS = 2.0


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/onboarding.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def blocks(page: str) -> list[str]:
    """The YAML blocks of the page, in its order."""
    return re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def check(root: Path, shared_data: Path, tmp_path: Path):  # type: ignore[no-untyped-def]
    """`remit check` of the workbook in a process of its own: its CPU seconds and what it prints."""

    def checked(feeds: dict[str, Any], feed: str) -> tuple[float, str]:
        config = tmp_path / "config.yaml"
        plan = {"study": {"id": "BP"}, "feeds": feeds}
        config.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
        file = shared_data / "messy_excel" / "messy_bp.xlsx"
        command = ["-m", "remit", "check", str(file), "--feed", feed, "--study", str(root)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, *command, "--configfile", str(config)],
            env={"PYTHONPATH": f"{root / 'workflow'}:{root}", "PATH": ""},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stdout + done.stderr
        seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return seconds, done.stdout

    return checked


def step(block: str) -> dict[str, Any]:
    """A block, which may be an indented part of the config."""
    return yaml.safe_load(textwrap.dedent(block))


def counts(told: str) -> dict[str, int]:
    return {fate: int(n) for fate, n in re.findall(r"^  (\w+) +(\d+)$", told, re.MULTILINE)}


def test_the_page_leads_from_the_first_look_to_a_feed_without_findings(  # type: ignore[no-untyped-def]
    page: str, blocks: list[str], check
) -> None:
    first, columns, codes, visits = map(step, blocks)

    feeds = first["feeds"]
    seconds, told = check(feeds, "bp_people")
    printed = re.search(r"^\$ remit check .*\n((?:.+\n)+)```", page, re.MULTILINE)
    assert printed
    for line in printed[1].splitlines():
        assert line.removesuffix(", …") in told
    assert seconds < CHECK_SECONDS, "the first look takes less than two seconds of CPU"

    feeds["bp_people"] |= columns
    _, told = check(feeds, "bp_people")
    printed = re.search(r"now says\n\n```\n(.*?)```", page, re.DOTALL)
    assert printed
    assert all(line in told.splitlines() for line in printed[1].splitlines())

    feeds["bp_people"] |= codes
    _, told = check(feeds, "bp_people")
    assert counts(told) == {"accepted": 20, "quarantined": 0, "unmapped": 0}

    feeds |= visits
    _, told = check(feeds, "bp_visits")
    assert counts(told) == {"accepted": 60, "quarantined": 0, "unmapped": 0}


def test_every_example_of_the_page_is_a_feed_the_config_allows(blocks: list[str]) -> None:
    first, columns, codes, visits = map(step, blocks)
    check_feed("bp_people", first["feeds"]["bp_people"] | columns | codes)
    for name, feed in visits.items():
        check_feed(name, feed)
