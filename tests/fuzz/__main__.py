"""Random and mutated input for everything that reads what others wrote.

    python -m tests.fuzz                      1,000,000 inputs
    python -m tests.fuzz --inputs 20000       a few, the seed is printed

Whatever comes, nothing crashes or hangs, every number is finite, and every row has one fate. An
input is a text for a parser, a row for ingest, a file for a reader, or a document for the compiler of
definitions.
"""

from __future__ import annotations

import argparse
import copy
import faulthandler
import gzip
import io
import json
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import polars as pl
import pyreadstat
import xlwt
import yaml

from remit.ingest import SourceFile, dates, dictionaries, ingest, results
from remit.plan import categories, definitions, parameters
from tests.ingest.test_binary_workbooks import xlsb
from tests.workflow.study import ROOT

KNOWN = dictionaries.load()
KEY = b"k" * 32
FEED: dict[str, Any] = {
    "domain": "lb",
    "columns": {
        "SUBJID": "MRN",
        "LBTEST": "Test",
        "LBORRES": "Result",
        "LBORRESU": "Unit",
        "LBDTC": "Date",
        "LBSPEC": "Spec",
        "LBORNRLO": "Low",
        "LBORNRHI": "High",
    },
    "dates": ["%Y-%m-%d", "%d/%m/%Y %H:%M"],
    "timezone": "Asia/Shanghai",
    "identifiers": ["Name"],
}
HEADER = ["MRN", "Test", "Result", "Unit", "Date", "Spec", "Low", "High"]
PARAMETERS = {row["PARAMCD"]: row for row in parameters.load()}
DEFINITIONS = [
    yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "resources/packs").glob("*/definitions/*.yaml"))
]
#: Pieces that results, units and dates are made of, and what does not belong in them.
PIECES = [
    *("0", "1", "9", "12", "320", "1:80", "1：160", "<", "≤", ">=", "＜", "~", "-", "--", "–", "+"),
    *(".", ",", " ", "\u00a0", "'", "e5", "E-3", "e999", "×10^9", "*10*9", "/L", "mg", "g/g", "µ"),
    *("μ", "mol", "mmol/L", "IU/mL", "{creat}", "[IU]", "24h", "%", "neg", "阴性", "阳性(+)", "弱"),
    *("H", "↑", "*", "(", ")", "NaN", "inf", "null", "2020", "-02-", "30", "/", "T08:00", "+08:00"),
    *(
        "Z",
        "24:00",
        "上午",
        "\0",
        "\u202e",
        "\ufeff",
        "𝟙",
        "٣",
        "½",
        "²",
        "\ud7ff",
        "=1+1",
        '"',
        ";",
    ),
    *("\t", "\\", "%s", "{0}", "UPCR", "Albumin", "白蛋白", "1752-6", "99999999999999999999"),
]
#: How the file of each format is named. What comes packed, or is told by its header, has none.
FORMATS = {
    "csv": "x.csv",
    "xlsx": "x.xlsx",
    "xls": "x.xls",
    "xlsb": "x.xlsb",
    "ods": "x.ods",
    "parquet": "x.parquet",
    "xpt": "x.xpt",
    "sav": "x.sav",
    "dta": "x.dta",
    "fhir": "x.json",
    "hl7": "x.hl7",
    "dataset-json": "x.json",
    "redcap": "x.csv",
    "omop": "measurement.csv",
    "zip": "x.zip",
    "gz": "x.csv.gz",
}
PACKED = {"zip", "gz"}
EVENTS = ["redcap_event_name", "month_1_arm_1", "month_2_arm_1"]


def text(turn: random.Random) -> str:
    """A few pieces together; now and then very many."""
    count = turn.choice((1, 1, 2, 3, 4, 6)) if turn.random() < 0.999 else turn.randrange(400)
    return "".join(turn.choices(PIECES, k=count))


def of_parsers(turn: random.Random) -> int:
    """Results and dates, in columns."""
    texts = [text(turn) for _ in range(2_000)]
    column = pl.Series("text", texts)
    mark, group = turn.choice(((".", ""), (",", "."), (".", ","), (",", " ")))
    read = results.parse_column(column, KNOWN.spellings, mark, group)
    assert read.height == len(column)
    numbers = read.select("NUMBER", "HIGH").unpivot()["value"].drop_nulls()
    assert numbers.is_finite().all(), "a number that is not finite"
    known = (
        pl.col("TYPE").is_in(["number", "inequality", "range", "titre"]) & pl.col("FAULT").is_null()
    )
    assert read.filter(known & pl.col("NUMBER").is_null()).is_empty(), "a number without a value"
    formats = turn.choice((["%Y-%m-%d"], ["%d/%m/%Y"], ["%Y-%m", "%m/%d/%Y %H:%M"], []))
    when = dates.parse_column(column.str.strip_chars(), formats, "Asia/Shanghai", date(2030, 1, 1))
    assert when.height == len(column)
    return 2 * len(texts)


def row(turn: random.Random) -> list[str]:
    """A row, mostly right, with one or two random cells."""
    tests = [("UPCR", "mg/g", "URINE"), ("Albumin", "g/L", "SERUM"), ("dsDNA", "IU/mL", "SERUM")]
    test, unit, specimen = turn.choice(tests)
    value = f"{turn.uniform(0, 500):.{turn.randrange(4)}f}"
    cells = [f"{turn.randrange(40)}", test, value, unit, "2020-06-01", specimen, "0", "100"]
    for _ in range(turn.randrange(3)):
        cells[turn.randrange(len(cells))] = text(turn)
    if turn.random() < 0.01:
        cells = cells[: turn.randrange(9)] + ["x"] * turn.randrange(4)
    return cells


def of_rows(turn: random.Random) -> int:
    """A CSV of random rows, through the whole of ingest."""
    count = 2_000
    lines = [",".join(HEADER)]
    for _ in range(count):
        cells = row(turn)
        if turn.random() < 0.9:
            cells = [_quoted(cell) for cell in cells]
        lines.append(",".join(cells))
    data = turn.choice(("\n", "\r\n")).join(lines).encode("utf-8", errors="replace")
    _ingested(data, "csv", {"encoding": "utf-8"})
    return count


def of_files(turn: random.Random) -> int:
    """A good file of each format with bytes changed, cut out or repeated."""
    rows = [row(turn) for _ in range(20)]
    rows = [(cells + [""] * 8)[:8] for cells in rows]
    for kind, data in _files(rows).items():
        encoding = turn.choice((None, "gb18030", "utf-16", "cp1252")) if kind == "csv" else None
        if encoding:
            data = data.decode().encode(encoding, errors="replace")
        feed = {"encoding": encoding} if encoding and turn.random() < 0.5 else {}
        for _ in range(4):
            _ingested(_mutated(data, turn), kind, feed)
    return 4 * len(FORMATS)


def of_resources(turn: random.Random) -> int:
    """A FHIR bundle with parts exchanged for nonsense, read for each domain."""
    feeds: list[dict[str, Any]] = [{"domain": domain} for domain in ("lb", "dm", "ex", "cm", "ae")]
    feeds += [
        {"domain": "ae", "resources": ["Condition"]},
        {"domain": "dm", "identifier_system": "s"},
    ]
    for feed in feeds:
        document = copy.deepcopy(BUNDLE)
        for _ in range(turn.choice((1, 1, 2, 6))):
            _disturb(document, turn)
        data = json.dumps(document, default=str).encode()
        _ingested(data, "fhir", feed | {"columns": None})
    return len(feeds)


def of_definitions(turn: random.Random) -> int:
    """A published definition with parts exchanged for nonsense."""
    count = 50
    for _ in range(count):
        document = copy.deepcopy(turn.choice(DEFINITIONS))
        for _ in range(turn.randrange(1, 4)):
            _disturb(document, turn)
        problems = definitions.check(document, PARAMETERS)
        assert all(isinstance(problem, str) for problem in problems)
        if not problems:  # what passes the check can be used
            assert definitions.parameters(document)
            assert all(definitions.words(c) for c in categories.criteria(document).values())
    return count


TARGETS: list[tuple[Callable[[random.Random], int], int]] = [
    (of_parsers, 10),
    (of_rows, 6),
    (of_files, 3),
    (of_resources, 20),
    (of_definitions, 3),
]


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _ingested(data: bytes, kind: str, feed: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FORMATS[kind]
        path.write_bytes(data)
        whole = FEED | feed | ({} if kind in PACKED else {"format": kind})
        found = ingest([SourceFile(path.name, path)], "f", "d", whole, KNOWN, KEY, "S")
        for entry in found.ledger.to_dicts():
            fates = sum(entry[fate] for fate in ("accepted", "quarantined", "unmapped", "filtered"))
            assert entry["read"] == fates, f"{entry}: a row has no fate, or two"
        rows = found.quarantine.filter(aside="row")["row_id"].unique()
        ids = pl.concat([found.accepted["ROWID"], rows, found.unmapped["row_id"]])
        assert ids.is_unique().all(), "a row has two fates"
        values = found.accepted.select(pl.col(pl.Float64).is_infinite().any()).row(0)
        assert not any(values), "a number that is not finite"


def _files(rows: list[list[str]]) -> dict[str, bytes]:
    frame = pl.DataFrame(rows, schema=HEADER, orient="row")
    clean = frame.with_columns(pl.all().str.replace_all(r"[\x00-\x08\x0b-\x1f]", ""))
    table = io.BytesIO()
    frame.write_parquet(table)
    book = openpyxl.Workbook()
    for cells in [HEADER, *clean.rows()]:
        # A text that begins with = would be stored as a formula.
        book.active.append([cell.replace("=", "") for cell in cells])
    sheet = io.BytesIO()
    book.save(sheet)
    old = xlwt.Workbook()
    page = old.add_sheet("x")
    for line, cells in enumerate([HEADER, *clean.rows()]):
        for column, cell in enumerate(cells):
            page.write(line, column, cell)
    binary = io.BytesIO()
    old.save(binary)
    statistical = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, write in {
            "xpt": partial(pyreadstat.write_xport, file_format_version=8),
            "sav": pyreadstat.write_sav,
            "dta": pyreadstat.write_dta,
        }.items():
            path = Path(folder) / f"x.{kind}"
            write(clean, str(path))
            statistical[kind] = path.read_bytes()
    resources = [
        {
            "resourceType": "Observation",
            "subject": {"reference": f"Patient/{cells[0]}"},
            "code": {"text": cells[1]},
            "valueQuantity": {"value": cells[2], "unit": cells[3]},
            "effectiveDateTime": cells[4],
        }
        for cells in rows
    ]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources]}
    segments = [r"MSH|^~\&|LIS|LAB|EHR|H|20210105103000||ORU^R01|1|P|2.5.1"]
    for cells in rows:
        segments += [f"PID|1||{cells[0]}^^^H^MR", f"OBR|1|||P^P^L|||{cells[4]}||||||||{cells[5]}"]
        segments += [f"OBX|1|SN|T^{cells[1]}^L||{cells[2]}|{cells[3]}|{cells[6]}-{cells[7]}||||F"]
    about = {"datasetJSONVersion": "1.1.0", "name": "LB", "columns": [{"name": n} for n in HEADER]}
    lines = [HEADER, *([_quoted(cell) for cell in cells] for cells in rows)]
    text = "\n".join(",".join(cells) for cells in lines).encode(errors="replace")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text)
    events = [
        [cells[0], event, *cells[1:]]
        for cells, event in zip(lines, [EVENTS[0], *EVENTS[1:] * 10], strict=True)
    ]
    return {
        "csv": text,
        "xlsx": sheet.getvalue(),
        "xls": binary.getvalue(),
        "xlsb": xlsb([HEADER, *map(list, clean.rows())]),
        "ods": _ods([HEADER, *clean.rows()]),
        "parquet": table.getvalue(),
        **statistical,
        "redcap": "\n".join(",".join(cells) for cells in events).encode(errors="replace"),
        "omop": _measurements(rows),
        "zip": packed.getvalue(),
        "gz": gzip.compress(text),
        "fhir": json.dumps(bundle).encode(),
        "hl7": "\r".join(segments).encode(errors="replace"),
        "dataset-json": json.dumps(about | {"rows": rows}).encode(),
    }


def _ods(rows: Sequence[Sequence[str]]) -> bytes:
    """A spreadsheet of OpenDocument, in as few words as it can be said."""
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    cells = [
        [
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        ]
        for row in rows
    ]
    body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells)
    names = " ".join(f'xmlns:{name}="{space}{name}:1.0"' for name in ("office", "table", "text"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="x">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return buffer.getvalue()


def _measurements(rows: Sequence[Sequence[str]]) -> bytes:
    """An OMOP table of measurements."""
    names = ["measurement_id", "person_id", "measurement_source_value", "value_as_number"]
    names += ["unit_source_value", "measurement_date", "operator_concept_id", "value_source_value"]
    lines = [[str(place), *cells[:5], "4171756", cells[2]] for place, cells in enumerate(rows)]
    quoted = [[_quoted(cell) for cell in line] for line in lines]
    return "\n".join(",".join(line) for line in [names, *quoted]).encode(errors="replace")


def _mutated(data: bytes, turn: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(turn.choice((0, 1, 1, 2, 8))):
        at = turn.randrange(len(changed) + 1)
        match turn.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([turn.randrange(256)])
            case 1:
                del changed[at : at + turn.randrange(200)]
            case 2:
                changed[at:at] = turn.choice(
                    (b'"', b"\0", b"\r", b"\n", b",", b"\xff\xfe", b"[", b"{")
                )
            case 3:
                changed[at:at] = changed[at : at + turn.randrange(200)]
    return bytes(changed)


def _concept(*codes: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": code} for code in codes], "text": "x"}


_OF = {"subject": {"reference": "Patient/p"}}
_PERIOD = {"start": "2020-01-01", "end": "2020-02"}
_DOSE = {"value": 5, "unit": "mg"}
RESOURCES: list[dict[str, Any]] = [
    {
        "resourceType": "Observation",
        "status": "final",
        "category": [_concept("laboratory")],
        "code": _concept("1751-7"),
        "effectivePeriod": _PERIOD,
        "valueQuantity": {"value": 38, "unit": "g/L", "comparator": "<"},
        "interpretation": [_concept("<")],
        "specimen": {"reference": "Specimen/s"},
        "referenceRange": [
            {
                "low": {"value": 1},
                "age": {"low": {"value": 18, "unit": "a"}},
                "type": _concept("normal"),
            }
        ],
        "component": [
            {
                "code": _concept("1"),
                "valueRatio": {"numerator": _DOSE, "denominator": {"value": 1}},
            },
            {"code": _concept("2"), "valueRange": {"low": _DOSE, "high": _DOSE}},
        ],
        "contained": [{"resourceType": "Specimen", "id": "c", "type": _concept("UR")}],
    },
    {
        "resourceType": "Patient",
        "id": "p",
        "identifier": [{"system": "s", "value": "1"}],
        "gender": "female",
        "birthDate": "1980-01",
        "deceasedDateTime": "2021",
        "link": [{"type": "replaced-by", "other": {"reference": "Patient/q"}}],
    },
    {"resourceType": "Patient", "id": "q", "active": True},
    {
        "resourceType": "Specimen",
        "id": "s",
        "type": _concept("SER"),
        "collection": {"collectedPeriod": _PERIOD},
    },
    {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": _concept("b"),
        "effectivePeriod": _PERIOD,
        "dosage": {"dose": _DOSE, "route": _concept("iv")},
    },
    {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept("p"),
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"type": _concept("ordered"), "doseQuantity": _DOSE}],
            }
        ],
    },
    {
        "resourceType": "DiagnosticReport",
        "specimen": [{"reference": "Specimen/s"}],
        "result": [{"reference": "Observation/o"}],
    },
    {"resourceType": "AdverseEvent", "actuality": "actual", "event": _concept("c"), "date": "2020"},
    {"resourceType": "Condition", "code": _concept("d"), "onsetPeriod": _PERIOD},
]
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "searchset",
    "total": len(RESOURCES),
    "link": [{"relation": "self", "url": "u"}],
    "entry": [
        {"fullUrl": f"urn:uuid:{place}", "resource": resource | _OF, "search": {"mode": "match"}}
        for place, resource in enumerate(RESOURCES)
    ],
}
NONSENSE: list[Any] = [
    *(None, True, -1, 1e308, "", "CR", "PROT", "<", [], {}, [[]], {"all": []}, {"any": [None]}),
    *({"all": {"any": 3}}, {"parameter": ["UPCR"]}, date(2020, 1, 1), "9" * 500, {1: 2}, ["CR"]),
]


def _disturb(document: Any, turn: random.Random) -> None:
    while isinstance(document, dict | list) and document:
        places = list(document) if isinstance(document, dict) else range(len(document))
        place = turn.choice(list(places))
        if turn.random() < 0.4 or not isinstance(document[place], dict | list):
            document[place] = copy.deepcopy(turn.choice(NONSENSE))
            return
        document = document[place]


def main() -> int:
    """Try inputs until there were enough; 0 when nothing broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", default="", help="targets whose name holds this text")
    given = parser.parse_args()
    faulthandler.enable()
    print(f"seed {given.seed}", flush=True)
    chosen = [(target, share) for target, share in TARGETS if given.only in target.__name__]
    tried = dict.fromkeys((target.__name__ for target, _ in chosen), 0)
    begun, turns, failures = time.monotonic(), 0, 0
    while sum(tried.values()) < given.inputs and failures < 20:
        for target, share in chosen:
            for _ in range(share):
                turns += 1
                seed = f"{given.seed}/{turns}"
                faulthandler.dump_traceback_later(300, exit=True)  # a hang is a failure
                try:
                    tried[target.__name__] += target(random.Random(seed))
                except Exception as error:
                    failures += 1
                    where = f"{type(error).__name__}: {str(error)[:300]}"
                    print(f"FAILED {target.__name__} with seed {seed}: {where}", flush=True)
                    if failures == 1:
                        sys.excepthook(type(error), error, error.__traceback__)
    faulthandler.cancel_dump_traceback_later()
    told = ", ".join(f"{name} {count}" for name, count in tried.items())
    print(
        f"{sum(tried.values())} inputs ({told}), failures {failures}, {time.monotonic() - begun:.0f} s"
    )
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
