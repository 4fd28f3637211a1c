"""Units: spellings to UCUM, one exact factor per analyte and unit, and what is never mixed."""

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.ingest.dictionaries import Dictionaries
from remit.ingest.units import Conversion, canonical_values, conversion, convert, significant

from .conftest import LAB, Run, lab


@pytest.mark.parametrize(
    ("spelling", "ucum"),
    [
        ("mg/24h", "mg/(24.h)"),
        ("x10^9/L", "10*9/L"),
        ("×10⁹/L", "10*9/L"),
        ("10*3/uL", "10*3/uL"),
        ("K/µL", "10*3/uL"),
        ("IU/ml", "[IU]/mL"),
        ("ｍｇ／ｄＬ", "mg/dL"),
        ("mg/gCr", "mg/g{creat}"),
        ("g/g肌酐", "g/g{creat}"),
        ("MG/DL", "mg/dL"),
        ("µmol/L", "umol/L"),
        ("μmol/L", "umol/L"),
        ("毫摩尔/升", "mmol/L"),
        ("ml/min/1.73m²", "mL/min/{1.73_m2}"),
        ("/HP", "/[HPF]"),
        ("万/uL", "10*4/uL"),
    ],
)
def test_spellings(known: Dictionaries, spelling: str, ucum: str) -> None:
    assert known.unit(spelling) == ucum


def test_there_are_spellings_enough_and_a_case_never_decides_in_silence(
    known: Dictionaries,
) -> None:
    assert known.units.height >= 300
    assert known.unit("mM") == "mmol/L"
    assert known.unit("mm") == "mm"
    assert known.unit("MM") is None


# Factors that textbooks print (AMA Manual of Style, table of SI conversions; KDIGO).
PRINTED = [
    ("SCR", "mg/dL", 88.4),
    ("UPCR", "mg/mmol{creat}", 0.00884),
    ("UPCR", "mg/g{creat}", 0.001),
    ("UPCR", "g/mol{creat}", 0.00884),
    ("ALB", "g/dL", 10),
    ("C3", "mg/dL", 0.01),
    ("BUN", "mg/dL", 0.357),
    ("UREA", "mg/dL", 0.1665),
    ("TBIL", "mg/dL", 17.1),
    ("GLUC", "mg/dL", 0.0555),
    ("HGB", "g/dL", 10),
    ("HGB", "mmol/L", 16.114),
    ("CHOL", "mg/dL", 0.02586),
    ("TRIG", "mg/dL", 0.01129),
    ("URATE", "mg/dL", 59.48),
    ("CA", "mg/dL", 0.2495),
    ("PHOS", "mg/dL", 0.3229),
    ("MG", "mg/dL", 0.4114),
    ("SODIUM", "meq/L", 1),
    ("CRP", "mg/dL", 10),
    ("WBC", "10*3/uL", 1),
    ("RBC", "10*6/uL", 1),
    ("DSDNA", "k[IU]/L", 1),
    ("VITB12", "ng/L", 0.7378),
    ("ALT", "ukat/L", 60),
    ("UP24", "mg/(24.h)", 0.001),
]


@pytest.mark.parametrize(("analyte", "unit", "printed"), PRINTED)
def test_factors_are_those_that_textbooks_print(
    known: Dictionaries, analyte: str, unit: str, printed: float
) -> None:
    found = ratio(known, analyte, unit)
    assert found is not None
    assert float(found) == pytest.approx(printed, rel=6e-4)


@pytest.mark.parametrize(
    ("analyte", "unit"),
    [
        ("EGFRLAB", "mL/min"),
        ("CCR", "mL/min/{1.73_m2}"),
        ("DSDNA", "U/mL"),
        ("DSDNA", "[arb'U]/mL"),
        ("DSDNA", "{RU}/mL"),
        ("UPCR", "g/(24.h)"),
        ("UP24", "g/g{creat}"),
        ("UP24", "g/L"),
        ("UPROT", "g/(24.h)"),
        ("URBC", "/uL"),
        ("DDIMER", "mg/L"),
        ("ACLG", "[IU]/mL"),
        ("ALB", "%"),
    ],
)
def test_what_is_never_mixed(known: Dictionaries, analyte: str, unit: str) -> None:
    assert ratio(known, analyte, unit) is None


def test_urea_and_urea_nitrogen_are_told_apart(run: Run) -> None:
    found = run(lab("p1,Urea,30,mg/dL,2020-06-01", "p1,BUN,30,mg/dL,2020-06-01"))
    assert found.accepted.select("LBTESTCD", "LBSTRESN").rows() == [
        ("UREA", 4.995004995005),
        ("BUN", 10.71),
    ]


def test_an_enzyme_s_international_unit_is_its_unit(run: Run) -> None:
    found = run(lab("p1,ALT,35,IU/L,2020-06-01", "p1,CH50,35,IU/mL,2020-06-01"))
    assert found.accepted.select("LBTESTCD", "LBSTRESN").rows() == [("ALT", 35.0)]
    assert found.quarantine["rule"].to_list() == ["unit_not_for_analyte"]


def ratio(known: Dictionaries, analyte: str, unit: str) -> Fraction | None:
    row = known.analytes.row(by_predicate=pl.col("LBTESTCD") == analyte, named=True)
    by = conversion(analyte, unit, row["unit"], row["molar_mass"], known)
    return by and by.factor


@pytest.mark.parametrize(
    ("value", "text", "product"),
    [
        ("0.1", "88.4", 8.84),
        ("1.005", "100", 100.5),
        ("2.675", "100", 267.5),
        ("113.7", "0.00884", 1.005108),
        ("3", "0.1", 0.3),
        ("192.58891915831686", "0.02586", 4.98034944943407),
    ],
)
def test_products_are_those_of_decimals(value: str, text: str, product: float) -> None:
    assert convert(value, Conversion(Fraction(text))) == product


values = st.decimals(min_value=0, max_value=10**6, allow_nan=False, places=3).map(
    lambda d: f"{d:f}"
)


@settings(deadline=None)
@given(st.lists(values, min_size=1, max_size=30), st.sampled_from(PRINTED))
def test_the_fast_product_is_the_exact_one(
    known: Dictionaries, digits: list[str], pair: tuple[str, str, float]
) -> None:
    exact = ratio(known, *pair[:2])
    assert exact is not None
    frame = pl.DataFrame({"DIGITS": digits}).with_columns(
        NUMBER=pl.col("DIGITS").cast(pl.Float64),
        UNITFAC=pl.lit(float(exact)),
        UNITOFF=pl.lit(0.0),
        FACDIGITS=pl.lit(significant(exact)),
        FACTOR=pl.lit(0),
    )
    assert canonical_values(frame, {0: Conversion(exact)}).to_list() == [
        convert(text, Conversion(exact)) for text in digits
    ]


@settings(deadline=None)
@given(values, st.sampled_from(PRINTED))
def test_there_and_back_gives_the_printed_value(
    known: Dictionaries, digits: str, pair: tuple[str, str, float]
) -> None:
    exact = ratio(known, *pair[:2])
    assert exact is not None
    there = convert(digits, Conversion(exact))
    assert convert(repr(there), Conversion(1 / exact)) == pytest.approx(
        float(digits), rel=1e-14, abs=0
    )
    assert round(convert(repr(there), Conversion(1 / exact)), 3) == float(digits)


@given(st.integers(1, 5000))
def test_the_same_result_in_two_units_gives_the_same_canonical_value(
    known: Dictionaries, hundredths: int
) -> None:
    conventional = Decimal(hundredths) / 100
    molar = conventional * Decimal("88.4")
    mass, substance = ratio(known, "SCR", "mg/dL"), ratio(known, "SCR", "umol/L")
    assert mass is not None
    assert substance is not None
    assert convert(f"{conventional:f}", Conversion(mass)) == convert(
        f"{molar:f}", Conversion(substance)
    )


def test_the_factor_stands_on_the_row(run: Run) -> None:
    found = run(lab("p1,UPCR,50,mg/mmol,2020-06-01", "p1,C3,90,mg/dL,2020-06-01"))
    assert found.accepted["UNITFAC"].to_list() == [0.00884, 0.01]
    assert found.accepted["LBSTRESN"].to_list() == [0.442, 0.9]
    assert found.accepted["LBSTRESC"].to_list() == ["0.442", "0.9"]


def test_a_conversion_may_add_beside_its_factor(run: Run) -> None:
    rows = [
        "p1,HbA1c,53,mmol/mol,2020-06-01",
        "p1,HbA1c,86,mmol/mol Hb,2020-06-02",
        "p1,HbA1c,7.0,%,2020-06-03",
        "p1,Body temperature,98.6,°F,2020-06-04",
    ]
    found = run(lab(*rows))
    assert found.accepted["LBSTRESN"].to_list() == [7.00044, 10.01928, 7.0, 37.0]
    assert found.accepted.select("UNITFAC", "UNITOFF").row(0) == (0.09148, 2.152)


def test_limits_are_converted_as_the_result_is(run: Run) -> None:
    header = "MRN,Test,Result,Unit,Collected,Low,High"
    row = "p1,HbA1c,43,mmol/mol,2020-06-01,20,42"
    columns = {**LAB["columns"], "LBORNRLO": "Low", "LBORNRHI": "High"}
    found = run(f"{header}\n{row}\n", columns=columns)
    assert found.accepted.select("LBSTNRLO", "LBSTNRHI", "LBNRIND").row(0) == (
        3.9816, 5.99416, "HIGH",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spelling", "ucum"),
    [
        ("G/L", "10*9/L"),
        ("Tsd./µl", "10*3/uL"),
        ("Tsd/µL", "10*3/uL"),
        ("10³/µl", "10*3/uL"),
        ("10³/mm³", "10*3/uL"),
        ("×10^4/μL", "10*4/uL"),
        ("x 10⁴/µL", "10*4/uL"),
        (".10*4/uL", "10*4/uL"),
        ("万/μL", "10*4/uL"),
        ("10⁶/µl", "10*6/uL"),
        ("Mio./µl", "10*6/uL"),
        ("Mill/mm3", "10*6/uL"),
        ("T/l", "10*12/L"),
        ("/nl", "10*9/L"),
        ("/pl", "10*12/L"),
        ("Zellen/µl", "/uL"),
        ("células/µL", "/uL"),
        ("UI/L", "[IU]/L"),
        ("U.I./l", "[IU]/L"),
        ("mUI/mL", "m[IU]/mL"),
        ("µUI/ml", "u[IU]/mL"),
        ("IE/ml", "[IU]/mL"),
        ("kIE/l", "k[IU]/L"),
        ("E/l", "U/L"),
        ("g/24 Std", "g/(24.h)"),
        ("mg/24 Stunden", "mg/(24.h)"),
        ("g/24 heures", "g/(24.h)"),
        ("mg/24 horas", "mg/(24.h)"),
        ("g/24 ore", "g/(24.h)"),
        ("g/24時間", "g/(24.h)"),
        ("g/Tag", "g/d"),
        ("g/día", "g/d"),
        ("mg/dL (calc)", "mg/dL"),
        ("mg/dl (berechnet)", "mg/dL"),
        ("mg/g Kreatinin", "mg/g{creat}"),
        ("mg/g Krea", "mg/g{creat}"),
        ("mg/mmol créat.", "mg/mmol{creat}"),
        ("g/g・Cr", "g/g{creat}"),
        ("mg/gクレアチニン", "mg/g{creat}"),
        ("/Gesichtsfeld", "/[HPF]"),
        ("/champ", "/[HPF]"),
        ("個/HPF", "/[HPF]"),
        ("sek.", "s"),
        ("mm/1 Std.", "mm/h"),
        ("mm/ora", "mm/h"),
        ("mg/Liter", "mg/L"),
    ],
)
def test_units_of_europe_and_japan(known: Dictionaries, spelling: str, ucum: str) -> None:
    assert known.unit(spelling) == ucum


@pytest.mark.parametrize("spelling", ["E", "/24", "10/", "Tsd", "mg/dL cr", "furlong/µl", "x"])
def test_words_alone_are_no_unit(known: Dictionaries, spelling: str) -> None:
    assert known.unit(spelling) is None


def test_capital_g_is_giga_of_cells_and_grams_of_protein(run: Run) -> None:
    found = run(lab("p1,WBC,5.2,G/L,2020-06-01", "p1,Albumin,38,G/L,2020-06-01"))
    assert found.accepted.select("LBTESTCD", "LBSTRESN", "LBSTRESU").rows() == [
        ("WBC", 5.2, "10*9/L"),
        ("ALB", 38.0, "g/L"),
    ]
