"""Every format in one run: what a job reads and what `remit check` says are the same."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pyreadstat
import pytest
import xlwt
import yaml

from tests.faults.minimal import without_absent
from tests.ingest.test_binary_workbooks import DAY, xlsb
from tests.workflow.study import Study, new_study

HEADER = ["id", "test", "result", "unit", "drawn"]
ROWS = [
    ("P1", "Albumin", "38.5", "g/L", "2021-01-05"),
    ("P2", "Anti-dsDNA", "<10", "IU/mL", "2021-02-13"),
    ("P3", "Creatinine", "0.9", "mg/dL", "2021-03-28"),
]
READ = [
    ("ALB", "38.5", None, 38.5, "2021-01-05"),
    ("DSDNA", "<10", "<", 10.0, "2021-02-13"),
    ("SCR", "0.9", None, 79.56, "2021-03-28"),
]
TEXT = "\n".join(map(",".join, [HEADER, *ROWS])).encode() + b"\n"
FRAME = pl.DataFrame(ROWS, schema=HEADER, orient="row").with_columns(
    pl.col("drawn").str.to_date(), note=pl.lit(0.5)
)
COLUMNS = dict(zip(["SUBJID", "LBTEST", "LBORRES", "LBORRESU", "LBDTC"], HEADER, strict=True))
SDTM = FRAME.select(
    USUBJID="id", LBTEST="test", LBORRES="result", LBORRESU="unit", LBDTC=pl.lit("2021-01-05")
)


def typed(row: tuple[str, ...]) -> list[object]:
    number = float(row[2]) if row[2][0].isdigit() else row[2]
    return [row[0], row[1], number, row[3], dt.datetime.fromisoformat(row[4])]


def binary() -> bytes:
    days = [(dt.date.fromisoformat(row[4]) - dt.date(1899, 12, 30)).days for row in ROWS]
    rows = [typed(row)[:4] for row in ROWS]
    dated = [[*row, (float(day), DAY)] for row, day in zip(rows, days, strict=True)]
    return xlsb([HEADER, *dated])


def xlsx() -> bytes:
    buffer, book = io.BytesIO(), openpyxl.Workbook()
    for row in [HEADER, *map(typed, ROWS)]:
        book.active.append(row)
    for (cell,) in book.active["E2:E4"]:
        cell.number_format = "dd.mm.yyyy"
    book.save(buffer)
    return buffer.getvalue()


def xls() -> bytes:
    buffer, book = io.BytesIO(), xlwt.Workbook()
    sheet, day = book.add_sheet("Labor"), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for place, row in enumerate([HEADER, *map(typed, ROWS)]):
        for column, cell in enumerate(row):
            sheet.write(place, column, cell, *([day] if place and column == 4 else []))
    book.save(buffer)
    return buffer.getvalue()


def ods() -> bytes:
    def cell(text: object) -> str:
        if isinstance(text, dt.datetime):
            shown = f'office:value-type="date" office:date-value="{text:%Y-%m-%d}"'
            return f"<table:table-cell {shown}><text:p>{text:%d.%m.%y}</text:p></table:table-cell>"
        if isinstance(text, float):
            shown = f'office:value-type="float" office:value="{text}"'
            return f"<table:table-cell {shown}><text:p>{text}</text:p></table:table-cell>"
        plain = str(text).replace("<", "&lt;")
        shown = 'office:value-type="string"'
        return f"<table:table-cell {shown}><text:p>{plain}</text:p></table:table-cell>"

    rows = "".join(
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>"
        for row in [HEADER, *map(typed, ROWS)]
    )
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Labor">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def zipped(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lab.csv", text)
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    FRAME.write_parquet(buffer)
    return buffer.getvalue()


def statistical(write: Callable[..., None], frame: pl.DataFrame, folder: Path) -> bytes:
    path = folder / "statistical"
    write(frame, str(path))
    return path.read_bytes()


def observation(row: tuple[str, ...]) -> dict[str, object]:
    value: dict[str, object] = {"value": json.loads(row[2].lstrip("<")), "unit": row[3]}
    if row[2].startswith("<"):
        value["comparator"] = "<"
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": f"Patient/{row[0]}"},
        "code": {"text": row[1]},
        "effectiveDateTime": row[4],
        "valueQuantity": value,
    }


def fhir() -> bytes:
    entries = [{"resource": observation(row)} for row in ROWS]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle).encode()


def hl7() -> bytes:
    segments = []
    for row in ROWS:
        operator, number = ("<", row[2][1:]) if row[2].startswith("<") else ("", row[2])
        segments += [
            r"MSH|^~\&|LIS|LAB|EHR|H|20210105103000||ORU^R01|1|P|2.5.1",
            f"PID|1||{row[0]}^^^H^MR",
            f"OBX|1|SN|X^{row[1]}^L||{operator}^{number}|{row[3]}|||||F|||{row[4].replace('-', '')}",
        ]
    return "\r".join(segments).encode()


def dataset_json() -> bytes:
    names = ["USUBJID", "LBTEST", "LBORRES", "LBORRESU", "LBDTC"]
    about = {"datasetJSONVersion": "1.1.0", "records": 3, "name": "LB"}
    return json.dumps(about | {"columns": [{"name": n} for n in names], "rows": ROWS}).encode()


def omop() -> dict[str, bytes]:
    concepts = "concept_id,concept_name,vocabulary_id,concept_code\n"
    table = (
        "person_id,measurement_concept_id,measurement_date,operator_concept_id,value_as_number,"
        "unit_source_value\n"
    )
    for number, row in enumerate(ROWS, 1):
        concepts += f"{number},{row[1]},None,{number}\n"
        operator = "4171756" if row[2].startswith("<") else "0"
        table += f"{row[0]},{number},{row[4]},{operator},{row[2].lstrip('<')},{row[3]}\n"
    return {"concept.csv": concepts.encode(), "measurement.csv": table.encode()}


def staged() -> dict[str, bytes]:
    """Results in wide form of numbered samples, whose patients stand in a second file."""
    wide = "sample,state," + ",".join(f"{row[1]},{row[1]} unit" for row in ROWS) + "\n"
    samples = "number;patient;drawn\n"
    for number, row in enumerate(ROWS, 1):
        cells = [",".join(row[2:4]) if other is row else "," for other in ROWS]
        wide += f"{number},done,{','.join(cells)}\n"
        samples += f"{number};{row[0].removeprefix('P')};{row[4]}\n"
    wide += "4,cancelled,1,g/L,,,,\n"
    return {"results.csv": wide.encode(), "samples.csv": samples.encode()}


STAGED = {
    "format": "csv",
    "where": {"state": "done"},
    "join": [
        {
            "file": "samples.csv",
            "by": {"sample": "number"},
            "columns": {"patient": "patient", "LBDTC": "drawn"},
        }
    ],
    "constants": {"SUBJID": "P{patient}"},
    "tests": [{"headings": r"(?P<LBTEST>[A-Z]\S+)", "LBORRESU": {"column": "{heading} unit"}}],
}


DECLARED = {
    "redcap": "redcap",
    "sdtm": "xpt",
    "fhir": "fhir",
    "hl7": "hl7",
    "dataset": "dataset-json",
    "omop": "omop",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with one laboratory feed for each format, ingested."""
    made = new_study(tmp_path_factory.mktemp("formats"))
    work = tmp_path_factory.mktemp("work")
    redcap = b"redcap_event_name," + TEXT.replace(b"\nP", b"\nvisit_1,P")
    files = {
        "csv": TEXT,
        "xlsx": xlsx(),
        "xls": xls(),
        "xlsb": binary(),
        "ods": ods(),
        "parquet": parquet(),
        "xpt": statistical(pyreadstat.write_xport, FRAME, work),
        "sdtm": statistical(pyreadstat.write_xport, SDTM, work),
        "sav": statistical(pyreadstat.write_sav, FRAME, work),
        "dta": statistical(pyreadstat.write_dta, FRAME, work),
        "redcap": redcap,
        "fhir": fhir(),
        "zip": zipped(TEXT),
        "gz": gzip.compress(TEXT, mtime=0),
        "hl7": hl7(),
        "dataset": dataset_json(),
    }
    folders = {"omop": omop(), "staged": staged()}
    feeds: dict[str, dict[str, object]] = {name: {"domain": "lb"} for name in [*files, *folders]}
    for name in files:
        if name not in ("sdtm", "fhir", "hl7", "dataset"):
            feeds[name] |= {"columns": COLUMNS}
    for name, declared in DECLARED.items():
        feeds[name]["format"] = declared
    feeds["staged"] |= STAGED
    feeds["again"] = {"domain": "lb", "from": "csv", "columns": COLUMNS}
    # Whose results they are: a plan needs to know when treatment begins.
    people = {"SUBJID": "id", "RFICDTC": "consent", "LNCLASS": "class"}
    feeds["people"] = {"domain": "dm", "columns": people, "dates": ["%Y-%m-%d"]}
    (made / "extracts/people").mkdir(parents=True)
    (made / "extracts/people/people.csv").write_text("id,consent,class\nP1,2021-01-01,IV\n")
    made.configure(study__extracts="extracts", feeds=feeds, study__decisions=None)
    config = yaml.safe_load((made / "config.yaml").read_text("utf-8"))
    del config["study"]["decisions"]
    without_absent(config, {"dm", "lb"})
    (made / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
    for name, data in files.items():
        folder = made / f"extracts/{name}"
        folder.mkdir(parents=True)
        (folder / f"lab.{name}").write_bytes(data)
    for name, parts in folders.items():
        folder = made / f"extracts/{name}/delivery"
        folder.mkdir(parents=True)
        for file, data in parts.items():
            (folder / file).write_bytes(data)
    (made / "extracts/csv/.lab.csv").write_bytes(b"")
    made.run("results/ingested/ledger.csv")
    return made


FORMATS = [
    "csv",
    "xlsx",
    "xls",
    "xlsb",
    "ods",
    "parquet",
    "xpt",
    "sav",
    "dta",
    "redcap",
    "fhir",
    "zip",
    "gz",
]
FORMATS += ["hl7", "dataset", "omop", "staged", "again"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_job_reads_every_format_alike(study: Study, name: str) -> None:
    (path,) = (study / f"results/ingested/{name}").glob("*/accepted.parquet")
    read = pl.read_parquet(path).sort("LBTESTCD")
    assert read.select("LBTESTCD", "LBORRES", "LBOPER", "LBSTRESN", "LBDTC").rows() == READ


def test_a_job_reads_a_transport_file_of_sdtm_without_a_mapping(study: Study) -> None:
    (path,) = (study / "results/ingested/sdtm").glob("*/accepted.parquet")
    assert sorted(pl.read_parquet(path)["LBTESTCD"]) == ["ALB", "DSDNA", "SCR"]


@pytest.mark.parametrize("name", [*FORMATS, "sdtm"])
def test_check_says_what_the_job_did(study: Study, name: str) -> None:
    delivered = (study / f"extracts/{'csv' if name == 'again' else name}").iterdir()
    (file,) = (entry for entry in delivered if not entry.name.startswith("."))
    command = [sys.executable, "-m", "remit", "check", str(file), "--feed", name]
    done = subprocess.run(command, cwd=study.folder, capture_output=True, text=True, check=True)
    assert "accepted            3" in done.stdout


def test_every_entry_of_a_feed_s_folder_is_in_the_ledger(study: Study) -> None:
    ledger = pl.read_csv(study / "results/ingested/ledger.csv", infer_schema=False)
    beside = ledger.filter(status="left aside").select("feed", "source_file", "message")
    assert beside.rows() == [("again", ".lab.csv", "hidden, or put there by a program")]
    text = ledger.filter(feed="csv", status="read").select("found", "handed_on", "left_aside")
    assert text.rows() == [("4", "3", "1 of the header and above it")]
