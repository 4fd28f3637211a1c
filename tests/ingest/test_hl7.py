"""HL7 v2: each OBX a row, with what the segments around it say; nothing of a message is lost."""

from typing import Any

import pytest

from remit.ingest import Ingested

from .conftest import Run

MSH = r"MSH|^~\&|LIS|LAB|EHR|H|20210105103000||ORU^R01|1|P|2.5.1"
PID = "PID|1||0012^^^H^MR||X^Y||19800203|F"
OBR = "OBR|1||A17|24357-6^Panel^LN|||20210105093000"
OBX = "OBX|1|NM|1751-7^Albumin^LN||38|g/L|35-52||||F|||20210105093000"


@pytest.fixture
def hl7(run: Run) -> Any:
    def read(*segments: str, end: str = "\r", **feed: Any) -> Ingested:
        content = end.join(segments) + end
        return run(content, **{"format": "hl7", "columns": None, "encoding": None} | feed)

    return read


def told(found: Ingested) -> list[str]:
    return [text.removeprefix("not understood: ") for text in found.quarantine["message"]]


def message(found: Ingested) -> str:
    return str(found.ledger["message"].item())


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_result_is_read_whatever_ends_the_segments(hl7: Any, end: str) -> None:
    found = hl7(MSH, PID, OBR, OBX, end=end)
    row = found.accepted.row(0, named=True)
    assert found.identities["SUBJID"].to_list() == ["0012"]
    assert (row["LBTESTCD"], row["LBORRES"], row["LBNRIND"]) == ("ALB", "38", "NORMAL")
    assert (row["LBDTC"], row["LBREFID"]) == ("2021-01-05T09:30:00", "A17")
    assert (row["LBRESST"], row["SRCLINE"]) == ("FINAL", 4)
    assert message(found) == "left aside: 1 MSH, 1 OBR, 1 PID"


def test_it_is_recognised_without_a_declared_format(hl7: Any) -> None:
    found = hl7(MSH, PID, OBR, OBX, format=None, columns={"SUBJID": "id"})
    assert "format hl7 detected" in message(found)
    assert found.accepted.height == 1


@pytest.mark.parametrize(
    ("kind", "value", "flags", "read"),
    [
        ("NM", "0.50", "", "0.50"),
        ("NM", "0.15", "<", "<0.15"),
        ("NM", "0.15", "L~<", "<0.15"),
        ("SN", "<^10", "", "<10"),
        ("SN", ">^1^:^640", "", ">1:640"),
        ("SN", "^1^:^128", "", "1:128"),
        ("SN", "^10^-^20", "", "10-20"),
        ("SN", "=^7", "", "7"),
        ("SN", "=^440^.", "", "440"),
        ("SN", "^2^+", "", "2+"),
        ("ST", "see note", "", "see note"),
        ("CWE", "260385009^Negative^SCT", "", "Negative"),
        ("CWE", "^^^^^^^^weakly positive", "", "weakly positive"),
        ("CE", "NEG", "", "NEG"),
        ("TX", r"5 \T\ 6", "", "5 & 6"),
    ],
)
def test_a_value_of_every_type_keeps_its_operator(
    hl7: Any, kind: str, value: str, flags: str, read: str
) -> None:
    found = hl7(MSH, PID, OBR, f"OBX|1|{kind}|X1^Anything^L||{value}|||{flags}|||F")
    assert found.unmapped["value"].to_list() == [read]
    assert found.unmapped["test"].to_list() == ["Anything"]


@pytest.mark.parametrize(
    ("segment", "why"),
    [
        ("OBX|1|NM|1751-7^^LN||38~39|g/L|||||F", "OBX-5 (several values)"),
        ("OBX|1|SN|1751-7^^LN||<>^38|g/L|||||F", "OBX-5 (<>^n^^n)"),
        ("OBX|1|XTN|1751-7^^LN||38|g/L|||||F", "OBX-2 (values of type XTN)"),
        ("OBX|1|ST|1751-7^^LN||<38|g/L||>|||F", "OBX-8 (it contradicts the result's operator)"),
    ],
)
def test_what_is_not_understood_sets_the_row_aside_with_its_field(
    hl7: Any, segment: str, why: str
) -> None:
    found = hl7(MSH, PID, OBR, segment, OBX)
    assert told(found) == [why]
    assert found.accepted["SRCLINE"].to_list() == [5]
    assert found.quarantine["USUBJID"].to_list() == found.accepted["USUBJID"].to_list()


def test_a_loinc_code_counts_in_either_coding(hl7: Any) -> None:
    found = hl7(MSH, PID, OBR, OBX.replace("1751-7^Albumin^LN", "ALB^Albumin^L^1751-7^Alb^LN"))
    assert found.accepted["LBLOINC"].to_list() == ["1751-7"]


def test_of_several_numbers_of_a_patient_the_feed_names_the_one(hl7: Any) -> None:
    pid = "PID|1||0012^^^H&1.2.3&ISO^MR~999^^^S^SS||X^Y"
    refused = hl7(MSH, pid, OBR, OBX)
    assert told(refused) == ["PID-3 (several numbers: MR, SS; declare `identifier_system`)"]
    for system in ("MR", "H", "1.2.3"):
        found = hl7(MSH, pid, OBR, OBX, identifier_system=system)
        assert found.identities["SUBJID"].to_list() == ["0012"]
    assert told(hl7(MSH, pid, OBR, OBX, identifier_system="XX")) == ["PID-3 (no number of XX)"]


def test_the_specimen_is_that_of_its_order(hl7: Any) -> None:
    creatinine = "OBX|1|NM|CREA^Creatinine^L||3.1|mmol/L|||||F"
    by_spm = hl7(
        *(MSH, PID, OBR, creatinine, "SPM|1|S9||UR^^HL70487|||||||||||||20210105080000"),
        *(OBR.replace("A17", "A18"), creatinine.replace("3.1", "0.08"), "SPM|1|||SER^^HL70487"),
    )
    assert by_spm.accepted.select("LBTESTCD", "LBREFID", "LBDTC").rows() == [
        ("UCREA", "S9", "2021-01-05T08:00:00"),
        ("SCR", "A18", "2021-01-05T09:30:00"),
    ]
    by_obr = hl7(MSH, PID, OBR + "||||||||UR&Urine&HL70070", creatinine)
    assert by_obr.accepted["LBTESTCD"].to_list() == ["UCREA"]
    two = hl7(MSH, PID, OBR, creatinine, "SPM|1|||UR", "SPM|2|||SER")
    assert told(two) == ["SPM (several specimens)"]


@pytest.mark.parametrize(
    ("stamp", "iso"),
    [
        ("20210105", "2021-01-05"),
        ("202101", "2021-01"),
        ("2021010509", "2021-01-05"),
        ("202101050930", "2021-01-05T09:30"),
        ("20210105093000.1234-0500", "2021-01-05T09:30:00-05:00"),
        ("20210105000000^D", "2021-01-05"),
    ],
)
def test_a_time_is_as_exact_as_its_stamp(hl7: Any, stamp: str, iso: str) -> None:
    obx = OBX.replace("20210105093000", stamp)
    assert hl7(MSH, PID, OBR, obx).accepted["LBDTC"].to_list() == [iso]


def test_the_message_s_offset_is_that_of_its_times_unless_the_feed_has_a_clock(hl7: Any) -> None:
    msh = MSH.replace("20210105103000", "20210105103000+0100")
    assert hl7(msh, PID, OBR, OBX).accepted["LBDTC"].item() == "2021-01-05T09:30:00+01:00"
    found = hl7(msh, PID, OBR, OBX, timezone="Asia/Shanghai")
    assert found.accepted["LBDTC"].item() == "2021-01-05T09:30:00+08:00"


def test_what_is_no_result_is_left_aside_and_counted(hl7: Any) -> None:
    pending, picture = OBX.replace("||||F|", "||||I|"), "OBX|2|ED|X^Scan||^^^^abc||||||F"
    found = hl7(MSH, PID, OBR, OBX, pending, picture, "NTE|1||haemolysed")
    assert found.ledger["read"].item() == 1
    assert message(found) == (
        "left aside: 1 MSH, 1 NTE, 1 OBR, 1 OBX of status I, 1 OBX of type ED, 1 PID"
    )
    other = hl7(MSH.replace("ORU^R01", "ADT^A08"), PID, MSH, PID, OBR, OBX)
    assert "2 segments of messages ADT" in message(other)


def test_a_result_that_was_wrong_is_withdrawn(hl7: Any) -> None:
    found = hl7(MSH, PID, OBR, OBX, OBX.replace("||||F|", "||||W|"))
    assert found.accepted["LBRESST"].to_list() == ["FINAL", "WITHDRAWN"]


def test_a_message_for_training_is_no_patient_s(hl7: Any) -> None:
    found = hl7(MSH.replace("|P|", "|T|"), PID, OBR, OBX)
    assert told(found) == ["MSH-11 (T: a message for training or tests)"]


def test_a_batch_is_held_against_its_own_counts(hl7: Any) -> None:
    one = (MSH, PID, OBR, OBX)
    batch = ("FHS|^~\\&|LIS", "BHS|^~\\&|LIS", *one, *one, "BTS|2", "FTS|1")
    assert hl7(*batch).accepted["SRCLINE"].to_list() == [6, 10]
    short = hl7(*batch[:-6], "BTS|2", "FTS|1")
    assert "BTS-1 says 2, and 1 are there" in message(short)
    assert "its end is missing" in message(hl7(*batch[:-2]))


def test_a_segment_broken_in_two_sets_its_message_aside(hl7: Any) -> None:
    found = hl7(MSH, PID, OBR, OBX, "and more text", MSH, PID, OBR, OBX)
    assert told(found) == ["line 5 (a segment was broken in two)"]
    assert found.accepted["SRCLINE"].to_list() == [9]


def test_what_is_no_message_is_refused(hl7: Any) -> None:
    for segments in ((PID, OBX), ("MRN,Test,Result",), ("a,b", "1,2"), ("MSH", PID), ("MSH|", PID)):
        assert hl7(*segments).ledger["status"].item() == "unreadable"
    assert "nothing in it gives a row" in message(hl7(MSH, PID))


def test_the_encoding_is_the_message_s_own(run: Run) -> None:
    msh = MSH + "||||||8859/1"
    content = "\r".join((msh, PID, OBR, OBX.replace("^Albumin", "^Albümin"))).encode("latin-1")
    feed: dict[str, Any] = {"format": "hl7", "columns": None, "encoding": None}
    assert run(content, **feed).accepted.height == 1
    wrong = run(content.replace(b"||||||8859/1", b""), **feed)
    assert "it is not utf-8. Declare the feed's `encoding`" in message(wrong)


def test_people_are_read_from_their_segments(hl7: Any) -> None:
    dead = PID + "|" * 21 + "20210304|Y"
    found = hl7(MSH, dead, MSH, "PID|1||7^^^H^MR||||196003|U" + "|" * 22 + "Y", domain="dm")
    assert found.accepted.select("SEX", "BRTHDTC", "DTHDTC", "DSDECOD").rows() == [
        ("F", "1980-02-03", "2021-03-04", None),
        (None, "1960-03", None, "DEATH"),
    ]


def test_a_byte_order_mark_tells_the_encoding_too(run: Run) -> None:
    content = "\r".join((MSH, PID, OBR, OBX)).encode("utf-16")
    feed: dict[str, Any] = {"format": "hl7", "columns": None, "encoding": None}
    assert run(content, **feed).accepted.height == 1
