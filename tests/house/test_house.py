"""The house keeps its order: a package knows only those before it, and no module is in a circle."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

from tests.house.imports import GROUND, LIBRARY, ORDER, imports, packages


def test_every_module_has_a_room() -> None:
    rooms = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert rooms - {"home"} == set(ORDER)
    loose = {path.stem for path in LIBRARY.glob("*.py")}
    assert loose == GROUND | {"__init__", "__main__"}


def test_a_package_knows_only_those_before_it() -> None:
    arrows = packages()
    assert ("report", "tables") in arrows  # the reading itself works
    back = [(a, b) for a, b in sorted(arrows) if ORDER.index(b) > ORDER.index(a)]
    assert not back


def test_no_module_is_in_a_circle() -> None:
    known: dict[str, set[str]] = {}
    for module, imported in imports():
        if module != imported:
            known.setdefault(module, set()).add(imported)
    TopologicalSorter(known).prepare()  # raises CycleError


def test_the_job_of_a_figure_or_a_table_starts_without_what_only_statistics_need() -> None:
    scripts = LIBRARY.parents[1] / "scripts"
    drawn = [path.stem for path in (LIBRARY / "figures").glob("*.py")]
    jobs = [scripts / f"{name}.py" for name in [*drawn, "tables", "listings"]]
    needed = {
        f"from {node.module} import {alias.name}"
        for job in jobs
        if job.is_file()
        for node in ast.walk(ast.parse(job.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("remit")
        for alias in node.names
    }
    assert len(needed) > 15  # the reading itself works
    heavy = "print(*{'scipy', 'pandera', 'pingouin', 'pydantic'} & set(sys.modules))"
    code = "; ".join(["import sys", *sorted(needed), heavy])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
