"""What a job wrote is kept, and given back when all that decides it is what it was.

Snakemake deletes the outputs of every job that a new extract might touch before it knows which of them
have rows of it. A job that finds all that decides its outputs unchanged takes them back before it
imports anything, and ends; so a change goes only as far as it makes a difference.

What is kept are second names of the outputs' bytes, one generation of each, among the private results.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remit.machinery.digests import sha256
from remit.machinery.write import whole, write_text

KEPT = Path("results/private/kept")


@contextmanager
def kept(snakemake: Any, deciding: Sequence[str] | None = None) -> Iterator[None]:
    """End the job with its earlier outputs if its parameters and inputs are the same; else keep the new.

    Args:
        snakemake: the script's own.
        deciding: names of the inputs that the outputs depend on, by default all. Of those named the
            contents are compared, empty files and their order aside: every row says itself where it
            comes from.
    """
    part = "-".join(f"{name}-{value}" for name, value in snakemake.wildcards.items()) or "whole"
    folder = KEPT / snakemake.rule / part
    key = key_of([dict(snakemake.params.items()), _contents(snakemake.input, deciding)])
    if restore(folder, key, list(snakemake.output)):
        print("Nothing that decides the outputs has changed: they are those of the last run.")
        raise SystemExit(0)
    yield
    keep(folder, key, list(snakemake.output))


def key_of(deciding: Any) -> str:
    """A digest of plain values."""
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


def keep(folder: Path, key: str, outputs: Sequence[str | Path]) -> None:
    """Keep what was written, under all that decided it, in place of what was kept before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for place, output in enumerate(outputs):
        _link(Path(output), folder / str(place))
    digests = [sha256(Path(output)) for output in outputs]
    write_text(folder / "outputs.json", json.dumps({"key": key, "digests": digests}))


def restore(folder: Path, key: str, outputs: Sequence[str | Path]) -> bool:
    """Whether the outputs were kept under the same key, undamaged, and are in their places again."""
    stored = [folder / str(place) for place in range(len(outputs))]
    try:
        known = json.loads((folder / "outputs.json").read_text(encoding="ascii"))
        same = known["key"] == key and known["digests"] == [sha256(file) for file in stored]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if same:
        for file, output in zip(stored, outputs, strict=True):
            _link(file, Path(output))
    return same


def _contents(inputs: Any, deciding: Sequence[str] | None) -> dict[str, list[str]]:
    contents = {}
    for name in inputs.keys() if deciding is None else deciding:
        files = inputs[name]
        paths = map(Path, [files] if isinstance(files, str) else files)
        digests = [sha256(path) for path in paths if path.stat().st_size]
        contents[name] = digests if deciding is None else sorted(set(digests))
    return contents


def _link(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no such thing."""
    with whole(target) as partial:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)
