"""`remit check`: one file against its feed, before it is put among the extracts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.__main__ import main

from .conftest import LAB, lab


@pytest.fixture
def check(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    config = tmp_path / "config.yaml"
    feed = {**LAB, "identifiers": ["Name"]}
    config.write_text(
        yaml.safe_dump({"study": {"id": "S"}, "feeds": {"west": feed}}), encoding="utf-8"
    )

    def checked(content: str | bytes, feed: str = "west") -> tuple[int, str]:
        file = tmp_path / "July 2021.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        command = ["check", str(file), "--feed", feed, "--study", str(root)]
        status = main([*command, "--configfile", str(config)])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return checked


def test_fates_columns_rules_and_unknown_tests_are_told(check) -> None:  # type: ignore[no-untyped-def]
    rows = [
        "p1,Albumin,38,g/L,2020-06-01",
        "p1,Albumin,38,,2020-06-01",
        "p1,Albumn,3,g/L,2020-06-01",
    ]
    text = lab(*rows).replace("Collected", "Collected,Name,Ward").replace("-01\n", "-01,Li,7\n")
    status, told = check(text)
    assert status == 0
    assert "July 2021.csv: 3 rows" in told
    assert "accepted            1" in told
    assert "columns: 5 mapped; not mapped: Ward" in told
    assert "unit_missing: 1\n  line 3: ALB has a number and no unit: as g/L it is 38.0 g/L" in told
    assert "unmapped test 'Albumn': 1; resembles ALB (albumin)" in told


def test_of_many_lines_a_few_are_shown_and_the_others_counted(check) -> None:  # type: ignore[no-untyped-def]
    told = check(lab(*["p1,Albumin,38,,2020-06-01"] * 5))[1]
    assert "unit_missing: 5\n" in told
    assert "  line 4: " in told
    assert "  line 5: " not in told
    assert "  … and 2 more" in told


def test_an_unreadable_file_is_told_with_its_remedy_and_gives_status_1(check) -> None:  # type: ignore[no-untyped-def]
    status, told = check(lab().replace("Unit", "Units"))
    assert status == 1
    assert "did the file's 'Units' replace it?" in told


def test_an_unknown_feed_is_told_with_those_there_are(check) -> None:  # type: ignore[no-untyped-def]
    status, told = check(lab(), feed="east")
    assert status == 1
    assert "has no feed 'east'; it has west" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"encodng": "utf-8"}, "feeds.west: unknown key `encodng`; did you mean `encoding`?"),
        ({"domain": "lab"}, "feeds.west.domain: 'lab' is not one of lb, dm"),
        ({"timezone": "Asia/Beijing"}, "feeds.west.timezone: 'Asia/Beijing' is no IANA time zone"),
        ({"encoding": "gb18O30"}, "feeds.west.encoding: 'gb18O30' is unknown"),
        (
            {"dates": ["dd/mm/yyyy"]},
            "feeds.west.dates: 'dd/mm/yyyy' is not of the form wanted. Such",
        ),
        ({"dates": ["%d/%n/%Y"]}, "feeds.west.dates: '%d/%n/%Y': `%n` is no part of a date"),
        ({"dates": ["%d/%m"]}, "feeds.west.dates: '%d/%m': it has no year"),
    ],
)
def test_a_feed_that_a_run_would_refuse_is_refused_before_the_file_is_read(
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    told: str,
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"study": {"id": "S"}, "feeds": {"west": LAB | change}}))
    command = ["check", "no such file", "--feed", "west", "--study", str(root)]
    assert main([*command, "--configfile", str(config)]) == 1
    assert told in capsys.readouterr().err


def test_a_slip_of_yaml_is_told_with_its_line(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("study:\n  id: S\n feeds: {}\n")
    command = ["check", "no such file", "--feed", "west", "--study", str(root)]
    assert main([*command, "--configfile", str(config)]) == 1
    told = capsys.readouterr().err
    assert "line 3" in told
    assert "Traceback" not in told
