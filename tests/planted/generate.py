"""Make extracts of four laboratories with planted defects, and the answer key.

Nothing here knows how Remit reads: the key is written down as each row is made.
"""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, str]

# Analyte: names in English and Chinese, LOINC, specimen in both, (unit, factor to ours, lowest and
# highest printed number, decimals), units it cannot have, a number beyond its limits per unit.
ANALYTES: dict[str, dict[str, Any]] = {
    "SCR": {
        "names": ("Creatinine", "血肌酐"),
        "loinc": "14682-9",
        "specimen": ("Serum", "血清"),
        "units": [
            ("umol/L", "1", 40, 300, 0),
            ("mg/dL", "88.4", 0.4, 3, 2),
            ("µmol/L", "1", 40, 300, 1),
        ],
        "never": ["g/24h", "IU/mL", "mL/min"],
        "beyond": 700_000,
    },
    "ALB": {
        "names": ("Albumin", "白蛋白"),
        "loinc": "1751-7",
        "specimen": ("Serum", "血清"),
        "units": [("g/L", "1", 20, 50, 1), ("g/dL", "10", 2, 5, 2)],
        "never": ["IU/mL", "mg/24h", "10^9/L"],
        "beyond": 999,
    },
    "C3": {
        "names": ("Complement C3", "补体C3"),
        "loinc": "4485-9",
        "specimen": ("Serum", "血清"),
        "units": [("g/L", "1", 0.2, 1.8, 2), ("mg/dL", "0.01", 20, 180, 0)],
        "never": ["U/mL", "g/g"],
        "beyond": 99_999,
    },
    "UPCR": {
        "names": ("UPCR", "尿蛋白/肌酐比值"),
        "loinc": "2890-2",
        "specimen": ("Urine", "尿液"),
        "units": [
            ("g/g", "1", 0.05, 9, 2),
            ("mg/g", "0.001", 50, 9000, 0),
            ("mg/mmol", "0.00884", 5, 900, 1),
            ("g/mol", "0.00884", 5, 900, 1),
            ("mg/gCr", "0.001", 50, 9000, 0),
        ],
        "never": ["g/24h", "g/L", "mmol/L"],
        "beyond": 9_999_999,
    },
    "UP24": {
        "names": ("24-hour urine protein", "24小时尿蛋白"),
        "loinc": "2889-4",
        "specimen": ("24h urine", "24小时尿"),
        "units": [("g/24h", "1", 0.1, 9, 2), ("mg/24h", "0.001", 100, 9000, 0)],
        "never": ["g/g", "mg/mmol", "g/L"],
        "beyond": 9_999_999,
    },
    "HGB": {
        "names": ("Hemoglobin", "血红蛋白"),
        "loinc": "718-7",
        "specimen": ("Whole blood", "全血"),
        "units": [("g/L", "1", 70, 170, 0), ("g/dL", "10", 7, 17, 1)],
        "never": ["%", "10^9/L"],
        "beyond": 9_999,
    },
    "WBC": {
        "names": ("WBC", "白细胞"),
        "loinc": "6690-2",
        "specimen": ("Whole blood", "全血"),
        "units": [
            ("10^9/L", "1", 2, 15, 2),
            ("10^3/uL", "1", 2, 15, 2),
            ("/uL", "0.001", 2000, 15000, 0),
        ],
        "never": ["g/L", "/HPF"],
        "beyond": 99_999_999,
    },
    "BUN": {
        "names": ("Urea nitrogen", "尿素氮"),
        "loinc": "14937-7",
        "specimen": ("Serum", "血清"),
        "units": [("mg/dL", "0.357", 5, 90, 0), ("mmol/L", "1", 2, 30, 1)],
        "never": ["U/L", "g/24h"],
        "beyond": 99_999,
    },
    "DSDNA": {
        "names": ("Anti-dsDNA", "抗双链DNA抗体"),
        "loinc": "5130-0",
        "specimen": ("Serum", "血清"),
        "units": [("IU/mL", "1", 5, 600, 1), ("kIU/L", "1", 5, 600, 1)],
        "never": ["U/mL", "AU/mL", "RU/mL", "mg/L"],
        "beyond": 99_999,
    },
}
LESS = ["<", "< ", "＜", "LESS THAN ", "小于", "unter ", "inférieur à ", "menor que ", "minore di "]
LESS_EQUAL = ["<=", "≤", "小于等于", "not more than ", "höchstens ", "au plus ", "fino a "]
MORE = [">", "＞", "大于", "greater than ", "über ", "plus de ", "mayor que ", "oltre "]
TITRES = [
    ("1:80", "", 80), ("1：320", "", 320), ("1∶100", "", 100), ("1/640", "", 640),
    (">1:1280", ">", 1280), ("<1:80", "<", 80), ("阳性1:320", "", 320), ("1:1000(+)", "", 1000),
    ("阳性(1:160)", "", 160), ("1:3200 homogeneous", "", 3200), ("1:320核颗粒型", "", 320),
    ("颗粒型1:1000", "", 1000), ("1:80阳性", "", 80), ("阴性(<1:80)", "<", 80),
]  # fmt: skip
NO_TITRES = ["阴性 1:80", "1:80(-)", "1:80 haemolysed", "1:x"]
# Result, unit, and the range as it is kept.
RANGES = [
    ("0-3", "/HP", "0-3"), ("0-3/HP", "/HP", "0-3"), ("3-5/HPF", "", "3-5"),
    ("0～3", "/HP", "0-3"), ("10-15个/HP", "", "10-15"), ("5--8", "/HPF", "5-8"),
]  # fmt: skip
NO_RESULTS = [
    "haemolysed",
    "see comment",
    "见备注",
    "5.2.1",
    "19 but poor collection",
    "12 clotted",
    "?",
]
NO_UNITS = ["mgs per", "furlong", "g//L", "单位未知", "x10E/L?"]
STRANGE_TESTS = ["Zinc", "Homocysteine", "癌胚抗原", "CA 125", "Rhubarb index"]
BAD_LOINC = ["14682-8", "1751-6", "4485-1", "Sep-70", "34366"]
CUTOFF = datetime(2021, 12, 31)
COLUMNS = {
    "SUBJID": ("MRN", "病历号"),
    "LBREFID": ("Specimen ID", "样本号"),
    "LBSPEC": ("Specimen", "样本类型"),
    "LBTEST": ("Test", "检验项目"),
    "LBLOINC": ("LOINC", "LOINC编码"),
    "LBORRES": ("Result", "结果"),
    "LBORRESU": ("Units", "单位"),
    "LBDTC": ("Collected", "采样时间"),
    "LBRPTDTC": ("Reported", "报告时间"),
    "LBRESST": ("Status", "状态"),
}
STATUS = {"FINAL": ("Final", "正式报告"), "PRELIMINARY": ("Prelim", "初步报告")}
NAME = {"COMMENT": ("Comment", "备注")}


@dataclass(frozen=True)
class Laboratory:
    """How one laboratory writes."""

    feed: str
    language: int
    encoding: str
    delimiter: str
    moment: str
    decimal: str = "."
    thousands: str = ""
    kind: str = "csv"

    def spec(self) -> dict[str, Any]:
        """Its feed in the config."""
        feed: dict[str, Any] = {
            "domain": "lb",
            "format": self.kind,
            "columns": {name: both[self.language] for name, both in COLUMNS.items()},
            "codes": {"LBRESST": {both[self.language]: ours for ours, both in STATUS.items()}},
            "dates": [self.moment],
            "timezone": "Asia/Shanghai",
            "decimal": self.decimal,
            "thousands": self.thousands,
            "missing": ["", "NA", "n/a"],
        }
        if self.kind == "csv":
            feed |= {"encoding": self.encoding, "delimiter": self.delimiter}
        return feed


LABORATORIES = [
    Laboratory("west", 0, "utf-8", ",", "%Y-%m-%d %H:%M"),
    Laboratory("east", 1, "gb18030", ",", "%Y/%m/%d %H:%M"),
    Laboratory("north", 0, "windows-1252", ";", "%d.%m.%Y %H:%M", ",", "."),
    Laboratory("south", 0, "", "", "%Y-%m-%d %H:%M", kind="xlsx"),
]


@dataclass(frozen=True)
class Truth:
    """What must become of one row.

    `rules` are the broken rules with their columns, for an accepted result those of its other cells;
    `value` the canonical value as decimal text and
    `oper` its operator, for an accepted result.
    """

    defect: str
    fate: str
    rules: frozenset[tuple[str, str]] = frozenset()
    value: str | None = None
    oper: str | None = None
    code: str | None = None


@dataclass
class Plan:
    """Extracts in memory, and the key: (feed, file, line) to what must become of it."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    registry: list[str] = field(default_factory=list)
    key: dict[tuple[str, str, int], Truth] = field(default_factory=dict)


def plan(rows: int, seed: int, faulty: float = 0.4) -> Plan:
    """About `rows` rows over four laboratories, of which a share `faulty` is out of the ordinary."""
    made = Plan()
    chance = random.Random(seed)
    made.registry = [f"M{chance.randrange(10**7):07d}" for _ in range(max(20, rows // 100))]
    for laboratory in LABORATORIES:
        made.files[laboratory.feed] = {}
        share = rows // len(LABORATORIES)
        if laboratory.kind == "xlsx":
            share = min(share, 5000)
        writer = _Writer(laboratory, made, chance, faulty)
        writer.write(share)
    return made


class _Writer:
    """Writes one laboratory's files row by row, and each row's truth beside it."""

    def __init__(self, laboratory: Laboratory, made: Plan, chance: random.Random, faulty: float):
        self.lab, self.made, self.chance, self.faulty = laboratory, made, chance, faulty
        self.rows: list[tuple[Row | None, Truth | None]] = []
        self.later: list[tuple[Row, Truth]] = []
        self.number = 0

    def write(self, count: int) -> None:
        files = max(1, count // 2000)
        for part in range(files):
            self.rows = [(row, truth) for row, truth in self.later]
            self.later = []
            for _ in range(count // files):
                self.one()
            if part == files - 1:
                self.rows += self.later
            self._save(f"{self.lab.feed} {part + 1:03d}.{self.lab.kind}")

    def one(self) -> None:
        row, truth = self._good()
        if self.chance.random() < self.faulty:
            names = [name for name in DEFECTS if self.lab.kind == "csv" or name not in TEXT_ONLY]
            made = DEFECTS[self.chance.choice(names)](self, row, truth)
            if made is None:
                return
            row, truth = made
        self.rows.append((row, truth))

    def _good(self) -> tuple[Row, Truth]:
        analyte = self.chance.choice(list(ANALYTES))
        facts = ANALYTES[analyte]
        unit, factor, low, high, decimals = self.chance.choice(facts["units"])
        if self.lab.encoding == "gb18030":
            unit = unit.replace("µ", "u")
        text = f"{self.chance.uniform(low, high):.{decimals}f}"
        self.number += 1
        collected = datetime(2020, 6, 1) + timedelta(minutes=self.chance.randrange(500 * 1440))
        language = self.lab.language
        row = {
            "SUBJID": self.chance.choice(self.made.registry),
            "LBREFID": f"{self.lab.feed[0].upper()}{self.number:08d}",
            "LBSPEC": facts["specimen"][language],
            "LBTEST": facts["names"][language],
            "LBLOINC": self.chance.choice(["", facts["loinc"]]),
            "LBORRES": text.replace(".", self.lab.decimal),
            "LBORRESU": unit,
            "LBDTC": collected.strftime(self.lab.moment),
            "LBRPTDTC": (collected + timedelta(hours=5)).strftime(self.lab.moment),
            "LBRESST": STATUS["FINAL"][language],
            "COMMENT": self.chance.choice(["", "routine", 'said "fine"', "two\nlines", "a; b, c"]),
            "analyte": analyte,
            "factor": factor,
            "text": text,
        }
        return row, Truth("good", "accepted", value=str(Decimal(text) * Decimal(factor)))

    def _save(self, name: str) -> None:
        headers = [both[self.lab.language] for both in (COLUMNS | NAME).values()]
        cells = [
            [row[column] for column in COLUMNS | NAME] if row else None for row, _ in self.rows
        ]
        if self.lab.kind == "xlsx":
            self.made.files[self.lab.feed][name] = _workbook(headers, cells)
            lines = list(range(3, 3 + len(cells)))
        else:
            text, lines = _delimited(headers, cells, self.rows, self.lab.delimiter)
            self.made.files[self.lab.feed][name] = text.encode(self.lab.encoding, errors="replace")
        for line, (_, truth) in zip(lines, self.rows, strict=True):
            if truth is not None:
                self.made.key[self.lab.feed, name, line] = truth


def _delimited(
    headers: list[str],
    cells: list[list[str] | None],
    rows: list[tuple[Row | None, Truth | None]],
    delimiter: str,
) -> tuple[str, list[int]]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(headers)
    lines, line = [], 2
    for row, (source, _) in zip(cells, rows, strict=True):
        before = buffer.tell()
        if row is None:
            buffer.write("\r\n")
        elif source and source.get("torn") == "short":
            writer.writerow(row[:-3])
        elif source and source.get("torn") == "long":
            writer.writerow([*row, "and", "more"])
        else:
            writer.writerow(row)
        lines.append(line)
        buffer.seek(before)
        written = buffer.read()
        line += written.count("\n")
    return buffer.getvalue(), lines


def _workbook(headers: list[str], cells: list[list[str] | None]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Results")
    sheet.append(["Laboratory of the South"])
    sheet.append(headers)
    for row in cells:
        sheet.append(row or [])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


Made = tuple[Row, Truth] | None


def _broken(*rules: tuple[str, str], **cells: str) -> Callable[[_Writer, Row, Truth], Made]:
    """A row that breaks rules by having these cells."""

    def planted(writer: _Writer, row: Row, truth: Truth) -> Made:
        name = "+".join(rule for rule, _ in rules)
        return row | cells, Truth(name, "quarantined", frozenset(rules))

    return planted


def _one_of(rule: str, column: str, *texts: str) -> Callable[[_Writer, Row, Truth], Made]:
    def planted(writer: _Writer, row: Row, truth: Truth) -> Made:
        text = writer.chance.choice([text for text in texts if _writable(text, writer.lab)])
        return row | {column: text}, Truth(rule, "quarantined", frozenset({(rule, column)}))

    return planted


def _cell(rule: str, column: str, *texts: str) -> Callable[[_Writer, Row, Truth], Made]:
    """A cell without which the result stands."""

    def planted(writer: _Writer, row: Row, truth: Truth) -> Made:
        broken = frozenset({(rule, column)})
        name = f"{rule} {column}"
        return row | {column: writer.chance.choice(texts)}, replace(
            truth, defect=name, rules=broken
        )

    return planted


def _writable(text: str, laboratory: Laboratory) -> bool:
    try:
        text.encode(laboratory.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _ambiguous_number(writer: _Writer, row: Row, truth: Truth) -> Made:
    texts = ["1,060", "12,5", "1'060"] if writer.lab.decimal == "." else ["12.5", "1'060", "0.75"]
    texts += ["1 x 109", "2x10E9"]
    cells = {"LBORRES": writer.chance.choice(texts)}
    rule = ("number_ambiguous", "LBORRES")
    return row | cells, Truth("number_ambiguous", "quarantined", frozenset({rule}))


def _wrong_unit(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = {"LBORRESU": writer.chance.choice(ANALYTES[row["analyte"]]["never"])}
    rule = ("unit_not_for_analyte", "LBORRESU")
    return row | cells, Truth("unit_not_for_analyte", "quarantined", frozenset({rule}))


def _beyond(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = {"LBORRES": str(ANALYTES[row["analyte"]]["beyond"])}
    rule = ("value_outside_hard_limits", "LBORRES")
    return row | cells, Truth("value_outside_hard_limits", "quarantined", frozenset({rule}))


def _impossible(writer: _Writer, row: Row, truth: Truth) -> Made:
    year, month, day = writer.chance.choice(
        [(2021, 2, 30), (2020, 6, 31), (2021, 13, 5), (2020, 0, 7)]
    )
    pattern = writer.lab.moment
    text = (
        pattern.replace("%Y", str(year)).replace("%m", f"{month:02d}").replace("%d", f"{day:02d}")
    )
    cells = {"LBDTC": text.replace("%H:%M", "08:10")}
    rule = ("date_impossible", "LBDTC")
    return row | cells, Truth("date_impossible", "quarantined", frozenset({rule}))


def _ambiguous_date(writer: _Writer, row: Row, truth: Truth) -> Made:
    if writer.lab.moment.startswith("%d"):
        return None
    cells = {"LBDTC": writer.chance.choice(["03/04/2021 08:30", "7/9/2020", "05-06-2021"])}
    rule = ("date_ambiguous", "LBDTC")
    return row | cells, Truth("date_ambiguous", "quarantined", frozenset({rule}))


def _future(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = {"LBDTC": datetime(2201, 3, 9, 8, 30).strftime(writer.lab.moment)}
    rule = ("date_future", "LBDTC")
    return row | cells, Truth("date_future", "quarantined", frozenset({rule}))


def _torn(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = {"torn": writer.chance.choice(["short", "long"])}
    return row | cells, Truth("row_ragged", "quarantined", frozenset({("row_ragged", "")}))


def _unmapped(writer: _Writer, row: Row, truth: Truth) -> Made:
    tests = [test for test in STRANGE_TESTS if _writable(test, writer.lab)]
    return row | {"LBTEST": writer.chance.choice(tests), "LBLOINC": ""}, Truth(
        "unmapped", "unmapped"
    )


def _censored(writer: _Writer, row: Row, truth: Truth) -> Made:
    spellings = [(word, "<") for word in LESS] + [(word, "<=") for word in LESS_EQUAL]
    spellings += [(word, ">") for word in MORE]
    spellings = [pair for pair in spellings if _writable(pair[0], writer.lab)]
    word, oper = writer.chance.choice(spellings)
    cells = {"LBORRES": word + row["LBORRES"]}
    return row | cells, Truth("censored", "accepted", value=truth.value, oper=oper)


def _titre(writer: _Writer, row: Row, truth: Truth) -> Made:
    text, oper, value = writer.chance.choice([t for t in TITRES if _writable(t[0], writer.lab)])
    cells = _antibodies(writer) | {"LBORRES": text}
    return row | cells, Truth("titre", "accepted", value=str(value), oper=oper or None)


def _antibodies(writer: _Writer) -> Row:
    name = ("ANA", "抗核抗体")[writer.lab.language]
    specimen = ("Serum", "血清")[writer.lab.language]
    return {"LBTEST": name, "LBLOINC": "", "LBSPEC": specimen, "LBORRESU": ""}


def _doubtful_titre(writer: _Writer, row: Row, truth: Truth) -> Made:
    text = writer.chance.choice([text for text in NO_TITRES if _writable(text, writer.lab)])
    rule = ("result_unreadable", "LBORRES")
    return row | _antibodies(writer) | {"LBORRES": text}, Truth(
        "titre in doubt", "quarantined", frozenset({rule})
    )


def _sediment(writer: _Writer, text: str, unit: str) -> Row:
    name = ("Urine RBC", "尿红细胞")[writer.lab.language]
    specimen = ("Urine", "尿液")[writer.lab.language]
    cells = {"LBTEST": name, "LBLOINC": "", "LBSPEC": specimen}
    return cells | {"LBORRES": text, "LBORRESU": unit}


def _range(writer: _Writer, row: Row, truth: Truth) -> Made:
    text, unit, kept = writer.chance.choice([r for r in RANGES if _writable(r[0], writer.lab)])
    return row | _sediment(writer, text, unit), Truth("range", "accepted", code=kept)


def _contradicting_unit(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = _sediment(writer, writer.chance.choice(["0-3/uL", "4/uL", "3 %"]), "/HP")
    rule = ("result_unreadable", "LBORRES")
    return row | cells, Truth("two units", "quarantined", frozenset({rule}))


def _ordinal(writer: _Writer, row: Row, truth: Truth) -> Made:
    words = [
        ("阴性", "NEGATIVE"),
        ("negative", "NEGATIVE"),
        ("阳性", "POSITIVE"),
        ("Pos", "POSITIVE"),
        ("nicht nachweisbar", "NEGATIVE"),
        ("neg. (-)", "NEGATIVE"),
        ("陽性", "POSITIVE"),
        ("schwach positiv", "WEAK POSITIVE"),
        ("dubbio", "WEAK POSITIVE"),
    ]
    text, code = writer.chance.choice([pair for pair in words if _writable(pair[0], writer.lab)])
    cells = _antibodies(writer) | {"LBORRES": text}
    return row | cells, Truth("ordinal", "accepted", code=code)


def _decorated(writer: _Writer, row: Row, truth: Truth) -> Made:
    text = row["LBORRES"]
    full_width = text.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    texts = [f" {text} ", f"{text} H", f"{text}L", f"{text}*", f"{text}↑", f"↓{text}", f"H {text}"]
    texts += [full_width, f"{text} (hoch)", f"{text} [L]", f"{text} 高"]
    cells = {
        "LBORRES": writer.chance.choice([text for text in texts if _writable(text, writer.lab)])
    }
    return row | cells, Truth("decorated", "accepted", value=truth.value)


def _with_unit(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = {"LBORRES": f"{row['LBORRES']} {row['LBORRESU']}"}
    cells["LBORRESU"] = writer.chance.choice(["", row["LBORRESU"]])
    return row | cells, Truth("unit in the result", "accepted", value=truth.value)


def _guarded(writer: _Writer, row: Row, truth: Truth) -> Made:
    # In a workbook the first is a formula.
    guards = [*['="{}"'] * (writer.lab.kind == "csv"), "\u200b{}", "\ufeff{}", "{}\u200e", "{} "]
    guards = [guard for guard in guards if _writable(guard, writer.lab)]
    cells = {"SUBJID": writer.chance.choice(guards).format(row["SUBJID"])}
    return row | cells, Truth("guarded id", "accepted", value=truth.value)


def _skipped(writer: _Writer, row: Row, truth: Truth) -> Made:
    # Summer time began in China at 2:00 on 4 May 1986 (IANA time zone database).
    cells = {"LBDTC": datetime(1986, 5, 4, 2, 30).strftime(writer.lab.moment)}
    return row | cells, Truth("date_skipped", "quarantined", frozenset({("date_skipped", "LBDTC")}))


def _header_again(writer: _Writer, row: Row, truth: Truth) -> Made:
    headers = {name: both[writer.lab.language] for name, both in (COLUMNS | NAME).items()}
    writer.rows.append((headers, None))
    return None


def _blank(writer: _Writer, row: Row, truth: Truth) -> Made:
    writer.rows.append((None, None))
    return None


def _stranger(writer: _Writer, row: Row, truth: Truth) -> Made:
    return row | {"SUBJID": f"X{writer.chance.randrange(10**6)}"}, Truth(
        "out_of_cohort", "out_of_cohort"
    )


def _stranger_with_fault(writer: _Writer, row: Row, truth: Truth) -> Made:
    cells = {"SUBJID": f"X{writer.chance.randrange(10**6)}", "LBORRESU": ""}
    return row | cells, Truth("out_of_cohort", "out_of_cohort")


def _copy(writer: _Writer, row: Row, truth: Truth) -> Made:
    writer.later.append((dict(row), Truth("duplicate", "duplicate")))
    return row, truth


def _corrected(writer: _Writer, row: Row, truth: Truth) -> Made:
    first = row | {"LBRESST": STATUS["PRELIMINARY"][writer.lab.language]}
    writer.later.append((row, truth))
    return first, Truth("superseded", "superseded")


DEFECTS: dict[str, Callable[[_Writer, Row, Truth], Made]] = {
    "subject_missing": _broken(("subject_missing", "SUBJID"), SUBJID=""),
    "test_missing": _broken(("test_missing", "LBTEST"), LBTEST="", LBLOINC=""),
    "result_missing": _one_of("result_missing", "LBORRES", "", "NA", "n/a", "  "),
    "result_unreadable": _one_of("result_unreadable", "LBORRES", *NO_RESULTS),
    "number_ambiguous": _ambiguous_number,
    "unit_missing": _broken(("unit_missing", "LBORRESU"), LBORRESU=""),
    "unit_unknown": _one_of("unit_unknown", "LBORRESU", *NO_UNITS),
    "unit_not_for_analyte": _wrong_unit,
    "value_outside_hard_limits": _beyond,
    "date_missing": _broken(("date_missing", "LBDTC"), LBDTC=""),
    "date_impossible": _impossible,
    "date_ambiguous": _ambiguous_date,
    "date_future": _future,
    "code_unknown": _one_of("code_unknown", "LBRESST", "awaiting", "??", "Fin"),
    "loinc_check_digit": _cell("loinc_check_digit", "LBLOINC", *BAD_LOINC),
    "report time": _cell("date_impossible", "LBRPTDTC", "2021-02-30 08:10", "soon", "31/31/2021"),
    "row_ragged": _torn,
    "two rules": _broken(
        ("date_missing", "LBDTC"), ("unit_missing", "LBORRESU"), LBDTC="", LBORRESU=""
    ),
    "unmapped": _unmapped,
    "censored": _censored,
    "titre": _titre,
    "titre in doubt": _doubtful_titre,
    "range": _range,
    "two units": _contradicting_unit,
    "ordinal": _ordinal,
    "decorated": _decorated,
    "unit in the result": _with_unit,
    "guarded id": _guarded,
    "id_unreadable": _one_of("id_unreadable", "SUBJID", "1.23457E+11", "2021-03-04", "Mar-04"),
    "date_skipped": _skipped,
    "header again": _header_again,
    "blank": _blank,
    "out_of_cohort": _stranger,
    "out_of_cohort with a fault": _stranger_with_fault,
    "duplicate": _copy,
    "superseded": _corrected,
}
TEXT_ONLY = {"row_ragged"}


def save(made: Plan, folder: Path) -> dict[str, list[Path]]:
    """Write the extracts: feed to its files."""
    paths: dict[str, list[Path]] = {}
    for feed, files in made.files.items():
        for name, content in files.items():
            path = folder / feed / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.setdefault(feed, []).append(path)
    return paths
