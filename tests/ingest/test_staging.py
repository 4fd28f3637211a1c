"""A feed filters, joins, builds and unpivots what a file has; each row and cell keeps a fate."""

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from remit.errors import RemitError
from remit.ingest import Ingested, SourceFile, ingest
from remit.ingest.dictionaries import Dictionaries
from remit.plan.config import check_feed

from .conftest import KEY, Run, lab

WIDE = {"columns": {"SUBJID": "id", "LBDTC": "date"}}


def message(found: Ingested) -> str:
    return str(found.ledger["message"].item())


def results(found: Ingested, *columns: str) -> list[tuple[Any, ...]]:
    return found.accepted.select(columns or ("LBTESTCD", "LBORRES", "LBDTC")).rows()


def test_a_test_has_its_own_date_unit_and_range_beside_it(run: Run) -> None:
    found = run(
        "id,cr,cr_date,cr_unit,cr_range,cr_m6,cr_m6_date\n"
        "P1,80,2020-01-01,umol/L,45-84,1.2,2020-07-03\n"
        "P2,90,2020-01-02,umol/L,45-84,,\n",
        columns={"SUBJID": "id"},
        tests=[
            {
                "column": "cr",
                "LBTEST": "Creatinine",
                "LBDTC": {"column": "cr_date"},
                "LBORRESU": {"column": "cr_unit"},
                "LBORNR": {"column": "cr_range"},
            },
            {
                "column": "cr_m6",
                "LBTEST": "Creatinine",
                "LBDTC": {"column": "cr_m6_date"},
                "LBORRESU": "mg/dL",
                "VISIT": "month 6",
            },
        ],
    )
    assert results(found, "LBORRES", "LBORRESU", "LBDTC", "LBNRIND", "VISIT") == [
        ("80", "umol/L", "2020-01-01", "NORMAL", None),
        ("1.2", "mg/dL", "2020-07-03", None, "month 6"),
        ("90", "umol/L", "2020-01-02", "HIGH", None),
    ]


def test_dates_as_headings_are_the_dates_of_their_columns(run: Run) -> None:
    found = run(
        "id,test,unit,01.06.2020,15.06.2020,Comment\n"
        "P1,Albumin,g/L,38,41,fasting\n"
        "P1,Creatinine,umol/L,,77,\n",
        columns={"SUBJID": "id", "LBTEST": "test", "LBORRESU": "unit"},
        tests=[{"headings": r"(?P<LBDTC>\d\d\.\d\d\.\d{4})"}],
        dates=["%d.%m.%Y"],
    )
    assert results(found) == [
        ("ALB", "38", "2020-06-01"),
        ("ALB", "41", "2020-06-15"),
        ("SCR", "77", "2020-06-15"),
    ]


def test_a_heading_names_the_test_the_visit_and_the_columns_that_belong_to_it(run: Run) -> None:
    found = run(
        "id,Albumin V1,Albumin V1 date,Albumin V2,Albumin V2 date\n"
        "P1,38,2020-06-01,41,2020-07-01\n",
        columns={"SUBJID": "id"},
        tests=[
            {
                "headings": r"(?P<LBTEST>\w+) (?P<VISIT>V\d)",
                "LBDTC": {"column": "{heading} date"},
                "LBORRESU": "g/L",
            }
        ],
    )
    assert results(found, "LBTESTCD", "LBORRES", "LBDTC", "VISIT") == [
        ("ALB", "38", "2020-06-01", "V1"),
        ("ALB", "41", "2020-07-01", "V2"),
    ]
    lacking = run(
        "id,Albumin V1\nP1,38\n",
        columns={"SUBJID": "id"},
        tests=[{"headings": r"(?P<LBTEST>\w+) V\d", "LBDTC": {"column": "{heading} date"}}],
    )
    assert "the header lacks 'Albumin V1 date'" in message(lacking)
    none = run("id,x\nP1,38\n", columns={"SUBJID": "id"}, tests=[{"headings": r"V\d"}])
    assert none.ledger["status"].item() == "unreadable"


def test_a_part_that_is_not_in_the_cell_is_no_result(run: Run) -> None:
    found = run(
        "id,date,bp\nP1,2020-06-01,120/80\nP2,2020-06-01,120\n",
        **WIDE,
        tests=[
            {"column": "bp", "part": r"^(\d+)/", "LBTEST": "SYSBP", "LBORRESU": "mmHg"},
            {"column": "bp", "part": r"/(\d+)$", "LBTEST": "DIABP", "LBORRESU": "mmHg"},
        ],
    )
    assert results(found, "LBTESTCD", "LBORRES") == [("SYSBP", "120"), ("DIABP", "80")]
    assert found.quarantine["message"].to_list() == [
        r"not understood: the pattern ^(\d+)/ is not in 120",
        r"not understood: the pattern /(\d+)$ is not in 120",
    ]


def test_a_line_without_any_result_is_counted(run: Run) -> None:
    tests = [{"column": "alb", "LBTEST": "Albumin", "LBORRESU": "g/L"}]
    found = run("id,date,alb\nP1,2020-06-01,38\nP2,2020-06-01,\nP3,,n/a\n", **WIDE, tests=tests,
                missing=["n/a"])  # fmt: skip
    assert found.ledger["read"].item() == 1
    assert message(found) == "left aside: 2 lines without any result"
    empty = run("id,date,alb\nP2,2020-06-01,\n", **WIDE, tests=tests)
    assert empty.ledger["status"].item() == "unreadable"


def test_a_test_has_codes_of_its_own(run: Run) -> None:
    found = run(
        "id,date,ana,alb\nP1,2020-06-01,1,1\n",
        **WIDE,
        tests=[
            {"column": "ana", "LBTEST": "ANA", "codes": {"1": "1:80"}},
            {"column": "alb", "LBTEST": "Albumin", "LBORRESU": "g/dL"},
        ],
    )
    assert results(found, "LBTESTCD", "LBORRES") == [("ANA", "1:80"), ("ALB", "1")]


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        ({"Test": "Albumin"}, [2, 4]),
        ({"LBTEST": ["Albumin", "Creatinine"]}, [2, 3, 4]),
        ({"Test": {"not": "Albumin"}}, [3]),
        ({"MRN": {"matches": "^p1$"}, "Test": "Albumin"}, [2]),
        ({"Collected": ["", "2020-06-01"]}, [2, 3, 4]),
    ],
)
def test_where_keeps_the_rows_it_names_and_counts_the_others(
    run: Run, where: dict[str, Any], lines: list[int]
) -> None:
    rows = ["p1,Albumin,38,g/L,2020-06-01", "p1,Creatinine,80,umol/L,2020-06-01"]
    content = lab(*rows, "p2,Albumin,41,g/L,2020-06-01")
    found = run(content, where=where)
    assert found.accepted["SRCLINE"].to_list() == lines
    assert found.ledger.select("read", "filtered").row(0) == (3, 3 - len(lines))


def test_a_torn_line_is_told_whatever_where_says(run: Run) -> None:
    found = run(lab("p1,Albumin", "p1,Creatinine,1,g/L,2020"), where={"Test": "Albumin"})
    assert found.quarantine["rule"].to_list() == ["row_ragged"]


def test_a_name_that_is_no_header_is_told(run: Run) -> None:
    found = run(lab("p1,Albumin,38,g/L,2020-06-01"), where={"Tset": "Albumin"})
    assert "'Tset'" in message(found)


def test_a_second_file_is_joined_and_misses_are_counted(
    tmp_path: Path, known: Dictionaries
) -> None:
    (tmp_path / "results.csv").write_text(
        "sample,code,value\nS1,A,38\nS2,A,41\nS9,A,40\nS1,B,80\n", encoding="utf-8"
    )
    (tmp_path / "samples.csv").write_text(
        "Sample no;Patient;Drawn\nS1;P1;01.06.2020\nS2;P2;02.06.2020\n", encoding="utf-8"
    )
    catalogue = tmp_path / "catalogue.csv"
    catalogue.write_text("Code,Name,Unit\nA,Albumin,g/L\nB,Creatinine,umol/L\n", encoding="utf-8")
    feed = {
        "domain": "lb",
        "format": "csv",
        "columns": {"LBORRES": "value"},
        "join": [
            {
                "file": "samples*.csv",
                "by": {"sample": "Sample no"},
                "columns": {"SUBJID": "Patient", "LBDTC": "Drawn"},
            },
            {
                "dictionary": str(catalogue),
                "by": {"code": "Code"},
                "columns": {"LBTEST": "Name", "LBORRESU": "Unit"},
            },
        ],
        "dates": ["%d.%m.%Y"],
    }
    files = [SourceFile(path.name, path) for path in tmp_path.glob("*s.csv")]
    found = ingest(files, "f", "d", feed, known, KEY, "S")
    assert results(found) == [
        ("ALB", "38", "2020-06-01"),
        ("ALB", "41", "2020-06-02"),
        ("SCR", "80", "2020-06-01"),
    ]
    assert found.ledger["source_file"].to_list() == ["results.csv"]
    assert message(found) == "1 rows without a partner in samples*.csv"
    assert found.quarantine["rule"].to_list() == ["date_missing", "subject_missing"]
    (tmp_path / "samples.csv").write_text("Sample no;Patient;Drawn\nS1;P1;x\nS1;P2;x\n")
    twice = ingest(files, "f", "d", feed, known, KEY, "S")
    assert "samples*.csv has Sample no more than once" in message(twice)
    results_only = [file for file in files if file.name == "results.csv"]
    alone = ingest(results_only, "f", "d", feed, known, KEY, "S")
    assert "samples*.csv, which the feed joins, is not there" in message(alone)


def test_a_constant_builds_a_key_and_an_empty_cell_builds_none(run: Run) -> None:
    feed = {
        "columns": {
            "LBTEST": "Test",
            "LBORRES": "Result",
            "LBORRESU": "Unit",
            "LBDTC": "Collected",
        },
        "constants": {"SUBJID": "A-{MRN}"},
    }
    rows = [f"{number},Albumin,38,g/L,2020-06-01" for number in ("007", "", "n/a")]
    found = run(lab(*rows), missing=["n/a"], **feed)
    assert found.identities["SUBJID"].to_list() == ["A-007"]
    assert found.quarantine["rule"].to_list() == ["subject_missing", "subject_missing"]
    unit = run(
        "id,date,upcr\nP1,2020-06-01,1.2\n",
        columns={"SUBJID": "id", "LBDTC": "date", "LBORRES": "upcr"},
        constants={"LBTEST": "UPCR", "LBORRESU": "g/g{creat}"},
    )
    assert unit.accepted["LBORRESU"].to_list() == ["g/g{creat}"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"where": {"x": {"matches": "("}}}, "feeds.f.where.x: '(' is no regular expression"),
        ({"where": {"x": [True]}}, "write numbers and yes in quotes"),
        ({"tests": [{"column": "x", "part": "["}]}, "feeds.f.tests.0.part: '[' is no regular"),
        ({"tests": [{"LBTEST": "ALB"}]}, "a test has either `column` or `headings`"),
        ({"tests": [{"column": "x", "LBDTC": {"col": "y"}}]}, "such as {column: HEADER}"),
        (
            {"join": [{"file": "s.csv", "by": {"a": "b"}, "columns": {"SUBJID": "p"}}]},
            "feeds.f.join.0.columns: SUBJID is mapped in the feed's `columns`, too",
        ),
        (
            {"join": [{"by": {"a": "b"}, "columns": {"VISIT": "p"}}]},
            "a table is joined from either `file`, `dictionary` or `sheet`",
        ),
    ],
)
def test_a_feed_s_staging_is_checked_before_any_data_is_read(
    wrong: dict[str, Any], said: str
) -> None:
    feed = {"domain": "lb", "columns": {"SUBJID": "id", "LBORRES": "r"}} | wrong
    with pytest.raises(RemitError, match=re.escape(said)):
        check_feed("f", feed)


def test_every_example_of_the_page_is_a_feed_the_config_allows(root: Path) -> None:
    page = (root / "docs/reading.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    feeds = [item for block in blocks for item in yaml.safe_load(block).items()]
    assert len(feeds) == 3
    for name, feed in feeds:
        check_feed(name, feed)


def test_a_dictionary_that_is_not_there_is_told_with_where_it_should_be(run: Run) -> None:
    join = {"dictionary": "resources/none.csv", "by": {"Test": "a"}, "columns": {"VISIT": "b"}}
    found = run(lab("p1,Albumin,38,g/L,2020-06-01"), join=[join])
    assert "is not there; its path is from the study's folder." in message(found)


def test_headings_are_never_headers_that_are_mapped(run: Run) -> None:
    found = run(
        "id,Albumin\nP1,38\n",
        columns={"SUBJID": "id"},
        tests=[{"headings": "(?P<LBTEST>.+)", "LBDTC": "2020-06-01", "LBORRESU": "g/L"}],
    )
    assert results(found, "LBTESTCD", "LBORRES") == [("ALB", "38")]


def test_a_sheet_of_the_same_workbook_is_joined(run: Run) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Results"
    for row in (["sample", "alb"], ["S1", 38]):
        book.active.append(row)
    samples = book.create_sheet("Samples")
    for row in (["no", "patient"], ["S1", "P1"]):
        samples.append(row)
    content = io.BytesIO()
    book.save(content)
    found = run(
        content.getvalue(),
        "book.xlsx",
        format="xlsx",
        sheet="Results",
        columns=None,
        join=[{"sheet": "Samples", "by": {"sample": "no"}, "columns": {"SUBJID": "patient"}}],
        tests=[{"column": "alb", "LBTEST": "ALB", "LBORRESU": "g/L", "LBDTC": "2020-06-01"}],
    )
    assert found.identities["SUBJID"].to_list() == ["P1"]
    assert results(found, "LBTESTCD", "LBORRES") == [("ALB", "38")]


def test_a_workbook_unpivots_as_a_text_file_does(run: Run) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "ALB", "ALB date"], ["P1", 38, "2020-06-01"], ["P2"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    found = run(
        content.getvalue(),
        "wide.xlsx",
        format="xlsx",
        columns={"SUBJID": "id"},
        tests=[
            {"column": "ALB", "LBTEST": "ALB", "LBORRESU": "g/L", "LBDTC": {"column": "ALB date"}}
        ],
    )
    assert results(found) == [("ALB", "38", "2020-06-01")]
    assert message(found).endswith("left aside: 1 lines without any result")
