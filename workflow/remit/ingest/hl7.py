"""HL7 v2 messages of results (ORU^R01 and its kin), single or in batches."""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any

import polars as pl

from remit.ingest.source import Findings, SourceFile, UnreadableError
from remit.ingest.standards import LOINC, SEX, SPECIMENS, STATUS, UCUM

BATCH = 50_000
COLUMNS = {
    "lb": [
        "SUBJID", "LBTEST", "LBLOINC", "LBSPEC", "LBMETHOD", "LBORRES", "LBORRESU", "LBORNR",
        "LBDTC", "LBREFID", "LBRPTDTC", "LBRESST",
    ],
    "dm": ["SUBJID", "SEX", "BRTHDTC", "DTHDTC", "DSDECOD"],
}  # fmt: skip
# The segment of which each gives a row.
ROW = {"lb": "OBX", "dm": "PID"}
# HL7 table 0354: results, and nothing else is read for lb.
RESULTS = {"ORU", "OUL"}
# MSH-18 (table 0211) to Python's names.
ENCODINGS = {
    "": "utf-8", "ASCII": "utf-8", "UNICODE UTF-8": "utf-8", "UNICODE": "utf-8", "8859/1": "latin-1",
    "8859/2": "iso8859-2", "8859/5": "iso8859-5", "8859/15": "iso8859-15",
    "GB 18030-2000": "gb18030", "BIG-5": "big5", "KS X 1001": "euc-kr", "ISO IR87": "iso2022-jp",
}  # fmt: skip
# OBX-11 (table 0085): there is no result, or only the word that there will be one.
NO_RESULT = {"I", "N", "O", "X"}
# OBX-2: what is no result that a row can hold.
DOCUMENTS = {"ED", "RP"}
NUMBERS, TEXTS, CODED = {"NM"}, {"", "ST", "TX", "FT", "IS", "ID", "SI"}, {"CE", "CWE", "CNE", "CF"}
WRAPPING = ("FHS", "BHS", "BTS", "FTS")
SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?=[^A-Za-z0-9 ]|$)")
MOMENT = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d+)?)?)?)?([+-]\d{4})?")

Row = dict[str, Any]
# Components, each with its subcomponents.
Repetition = tuple[tuple[str, ...], ...]


class _NotReadError(Exception):
    """A field that may change what a row means and is not understood."""


@dataclass
class _Message:
    """One message: its segments with line and name, and what reads their fields."""

    parsed: Any
    segments: list[tuple[int, str, list[str]]]
    broken: list[int]

    def get(
        self, segment: list[str] | None, place: int, component: int = 1, part: int = 1
    ) -> str | None:
        """A component of a field that may stand there once; `""` means that there is nothing.

        Raises:
            _NotReadError: it stands there several times.
        """
        repetitions = self.repetitions(segment, place)
        if len(repetitions) > 1 and segment:
            raise _NotReadError(f"{segment[0]}-{place} (several values)")
        return self.part(repetitions[0], component, part) if repetitions else None

    def repetitions(self, segment: list[str] | None, place: int) -> tuple[Repetition, ...]:
        """Each value of a field."""
        if segment is None or place >= len(segment) or not segment[place]:
            return ()
        return _split(segment[place], *self.parsed.separators[2:5])

    def part(self, repetition: Repetition, component: int = 1, part: int = 1) -> str | None:
        """A component of a value, without the escapes of its text."""
        parts = repetition[component - 1] if component <= len(repetition) else ()
        value = parts[part - 1] if part <= len(parts) else ""
        if value in ("", '""'):
            return None
        return str(self.parsed.unescape(value)) if self.parsed.esc in value else value

    def header(self, place: int) -> str | None:
        """A field of MSH."""
        repetitions = self.repetitions(self.segments[0][2], place)
        return self.part(repetitions[0]) if repetitions else None


@lru_cache(maxsize=1 << 16)
def _split(text: str, repetition: str, component: str, subcomponent: str) -> tuple[Repetition, ...]:
    """A field's values, each its components, each its parts. Most texts stand there many times."""
    return tuple(
        tuple(
            tuple(part.strip() for part in each.split(subcomponent))
            for each in value.split(component)
        )
        for value in text.split(repetition)
        if value
    )


def read(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[pl.DataFrame]:
    """Yield one row per OBX segment (lb) or PID segment (dm): `COLUMNS`, SRCLINE, NOT_READ.

    SRCLINE is the segment's line. Specimen, time and order come from the segments around it.

    Raises:
        UnreadableError: it is no HL7 v2, in another encoding, or a batch is not whole.
    """
    domain = feed["domain"]
    if domain not in COLUMNS:
        raise UnreadableError(f"{file.name}: HL7 v2 is read for {', '.join(COLUMNS)} only.")
    schema: dict[str, Any] = dict.fromkeys(COLUMNS[domain], pl.String)
    schema |= {"SRCLINE": pl.Int64, "RAGGED": pl.Boolean, "NOT_READ": pl.String}
    rows = _rows(file, feed, findings)
    findings.found = 0
    while part := list(islice(rows, BATCH)):
        yield pl.DataFrame([{"RAGGED": False, **row} for row in part], schema=schema)


def _rows(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[Row]:
    wanted = ROW[feed["domain"]]
    for message in _messages(file, feed, findings):
        kind = message.header(9) or "unknown"
        if wanted == "OBX" and kind not in RESULTS:
            findings.left_aside[f"segments of messages {kind}"] += len(message.segments)
            continue
        findings.left_aside.update(name for _, name, _ in message.segments if name != wanted)
        if wanted == "PID":
            for line, name, segment in message.segments:
                if name == "PID":
                    yield _guarded(message, line, partial(_person, message, segment, feed))
        else:
            yield from _results(message, feed, findings)


def _guarded(message: _Message, line: int, make: Callable[[], Row]) -> Row:
    """The row that is made, or why it is none."""
    try:
        if message.broken:
            raise _NotReadError(f"line {message.broken[0]} (a segment was broken in two)")
        if (purpose := message.header(11)) in ("T", "D"):
            raise _NotReadError(f"MSH-11 ({purpose}: a message for training or tests)")
        return {"SRCLINE": line, **make()}
    except _NotReadError as error:
        return {"SRCLINE": line, "NOT_READ": str(error)}


def _results(message: _Message, feed: Mapping[str, Any], findings: Findings) -> Iterator[Row]:
    """The results of a message, order by order."""
    patient: Any = None
    order: Any = None
    group: list[tuple[int, str, Any]] = []
    for line, name, segment in [*message.segments, (0, "OBR", None)]:
        if name in ("OBR", "PID"):
            for at, kind, each in group:
                if kind == "OBX":
                    yield from _result(message, patient, order, group, at, each, feed, findings)
            group = []
            order = segment if name == "OBR" else None
            patient = segment if name == "PID" else patient
        else:
            group.append((line, name, segment))


def _result(
    message: _Message,
    patient: Any,
    order: Any,
    group: list[tuple[int, str, Any]],
    line: int,
    segment: Any,
    feed: Mapping[str, Any],
    findings: Findings,
) -> Iterator[Row]:
    kind = message.get(segment, 2) or ""
    status = message.get(segment, 11) or message.get(order, 25)
    if kind in DOCUMENTS or status in NO_RESULT:
        why = f"of type {kind}" if kind in DOCUMENTS else f"of status {status}"
        findings.left_aside[f"OBX {why}"] += 1
        return
    subject: Row = {}

    def row() -> Row:
        subject["SUBJID"] = _subject(message, patient, feed)
        specimens = [each for _, name, each in group if name == "SPM"]
        specimen, collected = _specimen(message, order, specimens, feed)
        return {
            **subject,
            **_test(message, segment),
            "LBSPEC": specimen,
            "LBMETHOD": message.get(segment, 17, 2) or message.get(segment, 17),
            "LBORRES": _beyond(message, segment, _value(message, segment, kind)),
            "LBORRESU": _unit(message, segment),
            "LBORNR": message.get(segment, 7),
            "LBDTC": _moment(message, segment, 14, feed)
            or collected
            or _moment(message, order, 7, feed),
            "LBREFID": next((message.get(each, 2) for each in specimens), None)
            or message.get(order, 3),
            "LBRPTDTC": _moment(message, order, 22, feed),
            "LBRESST": STATUS.get(status or "", status),
        }

    yield {**_guarded(message, line, row), **subject}


def _person(message: _Message, segment: Any, feed: Mapping[str, Any]) -> Row:
    sex = message.get(segment, 8)
    death = _moment(message, segment, 29, feed)
    dead = message.get(segment, 30) == "Y" and not death
    return {
        "SUBJID": _subject(message, segment, feed),
        "SEX": SEX.get(sex, sex) if sex else None,
        "BRTHDTC": _moment(message, segment, 7, feed),
        "DTHDTC": death,
        "DSDECOD": "DEATH" if dead else None,
    }


def _subject(message: _Message, patient: Any, feed: Mapping[str, Any]) -> str | None:
    """The patient's number in PID-3: the only one, or that of the feed's `identifier_system`."""
    if patient is None:
        return None
    part = message.part
    numbers = [each for each in message.repetitions(patient, 3) if part(each)]
    if wanted := feed.get("identifier_system"):
        numbers = [
            each for each in numbers if wanted in (part(each, 5), part(each, 4), part(each, 4, 2))
        ]
        if not numbers:
            raise _NotReadError(f"PID-3 (no number of {wanted})")
    found = {part(each) for each in numbers}
    if len(found) > 1:
        kinds = ", ".join(sorted({part(each, 5) or part(each, 4) or "untyped" for each in numbers}))
        raise _NotReadError(f"PID-3 (several numbers: {kinds}; declare `identifier_system`)")
    return next(iter(found), None)


def _test(message: _Message, segment: Any) -> Row:
    """The test's name, and its LOINC code from either of the two codings of OBX-3."""
    own = [message.get(segment, 3, number) for number in range(1, 7)]
    codings = [own[:3], own[3:]]
    loinc = next((code for code, _, system in codings if system in LOINC), None)
    names = [text for _, text, _ in codings] + [code for code, _, s in codings if s not in LOINC]
    return {"LBTEST": next(filter(None, names), None), "LBLOINC": loinc}


def _value(message: _Message, segment: Any, kind: str) -> str | None:
    if kind in CODED:
        # The text, the other coding's, the original text, or a code without any.
        parts = (message.get(segment, 5, component) for component in (2, 5, 9, 1))
        return next(filter(None, parts), None)
    if kind in NUMBERS or kind in TEXTS:
        return message.get(segment, 5)
    if kind == "SN":
        return _structured(*(message.get(segment, 5, number) for number in range(1, 5)))
    raise _NotReadError(f"OBX-2 (values of type {kind})")


def _structured(
    operator: str | None, first: str | None, separator: str | None, second: str | None
) -> str | None:
    """A structured number: <10, >1:640, 10-20, 2+."""
    if first is None:
        return None
    operator = None if operator == "=" else operator
    separator = None if second is None and separator == "." else separator
    if operator not in (None, "<", "<=", ">", ">=") or separator not in (None, "-", ":", "/", "+"):
        raise _NotReadError(f"OBX-5 ({operator or ''}^n^{separator or ''}^n)")
    return f"{operator or ''}{first}{separator or ''}{second or ''}"


def _beyond(message: _Message, segment: Any, value: str | None) -> str | None:
    """The value with the operator that stands among the flags: off the instrument's scale."""
    found = {message.part(each) for each in message.repetitions(segment, 8)} & {"<", ">"}
    if not found or value is None:
        return value
    operator = found.pop()
    if found or (value[0] in "<>" and value[0] != operator):
        raise _NotReadError("OBX-8 (it contradicts the result's operator)")
    return value if value[0] in "<>" else f"{operator}{value}"


def _unit(message: _Message, segment: Any) -> str | None:
    own = [message.get(segment, 6, number) for number in range(1, 7)]
    coded = next((own[k] for k in (0, 3) if own[k] and own[k + 2] in UCUM), None)
    return coded or own[0] or own[1]


def _specimen(
    message: _Message, order: Any, specimens: Sequence[Any], feed: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """What was examined and when it was taken: by SPM, else by OBR-15."""
    kinds = {(message.get(each, 4), message.get(each, 4, 2)) for each in specimens}
    if len(kinds) > 1:
        raise _NotReadError("SPM (several specimens)")
    if kinds:
        code, text = kinds.pop()
        taken = _moment(message, specimens[0], 17, feed)
        return SPECIMENS.get(code or "", text or code), taken
    code, text = message.get(order, 15), message.get(order, 15, 1, 2)
    return SPECIMENS.get(code or "", text or code), None


def _moment(message: _Message, segment: Any, place: int, feed: Mapping[str, Any]) -> str | None:
    """A time stamp in ISO 8601. The offset of MSH-7 is that of all times that have none."""
    text = message.get(segment, place)
    if text is None:
        return None
    if precision := message.get(segment, place, 2):
        text = text[: {"Y": 4, "L": 6, "D": 8}.get(precision, len(text))]
    sent = MOMENT.fullmatch(message.header(7) or "")
    offset = sent[7] if sent and not feed.get("timezone") else None
    return _iso(text, offset)


def _iso(text: str, offset: str | None) -> str:
    """ISO 8601 as exact as the stamp is; what is none stays as it is. An hour alone is its day."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second, own = found.groups()
    date = "-".join(filter(None, (year, month, day)))
    if minute is None or hour is None:
        return date
    clock = f"T{hour}:{minute}" + (f":{second}" if second else "")
    zone = own or offset or ""
    return date + clock + (f"{zone[:3]}:{zone[3:]}" if zone else "")


def _messages(file: SourceFile, feed: Mapping[str, Any], findings: Findings) -> Iterator[_Message]:
    """The messages of a file; batches are held against what they say of themselves."""
    lines: list[tuple[int, str]] = []
    broken: list[int] = []
    told: Counter[str] = Counter()
    for line, text in chain(_lines(file, feed), [(0, "")]):
        findings.found = (findings.found or 0) + bool(line)
        name = text[:3] if SEGMENT.match(text) else ""
        if lines and (name in ("MSH", *WRAPPING) or not line):
            yield _parsed(lines, broken, file)
            lines, broken = [], []
        if name in WRAPPING:
            findings.left_aside[name] += 1
            _balance(name, text, told, file)
        elif name == "MSH" or (name and lines):
            told["messages"] += name == "MSH"
            lines.append((line, text))
        elif line:
            if not lines:
                raise UnreadableError(
                    f"{file.name}, line {line}: this is no HL7 v2 message: MSH does not come first."
                )
            broken.append(line)
            findings.left_aside["broken lines"] += 1
    if told["FHS"] > told["FTS"] or told["BHS"] > told["BTS"]:
        raise UnreadableError(f"{file.name}: its end is missing. Ask for it again.")


def _parsed(lines: list[tuple[int, str]], broken: list[int], file: SourceFile) -> _Message:
    import hl7

    (first, header), *_ = lines
    try:
        # The header says by what the others are split and escaped.
        parsed = hl7.parse(header)
    except (hl7.HL7Exception, IndexError) as error:
        raise UnreadableError(
            f"{file.name}, line {first}: MSH is not as HL7 has it ({error})."
        ) from None
    between = str(parsed.separators[1])
    segments = [(line, text[:3], text.split(between)) for line, text in lines]
    # MSH-1 is the separator itself.
    segments[0][2].insert(1, between)
    return _Message(parsed, segments, broken)


def _balance(name: str, text: str, told: Counter[str], file: SourceFile) -> None:
    """Count what a batch (BTS-1) and a file (FTS-1) say that they hold."""
    told[name] += 1
    if name == "BHS":
        told["before"] = told["messages"]
    counted = {"BTS": told["messages"] - told["before"], "FTS": told["BTS"]}.get(name)
    said = text[4:].split(text[3:4])[0].strip() if len(text) > 4 else ""
    if counted is not None and said.isdigit() and int(said) != counted:
        raise UnreadableError(
            f"{file.name}: {name}-1 says {said}, and {counted} are there. Ask for it again."
        )


def _lines(file: SourceFile, feed: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The file's lines that hold anything, whatever ends them, without the frames of MLLP."""
    encoding = feed.get("encoding")
    if encoding is None:
        with file.path.open("rb") as source:
            head = source.read(1000)
        first = head.lstrip(b"\x0b\xef\xbb\xbf").split(b"\r")[0].split(b"\n")[0]
        # MSH and its separator, which may be any character.
        fields = first.decode("latin-1").split(chr(first[3])) if len(first) > 3 else []
        said = fields[17] if first.startswith(b"MSH") and len(fields) > 17 else ""
        encoding = ENCODINGS.get(said.partition("~")[0].strip(), "utf-8")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
    try:
        with file.path.open(encoding=encoding) as source:
            for line, text in enumerate(source, 1):
                if plain := text.strip("\x0b\x1c\ufeff \r\n"):
                    yield line, plain
    except UnicodeDecodeError:
        raise UnreadableError(
            f"{file.name}: it is not {encoding}. Declare the feed's `encoding`."
        ) from None
