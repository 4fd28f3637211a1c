"""FHIR R4: Observations (domain lb) or Patients (dm) from a bundle or from NDJSON."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from remit.ingest.source import Findings, SourceFile, UnreadableError

RESOURCES = 50_000
LABORATORY = "laboratory"
STATUS = {
    "final": "FINAL",
    "preliminary": "PRELIMINARY",
    "amended": "CORRECTED",
    "corrected": "CORRECTED",
}
SEX = {"male": "M", "female": "F"}
LOINC = "http://loinc.org"
COLUMNS = {
    "lb": [
        "SUBJID", "LBTEST", "LBLOINC", "LBSPEC", "LBMETHOD", "LBORRES", "LBORRESU", "LBORNRLO",
        "LBORNRHI", "LBDTC", "LBREFID", "LBRPTDTC", "LBRESST",
    ],
    "dm": ["SUBJID", "SEX", "BRTHDTC"],
}  # fmt: skip

Resource = dict[str, Any]
Row = Mapping[str, Any]


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield one row per Observation of category laboratory (or without one), or per Patient.

    An Observation's components are rows of their own. SRCLINE is the entry's place in the bundle,
    or the line of the NDJSON file. Numbers keep their digits, `comparator` stands before them.

    Raises:
        UnreadableError: no JSON, or no FHIR bundle or resource.
    """
    domain = feed["domain"]
    if domain not in COLUMNS:
        raise UnreadableError(f"{file.name}: FHIR is read for the domains lb and dm only.")
    make = _observation if domain == "lb" else _patient
    wanted = "Observation" if domain == "lb" else "Patient"
    resources = _resources(file)
    schema: dict[str, Any] = dict.fromkeys(COLUMNS[domain], pl.String)
    schema |= {"SRCLINE": pl.Int64, "PART": pl.Int64, "RAGGED": pl.Boolean}
    others = 0
    while part := list(islice(resources, RESOURCES)):
        rows = []
        for place, resource in part:
            if resource.get("resourceType") != wanted:
                continue
            made = _made(make, resource)
            others += not made
            rows += [{**row, "SRCLINE": place, "PART": index} for index, row in enumerate(made)]
        yield pl.DataFrame(rows, schema=schema).with_columns(pl.col("RAGGED").fill_null(False))
    if others:
        findings.notes.append(f"{others} observations that are no laboratory results left aside")


def _made(make: Callable[[Resource], Iterator[Row]], resource: Resource) -> list[Row]:
    """The rows of a resource; one ragged row when it is built as no FHIR resource is."""
    try:
        return [dict(row) for row in make(resource) if _only_text(row)]
    except (AttributeError, TypeError, KeyError, IndexError, ValueError):
        return [{"RAGGED": True}]


def _only_text(row: Row) -> bool:
    if all(value is None or isinstance(value, str) for value in row.values()):
        return True
    raise TypeError(row)


def _resources(file: SourceFile) -> Iterator[tuple[int, Resource]]:
    try:
        with file.path.open(encoding="utf-8-sig") as source:
            first = source.readline()
            whole = _json(first) if first.rstrip().endswith("}") else None
            if whole is not None and whole.get("resourceType") != "Bundle":
                yield 1, whole
                for line, text in enumerate(source, 2):
                    if text.strip():
                        yield line, _json(text)
                return
            rest = source.read()
            if whole is not None and rest.strip():
                raise UnreadableError(
                    f"{file.name}: several bundles stand in one file. Ask for one bundle, or for an "
                    "NDJSON file with one resource a line."
                )
            bundle = whole if whole is not None else _json(first + rest)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UnreadableError(
            f"{file.name}: this is no JSON ({error}). Ask for a FHIR bundle or an NDJSON file."
        ) from None
    if bundle.get("resourceType") != "Bundle":
        yield 1, bundle
        return
    entries = bundle.get("entry")
    for place, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        yield place, resource if isinstance(resource, dict) else {}


def _json(text: str) -> Resource:
    # Numbers as text: 1.0 must not become 1.
    value = json.loads(text, parse_float=str, parse_int=str)
    return value if isinstance(value, dict) else {}


def _observation(resource: Resource) -> Iterator[dict[str, str | None]]:
    categories = {
        coding.get("code")
        for category in resource.get("category", [])
        for coding in category.get("coding", [])
    }
    if categories and LABORATORY not in categories:
        return
    common = {
        "SUBJID": _reference(resource.get("subject")),
        "LBSPEC": (resource.get("specimen") or {}).get("display"),
        "LBREFID": _reference(resource.get("specimen")),
        "LBMETHOD": _text(resource.get("method")),
        "LBDTC": resource.get("effectiveDateTime")
        or resource.get("effectiveInstant")
        or (resource.get("effectivePeriod") or {}).get("start"),
        "LBRPTDTC": resource.get("issued"),
        "LBRESST": STATUS.get(resource.get("status", ""), resource.get("status")),
    }
    measured = [part for part in (resource, *resource.get("component", [])) if _value(part)[0]]
    if not measured and not resource.get("hasMember") and not resource.get("component"):
        measured = [resource]
    for part in measured:
        value, unit = _value(part)
        limits = (part.get("referenceRange") or [{}])[0]
        yield {
            **common,
            "LBTEST": _text(part.get("code")),
            "LBLOINC": _loinc(part.get("code")),
            "LBORRES": value,
            "LBORRESU": unit,
            "LBORNRLO": (limits.get("low") or {}).get("value"),
            "LBORNRHI": (limits.get("high") or {}).get("value"),
        }


def _patient(resource: Resource) -> Iterator[dict[str, str | None]]:
    yield {
        "SUBJID": resource.get("id"),
        "SEX": SEX.get(resource.get("gender", ""), resource.get("gender")),
        "BRTHDTC": resource.get("birthDate"),
    }


def _value(part: Resource) -> tuple[str | None, str | None]:
    if quantity := part.get("valueQuantity"):
        value = quantity.get("value")
        if value is None:
            return None, None
        return f"{quantity.get('comparator', '')}{value}", quantity.get("code") or quantity.get(
            "unit"
        )
    if ratio := part.get("valueRatio"):
        parts = [(ratio.get(side) or {}).get("value") for side in ("numerator", "denominator")]
        return (":".join(map(str, parts)) if all(parts) else None), None
    if limits := part.get("valueRange"):
        low, high = limits.get("low") or {}, limits.get("high") or {}
        text = f"{low.get('value', '')}-{high.get('value', '')}"
        return text, low.get("code") or low.get("unit") or high.get("code")
    if "valueCodeableConcept" in part:
        return _text(part["valueCodeableConcept"]), None
    return part.get("valueString") or part.get("valueInteger"), None


def _text(concept: Resource | None) -> str | None:
    if not concept:
        return None
    displays = [coding.get("display") for coding in concept.get("coding", [])]
    return concept.get("text") or next(filter(None, displays), None)


def _loinc(concept: Resource | None) -> str | None:
    codes = [
        coding.get("code")
        for coding in (concept or {}).get("coding", [])
        if coding.get("system") == LOINC
    ]
    return codes[0] if codes else None


def _reference(reference: Resource | None) -> str | None:
    text = (reference or {}).get("reference")
    return text.removeprefix("urn:uuid:").rpartition("/")[2] if text else None
