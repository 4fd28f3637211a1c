"""What Remit needs of Snakemake that its documentation does not promise; nothing else may use it.

`tests/machinery/test_snakemake_side.py` fails when one of these goes.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from remit import roots


def start_without_pandas() -> None:
    """Keep Snakemake from importing pandas, only to ask of every parameter whether it is a frame of it.

    Ours are plain values; the import would be a fifth of every start.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]


def quote_python() -> None:
    """Let jobs run where the path of Python has blanks or quotes: Snakemake gives it to a shell bare.

    So for a script, and for the Snakemake that a scheduler starts for a job.
    """
    python = shlex.quote(sys.executable)
    if python == sys.executable:
        return
    from snakemake.script import PythonScript
    from snakemake_interface_executor_plugins.executors.real import RealExecutor

    of_job = RealExecutor.format_job_exec

    def command(self: Any, job: Any) -> str:
        return str(of_job(self, job)).replace(sys.executable, python)

    RealExecutor.format_job_exec = command

    bare = PythonScript._execute_cmd

    def quoted(self: Any, cmd: str, **values: Any) -> Any:
        return bare(self, cmd.replace("{py_exec}", "{py_exec:q}"), **values)

    PythonScript._execute_cmd = quoted


def refuse_other_code(workflow: Any) -> None:
    """Stop where the Snakefile being read belongs to another copy of Remit than the library does.

    So it is in a copied folder whose environment still knows the folder it was made in.
    """
    here = Path(str(workflow.current_basedir)).resolve()
    if here != roots.CODE:
        raise WorkflowError(
            f"The Snakefile in {here} is read by the Remit that is installed from {roots.CODE}. "
            "Run `make run` in the first, which makes an environment of its own, or take the second's "
            "Snakefile."
        )


def config_files(workflow: Any) -> list[str]:
    """The files that the configuration was read from: those of the command line, else the Snakefile's.

    Of a module that reads its own Snakemake notes none.
    """
    files = workflow.overwrite_configfiles or workflow.configfiles or ["config.yaml"]
    return [str(file) for file in files]


def named_on_the_command_line(workflow: Any) -> bool:
    """Whether `--configfile` names the configuration."""
    return bool(workflow.overwrite_configfiles)


def is_main_process(workflow: Any) -> bool:
    """Whether this is the Snakemake that a person started, and not one that runs a job for it."""
    return bool(workflow.is_main_process)


def schedule_at_once(workflow: Any) -> None:
    """Take away the limit of jobs per second.

    A pass of the scheduler under a limit asks for another pass one second later, and each looks at the
    size of every input of every job that could start: after a hundred jobs these passes are a quarter
    of what a run costs. Remit's jobs end more slowly than the limit allows.
    """
    workflow.scheduler.job_rate_limiter = None


def on_run(workflow: Any, start: Callable[[], None], success: Callable[[list[str]], None]) -> None:
    """Call `start` before the first job, and `success` with the log's path when all went well.

    Snakemake passes over `onstart` and `onsuccess` of a Snakefile that another one imports as a module;
    these are called all the same, beside the importer's own.
    """
    before, after = workflow._onstart, workflow._onsuccess

    def onstart(log: list[str]) -> None:
        before(log)
        start()

    def onsuccess(log: list[str]) -> None:
        after(log)
        success(log)

    workflow._onstart, workflow._onsuccess = onstart, onsuccess


def own_words(settings: Any) -> Any:
    """The handler that Snakemake has where no plugin writes to the terminal."""
    from snakemake import logging as own

    return own.ColorizingTextHandler(
        nocolor=settings.nocolor,
        stream=sys.stdout if settings.stdout else sys.stderr,
        formatter=own.DefaultFormatter(settings.quiet, settings.show_failed_logs),
        filter=own.DefaultFilter(
            settings.quiet,
            settings.debug_dag,
            settings.verbose,
            settings.dryrun,
            settings.printshellcmds,
        ),
    )
