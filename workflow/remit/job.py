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
def job(snakemake: Any) -> Iterator[None]:
    """Send what a script prints, and why it failed, to the rule's log.

    A `RemitError` is shown as its message; anything else also leaves its traceback in the log.
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
        except Exception:
            traceback.print_exc(file=log)
        else:
            return
    # Snakemake shows the log of a failed job; a traceback of this line would only hide the reason.
    raise SystemExit(1)
