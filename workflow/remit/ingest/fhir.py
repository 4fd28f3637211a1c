"""FHIR R4 in JSON: every resource of a file, however it is wrapped, counted and made rows."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from remit.ingest.fhir_references import Known, NotReadError, Resource
from remit.ingest.fhir_resources import COLUMNS, RESOURCES, LeftAsideError, Reading, rows_of
from remit.ingest.source import Findings, SourceFile, UnreadableError

BATCH = 50_000
# A resource, wherever it stands: a count that knows nothing of where resources may stand.
ANY_RESOURCE = re.compile(r'"resourceType"\s*:\s*"(\w*)"')
# What others refer to. The rest of a delivery is not kept in memory.
REFERRED = {"Patient", "Specimen", "Medication", "DiagnosticReport"}
WRAPPERS = {"Bundle", "Parameters"}
MAY_BE_REFERRED = re.compile("|".join(f'"{kind}"' for kind in sorted(REFERRED | WRAPPERS)))
# Bundles of what stands now; a history holds what once stood, too.
BUNDLES = {
    "collection", "searchset", "batch", "transaction", "batch-response", "transaction-response",
    "document", "message",
}  # fmt: skip
HARMLESS = {"information", "success"}


def read(
    file: SourceFile,
    feed: Mapping[str, Any],
    findings: Findings,
    beside: Sequence[SourceFile] = (),
) -> Iterator[pl.DataFrame]:
    """Yield the rows of the file's resources: `COLUMNS` of the domain, SRCLINE, PART, NOT_READ.

    A file is one bundle or resource, an array of them, or one a line or after the other. SRCLINE is
    the place in the outermost bundle or array, or the line, and PART counts the rows there. What
    resources refer to is looked up in all files of the delivery. Numbers keep their digits. A
    resource with an element that is not read is a row with the reason in NOT_READ.

    Raises:
        UnreadableError: no JSON, no FHIR, a server's error, or some pages of a larger bundle only.
    """
    domain = feed["domain"]
    if domain not in RESOURCES:
        raise UnreadableError(f"{file.name}: FHIR is read for {', '.join(RESOURCES)} only.")
    wanted = set(feed.get("resources") or RESOURCES[domain])
    delivery = _delivery(tuple((each.path, each.sha256) for each in beside or [file]))
    if delivery.is_looked_up(file.path, wanted):
        findings.notes.append("looked up by the other files of the delivery")
        return
    reading = Reading(feed, delivery.known)
    schema: dict[str, Any] = dict.fromkeys(COLUMNS[domain], pl.String)
    schema |= {"SRCLINE": pl.Int64, "PART": pl.Int64, "RAGGED": pl.Boolean, "NOT_READ": pl.String}
    parts: Counter[int] = Counter()
    findings.found = 0
    try:
        met = _met(file.path, findings)
        while batch := list(islice(met, BATCH)):
            rows: list[dict[str, Any]] = []
            for one in batch:
                for row in _rows(one, wanted, reading, findings):
                    where = {"SRCLINE": one.place, "PART": parts[one.place], "RAGGED": False}
                    rows.append({**row, **where})
                    parts[one.place] += 1
            yield pl.DataFrame(rows, schema=schema)
        if not delivery.types[file.path]:
            raise UnreadableError("nothing in it is FHIR. Correct the feed's `format`.")
        if missing := delivery.missing(file.path):
            raise UnreadableError(missing)
    except UnreadableError as error:
        raise UnreadableError(f"{file.name}: {error}") from None
    except RecursionError:
        raise UnreadableError(f"{file.name}: it is nested beyond all reason.") from None
    findings.notes += reading.notes()


@dataclass(frozen=True)
class _Met:
    """A resource and where it stands; without one, where none stands though it should."""

    place: int
    path: str
    resource: Resource | None
    url: str | None = None
    within: Resource | None = None


def _rows(
    one: _Met, wanted: set[str], reading: Reading, findings: Findings
) -> list[dict[str, str | None]]:
    """The rows of what was met. Whatever it is, it is counted."""
    resource = one.resource
    if resource is None:
        findings.found = (findings.found or 0) + 1
        return [{"NOT_READ": f"{one.path}: no FHIR resource stands here"}]
    kind = str(resource.get("resourceType"))
    rows: list[dict[str, str | None]] = []
    left = kind
    if kind in wanted:
        try:
            rows = list(rows_of(resource, one.within, reading))
            left = "panels and their like without a result of their own"
        except LeftAsideError as error:
            left = f"{kind} {error}"
        except NotReadError as error:
            rows = [{"SUBJID": reading.subject_or_none(resource), "NOT_READ": str(error)}]
            left = "components of resources set aside"
        except (AttributeError, TypeError, KeyError, IndexError, ValueError):
            rows = [{"NOT_READ": f"{kind}: it is not built as FHIR R4 builds it"}]
            left = "components of resources set aside"
    components = _components(resource)
    if not rows:
        findings.left_aside[left] += 1
        findings.left_aside[f"components of {kind}"] += components
    elif len(rows) <= components:
        findings.left_aside[left] += 1 + components - len(rows)
    else:  # several doses in one prescription
        findings.found = (findings.found or 0) + len(rows) - 1 - components
    return rows


def _met(path: Path, findings: Findings) -> Iterator[_Met]:
    """Every resource of a file; what stands where no resource may is counted, and never met."""
    for line, document, text in _documents(path):
        if document is None:
            yield _Met(line or 1, f"line {line}", None)
            continue
        kinds = Counter(ANY_RESOURCE.findall(text))
        components = _all_components(document) if '"component"' in text else 0
        wrappers = sum(kinds[kind] for kind in WRAPPERS)
        findings.found = (findings.found or 0) + kinds.total() - wrappers + components
        yield from _walked(document, line, "")


def _walked(
    value: Any,
    place: int | None,
    path: str,
    url: str | None = None,
    within: Resource | None = None,
) -> Iterator[_Met]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _walked(each, place or index + 1, f"{path}[{index}]")
        return
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if kind == "Bundle":
        yield from _entries(value, place, f"{path}.entry" if path else "Bundle.entry")
    elif kind == "Parameters":
        for parameter in _list(value.get("parameter")):
            if isinstance(parameter, dict) and "resource" in parameter:
                yield from _walked(parameter["resource"], place, f"{path}.parameter.resource")
    elif kind == "OperationOutcome":
        yield from _outcome(value, place, path)
    elif not isinstance(kind, str):
        yield _Met(place or 1, path or "the file", None)
    else:
        yield _Met(place or 1, path or kind, value, url, within)
        for index, each in enumerate(_list(value.get("contained"))):
            inner = f"{path or kind}.contained[{index}]"
            yield from _walked(each, place or 1, inner, within=value)


def _entries(bundle: Resource, place: int | None, path: str) -> Iterator[_Met]:
    if str(bundle.get("type", "collection")) not in BUNDLES:
        raise UnreadableError(
            f"a bundle of type {bundle.get('type')} holds what was changed, too. Ask for what "
            "stands now (a search or a collection)."
        )
    for index, entry in enumerate(_list(bundle.get("entry"))):
        where, here = place or index + 1, f"{path}[{index}]"
        if not isinstance(entry, dict):
            yield _Met(where, here, None)
            continue
        response = entry.get("response") or {}
        if isinstance(response, dict):
            if "outcome" in response:
                yield from _walked(response["outcome"], where, f"{here}.response.outcome")
            if not str(response.get("status", "200")).startswith("2"):
                raise UnreadableError(
                    f"{here}: the server answered {response['status']}. Ask for the export again."
                )
        method = entry["request"].get("method") if isinstance(entry.get("request"), dict) else None
        if "resource" in entry and method != "DELETE":
            yield from _walked(entry["resource"], where, f"{here}.resource", entry.get("fullUrl"))
        elif method in ("DELETE", "PATCH") or not (method or response):
            yield _Met(where, f"{here} ({method})" if method else here, None)


def _outcome(outcome: Resource, place: int | None, path: str) -> Iterator[_Met]:
    """A server's word about a request: unless it is harmless, the answer is not what was asked."""
    for issue in _list(outcome.get("issue")):
        issue = issue if isinstance(issue, dict) else {}
        if str(issue.get("severity")) not in HARMLESS:
            # Its own words may name a patient, and stay in the file.
            raise UnreadableError(
                f"a server's {issue.get('severity', 'error')} stands there instead of data "
                f"({issue.get('code', 'no code')}). Ask for the export again."
            )
    yield _Met(place or 1, path, outcome)


def _components(resource: Resource) -> int:
    return len(_list(resource.get("component"))) if resource["resourceType"] == "Observation" else 0


def _all_components(value: Any) -> int:
    """The components of all observations, wherever they stand."""
    if isinstance(value, list):
        return sum(map(_all_components, value))
    if not isinstance(value, dict):
        return 0
    own = _components(value) if value.get("resourceType") == "Observation" else 0
    return own + sum(_all_components(each) for each in value.values())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _documents(
    path: Path, asked: re.Pattern[str] | None = None
) -> Iterator[tuple[int | None, Any, str]]:
    """Each JSON value of a file with its text, and its line where there are several.

    A later line that is no JSON is None, and so is one in which what is `asked` for is not found.

    Raises:
        UnreadableError: the file begins with none, or what follows the first one is none.
    """
    with path.open("rb") as start:
        encoding = json.detect_encoding(start.read(4))
    try:
        with path.open(encoding=encoding) as source:
            first = source.readline()
            rest = ""
            if (document := _json_or_none(first)) is not None:
                lines = ((line, text) for line, text in enumerate(source, 2) if text.strip())
                second = next(lines, None)
                yield (None if second is None else 1), document, first
                for line, text in chain([second] if second else [], lines):
                    skipped = asked is not None and not asked.search(text)
                    yield line, None if skipped else _json_or_none(text), text
                return
            rest = source.read()
        yield from _one_after_the_other(first + rest)
    except UnicodeDecodeError as error:
        raise _no_json(error) from None


def _one_after_the_other(text: str) -> Iterator[tuple[int | None, Any, str]]:
    begin, line, several = 0, 1, False
    while begin < len(text):
        try:
            document, end = DECODER.raw_decode(text, begin)
        except json.JSONDecodeError as error:
            raise _no_json(error) from None
        after = end + len(text[end:]) - len(text[end:].lstrip())
        several = several or after < len(text)
        yield (line if several else None), document, text[begin:end]
        line += text.count("\n", begin, after)
        begin = after


def _no_json(error: ValueError) -> UnreadableError:
    return UnreadableError(
        f"this is no JSON, or was cut short ({error}). Ask for a FHIR bundle or an NDJSON file."
    )


# Numbers as text: 1.0 must not become 1.
DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def _json_or_none(text: str) -> Any:
    try:
        return DECODER.decode(text.strip())
    except json.JSONDecodeError:
        return None


@dataclass(frozen=True)
class _Page:
    """One bundle of a search: how many it says there are, how many it has, and what follows it."""

    path: Path
    total: int | None
    entries: int
    links: Mapping[str, str]


@dataclass
class _Delivery:
    """What the files that arrived together hold: what is referred to, types, pages of searches."""

    known: Known = field(default_factory=Known)
    types: dict[Path, Counter[str]] = field(default_factory=dict)
    pages: list[_Page] = field(default_factory=list)

    def is_looked_up(self, path: Path, wanted: set[str]) -> bool:
        """Whether a file gives no row itself, but holds what the rows of others refer to."""
        if wanted.intersection(self.types[path]) or not REFERRED.intersection(self.types[path]):
            return False
        return any(wanted.intersection(types) for types in self.types.values())

    def missing(self, path: Path) -> str | None:
        """What of the searches that a file holds pages of did not arrive."""
        arrived = {page.links.get("self") for page in self.pages}
        for page in self.pages:
            if page.path != path:
                continue
            here = sum(other.entries for other in self.pages if other.total == page.total)
            if page.total is not None and here < page.total:
                return (
                    f"it is a page of a bundle of {page.total} resources, of which {here} arrived. "
                    "Put all its pages into one folder."
                )
            following = page.links.get("next")
            if page.total is None and following and following not in arrived:
                return "it is a page of a larger bundle. Put all its pages into one folder."
        return None


@lru_cache(maxsize=1)
def _delivery(files: tuple[tuple[Path, str], ...]) -> _Delivery:
    found = _Delivery()
    for path, _ in files:
        types = found.types[path] = Counter()
        try:
            for line, document, text in _documents(path, MAY_BE_REFERRED):
                here = set(ANY_RESOURCE.findall(text))
                types.update(here)
                if here.intersection(WRAPPERS):
                    found.pages += _pages(path, document)
                if here.intersection(REFERRED):
                    for one in _walked(document, line, ""):
                        if one.resource and one.within is None:
                            # What is built as no FHIR is, is told where it gives a row.
                            with suppress(AttributeError, TypeError, KeyError, ValueError):
                                found.known.add(one.resource, one.url)
        except (UnreadableError, RecursionError):
            continue  # said when that file is read itself
    return found


def _pages(path: Path, value: Any) -> Iterator[_Page]:
    if isinstance(value, list):
        for each in value:
            yield from _pages(path, each)
    elif isinstance(value, dict) and value.get("resourceType") == "Bundle":
        entries = [entry for entry in _list(value.get("entry")) if isinstance(entry, dict)]
        modes = [
            entry["search"].get("mode")
            for entry in entries
            if isinstance(entry.get("search"), dict)
        ]
        links = [link for link in _list(value.get("link")) if isinstance(link, dict)]
        total = str(value.get("total", ""))
        yield _Page(
            path,
            int(total) if total.isdigit() else None,
            len(entries) - sum(mode not in (None, "match") for mode in modes),
            {str(link.get("relation")): str(link.get("url")) for link in links},
        )
        for entry in entries:
            yield from _pages(path, entry.get("resource"))
