"""The house keeps its order: a package knows only those before it, and no module is in a circle."""

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
