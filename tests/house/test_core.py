"""The core knows parameters, visits, categories, events and treatments; a disease is a pack's."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Words of one disease, of its organ, of its drugs and of its scores.
WORDS = re.compile(
    r"lupus|nephrit|kidney|renal|steroid|predniso|glucocortico|sledai|bilag|\bLN(?:CLASS|DX)|das28",
    re.IGNORECASE,
)
#: What is searched, and of it what belongs to packs or to the demo study.
CORE = ("workflow/remit", "workflow/rules", "workflow/report", "schemas", "scripts", "Snakefile")
DICTIONARIES = "resources/*.csv"
NOT_CORE = ("workflow/remit/packs/",)
#: Where a word of a disease still stands, and why; the list only gets shorter.
EXEMPT = {
    # The class of lupus nephritis and its date are columns of the demographics, not yet a pack's.
    "workflow/remit/analysis/subjects.py",
    "workflow/remit/analysis/unused.py",
    "workflow/remit/lineage/why.py",
    "workflow/remit/plan/feeds.py",
    "workflow/remit/statistics/baseline.py",
    "workflow/remit/tables/of_checks.py",
    "schemas/analysis.py",
    "schemas/consistency.py",
    "schemas/harmonized.py",
    "schemas/raw.py",
    # Eligibility may ask for that class; the packs of the plan are explained by the names of two.
    "workflow/remit/plan/model.py",
}


def core() -> Iterator[Path]:
    files = [path for part in CORE for path in (ROOT / part, *(ROOT / part).rglob("*"))]
    for path in [*files, *ROOT.glob(DICTIONARIES)]:
        name = path.relative_to(ROOT).as_posix()
        text = path.suffix in (".py", ".smk", ".csv", ".rst", ".j2", ".js", "")
        if path.is_file() and text and not name.startswith(NOT_CORE):
            yield path


def found() -> dict[str, list[str]]:
    """The words of each file of the core that has any."""
    told = {
        path.relative_to(ROOT).as_posix(): WORDS.findall(path.read_text(encoding="utf-8"))
        for path in core()
    }
    return {name: words for name, words in sorted(told.items()) if words}


def test_the_core_has_no_word_of_a_disease() -> None:
    assert len(list(core())) > 200  # the reading itself works
    assert {name: words for name, words in found().items() if name not in EXEMPT} == {}


def test_nothing_is_exempt_that_needs_it_no_more() -> None:
    assert found().keys() >= EXEMPT
