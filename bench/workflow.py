"""What a run costs, as a ratio to `snakemake` running one empty rule in the same minute.

Usage: python -m bench.workflow
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.workflow.study import new_study

SNAKEMAKE = [sys.executable, "-m", "snakemake"]
EMPTY_RULE = 'rule all:\n    output: "done"\n    shell: "touch done"\n'


def main() -> None:
    """Print one line per kind of run."""
    with tempfile.TemporaryDirectory() as folder:
        study, empty = Path(folder) / "study", Path(folder) / "empty"
        empty.mkdir()
        (empty / "Snakefile").write_text(EMPTY_RULE)
        new_study(study)
        extracts = sorted((study / "resources/demo/extracts/lab_west").iterdir())
        late, aside = extracts[-1], Path(folder) / extracts[-1].name

        shutil.move(late, aside)
        floor = min(_run(empty, fresh="done") for _ in range(3))
        print(f"{'run':<22}{'CPU s':>8}{'wall s':>8}{'× empty rule (CPU)':>22}{'(wall)':>8}")
        _line("one empty rule", floor, floor)
        _line("full demo run", _run(study), floor)
        _line("no change", min(_run(study) for _ in range(3)), floor)
        shutil.move(aside, late)
        _line("one new extract", _run(study), floor)


def _run(folder: Path, fresh: str | None = None) -> tuple[float, float]:
    """CPU and wall seconds of one Snakemake run in `folder`, after deleting the file `fresh`."""
    if fresh:
        (folder / fresh).unlink(missing_ok=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [*SNAKEMAKE, "--cores", "2", "--quiet", "all"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def _line(name: str, run: tuple[float, float], floor: tuple[float, float]) -> None:
    cpu, wall = run
    print(f"{name:<22}{cpu:>8.1f}{wall:>8.1f}{cpu / floor[0]:>22.1f}{wall / floor[1]:>8.1f}")


if __name__ == "__main__":
    main()
