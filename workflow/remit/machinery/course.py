"""The course of a run: what comes before its first job and after its last.

The Snakefile says when; this says what. No job is at work meanwhile.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from remit.errors import RemitError
from remit.machinery.kept import KEPT
from remit.machinery.write import forget_partial, write_text

RESULTS = Path("results")
_MADE_BY = RESULTS / "private" / "study"


def guard_study(study: str) -> None:
    """See that the results in this folder are of this study, and say whose they will be.

    Raises:
        RemitError: another study made them.
    """
    known = _MADE_BY.read_text(encoding="utf-8").strip() if _MADE_BY.is_file() else study
    if known != study:
        raise RemitError(
            f"The results in {RESULTS.resolve()} are of the study {known}, and config.yaml is of "
            f"{study}: run it in a folder of its own, or delete {RESULTS} first."
        )
    if not _MADE_BY.is_file():
        write_text(_MADE_BY, f"{study}\n")
        _MADE_BY.parent.chmod(0o700)


def tidy(
    memory: Path,
    deliveries: Collection[tuple[str, str]],
    tables: Mapping[str, Collection[str]],
    shards: Collection[str],
    named: Mapping[str, Collection[str]],
) -> None:
    """Delete what killed jobs left half-written, and results that the study as it is would not make.

    Args:
        memory: where Remit remembers what it has worked out.
        deliveries: feed and id of every delivery there is.
        tables: per table that may be divided the files that hold it as the study is divided now.
        shards: names of the shards; one means that the study is not divided.
        named: per folder of results the names of all that is made in it, without suffix.
    """
    forget_partial(RESULTS)
    forget_partial(memory)
    for folder in (RESULTS / "ingested", RESULTS / "private" / "ingested"):
        for path in folder.glob("*/*/"):
            if (path.parent.name, path.name) not in deliveries:
                shutil.rmtree(path)
    for table, files in tables.items():
        parts = Path(table).with_suffix("")
        for path in {Path(table), *parts.glob("*.parquet")} - {Path(file) for file in files}:
            path.unlink(missing_ok=True)
        if parts.is_dir() and not any(parts.iterdir()):
            parts.rmdir()
    for name, made in named.items():
        for path in Path(name).glob("*"):
            if path.stem not in made:
                path.unlink()
    for folder in (KEPT / "ingest").glob("*/*"):
        if (folder.parent.name, folder.name) not in deliveries:
            shutil.rmtree(folder)
    divided = {f"shard-{shard}" for shard in shards} if len(shards) > 1 else set()
    for folder in KEPT.glob("*/shard-*"):
        if folder.name not in divided:
            shutil.rmtree(folder)


def tell_provenance(config: str, logs: Sequence[str]) -> None:
    """Tell of the results as they stand, in a process of its own, when a run has made them all."""
    told = (Path(log).read_text(encoding="utf-8", errors="replace") for log in logs)
    if any(re.search(r"rule (\w+_)?all:", text) for text in told):
        command = [sys.executable, "-m", "remit", "provenance", "--configfile", config]
        subprocess.run(command, check=True)


def tell_status(config: str) -> None:
    """Say how the study stands."""
    subprocess.run([sys.executable, "-m", "remit", "status", "--configfile", config], check=False)
