"""What a data manager sees when an input is wrong: one clear message, and nothing lost."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.study import Study

EXTRACTS = "resources/demo/extracts"
Change = Callable[[Study], None]


def first(study: Study, feed: str) -> Path:
    return sorted((study / EXTRACTS / feed).iterdir())[0]


def a_mapped_column_is_missing(study: Study) -> None:
    path = first(study, "lab_west")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Collected", "Drawn at", 1), encoding="utf-8")


def a_truncated_spreadsheet(study: Study) -> None:
    path = first(study, "immunology")
    path.write_bytes(path.read_bytes()[:2000])


def an_empty_file(study: Study) -> None:
    first(study, "lab_west").write_bytes(b"")


def an_unknown_encoding(study: Study) -> None:
    path = first(study, "lab_east")
    path.write_bytes(path.read_text(encoding="gb18030").encode("utf-16"))


def dates_of_another_form(study: Study) -> None:
    for path in (study / EXTRACTS / "lab_west").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\b(20\d\d)-(\d\d)-(\d\d)", r"\3.\2.\1", text), encoding="utf-8")


def a_typo_in_the_config(study: Study) -> None:
    study.configure(study__on_unreadabel="stop")


def a_key_that_stands_twice(study: Study) -> None:
    study.edit("config.yaml", "\nfeeds:\n", "  language: en\n  language: zh\n\nfeeds:\n")


def an_unquoted_date(study: Study) -> None:
    study.edit("config.yaml", "\nfeeds:\n", "  cutoff: 2021-12-31\n\nfeeds:\n")


def names_that_nothing_has(study: Study) -> None:
    study.edit("config.yaml", "    HGB: {test: paired_t}", "    HBG: {test: paired_t}")
    study.configure(figures__before_after__visit="Mont 4", statistics__primary="UPRC")


def a_definition_that_does_not_exist(study: Study) -> None:
    study.configure(responses__definitions=["cn19", "kdigo42"])


def two_overlapping_windows(study: Study) -> None:
    table = [
        {"name": "Month 1", "number": 1, "target": 29, "low": 2, "high": 43},
        {"name": "Month 2", "number": 2, "target": 57, "low": 40, "high": 71},
    ]
    study.configure(visits__windows={"table": table}, statistics__visits=["Month 1", "Month 2"])


def a_gap_between_windows(study: Study) -> None:
    table = [
        {"name": "Month 1", "number": 1, "target": 29, "low": 2, "high": 43},
        {"name": "Month 2", "number": 2, "target": 57, "low": 50, "high": 71},
    ]
    study.configure(visits__windows={"table": table}, statistics__visits=["Month 1", "Month 2"])


def a_feed_without_its_folder(study: Study) -> None:
    (study / EXTRACTS / "events").rename(study / EXTRACTS / "event")


def a_pipe_among_the_extracts(study: Study) -> None:
    os.mkfifo(study / EXTRACTS / "lab_west/pipe.csv")


def aliases_of_aliases(study: Study) -> None:
    with (study / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("a0: &a0 [x, x, x]\n")
        for n in range(1, 20):
            config.write(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (a_mapped_column_is_missing, ["west 2020-06.csv", "'Collected'", "LBDTC", "columns"]),
        (a_truncated_spreadsheet, ["immunology 2020 H2.xlsx", "damaged"]),
        (an_empty_file, ["west 2020-06.csv", "empty"]),
        (an_unknown_encoding, ["东院检验 2020年07月.csv", "gb18030", "encoding"]),
        (
            dates_of_another_form,
            ["feeds.lab_west: none of its", "date_", "LBDTC", "%d.%m.%Y %H:%M"],
        ),
        (
            a_typo_in_the_config,
            ["study: unknown key `on_unreadabel`", "did you mean `on_unreadable`"],
        ),
        (a_key_that_stands_twice, ["config.yaml, line", "`language` stands twice"]),
        (an_unquoted_date, ["study.cutoff", "write a date in quotes"]),
        (
            names_that_nothing_has,
            [
                *("statistics.parameters: `HBG`", "did you mean `HGB`"),
                *("figures.before_after.visit: `Mont 4`", "did you mean `Month 4`"),
                "statistics.primary: 'UPRC' is not among",
            ],
        ),
        (a_definition_that_does_not_exist, ["`kdigo42`", "did you mean `kdigo24`"]),
        (two_overlapping_windows, ["Month 2", "overlaps", "Month 1"]),
        (a_gap_between_windows, ["days 44 to 49 belong to no visit"]),
        (a_pipe_among_the_extracts, ["lab_west/pipe.csv' is no file", "Take it away"]),
        (aliases_of_aliases, ["config.yaml, line", "unfolds to more than 100000 values"]),
        (a_feed_without_its_folder, ["feeds.events: there is no folder"]),
    ],
)
def test_wrong_input_is_one_clear_message_and_leaves_the_earlier_results(
    study: Study, contents: Callable[[Study], dict[str, bytes]], change: Change, said: list[str]
) -> None:
    def results() -> dict[str, bytes]:
        stages = ("statistics", "tables", "figures", "report")
        return {p: b for p, b in contents(study).items() if p.split("/")[1] in stages}

    before = results()
    assert before
    change(study)
    done = study.snakemake()
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    for words in said:
        assert words in printed, printed[-3000:]
    assert "Traceback" not in printed
    assert results() == before


def test_the_plan_may_go_on_without_an_unreadable_file(study: Study) -> None:
    an_empty_file(study)
    study.configure(study__on_unreadable="quarantine")
    study.run("--until", "harmonize")
    ledger = (study / "results/ingested/ledger.csv").read_text(encoding="utf-8")
    assert ledger.count(",unreadable,") == 1
