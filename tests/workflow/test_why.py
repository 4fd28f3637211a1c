"""Every number walks back to the lines it was read from, and the lines give the number."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import polars as pl
import pytest

from remit.__main__ import main
from remit.commands.study import Study as Results
from remit.lineage import why
from remit.schemas.catalogue import KEYS, TABLES
from remit.schemas.wide_tables import typed
from remit.tables.of_checks import regression
from remit.tables.of_statistics import TABLES as SHOWN
from remit.tables.table import Cell
from remit.words.labels import labels_in
from remit.words.numbers import MISSING, number
from tests.workflow.study import Study

#: Their statistics are one choice among several over the same records.
SAME_RECORDS = {"sensitivity": "paired"}


@pytest.fixture(scope="module")
def results(finished: Study) -> Results:
    return Results(finished.folder, finished / "config.yaml")


@pytest.fixture(scope="module")
def ard(results: Results) -> pl.DataFrame:
    return results.result("statistics/ard.parquet")


def rows(ard: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """One statistic for each set of records that statistics speak of."""
    counted = pl.col("statistic").is_in(["count", "denominator"])
    of_counts = pl.when(counted).then("statistic").otherwise(pl.lit("other"))
    kept = ard.filter(~pl.col("table").is_in(list(SAME_RECORDS)))
    yield from kept.unique(["table", *KEYS, of_counts], maintain_order=True).iter_rows(named=True)


def test_every_statistic_has_lines_and_every_line_is_one_of_an_extract(
    results: Results, ard: pl.DataFrame
) -> None:
    data, every = results.data(), []
    for row in rows(ard):
        every.append(why.records(row, data, results.plan))
        if row["value"] and row["statistic"] in ("n", "count", "denominator"):
            assert every[-1].height, row
    assert len(every) > 500
    found = pl.concat(every).unique()
    lines = why.sources(found, data, results.plan, results.dictionaries())
    ledger = pl.read_csv(results.results / "ingested/ledger.csv")
    read = ledger.select(SRCFILE="source_file", SRCSHA="source_sha256")
    assert lines["SRCLINE"].null_count() == 0
    assert lines.join(read, on=["SRCFILE", "SRCSHA"], how="anti").is_empty()
    assert set(lines["ROWID"]) == set(found["ROWID"])


def test_the_lines_of_a_comparison_give_its_numbers_again(
    results: Results, ard: pl.DataFrame
) -> None:
    data = results.data()
    wanted = ard.filter(table="paired", statistic="n").filter(pl.col("value") > 0)
    assert wanted.height > 100
    for row in wanted.iter_rows(named=True):
        found = why.records(row, data, results.plan)
        keys = {key: row[key] for key in ("PARAMCD", "AVISIT")}
        told = {r["statistic"]: r["value"] for r in ard.filter(table="paired", **keys).to_dicts()}
        for role, name in (("baseline", "base_mean"), ("visit", "visit_mean")):
            values = found.filter(ROLE=role)
            assert values["USUBJID"].n_unique() == values.height == row["value"]
            assert values["AVAL"].mean() == pytest.approx(told[name], rel=1e-12)


def test_who_is_counted_is_who_has_lines(results: Results, ard: pl.DataFrame) -> None:
    data = results.data()
    counts = ard.filter(pl.col("table").is_in(["response", "safety"]), statistic="count")
    for row in counts.iter_rows(named=True):
        found = why.records(row, data, results.plan)
        assert found["USUBJID"].n_unique() == row["value"], row


@dataclass
class Page:
    """The report as a reader has it: its tables, and the lines that its links show."""

    cells: dict[str, list[dict[str, Cell]]]
    text: str
    trace: dict[str, Any]


@pytest.fixture(scope="module")
def page(results: Results) -> Page:
    """The report of the demo, and the cells that its tables were printed from."""
    text = (results.results / "report/report.html").read_text(encoding="utf-8")
    data = re.search('(?s)<script type="application/json" id="data">(.*?)</script>', text)
    assert data is not None
    say = labels_in("en")
    tables = {}
    for name, build in [*SHOWN.items(), ("regression_to_mean", regression)]:
        wide = pl.read_csv(results.results / f"statistics/{name}.csv", infer_schema=False)
        tables[name] = build(
            typed(wide),
            results.plan["tables"]
            | {"note": "", "conf_level": 0.95}
            | {key: results.plan[key] for key in ("categories", "collected", "dosing")},
            say,
        ).rows
    return Page(tables, text, json.loads(data[1])["trace"])


#: Columns of the tables that name a row, or say in words what was done.
NAMING = {*("what", "group", "visit", "event", "test", "parameter", "role")}


def test_every_number_of_the_tables_has_a_link(page: Page) -> None:
    linked = {unescape(query) for query in re.findall('data-records="([^"]*)"', page.text)}
    for name, rows in page.cells.items():
        for row in rows:
            for column, cell in row.items():
                if column in NAMING or cell.text == MISSING:
                    continue
                if column == "could_respond":
                    continue  # what was never measured stands in no record
                counts = name in ("baseline", "response", "safety")
                nobody = counts and _counted_nobody(row, column)
                assert (cell.records in linked) != nobody, (name, column, cell)


def _counted_nobody(row: dict[str, Cell], column: str) -> bool:
    shares = row if "share" not in row else {column: row["share"]}
    return shares[column].text.startswith("0 (")


def test_the_links_of_the_report_show_what_remit_why_shows(
    results: Results, ard: pl.DataFrame, page: Page
) -> None:
    data, dictionaries = results.data(), results.dictionaries()
    place = {name: at for at, name in enumerate(page.trace["fields"])}
    columns = [place[name] for name in ("USUBJID", "SAID", "SRCFILE", "SRCLINE", "SRCSHA")]
    assert len(page.trace["positions"]) > 400
    for query, positions in page.trace["positions"].items():
        table, _, conditions = query.partition("?")
        *words, (_, statistic) = parse_qsl(conditions)
        named = [[word for _, word in words]]
        if table == "sensitivity":  # counts over all visits
            named = [[*named[0], visit] for visit in results.plan["statistics"]["visits"]]
        found = [
            why.records(why.find(ard, table, each, statistic), data, results.plan) for each in named
        ]
        lines = why.sources(
            pl.concat(found).unique(), data, results.plan, dictionaries
        ).with_columns(pl.col("SRCSHA").str.slice(0, 12), SAID=why.said())
        told = lines.select("USUBJID", "SAID", "SRCFILE", "SRCLINE", "SRCSHA").rows()
        shown = [page.trace["records"][at] for at in positions]
        assert {tuple(record[at] for at in columns) for record in shown} == set(told), query


#: What each column of a table prints of the statistics of its row.
PRINTED = {
    "paired": {"n": "n", "baseline": "base_mean", "value": "visit_mean", "change": "estimate"},
    "response": {"n": "denominator", "CR": "count", "PR": "count", "CR+PR": "count", "NR": "count"},
    "time_to_event": {"n": "n", "events": "events", "median": "median"},
    "exposure": {"SAFFL": "median", "EFFFL": "median"},
    "safety": {"share": "count", "events": "events", "rate": "rate", "event_rate": "event_rate"},
    "baseline": {"SAFFL": "mean", "EFFFL": "mean"},
    "regression_to_mean": {"repeated": "n_repeated", "final": "final_change"},
}


def test_a_link_names_the_statistic_that_its_cell_prints(ard: pl.DataFrame, page: Page) -> None:
    compared = dict.fromkeys(PRINTED, 0)
    for name, rows in page.cells.items():
        for row in rows:
            for column, statistic in PRINTED[name].items():
                cell = row.get(column)
                if cell is None or not cell.records or cell.text == MISSING:
                    continue
                *words, (_, linked) = parse_qsl(cell.records.partition("?")[2])
                named = "count" if (name, linked) == ("baseline", "count") else statistic
                value = why.find(ard, name, [word for _, word in words], named)["value"]
                (printed,) = re.findall(r"^\u2212?[0-9.]+", cell.text)
                decimals = len(printed.partition(".")[2])
                assert printed == number(value, decimals), (name, column, cell)
                compared[name] += 1
    assert all(compared.values()), compared


def test_the_command_prints_statistic_value_and_line(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["why", "paired", "upcr", "month 4", "base_mean", "--study", str(results.folder)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "base_mean = 5.48" in said
    assert "14 records of 7 subjects, 14 lines of extracts" in said
    assert "1972 mg/g × 0.001 = 1.972 g/g{creat}" in said
    assert "lab_west/west 2020-12.csv, line 13" in said
    assert main([*asked, "--csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 15


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["paird", "UPCR", "n"], "there is no table 'paird'"),
        (["paired", "UPCRR", "n"], "nothing is called 'UPCRR'; PARAMCD: ALB, C3"),
        (["paired", "UPCR", "n"], "10 rows are so named; AVISIT: End of follow-up, Month 1"),
        (["paired", "UPCR", "Month 4", "mean"], "there is no statistic 'mean'; it has n, n_elig"),
    ],
)
def test_a_question_that_names_nothing_is_told_what_there_is(
    results: Results, capsys: pytest.CaptureFixture[str], asked: list[str], answer: str
) -> None:
    assert main(["why", *asked, "--study", str(results.folder)]) == 1
    assert answer in capsys.readouterr().err


def test_every_table_of_the_results_can_be_asked_about() -> None:
    assert set(why._TABLES) == set(TABLES)
