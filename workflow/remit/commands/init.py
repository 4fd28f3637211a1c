"""`remit init`: a first configuration for exports that nobody has described yet."""

import re
import unicodedata
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from remit import roots
from remit.commands import check
from remit.errors import RemitError
from remit.ingest import SourceFile, dictionaries, ingest
from remit.ingest.dictionaries import Dictionaries, folded
from remit.ingest.draft import Draft, Known, Line, drafts, words
from remit.ingest.draft_visits import draft_visits
from remit.ingest.samples import Sample, samples
from remit.machinery.write import write_text
from remit.plan import packs, resources
from remit.plan.config import check_feed

README = """# {id}

1. Every line of `config.yaml` that says `# check:` was guessed from the exports: read it, correct it,
   delete the remark. What begins with `# open:` could not be told: decide it.
2. Put each export into the folder of its feed, `extracts/FEED/`, or into that of `from` where several
   feeds read one file. Nothing was copied.
3. `remit check FILE --feed FEED` says what would become of a file.
4. Fill in the plan below the feeds: when the visits are, then, if you like, responses and statistics.
5. `remit run` makes the results; the report is at `results/report/report.html`.

Keep `private/` (the key of the pseudonyms), `extracts/` and `results/` out of version control.
"""
PLAN = "# The plan, to be filled in: every key is explained in docs/configuration.md of Remit.\n"
VISITS = """\
# visits:
#   windows:
#     generate: {name: "Month {k}", every: 1, unit: months, first: 1, last: 12}
"""
REST = """\
# Optional: responses, statistics, figures.
# responses:
#   definitions: []          # names of files in resources/definitions
# statistics:
#   parameters: {}           # each with its test, such as SCR: {test: paired_t}
"""


class Proposed(NamedTuple):
    """A feed that is proposed: its name, the folder of its files, those shown, and what they seem to be."""

    name: str
    folder: str
    paths: list[Path]
    sample: Sample
    draft: Draft


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
    proposed = list(_proposed(_alike(given.files), meanings, known))
    id = re.sub("[^A-Za-z0-9]+", "-", given.folder.resolve().name).strip("-") or "STUDY"
    write_text(given.folder / "config.yaml", "".join(_config(id, proposed, known)))
    write_text(given.folder / "Snakefile", roots.SNAKEFILE)
    profile = Path("profiles/default/config.yaml")
    write_text(given.folder / profile, (roots.CODE / profile).read_text(encoding="utf-8"))
    write_text(given.folder / "README.md", README.format(id=id))
    write_text(given.folder / ".gitignore", "/private/\n/extracts/\n/results/\n/.snakemake/\n")
    for one in proposed:
        files = ", ".join(path.name for path in one.paths)
        sheet = f", sheet {one.sample.form['sheet']}" if "sheet" in one.sample.form else ""
        domain = f" ({one.draft.domain})" if one.draft.domain else ""
        print(f"\n{files}{sheet} -> feed {one.name}{domain}")
        for line in _checked(one, known):
            print(f"  {line}")
        (given.folder / "extracts" / one.folder).mkdir(parents=True, exist_ok=True)
    print(f"\nNext: read {given.folder / 'config.yaml'} and {given.folder / 'README.md'}.")
    return 0


def _alike(files: Sequence[Path]) -> list[tuple[list[Path], Sample]]:
    """The tables of the files; those of one form and header are one, with the rows of all."""
    found: dict[tuple[Any, ...], tuple[list[Path], Sample]] = {}
    for path in files:
        read = list(samples(path))
        if not read:
            print(f"{path.name}: no table was found in it; it is left out")
        for sample in read:
            key = (tuple(sample.form.items()), tuple(sample.headers))
            if key not in found:
                found[key] = [path], sample
                continue
            paths, before = found[key]
            found[key] = (
                list(dict.fromkeys([*paths, path])),
                replace(
                    before,
                    rows=before.rows + sample.rows,
                    domains={**sample.domains, **before.domains},
                    notes=before.notes | sample.notes,
                ),
            )
    return list(found.values())


def _proposed(
    tables: Sequence[tuple[list[Path], Sample]], meanings: Known, known: Dictionaries
) -> Iterator[Proposed]:
    """A name for each feed, and a folder for the files that several may read."""
    read = [
        (paths, sample, one) for paths, sample in tables for one in drafts(sample, meanings, known)
    ]
    readers = Counter(paths[0] for paths, *_ in read)
    folders: dict[Path, str] = {}
    names: set[str] = set()
    for paths, sample, one in read:
        if paths[0] not in folders:
            said = "omop" if sample.form["format"] == "omop" else _common([p.stem for p in paths])
            folders[paths[0]] = _free(_words(said) or one.domain or "feed", set(folders.values()))
        folder = name = folders[paths[0]]
        if readers[paths[0]] > 1:
            sheet = _words(sample.form.get("sheet", ""))
            name = _free(sheet or f"{folder}_{one.domain or 'rows'}", names)
            told = f"{readers[paths[0]]} feeds read {paths[0].name}"
            lines = [one.lines[0], Line("from", folder, told), *one.lines[1:]]
            one = one._replace(feed={**one.feed, "from": folder}, lines=lines)
        names.add(name)
        yield Proposed(name, folder, paths, sample, one)


def _common(stems: Sequence[str]) -> str:
    """The words that all names have."""
    of = [re.findall(r"[^\W\d_]+", stem) for stem in stems]
    return " ".join(word for word in of[0] if all(word in words for words in of))


def _words(text: str) -> str:
    """The words of a file's or sheet's name in ASCII, as a feed may be called."""
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return "_".join(word for word in re.findall("[a-z]+", text.casefold()) if len(word) > 1)


def _free(name: str, taken: Collection[str]) -> str:
    return next(n for k in count(1) if (n := name if k == 1 else f"{name}_{k}") not in taken)


def _config(id: str, proposed: Sequence[Proposed], known: Dictionaries) -> Iterator[str]:
    yield "# Proposed by remit init. `# check:` is the evidence of a guess, `# open:` is yours to decide.\n"
    yield f"study:\n  id: {id}\n  extracts: extracts\n\nfeeds:"
    yield " {}\n" if not any(one.draft.domain for one in proposed) else "\n"
    for name, _, paths, sample, found in proposed:
        mark = "" if found.domain else "# "
        yield f"  {mark}{name}:  # check: made for {', '.join(path.name for path in paths)}\n"
        for line in _feed(found):
            yield f"    {mark}{line}\n" if not line.startswith("#") else f"    {line}\n"
        for note in sample.notes.values():
            yield f"    # check: {note}\n"
        if found.domain is None and sample.headers:
            yield "    # open: what its rows are (domain) could not be told from its headers\n"
        if found.left:
            yield f"    # open: not mapped: {', '.join(found.left)}\n"
        yield "\n"
    yield PLAN
    read = [(one.sample, one.draft) for one in proposed]
    if items := _items(read, known):
        yield f"packs: {_flow(packs.of({'items': items}))}"
        yield f"  # check: of it are {', '.join(items[:4])}\n"
    yield from _treatment(read)
    found_visits = draft_visits(read)
    if found_visits.generate:
        yield f"visits:\n  windows:\n    generate: {_flow(found_visits.generate)}"
        yield f"  # check: {found_visits.evidence}\n"
    else:
        yield f"# open: visits: {found_visits.evidence}\n{VISITS}"
    if measured := _measured(read, known):
        yield f"# Measured in these files: {', '.join(measured)}\n"
    yield REST


def _treatment(read: Sequence[tuple[Sample, Draft]]) -> Iterator[str]:
    """What the exports of doses tell of the treatment, and what they leave open."""
    for sample, found in read:
        if found.domain != "ex" or "EXTRT" not in found.feed.get("columns", {}):
            continue
        columns = found.feed["columns"]
        doses = sample.of(columns["EXTRT"])
        drugs = list(dict.fromkeys(doses))
        ends = sample.of(columns["EXENDTC"]) if "EXENDTC" in columns else []
        starts = sample.of(columns["EXSTDTC"])
        # A start alone is one dose only where people have several of them.
        several = len(starts) > len(set(sample.of(columns["SUBJID"])))
        one_day = (
            [end[:10] for end in ends] == [start[:10] for start in starts]
            if "EXENDTC" in columns
            else several
        )
        known = len(drugs) == 1 or one_day
        yield "subjects:\n  treatment:\n" if known else "# subjects:\n#   treatment:\n"
        if len(drugs) == 1:
            yield f"    drugs: {_flow(drugs)}  # check: the only one in {len(doses)} rows\n"
        else:
            yield f"    # open: drugs: {_flow(drugs[:5])}: which of them the study's treatment is\n"
        if one_day:
            told = (
                "each dose begins and ends on one day"
                if ends
                else "several doses a person, no ends"
            )
            yield f"    model: infusions  # check: {told}\n"
        else:
            lacking = len(doses) - len(ends)
            yield "    # open: model: continuous (from the first start to the last end) or courses\n"
            yield f"    # open: empty_end: ongoing or unknown; {lacking} of {len(doses)} have no end\n"
        return


def _measured(read: Sequence[tuple[Sample, Draft]], known: Dictionaries) -> list[str]:
    """The parameters that laboratory feeds hold, as the plan names them."""
    codes: dict[str, None] = {}
    for sample, found in read:
        columns = found.feed.get("columns", {})
        codes |= dict.fromkeys(test["LBTEST"] for test in found.feed.get("tests", []))
        codes |= dict.fromkeys(found.feed.get("codes", {}).get("LBTEST", {}).values())
        if "LBTEST" in columns:
            names = dict.fromkeys(sample.of(columns["LBTEST"]))
            meant = (known.analyte(name, None, None) for name in names)
            codes |= dict.fromkeys(code for code in meant if code)
    return list(codes)


def _items(read: Sequence[tuple[Sample, Draft]], known: Dictionaries) -> list[str]:
    """The items of questionnaires that feeds hold, by their codes."""
    named = (
        name
        for sample, found in read
        if "QSTEST" in found.feed.get("columns", {})
        for name in sample.of(found.feed["columns"]["QSTEST"])
    )
    codes = (known.items.get(folded(name), {}).get("QSTESTCD") for name in dict.fromkeys(named))
    return list(dict.fromkeys(code for code in codes if code))


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


def _checked(one: Proposed, known: Dictionaries) -> Iterator[str]:
    found = one.draft
    if found.domain is None:
        yield "what its rows are could not be told; see the remarks in config.yaml"
        return
    feed = check_feed(one.name, found.feed)
    files = [SourceFile(path.name, path) for path in one.paths]
    told = ingest(files, one.name, "check", feed, known, check.KEY, "CHECK")
    yield from check.report(told, feed, known)
    opens = [line for line in found.lines if line.open]
    yield f"{len(found.lines) - len(opens)} keys proposed, {len(opens)} left open"
