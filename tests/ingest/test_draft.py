"""What `remit init` proposes for exports that it has never seen."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.__main__ import main
from remit.ingest import dictionaries
from remit.ingest.draft import Draft, draft, samples, words
from remit.plan import resources
from remit.plan.config import check_feed

FRENCH = """Numéro patient;Sexe;Date de naissance;Poids;Nom
A-1;femme;03/02/1960;61,5;Durand
A-2;homme;14/11/1955;80,2;Petit
"""
SPANISH = """Nº paciente,Fecha de extracción,Prueba,Resultado,Unidades
7,25/03/2021,Creatinina,0.9,mg/dL
7,26/03/2021,Albúmina,41,g/L
"""
CHINESE = """病历号,采样日期,肌酐(umol/L),血红蛋白(g/L),备注
1001,2021-03-05,88,121,无
1002,2021-03-06,91,118,无
"""
GERMAN = """Export der Klinik;;;;;
Patientennummer;Wirkstoff;Dosis;Einheit;Beginn;Ende
1;Ramipril;5;mg;01.02.2021;
2;Metformin;1000;mg;17.02.2021;20.02.2021
"""
ENGLISH = """Subject,Event,Preferred term,Onset date,Serious,CTCAE grade
1,Cough,Cough,04/05/2021,Yes,1
2,Fever,Pyrexia,06/07/2021,No,2
"""


def drafted(folder: Path, text: str | bytes, name: str = "export.csv") -> Draft:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (sample,) = samples(path)
    return draft(sample, words(resources.rows("headers")), dictionaries.load())


def opened(found: Draft) -> dict[str, str]:
    return {line.key: line.evidence for line in found.lines if line.open}


def test_french_people_in_an_old_encoding(tmp_path: Path) -> None:
    found = drafted(tmp_path, FRENCH.encode("cp1252"))
    assert found.feed == {
        "format": "csv",
        "encoding": "windows-1252",
        "delimiter": ";",
        "domain": "dm",
        "columns": {
            "SUBJID": "Numéro patient",
            "SEX": "Sexe",
            "BRTHDTC": "Date de naissance",
            "WEIGHT": "Poids",
        },
        "codes": {"SEX": {"femme": "F", "homme": "M"}},
        "dates": ["%d/%m/%Y"],
        "decimal": ",",
        "identifiers": ["Nom"],
    }


def test_a_spanish_laboratory_one_result_a_line(tmp_path: Path) -> None:
    found = drafted(tmp_path, SPANISH)
    assert found.domain == "lb"
    assert found.feed["columns"] == {
        "SUBJID": "Nº paciente",
        "LBDTC": "Fecha de extracción",
        "LBTEST": "Prueba",
        "LBORRES": "Resultado",
        "LBORRESU": "Unidades",
    }


def test_a_chinese_laboratory_one_test_a_column(tmp_path: Path) -> None:
    found = drafted(tmp_path, CHINESE.encode("gb18030"))
    assert found.feed["encoding"] == "gb18030"
    assert found.feed["tests"] == [
        {"column": "肌酐(umol/L)", "LBTEST": "SCR", "LBORRESU": "umol/L"},
        {"column": "血红蛋白(g/L)", "LBTEST": "HGB", "LBORRESU": "g/L"},
    ]
    assert found.left == ["备注"]


def test_several_drugs_are_medication_and_one_is_the_study_s(tmp_path: Path) -> None:
    assert drafted(tmp_path, GERMAN).domain == "cm"
    one = drafted(tmp_path, GERMAN.replace("Metformin", "Ramipril"))
    assert one.domain == "ex"
    assert one.feed["columns"]["EXENDTC"] == "Ende"


def test_a_date_that_reads_both_ways_is_left_open(tmp_path: Path) -> None:
    found = drafted(tmp_path, ENGLISH)
    assert found.domain == "ae"
    assert "dates" not in found.feed
    assert opened(found)["dates"] == "Onset date: day and month could be either way round"
    assert found.feed["codes"] == {"AESER": {"Yes": "Y", "No": "N"}}


def test_a_comma_that_may_part_thousands_is_left_open(tmp_path: Path) -> None:
    text = SPANISH.replace("0.9", '"1,234"').replace("41", '"2,345"')
    found = drafted(tmp_path, text)
    assert "decimal" not in found.feed
    assert "may part decimals or thousands" in opened(found)["decimal"]


def test_a_code_of_unknown_meaning_is_left_open(tmp_path: Path) -> None:
    text = "Patient no,Sex,Status,Status date\n1,1,2,2021-03-14\n2,2,1,2021-04-15\n"
    found = drafted(tmp_path, text)
    assert "codes" not in found.feed
    assert set(opened(found)) == {"codes.SEX", "codes.DSDECOD"}


def test_what_no_header_tells_is_proposed_nothing(tmp_path: Path) -> None:
    found = drafted(tmp_path, "a,b,c\n1,2,3\n4,5,6\n")
    assert found.domain is None
    assert found.left == ["a", "b", "c"]


@pytest.fixture
def demo(root: Path) -> dict[str, Any]:
    feeds: dict[str, Any] = yaml.safe_load((root / "config.yaml").read_text("utf-8"))["feeds"]
    return feeds


def test_of_the_demo_four_fifths_of_the_columns_are_proposed_right_and_none_wrong(
    root: Path, demo: dict[str, Any]
) -> None:
    right = wanted = 0
    for name, feed in demo.items():
        path = sorted((root / "resources/demo/extracts" / name).iterdir())[0]
        found = draft(next(samples(path)), words(resources.rows("headers")), dictionaries.load())
        assert found.domain == feed["domain"], name
        proposed = found.feed["columns"]
        wanted += len(feed["columns"])
        right += sum(proposed.get(column) == header for column, header in feed["columns"].items())
        assert {c: h for c, h in proposed.items() if feed["columns"].get(c, h) != h} == {}, name
        check_feed(name, found.feed)
    assert right / wanted >= 0.8, f"{right} of {wanted}"


def test_init_writes_a_config_that_check_reads_and_copies_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (
        ("Patienten 2021.csv", FRENCH),
        ("Labor.csv", CHINESE),
        ("x.csv", "a,b\n1,2\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / name) for name in ("Patienten 2021.csv", "Labor.csv", "x.csv")]
    study = tmp_path / "my study"
    assert main(["init", str(study), *files]) == 0
    told = capsys.readouterr().out
    assert "Patienten 2021.csv -> feed patienten (dm)" in told
    assert "accepted            2" in told
    text = (study / "config.yaml").read_text(encoding="utf-8")
    assert "A-1" not in text
    assert "Durand" not in text
    written = yaml.safe_load(text)
    assert written["study"]["id"] == "my-study"
    assert list(written["feeds"]) == ["patienten", "labor"]
    keys = [line for line in text.splitlines() if line.startswith("      ")]
    assert all("# check: " in line for line in keys)
    assert not list(study.rglob("*.csv"))
    assert main(["check", files[1], "--feed", "labor", "--study", str(study)]) == 0
    assert main(["init", str(study)]) == 1
    assert "is there already" in capsys.readouterr().err
