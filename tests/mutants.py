"""Do a module's own tests notice when the module is wrong? Mutants by cosmic-ray, drawn with a seed.

    python -m tests.mutants responses signed_rank

Each mutant is one small error, put into a copy of the repository; it is killed when a test of the
module fails. Changes of hints, which nothing evaluates, are no mutants. What survives is shown, unless
`mutants.yaml` says why it gives the same results: then it is no error.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

import yaml
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".*", "results", "__pycache__")
#: A mutant whose tests run so many times as long as without it runs for ever: it is killed.
PATIENCE = 5
#: Modules that are tested through another.
THROUGH = {"assessments": "responses"}
#: By module: the line as it was and as the mutant has it, and why both give the same results.
EQUIVALENT = Path(__file__).with_suffix(".yaml")


class _WithoutHints(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.annotation = ast.Name("Any")
        return node


def _meaning(code: str) -> str:
    return ast.dump(_WithoutHints().visit(ast.parse(code)))


def mutants(code: str, seed: int) -> Iterator[str]:
    """The mutants of a module that Python can read and that mean something else, in a random order."""
    nodes = list(ast_nodes(get_ast(code)))
    places = []
    for name in operator_names():
        operator = get_operator(name)
        if not operator.arguments():  # else it needs to be told which names to exchange
            found = sum(len(list(operator().mutation_positions(node))) for node in nodes)
            places += [(operator, occurrence) for occurrence in range(found)]
    known = {_meaning(code)}
    for operator, occurrence in random.Random(seed).sample(places, len(places)):
        mutant = mutate_code(code, operator(), occurrence)
        with suppress(SyntaxError):
            if (meaning := _meaning(mutant)) not in known:
                known.add(meaning)
                yield mutant


def tests_of(module: str) -> list[Path]:
    """The module's own tests, by name."""
    name = f"test_{THROUGH.get(module, module)}.py"
    found = sorted((ROOT / "tests").rglob(name))
    if not found:
        raise SystemExit(f"{module}: there is no tests/**/{name}.")
    return [path.relative_to(ROOT) for path in found]


def main() -> int:
    """Try mutants of each module; 0 when each is killed, or known to be no error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="+", help="names of modules of workflow/remit")
    parser.add_argument("--count", type=int, default=40, help="mutants of a module at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried side by side")
    given = parser.parse_args()
    equivalent, unexplained = _equivalent(), 0
    with tempfile.TemporaryDirectory(prefix="remit-mutants-") as top:
        if (ROOT.parent / "shared").is_dir():
            (Path(top) / "shared").symlink_to(ROOT.parent / "shared")
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(given.jobs):
            copies.put(shutil.copytree(ROOT, Path(top) / f"{number}", ignore=LEFT_OUT))
        for module in given.modules:
            (path,) = (ROOT / "workflow/remit").rglob(f"{module}.py")
            code, tests = path.read_text(encoding="utf-8"), tests_of(module)
            begun = time.monotonic()
            if not _pass(copies, path, code, tests):
                raise SystemExit(f"{module}: its tests fail as they are.")
            limit = PATIENCE * (time.monotonic() - begun)
            drawn = list(islice(mutants(code, given.seed), given.count))
            with ThreadPoolExecutor(given.jobs) as pool:
                tries = [pool.submit(_pass, copies, path, m, tests, limit) for m in drawn]
            lived = [tried.result() for tried in tries]
            survivors = [m for m, lives in zip(drawn, lived, strict=True) if lives]
            same = [m for m in survivors if _changed(code, m) in equivalent.get(module, {})]
            for mutant in (mutant for mutant in survivors if mutant not in same):
                unexplained += 1
                print("survived in {}:\n- {}\n+ {}".format(module, *_changed(code, mutant)))
            print(
                f"{module}: of {len(drawn)} mutants drawn with seed {given.seed} "
                f"{len(drawn) - len(survivors)} killed, {len(same)} explained, "
                f"{len(survivors) - len(same)} neither",
                flush=True,
            )
    return int(unexplained > 0)


def _equivalent() -> dict[str, dict[tuple[str, str], str]]:
    """Why a mutant is no error, by module, line and mutated line."""
    noted = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    return {
        module: {(note["line"], note["mutant"]): note["because"] for note in notes}
        for module, notes in noted.items()
    }


def _changed(code: str, mutant: str) -> tuple[str, str]:
    """What stands in the module, and what the mutant has instead."""
    differences = difflib.ndiff(code.splitlines(), mutant.splitlines())
    changed = [line for line in differences if line[0] in "-+"]
    was, now = ([line[1:].strip() for line in changed if line[0] == sign] for sign in "-+")
    return " ".join(was), " ".join(now)


def _pass(
    copies: SimpleQueue[Path],
    path: Path,
    code: str,
    tests: list[Path],
    limit: float | None = None,
) -> bool:
    """Whether the tests pass with this code in the module's place, within `limit` seconds."""
    copy = copies.get()
    module = copy / path.relative_to(ROOT)
    before = module.read_bytes()
    module.write_text(code, encoding="utf-8")
    try:
        # Byte code is found by time and length, which a mutant may share with the last one.
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                *map(str, tests),
            ],
            cwd=copy,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=limit,
            check=False,
        )
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        module.write_bytes(before)
        copies.put(copy)


if __name__ == "__main__":
    sys.exit(main())
