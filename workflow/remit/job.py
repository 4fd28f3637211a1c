"""What every script does around its own few lines: log, explain, fail clearly."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from remit.errors import RemitError


@contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """Send what a script prints, and why it failed, to the rule's log.

    A `RemitError` is shown as its message; anything else also leaves its traceback in the log.
    Import polars and all that builds on it inside the block: it reads its number of threads once,
    when it is first imported.
    """
    os.environ["POLARS_MAX_THREADS"] = str(snakemake.threads)
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        try:
            yield
        except RemitError as error:
            log.write(f"{error}\n")
            _fail(str(error))
        except Exception as error:
            traceback.print_exc(file=log)
            _fail(f"{type(error).__name__}: {error}\nThe whole traceback is in {path}.")


def _fail(message: str) -> None:
    print(f"\n{message}\n", file=sys.__stderr__, flush=True)
    raise SystemExit(1)
