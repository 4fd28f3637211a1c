"""A copy of the demo study in a folder of its own, run by Snakemake for real."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from remit import roots

ROOT = Path(__file__).parents[2]
#: What a checkout holds of the workflow, its dictionaries and definitions aside.
PARTS = ["Snakefile", "schemas", "scripts", "workflow"]
SNAKEMAKE = [sys.executable, "-m", "snakemake"]
#: Words before a command that leave it without any network; they need user namespaces.
NO_NETWORK = ["unshare", "--user", "--map-root-user", "--net"]
JOB = re.compile(r"^(?:local)?rule (\w+):", re.MULTILINE)


@dataclass(frozen=True)
class Study:
    """A folder with a Snakefile, a config, extracts and, once run, results."""

    folder: Path

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def snakemake(
        self, *arguments: str, before: Sequence[str] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in the study's folder, after the words `before`; never raises."""
        return subprocess.run(
            [*before, *SNAKEMAKE, "--cores", "2", *arguments],
            cwd=self.folder,
            env=os.environ | self.environment() | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """What makes a copied checkout run its own code and not that which is installed."""
        library = self.folder / "workflow"
        return {"PYTHONPATH": str(library)} if library.is_dir() else {}

    def run(self, *arguments: str, before: Sequence[str] = ()) -> str:
        """Run the study and return what Snakemake printed; the run must succeed."""
        done = self.snakemake(*arguments, before=before)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def planned(self, **environment: str) -> Counter[str]:
        """How many jobs of each rule a dry run plans, `all` aside."""
        done = self.snakemake("--dry-run", **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return Counter(JOB.findall(done.stdout + done.stderr)) - Counter({"all": 1})

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old` in a text file."""
        text = (self / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        (self / path).write_text(text.replace(old, new), encoding="utf-8")

    def configure(self, **changes: Any) -> None:
        """Set keys of the configuration by dotted path (`__` for the dot)."""
        path = self / "config.yaml"
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, value in changes.items():
            *sections, last = key.split("__")
            block = config
            for section in sections:
                block = block[section]
            block[last] = value
        path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), "utf-8")

    def copy(self, folder: Path) -> Study:
        """The same study, results and Snakemake's memory included, with all times kept."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, symlinks=True)
        return Study(folder)


def new_study(folder: Path) -> Study:
    """The demo as a study beside the code: its config and extracts, and a Snakefile of two lines."""
    _copy(["config.yaml", "profiles", "resources/demo"], folder)
    (folder / "Snakefile").write_text(roots.SNAKEFILE, encoding="utf-8")
    return Study(folder)


def with_code(study: Study) -> Study:
    """The study in a copy of the whole checkout, for a test that changes the code."""
    dictionaries = [str(path.relative_to(ROOT)) for path in (ROOT / "resources").glob("*.csv")]
    (study / "Snakefile").unlink(missing_ok=True)
    _copy([*PARTS, *dictionaries, "resources/packs"], study.folder)
    return study


def _copy(parts: Sequence[str], folder: Path) -> None:
    for part in parts:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, symlinks=True)
        else:
            shutil.copy2(ROOT / part, folder / part)


@cache
def without_network() -> list[str]:
    """NO_NETWORK where this system allows it, else nothing."""
    try:
        tried = subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return [] if tried.returncode else NO_NETWORK
