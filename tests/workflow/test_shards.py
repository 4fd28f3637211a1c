"""A divided study gives the bytes of the undivided one, and reruns the shards that have new rows."""

import re
from pathlib import Path

import pytest

from tests.faults.disturbances import contents
from tests.faults.minimal import EXTRACTS, minimal_study
from tests.workflow.study import Study

DIVIDED = re.compile(
    r"results/(ingested/.*/accepted|harmonized/(..|used|not_used|cells|conflicts)[./]|analysis/\w+/)"
)
# Pages and figures are drawn from these and from nothing else.
LAST = [
    "results/analysis/criteria.parquet",
    "results/statistics/ard.parquet",
    "results/summaries/course.csv",
    "results/summaries/what_if.csv",
    "results/quality/summary.csv",
]


def run(study: Study, shards: int | str, cores: int) -> str:
    study.configure(study__shards=shards)
    return study.run("--cores", str(cores), *LAST)


def results(study: Study) -> dict[str, bytes]:
    """All but the tables that are divided."""
    return {path: data for path, data in contents(study).items() if not DIVIDED.match(path)}


@pytest.fixture(scope="module")
def undivided(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = minimal_study(tmp_path_factory.mktemp("undivided"))
    run(study, 1, cores=1)
    return study


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = minimal_study(tmp_path_factory.mktemp("divided"))
    run(study, 4, cores=2)
    return study


def test_four_shards_on_two_cores_give_the_bytes_of_one_on_one(
    undivided: Study, divided: Study
) -> None:
    assert len(results(undivided)) > 20
    assert results(divided) == results(undivided)
    assert len(list((divided / "results/harmonized/lb").iterdir())) == 4


def test_sixteen_shards_on_four_cores_too_and_nothing_of_four_is_left(
    undivided: Study, divided: Study, tmp_path: Path
) -> None:
    study = divided.copy(tmp_path)
    run(study, 16, cores=4)
    assert results(study) == results(undivided)


def test_only_the_shards_that_a_new_extract_has_rows_in_compute_anew(
    undivided: Study, divided: Study, tmp_path: Path
) -> None:
    """One row of one patient: three of four shards take back what they had."""
    one, four = undivided.copy(tmp_path / "one"), divided.copy(tmp_path / "four")
    for study in (one, four):
        first = sorted((study / EXTRACTS / "lab_west").iterdir())[0]
        header, row, *_ = first.read_text(encoding="utf-8").splitlines(keepends=True)
        first.with_name("late.csv").write_text(header + row, encoding="utf-8")
    run(one, 1, cores=2)
    run(four, 4, cores=2)
    spared = "Nothing that decides the outputs has changed"
    for rule in ("harmonize", "visits", "responses"):
        logs = [path.read_text() for path in (four / f"results/logs/{rule}").iterdir()]
        assert sum(spared in log for log in logs) >= 3, rule
    assert results(four) == results(one)
