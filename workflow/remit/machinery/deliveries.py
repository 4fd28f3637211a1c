"""Deliveries: what arrived together in a feed's folder, under an ASCII id that Snakemake can carry."""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from remit.errors import RemitError
from remit.machinery.digests import FileDigests
from remit.machinery.write import write_text

LITTER = {"thumbs.db", "desktop.ini", "__macosx"}
#: Environment variable with the path of the frozen list.
FROZEN = "REMIT_DELIVERIES"


@dataclass(frozen=True)
class Delivery:
    """One file, or one folder of files, of one feed.

    Attributes:
        feed: name of the feed in the config.
        id: ASCII name, unique within the feed.
        name: the real name of the file or folder.
        files: path of each file, as given by the config's `extracts` folder, to its SHA-256.
    """

    feed: str
    id: str
    name: str
    files: dict[str, str]


def scan(extracts: Path, feeds: Mapping[str, Any], digests: FileDigests) -> list[Delivery]:
    """Find the deliveries of all feeds, sorted by feed and name.

    Raises:
        RemitError: the folder of extracts or of a feed does not exist, or holds what is no file or
            has a name that cannot be carried.
    """
    if not extracts.is_dir():
        raise RemitError(
            f"config.yaml: study.extracts: there is no folder {extracts}. "
            "Create it and put one folder per feed into it."
        )
    found = []
    for feed in sorted(feeds):
        folder = folder_of(extracts, feed, feeds)
        if not folder.is_dir():
            there = [entry.name for entry in sorted(extracts.iterdir()) if entry.is_dir()]
            raise RemitError(
                f"config.yaml: feeds.{feed}: there is no folder {folder}. Create it for the feed's "
                "files, say in `from` which folder it reads, or take the feed out of the config. "
                f"Folders there: {', '.join(there) or 'none'}."
            )
        names: dict[str, str] = {}
        for entry in sorted(folder.iterdir()):
            files = files_of(entry, feeds[feed].get("files", "*"))
            for file in files:
                _refuse_strange(file)
            if files:
                id_ = delivery_id(entry.name)
                if names.setdefault(id_, entry.name) != entry.name:
                    raise RemitError(
                        f"{folder}: {entry.name!r} stands there twice, its accents composed in two "
                        "ways. Take one away."
                    )
                contents = {str(file): digests.sha256(file) for file in files}
                found.append(Delivery(feed, id_, entry.name, contents))
    return found


def left_aside(extracts: Path, feeds: Mapping[str, Any]) -> list[dict[str, str]]:
    """What lies in the feeds' folders and is read by no feed: feed, source_file and message of each."""
    patterns: dict[Path, list[tuple[str, str]]] = {}
    for feed in sorted(feeds):
        pair = feed, feeds[feed].get("files", "*")
        patterns.setdefault(folder_of(extracts, feed, feeds), []).append(pair)
    return [
        {"feed": readers[0][0], "source_file": _told(path.relative_to(folder)), "message": reason}
        for folder, readers in patterns.items()
        for entry in sorted(folder.iterdir())
        for path, reason in _unread(entry, [pattern for _, pattern in readers])
    ]


def _told(path: Path) -> str:
    """A name as text, whatever bytes it has."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def folder_of(extracts: Path, feed: str, feeds: Mapping[str, Any]) -> Path:
    """Where the files of a feed lie: in its own folder, or in that of the feed it reads `from`."""
    return extracts / (feeds[feed].get("from") or feed)


def delivery_id(name: str) -> str:
    """An ASCII id for a file or folder name: what can be read of it, and a hash of all of it."""
    name = unicodedata.normalize("NFC", name)
    readable = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")
    full = hashlib.sha256(name.encode(errors="surrogateescape"))
    return "-".join(filter(None, (readable[:40], full.hexdigest()[:8])))


def files_of(entry: Path, pattern: str) -> list[Path]:
    """The files of a delivery, itself one or a folder of them, whose names fit the feed's `files`.

    Links are followed; the case of letters, and how accents are composed, make no difference.
    """
    return [file for file in _files(entry) if not _foreign(file, entry) and _fits(file, pattern)]


def _unread(entry: Path, patterns: list[str]) -> Iterator[tuple[Path, str]]:
    files = _files(entry)
    if not files:
        yield entry, "there is no file in it"
    for file in files:
        if _foreign(file, entry):
            yield file, "hidden, or put there by a program"
        elif not any(_fits(file, pattern) for pattern in patterns):
            yield file, f"its name does not fit the feed's `files`: {', '.join(patterns)}"


def _files(entry: Path) -> list[Path]:
    """A file itself, or all below a folder; a hidden folder is one thing."""
    if not entry.is_dir() or entry.name.startswith("."):
        return [entry]
    found: list[Path] = []
    seen = set()
    for folder, folders, names in os.walk(entry, followlinks=True):
        # A link may lead back to where it lies.
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        found += (Path(folder, name) for name in names)
    return sorted(found)


def _foreign(file: Path, entry: Path) -> bool:
    """Whether editors, office programs or systems left a file beside the real ones."""
    names = file.relative_to(entry.parent).parts
    return any(name.startswith((".", "~$")) or name.casefold() in LITTER for name in names)


def _fits(file: Path, pattern: str) -> bool:
    name, wanted = (unicodedata.normalize("NFC", text).casefold() for text in (file.name, pattern))
    return fnmatch.fnmatchcase(name, wanted)


#: Bytes of extracts that one job reads, so that small deliveries share the start of a process.
BATCH = 32_000_000
#: Batches that a study has at most; each is a rule.
_MOST = 256


def batches(
    deliveries: Iterable[tuple[str, str]], sizes: Mapping[tuple[str, str], int]
) -> dict[str, list[tuple[str, str]]]:
    """The deliveries (feed and id) by the job that reads them.

    A delivery's name alone decides its batch among their number, which is a power of two, so that a
    growing study seldom changes it.
    """
    wanted = -(-sum(sizes.values()) // BATCH)
    count = min(1 << (max(1, wanted) - 1).bit_length(), _MOST)
    by_batch: dict[str, list[tuple[str, str]]] = {}
    for feed, id in sorted(deliveries):
        place = int(hashlib.sha256(f"{feed}/{id}".encode()).hexdigest()[:8], 16) % count
        by_batch.setdefault(str(place), []).append((feed, id))
    return dict(sorted(by_batch.items()))


def decisions(path: str | None, delivery: Delivery) -> str | None:
    """A digest of the signed decisions about rows of one delivery; null where there are none.

    A decision knows its row by the bytes of the file, whatever that is called. A new one reruns this
    delivery alone, and what was signed, which may be a patient's number, stands in no record of Snakemake.
    """
    mine = [line for line, known in _signed(path) if known in _contents(delivery)]
    return hashlib.sha256(repr(mine).encode()).hexdigest() if mine else None


def refuse_lost_decisions(path: str | None, deliveries: Iterable[Delivery]) -> None:
    """Stop at a signed decision about a file that is not there any more.

    Raises:
        RemitError: with the lines, not with what they say.
    """
    known = {content for delivery in deliveries for content in _contents(delivery)}
    lost = [str(place) for place, (_, of) in enumerate(_signed(path), 2) if of not in known]
    if lost:
        raise RemitError(
            f"{path}, line {', '.join(lost)}: no file of the feed has this content. It was corrected or "
            "withdrawn since the decision was signed: sign anew, or take the line out."
        )


def _signed(path: str | None) -> list[tuple[dict[str, str], tuple[str, str]]]:
    """Each decision with its feed and the first digits of the SHA-256 of its file."""
    if path is None:
        return []
    with open(path, encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    of = (re.match(r"(?:[0-9a-f]+-)?([0-9a-f]*)", line.get("row_id") or "") for line in lines)
    return [
        (line, (line.get("feed") or "", found[1] if found else ""))
        for line, found in zip(lines, of, strict=True)
    ]


def _contents(delivery: Delivery) -> set[tuple[str, str]]:
    return {(delivery.feed, sha[:12]) for sha in delivery.files.values()}


def freeze(deliveries: list[Delivery], folder: Path) -> None:
    """Write the deliveries down for the processes this one starts, which must not look again."""
    text = json.dumps([asdict(delivery) for delivery in deliveries], ensure_ascii=False)
    path = folder / f"deliveries-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    write_text(path, text)
    os.environ[FROZEN] = str(path.resolve())


def last_frozen(folder: Path) -> list[Delivery]:
    """The deliveries of the last run that began; none where there was none."""
    files = sorted(folder.glob("deliveries-*.json"), key=lambda path: path.stat().st_mtime_ns)
    if not files:
        return []
    return [Delivery(**each) for each in json.loads(files[-1].read_text(encoding="utf-8"))]


def frozen() -> list[Delivery] | None:
    """The deliveries that the process which started this one froze, or None."""
    path = os.environ.get(FROZEN)
    if path is None:
        return None
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    return [Delivery(**delivery) for delivery in found]


def _refuse_strange(file: Path) -> None:
    """Refuse what would be waited for without end, and names that Snakemake or UTF-8 cannot carry."""
    shown = repr(str(file))
    if not file.is_file():
        raise RemitError(f"{shown} is no file: a broken link, a pipe or a device. Take it away.")
    if re.search(r"[\ud800-\udfff]", str(file)):
        raise RemitError(
            f"{shown}: the name is not UTF-8; an archive may have been unpacked with the wrong "
            "encoding. Rename it."
        )
    if re.search(r"[{}\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", str(file)):
        raise RemitError(
            f"{shown}: a name must not hold braces or line breaks, nor control characters. Rename it."
        )
