"""REDCap's repeating instruments and events: one row an instance, beside rows of other instruments."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.ingest import Ingested, SourceFile, ingest
from remit.ingest.dictionaries import Dictionaries

from .conftest import KEY

# As REDCap exports a longitudinal project: `labs` repeats within an event, `visit_2` repeats whole.
DATA = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,dob,lab_date,lab_test,lab_value,lab_unit,weight,weight_date
1,baseline_arm_1,,,2,1980-05-01,,,,,,
1,baseline_arm_1,labs,1,,,2020-06-01,1,38,1,,
1,baseline_arm_1,labs,2,,,2020-06-01,2,0.9,1,,
1,visit_arm_1,,1,,,,,,,61.5,2020-07-01
1,visit_arm_1,,2,,,,,,,62,2020-08-01
2,baseline_arm_1,,,1,1975-01-20,,,,,,
2,baseline_arm_1,labs,1,,,2020-06-02,1,"35,5",1,,
2,baseline_arm_1,labs,2,,,2020-06-02,1,36,1,,
"""
FIELD = ["Variable / Field Name", "Form Name", "Field Type", "Field Label"]
FIELD += ["Choices, Calculations, OR Slider Labels", "Text Validation Type OR Show Slider Number"]
DICTIONARY = (
    ",".join(f'"{name}"' for name in FIELD)
    + """
record_id,people,text,"Record",,
sex,people,radio,"Sex","1, Male | 2, Female",
dob,people,text,"Born",,date_ymd
lab_date,labs,text,"Drawn",,date_ymd
lab_test,labs,dropdown,"Test","1, Albumin | 2, Complement C3",
lab_value,labs,text,"Result",,number_comma_decimal
lab_unit,labs,dropdown,"Unit","1, g/L",
weight,visit,text,"Weight",,number
weight_date,visit,text,"Weighed",,date_ymd
"""
)
LABS = {
    "domain": "lb",
    "columns": {
        "SUBJID": "record_id",
        "LBTEST": "lab_test",
        "LBORRES": "lab_value",
        "LBORRESU": "lab_unit",
        "LBDTC": "lab_date",
    },
}


@pytest.fixture
def export(tmp_path: Path, known: Dictionaries):  # type: ignore[no-untyped-def]
    """The project's export and dictionary through one feed."""
    files = []
    for name, text in (("data.csv", DATA), ("dictionary.csv", DICTIONARY)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        files.append(SourceFile(name, tmp_path / name))

    def ingested(**feed: Any) -> Ingested:
        return ingest(files, "redcap", "all", {"format": "redcap", **feed}, known, KEY, "S")

    return ingested


def test_every_instance_of_a_repeating_instrument_is_a_row(export) -> None:  # type: ignore[no-untyped-def]
    found = export(**LABS)
    assert found.ledger["read"].to_list() == [4]
    assert found.quarantine.is_empty()
    assert found.accepted.select("SRCLINE", "LBTESTCD", "LBSTRESN", "LBDTC").rows() == [
        (3, "ALB", 38.0, "2020-06-01"),
        (4, "C3", 0.9, "2020-06-01"),
        (8, "ALB", 35.5, "2020-06-02"),
        (9, "ALB", 36.0, "2020-06-02"),
    ]


def test_rows_of_other_instruments_are_none_of_the_feed_s(export) -> None:  # type: ignore[no-untyped-def]
    columns = {"SUBJID": "record_id", "SEX": "sex", "BRTHDTC": "dob"}
    found = export(domain="dm", columns=columns, codes={"SEX": {"Male": "M", "Female": "F"}})
    assert found.accepted.select("SRCLINE", "SEX", "BRTHDTC").rows() == [
        (2, "F", "1980-05-01"),
        (7, "M", "1975-01-20"),
    ]


def test_every_instance_of_a_repeating_event_is_a_row(export) -> None:  # type: ignore[no-untyped-def]
    found = export(
        domain="lb",
        columns={"SUBJID": "record_id", "LBDTC": "weight_date"},
        tests=[{"column": "weight", "LBTEST": "Weight", "LBORRESU": "kg"}],
    )
    assert found.accepted.select("SRCLINE", "LBSTRESN", "LBDTC").rows() == [
        (5, 61.5, "2020-07-01"),
        (6, 62.0, "2020-08-01"),
    ]


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("redcap_repeat_instance", ["1", "2"]),
        (
            ["redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"],
            ["baseline_arm_1 labs 1", "baseline_arm_1 labs 2"],
        ),
    ],
)
def test_an_instance_can_name_the_specimen_and_brings_no_rows_of_its_own(  # type: ignore[no-untyped-def]
    export, place: str | list[str], names: list[str]
) -> None:
    found = export(**LABS | {"columns": {**LABS["columns"], "LBREFID": place}})  # type: ignore[dict-item]
    assert found.ledger["read"].to_list() == [4]
    assert found.accepted.filter(pl.col("SRCLINE") >= 8)["LBREFID"].to_list() == names


def test_a_first_look_with_the_subject_alone_sees_every_record(export) -> None:  # type: ignore[no-untyped-def]
    assert export(domain="dm", columns={"SUBJID": "record_id"}).ledger["read"].to_list() == [8]


def test_an_export_is_known_by_its_header_whatever_the_format_says(export) -> None:  # type: ignore[no-untyped-def]
    declared = export(**LABS)
    for form in (None, "csv"):
        found = export(**{**LABS, "format": form})
        assert found.accepted.equals(declared.accepted)
        assert "a REDCap export by its header" in found.ledger["message"].item()
    assert "4 records without any of the feed's fields" in found.ledger["left_aside"].item()


def test_the_dictionary_of_the_api_decodes_as_that_of_the_page(
    export,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    names = "field_name,form_name,field_type,field_label,select_choices_or_calculations,"
    names += "text_validation_type_or_show_slider_number"
    page = export(**LABS)
    body = DICTIONARY.split("\n", 1)[1]
    (tmp_path / "dictionary.csv").write_text(f"{names}\n{body}", encoding="utf-8")
    assert export(**LABS).accepted.drop("ROWID").equals(page.accepted.drop("ROWID"))


def test_an_identifier_of_one_event_is_that_of_the_whole_record(
    known: Dictionaries, tmp_path: Path
) -> None:
    rows = [
        "record_id,redcap_event_name,mrn,lab_date,alb",
        "1,enrol_arm_1,0042,,",
        "1,visit_arm_1,,2020-06-01,38",
        "2,visit_arm_1,,2020-06-01,39",
        "3,enrol_arm_1,0043,,",
        "3,other_arm_1,0044,,",
        "3,visit_arm_1,,2020-06-02,40",
    ]
    (tmp_path / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    feed = {
        "domain": "lb",
        "columns": {"SUBJID": "mrn", "LBDTC": "lab_date", "LBORRES": "alb"},
        "constants": {"LBTEST": "Albumin", "LBORRESU": "g/L"},
    }
    found = ingest([SourceFile("data.csv", tmp_path / "data.csv")], "r", "d", feed, known, KEY, "S")
    assert found.accepted["LBSTRESN"].to_list() == [38.0]
    assert found.identities["SUBJID"].to_list() == ["0042"]
    assert found.quarantine.select("source_line", "rule").rows() == [
        (4, "subject_missing"),
        (7, "subject_missing"),
    ]
