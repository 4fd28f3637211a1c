"""FHIR R4 resources to rows, by allow-list.

An element that is neither read nor known to be harmless sets its row aside with its path
(`NotReadError`).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import nan
from typing import Any

from remit.ingest.fhir_references import (
    Known,
    NotReadError,
    References,
    Resource,
    id_of,
)
from remit.ingest.standards import (
    LABORATORY,
    LOINC,
    SECTIONS,
    SEX,
    SPECIMENS,
    STATUS,
    UCUM,
    V2_0074,
)

Row = dict[str, str | None]

#: The types of resources that are read for a domain, unless the feed's `resources` says otherwise.
RESOURCES = {
    "lb": ["Observation"],
    "dm": ["Patient"],
    "ex": ["MedicationAdministration"],
    "cm": ["MedicationRequest", "MedicationStatement"],
    "ae": ["AdverseEvent"],
}
#: The columns of ours that they fill.
COLUMNS = {
    "lb": [
        "SUBJID", "LBTEST", "LBLOINC", "LBSPEC", "LBMETHOD", "LBORRES", "LBORRESU", "LBORNRLO",
        "LBORNRHI", "LBORNR", "LBDTC", "LBREFID", "LBRPTDTC", "LBRESST",
    ],
    "dm": ["SUBJID", "SEX", "BRTHDTC", "DTHDTC", "DSDECOD"],
    "ex": ["SUBJID", "EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "EXSTDTC", "EXENDTC"],
    "cm": [
        "SUBJID", "CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE", "CMSTDTC", "CMENDTC",
    ],
    "ae": ["SUBJID", "AETERM", "AEDECOD", "AESTDTC", "AEENDTC", "AESER", "AEOUT"],
}  # fmt: skip
# What every resource may have and what changes no row.
HARMLESS = {
    "resourceType",
    "id",
    "meta",
    "language",
    "text",
    "contained",
    "extension",
    "identifier",
}
# Elements that are read, then those that change nothing of what is read.
ELEMENTS = {
    "Observation": """status category code subject effectiveDateTime effectiveInstant effectivePeriod
        issued valueQuantity valueCodeableConcept valueString valueBoolean valueInteger valueRange
        valueRatio dataAbsentReason interpretation specimen method referenceRange component hasMember
        basedOn partOf encounter performer note bodySite device derivedFrom""",
    "Observation.component": """code valueQuantity valueCodeableConcept valueString valueBoolean
        valueInteger valueRange valueRatio dataAbsentReason interpretation referenceRange""",
    "Observation.referenceRange": "low high type appliesTo age text",
    "Quantity": "value comparator unit system code",
    "Specimen": """status type collection accessionIdentifier
        subject receivedTime parent request processing container condition note""",
    "Patient": """gender birthDate deceasedBoolean deceasedDateTime link active
        name telecom address maritalStatus multipleBirthBoolean multipleBirthInteger photo contact
        communication generalPractitioner managingOrganization""",
    "MedicationAdministration": """status medicationCodeableConcept medicationReference subject
        effectiveDateTime effectivePeriod dosage
        instantiates partOf statusReason category context supportingInformation performer reasonCode
        reasonReference request device note eventHistory""",
    "MedicationAdministration.dosage": "text route dose site method rateRatio rateQuantity",
    "MedicationRequest": """status intent doNotPerform medicationCodeableConcept medicationReference
        subject authoredOn dosageInstruction
        statusReason category priority reportedBoolean reportedReference encounter
        supportingInformation requester performer performerType recorder reasonCode reasonReference
        instantiatesCanonical instantiatesUri basedOn groupIdentifier courseOfTherapyType insurance
        note dispenseRequest substitution priorPrescription detectedIssue eventHistory""",
    "MedicationStatement": """status medicationCodeableConcept medicationReference subject
        effectiveDateTime effectivePeriod dosage
        basedOn partOf statusReason category context dateAsserted informationSource derivedFrom
        reasonCode reasonReference note""",
    "Dosage": """timing route doseAndRate asNeededBoolean asNeededCodeableConcept
        sequence text additionalInstruction patientInstruction site method maxDosePerPeriod
        maxDosePerAdministration maxDosePerLifetime""",
    "Timing": "repeat code",
    "Timing.repeat": """boundsPeriod boundsDuration frequency period periodUnit
        timeOfDay when offset duration durationUnit""",
    "AdverseEvent": """actuality event subject date seriousness severity outcome
        category encounter detected recordedDate resultingCondition location recorder contributor
        suspectEntity subjectMedicalHistory referenceDocument study""",
    "Condition": """clinicalStatus verificationStatus code subject onsetDateTime onsetPeriod
        abatementDateTime abatementPeriod severity
        category bodySite encounter recordedDate recorder asserter stage evidence note""",
}
KNOWN = {path: frozenset(names.split()) for path, names in ELEMENTS.items()}
OPERATORS = ("<", "<=", ">", ">=")
NO_UNIT = {"1", "{titer}", "{ratio}"}
# Fully specified names of SNOMED CT say in brackets what sort of thing they name.
SORT_OF_THING = re.compile(r" \((?:qualifier value|finding|substance|specimen|product|disorder)\)$")
SEX_OF_RANGE = {
    "male": "male", "m": "male", "248153007": "male",
    "female": "female", "f": "female", "248152002": "female",
}  # fmt: skip
DAYS = {"a": 365.25, "mo": 30.4375, "wk": 7.0, "d": 1.0, "year": 365.25, "month": 30.4375}
FREQUENCIES = {
    ("1", "1", "d"): "QD", ("2", "1", "d"): "BID", ("3", "1", "d"): "TID", ("4", "1", "d"): "QID",
    ("1", "24", "h"): "QD", ("1", "12", "h"): "Q12H", ("1", "8", "h"): "Q8H", ("1", "6", "h"): "Q6H",
    ("1", "2", "d"): "QOD", ("1", "1", "wk"): "QW", ("1", "7", "d"): "QW",
}  # fmt: skip
WITHDRAWN = {"entered-in-error", "cancelled"}
ORDERS = {"order", "original-order", "reflex-order", "filler-order", "instance-order"}


class LeftAsideError(Exception):
    """A resource that is understood, and is none of those the feed reads: which sort it is."""


@dataclass
class Reading:
    """What a resource is read with: the feed's section, what is known, what was met on the way."""

    feed: Mapping[str, Any]
    known: Known
    references: References = field(init=False)
    undecided: int = 0
    severities: int = 0

    def __post_init__(self) -> None:
        self.references = References(self.known, self.feed.get("identifier_system"))

    def notes(self) -> Iterator[str]:
        """What the ledger should say."""
        if self.references.replaced:
            yield (
                f"{self.references.replaced} resources of replaced patients read under the record "
                "that replaced them"
            )
        if self.undecided:
            yield f"{self.undecided} results without a reference range: several may apply"
        if self.severities:
            yield f"{self.severities} severities in words are not read: AETOXGR is a grade"

    def subject_or_none(self, resource: Resource) -> str | None:
        """Whose resource it is, as far as that can be told."""
        try:
            if resource["resourceType"] == "Patient":
                return self.references.subject(resource, "Patient")
            return self.references.patient(resource.get("subject"), "subject", resource)[0]
        except (NotReadError, AttributeError, TypeError, KeyError, ValueError):
            return None


def rows_of(resource: Resource, within: Resource | None, reading: Reading) -> Iterator[Row]:
    """The rows of a resource; with `within` it is contained in another one.

    Raises:
        LeftAsideError: it is not of the sort that the feed reads.
        NotReadError: an element of it may change what it means and is not understood.
    """
    if within is not None and within.get("status") in WITHDRAWN:
        raise NotReadError(f"{within['resourceType']}.status ({within['status']})")
    for row in MAKERS[resource["resourceType"]](resource, within or resource, reading):
        if not all(value is None or isinstance(value, str) for value in row.values()):
            raise TypeError(row)
        yield row


def _observation(resource: Resource, within: Resource, reading: Reading) -> Iterator[Row]:
    _of_category(resource, reading.feed.get("categories"))
    if resource.get("status") == "registered":
        raise LeftAsideError("of status registered")
    _only(resource, "Observation")
    subject, patient = reading.references.patient(
        resource.get("subject"), "Observation.subject", within
    )
    specimen, specimen_id, collected = _specimen(resource, within, reading)
    when = (
        resource.get("effectiveDateTime")
        or resource.get("effectiveInstant")
        or (resource.get("effectivePeriod") or {}).get("start")
        or collected
    )
    common = {
        "SUBJID": subject,
        "LBSPEC": specimen,
        "LBREFID": specimen_id,
        "LBMETHOD": _text(resource.get("method")),
        "LBDTC": when,
        "LBRPTDTC": resource.get("issued"),
        "LBRESST": STATUS.get(resource.get("status", ""), resource.get("status")),
    }
    parts = [(part, "Observation.component") for part in resource.get("component") or []]
    itself = any(name.startswith("value") for name in resource)
    if itself or not (parts or resource.get("hasMember")):
        parts.insert(0, (resource, "Observation"))
    for part, path in parts:
        try:
            _only(part, path)
            value, unit = _value(part, path)
            low, high, text = _range(part, unit, patient, when, reading)
            yield {
                **common,
                "LBTEST": _text(part.get("code")),
                "LBLOINC": _loinc(part.get("code")),
                "LBORRES": value,
                "LBORRESU": unit,
                "LBORNRLO": low,
                "LBORNRHI": high,
                "LBORNR": text,
            }
        except NotReadError as error:
            yield {"SUBJID": subject, "NOT_READ": str(error)}


def _patient(resource: Resource, _: Resource, reading: Reading) -> Iterator[Row]:
    if reading.references.successor(resource) is not None:
        raise NotReadError("Patient.link (another record replaced this one)")
    _only(resource, "Patient")
    dead = resource.get("deceasedDateTime")
    gone = resource.get("deceasedBoolean", False)
    if not isinstance(gone, bool):
        raise TypeError(gone)
    if resource.get("active") is False and not (dead or gone):
        raise NotReadError("Patient.active (the record is no longer in use)")
    gender = resource.get("gender")
    yield {
        "SUBJID": reading.references.subject(resource, "Patient"),
        "SEX": SEX.get(gender, gender) if gender else None,
        "BRTHDTC": resource.get("birthDate"),
        "DTHDTC": dead,
        "DSDECOD": "DEATH" if gone else None,
    }


def _administration(resource: Resource, within: Resource, reading: Reading) -> Iterator[Row]:
    path, status = "MedicationAdministration", resource.get("status")
    if status in ("not-done", "entered-in-error"):
        raise LeftAsideError(f"of status {status}")
    if status not in ("completed", "in-progress"):
        raise NotReadError(f"{path}.status ({status})")
    _only(resource, path)
    dosage = resource.get("dosage") or {}
    _only(dosage, f"{path}.dosage")
    dose, unit = _quantity(dosage.get("dose") or {}, f"{path}.dosage.dose")
    if dose is None and ("rateRatio" in dosage or "rateQuantity" in dosage):
        raise NotReadError(f"{path}.dosage.rate (without a dose)")
    start, end = _period(resource, "effective")
    prefix = reading.feed["domain"].upper()
    yield {
        "SUBJID": reading.references.patient(resource.get("subject"), f"{path}.subject", within)[0],
        f"{prefix}TRT": _medication(resource, path, within, reading),
        f"{prefix}DOSE": dose,
        f"{prefix}DOSU": unit,
        f"{prefix}ROUTE": _text(dosage.get("route")),
        f"{prefix}STDTC": start,
        f"{prefix}ENDTC": end,
    }


def _request(resource: Resource, within: Resource, reading: Reading) -> Iterator[Row]:
    path, status = "MedicationRequest", resource.get("status")
    if status in ("cancelled", "draft", "entered-in-error"):
        raise LeftAsideError(f"of status {status}")
    if resource.get("intent") not in ORDERS:
        raise LeftAsideError(f"of intent {resource.get('intent')}")
    if resource.get("doNotPerform") is True:
        raise LeftAsideError("not to be performed")
    _only(resource, path)
    begun = resource.get("authoredOn"), None
    yield from _doses(resource, "dosageInstruction", begun, within, reading)


def _statement(resource: Resource, within: Resource, reading: Reading) -> Iterator[Row]:
    status = resource.get("status")
    if status in ("not-taken", "intended", "entered-in-error"):
        raise LeftAsideError(f"of status {status}")
    _only(resource, "MedicationStatement")
    yield from _doses(resource, "dosage", _period(resource, "effective"), within, reading)


def _doses(
    resource: Resource,
    name: str,
    around: tuple[str | None, str | None],
    within: Resource,
    reading: Reading,
) -> Iterator[Row]:
    """One row a dosage; one without dose where none is told."""
    path, status = resource["resourceType"], resource.get("status")
    if status not in ("active", "completed", "stopped"):
        raise NotReadError(f"{path}.status ({status})")
    subject = reading.references.patient(resource.get("subject"), f"{path}.subject", within)[0]
    medication = _medication(resource, path, within, reading)
    dosages = resource.get(name) or [{}]
    prefix = reading.feed["domain"].upper()
    for dosage in dosages:
        _only(dosage, "Dosage", f"{path}.{name}")
        dose, unit = _dose(dosage, f"{path}.{name}")
        frequency, bounds = _timing(dosage, f"{path}.{name}.timing")
        start, end = bounds if bounds[0] or bounds[1] else around
        start = start or around[0]
        if len(dosages) > 1 and not bounds[0]:
            raise NotReadError(f"{path}.{name} (several, and not told when each begins)")
        if status != "active" and not end:
            raise NotReadError(f"{path}.status ({status}, and not told when it ended)")
        yield {
            "SUBJID": subject,
            f"{prefix}TRT": medication,
            f"{prefix}DOSE": dose,
            f"{prefix}DOSU": unit,
            **({"CMDOSFRQ": frequency} if prefix == "CM" else {}),
            f"{prefix}ROUTE": _text(dosage.get("route")),
            f"{prefix}STDTC": start,
            f"{prefix}ENDTC": end,
        }


def _adverse_event(resource: Resource, within: Resource, reading: Reading) -> Iterator[Row]:
    if resource.get("actuality") != "actual":
        raise LeftAsideError(f"of actuality {resource.get('actuality')}")
    _only(resource, "AdverseEvent")
    serious = _codes(resource.get("seriousness"))
    reading.severities += "severity" in resource
    yield {
        "SUBJID": reading.references.patient(
            resource.get("subject"), "AdverseEvent.subject", within
        )[0],
        "AETERM": _text(resource.get("event")),
        "AEDECOD": _display(resource.get("event")),
        "AESTDTC": resource.get("date"),
        "AESER": "Y" if "serious" in serious else "N" if "non-serious" in serious else None,
        "AEOUT": _text(resource.get("outcome"))
        or next(iter(_codes(resource.get("outcome"))), None),
    }


def _condition(resource: Resource, within: Resource, reading: Reading) -> Iterator[Row]:
    verified = _codes(resource.get("verificationStatus"))
    if refused := verified & {"refuted", "entered-in-error"}:
        raise LeftAsideError(f"of verification status {refused.pop()}")
    if doubtful := verified & {"unconfirmed", "provisional", "differential"}:
        raise NotReadError(f"Condition.verificationStatus ({doubtful.pop()})")
    _only(resource, "Condition")
    reading.severities += "severity" in resource
    start, _ = _period(resource, "onset")
    first, last = _period(resource, "abatement")
    yield {
        "SUBJID": reading.references.patient(resource.get("subject"), "Condition.subject", within)[
            0
        ],
        "AETERM": _text(resource.get("code")),
        "AEDECOD": _display(resource.get("code")),
        "AESTDTC": start,
        "AEENDTC": last or first,
    }


MAKERS = {
    "Observation": _observation,
    "Patient": _patient,
    "MedicationAdministration": _administration,
    "MedicationRequest": _request,
    "MedicationStatement": _statement,
    "AdverseEvent": _adverse_event,
    "Condition": _condition,
}


def _only(element: Resource, kind: str, path: str | None = None) -> None:
    """Refuse an element with a part that is neither read nor harmless.

    Extensions change nothing by definition; those that do are modifier extensions.
    """
    for name in element:
        if name not in HARMLESS and name not in KNOWN[kind] and not name.startswith("_"):
            raise NotReadError(f"{path or kind}.{name}")


def _of_category(resource: Resource, wanted: Collection[str] | None) -> None:
    """Leave an observation of another category aside; one without a category is of any."""
    codings = [
        coding
        for category in resource.get("category") or []
        for coding in [*(category.get("coding") or []), {"code": category.get("text")}]
        if coding.get("code")
    ]
    if not codings:
        return
    codes = {coding["code"].casefold() for coding in codings}
    if wanted:
        laboratory = "laboratory" in wanted and _is_laboratory(codings)
        if laboratory or codes.intersection(code.casefold() for code in wanted):
            return
    elif _is_laboratory(codings):
        return
    raise LeftAsideError(f"of category {codings[0]['code']}")


def _is_laboratory(codings: list[Resource]) -> bool:
    return any(
        coding["code"].casefold() in LABORATORY
        or (coding.get("system") in V2_0074 and coding["code"] in SECTIONS)
        for coding in codings
    )


def _specimen(
    resource: Resource, within: Resource, reading: Reading
) -> tuple[str | None, str | None, str | None]:
    """What was examined, its number and when it was collected; where only its report says so, that."""
    path, reference = "Observation.specimen", resource.get("specimen")
    if not reference:
        path = "DiagnosticReport.specimen"
        of_report = within.get("specimen") if within is not resource else None
        several = of_report or reading.known.specimens.get(str(resource.get("id")), [])
        if len(several) > 1 and _loinc(resource.get("code")) is None:
            raise NotReadError(f"{path} (several, and the test's name needs one)")
        if len(several) != 1:
            return None, None, None
        reference = several[0]
    found = reading.references.find(reference, "Specimen", path, within)
    if found is None:
        if reference.get("display") is None and _loinc(resource.get("code")) is None:
            raise NotReadError(f"{path} (it is not in the delivery, and the test's name needs it)")
        return reference.get("display"), id_of(reference), None
    _only(found, "Specimen")
    if found.get("status") not in (None, "available", "unavailable"):
        raise NotReadError(f"Specimen.status ({found['status']})")
    kind = found.get("type")
    code = next((SPECIMENS[code] for code in _codes(kind) if code in SPECIMENS), None)
    own = id_of(reference) or (found.get("accessionIdentifier") or {}).get("value")
    start, _ = _period(found.get("collection") or {}, "collected")
    return code or _text(kind) or reference.get("display"), own, start


def _medication(resource: Resource, path: str, within: Resource, reading: Reading) -> str | None:
    reference = resource.get("medicationReference")
    if not reference:
        return _text(resource.get("medicationCodeableConcept"))
    found = reading.references.find(reference, "Medication", f"{path}.medication", within)
    name = _text(found.get("code")) if found else reference.get("display")
    if name is None:
        raise NotReadError(f"{path}.medicationReference (it is not in the delivery)")
    return name


def _dose(dosage: Resource, path: str) -> tuple[str | None, str | None]:
    doses = dosage.get("doseAndRate") or []
    if len(doses) > 1:
        doses = [each for each in doses if "ordered" in _codes(each.get("type"))] or doses
    if len(doses) > 1:
        raise NotReadError(f"{path}.doseAndRate (several)")
    if not doses:
        return None, None
    if "doseRange" in doses[0]:
        raise NotReadError(f"{path}.doseAndRate.doseRange")
    if "doseQuantity" not in doses[0] and len(doses[0].keys() - {"type"}):
        raise NotReadError(f"{path}.doseAndRate (a rate without a dose)")
    return _quantity(doses[0].get("doseQuantity") or {}, f"{path}.doseAndRate.doseQuantity")


def _timing(dosage: Resource, path: str) -> tuple[str | None, tuple[str | None, str | None]]:
    """How often, and from when to when."""
    timing = dosage.get("timing") or {}
    _only(timing, "Timing", path)
    repeat = timing.get("repeat") or {}
    _only(repeat, "Timing.repeat", f"{path}.repeat")
    bounds = _period(repeat, "bounds")
    if "boundsDuration" in repeat:
        raise NotReadError(f"{path}.repeat.boundsDuration")
    if dosage.get("asNeededBoolean") is True or "asNeededCodeableConcept" in dosage:
        return "PRN", bounds
    if "period" not in repeat:
        return _text(timing.get("code")), bounds
    often = repeat.get("frequency", "1"), repeat["period"], repeat.get("periodUnit", "")
    return FREQUENCIES.get(often) or "{} per {} {}".format(*often), bounds


def _period(element: Resource, name: str) -> tuple[str | None, str | None]:
    """Start and end of what is a moment or a period."""
    moment = element.get(f"{name}DateTime")
    period = element.get(f"{name}Period") or {}
    return (moment, moment) if moment else (period.get("start"), period.get("end"))


def _value(part: Resource, path: str) -> tuple[str | None, str | None]:
    """A result with its operator, and its unit."""
    names = [name for name in part if name.startswith("value")]
    if len(names) > 1 or (names and "dataAbsentReason" in part):
        raise NotReadError(f"{path}.value (several that contradict each other)")
    if not names:
        return None, None
    name, found = names[0], part[names[0]]
    here, unit = f"{path}.{name}", None
    if name == "valueQuantity":
        value, unit = _quantity(found, here)
    elif name == "valueRatio":
        value, unit = _ratio(found, here)
    elif name == "valueRange":
        value, unit = _from_to(found, here)
    elif name == "valueCodeableConcept":
        value = _text(found)
    elif name == "valueBoolean":
        value = "true" if found is True else "false"
    else:
        value = found
    return _beyond(value, part, path), unit


def _beyond(value: str | None, part: Resource, path: str) -> str | None:
    """The value with the operator that stands among the interpretations (off scale low or high)."""
    found = {
        code for each in part.get("interpretation") or [] for code in _codes(each) if code in "<>"
    }
    if not found or value is None:
        return value
    operator = next(iter(found))
    if len(found) > 1 or (value[0] in "<>" and value[0] != operator):
        raise NotReadError(f"{path}.interpretation (it contradicts the value's comparator)")
    return value if value[0] in "<>" else operator + value


def _quantity(quantity: Resource, path: str) -> tuple[str | None, str | None]:
    _only(quantity, "Quantity", path)
    value, operator = quantity.get("value"), quantity.get("comparator", "")
    if operator and operator not in OPERATORS:
        raise NotReadError(f"{path}.comparator ({operator})")
    if value is None:
        return None, None
    coded = quantity.get("system") in UCUM or "system" not in quantity
    code, unit = quantity.get("code"), quantity.get("unit")
    return f"{operator}{value}", (code or unit) if coded else (unit or code)


def _ratio(ratio: Resource, path: str) -> tuple[str | None, str | None]:
    """A titre (1:40), or an amount per unit of another."""
    sides = [ratio.get(side) or {} for side in ("numerator", "denominator")]
    (above, unit), (below, per) = (_quantity(side, path) for side in sides)
    if above is None or below is None:
        return None, None
    operators = {side["comparator"] for side in sides if side.get("comparator")}
    if len(operators) > 1:
        raise NotReadError(f"{path}.comparator (two that contradict each other)")
    above, below = above.lstrip("<>="), below.lstrip("<>=")
    operator = next(iter(operators), "")
    if {unit, per} <= {None, *NO_UNIT}:
        return f"{operator}{_whole(above)}:{_whole(below)}", None
    if unit is None or per is None or not re.fullmatch(r"1(?:\.0*)?", below):
        raise NotReadError(f"{path}.denominator ({below} {per or ''})")
    return f"{operator}{above}", f"{unit}/{per}"


def _whole(number: str) -> str:
    """A side of a titre: 1.0 is 1."""
    return re.sub(r"\.0*$", "", number)


def _from_to(limits: Resource, path: str) -> tuple[str | None, str | None]:
    (low, unit), (high, other) = (
        _quantity(limits.get(end) or {}, f"{path}.{end}") for end in ("low", "high")
    )
    if low is not None and high is not None and unit != other:
        raise NotReadError(f"{path} (two units)")
    if low is None or high is None:
        return (f">={low}" if low else f"<={high}" if high else None), unit or other
    return f"{low}-{high}", unit


def _range(
    part: Resource,
    unit: str | None,
    patient: Resource | None,
    when: str | None,
    reading: Reading,
) -> tuple[str | None, str | None, str | None]:
    """The limits of the normal range that applies to the patient; none where that is undecided."""
    several = part.get("referenceRange") or []
    path = "Observation.referenceRange"
    for each in several:
        _only(each, path)
    normal = [each for each in several if _is_normal(each.get("type"))]
    fitting = [(each, _applies(each, patient, when)) for each in normal]
    # A range made for somebody like the patient goes before one for everybody.
    best = [each for each, fits in fitting if fits == "own"] or [
        each for each, fits in fitting if fits == "all"
    ]
    found = {_limits(each, unit) for each in best}
    if len(found) == 1:
        return found.pop()
    lows, highs, texts = ({one[end] for one in found} - {None} for end in range(3))
    if len(found) == 2 and len(lows) == len(highs) == 1 and not texts:
        return lows.pop(), highs.pop(), None  # each limit as a range of its own
    reading.undecided += bool(normal)
    return None, None, None


def _is_normal(kind: Resource | None) -> bool:
    words = {code.casefold() for code in _codes(kind)} | {
        ((kind or {}).get("text") or "").casefold()
    }
    return not kind or any(word.startswith("normal") for word in words)


def _applies(limits: Resource, patient: Resource | None, when: str | None) -> str:
    """`own`: to people like the patient; `all`: to everybody; `not`: to others, or it is unknown."""
    groups = limits.get("appliesTo") or []
    for group in groups:
        names = {*_codes(group), (group.get("text") or "")}
        sexes = {SEX_OF_RANGE.get(name.casefold()) for name in names} - {None}
        if not sexes or not patient or patient.get("gender") not in sexes:
            return "not"
    age = limits.get("age")
    if age is None:
        return "own" if groups else "all"
    ages = _ages(patient, when)
    low, high = (_days(age.get(end)) for end in ("low", "high"))
    if ages is None:
        return "not"
    youngest, oldest = ages
    fits = (low is None or youngest >= low) and (high is None or oldest <= high)
    return "own" if fits else "not"


def _ages(patient: Resource | None, when: str | None) -> tuple[int, int] | None:
    """The least and the greatest age in days that a birth date and a moment leave open."""
    born, seen = (_days_of(text) for text in ((patient or {}).get("birthDate"), when))
    if born is None or seen is None:
        return None
    return (seen[0] - born[1]).days, (seen[1] - born[0]).days


def _days_of(text: str | None) -> tuple[date, date] | None:
    """The first and the last day that a date, exact or not, can be."""
    try:
        year, month, day = map(int, ((text or "")[:10] + "-0-0").split("-")[:3])
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return first, first
    after = date(year, month + 1, 1) if 0 < month < 12 else date(year + 1, 1, 1)
    return first, after - timedelta(days=1)


def _days(quantity: Resource | None) -> float | None:
    """An age in days; in a unit that is none of time it is none that anybody has."""
    if not quantity:
        return None
    unit = (quantity.get("code") or quantity.get("unit") or "").casefold().removesuffix("s")
    return float(quantity["value"]) * DAYS.get(unit, nan)


def _limits(limits: Resource, unit: str | None) -> tuple[str | None, str | None, str | None]:
    (low, of_low), (high, of_high) = (
        _quantity(limits.get(end) or {}, f"Observation.referenceRange.{end}")
        for end in ("low", "high")
    )
    if {of_low, of_high} - {None, unit}:
        return None, None, None  # limits in another unit say nothing of the value
    return low, high, limits.get("text") if low is None and high is None else None


def _text(concept: Resource | None) -> str | None:
    """A concept in words, or the code itself where it comes without."""
    if not concept:
        return None
    text = concept.get("text") or _display(concept)
    if text is None:
        return next(
            (coding["code"] for coding in concept.get("coding") or [] if "code" in coding), None
        )
    return SORT_OF_THING.sub("", text)


def _display(concept: Resource | None) -> str | None:
    displays = [coding.get("display") for coding in (concept or {}).get("coding") or []]
    return next(filter(None, displays), None)


def _codes(concept: Resource | None) -> set[str]:
    return {coding["code"] for coding in (concept or {}).get("coding") or [] if coding.get("code")}


def _loinc(concept: Resource | None) -> str | None:
    codes = [
        coding.get("code")
        for coding in (concept or {}).get("coding") or []
        if coding.get("system") in LOINC
    ]
    return codes[0] if codes else None
