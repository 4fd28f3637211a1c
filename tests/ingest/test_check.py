"""`remit check`: one file against its feed, before it is put among the extracts."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.__main__ import main
from remit.commands.check import report
from remit.ingest.dictionaries import Dictionaries

from .conftest import LAB, Run, lab


@pytest.fixture
def check(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    config = tmp_path / "config.yaml"
    feed = {**LAB, "identifiers": ["Name"]}
    config.write_text(
        yaml.safe_dump({"study": {"id": "S"}, "feeds": {"west": feed}}), encoding="utf-8"
    )

    def checked(content: str | bytes, feed: str = "west", *options: str) -> tuple[int, str]:
        file = tmp_path / "July 2021.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        command = ["check", str(file), "--feed", feed, "--study", str(root), *options]
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


@pytest.mark.parametrize("there", ["Unit", "unit (SI)", "Unit [UCUM]"])
def test_a_header_that_differs_by_what_is_in_brackets_is_named(run: Run, there: str) -> None:
    found = run(lab().replace("Unit", there), columns={**LAB["columns"], "LBORRESU": "Unit (SI)"})  # type: ignore[dict-item]
    assert f"did the file's {there!r} replace it?" in found.ledger["message"][0]


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


def test_readings_are_shown_at_their_ends_with_every_word_and_conversion(check) -> None:  # type: ignore[no-untyped-def]
    rows = [
        "p1,Albumin,3.8,g/dL,2020-06-03",
        "p1,Albumin,2.9,g/dL,2020-06-01",
        "p2,Albumin,41,g/L,2020-06-02",
        "p1,Anti-dsDNA,<10,IU/mL,2020-06-01",
    ]
    told = check(lab(*rows))[1]
    assert (
        "LBDTC: first '2020-06-03' as 2020-06-03 (line 2); "
        "smallest '2020-06-01' as 2020-06-01 (line 3)"
    ) in told
    assert (
        "ALB, in g/L: first '3.8 g/dL' as 38 (line 2); smallest '2.9 g/dL' as 29 (line 3); "
        "largest '41 g/L' as 41 (line 4)"
    ) in told
    assert "  ALB: g/dL × 10 = g/L\n  ALB: g/L × 1 = g/L\n" in told
    assert "  DSDNA: '<10' as <10\n" in told


def test_what_became_of_every_row_is_written_when_asked_for(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [
        "p1,Albumin,3.8,g/dL,2020-06-03",
        "p2,Albumin,38,,2020-31-31",
        "p3,Albumn,3,g/L,2020-06-01",
        "p4,Albumin,=1+1,g/L,2020-06-01",
    ]
    check(lab(*rows), "west", "--rows", str(tmp_path / "rows.csv"))
    written = pl.read_csv(tmp_path / "rows.csv", infer_schema=False)
    shown = ["source_file", "source_line", "fate", "rule", "column", "SUBJID"]
    assert written.select(shown).rows() == [
        ("July 2021.csv", "2", "accepted", None, None, "p1"),
        (
            "July 2021.csv",
            "3",
            "quarantined",
            "date_impossible;unit_missing",
            "LBDTC;LBORRESU",
            "p2",
        ),
        ("July 2021.csv", "4", "unmapped", None, None, "p3"),
        ("July 2021.csv", "5", "quarantined", "result_unreadable", "LBORRES", "p4"),
    ]
    assert written.select("LBTESTCD", "LBORRES", "LBSTRESN", "LBSTRESU", "LBDTC").rows()[0] == (
        "ALB", "3.8", "38.0", "g/L", "2020-06-03",
    )  # fmt: skip
    assert written["LBORRES"][3] == "'=1+1"


def test_a_terminal_is_told_nothing_that_it_would_obey(check) -> None:  # type: ignore[no-untyped-def]
    told = check(lab("p1,\x1b[2JAlbumin,3,g/L,2020-06-01", "p1,Albumin,\u202e3.1,g/L,2020-06-01"))[
        1
    ]
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "[2JAlbumin'" in told

    assert "unmapped test '\\x1b[2JAlbumin'" in told


def test_a_name_that_a_run_would_pass_over_is_told(root: Path, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    config = tmp_path / "config.yaml"
    plan = {"study": {"id": "S"}, "feeds": {"west": LAB | {"files": "*.txt"}}}
    config.write_text(yaml.safe_dump(plan))
    for name, told in (("a.csv", True), ("a.TXT", False)):
        file = tmp_path / name
        file.write_text(lab("p1,Albumin,38,g/L,2020-06-01"))
        command = ["check", str(file), "--feed", "west", "--study", str(root)]
        assert main([*command, "--configfile", str(config)]) == 0
        assert ("a run would leave it aside" in capsys.readouterr().out) == told


def test_dates_of_another_form_are_told_once_with_one_that_fits(
    run: Run, known: Dictionaries
) -> None:
    feed = {
        "columns": {**LAB["columns"], "LBRPTDTC": "Reported"},  # type: ignore[dict-item]
        "dates": ["%d/%m/%Y"],
    }
    text = lab("p1,Albumin,38,g/L,29.01.2022,29.01.2022", "p1,Albumin,38,g/L,05.01.2022,x")
    found = run(text.replace("Collected", "Collected,Reported"), **feed)
    told = list(report(found, {**LAB, **feed}, known))
    assert sum("line 2: 29.01.2022 is no date in any declared format" in line for line in told) == 1
    assert "LBDTC: `dates` declares %d/%m/%Y; what fits all values is %d.%m.%Y" in told
    assert (
        "LBRPTDTC: `dates` declares %d/%m/%Y; what fits all values but 1 of 2 different ones is %d.%m.%Y"
        in told
    )
    assert not any("declare the feed" in line or "e.g. %d" in line for line in told)
