"""Fingerprints that tell Snakemake what changed: the content of files, the code a script runs.

Snakemake's own triggers look at modification times and at the script alone. A replaced extract with
an older time, an edited library module or an upgraded library would stay unseen; each rule therefore
carries these digests as parameters.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from remit import roots
from remit.machinery.write import write_text

#: A file changed less than this many seconds before it was read might change again without a new time.
_RACY_SECONDS = 2.0

#: Libraries whose distribution has another name. Asking for all such pairs takes a third of a second.
_DISTRIBUTIONS = {"vl_convert": "vl-convert-python", "yaml": "pyyaml", "docx": "python-docx"}


class _Memory:
    """What earlier runs worked out, kept as JSON; a damaged file only costs the work again."""

    def __init__(self, memory: Path | None = None) -> None:
        self.memory = memory
        self.known: dict[str, list[Any]] = {}
        if memory is not None and memory.is_file():
            with contextlib.suppress(ValueError, AttributeError):
                found = json.loads(memory.read_text()).items()
                self.known = {key: value for key, value in found if isinstance(value, list)}
        self.current: dict[str, list[Any]] = {}

    def remember(self) -> None:
        """Write the memory for the next run."""
        if self.memory is not None and self.current != self.known:
            write_text(self.memory, json.dumps(self.current, sort_keys=True))


class FileDigests(_Memory):
    """SHA-256 of files, remembered by size, times and inode so that an unchanged file is read once.

    The change time (ctime) cannot be set by a user, so a copy that keeps an older modification time
    is still seen.
    """

    def sha256(self, path: Path) -> str:
        """The digest of the content of `path`."""
        stat = path.stat()
        key = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        known = self.known.get(str(path))
        digest: str = known[-1] if known and known[:-1] == key else sha256(path)
        if time.time() - max(stat.st_mtime, stat.st_ctime) > _RACY_SECONDS:
            self.current[str(path)] = [*key, digest]
        return digest


class CodeDigests(_Memory):
    """Digests of scripts and of all they run; a module is parsed once and remembered by its content.

    Comments, blank lines and docstrings do not count. Imports are read from the source, those inside
    functions too, and followed through the library's modules. Where the code lies does not count.
    """

    def __init__(self, memory: Path | None = None, library: Path = roots.LIBRARY) -> None:
        super().__init__(memory)
        self.library = library
        self.files = {
            file.relative_to(library.parent).with_suffix("").as_posix().replace("/", "."): file
            for file in _python_files(library)
        }
        self.modules: dict[Path, _Module] = {}

    def digest(self, script: Path) -> str:
        """Digest of a script, the project's modules it imports and the versions of its libraries."""
        waiting, seen = [Path(script)], dict[Path, _Module]()
        while waiting:
            if (path := waiting.pop()) not in seen:
                seen[path] = module = self._module(path)
                waiting.extend(module.files)
        libraries = set[str]().union(*(module.libraries for module in seen.values()))
        outside = libraries - sys.stdlib_module_names - {"__future__", "snakemake"}
        parts = [f"{path.parent.name}/{path.name} {module.digest}" for path, module in seen.items()]
        parts += [_release(library) for library in outside]
        parts.append(f"python {sys.version_info.major}.{sys.version_info.minor}")
        return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]

    def _module(self, path: Path) -> _Module:
        if path not in self.modules:
            source = path.read_bytes()
            # Byte code, which the digest is made of, is another in another Python.
            key = f"{sys.implementation.cache_tag} {hashlib.sha256(source).hexdigest()}"
            digest, names = self.known.get(key) or _read_module(source, path)
            self.current[key] = [digest, names]
            files = {name: self._runs(name) for name in names}
            libraries = {name.partition(".")[0] for name in names if not files[name]}
            self.modules[path] = _Module(digest, set[Path]().union(*files.values()), libraries)
        return self.modules[path]

    def _runs(self, name: str) -> set[Path]:
        """The files of the library that importing `name` runs, the packages around it too."""
        steps = name.split(".")
        heads = [".".join(steps[:depth]) for depth in range(1, len(steps) + 1)]
        modules = [module for head in heads for module in (head, f"{head}.__init__")]
        return {self.files[module] for module in modules if module in self.files}


class _Module(NamedTuple):
    """The digest of a module's meaning, the files of the library and the libraries it imports."""

    digest: str
    files: set[Path]
    libraries: set[str]


def _python_files(folder: Path) -> Iterator[Path]:
    # `rglob` follows no links, and `schemas` of the library is one.
    for path in folder.iterdir():
        if path.suffix == ".py":
            yield path
        elif path.is_dir() and path.name != "__pycache__":
            yield from _python_files(path)


def sha256(path: Path) -> str:
    """SHA-256 of the content of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_module(source: bytes, path: Path) -> tuple[str, list[str]]:
    tree = ast.parse(source, filename=str(path))
    names = sorted(set(_imported(tree)))
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
def _release(library: str) -> str:
    return f"{library} {version(_DISTRIBUTIONS.get(library, library))}"
