"""What a text says: number, inequality, range, titre, ordinal, or nothing that can be trusted."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.ingest.dictionaries import NO_SPELLINGS, Dictionaries
from remit.ingest.results import Result, parse, parse_column
from remit.ingest.source import LONGEST_TEXT

from .conftest import LAB, Run, lab


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5.49", 5.49),
        (" 5.49 ", 5.49),
        ("０．５０", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.2", -1.2),
        ("1.1 x 10^9", 1.1e9),
        ("1.1×10⁹", 1.1e9),
        ("1.1*10^9", 1.1e9),
        ("2E3", 2000.0),
        ("1e-3", 0.001),
        ("5.2 H", 5.2),
        ("5.2H", 5.2),
        ("5.2↑", 5.2),
        ("5.2 ↓↓", 5.2),
        ("5.2*", 5.2),
        ("5.2 (H)", 5.2),
        ("H 5.2", 5.2),
        ("↑5.2", 5.2),
        ("*5.2", 5.2),
        ("1.1×10⁻³", 0.0011),
        ("−1.2", -1.2),
    ],
)
def test_numbers(known: Dictionaries, text: str, number: float) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.oper, read.number, read.fault) == ("number", None, number, None)


@pytest.mark.parametrize(
    ("text", "oper", "number"),
    [
        ("<0.5", "<", 0.5),
        ("< 0.5", "<", 0.5),
        ("＜0.5", "<", 0.5),
        ("<=0.5", "<=", 0.5),
        ("≤0.5", "<=", 0.5),
        ("≦0.5", "<=", 0.5),
        (">600", ">", 600.0),
        ("＞600", ">", 600.0),
        (">= 600", ">=", 600.0),
        ("≥600", ">=", 600.0),
        ("LESS THAN 10", "<", 10.0),
        ("less than or equal to 10", "<=", 10.0),
        ("Greater than 10", ">", 10.0),
        ("小于10", "<", 10.0),
        ("小于等于10", "<=", 10.0),
        ("大于 200", ">", 200.0),
        ("低于0.5", "<", 0.5),
        ("不超过5", "<=", 5.0),
        ("不低于5", ">=", 5.0),
        ("<0.5 L", "<", 0.5),
        ("↓<0.5", "<", 0.5),
        ("&lt;0.5", "<", 0.5),
        ("不高于5", "<=", 5.0),
    ],
)
def test_operators_in_all_their_spellings(
    known: Dictionaries, text: str, oper: str, number: float
) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.oper, read.number) == ("inequality", oper, number)


@pytest.mark.parametrize(
    ("text", "oper", "reciprocal", "code"),
    [
        ("1:80", None, 80, None),
        ("1：80", None, 80, None),
        ("1∶80", None, 80, None),
        ("1/80", None, 80, None),
        ("1 : 320", None, 320, None),
        (">1:1280", ">", 1280, None),
        ("<1:80", "<", 80, None),
        ("≥1:3200", ">=", 3200, None),
        ("1:100(+)", None, 100, "1+"),
        ("1:1000 (+)", None, 1000, "1+"),
        ("阳性1:320", None, 320, "POSITIVE"),
        ("阳性(1:320)", None, 320, "POSITIVE"),
        ("阳性 1:320", None, 320, "POSITIVE"),
        ("Positive 1:640", None, 640, "POSITIVE"),
        ("1:320 homogeneous", None, 320, None),
        ("1:320 核颗粒型", None, 320, None),
        ("1:320核颗粒型", None, 320, None),
        ("颗粒型1:1000", None, 1000, None),
        ("1:80阳性", None, 80, "POSITIVE"),
        ("弱阳性(1:80)", None, 80, "WEAK POSITIVE"),
        ("滴度1:3,200", None, 3200, None),
        ("Titre: 1:160", None, 160, None),
        ("阴性(<1:80)", "<", 80, "NEGATIVE"),
        ("<1:80(阴性)", "<", 80, "NEGATIVE"),
        ("阳性 >1:1280 着丝点型", ">", 1280, "POSITIVE"),
    ],
)
def test_titres_and_their_chinese_variants(
    known: Dictionaries, text: str, oper: str | None, reciprocal: int, code: str | None
) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.oper, read.number, read.code) == ("titre", oper, reciprocal, code)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("阴性 1:80", "<1:80"),  # negative at this dilution, or positive up to it?
        ("1:80(-)", "<1:80"),
        ("阴性 阳性 1:80", None),
        ("1:80 haemolysed", None),
        ("核颗粒型1:320;胞浆型1:100", None),
    ],
)
def test_a_titre_beside_words_that_change_it_is_not_read(
    known: Dictionaries, text: str, hint: str | None
) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.number, read.hint) == ("text", None, hint)


@pytest.mark.parametrize(
    "flag", ["H", "LN", "↑", "* ", "(H)", "1-", "/a", "1:", "x10^", "个/", "(+"]
)
def test_a_text_of_flags_and_marks_is_read_in_no_time(known: Dictionaries, flag: str) -> None:
    # A pattern that tries every way to cut such a text would not end within this century.
    assert parse(flag * (LONGEST_TEXT // len(flag) - 1) + "x", known.spellings).type == "text"


@pytest.mark.parametrize("text", ["1.1 x 109", "1.1x10E9"])
def test_a_power_that_was_lost_is_ambiguous(known: Dictionaries, text: str) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.fault, read.hint) == ("text", "number_ambiguous", "1.1e9")


@pytest.mark.parametrize("text", ["1e400", "1_000", "12.3.4", "½", "10±2", "1:x"])
def test_no_part_of_a_number_is_proposed(known: Dictionaries, text: str) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.hint) == ("text", None)


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "low", "high"),
    [
        ("0,5-1,2", ",", ".", 0.5, 1.2),
        ("1.000–1.200,5", ",", ".", 1000.0, 1200.5),
        ("1,060-1,080", ".", ",", 1060.0, 1080.0),
    ],
)
def test_ranges_have_the_feed_s_marks(
    known: Dictionaries, text: str, decimal: str, thousands: str, low: float, high: float
) -> None:
    read = parse(text, known.spellings, decimal, thousands)
    assert (read.type, read.number, read.high) == ("range", low, high)
    # Without them they say nothing.
    undeclared = parse(text, known.spellings)
    assert (undeclared.type, undeclared.fault) == ("text", "number_ambiguous")


@pytest.mark.parametrize(
    ("text", "type", "unit"),
    [
        ("0-3/HP", "range", "/HP"),
        ("10-15个/HP", "range", "/HP"),
        ("3 /HPF", "number", "/HPF"),
        (">100/HP", "inequality", "/HP"),
        ("偶见/高倍视野", "ordinal", "/高倍视野"),
        ("满视野/HP", "ordinal", None),
        ("35 %", "number", "%"),
        ("1/80", "titre", None),
    ],
)
def test_a_unit_printed_with_the_result_is_told_apart(
    known: Dictionaries, text: str, type: str, unit: str | None
) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.unit) == (type, unit)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("阴性", "NEGATIVE"),
        ("阴性(-)", "NEGATIVE"),
        ("（-）", "NEGATIVE"),
        ("Neg", "NEGATIVE"),
        ("阳性", "POSITIVE"),
        ("POSITIVE", "POSITIVE"),
        ("±", "TRACE"),
        ("弱阳性", "WEAK POSITIVE"),
        ("+", "1+"),
        ("++", "2+"),
        ("3+", "3+"),
        ("(++)", "2+"),
        ("(2+)", "2+"),
        ("＋＋＋", "3+"),
        ("TNTC", "TNTC"),
        ("满视野", "TNTC"),
    ],
)
def test_ordinals(known: Dictionaries, text: str, code: str) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.code, read.fault) == ("ordinal", code, None)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0-3", 0, 3),
        ("0-3/HP", 0, 3),
        ("0~3", 0, 3),
        ("3–5 /HP", 3, 5),
        ("0－3", 0, 3),
        ("3至5", 3, 5),
    ],
)
def test_ranges(known: Dictionaries, text: str, low: float, high: float) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.number, read.high) == ("range", low, high)


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("1,060", "1060"),
        ("1,5", "1.5"),
        ("12,345,678", "12345678"),
        ("1.234.567", "1234567"),
        ("1'060", "1060"),
        ("1 060", "1060"),
        ("<1,060", "<1060"),
    ],
)
def test_marks_that_the_feed_does_not_declare_make_a_number_ambiguous(
    known: Dictionaries, text: str, proposal: str
) -> None:
    read = parse(text, known.spellings)
    assert (read.number, read.fault, read.hint) == (None, "number_ambiguous", proposal)


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "number"),
    [
        ("1,060", ".", ",", 1060.0),
        ("1,060.5", ".", ",", 1060.5),
        ("12,345,678", ".", ",", 12345678.0),
        ("1,5", ",", "", 1.5),
        ("1.060,5", ",", ".", 1060.5),
        ("1 060,5", ",", " ", 1060.5),
        ("1'060", ".", "'", 1060.0),
    ],
)
def test_declared_marks_are_read(
    known: Dictionaries, text: str, decimal: str, thousands: str, number: float
) -> None:
    assert parse(text, known.spellings, decimal, thousands).number == number


@pytest.mark.parametrize(("text", "marks"), [("10,60", (".", ",")), ("1.5", (",", ""))])
def test_declared_marks_in_the_wrong_place_are_ambiguous(
    known: Dictionaries, text: str, marks: tuple[str, str]
) -> None:
    assert parse(text, known.spellings, *marks).fault == "number_ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        "haemolysed",
        "见备注",
        "see comment",
        "nan",
        "inf",
        "",
        "--",
        "5.5.5.5",
        "5.2.1",
        "0x1F",
        "1e400",
    ],
)
def test_what_is_no_result_is_text(known: Dictionaries, text: str) -> None:
    read = parse(text, known.spellings)
    assert read.number is None or math.isfinite(read.number)
    assert read.type in ("text", "ordinal")


def test_a_comment_glued_to_a_number_leaves_the_number_as_a_proposal(known: Dictionaries) -> None:
    assert parse("19 but poor collection", known.spellings) == Result("text", hint="19")
    assert parse("<5 (haemolysed)", known.spellings).hint == "<5"


def test_a_column_is_read_as_its_texts_are_one_by_one(known: Dictionaries) -> None:
    texts = ["5.5", "<1", None, "1:80", "++", "1,060", "5.5", "inf", "NaN", "0-3", "２"]
    frame = parse_column(pl.Series(texts, dtype=pl.String), known.spellings, ".", "")
    for text, row in zip(texts, frame.iter_rows(named=True), strict=True):
        one = parse(text, known.spellings) if text else None
        expected = (one.type, one.oper, one.number, one.fault) if one else (None,) * 4
        assert (row["TYPE"], row["OPER"], row["NUMBER"], row["FAULT"]) == expected, text


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**7)


@given(numbers)
def test_a_number_printed_any_way_reads_as_itself(number: object) -> None:
    plain = f"{number:f}"
    whole, _, fraction = plain.partition(".")
    grouped = f"{int(whole):,}"
    for text, decimal, thousands in (
        (plain, ".", ""),
        (f"{grouped}.{fraction}", ".", ","),
        (f"{grouped}.{fraction}".translate(str.maketrans(",.", ".,")), ",", "."),
        (f"{whole},{fraction}", ",", ""),
    ):
        read = parse(text, NO_SPELLINGS, decimal, thousands)
        assert read.number == float(plain), text


def test_the_raw_text_is_always_kept(run: Run) -> None:
    found = run(lab("p1,ANA,阳性1：320,,2020-06-01", "p1,C3, ０.5２ ,g/L,2020-06-01"))
    assert found.accepted["LBORRES"].to_list() == ["阳性1：320", "０.5２"]
    assert found.accepted["LBSTRESC"].to_list() == ["1:320", "0.52"]


@pytest.mark.parametrize(
    ("row", "text", "value", "oper"),
    [
        ("p1,ANA,<1:80,,2020-06-01", "<1:80", 80.0, "<"),
        ("p1,ANA,阴性,,2020-06-01", "NEGATIVE", None, None),
        ("p1,ANA,320,,2020-06-01", "1:320", 320.0, None),
        ("p1,Anti-dsDNA,>600,IU/mL,2020-06-01", ">600", 600.0, ">"),
        ("p1,Anti-dsDNA,阴性,IU/mL,2020-06-01", "NEGATIVE", None, None),
        ("p1,Creatinine,<0.5,mg/dL,2020-06-01", "<44.2", 44.2, "<"),
        ("p1,Urine RBC,0-3/HP,/HP,2020-06-01", "0-3", None, None),
        ("p1,Urine RBC,满视野,,2020-06-01", "TNTC", None, None),
        ("p1,尿蛋白定性,++,,2020-06-01", "2+", None, None),
    ],
)
def test_the_standard_result_keeps_what_the_text_says(
    run: Run, row: str, text: str, value: float | None, oper: str | None
) -> None:
    accepted = run(lab(row)).accepted
    assert accepted.select("LBSTRESC", "LBSTRESN", "LBOPER").row(0) == (text, value, oper)


def test_the_unit_of_a_result_stands_in_for_an_empty_column_and_never_against_it(run: Run) -> None:
    rows = [("0-3/HP", ""), ("0-3/HPF", "/HP"), ("0-3/uL", "/HP"), ("3 %", "/HP"), ("4", "/HP")]
    found = run(lab(*(f"p1,Urine RBC,{text},{unit},2020-06-01" for text, unit in rows)))
    assert found.accepted.select("LBORRES", "LBORRESU", "LBSTRESC").rows() == [
        ("0-3/HP", "/HP", "0-3"),
        ("0-3/HPF", "/HP", "0-3"),
        ("4", "/HP", "4"),
    ]
    assert found.quarantine.select("source_line", "rule").rows() == [
        (4, "result_unreadable"),
        (5, "result_unreadable"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "p1,Albumin,阳性,g/L,2020-06-01",
        "p1,Albumin,1:80,g/L,2020-06-01",
        "p1,Albumin,3-5,g/L,2020-06-01",
    ],
)
def test_a_result_of_a_kind_the_analyte_cannot_have_is_unreadable(run: Run, row: str) -> None:
    assert run(lab(row)).quarantine["rule"].to_list() == ["result_unreadable"]


def test_the_range_flag_is_decided_in_the_laboratory_s_own_units(run: Run) -> None:
    header = "MRN,Test,Result,Unit,Collected,Low,High\n"
    rows = [("0.9", "NORMAL"), ("0.8", "LOW"), ("1.81", "HIGH"), ("1.8", "NORMAL"), ("<0.9", None)]
    rows += [("<0.8", "LOW"), (">1.9", "HIGH"), (">1.5", None)]
    text = header + "".join(f"p1,C3,{result},g/L,2020-06-01,0.9,1.8\n" for result, _ in rows)
    columns = {
        "SUBJID": "MRN",
        "LBTEST": "Test",
        "LBORRES": "Result",
        "LBORRESU": "Unit",
        "LBDTC": "Collected",
        "LBORNRLO": "Low",
        "LBORNRHI": "High",
    }
    assert run(text, columns=columns).accepted["LBNRIND"].to_list() == [flag for _, flag in rows]


@pytest.mark.parametrize(
    ("written", "low", "high", "flag"),
    [
        ("0.9-1.8", 0.9, 1.8, "HIGH"),
        ("0.9～1.8", 0.9, 1.8, "HIGH"),
        ("0.9 -- 1.8", 0.9, 1.8, "HIGH"),
        ("<30", None, 30.0, "NORMAL"),
        ("≤1.8", None, 1.8, "HIGH"),
        (">=0.9", 0.9, None, "NORMAL"),
        ("see comment", None, None, None),
        ("1.8", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_reference_range_in_one_column_gives_both_limits(
    run: Run, written: str, low: float | None, high: float | None, flag: str | None
) -> None:
    text = f"MRN,Test,Result,Unit,Collected,Range\np1,C3,2,g/L,2020-06-01,{written}\n"
    row = run(text, columns={**LAB["columns"], "LBORNR": "Range"}).accepted.row(0, named=True)
    assert (row["LBSTNRLO"], row["LBSTNRHI"], row["LBNRIND"]) == (low, high, flag)


def test_a_range_in_one_column_is_converted_with_its_result(run: Run) -> None:
    text = "MRN,Test,Result,Unit,Collected,Range\np1,C3,95,mg/dL,2020-06-01,90-180\n"
    row = run(text, columns={**LAB["columns"], "LBORNR": "Range"}).accepted.row(0, named=True)
    assert (row["LBSTNRLO"], row["LBSTNRHI"], row["LBSTRESN"]) == (0.9, 1.8, 0.95)


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_grade_is_a_grade_and_a_signed_number_a_number(run: Run, decimal: str) -> None:
    rows = [
        "p1;Urine protein dipstick;+1;;2020-06-01",
        "p1;Anti-dsDNA;+2;IU/mL;2020-06-01",
        "p1;Albumin;+38;g/L;2020-06-01",
        "p1;C3;+1;g/L;2020-06-01",
    ]
    text = lab(*rows).replace(",", ";")
    found = run(text, delimiter=";", decimal=decimal)
    assert found.accepted.select("LBTESTCD", "LBSTRESC", "LBSTRESN").rows() == [
        ("UPRODIP", "1+", None),
        ("DSDNA", "2+", None),
        ("ALB", "38", 38.0),
        ("C3", "1", 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "type_", "code", "number", "high"),
    [
        ("2+↑", "ordinal", "2+", None, None),
        ("3+ H", "ordinal", "3+", None, None),
        ("↑ 2+", "ordinal", "2+", None, None),
        ("阳性 ↑", "ordinal", "POSITIVE", None, None),
        ("neg *", "ordinal", "NEGATIVE", None, None),
        ("10-20↑", "range", None, 10.0, 20.0),
        ("10-20 H", "range", None, 10.0, 20.0),
        ("10-20H", "range", None, 10.0, 20.0),
        ("1:160 ↑", "titre", None, 160.0, None),
        ("normal", "ordinal", "NORMAL", None, None),
    ],
)
def test_a_flag_means_the_same_behind_whatever_it_stands(
    known: Dictionaries, text: str, type_: str, code: str | None, number: float, high: float
) -> None:
    read = parse(text, known.spellings)
    assert (read.type, read.code, read.number, read.high) == (type_, code, number, high)


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "likely"),
    [
        ("0.250", ",", ".", "0.250"),
        ("0,825", ".", ",", "0.825"),
        ("<0.150", ",", ".", "<0.150"),
        ("0,825", ".", "", "0.825"),
        ("00.250", ",", ".", "00.250"),
    ],
)
def test_a_group_of_thousands_never_begins_with_zero(
    known: Dictionaries, text: str, decimal: str, thousands: str, likely: str
) -> None:
    read = parse(text, known.spellings, decimal, thousands)
    assert (read.type, read.fault, read.hint) == ("text", "number_ambiguous", likely)
    assert parse("1.250", known.spellings, ",", ".").number == 1250.0


def test_an_operator_in_a_column_of_its_own_censors_the_result(run: Run) -> None:
    header = "MRN,Test,Op,Result,Unit,Collected"
    rows = [
        "p1,UPCR,<,0.15,g/g,2020-06-01",
        "p1,UPCR,,0.9,g/g,2020-06-02",
        "p1,UPCR,4171755,3.5,g/g,2020-06-03",
        "p1,UPCR,greater than,3.5,g/g,2020-06-04",
        "p1,UPCR,<,<0.15,g/g,2020-06-05",
        "p1,UPCR,=,0.15,g/g,2020-06-06",
        "p1,UPCR,approx,0.15,g/g,2020-06-07",
        "p1,UPCR,<,>0.15,g/g,2020-06-08",
        "p1,UPCR,<,,g/g,2020-06-09",
    ]
    columns = {**LAB["columns"], "LBOPER": "Op"}
    found = run("\n".join([header, *rows]), columns=columns, codes={"LBOPER": {"4171755": ">="}})
    assert found.accepted.select("LBORRES", "LBOPER", "LBSTRESN", "LBSTRESC").rows() == [
        ("<0.15", "<", 0.15, "<0.15"),
        ("0.9", None, 0.9, "0.9"),
        (">=3.5", ">=", 3.5, ">=3.5"),
        (">3.5", ">", 3.5, ">3.5"),
        ("<0.15", "<", 0.15, "<0.15"),
        ("0.15", None, 0.15, "0.15"),
    ]
    assert found.quarantine.select("source_line", "rule", "value").rows() == [
        (8, "result_unreadable", "approx0.15"),
        (9, "result_unreadable", "<>0.15"),
        (10, "result_missing", None),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nicht nachweisbar", "NEGATIVE"),
        ("négatif", "NEGATIVE"),
        ("No detectado", "NEGATIVE"),
        ("assente", "NEGATIVE"),
        ("陰性", "NEGATIVE"),
        ("陰性（－）", "NEGATIVE"),
        ("Positiv", "POSITIVE"),
        ("présence", "POSITIVE"),
        ("presenti", "POSITIVE"),
        ("陽性", "POSITIVE"),
        ("grenzwertig", "WEAK POSITIVE"),
        ("douteux", "WEAK POSITIVE"),
        ("弱陽性", "WEAK POSITIVE"),
        ("Spuren", "TRACE"),
        ("trazas", "TRACE"),
        ("tracce", "TRACE"),
        ("vereinzelt", "FEW"),
        ("nombreux", "MANY"),
        ("unauffällig", "NORMAL"),
        ("2 Kreuze", "2+"),
        ("3 cruces", "3+"),
    ],
)
def test_words_of_presence_in_the_languages_of_laboratories(
    known: Dictionaries, text: str, code: str
) -> None:
    assert parse(text, known.spellings).code == code


@pytest.mark.parametrize(
    ("text", "oper", "number"),
    [
        ("unter 5", "<", 5.0),
        ("kleiner als 0,5", "<", 0.5),
        ("größer 600", ">", 600.0),
        ("inférieur à 0,5", "<", 0.5),
        ("sup. à 600", ">", 600.0),
        ("menor de 5", "<", 5.0),
        ("superior a 600", ">", 600.0),
        ("minore di 5", "<", 5.0),
        ("inferiore a 5", "<", 5.0),
        ("5未満", "<", 5.0),
        ("10以下", "<=", 10.0),
        ("100 以上", ">=", 100.0),
        ("600超", ">", 600.0),
    ],
)
def test_operators_in_the_languages_of_laboratories(
    known: Dictionaries, text: str, oper: str, number: float
) -> None:
    read = parse(text, known.spellings, ",", ".")
    assert (read.type, read.oper, read.number) == ("inequality", oper, number)


UNITS = [
    ("38 g/L", 38.0, None, "g/L"),
    ("38g/L", 38.0, None, "g/L"),
    ("< 0,5 mg/dl", 0.5, "<", "mg/dl"),
    ("4,5 10*9/L", 4.5, None, "10*9/L"),
    ("38 g/L H", 38.0, None, "g/L"),
    ("unter 5 Tsd./µl", 5.0, "<", "Tsd./μl"),
]


@pytest.mark.parametrize(("text", "number", "oper", "unit"), UNITS)
def test_a_unit_behind_the_number_is_its_unit(
    known: Dictionaries, text: str, number: float, oper: str | None, unit: str
) -> None:
    read = parse(text, known.spellings, ",")
    assert (read.number, read.oper, read.unit, read.fault) == (number, oper, unit, None)


@pytest.mark.parametrize("text", ["38 see note", "1+ (30 mg/dL)", "5 a", "12 of 20 g/L"])
def test_what_is_no_unit_is_no_part_of_a_result(known: Dictionaries, text: str) -> None:
    assert parse(text, known.spellings).number is None or text == "5 a"


def test_a_unit_in_the_cell_that_contradicts_the_column_sets_the_row_aside(run: Run) -> None:
    found = run(lab("p1,Albumin,38 g/dL,g/L,2020-06-01", "p1,Albumin,3.8 g/dL,,2020-06-02"))
    assert found.quarantine["rule"].to_list() == ["result_unreadable"]
    assert found.accepted["LBSTRESN"].to_list() == [38.0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("陽性 (2+)", "2+"), ("positivo ++", "2+"), ("2+ positiv", "2+"), ("pos. +", "1+")),
        *(("neg. (-)", "NEGATIVE"), ("+ +", "2+"), ("( ± )", "TRACE"), ("2(+)", "2+")),
        *(
            ("2プラス", "2+"),
            ("not detected.", "NEGATIVE"),
            ("positive borderline", "WEAK POSITIVE"),
        ),
        *(("positiv -", None), ("neg +", None), ("1+ 3+", None), ("positive neg", None)),
    ],
)
def test_two_words_of_a_grade_say_the_same_or_nothing(
    known: Dictionaries, text: str, code: str | None
) -> None:
    assert parse(text, known.spellings).code == code


@pytest.mark.parametrize(
    "text", ["38 [H]", "38 (hoch)", "38 高", "38 (Low)", "38 [alto]", "38 (N)"]
)
def test_a_flag_in_words_or_brackets_is_taken_off(known: Dictionaries, text: str) -> None:
    assert parse(text, known.spellings).number == 38


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("35 bis 52", (35.0, 52.0)),
        ("35 à 52", (35.0, 52.0)),
        ("35 - 52 g/L", (35.0, 52.0)),
        ("bis 52", (None, 52.0)),
        ("3.5-5.2 g/dL", (None, None)),
    ],
)
def test_limits_are_read_in_the_result_s_own_unit(
    run: Run, text: str, limits: tuple[float | None, float | None]
) -> None:
    header = "MRN,Test,Result,Unit,Collected,Range"
    columns = {**LAB["columns"], "LBORNR": "Range"}
    found = run(f"{header}\np1,Albumin,40,g/L,2020-06-01,{text}\n", columns=columns)
    assert found.accepted.select("LBSTNRLO", "LBSTNRHI").row(0) == limits
