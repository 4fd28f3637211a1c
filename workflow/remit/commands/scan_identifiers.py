"""`remit scan-identifiers`: is anything outside `results/private/` that names a person?"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.errors import RemitError
from remit.ingest import SourceFile, read
from remit.ingest.source import Findings
from remit.privacy.identifiers import found_in, telling

SEARCHED = ("results", ".snakemake")


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.add_argument(
        "paths", nargs="*", type=Path, help="files and folders; else results and .snakemake"
    )
    of_study(parser)


def run(given: Namespace) -> int:
    """Print where identifiers stand, never which; 1 when there are any."""
    study = Study.of(given)
    identifiers = telling(raw_identifiers(study))
    if not identifiers:
        raise RemitError("no extract holds an identifier, so nothing can be searched for.")
    private = (study.results / "private").resolve()
    tops = given.paths or [study.folder / name for name in SEARCHED]
    searched = [path for path in _files(tops) if private not in path.resolve().parents]
    hits = found_in(identifiers, searched)
    for path, count in hits.iter_rows():
        print(f"{path}: {count} identifiers")
    print(
        f"{len(identifiers)} identifiers of the extracts sought in {len(searched)} files; "
        f"{hits.height} files hold any"
    )
    return int(hits.height > 0)


def raw_identifiers(study: Study) -> Iterator[str | None]:
    """Patient ids and direct identifiers of every extract, by the readers of ingest."""
    extracts = study.folder / study.plan["study"]["extracts"]
    for name, feed in study.plan["feeds"].items():
        for path in sorted((extracts / name).rglob(feed.get("files", "*"))):
            if path.is_file():
                yield from _of_file(SourceFile(path.name, path), feed)


def _of_file(file: SourceFile, feed: Mapping[str, Any]) -> Iterator[str | None]:
    subject = feed.get("columns", {}).get("SUBJID")
    named = feed.get("identifiers", [])
    own = {"SUBJID": subject} if subject else {}
    all_of_them = own | {f"IDENTIFIER {place}": header for place, header in enumerate(named)}
    # A file without one of the direct identifiers still has its patient ids.
    for columns in (all_of_them, own):
        asked = {**feed, "columns": columns, "tests": []} if columns else dict(feed)
        try:
            for batch in read(file, asked, Findings()):
                for column in set(batch.columns) & {"SUBJID", *columns}:
                    yield from batch[column].drop_nulls().unique().to_list()
        except RemitError:
            continue
        return


def _files(tops: list[Path]) -> Iterator[Path]:
    for top in tops:
        yield from [top] if top.is_file() else (p for p in sorted(top.rglob("*")) if p.is_file())
