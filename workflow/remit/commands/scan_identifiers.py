"""`remit scan-identifiers`: is anything outside `results/private/` that names a person?"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.errors import RemitError
from remit.ingest import SourceFile, direct_identifiers
from remit.privacy.identifiers import found_in, shared, telling


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
    searched = shared(study.folder, given.paths)
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
                yield from direct_identifiers([SourceFile(path.name, path)], feed, subjects=True)
