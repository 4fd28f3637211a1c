"""Fingerprints that tell Snakemake what changed: the content of files, the code a script runs.

Snakemake's own triggers look at modification times and at the script alone. A replaced extract with
an older time, an edited library module or an upgraded library would stay unseen; each rule therefore
carries these digests as parameters.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from remit.write import write_text

#: A file changed less than this many seconds before it was read might change again without a new time.
_RACY_SECONDS = 2.0

#: Libraries whose distribution has another name. Asking for all such pairs takes a third of a second.
_DISTRIBUTIONS = {"vl_convert": "vl-convert-python", "yaml": "pyyaml", "docx": "python-docx"}


class FileDigests:
    """SHA-256 of files, remembered by size, times and inode so that an unchanged file is read once.

    The change time (ctime) cannot be set by a user, so a copy that keeps an older modification time
    is still seen.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self.memory = memory
        self.known: dict[str, list[Any]] = {}
        if memory is not None and memory.is_file():
            try:
                self.known = json.loads(memory.read_text())
            except ValueError:
                # A damaged memory only costs reading the files again.
                self.known = {}
        self.current: dict[str, list[Any]] = {}

    def sha256(self, path: Path) -> str:
        """The digest of the content of `path`."""
        stat = path.stat()
        key = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        known = self.known.get(str(path))
        digest: str = known[-1] if known and known[:-1] == key else sha256(path)
        if time.time() - max(stat.st_mtime, stat.st_ctime) > _RACY_SECONDS:
            self.current[str(path)] = [*key, digest]
        return digest

    def remember(self) -> None:
        """Write the memory for the next run."""
        if self.memory is not None and self.current != self.known:
            write_text(self.memory, json.dumps(self.current, sort_keys=True))


def sha256(path: Path) -> str:
    """SHA-256 of the content of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_digest(script: Path, roots: Iterable[Path]) -> str:
    """Digest of a script and all it runs: project modules below `roots`, versions of the libraries.

    Comments, blank lines and docstrings do not count. Imports are read from the source, those inside
    functions too, and followed through the project's modules.
    """
    parts: list[str] = []
    libraries: set[str] = set()
    waiting, seen = [Path(script)], set()
    roots = tuple(roots)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        digest, names = _read_module(path, path.stat().st_mtime_ns)
        parts.append(f"{path.parent.name}/{path.name} {digest}")
        for name in names:
            files = _project_files(name, roots)
            waiting.extend(files)
            if not files:
                libraries.add(name.partition(".")[0])
    parts.extend(_versions(frozenset(libraries)))
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


@cache
def _read_module(path: Path, _mtime: int) -> tuple[str, tuple[str, ...]]:
    """Digest of a module's meaning, and the dotted names that it may import."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    names = tuple(sorted(set(_imported(tree))))
    # Compiling without docstrings and hashing what would run is several times faster than ast.dump.
    code = compile(tree, path.name, "exec", dont_inherit=True, optimize=2)
    return hashlib.sha256(repr(_meaning(code)).encode()).hexdigest(), names


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def _meaning(code: Any) -> tuple[Any, ...]:
    """What a code object does, without where in the file it stands."""
    constants = [
        _meaning(constant)
        if hasattr(constant, "co_code")
        else sorted(map(repr, constant))
        if isinstance(constant, frozenset)
        else repr(constant)
        for constant in code.co_consts
    ]
    return (
        code.co_name,
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_exceptiontable,
        code.co_argcount,
        code.co_flags,
        constants,
    )


@cache
def _project_files(name: str, roots: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files that importing `name` runs: the module and the packages around it."""
    steps = name.split(".")
    for root in roots:
        files = []
        for depth in range(1, len(steps) + 1):
            base = root.joinpath(*steps[:depth])
            files += [
                found
                for found in (base / "__init__.py", base.with_suffix(".py"))
                if found.is_file()
            ]
        if files:
            return tuple(files)
    return ()


@cache
def _versions(libraries: frozenset[str]) -> tuple[str, ...]:
    outside = sorted(libraries - sys.stdlib_module_names - {"__future__", "snakemake"})
    releases = (f"{name} {version(_DISTRIBUTIONS.get(name, name))}" for name in outside)
    return (*releases, f"python {sys.version_info.major}.{sys.version_info.minor}")
