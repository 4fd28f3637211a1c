"""`remit init`: a first configuration for exports that nobody has described yet."""

import re
import unicodedata
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from remit import roots
from remit.commands import check
from remit.errors import RemitError
from remit.ingest import SourceFile, dictionaries, ingest
from remit.ingest.dictionaries import Dictionaries
from remit.ingest.draft import Draft, Sample, draft, samples, words
from remit.machinery.write import write_text
from remit.plan import packs, resources
from remit.plan.config import check_feed

README = """# {id}

1. Every line of `config.yaml` that says `# check:` was guessed from the exports: read it, correct it,
   delete the remark. What begins with `# open:` could not be told: decide it.
2. Put each export into the folder of its feed: `extracts/FEED/`. Nothing was copied.
3. `remit check FILE --feed FEED` says what would become of a file.
4. Fill in what `config.yaml` asks for below the feeds: visits, responses, statistics.
5. `remit run` makes the results; the report is at `results/report/report.html`.

Keep `private/` (the key of the pseudonyms), `extracts/` and `results/` out of version control.
"""
PLAN = """
# The plan, to be filled in: every key is explained in docs/configuration.md of Remit.
# visits:
#   windows:
#     generate: {name: "Month {k}", every: 1, unit: months, first: 1, last: 12}
# responses:
#   definitions: []          # names of files in resources/definitions
# statistics:
#   parameters:              # each with its test: paired_t or wilcoxon
"""


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    parser.epilog = "example: remit init mystudy 'Labor 2022.csv' people.xlsx"
    parser.add_argument("folder", type=Path, help="the study's folder, which is made")
    parser.add_argument("files", nargs="*", type=Path, help="sample exports; they are only read")


def run(given: Namespace) -> int:
    """Write the configuration and say what `remit check` says of each file."""
    if (given.folder / "config.yaml").exists():
        raise RemitError(
            f"{given.folder / 'config.yaml'} is there already. Take another folder, or move it away."
        )
    missing = [str(path) for path in given.files if not path.is_file()]
    if missing:
        raise RemitError(f"there is no file {missing[0]}")
    folders = roots.resources(given.folder, packs.shipped())
    known = dictionaries.load(folders)
    meanings = words(resources.rows("headers", folders))
    drafts: dict[str, tuple[Path, Sample, Draft]] = {}
    for path in given.files:
        read = list(samples(path))
        if not read:
            print(f"{path.name}: no table was found in it; it is left out")
        for sample in read:
            name = _name(path, sample if len(read) > 1 else None, drafts)
            drafts[name] = (path, sample, draft(sample, meanings, known))
    id = re.sub("[^A-Za-z0-9]+", "-", given.folder.resolve().name).strip("-") or "STUDY"
    write_text(given.folder / "config.yaml", "".join(_config(id, drafts)))
    write_text(given.folder / "Snakefile", roots.SNAKEFILE)
    write_text(given.folder / "README.md", README.format(id=id))
    write_text(given.folder / ".gitignore", "/private/\n/extracts/\n/results/\n/.snakemake/\n")
    for name, (path, sample, found) in drafts.items():
        where = (
            f"{path.name}, sheet {sample.form['sheet']}" if "sheet" in sample.form else path.name
        )
        print(f"\n{where} -> feed {name}" + (f" ({found.domain})" if found.domain else ""))
        for line in _checked(name, path, found, known):
            print(f"  {line}")
        (given.folder / "extracts" / name).mkdir(parents=True, exist_ok=True)
    print(f"\nNext: read {given.folder / 'config.yaml'} and {given.folder / 'README.md'}.")
    return 0


def _name(path: Path, sample: Sample | None, taken: dict[str, Any]) -> str:
    """The name of a feed: the words of the file's name, or of the sheet's, in ASCII."""
    text = sample.form.get("sheet", path.stem) if sample else path.stem
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    name = "_".join(re.findall("[a-z]+", text.casefold())) or "feed"
    k = 2
    while (name if k == 2 else f"{name}_{k - 1}") in taken:
        k += 1
    return name if k == 2 else f"{name}_{k - 1}"


def _config(id: str, drafts: dict[str, tuple[Path, Sample, Draft]]) -> Iterator[str]:
    yield "# Proposed by remit init. `# check:` is the evidence of a guess, `# open:` is yours to decide.\n"
    yield f"study:\n  id: {id}\n  extracts: extracts\n\nfeeds:"
    yield " {}\n" if not any(found.domain for *_, found in drafts.values()) else "\n"
    for name, (path, sample, found) in drafts.items():
        mark = "" if found.domain else "# "
        yield f"  {mark}{name}:  # check: made for {path.name}\n"
        for line in _feed(found):
            yield f"    {mark}{line}\n" if not line.startswith("#") else f"    {line}\n"
        for note in sample.notes.values():
            yield f"    # check: {note}\n"
        if found.domain is None:
            yield "    # open: what its rows are (domain) could not be told from its headers\n"
        if found.left:
            yield f"    # open: not mapped: {', '.join(found.left)}\n"
        yield "\n"
    yield PLAN.lstrip("\n")


def _feed(found: Draft) -> Iterator[str]:
    """The lines of a feed, each with its evidence."""
    block = ""
    for line in found.lines:
        if line.open:
            yield f"# open: {line.key}: {_flow(line.value)}: {line.evidence}"
            continue
        head, _, rest = line.key.partition(".")
        if head in ("columns", "codes"):
            if block != head:
                yield f"{head}:"
            yield f"  {rest}: {_flow(line.value)}  # check: {line.evidence}"
        elif head in ("tests", "dates"):
            if block != head:
                yield f"{head}:"
            yield f"  - {_flow(line.value)}  # check: {line.evidence}"
        else:
            yield f"{head}: {_flow(line.value)}  # check: {line.evidence}"
        block = head


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _checked(name: str, path: Path, found: Draft, known: Dictionaries) -> Iterator[str]:
    if found.domain is None:
        yield "what its rows are could not be told; see the remarks in config.yaml"
        return
    feed = check_feed(name, found.feed)
    told = ingest([SourceFile(path.name, path)], name, "check", feed, known, check.KEY, "CHECK")
    yield from check.report(told, feed, known)
    opens = [line for line in found.lines if line.open]
    yield f"{len(found.lines) - len(opens)} keys proposed, {len(opens)} left open"
