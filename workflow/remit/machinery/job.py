"""How a rule's script is run: one function of its files and its part of the plan, with a log.

A script holds one function that a test or a debugger can call too, and ends with

    run(visits, globals())
"""

from __future__ import annotations

import importlib.abc
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from remit.errors import RemitError
from remit.machinery.kept import kept
from remit.machinery.lock import hold_job
from remit.machinery.write import Printable

# For polars' allocator: freed memory is kept for the next batch. Given back to the system, as is
# its default after half a second, every page would have to be mapped and cleared again.
ALLOCATOR = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}


class _WithoutPandas(importlib.abc.MetaPathFinder):
    """To this process pandas is not installed, in the words that libraries expect then."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")


@contextmanager
def without_pandas() -> Iterator[None]:
    """Let nothing import pandas: pandera does wherever it is, only to know its types."""
    finder = _WithoutPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


#: A rule's part of the plan, as plain values.
Spec = dict[str, Any]


class Files:
    """The files of a job by the names that its rule gives them: one, or several under one name."""

    def __init__(self, named: Mapping[str, str | Path | Sequence[str | Path]]) -> None:
        self._named = {
            name: Path(files) if isinstance(files, str | Path) else [Path(file) for file in files]
            for name, files in named.items()
        }

    def __getitem__(self, name: str) -> Path:
        """The one file of a name."""
        found = self._named[name]
        assert isinstance(found, Path), f"{name} names several files"
        return found

    def all(self, name: str) -> list[Path]:
        """The files of a name, in the order of the rule; none where the rule has no such name."""
        found = self._named.get(name, [])
        return [found] if isinstance(found, Path) else found

    def below(self, folder: str) -> Files:
        """The files whose folders end so, each name's one or several."""
        own = {
            name: [path for path in self.all(name) if f"/{folder}/" in path.as_posix()]
            for name in self._named
        }
        return Files({name: paths[0] if len(paths) == 1 else paths for name, paths in own.items()})

    def __iter__(self) -> Iterator[Path]:
        """Every file, in the order of the rule."""
        return (file for name in self._named for file in self.all(name))

    def names(self) -> list[str]:
        """The names, in the order of the rule."""
        return list(self._named)


def run(
    function: Callable[[Files, Files, Spec], None],
    scope: Mapping[str, Any],
    *,
    deciding: Sequence[str] | None = None,
    keep: bool = True,
    identified: bool = False,
    pandas: bool = False,
) -> None:
    """Call a script's function with the files and the `spec` of its job; nothing where there is no job.

    Args:
        function: the script's own.
        scope: the script's globals, in which Snakemake puts the job.
        deciding: names of the inputs that the outputs depend on, if not all; see `kept`.
        keep: whether the outputs are given back when all that decides them is what it was; not where
            the function sees to that itself.
        identified: the job reads identified patients.
        pandas: the job needs pandas.
    """
    snakemake = scope.get("snakemake")
    if snakemake is None:
        return
    with job(snakemake, identified=identified, pandas=pandas), ExitStack() as stack:
        if keep:
            stack.enter_context(kept(snakemake, deciding))
        function(
            Files(dict(snakemake.input.items())),
            Files(dict(snakemake.output.items())),
            snakemake.params.spec,
        )


@contextmanager
def job(snakemake: Any, *, identified: bool = False, pandas: bool = False) -> Iterator[None]:
    """Send what a script prints, and why it failed, to the rule's log.

    A `RemitError` is shown as its message; anything else also leaves its traceback in the log. What a
    library says may quote a cell: of a job that reads `identified` patients it goes to the private
    results instead.

    `pandas` is for a job that needs it: pandera imports it wherever it is, only to know its types, and
    that would be half of the start of most jobs.

    Import polars and all that builds on it inside the block: it reads its number of threads and how
    to use memory once, when it is first imported.
    """
    os.environ.update(ALLOCATOR)
    os.environ["POLARS_MAX_THREADS"] = str(snakemake.threads)
    hold_job(Path(".snakemake/remit"))
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    modules = nullcontext() if pandas else without_pandas()
    with (
        path.open("w", encoding="utf-8") as opened,
        redirect_stdout(log := Printable(opened)),
        redirect_stderr(log),
        modules,
    ):
        try:
            yield
        except RemitError as error:
            log.write(f"{error}\n")
        except KeyboardInterrupt:
            log.write("It was stopped.\n")
        except Exception as error:
            if identified:
                told = _tell_in_private(path)
                log.writelines(traceback.format_tb(error.__traceback__))
                log.write(f"{type(error).__name__}: what it says may name a patient; see {told}\n")
            else:
                traceback.print_exc(file=log)
        else:
            return
    # Snakemake shows the log of a failed job; a traceback of this line would only hide the reason.
    raise SystemExit(1)


def _tell_in_private(log: Path) -> Path:
    """Write the exception that is being handled where only the study's team looks."""
    path = Path("results/private", *log.parts[1:])
    path.parent.mkdir(parents=True, exist_ok=True)
    Path("results/private").chmod(0o700)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path
