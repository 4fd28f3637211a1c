"""What goes wrong in real exports, planted on purpose; `answer_key.csv` lists every row of it.

`faults.csv` holds the cells that break a rule. A spoilt row that the study needs is sent anew,
correctly: by a laboratory in its next monthly file, elsewhere on the next line.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from make.clinic import TOTAL, infusion
from make.cohort import COHORT, STRANGERS
from make.laboratories import file_of, person, result, specimen
from make.patient import Patient
from make.rows import Files, Row

PATIENTS = dict(zip("ABCDEFGHJK", COHORT, strict=True))
WEST, EAST, IMMUNOLOGY = "lab_west", "lab_east", "immunology"
#: Faults of a cell without which the row is used; and whether the row then says the `same` as before.
OF_A_CELL = {
    ("loinc_check_digit", "LBLOINC"): "same",
    ("code_unknown", "SEX"): "less",
    ("code_unknown", "AESER"): "less",
    ("number_ambiguous", "CMDOSE"): "less",
}


def plant(files: Files) -> None:
    """All faults, in every feed."""
    _note_censored_and_titres(files)
    _spoil(files)
    _correct(files)
    _nobody_asked(files)
    _strangers(files)
    _copies(files)
    _odd_but_right(files)
    _blank_lines(files)


def _note_censored_and_titres(files: Files) -> None:
    for feed in (WEST, EAST, IMMUNOLOGY):
        for row in files.of(feed):
            text = row.cells["LBORRES"]
            if row.about[2] == "ANA":
                row.note = "titre"
            elif text[0] in "<>":
                row.note = f"censored: LBOPER {text[0]}"


def _spoil(files: Files) -> None:
    """Write the cells of `faults.csv` over the right ones."""
    path = Path(__file__).with_name("faults.csv")
    with path.open(encoding="utf-8", newline="") as table:
        faults = list(csv.DictReader(table))
    for where, lines in groupby(
        faults, lambda line: (line["feed"], line["patient"], line["month"], line["about"])
    ):
        feed, patient, month, about = where
        file, place = files.find(feed, PATIENTS[patient].mrn, int(month), about)
        row = files.at(feed, file, place)
        again = row.copy()
        again.note = row.note
        if feed in (WEST, EAST):
            sent = files.after(feed, file)
            files.add(feed, sent, again)
        else:
            sent = file
            files.rows[feed, file].insert(place + 1, again)
        row.fate = "quarantined"
        for line in lines:
            rule, cell = line["rule"], line["cell"]
            row.cells[cell] = line["written"]
            if rule == "row_ragged":
                # The comment is the last field: what follows its comma is one field too many.
                row.cells[cell], extra = line["written"].split(",")
                row.extra, cell = [extra], ""
            if rule:
                row.findings.append((rule, cell))
                row.note = f"{line['note']}; sent anew in {sent}"
        if all(finding in OF_A_CELL for finding in row.findings):
            # Without that cell it says no more, but no less either, than the row that was sent anew.
            first_stands = OF_A_CELL[row.findings[0]] == "same"
            row.fate, again.fate = (
                ("accepted", "duplicate") if first_stands else ("duplicate", "accepted")
            )


def _correct(files: Files) -> None:
    """Results that were first reported wrong: the later, right one supersedes them."""

    def first(
        feed: str, patient: str, month: int, test: str, days: int, now: str, **was: str
    ) -> None:
        """`was` is what the first report said, `now` the status of the one `days` later."""
        file, place = files.find(feed, PATIENTS[patient].mrn, month, test)
        row = files.at(feed, file, place)
        reported = row.cells["LBRPTDTC"] + timedelta(days=days)
        right = row.copy(LBRPTDTC=reported, LBRESST=now)
        right.note = row.note
        where = file_of(feed, reported)
        files.add(feed, where, right)
        row.cells.update(was)
        same = now == row.cells["LBRESST"]
        row.fate = "superseded"
        row.note = f"a {'later' if same else 'corrected or final'} result in {where} wins"

    first(WEST, "C", 4, "UPCR", 19, "Corrected", LBORRES="2801")
    first(WEST, "E", 6, "PLT", 1, "Final", LBORRES="88")
    first(EAST, "D", 0, "SCR", 2, "正式报告", LBORRES="96", LBRESST="初步报告")
    first(EAST, "H", 4, "HGB", 12, "更正报告", LBORRES="131")
    first(IMMUNOLOGY, "E", 2, "DSDNA", 27, "Corrected", LBORRES="301.0")


def _nobody_asked(files: Files) -> None:
    def add(feed: str, patient: str, month: int, kind: str, *tests: tuple[str, str, str]) -> None:
        who = PATIENTS[patient]
        day = who.visit(month)
        for name, text, unit in tests:
            row = result(who, month, "C3", feed)
            row.cells |= specimen(who, day, kind, feed)
            row.cells |= {"LBTEST": name, "LBORRES": text, "LBORRESU": unit}
            row.cells |= dict.fromkeys(("LBORNRLO", "LBORNRHI", "LBMETHOD", "LBLOINC", "FLAG"), "")
            row.about = (who.mrn, month, name)
            row.fate, row.note = "unmapped", "a test nobody asked for"
            files.add(feed, file_of(feed, row.cells["LBRPTDTC"]), row)

    marker, homocysteine = ("CA 125", "17.4", "U/mL"), ("Homocysteine", "14.2", "umol/L")
    add(WEST, "A", 0, "Serum", marker, homocysteine, ("Zinc", "11.8", "umol/L"))
    add(WEST, "C", 0, "Serum", marker, homocysteine)
    add(WEST, "C", 5, "Serum", ("CA 125", "20.8", ""))
    add(WEST, "K", 0, "Serum", ("Zinc", "12.6", "umol/L"))
    add(EAST, "B", 0, "血清", ("甲胎蛋白", "2.3", "ng/mL"), ("癌胚抗原", "<0.50", "ng/mL"))
    add(EAST, "D", 0, "血清", ("癌胚抗原", "1.12", "ng/mL"))
    add(EAST, "H", 0, "血清", ("甲胎蛋白", "1.8", "ng/mL"))
    add(IMMUNOLOGY, "C", 0, "Serum", ("Cryoglobulin", "negative", ""))
    add(IMMUNOLOGY, "H", 0, "Serum", ("Cryoglobulin", "negative", ""))


def _strangers(files: Files) -> None:
    outpatient, inpatient = STRANGERS
    usual = {"UPCR": 0.21, "SCR": 64, "ALB": 43, "HGB": 127}
    autumn, winter, spring = date(2020, 11, 24), date(2021, 2, 23), date(2021, 4, 13)
    _visit(files, outpatient, WEST, autumn, usual)
    _visit(files, outpatient, WEST, winter, usual)
    _visit(files, outpatient, IMMUNOLOGY, autumn, {"C3": 1.02, "DSDNA": 12})
    _visit(files, inpatient, EAST, spring, {**usual, "WBC": 7.2, "PLT": 231})
    # Whatever else is wrong with a stranger's row, nobody needs to mend it.
    _visit(files, inpatient, EAST, spring, {"IGG": 10.4}, LBTEST="甲胎蛋白")
    _visit(files, inpatient, EAST, spring, {"C3": 1.1}, LBORRESU="")
    for day in (winter, winter + timedelta(days=14)):
        files.add("infusions", "infusions 2021/Q1.csv", _out(infusion(outpatient, day, 0)))
    event = {
        "AETERM": "Herpes zoster",
        "AEDECOD": "Herpes zoster",
        "AEBODSYS": "Infections and infestations",
        "AESTDTC": date(2021, 3, 2),
        "AEENDTC": date(2021, 3, 16),
        "AETOXGR": "2",
        "AESER": "No",
        "AEREL": "Related",
        "AEACN": "Dose not changed",
        "AEOUT": "Recovered",
    }
    files.add("events", "adverse events.csv", _out(Row({**person(outpatient), **event})))


def _visit(
    files: Files, who: Patient, feed: str, day: date, values: dict[str, float], **cells: Any
) -> None:
    for test, value in values.items():
        row = _out(result(who, 0, test, feed, day, value))
        row.cells |= cells
        files.add(feed, file_of(feed, row.cells["LBRPTDTC"]), row)


def _out(row: Row) -> Row:
    row.fate, row.note = "out_of_cohort", "not in the registry"
    return row


def _copies(files: Files) -> None:
    """Exports overlap: rows come again in the next file, or twice in the same one."""

    def again(feed: str, patient: str, month: int, tests: str) -> None:
        for number, test in enumerate(tests.split()):
            file, place = files.find(feed, PATIENTS[patient].mrn, month, test)
            copy = _copy(files.at(feed, file, place), file)
            files.rows[feed, files.after(feed, file)].insert(number, copy)

    def twice(feed: str, patient: str, month: int, about: str) -> None:
        file, place = files.find(feed, PATIENTS[patient].mrn, month, about)
        files.rows[feed, file].insert(place + 1, _copy(files.at(feed, file, place), file))

    again(WEST, "C", 3, "UPCR URBC UWBC ALB IGG HGB WBC PLT")
    again(EAST, "D", 4, "UPCR URBC UWBC SCR ALB IGG HGB WBC PLT")
    again(IMMUNOLOGY, "C", 4, "DSDNA C3 C4")
    twice(WEST, "C", 7, "UPCR")
    twice(EAST, "B", 0, "ALB")
    twice("infusions", "H", 2, "EX")
    twice("sledai", "A", 3, "Alopecia")


def _copy(row: Row, file: str) -> Row:
    copy = row.copy()
    copy.fate, copy.note, copy.about = "duplicate", f"the same row stands in {file}", ("", 0, "")
    return copy


def _odd_but_right(files: Files) -> None:
    """Rows that look odd and are right, or are right and lead to a query."""

    def row(feed: str, patient: str, month: int, about: str) -> Row:
        return files.at(feed, *files.find(feed, PATIENTS[patient].mrn, month, about))

    broken = row(WEST, "A", 2, "PLT")
    broken.cells["COMMENT"] = "clumps seen,\nrepeated in citrate"
    broken.note = "the comment holds a line break: the record covers two lines"
    wide = row(EAST, "B", 4, "HGB")
    wide.cells["LBORRES"] = wide.cells["LBORRES"].translate(
        {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
    )
    wide.note = "full-width digits"
    spaced = row(EAST, "B", 3, "ALB")
    spaced.cells["LBORRES"] = f" {spaced.cells['LBORRES']} "
    spaced.note = "spaces around the result"
    row(WEST, "C", 7, "UPCR").note = "500 mg/g is 0.50 g/g, which is not below 0.5"
    total = row("sledai", "G", 2, TOTAL)
    right = int(total.cells["QSORRES"])
    total.cells["QSORRES"] = str(right + 2)
    total.note = f"the form's total is {right + 2}, its items sum to {right}: a query"


def _blank_lines(files: Files) -> None:
    for feed, file, place in (
        (WEST, "west 2020-10.csv", 5),
        (WEST, "west 2021-03.csv", 0),
        (EAST, "东院检验 2020年09月.csv", 7),
        (IMMUNOLOGY, "immunology 2021 H1.xlsx", 12),
        ("medication", "medication.csv", 20),
    ):
        files.rows[feed, file].insert(place, None)
