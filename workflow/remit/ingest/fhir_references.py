"""Whom and what a FHIR resource refers to, in each of the ways in which R4 can say it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Resource = dict[str, Any]

# [base/]Type/id[/_history/version]
LITERAL = re.compile(r"(?:(.*)/)?([A-Z][A-Za-z]+)/([^/?#|\s]+?)(?:/_history/[^/]+)?/?")
# What a reference needs of a patient and of a specimen; nothing else of them is kept.
KEPT = {
    "Patient": ("id", "identifier", "gender", "birthDate", "link"),
    "Specimen": ("id", "identifier", "accessionIdentifier", "status", "type", "collection"),
    "Medication": ("id", "code"),
}


class NotReadError(Exception):
    """An element that may change what a row means and is not understood; its path, and why."""


@dataclass
class Known:
    """The resources that others may refer to, by `Type/id`, full URL and identifier."""

    resources: dict[str, Resource] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)  # of patients: `Patient/id` to its server
    specimens: dict[str, list[Resource]] = field(default_factory=dict)  # of reports, by result
    successors: dict[str, str] = field(default_factory=dict)  # of patients, by id

    def add(self, resource: Resource, url: str | None) -> None:
        """Remember a resource of a type that is referred to, and the full URL of its entry."""
        kind = resource["resourceType"]
        if kind == "DiagnosticReport" and resource.get("specimen"):
            for result in resource.get("result") or []:
                if isinstance(result, dict) and (id_ := id_of(result)):
                    self.specimens[id_] = resource["specimen"]
        kept = {name: resource[name] for name in KEPT.get(kind, ()) if name in resource}
        if not kept:
            return
        for link in kept.get("link", []) if isinstance(kept.get("link"), list) else []:
            replaces = isinstance(link, dict) and link.get("type") == "replaces" and "id" in kept
            if replaces and (old := id_of(link.get("other"))):
                self.successors[old] = str(kept["id"])
        kept["resourceType"] = kind
        self.resources[f"{kind}/{kept.get('id')}"] = kept
        if isinstance(url, str):
            self.resources[url] = kept
            if found := LITERAL.fullmatch(url):
                self.bases.setdefault(f"{kind}/{found[3]}", found[1] or "")
        identifiers = kept.get("identifier")
        for identifier in identifiers if isinstance(identifiers, list) else []:
            if isinstance(identifier, dict) and identifier.get("value"):
                key = f"{kind}?{identifier.get('system', '')}|{identifier['value']}"
                self.resources[key] = kept


@dataclass
class References:
    """Answers what a reference means, given what is known.

    Attributes:
        known: the resources of the delivery.
        system: the system of the identifier that is a patient's SUBJID; None means `Patient.id`.
        replaced: how often a patient was followed to the record that replaced it.
    """

    known: Known
    system: str | None = None
    replaced: int = 0

    def find(self, reference: Resource, kind: str, path: str, within: Resource) -> Resource | None:
        """The resource that is referred to, where the delivery holds it.

        Raises:
            NotReadError: the reference is to something else than `kind`.
        """
        text = reference.get("reference")
        if reference.get("type", kind) != kind:
            raise NotReadError(f"{path} (a {reference['type']}, not a {kind})")
        if text is None:
            identifier = reference.get("identifier") or {}
            key = f"{kind}?{identifier.get('system', '')}|{identifier.get('value')}"
            return self.known.resources.get(key)
        if text.startswith("#"):
            inside = [each for each in within.get("contained", []) if each.get("id") == text[1:]]
            return inside[0] if inside else None
        if text.startswith("urn:"):
            return self.known.resources.get(text)
        if "?" in text:
            return self.known.resources.get(f"{kind}?{'|'.join(_condition(text, kind, path))}")
        base, id_ = _literal(text, kind, path)
        near = f"{kind}/{id_}"
        return self.known.resources.get(f"{base}/{near}" if base else near) or (
            self.known.resources.get(near)
        )

    def patient(
        self, reference: Resource | None, path: str, within: Resource
    ) -> tuple[str | None, Resource | None]:
        """The SUBJID of the patient that is referred to, and the patient where he is known.

        Raises:
            NotReadError: it is no patient, or it cannot be told which.
        """
        if not reference:
            return None, None
        found = self.find(reference, "Patient", path, within)
        text = reference.get("reference")
        if found is not None:
            if text and text.startswith("#") and self.system is None:
                raise NotReadError(
                    f"{path} ({text}: a contained patient has no id of his own; declare the feed's "
                    "`identifier_system`)"
                )
            self._same_server(text, path)
            self.replaced += self.successor(found) is not None
            return self.subject(found, path), found
        if text is None or "?" in text:
            if text is None and not reference.get("identifier"):
                return None, None
            identifier = reference.get("identifier") or {}
            system, value = (
                (identifier.get("system", ""), identifier.get("value"))
                if text is None
                else _condition(text, "Patient", path)
            )
            if self.system is not None and system == self.system and value:
                return value, None
            raise NotReadError(
                f"{path} (an identifier of {system or 'no system'}; to know patients by it, "
                "declare the feed's `identifier_system`)"
            )
        if (new := self.known.successors.get(id_of(reference) or "")) and not text.startswith("#"):
            self.replaced += 1
            return self.patient({"reference": f"Patient/{new}"}, path, within)
        if self.system is not None or text.startswith("#"):
            raise NotReadError(
                f"{path} (the patient is not in the delivery; put files that refer to each other into "
                "one folder of the feed)"
            )
        self._same_server(text, path)
        if text.startswith("urn:"):
            return text.removeprefix("urn:uuid:"), None
        return _literal(text, "Patient", path)[1], None

    def subject(self, patient: Resource, path: str) -> str | None:
        """The SUBJID of a patient; of one that was replaced, that of the record that replaced it.

        Raises:
            NotReadError: he has none of the wanted system, or several.
        """
        seen: list[Resource] = []
        while successor := self.successor(patient):
            if patient in seen:
                raise NotReadError(f"{path}: Patient.link (records replace each other in a circle)")
            seen.append(patient)
            following = self.find(successor, "Patient", path, patient)
            if following is None:
                return self.patient(successor, "Patient.link.other", patient)[0]
            patient = following
        if self.system is None:
            return patient.get("id")
        values = {
            identifier.get("value")
            for identifier in patient.get("identifier") or []
            if identifier.get("system") == self.system and identifier.get("use") != "old"
        }
        if len(values) != 1:
            many = "several identifiers" if values else "no identifier"
            raise NotReadError(f"Patient.identifier ({many} of {self.system})")
        return values.pop()

    def successor(self, patient: Mapping[str, Any]) -> Resource | None:
        """The reference to the record that replaced this one, whichever of the two says so."""
        for link in patient.get("link") or []:
            if link.get("type") == "replaced-by":
                other: Resource = link.get("other") or {}
                return other
        new = self.known.successors.get(str(patient.get("id")))
        return {"reference": f"Patient/{new}"} if new else None

    def _same_server(self, text: str | None, path: str) -> None:
        """Two servers may give the same id to two people."""
        found = LITERAL.fullmatch(text) if text and not text.startswith("urn:") else None
        if self.system is not None or found is None or not found[1]:
            return
        if self.known.bases.setdefault(f"Patient/{found[3]}", found[1]) != found[1]:
            raise NotReadError(f"{path} (another server has a patient with this id, too)")


def id_of(reference: Resource | None) -> str | None:
    """The id within a reference, or the identifier it names; none where it is contained."""
    if not reference:
        return None
    text = reference.get("reference")
    if text is None:
        value: str | None = (reference.get("identifier") or {}).get("value")
        return value
    if text.startswith("#"):
        return None
    found = LITERAL.fullmatch(text)
    return found[3] if found else text.removeprefix("urn:uuid:")


def _literal(text: str, kind: str, path: str) -> tuple[str | None, str]:
    found = LITERAL.fullmatch(text)
    if found is None:
        raise NotReadError(f"{path} (no reference to a {kind})")
    if found[2] != kind:
        raise NotReadError(f"{path} (a {found[2]}, not a {kind})")
    return found[1], found[3]


def _condition(text: str, kind: str, path: str) -> tuple[str, str]:
    """System and value of `Type?identifier=system|value`."""
    target, _, query = text.partition("?")
    asked, _, sought = query.partition("=")
    if target.rpartition("/")[2] != kind or asked != "identifier" or "&" in sought:
        raise NotReadError(f"{path} (a search that may find several)")
    system, bar, value = unquote(sought).partition("|")
    return (system, value) if bar else ("", system)
