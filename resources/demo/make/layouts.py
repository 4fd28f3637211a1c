"""How each feed writes its rows: headers, encoding, formats; and the answer key beside them."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from make.rows import Files, Row

KEY_COLUMNS = ("feed", "file", "line", "fate", "rule", "column", "note")


@dataclass(frozen=True)
class Layout:
    """A feed's file format. `headers` maps the header in the file to our name of the cell."""

    headers: dict[str, str]
    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    day: str = "%Y-%m-%d"
    moment: str = "%Y-%m-%d %H:%M"

    def text(self, value: Any) -> str:
        """A cell as the file writes it."""
        if isinstance(value, datetime):
            return value.strftime(self.moment)
        return value.strftime(self.day) if isinstance(value, date) else str(value)

    def fields(self, row: Row) -> list[str]:
        """The row's fields."""
        return [self.text(row.cells.get(name, "")) for name in self.headers.values()]


LAYOUTS = {
    "registry": Layout(
        {
            "MRN": "SUBJID",
            "Name": "NAME",
            "ID card": "IDCARD",
            "Phone": "PHONE",
            "Sex": "SEX",
            "Date of birth": "BRTHDTC",
            "Consent": "RFICDTC",
            "ISN/RPS class": "LNCLASS",
            "LN diagnosed": "LNDXDTC",
            "Weight (kg)": "WEIGHT",
            "Status": "DSDECOD",
            "Status date": "DSSTDTC",
        }
    ),
    "infusions": Layout(
        {
            "MRN": "SUBJID",
            "Patient": "NAME",
            "Drug": "EXTRT",
            "Dose": "EXDOSE",
            "Unit": "EXDOSU",
            "Route": "EXROUTE",
            "Start": "EXSTDTC",
            "End": "EXENDTC",
        }
    ),
    "lab_west": Layout(
        {
            "MRN": "SUBJID",
            "Patient name": "NAME",
            "Specimen ID": "LBREFID",
            "Specimen": "LBSPEC",
            "Test": "LBTEST",
            "Result": "LBORRES",
            "Units": "LBORRESU",
            "Low": "LBORNRLO",
            "High": "LBORNRHI",
            "Flag": "FLAG",
            "Collected": "LBDTC",
            "Reported": "LBRPTDTC",
            "Status": "LBRESST",
            "Comment": "COMMENT",
        }
    ),
    "lab_east": Layout(
        {
            "病历号": "SUBJID",
            "姓名": "NAME",
            "身份证号": "IDCARD",
            "样本号": "LBREFID",
            "样本类型": "LBSPEC",
            "检验项目": "LBTEST",
            "结果": "LBORRES",
            "单位": "LBORRESU",
            "提示": "FLAG",
            "参考下限": "LBORNRLO",
            "参考上限": "LBORNRHI",
            "采样时间": "LBDTC",
            "报告时间": "LBRPTDTC",
            "状态": "LBRESST",
        },
        encoding="gb18030",
        newline="\r\n",
        moment="%Y/%m/%d %H:%M",
    ),
    "immunology": Layout(
        {
            "Hospital no.": "SUBJID",
            "Name": "NAME",
            "Sample": "LBREFID",
            "LOINC": "LBLOINC",
            "Test": "LBTEST",
            "Method": "LBMETHOD",
            "Result": "LBORRES",
            "Unit": "LBORRESU",
            "Lower limit": "LBORNRLO",
            "Upper limit": "LBORNRHI",
            "Collected": "LBDTC",
            "Reported": "LBRPTDTC",
            "Status": "LBRESST",
        }
    ),
    "sledai": Layout(
        {
            "MRN": "SUBJID",
            "Patient": "NAME",
            "Assessed": "QSDTC",
            "Item": "QSTEST",
            "Score": "QSORRES",
        }
    ),
    "medication": Layout(
        {
            "病历号": "SUBJID",
            "姓名": "NAME",
            "Drug": "CMTRT",
            "Dose": "CMDOSE",
            "Unit": "CMDOSU",
            "Frequency": "CMDOSFRQ",
            "Route": "CMROUTE",
            "Start": "CMSTDTC",
            "End": "CMENDTC",
        },
        encoding="utf-8-sig",
        delimiter=";",
    ),
    "events": Layout(
        {
            "MRN": "SUBJID",
            "Patient": "NAME",
            "Phone": "PHONE",
            "Event": "AETERM",
            "Preferred term": "AEDECOD",
            "System organ class": "AEBODSYS",
            "Onset": "AESTDTC",
            "Resolved": "AEENDTC",
            "CTCAE grade": "AETOXGR",
            "Serious": "AESER",
            "Relation": "AEREL",
            "Action": "AEACN",
            "Outcome": "AEOUT",
        }
    ),
}
SHEET = "Results"
TITLE = "Immunology laboratory: results"
# A workbook records when it was written; a fixed date keeps its bytes.
WRITTEN = datetime(2021, 7, 1)


def write(files: Files, folder: Path) -> list[dict[str, Any]]:
    """Write all files anew under `folder`; returns the rows of the answer key, sorted."""
    shutil.rmtree(folder, ignore_errors=True)
    key = []
    for (feed, file), rows in sorted(files.rows.items()):
        path = folder / feed / file
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (_sheet if path.suffix == ".xlsx" else _delimited)(path, LAYOUTS[feed], rows)
        for row, line in zip(rows, lines, strict=True):
            if row is not None and (row.fate != "accepted" or row.note):
                key += [
                    dict(
                        zip(
                            KEY_COLUMNS,
                            (feed, file, line, row.fate, *finding, row.note),
                            strict=True,
                        )
                    )
                    for finding in row.findings or [("", "")]
                ]
    return key


def write_table(path: Path, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """A small CSV table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _delimited(path: Path, layout: Layout, rows: Sequence[Row | None]) -> list[int]:
    """Write a delimited file; the line each row begins on."""
    records = [_record(list(layout.headers), layout)]
    lines, line = [], 2
    for row in rows:
        fields = [] if row is None else [_record(layout.fields(row), layout), *row.extra]
        records.append(layout.delimiter.join(fields))
        lines.append(line)
        # A line break inside a field is a bare line feed; it counts as a line of its own.
        line += records[-1].count("\n") + 1
    path.write_bytes("".join(r + layout.newline for r in records).encode(layout.encoding))
    return lines


def _record(fields: list[str], layout: Layout) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=layout.delimiter, lineterminator="").writerow(fields)
    return buffer.getvalue()


def _sheet(path: Path, layout: Layout, rows: Sequence[Row | None]) -> list[int]:
    """Write a workbook: a title, an empty row, the header, then the rows; the row of each."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    for column, header in enumerate(layout.headers, 1):
        sheet.cell(3, column, header)
    sheet.cell(1, 1, TITLE)
    for number, row in enumerate(rows, 4):
        for column, name in enumerate(layout.headers.values(), 1):
            if row is not None and (value := _cell(row, name, layout)) not in ("", None):
                sheet.cell(number, column, value)
    book.properties.created = WRITTEN
    _save(book, path)
    return [number for number, _ in enumerate(rows, 4)]


def _cell(row: Row, name: str, layout: Layout) -> Any:
    """Numbers as numbers; collection times as date cells, report times as text."""
    value = row.cells.get(name, "")
    if name == "LBDTC":
        return value
    if name in ("LBORRES", "LBORNRLO", "LBORNRHI"):
        try:
            return float(value)
        except ValueError:
            return value
    return layout.text(value)


def _save(book: Any, path: Path) -> None:
    """Save a workbook so that its bytes depend on its contents alone."""
    from openpyxl.xml.functions import tostring

    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                book.properties.modified = WRITTEN
                content = tostring(book.properties.to_tree())
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            target.writestr(entry, content)
