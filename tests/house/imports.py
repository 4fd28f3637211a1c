"""Who imports whom, read from the source: the house as it stands, for its test and its picture.

python -m tests.house.imports | dot -Tsvg > docs/packages.svg
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "workflow/remit"
#: The packages in the order of the road: each knows only those before it.
ORDER = [
    *("plan", "machinery", "privacy", "schemas", "ingest", "harmonize", "analysis", "packs"),
    *("statistics", "lineage", "words", "tables", "figures", "report", "commands"),
]
#: Modules that belong to no package: whoever needs them may have them.
GROUND = {"errors", "roots"}


def imports() -> Iterator[tuple[str, str]]:
    """Each module of the library with each module that it imports, as dotted names below `remit`."""
    known = {
        ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__"): path
        for path in LIBRARY.rglob("*.py")
    }
    known |= {
        f"schemas.{path.stem}".removesuffix(".__init__"): path
        for path in (LIBRARY / "schemas").glob("*.py")
    }
    for module, path in sorted(known.items()):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("remit"):
                continue
            base = (node.module or "").removeprefix("remit").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                yield module, full if full in known else base


def packages() -> set[tuple[str, str]]:
    """Each package with each other package that it imports from."""
    rooms = ((a.partition(".")[0], b.partition(".")[0]) for a, b in imports())
    return {(a, b) for a, b in rooms if a != b and {a, b} <= set(ORDER)}


def dot() -> str:
    """The packages as a graph, an arrow wherever no way round says the same."""
    arrows = packages()
    ways = set(arrows)
    for middle in ORDER:
        ways |= {(a, c) for a, b in ways if b == middle for b2, c in ways if b2 == middle}
    direct = [
        (a, b)
        for a, b in sorted(arrows)
        if not any((a, m) in ways and (m, b) in ways for m in ORDER)
    ]
    lines = [f'  "{room}";' for room in ORDER]
    lines += [f'  "{used}" -> "{user}";' for user, used in direct]
    style = 'rankdir=LR; node [shape=box, style=rounded, fontname="sans-serif"];'
    return "\n".join(["digraph packages {", f"  {style}", *lines, "}"])


if __name__ == "__main__":
    print(dot())
