import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

RULES = {
    "code_unknown",
    "date_ambiguous",
    "date_future",
    "date_impossible",
    "date_missing",
    "loinc_check_digit",
    "number_ambiguous",
    "result_missing",
    "result_unreadable",
    "row_ragged",
    "subject_missing",
    "test_missing",
    "unit_missing",
    "unit_not_for_analyte",
    "unit_unknown",
    "value_outside_hard_limits",
}
MADE = ("answer_key.csv", "published.csv", "pseudonym.key")


@pytest.fixture(scope="module")
def demo(root: Path) -> Path:
    return root / "resources" / "demo"


@pytest.fixture(scope="module")
def made_anew(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with nothing but what the script makes, and what it prints."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(demo / "make_extracts.py", folder)
    shutil.copytree(demo / "make", folder / "make")
    script = [sys.executable, str(folder / "make_extracts.py")]
    run = subprocess.run(script, check=True, capture_output=True, encoding="utf-8")
    return folder, run.stdout.splitlines()


@pytest.fixture(scope="module")
def feeds(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))["feeds"]


@pytest.fixture(scope="module")
def key(demo: Path) -> list[dict[str, str]]:
    with (demo / "answer_key.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = [*(folder / "extracts").rglob("*"), *(folder / name for name in MADE)]
    return {str(f.relative_to(folder)): f.read_bytes() for f in files if f.is_file()}


def test_the_script_writes_the_committed_bytes(
    demo: Path, made_anew: tuple[Path, list[str]]
) -> None:
    assert bytes_of(made_anew[0]) == bytes_of(demo)


def test_the_raw_exports_give_every_published_figure(
    demo: Path, made_anew: tuple[Path, list[str]]
) -> None:
    with (demo / "published.csv").open(encoding="utf-8", newline="") as file:
        figures = list(csv.DictReader(file))
    assert [line.split()[0] for line in made_anew[1]] == ["ok"] * len(figures)


def test_the_demo_stays_small(demo: Path) -> None:
    assert sum(len(content) for content in bytes_of(demo).values()) < 1_500_000


def test_there_are_33_deliveries(demo: Path) -> None:
    assert len(list((demo / "extracts").glob("*/*"))) == 33


def test_every_mapped_header_and_identifier_stands_in_every_file_of_its_feed(
    demo: Path, feeds: dict[str, Any]
) -> None:
    assert {path.name for path in (demo / "extracts").iterdir()} == set(feeds)
    for name, feed in feeds.items():
        wanted = {*feed["columns"].values(), *feed["identifiers"]}
        found = (demo / "extracts" / name).rglob(feed.get("files", "*"))
        for path in (path for path in found if path.is_file()):
            assert wanted <= set(header(path, feed)), path.name


def header(path: Path, feed: dict[str, Any]) -> list[str]:
    if feed["format"] == "xlsx":
        from openpyxl import load_workbook

        rows = load_workbook(path)[feed["sheet"]].iter_rows(min_row=3, values_only=True)
        return [str(cell) for cell in next(rows)]
    text = path.read_bytes().decode(feed["encoding"]).removeprefix("\ufeff")
    return text.splitlines()[0].split(feed["delimiter"])


def test_the_key_has_a_row_for_every_rule_and_every_fate(key: list[dict[str, str]]) -> None:
    assert {row["rule"] for row in key if row["rule"]} == RULES
    assert {row["fate"] for row in key} == {
        "accepted",
        "duplicate",
        "out_of_cohort",
        "quarantined",
        "superseded",
        "unmapped",
    }


def test_the_key_gives_a_row_one_fate(key: list[dict[str, str]]) -> None:
    fates: dict[tuple[str, str, str], set[str]] = {}
    for row in key:
        fates.setdefault((row["feed"], row["file"], row["line"]), set()).add(row["fate"])
    assert all(len(fate) == 1 for fate in fates.values())


def test_a_line_of_the_key_is_the_physical_line(demo: Path, key: list[dict[str, str]]) -> None:
    for row, line in text_lines(demo, key):
        if row["rule"] == "number_ambiguous" and row["feed"] == "lab_west":
            assert '"12,976"' in line
        if row["fate"] == "superseded" and row["feed"] == "lab_west":
            assert ",Final," in line
        if row["note"].startswith("the comment holds a line break"):
            assert line.endswith('"clumps seen,')


def text_lines(demo: Path, key: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], str]]:
    for row in key:
        path = demo / "extracts" / row["feed"] / row["file"]
        if row["feed"] == "lab_west":
            yield row, path.read_text(encoding="utf-8").split("\n")[int(row["line"]) - 1]


def test_every_patient_is_marked_as_invented(demo: Path) -> None:
    path = demo / "extracts" / "registry" / "registry 2021-07.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["Name"].startswith("虚")
            assert row["ID card"].startswith("990")
            assert row["Phone"].startswith("100")
