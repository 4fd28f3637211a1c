"""Dataset-JSON of both versions reads as the transport file of the same records."""

import json
from typing import Any

import pytest

from .conftest import Run

NAMES = ["STUDYID", "USUBJID", "LBTEST", "LBORRES", "LBORRESU", "LBORNRLO", "LBDTC"]
ROWS: list[list[Any]] = [
    ["S", "1", "Albumin", "38", "g/L", "35", "2020-06-01"],
    ["S", "2", "Albumin", "<15", "g/L", None, "2020-06-01T08:30"],
]


def document(**changed: Any) -> dict[str, Any]:
    columns = [{"itemOID": f"IT.LB.{name}", "name": name, "label": name} for name in NAMES]
    return {
        "datasetJSONCreationDateTime": "2024-11-11T15:09:16",
        "datasetJSONVersion": "1.1.0",
        "records": 2,
        "name": "LB",
        "columns": columns,
        "rows": ROWS,
    } | changed


def of_version_1_0() -> dict[str, Any]:
    items = [{"OID": name, "name": name} for name in NAMES]
    group = {"records": 2, "name": "LB", "items": items, "itemData": ROWS}
    return {"clinicalData": {"studyOID": "S", "itemGroupData": {"IG.LB": group}}}


def ndjson() -> str:
    about = {name: value for name, value in document().items() if name != "rows"}
    return "\n".join(map(json.dumps, [about, *ROWS]))


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(document()),
        json.dumps(document(), indent=1),
        ndjson(),
        json.dumps(of_version_1_0()),
    ],
    ids=["1.1", "indented", "ndjson", "1.0"],
)
@pytest.mark.parametrize("declared", ["dataset-json", None])
def test_records_are_read_without_a_mapping(run: Run, content: str, declared: str | None) -> None:
    found = run(content, format=declared, columns=None, encoding=None)
    assert found.accepted.select("LBTESTCD", "LBORRES", "LBOPER", "LBDTC").rows() == [
        ("ALB", "38", None, "2020-06-01"),
        ("ALB", "<15", "<", "2020-06-01T08:30"),
    ]
    assert found.identities["SUBJID"].to_list() == ["1", "2"]


def test_numbers_keep_their_digits(run: Run) -> None:
    rows = [["S", "1", "Albumin", 38.50, "g/L", 35, "2020-06-01"]]
    content = json.dumps(document(records=1, rows=rows)).replace("38.5", "38.50")
    found = run(content, format="dataset-json", columns=None)
    assert found.accepted["LBORRES"].to_list() == ["38.50"]


def test_a_record_of_another_length_is_torn_and_a_lost_one_is_missed(run: Run) -> None:
    torn = run(
        json.dumps(document(rows=[ROWS[0], ROWS[1][:3]])), format="dataset-json", columns=None
    )
    assert torn.quarantine["rule"].to_list() == ["row_ragged"]
    lost = run(json.dumps(document(rows=ROWS[:1])), format="dataset-json", columns=None)
    assert "it holds 2 items, of which 1 were read" in lost.ledger["message"].item()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(document())[:300],
        json.dumps(document(columns=3)),
        json.dumps({"datasetJSONVersion": "1.1.0"}),
        json.dumps(document(rows={})),
        "[]",
        "{}",
    ],
)
def test_what_is_built_otherwise_is_refused(run: Run, content: str) -> None:
    found = run(content, format="dataset-json", columns=None)
    assert found.ledger["status"].item() == "unreadable"


def test_a_dataset_given_to_a_fhir_feed_is_told_for_what_it_is(run: Run) -> None:
    found = run(json.dumps(document()), format="fhir", columns=None)
    assert "but the content is dataset-json" in found.ledger["message"].item()
