"""Dry runs of many configurations in one process: Snakemake is imported once and forked for each.

    python -m tests.workflow.dry_runs STUDY CONFIG…

prints one JSON line a configuration: its file, the exit status, what was printed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path


def main(study: str, *configs: str) -> None:
    """One line a configuration, on standard output."""
    from snakemake.cli import main as snakemake

    os.chdir(study)
    for config in configs:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
            child = os.fork()
            if child == 0:
                os.dup2(printed.fileno(), 1)
                os.dup2(printed.fileno(), 2)
                status = 1
                with contextlib.suppress(SystemExit):
                    try:
                        snakemake(["--dry-run", "--cores", "1", "--configfile", config])
                    except SystemExit as end:
                        status = int(end.code or 0)
                sys.stdout.flush()
                os._exit(status)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            printed.seek(0)
            told = {"config": Path(config).name, "status": status, "printed": printed.read()}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
