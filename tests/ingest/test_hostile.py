"""Files made to harm: bounded time and memory, a clear finding, nothing executed, nothing lost."""

import io
import re
import shutil
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.errors import RemitError
from remit.ingest import Ingested, SourceFile, dictionaries, ingest, spreadsheet
from remit.plan.config import check, look_over
from remit.privacy.identifiers import masked, telling

HEADER = b"MRN,Test,Result,Unit,Date,Spec\n"
ROW = b"1,UPCR,100,mg/g,2020-01-01,URINE\n"
CELLS = ["1", "UPCR", "100", "mg/g", "2020-01-01", "URINE"]
FEED: dict[str, Any] = {
    "domain": "lb",
    "format": "csv",
    "encoding": "utf-8",
    "columns": {
        "SUBJID": "MRN", "LBTEST": "Test", "LBORRES": "Result", "LBORRESU": "Unit",
        "LBDTC": "Date", "LBSPEC": "Spec",
    },
    "dates": ["%Y-%m-%d"],
}  # fmt: skip
#: Seconds; an ordinary file of this size takes a fraction of one.
PATIENCE = 60


@pytest.fixture(scope="module")
def known(root: Path) -> dictionaries.Dictionaries:
    return dictionaries.load()


@pytest.fixture
def read(tmp_path: Path, known: dictionaries.Dictionaries):
    def of(data: bytes, name: str = "extract.csv", **feed: Any) -> Ingested:
        path = tmp_path / name
        path.write_bytes(data)
        begun = time.monotonic()
        found = ingest([SourceFile(name, path)], "f", "d", FEED | feed, known, b"k" * 32, "S")
        assert time.monotonic() - begun < PATIENCE
        (entry,) = found.ledger.to_dicts()
        fates = entry["accepted"] + entry["quarantined"] + entry["unmapped"]
        assert entry["read"] == fates
        return found

    return of


def status(found: Ingested) -> tuple[str, int, int]:
    (entry,) = found.ledger.to_dicts()
    return entry["status"], entry["accepted"], entry["read"]


@pytest.mark.parametrize(
    "data",
    [
        HEADER + b"1,UPCR," + b"9" * 3_000_000 + b",mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UP\0CR,1\0,mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR,\"=cmd|'/c calc'!A1\",mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR,1e999999999,mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR,1e-99999999999,mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR,<1e-99999999999,mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR," + b"9" * 400 + b"-" + b"9" * 401 + b",mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR,1:1e99999,mg/g,2020-01-01,URINE\n" + ROW,
        HEADER + b"1,UPCR,1," + b"10*99999999/" * 200 + b"mg,2020-01-01,URINE\n" + ROW,
        HEADER + b'1,UPCR,1,__import__("os").system("id"),2020-01-01,URINE\n' + ROW,
        HEADER + b"1" + b"," * 1_000_000 + b"\n" + ROW,
    ],
    ids=[
        *("gigantic", "nul", "formula", "exponent", "small", "censored", "range", "titre", "unit"),
        *("code", "fields"),
    ],
)
def test_one_mad_row_leaves_the_others_alone(read, data: bytes) -> None:
    assert status(read(data)) == ("read", 1, 2)


def test_a_quote_that_never_closes_costs_one_row(read) -> None:
    found = read(HEADER + b'1,"UPCR,100,mg/g,2020-01-01,URINE\n' + ROW * 50_000)
    assert status(found) == ("read", 50_000, 50_001)


@pytest.mark.parametrize("size", [1, 5_000_000])
def test_nothing_but_nul_bytes_is_unreadable(read, size: int) -> None:
    assert status(read(b"\0" * size))[0] == "unreadable"


def row(number: int, cells: list[str]) -> str:
    texts = "".join(
        f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for i, cell in enumerate(cells)
    )
    return f'<row r="{number}">{texts}</row>'


def workbook(data: str, before: str = "") -> bytes:
    """A workbook of one sheet, written by hand."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    relation = '<Relationships xmlns="{}"><Relationship Id="rId1" Type="{}/{}" Target="{}"/></Relationships>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>'
        ),
        "_rels/.rels": relation.format(package, office, "officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": relation.format(
            package, office, "worksheet", "worksheets/sheet1.xml"
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/worksheets/sheet1.xml": (
            f'<?xml version="1.0"?>{before}<worksheet xmlns="{main}"><sheetData>{data}'
            "</sheetData></worksheet>"
        ),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def changed(data: bytes, part: str, old: str, new: str) -> bytes:
    """The workbook with another text in one of its parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in texts[part]
    texts[part] = texts[part].replace(old, new)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return file.getvalue()


def lying(data: bytes, part: str, size: int) -> bytes:
    """The archive with a smaller size told of a part, in both of its headers."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(part)
    told = struct.pack("<I", info.file_size)
    local = info.header_offset + 22
    central = data.index(told, data.rindex(part.encode()) - 46)
    assert data[local : local + 4] == told
    for place in (local, central):
        data = data[:place] + struct.pack("<I", size) + data[place + 4 :]
    return data


HEAD = row(1, ["MRN", "Test", "Result", "Unit", "Date", "Spec"])
GOOD = row(2, CELLS)


def test_the_workbook_of_these_tests_can_be_read(read) -> None:
    assert status(read(workbook(HEAD + GOOD), "x.xlsx", format="xlsx")) == ("read", 1, 1)


@pytest.mark.parametrize(
    ("data", "before", "message"),
    [
        (
            '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
            "",
            "reaches to row 1048576 and column 16384",
        ),
        (
            "<row r='900000'><c\nr = 'XFD900000'><v>1</v></c></row>",
            "",
            "row 900000 and column 16384",
        ),
        ('<row r="9"><c r="xfd900000"><v>1</v></c></row>', "", "row 900000 and column 16384"),
        (
            '<row r="900000">' + "<c><v>1</v></c>" * 9_000 + "</row>",
            "",
            "row 900000 and column 9000",
        ),
        (row(3, ["1" * 60_000_000]), "", "unpacks to more than 5"),
        (row(3, ["&b;"]), '<!DOCTYPE w [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>', "damaged"),
        (row(3, ["&a;"]), '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "damaged"),
    ],
    ids=[
        *(
            "stray cell",
            "stray in apostrophes",
            "stray in small letters",
            "stray row of many cells",
        ),
        *("bomb", "entities", "external entity"),
    ],
)
def test_a_workbook_made_to_harm_is_one_clear_finding(
    read, data: str, before: str, message: str
) -> None:
    found = read(workbook(HEAD + GOOD + data, before), "x.xlsx", format="xlsx")
    assert status(found)[0] == "unreadable"
    assert message in found.ledger["message"][0]


def test_an_archive_that_lies_about_its_size_is_believed_in_nothing(read) -> None:
    part = "xl/worksheets/sheet1.xml"
    bomb = lying(workbook(HEAD + GOOD + row(3, ["1" * 60_000_000])), part, 1_000)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert archive.getinfo(part).file_size == 1_000
    found = read(bomb, "x.xlsx", format="xlsx")
    assert "unpacks to more than 5" in found.ledger["message"][0]


def test_an_archive_whose_parts_lie_before_its_beginning_is_damaged(read) -> None:
    found = read(b"PK\x03\x04" + workbook(HEAD + GOOD)[14:], "x.xlsx", format="xlsx")
    assert "damaged" in found.ledger["message"][0]


def test_many_sheets_that_are_the_same_far_cell_are_too_many_cells(read) -> None:
    far = workbook(HEAD + GOOD + '<row r="3000"><c r="XFD3000"><v>1</v></c></row>')
    sheet = '<sheet name="S" sheetId="1" r:id="rId1"/>'
    many = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 1_000))
    found = read(changed(far, "xl/workbook.xml", sheet, many), "x.xlsx", format="xlsx")
    assert "98 million cells are too many" in found.ledger["message"][0]


def test_an_old_workbook_of_far_cells_takes_no_more_memory_than_it_may(read, monkeypatch) -> None:
    import xlwt

    def old(sheets: int, far: bool) -> bytes:
        book, file = xlwt.Workbook(), io.BytesIO()
        for number in range(sheets):
            sheet = book.add_sheet(f"S{number}")
            for line, cells in enumerate((HEADER.decode().strip().split(","), CELLS)):
                for column, cell in enumerate(cells):
                    sheet.write(line, column, cell)
            if far:
                sheet.write(65_535, 255, "x")
        book.save(file)
        return file.getvalue()

    monkeypatch.setattr(spreadsheet, "ROOM", 1_500_000_000)
    assert status(read(old(1, far=False), "x.xls", format="xls")) == ("read", 1, 1)
    found = read(old(5, far=True), "x.xls", format="xls")
    assert "takes more than 2 GB" in found.ledger["message"][0]


def test_a_parquet_file_of_one_row_repeated_without_end_is_no_data(read, tmp_path: Path) -> None:
    names = HEADER.decode().strip().split(",")
    rows = pl.select(
        pl.repeat(cell, 10_000_000).alias(name) for name, cell in zip(names, CELLS, strict=True)
    )
    rows.write_parquet(tmp_path / "x.parquet")
    found = read((tmp_path / "x.parquet").read_bytes(), "x.parquet", format="parquet")
    assert "10000000 rows in so few bytes" in found.ledger["message"][0]


def test_a_transport_file_of_another_encoding_says_what_to_declare(read, tmp_path: Path) -> None:
    import pyreadstat

    cells = ["1", "UPCR", "100", "mg/g", "2020-01-01", "URÍNE"]
    table = pl.DataFrame([cells], schema=HEADER.decode().strip().split(","), orient="row")
    pyreadstat.write_xport(table, str(tmp_path / "x.xpt"), file_format_version=5)
    data = (tmp_path / "x.xpt").read_bytes().replace("Í".encode(), b"\xcd ")
    found = read(data, "x.xpt", format="xpt", encoding=None)
    assert "Declare the feed's `encoding`" in found.ledger["message"][0]


def test_json_of_any_depth_and_shape_is_read_or_refused(read) -> None:
    deep = b'{"resourceType":"Bundle","entry":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert status(read(deep, "x.json", format="fhir", columns={}))[0] == "unreadable"
    strange = (
        b'{"resourceType":"Bundle","entry":[1,null,{"resource":5},{"resource":'
        b'{"resourceType":"Observation","category":5,"valueQuantity":[]}}]}'
    )
    assert status(read(strange, "x.json", format="fhir", columns={})) == ("read", 0, 4)


@pytest.mark.parametrize(
    "name", ["a\nb.csv", "'; rm -rf ~;'.csv", "$(id).csv", "..csv", "%s{0}.csv", "病\u202egpj.csv"]
)
def test_a_file_may_be_called_anything(read, name: str) -> None:
    found = read(HEADER + ROW, name)
    assert status(found) == ("read", 1, 1)
    assert found.accepted["SRCFILE"].to_list() == [name]


BOMB = "a0: &a0 [x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study: !!python/object/apply:os.system ['touch owned']\n", "line 1: the tag `tag:yaml"),
        ("study:\n  id: !!python/name:os.system\n", "line 2: the tag `tag:yaml"),
        ("study: !<file:///etc/passwd> x\n", "line 1: the tag `file:///etc/passwd`"),
        (BOMB, "line 6: what `*` stands for unfolds to more than 100000 values"),
        ("study: &a [*a]\n", "line 1: what `*` stands for unfolds"),
        ("study: {id: x, id: y}\n", "line 1: the key `id` stands twice"),
        ("study: [\n", "it cannot be read as YAML"),
        ("study: \0\n", "it cannot be read as YAML"),
        ("study:\n  ? [a]\n  : 1\n", "line 2: a key is a text"),
    ],
)
def test_a_config_made_to_harm_is_refused_before_it_is_read(
    tmp_path: Path, root: Path, text: str, said: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RemitError, match=rf"config\.yaml.*{re.escape(said)}"):
        look_over(str(path))


def test_an_alias_may_stand_for_a_list(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: &a [x, y]\nb: *a\n", encoding="utf-8")
    look_over(str(path))


def test_a_tag_in_a_definition_is_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    definition = Path("resources/definitions/cn19.yaml")
    definition.parent.mkdir(parents=True)
    shutil.copy(root / "resources/packs/lupus/definitions/cn19.yaml", definition)
    lines = definition.read_text(encoding="utf-8").splitlines()
    definition.write_text("\n".join([*lines, "evil: !!python/name:os.system x"]), encoding="utf-8")
    said = rf"definitions/cn19\.yaml, line {len(lines) + 1}: the tag"
    with pytest.raises(RemitError, match=said):
        check(config, [])


def test_results_of_a_formula_stay_text(read) -> None:
    found = read(HEADER + b"1,UPCR,=1+1,mg/g,2020-01-01,URINE\n")
    assert found.quarantine["value"].to_list() == ["=1+1"]
    assert isinstance(found.quarantine, pl.DataFrame)


def test_an_id_in_the_wrong_cell_is_masked_in_what_everybody_sees(read: Any) -> None:
    rows = (
        "20631874,UPCR,100,mg/g,2020-01-01,URINE",
        "2020-02-01,20631874,UPCR,100,mg/g,URINE",  # everything one cell to the right
        "20631874,UPCR,see 20631874,mg/g,2020-01-01,URINE",
    )
    found = read(HEADER + "\n".join(rows).encode())
    assert (found.unmapped.height, found.quarantine["row_id"].n_unique()) == (1, 1)
    own = telling(found.identities["SUBJID"])
    for lines in (found.accepted, masked(found.quarantine, own), masked(found.unmapped, own)):
        assert "20631874" not in lines.write_csv()
    assert "see 20631874" in found.quarantine["value"].to_list()
