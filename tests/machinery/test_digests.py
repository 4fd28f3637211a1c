import os
from pathlib import Path

import pytest

from remit.machinery.digests import CodeDigests, FileDigests, sha256

SCRIPT = "from lib.stage import derive\n\nderive(1)\n"
STAGE = '''"""A stage."""

from lib import helper


def derive(x: int) -> int:
    """Twice."""
    return helper.twice(x)  # why
'''
HELPER = "def twice(x):\n    return 2 * x\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    for name, text in {
        "script.py": SCRIPT,
        "lib/__init__.py": "",
        "lib/stage.py": STAGE,
        "lib/helper.py": HELPER,
        "lib/unused.py": "x = 1\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(project: Path) -> str:
    return CodeDigests(library=project / "lib").digest(project / "script.py")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lib/helper.py", "2 * x", "3 * x"),
        ("lib/stage.py", "helper.twice(x)", "helper.twice(-x)"),
        ("script.py", "derive(1)", "derive(2)"),
        ("lib/__init__.py", "", "limit = 1\n"),
        ("lib/helper.py", "return 2 * x", "return [2, 3][0] * x"),
        ("lib/helper.py", "def twice(x)", "def twice(x=5)"),
        ("lib/helper.py", "return 2 * x", "import math\n    return 2 * x"),
    ],
)
def test_an_edit_anywhere_in_the_import_closure_changes_the_digest(
    project: Path, file: str, old: str, new: str
) -> None:
    before = digest(project)
    path = project / file
    path.write_text(path.read_text().replace(old, new, 1) if old else new)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert digest(project) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lib/stage.py", "# why", "# another reason"),
        ("lib/stage.py", '"""Twice."""', '"""Two times."""'),
        ("lib/helper.py", "def twice", "\n\n# a comment\ndef twice"),
        ("lib/unused.py", "1", "2"),
    ],
)
def test_a_comment_a_docstring_and_an_unused_module_change_nothing(
    project: Path, file: str, old: str, new: str
) -> None:
    before = digest(project)
    path = project / file
    path.write_text(path.read_text().replace(old, new, 1))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert digest(project) == before


def test_the_version_of_an_imported_library_counts(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "lib" / "helper.py").write_text("import polars\n" + HELPER)
    before = digest(project)
    monkeypatch.setattr("remit.machinery.digests.version", lambda name: f"{name} 99")
    from remit.machinery import digests

    digests._release.cache_clear()
    assert digest(project) != before
    digests._release.cache_clear()


def test_project_code_imports_by_full_name_so_that_the_closure_is_complete(root: Path) -> None:
    for folder in ("workflow", "schemas", "scripts"):
        for path in (root / folder).rglob("*.py"):
            assert "\nfrom ." not in path.read_text(encoding="utf-8"), path


def test_a_module_is_parsed_once_and_known_by_its_content(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "code.json"
    first = CodeDigests(memory, project / "lib")
    digest = first.digest(project / "script.py")
    first.remember()
    parsed = []
    monkeypatch.setattr(
        "remit.machinery.digests._read_module",
        lambda _, path: parsed.append(path.name) or ("new", []),
    )
    assert CodeDigests(memory, project / "lib").digest(project / "script.py") == digest
    assert not parsed
    (project / "lib/helper.py").write_text(HELPER.replace("2", "3"))
    assert CodeDigests(memory, project / "lib").digest(project / "script.py") != digest
    assert parsed == ["helper.py"]


def test_a_file_replaced_under_an_older_time_is_seen(tmp_path: Path) -> None:
    extract, memory = tmp_path / "a.csv", tmp_path / "memory.json"
    extract.write_text("one")
    os.utime(extract, (1_600_000_000, 1_600_000_000))
    first = FileDigests(memory)
    first.sha256(extract)
    first.remember()
    extract.write_text("two")
    os.utime(extract, (1_500_000_000, 1_500_000_000))
    assert FileDigests(memory).sha256(extract) == sha256(extract)


def test_a_damaged_memory_is_forgotten(tmp_path: Path) -> None:
    extract, memory = tmp_path / "a.csv", tmp_path / "memory.json"
    extract.write_text("one")
    memory.write_text("{")
    assert FileDigests(memory).sha256(extract) == sha256(extract)
