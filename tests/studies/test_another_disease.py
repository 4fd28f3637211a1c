"""docs/another-disease.md, followed to the letter up to the study that is run here."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import studies
from tests.commands.test_first_hour import follows
from tests.studies.conftest import Finished
from tests.studies.diabetic_kidney import exports

NAME = "diabetic_kidney"


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/another-disease.md").read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.M | re.S)


def answer(command: str, folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_what_init_proposes_and_the_page_corrects_is_the_study(page: str, tmp_path: Path) -> None:
    exports.write(tmp_path / "all")
    for path in (tmp_path / "all").glob("*/*"):
        path.rename(tmp_path / path.name)
    command, *said = blocks(page, "console")[0].splitlines()
    assert follows(answer(command.removeprefix("$ "), tmp_path), said)
    config = (tmp_path / "study/config.yaml").read_text(encoding="utf-8")
    for correction in blocks(page, "diff"):
        for line in correction.splitlines():
            sign, text = line[0], f"{line[1:]}\n"
            if sign == "-":
                assert config.count(text) == 1, text
                config = config.replace(text, "\0" if "\0" not in config else "")
        new = "".join(f"{line[1:]}\n" for line in correction.splitlines() if line[0] == "+")
        config = config.replace("\0", new)
    (plan,) = blocks(page, "yaml")
    proposed, _, _ = config.partition("# The plan, to be filled in")
    text = (studies.HERE / NAME / "config.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(proposed + plan) == yaml.safe_load(text)


def test_the_study_stands_as_the_page_says(page: str, finished_study: Finished) -> None:
    command, *said = blocks(page, "console")[1].splitlines()
    assert follows(answer(command.removeprefix("$ "), finished_study(NAME).folder), said)
