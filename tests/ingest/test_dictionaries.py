"""Dictionaries: what a data manager may get wrong is said with file, line and remedy."""

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from remit.errors import RemitError
from remit.ingest import dictionaries
from remit.ingest.dictionaries import Dictionaries, loinc_valid, specimen_family
from remit.plan import parameters

from .conftest import Run, lab


@pytest.fixture(scope="module")
def known(root: Path) -> Dictionaries:
    return dictionaries.load()


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    for name in dictionaries.COLUMNS:
        own = root / "resources" / f"{name}.csv"
        pack = root / "resources/packs/lupus" / own.name
        shutil.copy(pack if name == "questionnaires" else own, tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_there_are_analytes_enough_each_with_its_source(known: Dictionaries) -> None:
    assert known.analytes.height >= 60
    assert known.analytes["source"].null_count() == 0
    assert known.analytes["LBTEST_ZH"].null_count() == 0


def test_limits_and_ranges_nest(known: Dictionaries) -> None:
    inner = pl.col("soft_lo") < pl.col("soft_hi")
    outer = (pl.col("hard_lo") <= pl.col("soft_lo")) & (pl.col("soft_hi") <= pl.col("hard_hi"))
    wrong = known.analytes.filter(~(inner & outer))
    assert wrong["LBTESTCD"].to_list() == []
    for sex in "fm":
        low, high = pl.col(f"ref_{sex}_lo"), pl.col(f"ref_{sex}_hi")
        bad = known.analytes.filter(
            (low > high) | (high > pl.col("hard_hi")) | (low < pl.col("hard_lo"))
        )
        assert bad["LBTESTCD"].to_list() == []


@pytest.mark.parametrize(
    ("test", "specimen", "analyte"),
    [
        ("Creatinine", None, "SCR"),
        ("Creatinine", "URINE", "UCREA"),
        ("Creatinine", "24h urine", "UCREA24"),
        ("肌酐", "血清", "SCR"),
        ("肌酐", "尿液", "UCREA"),
        ("尿肌酐", None, "UCREA"),
        ("Albumin", "URINE", "UALB"),
        ("WBC", None, "WBC"),
        ("WBC", "尿", "UWBC"),
        ("白蛋白（ALB）", None, "ALB"),
        ("Glucose", "CSF", None),
        ("尿蛋白肌酐比值", "SERUM", None),
        ("2160-0", None, "SCR"),
    ],
)
def test_the_specimen_tells_analytes_of_one_name_apart(
    known: Dictionaries, test: str, specimen: str | None, analyte: str | None
) -> None:
    assert known.analyte(test, None, specimen) == analyte


def test_a_loinc_code_decides_over_the_name(known: Dictionaries) -> None:
    assert known.analyte("Creatinine", "2161-8", None) == "UCREA"
    assert known.analyte("Glucose", "5792-7", None) == "UGLUC"
    assert known.analyte("Glucose", "2340-8", None) == "GLUC", (
        "a code we do not know decides nothing"
    )


def test_an_unknown_test_has_neighbours_to_propose(known: Dictionaries) -> None:
    assert "ALB (albumin)" in known.nearest("Albumn")
    assert known.nearest("zzzzzz") == []
    assert known.nearest("Protein/Creatinin")[0] == "UPCR (protein/creatinine)"
    assert known.nearest("PCR")[:2] == [
        "UPCR (pcr, when LBSPEC is URINE)",
        "UPCR24 (pcr, when LBSPEC is URINE 24H)",
    ]
    assert known.nearest("PSA") == [], "another letter is another abbreviation"
    assert known.nearest("Rashes", "qs")[0] == "RASH (rash)"
    assert known.nearest("2891-0") == [], "another LOINC code is not alike for its digits"


def test_specimens_fall_into_families() -> None:
    assert specimen_family("Serum/plasma") == "BLOOD"
    assert specimen_family("全血") == "BLOOD"
    assert specimen_family("24小时尿") == "URINE 24H"
    assert specimen_family(None) is None


@pytest.mark.parametrize("code", ["2160-0", "34366-5", "1988-5", "718-7"])
def test_published_loinc_codes_are_valid(code: str) -> None:
    assert loinc_valid(code)


# Codes found in public code and in memory that the check digit rejects.
@pytest.mark.parametrize(
    "code", ["8116-5", "7465-1", "46702-1", "20593-1", "2160", "", "21x0-0", "2160-O"]
)
def test_invalid_loinc_codes_are_not(code: str) -> None:
    assert not loinc_valid(code)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("analytes", "2890-2", "2890-1", "UPCR: '2890-1' is no LOINC code"),
        (
            "analytes",
            "g/g{creat},g/g,,3,0,15",
            "g/gg,g/g,,3,0,15",
            "the unit 'g/gg' is not in ucum.csv",
        ),
        ("analytes", ",113.12,", ",a lot,", "molar_mass 'a lot' is no number"),
        ("analytes", "IgA;Immunoglobulin A", "IgA;Immunoglobulin G", "is a name of both"),
        ("analytes", "\nC4,", "\nC3,", "'C3' stands there already"),
        ("units", "\nK/uL,10*3/uL", "\nK/uL,kelvin", "'kelvin' is not in ucum.csv"),
        ("units", "\nK/uL,", "\ng/dl,", "'g/dl' stands there already"),
        ("conversions", "\nBUN,", "\nBUM,", "'BUM' is not in analytes.csv"),
        ("results", ",operator,", ",operation,", "type is operator (behind), ordinal or remark"),
        ("questionnaires", "关节炎", "肌炎", "names both ARTHRIT and MYOSITIS"),
        (
            "units",
            "spelling,ucum",
            "spelling,code",
            "line 1: the columns must be spelling, ucum, source",
        ),
        ("units", "\nK/uL,10*3/uL,", "\nK/uL,10*3/uL,a,b,", "5 fields instead of 3"),
    ],
)
def test_a_faulty_dictionary_is_refused_with_the_place_and_the_reason(
    copy: Path, name: str, old: str, new: str, said: str
) -> None:
    path = copy / f"{name}.csv"
    edit(path, old, new)
    with pytest.raises(RemitError) as error:
        dictionaries.load([copy])
    assert said in str(error.value)
    assert f"{name}.csv" in str(error.value)


def test_a_missing_dictionary_is_named(copy: Path) -> None:
    (copy / "units.csv").unlink()
    with pytest.raises(RemitError, match=r"units\.csv: the dictionary is missing"):
        dictionaries.load([copy])


def test_sledai_s_items_sum_to_105(known: Dictionaries) -> None:
    items = known.questionnaires.filter(pl.col("item").is_not_null())
    assert items.height == 24
    assert items["weight"].cast(pl.Int64).sum() == 105
    renal = items.filter(pl.col("domain") == "renal")["weight"].cast(pl.Int64)
    assert renal.sum() == 16


def test_a_loinc_code_that_nobody_knows_does_not_override_a_known_name(known: Dictionaries) -> None:
    assert known.analyte("Albumin", "99999-9", "Serum") == "ALB"
    assert known.analyte("Albumin", "14682-9", "Serum") == "SCR"
    assert known.analyte("Nothing", "99999-9", None) is None


@pytest.mark.parametrize(
    ("test", "value", "unit", "accepted"),
    [
        ("Creatinine", "0.1", "mg/dL", True),
        ("Hemoglobin", "0", "g/dL", False),
        ("Platelets", "0", "10^9/L", False),
        ("Platelets", "1", "10^9/L", True),
    ],
)
def test_an_extreme_that_laboratories_report_is_accepted_and_nothing_at_all_is_not(
    run: Run, test: str, value: str, unit: str, accepted: bool
) -> None:
    found = run(lab(f"p1,{test},{value},{unit},2020-01-01"))
    assert found.accepted.height == accepted
    assert found.quarantine["rule"].to_list() == ([] if accepted else ["value_outside_hard_limits"])


@pytest.mark.parametrize(
    ("column", "word", "code"),
    [
        ("AESEV", "Severe", "SEVERE"),
        ("AESEV", "schwer", "SEVERE"),
        ("AESEV", "Life-threatening", "LIFE THREATENING"),
        ("AETOXGR", "Grade 3", "3"),
        ("AETOXGR", "３级", "3"),
        ("AETOXGR", "moderate", "2"),
        ("SEX", "weiblich", "F"),
        ("AESER", "Ja", "Y"),
    ],
)
def test_a_usual_word_for_a_code_is_the_code(
    known: Dictionaries, column: str, word: str, code: str
) -> None:
    assert known.code_words[column][dictionaries.folded(word)] == code


def test_a_study_without_questionnaires_has_dictionaries_too(root: Path) -> None:
    assert dictionaries.load([root / "resources"]).items == {}


def test_an_analyte_of_the_study_s_own_needs_code_name_and_unit(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "analytes.csv"
    path.write_text("LBTESTCD,LBTEST,unit\nMYO,Myoglobin,ug/L\n", encoding="utf-8")
    known = dictionaries.load([root / "resources", tmp_path])
    assert known.analyte("Myoglobin", None, "Serum") == "MYO"
    own = {row["PARAMCD"]: row for row in parameters.load([root / "resources", tmp_path])}["MYO"]
    assert (own["PARAM"], own["unit"], own["decimals"]) == ("Myoglobin", "ug/L", 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("LBTESTCD,LBTEST,unit\nMYO,Myoglobin,\n", "MYO: unit is missing"),
        ("LBTESTCD,LBTEST,unit\nMYO,,ug/L\n", "MYO: LBTEST, the name, is missing"),
        ("LBTESTCD,LBTEST,unit\nMYO,Myoglobin,furlongs\n", "MYO: the unit 'furlongs' is not"),
        ("LBTESTCD,NAME,unit\nMYO,Myoglobin,ug/L\n", "'NAME' is no column of this dictionary"),
    ],
)
def test_the_column_that_is_wrong_in_an_analyte_of_the_study_s_own_is_named(
    root: Path, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "analytes.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RemitError, match=re.escape(said)):
        dictionaries.load([root / "resources", tmp_path])


@pytest.mark.parametrize(
    ("name", "specimen", "code"),
    [
        ("Kreatinin", "Serum", "SCR"),
        ("Thrombozyten", "Blut", "PLT"),
        ("Glycémie", "Sang", "GLUC"),
        ("Ácido úrico", "Suero", "URATE"),
        ("VES", "Sangue", "ESR"),
        ("血小板数", "全血", "PLT"),
        ("Kreatinin im Urin", "Urin", "UCREA"),
        ("Protéinurie des 24h", "Urine 24h", "UP24"),
    ],
)
def test_analytes_are_known_by_their_names_in_other_languages(
    known: Dictionaries, name: str, specimen: str, code: str
) -> None:
    assert known.analyte(name, None, specimen) == code
    assert known.analyte(name, None, None) == code


@pytest.mark.parametrize(
    ("name", "specimen", "code"),
    [
        ("Kreatinin", "Urin", "UCREA"),
        ("Kreatinin", "Serum", "SCR"),
        ("Eiweiß", "Serum", "TP"),
        ("Albúmina", "Orina", "UALB"),
        ("Proteine", "Urine 24h", "UP24"),
    ],
)
def test_a_name_of_several_analytes_counts_with_its_specimen(
    known: Dictionaries, name: str, specimen: str, code: str
) -> None:
    assert known.analyte(name, None, specimen) == code


def test_eighty_analytes_have_names_in_five_languages(known: Dictionaries) -> None:
    counts = known.names.group_by("LBTESTCD").agg(pl.col("language").n_unique())
    assert counts.filter(language=5).height >= 80
    assert known.names["source"].null_count() == 0
