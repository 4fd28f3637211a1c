"""FHIR R4: however resources are wrapped and refer to each other, each has a fate of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from remit.ingest import Ingested, SourceFile, ingest
from remit.ingest.dictionaries import Dictionaries

from .conftest import KEY, Run

Resource = dict[str, Any]
GLUCOSE, ALBUMIN, ANA = "2345-7", "1751-7", "5048-4"


def observation(**changed: Any) -> Resource:
    """A serum albumin of 38 g/L; a value of None takes an element away."""
    whole = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": ALBUMIN}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2020-06-01T08:30:00+02:00",
        "valueQuantity": {"value": 38, "unit": "g/L", "system": "http://unitsofmeasure.org"},
    } | changed
    return {name: value for name, value in whole.items() if value is not None}


def patient(id: str = "p1", **changed: Any) -> Resource:
    return {"resourceType": "Patient", "id": id, "gender": "female"} | changed


def bundle(*resources: Resource, **changed: Any) -> Resource:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries} | changed


def loinc(code: str) -> Resource:
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


@pytest.fixture
def fhir(run: Run) -> Any:
    """Read one JSON document as a FHIR feed."""

    def read(document: Any, **feed: Any) -> Ingested:
        text = document if isinstance(document, str) else json.dumps(document)
        return run(text, **{"format": "fhir", "columns": None} | feed)

    return read


def told(found: Ingested) -> list[str]:
    """Why rows were set aside."""
    return found.quarantine["message"].to_list()


def message(found: Ingested) -> str:
    return str(found.ledger["message"].item())


@pytest.mark.parametrize(
    "document",
    [
        bundle(observation(), observation()),
        [observation(), observation()],
        [bundle(observation()), bundle(observation())],
        bundle(bundle(observation()), observation()),
        bundle({"resourceType": "DiagnosticReport", "contained": [observation(), observation()]}),
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "return", "resource": bundle(observation(), observation())}],
        },
        f"{json.dumps(observation())}\n\n{json.dumps(observation())}\n",
        f"{json.dumps(observation(), indent=1)}\n{json.dumps(observation(), indent=1)}",
    ],
    ids=["bundle", "array", "pages", "nested", "contained", "parameters", "ndjson", "concatenated"],
)
def test_resources_are_read_however_they_are_wrapped(fhir: Any, document: Any) -> None:
    found = fhir(document)
    assert found.accepted["LBSTRESN"].to_list() == [38.0, 38.0]
    assert found.accepted["ROWID"].is_unique().all()


def test_a_resource_where_none_may_stand_is_found_missing(fhir: Any) -> None:
    found = fhir(bundle(observation(), {"resourceType": "Task", "input": [observation()]}))
    assert found.ledger["status"].item() == "unreadable"
    assert "it holds 3 items, of which 1 were read and 1 left aside" in message(found)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {
                "resourceType": "OperationOutcome",
                "issue": [
                    {"severity": "error", "code": "timeout", "diagnostics": "Patient/0012 is busy"}
                ],
            },
            "a server's error stands there instead of data (timeout)",
        ),
        (
            bundle(
                observation(),
                {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]},
            ),
            "a server's warning stands there",
        ),
        (
            bundle(entry=[{"response": {"status": "404 Not Found"}}]),
            "Bundle.entry[0]: the server answered 404 Not Found",
        ),
        (
            bundle(observation(), total=500),
            "a page of a bundle of 500 resources, of which 1 arrived",
        ),
        (
            bundle(observation(), link=[{"relation": "next", "url": "http://x/2"}]),
            "it is a page of a larger bundle",
        ),
        (bundle(observation(), type="history"), "a bundle of type history"),
        (bundle(patient()), "nothing in it gives a row of this feed (1 Patient)"),
        (bundle(), "nothing in it gives a row"),
        ({"people": []}, "nothing in it is FHIR"),
        ('{"resourceType": "Bundle", "entry": [', "this is no JSON, or was cut short"),
    ],
)
def test_what_gives_no_rows_or_not_all_is_no_empty_delivery(
    fhir: Any, document: Any, said: str
) -> None:
    found = fhir(document)
    assert found.ledger["status"].item() == "unreadable"
    assert said in message(found)
    assert found.accepted.is_empty()


def test_what_is_left_aside_is_counted_by_kind(fhir: Any) -> None:
    pulse = observation(category=[{"coding": [{"code": "vital-signs"}]}])
    panel = observation(valueQuantity=None, hasMember=[{"reference": "Observation/o1"}])
    found = fhir(bundle(observation(), pulse, pulse, panel, patient()))
    assert message(found) == (
        "left aside: 2 Observation of category vital-signs, 1 Patient, "
        "1 panels and their like without a result of their own"
    )


def test_a_line_that_is_cut_short_is_set_aside_and_the_others_read(fhir: Any) -> None:
    found = fhir(f"{json.dumps(observation())}\n{json.dumps(observation())[:80]}\n")
    assert found.accepted.height == 1
    assert found.quarantine["source_line"].to_list() == [2]
    assert told(found) == ["not understood: line 2: no FHIR resource stands here"]


@pytest.mark.parametrize(
    ("reference", "subject"),
    [
        ({"reference": "Patient/12"}, "12"),
        ({"reference": "Patient/12/_history/3"}, "12"),
        ({"reference": "https://a.example/fhir/Patient/12"}, "12"),
        ({"reference": "https://a.example/fhir/Patient/12/_history/1"}, "12"),
        ({"reference": "urn:uuid:0c3d"}, "12"),
        ({"reference": "Patient?identifier=http://h.example/mrn|0012"}, "12"),
        ({"reference": "Patient?identifier=http%3A%2F%2Fh.example%2Fmrn%7C0012"}, "12"),
        ({"identifier": {"system": "http://h.example/mrn", "value": "0012"}}, "12"),
    ],
)
def test_a_patient_is_known_by_every_form_of_reference(
    fhir: Any, reference: Resource, subject: str
) -> None:
    known = patient("12", identifier=[{"system": "http://h.example/mrn", "value": "0012"}])
    entries = [
        {"fullUrl": "urn:uuid:0c3d", "resource": known},
        {"resource": observation(subject=reference)},
    ]
    found = fhir(bundle(entry=entries))
    assert found.identities["SUBJID"].to_list() == [subject]
    by_number = fhir(bundle(entry=entries), identifier_system="http://h.example/mrn")
    assert by_number.identities["SUBJID"].to_list() == ["0012"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"reference": "Group/4"}, "Observation.subject (a Group, not a Patient)"),
        (
            {"reference": "urn:uuid:7", "type": "Device"},
            "Observation.subject (a Device, not a Patient)",
        ),
        (
            {"reference": "Patient?family=Li"},
            "Observation.subject (a search that may find several)",
        ),
        ({"reference": "Patient?identifier=mrn|7"}, "Observation.subject (an identifier of mrn"),
        (
            {"reference": "#me"},
            "Observation.subject (the patient is not in the delivery; put files",
        ),
    ],
)
def test_a_subject_that_is_not_one_certain_patient_sets_the_row_aside(
    fhir: Any, reference: Resource, said: str
) -> None:
    found = fhir(observation(subject=reference))
    assert told(found)[0].startswith(f"not understood: {said}")
    assert found.identities.is_empty()


def test_patients_of_two_servers_with_one_id_are_not_made_one(fhir: Any) -> None:
    of = [f"https://{server}.example/Patient/1" for server in ("a", "b", "a")]
    found = fhir(bundle(*(observation(subject={"reference": each}) for each in of)))
    assert found.accepted["SRCLINE"].to_list() == [1, 3]
    assert "another server has a patient with this id" in told(found)[0]


@pytest.mark.parametrize("there", [True, False])
def test_the_record_that_replaces_another_may_say_so_itself(fhir: Any, there: bool) -> None:
    new = patient("new", link=[{"type": "replaces", "other": {"reference": "Patient/old"}}])
    records = [*([patient("old")] if there else []), new]
    results = fhir(bundle(*records, observation(subject={"reference": "Patient/old"})))
    assert results.identities["SUBJID"].to_list() == ["new"]
    people = fhir(bundle(*records), domain="dm")
    assert people.identities.filter(SUBJID="new").height == 1
    assert people.accepted.height == 1


def test_results_of_a_replaced_patient_are_those_of_the_record_that_replaced_it(fhir: Any) -> None:
    old = patient("old", link=[{"type": "replaced-by", "other": {"reference": "Patient/new"}}])
    results = fhir(bundle(old, patient("new"), observation(subject={"reference": "Patient/old"})))
    assert results.identities["SUBJID"].to_list() == ["new"]
    assert "1 resources of replaced patients read under the record" in message(results)
    people = fhir(bundle(old, patient("new")), domain="dm")
    assert people.accepted["SRCLINE"].to_list() == [2]
    assert told(people) == ["not understood: Patient.link (another record replaced this one)"]


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"valueQuantity": {"value": 0.50, "comparator": "<"}}, "<0.5"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 640}}}, "1:640"),
        (
            {
                "valueRatio": {
                    "numerator": {"value": 1},
                    "denominator": {"value": 40, "comparator": "<"},
                }
            },
            "<1:40",
        ),
        (
            {
                "valueRatio": {
                    "numerator": {"value": 1, "comparator": ">"},
                    "denominator": {"value": 640},
                }
            },
            ">1:640",
        ),
        (
            {
                "valueRatio": {
                    "numerator": {"value": 1.20, "unit": "mg", "comparator": ">="},
                    "denominator": {"value": 1, "unit": "g"},
                }
            },
            ">=1.2 mg/g",
        ),
        ({"valueRange": {"low": {"value": 2}, "high": {"value": 4}}}, "2-4"),
        ({"valueRange": {"low": {"value": 100}}}, ">=100"),
        ({"valueString": ">1:640"}, ">1:640"),
        ({"valueInteger": 0}, "0"),
        (
            {
                "valueQuantity": {"value": 0.15},
                "interpretation": [{"coding": [{"code": "L"}, {"code": "<"}]}],
            },
            "<0.15",
        ),
        (
            {"valueCodeableConcept": {"coding": [{"display": "Negative (qualifier value)"}]}},
            "Negative",
        ),
    ],
)
def test_a_result_keeps_its_operator_wherever_it_stands(
    fhir: Any, changed: Resource, read: str
) -> None:
    text, _, unit = read.partition(" ")
    # A test that no dictionary knows shows what was handed on.
    found = fhir(observation(code={"text": "Anything"}, **{"valueQuantity": None} | changed))
    assert found.unmapped.select("value", "unit").row(0) == (
        text.replace("0.5", "0.5"),
        unit or None,
    )


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"modifierExtension": [{"url": "x"}]}, "Observation.modifierExtension"),
        ({"implicitRules": "http://x"}, "Observation.implicitRules"),
        ({"focus": [{"reference": "Patient/baby"}]}, "Observation.focus"),
        ({"effectiveTiming": {}}, "Observation.effectiveTiming"),
        ({"valueString": "x"}, "Observation.value (several"),
        ({"valueQuantity": {"value": 1, "comparator": "ad"}}, "Observation.valueQuantity.comparator"),
        ({"valueQuantity": {"value": 1, "guess": 2}}, "Observation.valueQuantity.guess"),
        ({"valueQuantity": None, "valueSampledData": {}}, "Observation.valueSampledData"),
        ({"specimen": {"reference": "Specimen/9"}, "code": {"text": "Creatinine"}},
         "Observation.specimen (it is not in the delivery"),
        ({"referenceRange": [{"low": {"value": 1}, "guess": 1}]}, "Observation.referenceRange.guess"),
    ],
)  # fmt: skip
def test_an_element_that_is_not_understood_sets_the_row_aside_with_its_path(
    fhir: Any, changed: Resource, path: str
) -> None:
    found = fhir(bundle(observation(**changed), observation()))
    assert found.accepted["SRCLINE"].to_list() == [2]
    assert told(found)[0].startswith(f"not understood: {path}")
    assert found.quarantine["USUBJID"].to_list() == found.accepted["USUBJID"].to_list()


def test_what_was_entered_in_error_is_withdrawn_and_what_is_only_registered_no_result(
    fhir: Any,
) -> None:
    wrong = observation(status="entered-in-error", valueQuantity=None)
    found = fhir(bundle(observation(), wrong, observation(status="registered")))
    assert found.accepted["LBRESST"].to_list() == ["FINAL", "WITHDRAWN"]
    assert message(found) == "left aside: 1 Observation of status registered"


def test_a_component_is_a_row_and_a_bad_one_takes_no_other_with_it(fhir: Any) -> None:
    pressure = observation(
        category=[{"coding": [{"code": "vital-signs"}]}],
        code=loinc("85354-9"),
        valueQuantity=None,
        component=[
            {"code": loinc("8480-6"), "valueQuantity": {"value": 142, "unit": "mm[Hg]"}},
            {"code": loinc("8462-4"), "valueSampledData": {}},
            {"code": loinc("8867-4"), "dataAbsentReason": {"text": "error"}},
        ],
    )
    found = fhir(bundle(pressure), categories=["vital-signs"])
    assert found.accepted.select("LBTESTCD", "LBORRES").rows() == [("SYSBP", "142")]
    assert sorted(found.quarantine["rule"]) == ["element_not_read", "result_missing"]
    assert found.ledger["read"].item() == 3


@pytest.mark.parametrize(
    ("category", "chosen", "read"),
    [
        ([{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB"}]}],
         None, True),
        ([{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "HM"}]}],
         None, True),
        ([{"coding": [{"system": "http://loinc.org", "code": "26436-6"}]}], None, True),
        ([{"text": "Laboratory"}], None, True),
        (None, None, True),
        ([{"coding": [{"code": "survey"}]}, {"coding": [{"code": "laboratory"}]}], None, True),
        ([{"coding": [{"system": "urn:clinic", "code": "CH"}]}], None, False),
        ([{"coding": [{"system": "urn:clinic", "code": "CH"}]}], ["laboratory", "CH"], True),
        ([{"coding": [{"code": "vital-signs"}]}], ["vital-signs"], True),
        ([{"coding": [{"code": "laboratory"}]}], ["vital-signs"], False),
    ],
)  # fmt: skip
def test_the_feed_chooses_the_categories(
    fhir: Any, category: Any, chosen: list[str] | None, read: bool
) -> None:
    found = fhir(bundle(observation(category=category)), categories=chosen)
    assert found.accepted.height == int(read)
    assert (found.ledger["status"].item() == "read") is read


def limits(low: int, high: int, **changed: Any) -> Resource:
    return {"low": {"value": low}, "high": {"value": high}} | changed


def kind(code: str) -> Resource:
    return {"type": {"coding": [{"code": code}]}}


FOR_WOMEN = {"appliesTo": [{"coding": [{"code": "248152002"}]}]}
FOR_MEN = {"appliesTo": [{"text": "male"}]}
OF_CHILDREN = {"age": {"high": {"value": 18, "unit": "years"}}}
OF_ADULTS = {"age": {"low": {"value": 18, "code": "a"}}}


@pytest.mark.parametrize(
    ("ranges", "indicator"),
    [
        ([limits(20, 60, **kind("critical")), limits(40, 55, **kind("normal"))], "LOW"),
        ([limits(20, 60, **kind("treatment"))], None),
        ([limits(40, 55, **FOR_MEN), limits(30, 50, **FOR_WOMEN)], "NORMAL"),
        ([limits(40, 55, **OF_CHILDREN), limits(30, 50, **OF_ADULTS)], "NORMAL"),
        ([limits(30, 50), limits(40, 55, **OF_ADULTS)], "LOW"),
        ([limits(30, 50), limits(40, 55)], None),
        ([{"low": {"value": 4, "unit": "g/dL"}}], None),
        ([{"text": "40-55"}], "LOW"),
        ([{"low": {"value": 40}}, {"high": {"value": 55}}], "LOW"),
        ([limits(40, 55, age={"low": {"value": 18, "unit": "moons"}})], None),
    ],
)
def test_the_range_that_applies_is_taken_and_none_where_that_is_undecided(
    fhir: Any, ranges: list[Resource], indicator: str | None
) -> None:
    for born in ("1980-02-03", "1980-02", "1980"):
        one = patient(birthDate=born)
        found = fhir(bundle(one, observation(referenceRange=ranges)))
        assert found.accepted["LBNRIND"].to_list() == [indicator]


def test_the_specimen_is_looked_up_contained_or_in_another_file(
    fhir: Any, tmp_path: Path, known: Dictionaries
) -> None:
    urine = {"resourceType": "Specimen", "id": "s1", "type": {"coding": [{"code": "122575003"}]}}
    creatinine = observation(
        code={"text": "Creatinine"}, valueQuantity={"value": 3.1, "unit": "mmol/L"}
    )
    inside = creatinine | {"specimen": {"reference": "#s1"}, "contained": [urine]}
    found = fhir(inside)
    assert found.accepted.select("LBTESTCD", "LBREFID").rows() == [("UCREA", None)]
    (tmp_path / "Observation.ndjson").write_text(
        json.dumps(creatinine | {"specimen": {"reference": "Specimen/s1"}})
    )
    (tmp_path / "Specimen.ndjson").write_text(json.dumps(urine))
    files = [SourceFile(path.name, path) for path in tmp_path.glob("*.ndjson")]
    found = ingest(files, "f", "d", {"domain": "lb", "format": "fhir"}, known, KEY, "S")
    assert found.accepted.select("LBTESTCD", "LBREFID").rows() == [("UCREA", "s1")]
    assert found.ledger["status"].to_list() == ["read", "read"]


def test_the_specimen_of_a_report_is_that_of_its_results(fhir: Any) -> None:
    urine = {"resourceType": "Specimen", "id": "s1", "type": {"text": "Urine"}}
    creatinine = observation(
        code={"text": "Creatinine"}, valueQuantity={"value": 3.1, "unit": "mmol/L"}
    )
    report = {
        "resourceType": "DiagnosticReport",
        "specimen": [{"reference": "Specimen/s1"}],
        "result": [{"reference": "Observation/o1"}],
    }
    apart = bundle(creatinine, urine, report)
    inside = bundle(report | {"contained": [creatinine | {"id": "c"}]}, urine)
    for document in (apart, inside):
        assert fhir(document).accepted["LBTESTCD"].to_list() == ["UCREA"]
    two = report | {"specimen": [{"reference": "Specimen/s1"}, {"reference": "Specimen/s2"}]}
    found = fhir(bundle(creatinine, urine, two))
    assert told(found)[0].startswith("not understood: DiagnosticReport.specimen (several")
    assert fhir(bundle(observation(), two)).accepted.height == 1


def test_all_pages_of_a_search_are_a_whole(tmp_path: Path, known: Dictionaries) -> None:
    for number in (1, 2):
        links = [{"relation": "next", "url": "http://x?page=2"}] if number == 1 else []
        page = bundle(observation(), type="searchset", total=2, link=links)
        (tmp_path / f"{number}.json").write_text(json.dumps(page))
    feed = {"domain": "lb", "format": "fhir"}
    files = [SourceFile(path.name, path) for path in sorted(tmp_path.iterdir())]
    whole = ingest(files, "f", "d", feed, known, KEY, "S")
    assert whole.ledger["status"].to_list() == ["read", "read"]
    alone = ingest(files[1:], "f", "d", feed, known, KEY, "S")
    assert alone.ledger["status"].to_list() == ["unreadable"]


@pytest.mark.parametrize(
    ("changed", "death"),
    [
        ({"deceasedDateTime": "2021-03-04T22:30:00Z"}, ("2021-03-04T22:30:00Z", None)),
        ({"deceasedDateTime": "2021-03"}, ("2021-03", None)),
        ({"deceasedBoolean": True, "active": False}, (None, "DEATH")),
        ({"deceasedBoolean": False}, (None, None)),
    ],
)
def test_a_death_is_read_with_its_date_or_without(
    fhir: Any, changed: Resource, death: tuple[str | None, str | None]
) -> None:
    found = fhir(bundle(patient(**changed)), domain="dm")
    assert found.accepted.select("DTHDTC", "DSDECOD").row(0) == death


def test_a_record_that_is_no_longer_in_use_is_no_patient(fhir: Any) -> None:
    found = fhir(bundle(patient(active=False), patient("p2", active=True)), domain="dm")
    assert found.accepted["SRCLINE"].to_list() == [2]
    assert told(found) == ["not understood: Patient.active (the record is no longer in use)"]


def test_of_several_numbers_the_one_of_the_feed_s_system_counts(fhir: Any) -> None:
    def numbered(*numbers: tuple[str, str]) -> Resource:
        return patient(identifier=[{"system": s, "value": v} for s, v in numbers])

    people = [
        numbered(("mrn", "0012"), ("ssn", "999")),
        numbered(("ssn", "999")),
        numbered(("mrn", "1"), ("mrn", "2")),
    ]
    found = fhir(bundle(*people), domain="dm", identifier_system="mrn")
    assert found.identities["SUBJID"].to_list() == ["0012"]
    assert [text.partition("Patient")[2] for text in told(found)] == [
        ".identifier (no identifier of mrn)",
        ".identifier (several identifiers of mrn)",
    ]


def test_doses_that_were_given_are_exposure(fhir: Any) -> None:
    def given(**changed: Any) -> Resource:
        return {
            "resourceType": "MedicationAdministration",
            "status": "completed",
            "medicationCodeableConcept": {"text": "BELIMUMAB"},
            "subject": {"reference": "Patient/p1"},
            "effectivePeriod": {"start": "2020-06-01T09:00:00Z", "end": "2020-06-01T10:00:00Z"},
            "dosage": {
                "dose": {"value": 600, "unit": "mg"},
                "route": {"coding": [{"display": "Intravenous route"}]},
            },
        } | changed

    rows = [given(), given(status="not-done"), given(status="stopped")]
    found = fhir(bundle(*rows), domain="ex")
    row = found.accepted.row(0, named=True)
    assert (row["EXTRT"], row["EXDOSE"], row["EXDOSU"]) == ("BELIMUMAB", 600.0, "mg")
    assert (row["EXSTDTC"], row["EXENDTC"]) == ("2020-06-01T09:00:00Z", "2020-06-01T10:00:00Z")
    assert message(found) == "left aside: 1 MedicationAdministration of status not-done"
    assert told(found) == ["not understood: MedicationAdministration.status (stopped)"]


def dose(amount: int, start: str | None = None, **repeat: Any) -> Resource:
    bounds = {"boundsPeriod": {"start": start}} if start else {}
    every = {"frequency": 1, "period": 1, "periodUnit": "d"} | bounds | repeat
    quantity = {"value": amount, "unit": "mg"}
    return {"timing": {"repeat": every}, "doseAndRate": [{"doseQuantity": quantity}]}


def test_prescriptions_are_medication_each_step_a_row(fhir: Any) -> None:
    def prescribed(*doses: Resource, **changed: Any) -> Resource:
        return {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "medicationReference": {"reference": "Medication/m1"},
            "subject": {"reference": "Patient/p1"},
            "authoredOn": "2020-06-01",
            "dosageInstruction": list(doses),
        } | changed

    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "Prednisone"}}
    found = fhir(
        bundle(
            drug,
            prescribed(dose(20, "2020-06-01"), dose(10, "2020-06-15", frequency=2)),
            prescribed(dose(20), dose(10)),
            prescribed(dose(5), status="stopped"),
            prescribed(dose(5), intent="proposal"),
        ),
        domain="cm",
    )
    columns = ("CMTRT", "CMDOSE", "CMDOSFRQ", "CMSTDTC")
    assert found.accepted.select(columns).rows() == [
        ("Prednisone", 20.0, "QD", "2020-06-01"),
        ("Prednisone", 10.0, "BID", "2020-06-15"),
    ]
    assert [text.partition(": ")[2] for text in told(found)] == [
        "MedicationRequest.dosageInstruction (several, and not told when each begins)",
        "MedicationRequest.status (stopped, and not told when it ended)",
    ]
    assert "1 MedicationRequest of intent proposal" in message(found)


def test_adverse_events_and_by_the_feed_s_choice_conditions(fhir: Any) -> None:
    event = {
        "resourceType": "AdverseEvent",
        "actuality": "actual",
        "event": {"text": "Cough"},
        "subject": {"reference": "Patient/p1"},
        "date": "2020-06-03",
        "seriousness": {"coding": [{"code": "non-serious"}]},
    }
    condition = {
        "resourceType": "Condition",
        "code": {"text": "Pneumonia"},
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "2020-06-05",
        "severity": {"text": "mild"},
        "abatementPeriod": {"start": "2020-06-09", "end": "2020-06-11"},
    }
    refuted = condition | {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    all_of_it = bundle(event, event | {"actuality": "potential"}, condition, refuted)
    columns = ("AETERM", "AESTDTC", "AEENDTC", "AESER")
    found = fhir(all_of_it, domain="ae")
    assert found.accepted.select(columns).rows() == [("Cough", "2020-06-03", None, "N")]
    assert message(found) == "left aside: 1 AdverseEvent of actuality potential, 2 Condition"
    found = fhir(all_of_it, domain="ae", resources=["Condition"])
    assert "1 severities in words are not read" in message(found)
    assert found.accepted.select(columns).rows() == [
        ("Pneumonia", "2020-06-05", "2020-06-11", None)
    ]
