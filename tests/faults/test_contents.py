from pathlib import Path

from tests.faults.disturbances import contents
from tests.workflow.study import Study


def test_the_results_compared_are_the_same_wherever_the_study_lies(tmp_path: Path) -> None:
    study = Study(tmp_path / "logs/provenance/study")
    for name in ("analysis/a.csv", "logs/b.log"):
        path = study / f"results/{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1\n")
    assert contents(study) == {"results/analysis/a.csv": b"1\n"}
