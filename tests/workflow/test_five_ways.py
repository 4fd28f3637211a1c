"""One study, run in every way that the documentation names, gives the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from remit import roots
from tests.faults.disturbances import contents
from tests.faults.minimal import minimal_study
from tests.workflow.study import ROOT, SNAKEMAKE, Study, with_code

#: One result of every stage; all of them stand on these rules.
TARGETS = [
    "results/harmonized/ledger.csv",
    "results/statistics/ard.parquet",
    "results/figures/response_bars.svg",
    "results/figures/extract_changes.json",
    "results/tables/paired.html",
]
MODULE = f"""configfile: "config.yaml"


module remit:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config


use rule * from remit
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name has what a person may write into one."""
    return tmp_path_factory.mktemp("ways") / "My study's 研究"


@pytest.fixture(scope="module")
def beside(folder: Path) -> Study:
    """The study with a Snakefile of its own, which is how most will have it."""
    study = minimal_study(folder / "own Snakefile")
    study.run(*TARGETS)
    return study


def test_without_a_target_all_results_are_made(beside: Study) -> None:
    assert {"report", "report_public", "swimmer", "listings"} <= set(beside.planned())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has Remit's wheel, and no checkout."""
    top = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(top), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = top.glob("*.whl")
    environment = top / "an environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin/python"
    # The libraries are those of this environment; what is installed in it to be edited is not seen.
    site = next(environment.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    subprocess.run([*pip, "--python", python, "install", "--no-deps", wheel], check=True)
    return python


def unrun(study: Study, folder: Path) -> Study:
    """The same study before its first run."""
    folder.mkdir()
    shutil.copy2(study / "config.yaml", folder)
    shutil.copytree(study / "resources", folder / "resources")
    return Study(folder)


def outside() -> dict[str, str]:
    """The environment without what names this checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_in_a_checkout(beside: Study, folder: Path) -> None:
    study = with_code(unrun(beside, folder / "checkout"))
    study.run(*TARGETS)
    assert contents(study) == contents(beside)


def test_with_the_snakefile_of_a_checkout_elsewhere(beside: Study, folder: Path) -> None:
    study = unrun(beside, folder / "directory")
    command = [*SNAKEMAKE, "-s", str(ROOT / "Snakefile"), "--directory", str(study.folder)]
    subprocess.run([*command, "--cores", "2", *TARGETS], check=True, capture_output=True)
    assert contents(study) == contents(beside)


def test_with_the_command_of_an_installed_wheel(
    beside: Study, folder: Path, installed: Path
) -> None:
    study = unrun(beside, folder / "wheel")
    for command in (["run", "--cores", "2", *TARGETS], ["run", "--dry-run", *TARGETS]):
        done = subprocess.run(
            [installed, "-m", "remit", *command],
            cwd=study.folder,
            env=outside(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to be done" in done.stdout + done.stderr
    assert contents(study) == contents(beside)


def test_the_wheel_has_all_that_a_study_needs(installed: Path) -> None:
    asked = "from remit import roots; print(roots.CODE)"
    done = subprocess.run(
        [installed, "-c", asked], env=outside(), capture_output=True, text=True, check=True
    )
    home = Path(done.stdout.strip())
    assert ROOT not in home.parents
    for part in ("scripts", "resources", "workflow/rules", "workflow/report"):
        ours = {
            path.relative_to(ROOT)
            for path in (ROOT / part).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        theirs = {path.relative_to(home) for path in (home / part).rglob("*") if path.is_file()}
        assert {path for path in theirs if path.suffix != ".pyc"} == ours


def test_as_a_module_of_another_workflow(beside: Study, folder: Path) -> None:
    study = unrun(beside, folder / "module")
    (study / "Snakefile").write_text(MODULE, encoding="utf-8")
    study.run(*TARGETS)
    assert contents(study) == contents(beside)
    # What a run does before its first job was done here too.
    assert (study / "results/private/study").read_text() == "BELI-LN\n"


def test_a_copied_checkout_is_not_run_by_the_code_of_another(folder: Path) -> None:
    study = with_code(Study(folder / "copied"))
    done = subprocess.run(
        [*SNAKEMAKE, "--dry-run"], cwd=study.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Run `make run` in the first" in done.stdout + done.stderr


def test_a_snakefile_of_a_study_is_short() -> None:
    assert len([line for line in roots.SNAKEFILE.splitlines() if line]) <= 5


def test_what_another_study_made_is_refused_in_one_sentence(beside: Study, folder: Path) -> None:
    study = beside.copy(folder / "another")
    study.configure(study__id="OTHER")
    done = study.snakemake(TARGETS[0])
    assert done.returncode != 0
    assert "are of the study BELI-LN, and config.yaml is of OTHER" in done.stdout + done.stderr
