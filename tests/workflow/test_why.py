"""Every number walks back to the lines it was read from, and the lines give the number."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import polars as pl
import pytest

from remit import trace, why
from remit.__main__ import main
from remit.commands.study import Study as Results
from remit.labels import labels
from remit.statistics.ard import KEYS, TABLES
from remit.tables import TABLES as SHOWN
from remit.wide import typed
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
    data, dictionaries = results.data(), results.dictionaries()
    ledger = pl.read_csv(results.results / "ingested/ledger.csv")
    read = ledger.select(SRCFILE="source_file", SRCSHA="source_sha256")
    tried = 0
    for row in rows(ard):
        found = why.records(row, data, results.plan)
        lines = why.sources(found, data, results.plan, dictionaries)
        assert lines["SRCLINE"].null_count() == 0, row
        assert lines.join(read, on=["SRCFILE", "SRCSHA"], how="anti").is_empty(), row
        assert lines["ROWID"].n_unique() == found["ROWID"].n_unique(), row
        if row["value"] and row["statistic"] in ("n", "count", "denominator"):
            assert found.height, row
        tried += 1
    assert tried > 500


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


def test_the_links_of_the_report_lead_to_the_same_records(results: Results) -> None:
    data, plan = results.data(), results.plan
    say = labels(pl.read_csv(results.folder / "resources/labels.csv", infer_schema=False), "en")
    queries = set()
    for name, build in SHOWN.items():
        wide = pl.read_csv(results.results / f"statistics/{name}.csv", infer_schema=False)
        table = build(typed(wide), plan["tables"] | {"note": ""}, say)
        queries |= {cell.records for row in table.rows for cell in row.values() if cell.records}
    told, positions = trace.trace(queries, data)
    compared = 0
    for query in sorted(queries):
        row = row_of(query, data)
        if row is None:
            continue
        linked = {(told[i][0], *told[i][-2:]) for i in positions[query]}
        found = why.records(row, data, plan)
        if row["table"] == "response":
            found = found.filter(pl.col("ROLE") != "baseline")
        lines = why.sources(found, data, plan, results.dictionaries()).filter(
            pl.col("SRCROW") == pl.col("ROWID")
        )
        assert linked == set(lines.select("USUBJID", "SRCFILE", "SRCLINE").iter_rows()), query
        compared += 1
    assert compared > 200


def row_of(query: str, data: dict[str, pl.DataFrame]) -> dict[str, Any] | None:
    """The statistic that a link of the report speaks of; None for what it does not link yet."""
    name, _, conditions = query.partition("?")
    said = dict(parse_qsl(conditions))
    row: dict[str, Any] = dict.fromkeys(KEYS) | {"statistic": "count"}
    if name == "pairs":
        return row | {"table": "paired"} | said
    if name == "baseline":
        measured = said["PARAMCD"] not in data["subjects"].columns
        return row | {"table": "baseline"} | said if measured else None
    if name == "responses":
        if "AVISIT" not in said:
            return None
        keys = {"definition": said["DEFID"], "AVISIT": said["AVISIT"], "rule": "observed"}
        levels = {"category": said.get("AVALC", "").replace("|", "+") or None}
        return row | {"table": "response"} | keys | levels
    kinds = {"AREL": "related", "AESER": "serious", "AESI": "aesi", "AEBODSYS": "soc"}
    kind = next((key for key in said if key != "TRTEMFL"), None)
    if kind == "AEDECOD":
        (soc,) = data["adverse_events"].filter(AEDECOD=said[kind])["AEBODSYS"].unique()
        return row | {"table": "safety", "category": "pt", "soc": soc, "term": said[kind]}
    return row | {
        "table": "safety",
        "category": kinds[kind] if kind else "any",
        "term": said[kind] if kind else None,
    }


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
