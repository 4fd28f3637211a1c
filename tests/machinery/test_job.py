"""What a failing job says, and where."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from remit.errors import RemitError
from remit.machinery.job import job

NAME = "张小明"


@pytest.fixture
def snakemake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    return SimpleNamespace(threads=1, log=["results/logs/ingest/lab/a.log"])


def fail(snakemake: SimpleNamespace, error: Exception, **options: bool) -> str:
    with pytest.raises(SystemExit), job(snakemake, **options):
        raise error
    return Path(snakemake.log[0]).read_text(encoding="utf-8")


def test_what_a_library_says_of_identified_rows_is_told_in_private_alone(
    snakemake: SimpleNamespace,
) -> None:
    try:
        try:
            int(NAME)
        except ValueError as error:
            raise RuntimeError(f"row of {NAME}") from error
    except RuntimeError as error:
        said = fail(snakemake, error, identified=True)
    assert NAME not in said
    assert "test_job.py" in said
    assert "RuntimeError: what it says may name a patient" in said
    private = Path("results/private/logs/ingest/lab/a.log")
    assert str(private) in said
    assert f"row of {NAME}" in private.read_text(encoding="utf-8")
    assert Path("results/private").stat().st_mode & 0o777 == 0o700


def test_other_jobs_leave_their_traceback_in_the_log(snakemake: SimpleNamespace) -> None:
    assert "ValueError: no window" in fail(snakemake, ValueError("no window"))


def test_an_error_that_a_person_can_mend_is_its_message_alone(snakemake: SimpleNamespace) -> None:
    assert fail(snakemake, RemitError("map the column"), identified=True) == "map the column\n"
