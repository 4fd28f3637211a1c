"""The demo study end to end: the published figures, the fate of every planted fault, privacy."""

import csv
import operator
import re
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import yaml

import remit
from remit.privacy.identifiers import found_in, telling
from tests.workflow.study import ROOT, Study

DEMO = ROOT / "resources/demo"
COMPARISONS = {"<": operator.lt, ">": operator.gt, ">=": operator.ge}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


PUBLISHED = read(DEMO / "published.csv")


def rows_of(study: Study, figure: dict[str, str]) -> list[dict[str, str]]:
    """The rows of a result that a published figure speaks of."""
    conditions = dict(pair.split("=", 1) for pair in figure["filter"].split(";"))
    if figure["table"] == "subjects":
        frame = pl.read_parquet(study / "results/analysis/subjects.parquet")
        rows = [{k: str(v) for k, v in row.items()} for row in frame.to_dicts()]
    else:
        rows = read(study / f"results/statistics/{figure['table']}.csv")
    return [
        row
        for row in rows
        if all(fnmatchcase(row[column], pattern) for column, pattern in conditions.items())
    ]


@pytest.mark.parametrize(
    "figure", PUBLISHED, ids=[f"{f['figure']}-{f['filter']}-{f['column']}" for f in PUBLISHED]
)
def test_the_analysis_gives_the_published_figure(finished: Study, figure: dict[str, str]) -> None:
    rows, printed = rows_of(finished, figure), figure["printed"]
    if figure["table"] == "subjects":
        assert str(len(rows)) == printed
        return
    values = [row[figure["column"]] for row in rows]
    if printed == "rises":
        rates = [float(value) for value in values if value]
        assert len(rates) > 1
        assert all(a <= b for a, b in pairwise(rates))
        assert rates[0] < rates[-1]
        return
    (value,) = values
    if comparison := re.fullmatch(r"(<|>=|>)([\d.]+)", printed):
        assert COMPARISONS[comparison[1]](float(value), float(comparison[2]))
    elif re.fullmatch(r"[\d.]+", printed):
        digits = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
        assert Decimal(value).quantize(digits, ROUND_HALF_UP) == Decimal(printed)
    else:
        assert value == printed


def test_every_planted_fault_has_exactly_its_expected_fate(finished: Study) -> None:
    aside = pl.read_parquet(finished / "results/harmonized/set_aside.parquet")
    place = ("feed", "source_file", "source_line")
    got = {tuple(row[c] for c in place): row["fate"] for row in aside.to_dicts()}
    key = {
        (row["feed"], row["file"], int(row["line"])): row["fate"]
        for row in read(DEMO / "answer_key.csv")
    }
    assert got == {where: fate for where, fate in key.items() if fate != "accepted"}


def test_every_quarantined_row_and_cell_broke_exactly_the_planted_rule(finished: Study) -> None:
    quarantine = read(finished / "results/harmonized/quarantine.csv")
    got = {
        (row["feed"], row["source_file"], row["source_line"], row["rule"], row["column"])
        for row in quarantine
    }
    key = read(DEMO / "answer_key.csv")
    assert got == {
        (row["feed"], row["file"], row["line"], row["rule"], row["column"])
        for row in key
        if row["rule"]
    }


def test_the_accepted_rows_of_the_key_are_used_as_the_key_says(finished: Study) -> None:
    lb = pl.read_parquet(finished / "results/harmonized/lb.parquet")
    used = {(row["SRCFILE"], row["SRCLINE"]): row for row in lb.to_dicts()}
    planted = [row for row in read(DEMO / "answer_key.csv") if row["fate"] == "accepted"]
    assert planted
    for row in planted:
        if row["feed"] not in ("lab_west", "lab_east", "immunology"):
            continue
        result = used[row["file"], int(row["line"])]
        if row["note"].startswith("censored"):
            assert result["LBOPER"] in ("<", "<=", ">", ">="), row


def test_the_ledger_of_every_extract_balances(finished: Study) -> None:
    ledger = read(finished / "results/harmonized/ledger.csv")
    delivered = [p for p in (DEMO / "extracts").rglob("*") if p.is_file()]
    assert len(ledger) == len(delivered)
    for row in ledger:
        fates = list(row)[list(row).index("read") + 1 :]
        assert int(row["read"]) == sum(int(row[fate]) for fate in fates), row
        assert int(row["read"]) > 0


def test_a_second_run_has_nothing_to_do(finished: Study) -> None:
    assert "Nothing to be done" in finished.run()


def test_a_dry_run_writes_nothing(finished: Study, tmp_path: Path) -> None:
    study = finished.copy(tmp_path)
    study.configure(study__on_unreadable="quarantine")

    def files() -> dict[Path, int]:
        snakemakes_own = {"log", "iocache", "locks"}
        return {
            path: path.stat().st_mtime_ns
            for path in tmp_path.rglob("*")
            if path.is_file() and not snakemakes_own & set(path.parts)
        }

    before = files()
    assert study.planned()
    assert files() == before


def test_the_private_folder_is_closed_to_others(finished: Study) -> None:
    assert (finished / "results/private").stat().st_mode & 0o777 == 0o700


def test_snakemakes_own_report_works_without_a_network(finished: Study, tmp_path: Path) -> None:
    study = finished.copy(tmp_path)
    study.run("--report", "snakemake-report.html")
    page = (study / "snakemake-report.html").read_text(encoding="utf-8")
    for category in ("Figures", "Tables", "Report"):
        assert f'"{category}"' in page


@pytest.mark.parametrize(
    "event",
    [
        "severe infection",
        "serious infusion or hypersensitivity reaction",
        "tumour",
        "bone marrow suppression",
    ],
)
def test_no_patient_had_a_feared_event(finished: Study, event: str) -> None:
    (row,) = [
        row for row in read(finished / "results/statistics/safety.csv") if row["term"] == event
    ]
    assert (row["count"], row["denominator"]) == ("0", "10")


def raw_identifiers() -> set[str]:
    """Patient ids, names and numbers of the demo extracts, read without Remit's own readers."""
    feeds = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["feeds"]
    found: set[str] = set()
    for feed, block in feeds.items():
        headers = {block["columns"]["SUBJID"], *block["identifiers"]}
        for path in (DEMO / "extracts" / feed).rglob("*.*"):
            if path.suffix == ".xlsx":
                sheet = openpyxl.load_workbook(path)[block["sheet"]]
                rows = [[str(cell or "") for cell in row] for row in sheet.values]
            else:
                text = path.read_text(encoding=block.get("encoding", "utf-8")).removeprefix(
                    "\ufeff"
                )
                rows = list(csv.reader(text.splitlines(), delimiter=block["delimiter"]))
            top = next(i for i, row in enumerate(rows) if headers <= set(row))
            places = [rows[top].index(header) for header in headers]
            found |= {row[p] for row in rows[top + 1 :] for p in places if len(row) > p}
    return found


def test_no_identifier_is_outside_the_private_folder(finished: Study) -> None:
    identifiers = telling(raw_identifiers())
    assert len(identifiers) > 30
    outside = [
        path
        for top in ("results", ".snakemake")
        for path in sorted((finished / top).rglob("*"))
        if path.is_file() and "private" not in path.parts
    ]
    assert len(outside) > 100
    assert found_in(identifiers, outside).is_empty()
    private = [path for path in (finished / "results/private").rglob("*") if path.is_file()]
    assert not found_in(identifiers, private).is_empty(), "the search itself does not work"


def test_a_notebook_reads_the_finished_study(finished: Study) -> None:
    study = remit.read_study(finished.folder)
    paired = study.table("paired").filter(PARAMCD="UPCR", AVISIT="Month 4")
    assert paired["base_mean"].round(2).item() == 5.49
    visits = study.result("analysis/visits.parquet")
    own = visits.filter(PARAMCD="UPCR", AVISIT="Month 4", ANL01FL="Y")
    members = study.result("analysis/subjects.parquet").filter(EFFFL="Y")
    own = own.join(members, on="USUBJID", how="semi").sort("USUBJID")
    card = remit.paired(own["BASE"], own["AVAL"], test="paired_t")
    assert card.filter(statistic="p_t")["value"].item() == paired["p_t"].item()
