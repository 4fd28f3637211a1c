"""OMOP tables: joined by their ids, concepts looked up, the source's own words where none is named."""

from pathlib import Path
from typing import Any

import pytest

from remit.ingest import Ingested, SourceFile, ingest
from remit.ingest.dictionaries import Dictionaries

from .conftest import KEY

CONCEPT = """concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tconcept_code
3024561\tAlbumin [Mass/volume] in Serum or Plasma\tMeasurement\tLOINC\tLab Test\t1751-7
8636\tgram per liter\tUnit\tUCUM\tUnit\tg/L
9189\tNegative\tMeas Value\tSNOMED\tQualifier\t260385009
1593467\tbelimumab 400 MG Injection\tDrug\tRxNorm\tClinical Drug\t1234
4171047\tIntravenous\tRoute\tSNOMED\tQualifier\t47625008
0\tNo matching concept\tMetadata\tNone\tUndefined\tNo matching concept
"""
MEASUREMENT = (
    "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,"
    "operator_concept_id,value_as_number,value_as_concept_id,unit_concept_id,range_low,range_high,"
    "measurement_source_value,unit_source_value,value_source_value\n"
)
PERSON = (
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,"
    "person_source_value\n"
    "1,8532,1980,2,3,,0012\n2,8507,1971,,,,0013\n3,0,1960,5,6,1960-05-06 00:00:00,\n"
)


@pytest.fixture
def omop(tmp_path: Path, known: Dictionaries) -> Any:
    def read(domain: str = "lb", tables: dict[str, str] | None = None, **feed: Any) -> Ingested:
        for name, content in (tables or {}).items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        files = [SourceFile(path.name, path) for path in tmp_path.glob("*.csv")]
        section = {"domain": domain, "format": "omop"} | feed
        return ingest(files, "f", "d", section, known, KEY, "S")

    return read


def rows(*lines: str) -> str:
    return MEASUREMENT + "\n".join(lines) + "\n"


def test_concepts_operators_and_moments_are_read(omop: Any) -> None:
    found = omop(
        tables={
            "CONCEPT": CONCEPT,
            "measurement": rows(
                "1,1,3024561,2020-07-01,2020-07-01 08:00:00,4171756,15,0,8636,35,52,ALB,g/l,<15",
                "2,1,3024561,2020-07-02,2020-07-02 00:00:00,4172703,38.0,0,8636,35,52,ALB,g/l,38",
                "3,1,0,2020-07-03,,,,9189,,,,ANA,,neg",
            ),
        }
    )
    assert found.accepted.select("LBTESTCD", "LBORRES", "LBOPER", "LBNRIND", "LBDTC").rows() == [
        ("ALB", "<15", "<", "LOW", "2020-07-01T08:00:00"),
        ("ALB", "38.0", None, "NORMAL", "2020-07-02"),
        ("ANA", "Negative", None, None, "2020-07-03"),
    ]
    assert found.ledger.select("source_file", "read", "status").rows() == [
        ("CONCEPT.csv", 0, "read"),
        ("measurement.csv", 3, "read"),
    ]


def test_ids_among_gaps_and_a_time_of_its_own_are_read(omop: Any) -> None:
    content = (
        "person_id,measurement_concept_id,measurement_date,measurement_time,value_as_number,"
        "unit_concept_id\n1.0,3024561.0,2020-07-01,08:30:00,38,8636.0\n"
    )
    found = omop(tables={"concept": CONCEPT, "measurement": content})
    assert found.accepted.select("LBTESTCD", "LBORRESU", "LBDTC").rows() == [
        ("ALB", "g/L", "2020-07-01T08:30:00")
    ]
    assert found.identities["SUBJID"].to_list() == ["1"]


def test_without_concepts_the_source_s_values_are_read(omop: Any) -> None:
    found = omop(
        tables={
            "measurement": rows(
                "1,1,3001582,2020-07-01,,,0.15,,,,,2890-2,g/g,<0.15",
                "2,1,3016723,2020-07-01,,,80,,8749,,,Creatinine,umol/L,80",
                "3,1,3016723,2020-07-01,,,80,,8749,,,Creatinine,,80",
                "4,1,3016723,2020-07-01,,99,80,,8749,,,Creatinine,umol/L,80",
            )
        }
    )
    assert found.accepted.select("LBTESTCD", "LBORRES", "LBOPER").rows() == [
        ("UPCR", "<0.15", "<"),
        ("SCR", "80", None),
    ]
    assert found.quarantine["message"].to_list() == [
        "not understood: unit_concept_id (8749: no CONCEPT table names it)",
        "not understood: operator_concept_id (99)",
    ]


def test_a_person_is_put_together_from_person_and_death(omop: Any) -> None:
    found = omop(
        "dm",
        tables={
            "person": PERSON,
            "death": "person_id,death_date,death_datetime\n1,2021-03-04,2021-03-04 00:00:00\n",
        },
    )
    assert found.accepted.select("SEX", "BRTHDTC", "DTHDTC").rows() == [
        (None, None, "2021-03-04"),
        ("F", "1980-02-03", None),
        ("M", "1971", None),
        (None, "1960-05-06", None),
    ]
    assert found.accepted["USUBJID"][0] == found.accepted["USUBJID"][1]


def test_the_hospital_s_number_takes_the_place_of_person_id(omop: Any) -> None:
    tables = {
        "person": PERSON,
        "measurement": rows("1,1,0,2020-07-01,,,80,,,,,Creatinine,umol/L,80"),
    }
    found = omop(tables=tables, identifier_system="person_source_value")
    assert found.identities["SUBJID"].to_list() == ["0012"]
    people = omop("dm", identifier_system="person_source_value")
    assert people.identities["SUBJID"].to_list() == ["0012", "0013"]
    assert people.quarantine["rule"].to_list() == ["subject_missing"]


def test_drug_exposures_are_doses_where_their_unit_is_told(omop: Any) -> None:
    content = (
        "person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_start_datetime,"
        "drug_exposure_end_date,quantity,route_concept_id,drug_source_value,dose_unit_source_value\n"
        "1,1593467,2020-06-01,2020-06-01 09:00:00,2020-06-01,600,4171047,BELI,mg\n"
        "1,99,2020-06-01,,,30,,Prednisone,\n"
    )
    found = omop("ex", tables={"CONCEPT": CONCEPT, "drug_exposure": content})
    assert found.accepted.select("EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "EXSTDTC").rows() == [
        ("belimumab 400 MG Injection", 600.0, "mg", "Intravenous", "2020-06-01T09:00:00"),
        ("Prednisone", None, None, None, "2020-06-01"),
    ]
    only = omop("ex", where={"EXTRT": {"matches": "belimumab"}})
    assert only.accepted.height == 1
    assert only.ledger["filtered"].sum() == 1


def test_a_delivery_without_the_table_is_no_empty_success(omop: Any) -> None:
    found = omop(tables={"person": PERSON})
    assert found.ledger["status"].to_list() == ["unreadable"]
    assert "the tables that do are measurement" in found.ledger["message"].item()
