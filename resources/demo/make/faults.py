"""What goes wrong in real exports, planted on purpose; `answer_key.csv` lists every row of it.

A spoilt row that the study needs is sent anew, correctly, in the feed's next file.
"""

# ruff: noqa: E501  (one fault a line reads best)
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from make.clinic import TOTAL, infusion
from make.cohort import COHORT, STRANGERS
from make.laboratories import file_of, person, result, specimen
from make.rows import Files, Row

A, B, C, D, E, F, G, H, J, K = (patient.mrn for patient in COHORT)
PATIENTS = {patient.mrn: patient for patient in (*COHORT, *STRANGERS)}
WEST, EAST, IMMUNOLOGY = "lab_west", "lab_east", "immunology"


def plant(files: Files) -> None:
    """All faults, in every feed."""
    _note_censored_and_titres(files)
    _spoilt_results(files)
    _corrections(files)
    _spoilt_records(files)
    _nobody_asked(files)
    _strangers(files)
    _copies(files)
    _accepted_all_the_same(files)
    _blank_lines(files)


def _note_censored_and_titres(files: Files) -> None:
    for feed in (WEST, EAST, IMMUNOLOGY):
        for row in files.of(feed):
            text = row.cells["LBORRES"]
            if row.about[2] == "ANA":
                row.note = "titre"
            elif text[0] in "<>":
                row.note = f"censored: LBOPER {text[0]}"


def _spoilt_results(files: Files) -> None:
    def spoil(feed: str, mrn: str, month: int, test: str, *broken: str, note: str, **cells: Any):
        return _spoil(files, files.find(feed, mrn, month, test), feed, *broken, note=note, **cells)

    spoil(WEST, A, 1, "SCR", "date_impossible LBDTC", note="31 June", LBDTC="2020-06-31 08:10")
    spoil(
        WEST,
        C,
        1,
        "HGB",
        "date_ambiguous LBDTC",
        note="typed by hand: 7 September or 9 July",
        LBDTC="07/09/2020 08:12",
    )
    spoil(WEST, C, 2, "ALB", "unit_missing LBORRESU", note="no unit", LBORRESU="")
    spoil(
        WEST,
        C,
        3,
        "SCR",
        "value_outside_hard_limits LBORRES",
        note="mg/dL labelled umol/L",
        LBORRES="0.9",
        LBORRESU="umol/L",
    )
    spoil(WEST, C, 5, "IGG", "result_missing LBORRES", note="no result", LBORRES="")
    spoil(
        WEST,
        A,
        4,
        "IGG",
        "result_unreadable LBORRES",
        note="words in place of a number",
        LBORRES="see comment",
    )
    spoil(
        WEST,
        A,
        5,
        "UPCR",
        "number_ambiguous LBORRES",
        note="a comma that groups thousands or marks decimals",
        LBORRES="12,976",
    )
    spoil(
        WEST,
        A,
        6,
        "WBC",
        "unit_not_for_analyte LBORRESU",
        note="the unit of another test",
        LBORRESU="g/dL",
    )
    spoil(WEST, A, 7, "PLT", "unit_unknown LBORRESU", note="no such unit", LBORRESU="x10E/L?")
    spoil(WEST, F, 0, "ALB", "subject_missing SUBJID", note="no hospital number", SUBJID="")
    ragged = spoil(
        WEST,
        C,
        6,
        "SCR",
        "row_ragged",
        note="an unquoted comma in the comment",
        COMMENT="slightly haemolysed",
    )
    ragged.extra = [" repeated"]

    spoil(
        EAST,
        B,
        1,
        "PLT",
        "value_outside_hard_limits LBORRES",
        note="cells/µL labelled 10^9/L",
        LBORRES="178000",
    )
    spoil(EAST, B, 2, "WBC", "test_missing LBTEST", note="no test name", LBTEST="")
    spoil(EAST, D, 0, "URBC", "result_unreadable LBORRES", note="“see remark”", LBORRES="见备注")
    spoil(EAST, D, 2, "IGG", "date_missing LBDTC", note="no time of collection", LBDTC="")
    spoil(
        EAST,
        D,
        3,
        "ALB",
        "date_missing LBDTC",
        "unit_missing LBORRESU",
        note="breaks two rules",
        LBDTC="",
        LBORRESU="",
    )
    spoil(EAST, E, 3, "HGB", "unit_unknown LBORRESU", note="no such unit", LBORRESU="克/升升")
    spoil(
        EAST, H, 1, "SCR", "code_unknown LBRESST", note="status “awaiting review”", LBRESST="待审核"
    )
    spoil(
        IMMUNOLOGY,
        D,
        1,
        "C3",
        "result_unreadable LBORRES",
        note="the specimen was unfit",
        LBORRES="haemolysed",
    )


def _corrections(files: Files) -> None:
    def correct(
        feed: str, mrn: str, month: int, test: str, days: int, now: str, **was: str
    ) -> None:
        """The row that stands there was reported with the cells `was`; the right one came later."""
        file, place = files.find(feed, mrn, month, test)
        row = files.at(feed, file, place)
        reported = row.cells["LBRPTDTC"] + timedelta(days=days)
        later = row.copy(LBRPTDTC=reported, LBRESST=now)
        later.note = row.note
        where = file_of(feed, reported)
        files.add(feed, where, later)
        row.cells.update(was)
        row.fate = "superseded"
        row.note = f"a {'later' if now == row.cells['LBRESST'] else 'corrected or final'} result in {where} wins"

    correct(WEST, C, 4, "UPCR", 19, "Corrected", LBORRES="2801")
    correct(WEST, E, 6, "PLT", 1, "Final", LBORRES="88")
    correct(EAST, D, 0, "SCR", 2, "正式报告", LBORRES="96", LBRESST="初步报告")
    correct(EAST, H, 4, "HGB", 12, "更正报告", LBORRES="131")
    correct(IMMUNOLOGY, E, 2, "DSDNA", 27, "Corrected", LBORRES="301.0")


def _spoilt_records(files: Files) -> None:
    """Registry, infusions, SLEDAI-2K, medication, events: the right row stands below the wrong."""

    def spoil(feed: str, mrn: str, month: int, about: str, *broken: str, note: str, **cells: Any):
        return _spoil(files, files.find(feed, mrn, month, about), feed, *broken, note=note, **cells)

    spoil("registry", D, 0, "DM", "code_unknown SEX", note="misspelt", SEX="Mael")
    spoil(
        "infusions",
        E,
        6,
        "EX",
        "date_impossible EXSTDTC",
        note="30 February",
        EXSTDTC="2021-02-30 10:05",
    )
    spoil(
        "sledai",
        C,
        2,
        "Arthritis",
        "value_outside_hard_limits QSORRES",
        note="no score of the item",
        QSORRES="3",
    )
    spoil("sledai", H, 3, "Rash", "result_missing QSORRES", note="no score", QSORRES="")
    spoil(
        "medication",
        B,
        0,
        "Mycophenolate mofetil",
        "subject_missing SUBJID",
        note="no hospital number",
        SUBJID="",
    )
    spoil(
        "medication",
        G,
        0,
        "Hydroxychloroquine",
        "number_ambiguous CMDOSE",
        note="a comma that groups thousands or marks decimals",
        CMDOSE="200,0",
    )
    spoil("events", G, 0, "AE", "code_unknown AESER", note="seriousness left open", AESER="?")


def _spoil(
    files: Files, where: tuple[str, int], feed: str, *broken: str, note: str, **cells: Any
) -> Row:
    """Spoil a row and send it anew; `broken` holds texts of the form `rule COLUMN`."""
    file, place = where
    row, monthly = files.at(feed, file, place), feed in (WEST, EAST)
    again = row.copy()
    again.note = row.note
    if monthly:
        file = files.after(feed, file)
        files.add(feed, file, again)
    else:
        files.rows[feed, file].insert(place + 1, again)
    findings = [(rule, column) for rule, _, column in (text.partition(" ") for text in broken)]
    row.breaks(*findings, note=f"{note}; sent anew in {file}", **cells)
    return row


def _nobody_asked(files: Files) -> None:
    def add(feed: str, mrn: str, month: int, kind: str, *tests: tuple[str, str, str]) -> None:
        patient = PATIENTS[mrn]
        basis = {WEST: "HGB", EAST: "HGB", IMMUNOLOGY: "C3"}[feed]
        for name, text, unit in tests:
            row = result(patient, month, basis, feed)
            row.cells.update(specimen(patient, patient.visit(month), kind, feed))
            row.cells.update(
                LBTEST=name,
                LBORRES=text,
                LBORRESU=unit,
                LBORNRLO="",
                LBORNRHI="",
                FLAG="",
                LBMETHOD="",
            )
            row.about, row.fate, row.note = (
                (mrn, month, name),
                "unmapped",
                "a test nobody asked for",
            )
            files.add(feed, file_of(feed, row.cells["LBRPTDTC"]), row)

    marker, homocysteine = ("CA 125", "17.4", "U/mL"), ("Homocysteine", "14.2", "umol/L")
    add(WEST, A, 0, "Serum", marker, homocysteine, ("Zinc", "11.8", "umol/L"))
    add(WEST, C, 0, "Serum", marker, homocysteine)
    add(WEST, C, 5, "Serum", ("CA 125", "20.8", ""))
    add(WEST, K, 0, "Serum", ("Zinc", "12.6", "umol/L"))
    add(EAST, B, 0, "血清", ("甲胎蛋白", "2.3", "ng/mL"), ("癌胚抗原", "<0.50", "ng/mL"))
    add(EAST, D, 0, "血清", ("癌胚抗原", "1.12", "ng/mL"))
    add(EAST, H, 0, "血清", ("甲胎蛋白", "1.8", "ng/mL"))
    add(IMMUNOLOGY, C, 0, "Serum", ("Cryoglobulin", "negative", ""))
    add(IMMUNOLOGY, H, 0, "Serum", ("Cryoglobulin", "negative", ""))


def _strangers(files: Files) -> None:
    outpatient, inpatient = STRANGERS
    usual = {"UPCR": 0.21, "SCR": 64, "ALB": 43, "HGB": 127}
    serology = {"C3": 1.02, "DSDNA": 12}
    for patient, feed, days, values in (
        (outpatient, WEST, (date(2020, 11, 24), date(2021, 2, 23)), usual),
        (outpatient, IMMUNOLOGY, (date(2020, 11, 24),), serology),
        (inpatient, EAST, (date(2021, 4, 13),), {**usual, "WBC": 7.2, "PLT": 231}),
    ):
        for day in days:
            for test, value in values.items():
                row = result(patient, 0, test, feed, day, value)
                _out(row)
                files.add(feed, file_of(feed, row.cells["LBRPTDTC"]), row)
    # Whatever else is wrong with a stranger's row, nobody needs to mend it.
    unknown = result(inpatient, 0, "IGG", EAST, date(2021, 4, 13), 10.4)
    unknown.cells["LBTEST"] = "甲胎蛋白"
    unitless = result(inpatient, 0, "C3", EAST, date(2021, 4, 13), 1.1)
    unitless.cells["LBORRESU"] = ""
    for row in (_out(unknown), _out(unitless)):
        files.add(EAST, file_of(EAST, row.cells["LBRPTDTC"]), row)
    for day in (date(2021, 2, 23), date(2021, 3, 9)):
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


def _out(row: Row) -> Row:
    row.fate, row.note = "out_of_cohort", "not in the registry"
    return row


def _copies(files: Files) -> None:
    """Exports overlap: rows come again in the next file, or twice in the same one."""

    def twice(feed: str, mrn: str, month: int, about: str) -> None:
        file, place = files.find(feed, mrn, month, about)
        files.rows[feed, file].insert(place + 1, _copy(files.at(feed, file, place), file))

    def again(feed: str, mrn: str, month: int, tests: str) -> None:
        for number, test in enumerate(tests.split()):
            file, place = files.find(feed, mrn, month, test)
            later = files.after(feed, file)
            files.rows[feed, later].insert(number, _copy(files.at(feed, file, place), file))

    again(WEST, C, 3, "UPCR URBC UWBC ALB IGG HGB WBC PLT")
    again(EAST, D, 4, "UPCR URBC UWBC SCR ALB IGG HGB WBC PLT")
    again(IMMUNOLOGY, C, 4, "DSDNA C3 C4")
    twice(WEST, C, 7, "UPCR")
    twice(EAST, B, 0, "ALB")
    twice("infusions", H, 2, "EX")
    twice("sledai", A, 3, "Alopecia")


def _copy(row: Row, file: str) -> Row:
    copy = row.copy()
    copy.fate, copy.note, copy.about = "duplicate", f"the same row stands in {file}", ("", 0, "")
    return copy


def _accepted_all_the_same(files: Files) -> None:
    """Rows that look odd and are right, or are right and lead to a query."""

    def note(feed: str, mrn: str, month: int, about: str, text: str, **cells: Any) -> Row:
        row = files.at(feed, *files.find(feed, mrn, month, about))
        row.cells.update(cells)
        row.note = text
        return row

    note(
        WEST,
        A,
        2,
        "PLT",
        "the comment holds a line break: the record covers two lines",
        COMMENT="clumps seen,\nrepeated in citrate",
    )
    note(EAST, B, 4, "HGB", "full-width digits", LBORRES="１１８")
    row = files.at(EAST, *files.find(EAST, B, 3, "ALB"))
    note(EAST, B, 3, "ALB", "spaces around the result", LBORRES=f" {row.cells['LBORRES']} ")
    boundary = files.at(WEST, *files.find(WEST, C, 7, "UPCR"))
    boundary.note = "500 mg/g is 0.50 g/g, which is not below 0.5"
    total = files.at("sledai", *files.find("sledai", G, 2, TOTAL))
    right = int(total.cells["QSORRES"])
    note(
        "sledai",
        G,
        2,
        TOTAL,
        f"the form's total is {right + 2}, its items sum to {right}: a query",
        QSORRES=str(right + 2),
    )


def _blank_lines(files: Files) -> None:
    for feed, file, place in (
        (WEST, "west 2020-10.csv", 5),
        (WEST, "west 2021-03.csv", 0),
        (EAST, "东院检验 2020年09月.csv", 7),
        (IMMUNOLOGY, "immunology 2021 H1.xlsx", 12),
        ("medication", "medication.csv", 20),
    ):
        files.rows[feed, file].insert(place, None)
