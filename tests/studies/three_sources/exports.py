"""One study of three hospitals: tables as MIMIC-IV has them, an OMOP CDM, and FHIR bundles.

Each patient's urine tells the ratio of protein to creatinine in another way. The values are invented.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

#: Patient to (UPCR in g/g, operator) at baseline and at month 1, and whether the fall is by half.
COURSE = {
    "10001": ([(2.0, None), (0.04, "<")], True),  # parts, the second protein below its limit
    "10002": ([(1.5, None), (1.2, None)], False),  # parts, and a strip that says 300 mg/dL
    "20001": ([(3.0, None), (0.2, "<")], True),  # the ratio itself, below its limit
    "20002": ([(2.0, None), (1.5, None)], False),  # parts in SI units
    "30001": ([(2.5, None), (1.0, None)], True),  # parts, as components of no panel
    "30002": ([(4.0, None), (3.9, None)], False),  # the ratio, beside strips
}
DAYS = ("2021-01-04", "2021-02-02")
MIMIC = "subject_id,label,fluid,value,valueuom,charttime,specimen_id"


def _mimic() -> dict[str, list[str]]:
    labs = [
        "10001,\"Total Protein, Urine\",Urine,200,mg/dL,2021-01-04 08:00:00,1",
        "10001,\"Creatinine, Urine\",Urine,100,mg/dL,2021-01-04 08:00:00,1",
        "10001,\"Total Protein, Urine\",Urine,<4,mg/dL,2021-02-02 08:00:00,2",
        "10001,\"Creatinine, Urine\",Urine,100,mg/dL,2021-02-02 08:00:00,2",
        "10002,\"Total Protein, Urine\",Urine,150,mg/dL,2021-01-04 08:00:00,3",
        "10002,\"Creatinine, Urine\",Urine,100,mg/dL,2021-01-04 08:00:00,3",
        "10002,\"Total Protein, Urine\",Urine,60,mg/dL,2021-02-02 08:00:00,4",
        "10002,\"Creatinine, Urine\",Urine,50,mg/dL,2021-02-02 08:00:00,4",
        # A strip of the same name as a quantity elsewhere, with a creatinine of its moment.
        "10002,Protein,Urine,300,mg/dL,2021-02-03 08:00:00,5",
        "10002,\"Creatinine, Urine\",Urine,100,mg/dL,2021-02-03 08:00:00,5",
        "10002,Protein,Urine,NEG,,2021-01-03 08:00:00,6",
        "10002,\"Creatinine, Urine\",Urine,100,mg/dL,2021-01-03 08:00:00,6",
        "10001,Protein,Urine,30,mg/dL,2021-01-03 08:00:00,7",
        "10001,Protein,Urine,TR,mg/dL,2021-02-03 08:00:00,8",
    ]  # fmt: skip
    people = ["subject_id,gender,dob", "10001,F,1970-01-01", "10002,M,1961-02-03"]
    return {"labevents.csv": [MIMIC, *labs], "patients.csv": people}


def _omop() -> dict[str, list[str]]:
    concepts = [
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tconcept_code",
        "1\tProtein [Mass/volume] in Urine\tMeasurement\tLOINC\tLab Test\t2888-6",
        "2\tCreatinine [Moles/volume] in Urine\tMeasurement\tLOINC\tLab Test\t14683-7",
        "3\tProtein/Creatinine [Mass Ratio] in Urine\tMeasurement\tLOINC\tLab Test\t2890-2",
        "10\tgram per liter\tUnit\tUCUM\tUnit\tg/L",
        "11\tmillimole per liter\tUnit\tUCUM\tUnit\tmmol/L",
        "12\tgram per gram\tUnit\tUCUM\tUnit\tg/g",
    ]  # fmt: skip
    rows = [
        "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,"
        "operator_concept_id,value_as_number,unit_concept_id",
        "1,20001,3,2021-01-04,2021-01-04 08:00:00,,3.0,12",
        "2,20001,3,2021-02-02,2021-02-02 08:00:00,4171756,0.2,12",
        "3,20002,1,2021-01-04,2021-01-04 08:00:00,,2.2624,10",
        "4,20002,2,2021-01-04,2021-01-04 08:00:00,,10,11",
        "5,20002,1,2021-02-02,2021-02-02 08:00:00,,1.6968,10",
        "6,20002,2,2021-02-02,2021-02-02 08:00:00,,10,11",
    ]
    people = [
        "person_id,gender_concept_id,year_of_birth", "20001,8532,1980", "20002,8507,1975"
    ]  # fmt: skip
    return {"concept.csv": concepts, "measurement.csv": rows, "person.csv": people}


def _observation(id: str, who: str, loinc: str, day: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": {"reference": f"Patient/{who}"},
        "effectiveDateTime": f"{day}T00:00:00Z",
        **value,
    }


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {
        "valueQuantity": {
            "value": value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        }
    }


def _fhir() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": who, "gender": "female", "birthDate": "1985"}
        for who in ("30001", "30002")
    ]
    for n, (day, protein) in enumerate(zip(DAYS, (250, 100), strict=True)):
        found.append(_observation(f"p{n}", "30001", "2888-6", day, **_quantity(protein, "mg/dL")))
        found.append(_observation(f"c{n}", "30001", "14683-7", day, **_quantity(8.8402, "mmol/L")))
    for n, (day, ratio) in enumerate(zip(DAYS, (4.0, 3.9), strict=True)):
        found.append(_observation(f"r{n}", "30002", "2890-2", day, **_quantity(ratio, "g/g")))
        found.append(_observation(f"s{n}", "30002", "20454-5", day, valueString="2+"))
    return found


Order = Callable[[list[Any]], list[Any]]


def write(folder: Path, *, seed: int | None = None) -> None:
    """The study; with a seed under other names of feeds and files, in another order of files and lines."""
    chance = random.Random(seed)
    name: Callable[[str], str] = (lambda text: text) if seed is None else _renamed

    def turned(lines: list[Any]) -> list[Any]:
        return lines if seed is None else chance.sample(lines, len(lines))

    def save(feed: str, file: str, lines: list[str], parts: int = 1) -> None:
        head, *rest = lines
        rest = turned(rest)
        target = folder / "extracts" / feed
        target.mkdir(parents=True, exist_ok=True)
        for part in range(parts):
            stem = file if parts == 1 else f"{part} {file}"
            text = "\n".join([head, *rest[part::parts]]) + "\n"
            (target / stem).write_text(text, encoding="utf-8")

    several = 1 if seed is None else 3
    mimic = _mimic()
    save(name("labs"), name("labevents.csv"), mimic["labevents.csv"], several)
    save(name("patients"), name("patients.csv"), mimic["patients.csv"])
    for file, lines in _omop().items():
        save(f"{name('cdm')}/first", file, lines)
    doses = ["id,drug,dose,unit,start", *(f"{who},BELI,600,mg,2021-01-05" for who in COURSE)]
    save(name("doses"), name("doses.csv"), doses, several)
    bundle = {"resourceType": "Bundle", "type": "collection"}
    entries = [{"resource": resource} for resource in turned(_fhir())]
    target = folder / "extracts" / name("bundles")
    target.mkdir(parents=True)
    (target / name("bundle.json")).write_text(json.dumps(bundle | {"entry": entries}), "utf-8")
    definition = {
        "id": "half", "title": "UPCR at least halved", "version": "1", "citation": "Of this test.",
        "source": "Of this test.", "evidence": "memory",
        "categories": {"R": {"parameter": "UPCR", "fall_percent": 50}},
    }  # fmt: skip
    path = folder / "resources/definitions/half.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(definition), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(_plan(name), sort_keys=False), "utf-8")


def _renamed(text: str) -> str:
    """A name that sorts elsewhere."""
    return f"{'zyxwvutsrqponmlkjihgfedcba'[ord(text[0]) - ord('a')]}_{text}"


def _plan(name: Callable[[str], str]) -> dict[str, Any]:
    labs = {
        "SUBJID": "subject_id", "LBTEST": "label", "LBSPEC": "fluid", "LBORRES": "value",
        "LBORRESU": "valueuom", "LBDTC": "charttime", "LBREFID": "specimen_id",
    }  # fmt: skip
    cdm, bundles = name("cdm"), name("bundles")
    feeds: dict[str, Any] = {
        name("labs"): {"domain": "lb", "columns": labs},
        name("patients"): {
            "domain": "dm", "columns": {"SUBJID": "subject_id", "SEX": "gender", "BRTHDTC": "dob"}
        },
        cdm: {"domain": "lb", "format": "omop"},
        f"{cdm}_people": {"domain": "dm", "format": "omop", "from": cdm},
        bundles: {"domain": "lb", "format": "fhir"},
        f"{bundles}_people": {"domain": "dm", "format": "fhir", "from": bundles},
        name("doses"): {
            "domain": "ex",
            "columns": {
                "SUBJID": "id", "EXTRT": "drug", "EXDOSE": "dose", "EXDOSU": "unit", "EXSTDTC": "start"
            },
        },
    }  # fmt: skip
    window = {"name": "Month {k}", "every": 28, "unit": "days", "first": 1, "last": 2}
    return {
        "study": {"id": "THREE", "extracts": "extracts", "timezone": "Asia/Shanghai"},
        "feeds": feeds,
        "subjects": {"treatment": {"model": "infusions"}},
        "visits": {"windows": {"generate": window}},
        "derivations": {"upcr_from_parts": {"protein": "UPROT", "creatinine": "UCREA"}},
        "responses": {"definitions": ["half"]},
        "statistics": {"parameters": {"UPCR": {"test": "paired_t"}}, "visits": ["Month 1"]},
    }
