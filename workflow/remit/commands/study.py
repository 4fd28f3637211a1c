"""Where a study keeps what the commands read: its config, its dictionaries, its results."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from remit import roots
from remit.errors import RemitError
from remit.plan import config, packs, resources
from remit.schemas.wide_tables import read_wide

ANALYSIS = (
    *(
        "subjects",
        "visits",
        "responses",
        "criteria",
        "events",
        "event_records",
        "adverse_events",
        "exposure",
    ),
)
DOMAINS = ("dm", "ex", "lb", "qs", "cm", "ae")


@dataclass(frozen=True)
class Study:
    """A study's folder and the config that was used in it."""

    folder: Path
    config: Path

    @classmethod
    def of(cls, arguments: Namespace) -> "Study":
        """The study that the command line names."""
        return cls(arguments.study, arguments.study / arguments.configfile)

    @cached_property
    def plan(self) -> dict[str, Any]:
        """The config, checked and filled."""
        return config.check(self.written, [str(self.config)], study=self.folder)

    @cached_property
    def written(self) -> dict[str, Any]:
        """The config as it is written; it may be half a config yet."""
        if not self.config.is_file():
            raise RemitError(
                f"there is no {self.config}. Run in the study's folder, or name it with --study."
            )
        config.look_over(str(self.config))
        found = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise RemitError(f"{self.config} holds no sections, such as `study:` and `feeds:`.")
        return found

    @cached_property
    def resources(self) -> list[Path]:
        """The folders of the dictionaries, Remit's, its packs' and the study's own."""
        return roots.resources(self.folder, packs.of(self.written, self.folder))

    @property
    def results(self) -> Path:
        """The folder of results."""
        return self.folder / "results"

    def result(self, path: str) -> pl.DataFrame:
        """One table below `results`, or its shards end to end."""
        found = self.results / path
        files = [found] if found.is_file() else sorted(found.with_suffix("").glob("*.parquet"))
        if not files:
            raise RemitError(f"there is no {found}. Run the study first: snakemake --cores 4")
        return pl.read_parquet(files)

    def table(self, name: str) -> pl.DataFrame:
        """A wide table of the statistics, such as `paired` or `response`."""
        found = self.results / "statistics" / f"{name}.csv"
        if not found.is_file():
            raise RemitError(f"there is no {found}. Run the study first: snakemake --cores 4")
        return read_wide(found)

    def data(self) -> dict[str, pl.DataFrame]:
        """Analysis data sets and harmonized domains by name."""
        analysis = {name: self.result(f"analysis/{name}.parquet") for name in ANALYSIS}
        return analysis | {name: self.result(f"harmonized/{name}.parquet") for name in DOMAINS}

    def dictionaries(self) -> dict[str, pl.DataFrame]:
        """The dictionaries that derived records were made with."""
        return {
            name: pl.read_csv(resources.text(name, self.resources))
            for name in resources.DERIVED_WITH
        }


def read_study(folder: str | Path = ".", configfile: str = "config.yaml") -> Study:
    """A study that has run: its plan and its results as polars frames.

        study = remit.read_study("my study")
        study.table("response")                  # a wide table of the statistics
        study.result("analysis/visits.parquet")  # any table below `results`
        study.plan["study"]["title"]

    Raises:
        RemitError: the folder holds no configuration.
    """
    study = Study(Path(folder), Path(folder) / configfile)
    assert study.plan
    return study


def arguments(parser: ArgumentParser) -> None:
    """The options by which every command finds its study."""
    parser.add_argument("--study", type=Path, default=Path(), help="the study's folder")
    parser.add_argument("--configfile", default="config.yaml", help="its configuration")
