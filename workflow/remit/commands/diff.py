"""`remit diff`: what changed between two folders of results."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import polars as pl

from remit.errors import RemitError
from remit.report.diff import differences

PLACES = {
    **{n: f"analysis/{n}.parquet" for n in ("subjects", "visits", "responses", "events")},
    "adverse_events": "analysis/adverse_events.parquet",
    "ard": "statistics/ard.parquet",
}


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = "example: cp -r results before; snakemake --cores 4; remit diff before results"
    parser.add_argument("old", type=Path, help="a folder of results, such as a copy that was kept")
    parser.add_argument("new", type=Path, help="a later one")
    parser.add_argument("--all", action="store_true", help="every line, not the first ten of each")


def run(given: Namespace) -> int:
    """Print the differences; 1 when there are any."""
    told = differences(_results(given.old), _results(given.new))
    for name, sentences in told.items():
        print(f"{name}: {len(sentences)} changed")
        shown = sentences if given.all else sentences[:10]
        print(*(f"  {sentence}" for sentence in shown), sep="\n")
        if len(shown) < len(sentences):
            print(f"  … and {len(sentences) - len(shown)} more (--all shows them)")
    if not told:
        print("Nothing changed.")
    return int(bool(told))


def _results(folder: Path) -> dict[str, pl.DataFrame]:
    for path in PLACES.values():
        if not (folder / path).is_file():
            raise RemitError(f"{folder} is no folder of results: there is no {path} in it.")
    return {name: pl.read_parquet(folder / path) for name, path in PLACES.items()}
