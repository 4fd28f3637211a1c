"""What `remit init` proposes for exports that it has never seen."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest
import yaml

from remit.__main__ import main
from remit.ingest import dictionaries
from remit.ingest.draft import Draft, draft, drafts, words
from remit.ingest.draft_visits import draft_visits
from remit.ingest.samples import samples
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


#: Files of hospitals that never were: what a person would map, by domain.
CARDIOLOGY = """Laborexport der Ambulanz;;;;;;;;
Pat.-Nr.;Name, Vorname;Geb.-Datum;Auftragsnr.;Entnahme am;Untersuchung;Ergebnis;Einheit;Referenzbereich
70001;Muster, Max;02.03.1941;A1;02.01.2022 08:11;Kalium;4,6;mmol/l;3,5 - 5,1
70001;Muster, Max;02.03.1941;A1;02.01.2022 08:11;Protein-Kreatinin-Quotient;1,25;mg/dl;0,7-1,2
70002;Beispiel, Eva;17.05.1950;A2;23.01.2022 08:12;Kreatinin;0,95;mg/dl;0,5-0,9
"""
TABLETS = """Pat.-Nr.;Medikament;Dosis;Einheit;Einnahme seit;abgesetzt am
70001;Sacubitril;49;mg;05.01.2022;
70002;Sacubitril;97;mg;25.01.2022;15.08.2022
"""
REDCAP = """id_paciente,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,\
sexo,fecha_nacimiento,lab_fecha,lab_creatinina,lab_potasio,ea_termino,ea_inicio,ea_grado
1,basal_arm_1,,,varón,1951-03-11,,,,,,
1,mes_1_arm_1,laboratorio,1,,,2021-03-14,0.82,4.1,,,
1,mes_3_arm_1,laboratorio,1,,,2021-05-14,0.91,4.3,,,
2,basal_arm_1,,,mujer,1960-12-24,,,,,,
2,mes_1_arm_1,laboratorio,1,,,2021-03-20,1.02,3.9,,,
2,basal_arm_1,eventos,1,,,,,,Neumonía,2021-05-03,2
"""
INVENTED: list[tuple[bytes, dict[str, dict[str, str]]]] = [
    (
        CARDIOLOGY.encode("cp1252"),
        {
            "lb": {
                "SUBJID": "Pat.-Nr.",
                "LBREFID": "Auftragsnr.",
                "LBDTC": "Entnahme am",
                "LBTEST": "Untersuchung",
                "LBORRES": "Ergebnis",
                "LBORRESU": "Einheit",
                "LBORNR": "Referenzbereich",
            },
            "dm": {"SUBJID": "Pat.-Nr.", "BRTHDTC": "Geb.-Datum"},
        },
    ),
    (
        TABLETS.encode("cp1252"),
        {
            "ex": {
                "SUBJID": "Pat.-Nr.",
                "EXTRT": "Medikament",
                "EXDOSE": "Dosis",
                "EXDOSU": "Einheit",
                "EXSTDTC": "Einnahme seit",
                "EXENDTC": "abgesetzt am",
            }
        },
    ),
    (
        REDCAP.encode(),
        {
            "dm": {"SUBJID": "id_paciente", "SEX": "sexo", "BRTHDTC": "fecha_nacimiento"},
            "lb": {"SUBJID": "id_paciente", "VISIT": "redcap_event_name", "LBDTC": "lab_fecha"},
            "ae": {
                "SUBJID": "id_paciente",
                "AETERM": "ea_termino",
                "AESTDTC": "ea_inicio",
                "AETOXGR": "ea_grado",
            },
        },
    ),
]


def all_drafted(path: Path) -> list[Draft]:
    known = dictionaries.load()
    meanings = words(resources.rows("headers"))
    return [one for sample in samples(path) for one in drafts(sample, meanings, known)]


def test_of_files_that_nobody_shaped_four_fifths_are_proposed_right_and_none_wrong(
    tmp_path: Path,
) -> None:
    right = wanted = 0
    for number, (content, feeds) in enumerate(INVENTED):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        found = {one.domain: one.feed["columns"] for one in all_drafted(path)}
        assert found.keys() == feeds.keys()
        for domain, columns in feeds.items():
            wanted += len(columns)
            right += sum(found[domain].get(c) == header for c, header in columns.items())
            assert {c: h for c, h in found[domain].items() if columns.get(c) != h} == {}
    assert right / wanted >= 0.8, f"{right} of {wanted}"


def test_a_name_in_two_words_is_an_identifier_and_names_of_tests_are_known(tmp_path: Path) -> None:
    path = tmp_path / "labor.csv"
    path.write_bytes(CARDIOLOGY.encode("cp1252"))
    laboratory, people = all_drafted(path)
    assert laboratory.feed["identifiers"] == people.feed["identifiers"] == ["Name, Vorname"]
    # Potassium's German name is in the dictionary, the ratio's only among the words of headers.
    assert laboratory.feed["codes"]["LBTEST"] == {"Protein-Kreatinin-Quotient": "UPCR"}


def test_a_name_of_tests_in_several_specimens_is_left_alone(tmp_path: Path) -> None:
    text = (
        "Pat.-Nr.;Entnahme am;Material;Untersuchung;Ergebnis\n"
        "1;02.01.2022;Serum;Kreatinin;88\n1;02.01.2022;Urin;Kreatinin;9\n"
    )
    found = drafted(tmp_path, text)
    assert "LBTEST" not in found.feed.get("codes", {})


def test_the_words_of_an_instrument_are_no_part_of_a_test_but_those_of_a_specimen_are(
    tmp_path: Path,
) -> None:
    text = "id_paciente,{0}_fecha,{0}_creatinina\n1,2021-03-14,9.1\n2,2021-03-20,8.2\n"
    assert drafted(tmp_path, text.format("lab")).feed["tests"] == [
        {"column": "lab_creatinina", "LBTEST": "SCR"}
    ]
    assert drafted(tmp_path, text.format("orina")).domain is None


def test_a_file_that_names_its_columns_itself_says_what_its_rows_are(tmp_path: Path) -> None:
    def of(name: str, text: str) -> list[tuple[str | None, str]]:
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return [(one.domain, one.feed["format"]) for one in all_drafted(tmp_path / name)]

    bundle = '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "%s"}}]}'
    assert of("a.json", bundle % "Observation") == [("lb", "fhir")]
    assert of("b.json", bundle % "Patient") == [("dm", "fhir")]
    assert of("c.json", bundle % "Coverage") == [(None, "fhir")]
    message = "MSH|^~\\&|L|H|||2021||ORU^R01|1|P|2.5\rPID|1||7\rOBX|1|NM|2160-0^C^LN||80\r"
    assert sorted(of("d.hl7", message)) == [("dm", "hl7"), ("lb", "hl7")]
    assert of("e.csv", "person_id,measurement_concept_id\n7,3016723\n") == [("lb", "omop")]
    assert of("f.csv", "person_id,drug_exposure_start_date\n7,2021-03-03\n") == [(None, "omop")]
    data = '{"datasetJSONVersion": "1.1.0", "itemGroupOID": "IG.LB", "name": "LB", "columns": []}'
    assert of("g.json", data) == [("lb", "dataset-json")]


def test_labels_of_a_statistical_file_say_what_its_variables_are(tmp_path: Path) -> None:
    table = pl.DataFrame({"v1": ["1", "2"], "v2": ["1960-01-02", "1971-05-06"]})
    labels = ["Patientennummer", "Geburtsdatum"]
    pyreadstat.write_sav(table.to_pandas(), tmp_path / "x.sav", column_labels=labels)
    (found,) = all_drafted(tmp_path / "x.sav")
    assert found.feed["format"] == "sav"
    assert found.feed["columns"] == {"SUBJID": "v1", "BRTHDTC": "v2"}


def test_visits_are_those_of_the_laboratory_counted_from_the_first_dose(tmp_path: Path) -> None:
    doses = "Patient no,Drug,Dose,Start\n" + "".join(
        f"{p},Belimumab,500,2021-02-{p:02d}\n" for p in range(1, 13)
    )
    days = [-5, 31, 92, 180]
    first = date(2021, 2, 1)
    rows = [
        (p, f"V{k}", first + timedelta(days=p - 1 + day))
        for p in range(1, 13)
        for k, day in enumerate(days)
    ]
    with_visits = "Patient no,Visit,Collected,Creatinine (umol/L)\n" + "".join(
        f"{p},{visit},{day},80\n" for p, visit, day in rows
    )

    def planned(laboratory: str) -> tuple[dict[str, Any] | None, str]:
        known, meanings = dictionaries.load(), words(resources.rows("headers"))
        read = []
        for name, text in (("doses.csv", doses), ("lab.csv", laboratory)):
            (tmp_path / name).write_text(text, encoding="utf-8")
            (sample,) = samples(tmp_path / name)
            read.append((sample, *drafts(sample, meanings, known)))
        return draft_visits(read)

    found, evidence = planned(with_visits)
    assert found == {"name": "Month {k}", "every": 1, "unit": "months", "at": [1, 3, 6]}
    assert "V1 +31 days in 12" in evidence
    monthly = "Patient no,Collected,Creatinine (umol/L)\n" + "".join(
        f"{p},{first + timedelta(days=p - 1 + 28 * k)},80\n" for p in range(1, 13) for k in range(4)
    )
    found, evidence = planned(monthly)
    assert found == {"name": "Month {k}", "every": 28, "unit": "days", "first": 1, "last": 3}
    assert evidence.startswith("36 of 36 steps")
    # The first date lies before the dose, and dates scatter: it is the sixth that tells 28 days from a month.
    off = [-5, 2, -1, 3, -2, 1, 0]
    scattered = "Patient no,Collected,Creatinine (umol/L)\n" + "".join(
        f"{p},{first + timedelta(days=p - 1 + 28 * k + off[k])},80\n"
        for p in range(1, 13)
        for k in range(7)
    )
    found, _ = planned(scattered)
    assert found == {"name": "Month {k}", "every": 28, "unit": "days", "first": 1, "last": 6}
    found, _ = planned("Patient no,Collected,Creatinine (umol/L)\n1,2021-02-01,80\n")
    assert found is None


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("A,Exozid,160,2021-03-05,\nB,Exozid,160,2021-03-06,\n", "# open: model: continuous"),
        (
            "A,Exozid,160,2021-03-05,2021-03-05\nB,Exozid,160,2021-03-06,2021-03-06\n",
            "model: infusions",
        ),
    ],
)
def test_a_dose_without_an_end_is_no_dose_of_one_day(tmp_path: Path, rows: str, says: str) -> None:
    (tmp_path / "doses.csv").write_text(f"Patient no,Drug,Dose,Start,End\n{rows}", encoding="utf-8")
    assert main(["init", str(tmp_path / "study"), str(tmp_path / "doses.csv")]) == 0
    assert f"    {says}" in (tmp_path / "study/config.yaml").read_text(encoding="utf-8")


def test_several_feeds_of_one_file_and_files_of_one_form_share_a_folder(tmp_path: Path) -> None:
    for month in (1, 2):
        text = CARDIOLOGY.replace(".01.2022", f".0{month}.2022")
        (tmp_path / f"Labor 2022-0{month}.csv").write_bytes(text.encode("cp1252"))
    study = tmp_path / "study"
    assert main(["init", str(study), *(str(p) for p in sorted(tmp_path.glob("*.csv")))]) == 0
    text = (study / "config.yaml").read_text(encoding="utf-8")
    feeds = yaml.safe_load(text)["feeds"]
    assert {name: feed["from"] for name, feed in feeds.items()} == {
        "labor_lb": "labor",
        "labor_dm": "labor",
    }
    assert "# check: made for Labor 2022-01.csv, Labor 2022-02.csv" in text
    assert [folder.name for folder in (study / "extracts").iterdir()] == ["labor"]


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


def test_items_of_questionnaires_name_the_packs_of_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(
        "Patient,Date,Item,Score\nA-1,2021-03-01,TJC28,4\nA-1,2021-03-01,Swollen joint count 28,2\n",
        encoding="utf-8",
    )
    assert main(["init", str(tmp_path / "study"), str(path)]) == 0
    text = (tmp_path / "study/config.yaml").read_text(encoding="utf-8")
    assert "packs: [rheumatoid_arthritis]  # check: of it are TJC28, SJC28" in text
