"""What Remit needs of Snakemake beyond its documentation is still there."""

import inspect
import logging
import sys
from pathlib import Path

import pytest
from snakemake.api import Workflow
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.script import PythonScript
from snakemake.settings.types import OutputSettings
from snakemake_interface_executor_plugins.executors.real import RealExecutor

from remit.machinery import snakemake_side
from remit.machinery.snakemake_side import quote_python


@pytest.mark.parametrize(
    "name",
    ["overwrite_configfiles", "configfiles", "is_main_process", "scheduler"],
)
def test_a_workflow_still_has(name: str) -> None:
    source = inspect.getsource(Workflow)
    assert f"def {name}(" in source or f"self.{name}." in source


@pytest.mark.parametrize("name", ["_onstart", "_onsuccess"])
def test_what_a_run_begins_and_ends_with_is_still_asked_of(name: str) -> None:
    assert f"self.{name}(" in inspect.getsource(Workflow)


def test_the_scheduler_still_has_a_limit_that_can_be_taken_away() -> None:
    assert "self.job_rate_limiter is not None" in inspect.getsource(JobScheduler)


def test_python_with_blanks_in_its_path_is_named_in_quotes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = []
    monkeypatch.setattr(PythonScript, "_execute_cmd", lambda self, cmd, **values: told.append(cmd))
    monkeypatch.setattr(
        RealExecutor, "format_job_exec", lambda self, job: f"{sys.executable} -m snakemake"
    )
    monkeypatch.setattr(sys, "executable", "/home/My study/python")
    quote_python()
    PythonScript.execute_script(_script(), "job.py")
    assert told == ["{py_exec:q} {fname:q}"]
    of_scheduler = RealExecutor.format_job_exec(object.__new__(_Executor), None)
    assert of_scheduler == "'/home/My study/python' -m snakemake"


class _Executor(RealExecutor):  # type: ignore[misc]
    """One that starts nothing."""

    cores = get_exec_mode = get_python_executable = run_job = cancel = shutdown = None


def _script() -> PythonScript:
    script = object.__new__(PythonScript)
    script.container_img = script.conda_env = script.env_modules = None
    return script


def test_nobody_else_uses_what_is_not_documented(root: Path) -> None:
    others = [
        path
        for folder in ("workflow", "scripts")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".smk") and path.name != Path(snakemake_side.__file__).name
    ]
    for path in [*others, root / "Snakefile"]:
        text = path.read_text(encoding="utf-8")
        for name in ("job_rate_limiter", "overwrite_configfiles", "_onstart", "PythonScript"):
            assert name not in text, (path, name)


def test_snakemakes_own_words_can_still_be_had() -> None:
    handler = snakemake_side.own_words(OutputSettings(dryrun=True, stdout=True))
    record = logging.LogRecord("s", logging.INFO, "", 0, "Building DAG of jobs...", None, None)
    assert handler.filter(record)
    assert handler.format(record) == "Building DAG of jobs..."
