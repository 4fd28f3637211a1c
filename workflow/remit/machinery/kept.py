"""What a shard's job wrote is kept, and given back when its input is what it was.

Snakemake deletes the outputs of every job that a new extract might touch before it knows which shards
have rows of it. A job that finds all that decides its outputs unchanged takes them back, and ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remit.machinery.digests import sha256
from remit.machinery.write import whole, write_text


@contextmanager
def kept(snakemake: Any, *deciding: str) -> Iterator[None]:
    """End the job with its earlier outputs if its parameters and inputs are the same; else keep the new.

    Only for a job of a shard; the one job of an undivided study just runs.

    Args:
        snakemake: the script's own.
        deciding: names of the inputs that the outputs depend on. Their contents are compared, empty
            files aside, and not their names: every row says itself where it comes from.
    """
    shard = snakemake.wildcards.get("shard")
    if shard is None:
        yield
        return
    folder = Path(".snakemake/remit/kept") / snakemake.rule / shard
    key = _key(snakemake, deciding)
    if _restore(folder, key, list(snakemake.output)):
        print("Nothing that decides the outputs has changed: they are those of the last run.")
        raise SystemExit(0)
    shutil.rmtree(folder, ignore_errors=True)
    yield
    _keep(folder, key, list(snakemake.output))


def _key(snakemake: Any, deciding: tuple[str, ...]) -> str:
    """A digest of a job's parameters and of the contents of its deciding inputs."""
    contents = {}
    for name in deciding:
        files = snakemake.input[name]
        files = map(Path, [files] if isinstance(files, str) else files)
        contents[name] = sorted({sha256(file) for file in files if file.stat().st_size})
    decided = json.dumps([dict(snakemake.params.items()), contents], sort_keys=True)
    return hashlib.sha256(decided.encode()).hexdigest()


def _keep(folder: Path, key: str, outputs: list[str]) -> None:
    folder.mkdir(parents=True)
    for place, output in enumerate(outputs):
        _link(Path(output), folder / str(place))
    digests = [sha256(Path(output)) for output in outputs]
    write_text(folder / "outputs.json", json.dumps({"key": key, "digests": digests}))


def _restore(folder: Path, key: str, outputs: list[str]) -> bool:
    """Whether the outputs were there, undamaged, and are in their places again."""
    stored = [folder / str(place) for place in range(len(outputs))]
    try:
        known = json.loads((folder / "outputs.json").read_text(encoding="ascii"))
        same = known == {"key": key, "digests": [sha256(file) for file in stored]}
    except (OSError, ValueError):
        return False
    if same:
        for file, output in zip(stored, outputs, strict=True):
            _link(file, Path(output))
    return same


def _link(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no such thing."""
    with whole(target) as partial:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)
