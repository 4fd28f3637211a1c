"""What every script does around its own few lines: log, explain, fail clearly."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from remit.errors import RemitError
from remit.lock import hold_job

# For polars' allocator: freed memory is kept for the next batch. Given back to the system, as is
# its default after half a second, every page would have to be mapped and cleared again.
ALLOCATOR = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}


@contextmanager
def job(snakemake: Any, *, identified: bool = False) -> Iterator[None]:
    """Send what a script prints, and why it failed, to the rule's log.

    A `RemitError` is shown as its message; anything else also leaves its traceback in the log. What a
    library says may quote a cell: of a job that reads `identified` patients it goes to the private
    results instead.

    Import polars and all that builds on it inside the block: it reads its number of threads and how
    to use memory once, when it is first imported.
    """
    os.environ.update(ALLOCATOR)
    os.environ["POLARS_MAX_THREADS"] = str(snakemake.threads)
    hold_job(Path(".snakemake/remit"))
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        try:
            yield
        except RemitError as error:
            log.write(f"{error}\n")
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
