from typing import Any

import polars as pl
import pytest

from remit.harmonize import merge

QUARANTINE = {
    "feed": pl.String, "delivery": pl.String, "source_file": pl.String, "source_line": pl.Int64,
    "source_sha256": pl.String, "row_id": pl.String, "USUBJID": pl.String, "column": pl.String,
    "value": pl.String, "rule": pl.String, "message": pl.String, "proposal": pl.String,
}  # fmt: skip
UNMAPPED = {
    "feed": pl.String, "delivery": pl.String, "source_file": pl.String, "source_line": pl.Int64,
    "source_sha256": pl.String, "row_id": pl.String, "USUBJID": pl.String, "test": pl.String,
    "unit": pl.String, "value": pl.String,
}  # fmt: skip
COHORT = pl.Series(["S1", "S2"])


def result(line: int, **changes: Any) -> dict[str, Any]:
    row = {
        "USUBJID": "S1", "LBTESTCD": "UPCR", "LBSPEC": "URINE", "LBMETHOD": None, "LBREFID": "A1",
        "LBORRES": "1.5", "LBORRESU": "g/g", "LBSTRESN": 1.5, "LBDTC": "2021-03-01T08:00+08:00",
        "LBRPTDTC": "2021-03-01T12:00+08:00", "LBRESST": "FINAL", "FEED": "west",
        "DELIVERY": "march", "SRCFILE": "march.csv", "SRCLINE": line, "SRCSHA": "0", "ROWID": f"r{line}",
    }  # fmt: skip
    return row | changes


def resolve(*rows: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    frame = pl.DataFrame(list(rows), infer_schema_length=None)
    frame = frame.with_columns(pl.col(pl.Null).cast(pl.String))
    used, unused = merge.resolve("lb", frame, COHORT)
    fates = {row["ROWID"]: (row["FATE"], row["WINNER"]) for row in unused.to_dicts()}
    return fates | dict.fromkeys(used["ROWID"], ("accepted", None))


def test_a_row_that_meets_no_other_is_accepted() -> None:
    assert resolve(result(1), result(2, LBREFID="A2")) == {
        "r1": ("accepted", None),
        "r2": ("accepted", None),
    }


def test_of_two_copies_the_first_is_used_and_the_second_is_a_duplicate() -> None:
    assert resolve(result(2, SRCFILE="april.csv"), result(1)) == {
        "r2": ("accepted", None),
        "r1": ("duplicate", "r2"),
    }


def test_a_corrected_result_wins_over_a_final_one_even_if_reported_earlier() -> None:
    corrected = result(2, LBRESST="CORRECTED", LBORRES="1.8", LBRPTDTC="2021-02-01T12:00+08:00")
    assert resolve(result(1), corrected) == {"r1": ("superseded", "r2"), "r2": ("accepted", None)}


def test_a_final_result_wins_over_a_preliminary_one_in_a_later_extract() -> None:
    late = result(2, LBRESST="PRELIMINARY", LBORRES="1.8", SRCFILE="may.csv")
    assert resolve(late, result(1)) == {"r1": ("accepted", None), "r2": ("superseded", "r1")}


def test_the_later_report_wins_among_equals() -> None:
    later = result(1, LBORRES="1.8", LBRPTDTC="2021-03-02T12:00+08:00")
    assert resolve(later, result(2)) == {"r1": ("accepted", None), "r2": ("superseded", "r1")}


def test_the_later_extract_wins_when_nothing_else_decides() -> None:
    later = result(1, LBORRES="1.8", SRCFILE="may.csv")
    assert resolve(later, result(2)) == {"r1": ("accepted", None), "r2": ("superseded", "r1")}


def test_a_copy_of_a_superseded_row_is_superseded_too() -> None:
    winner = result(3, LBRESST="CORRECTED", LBORRES="1.8")
    assert resolve(result(1), result(2), winner) == {
        "r1": ("superseded", "r3"),
        "r2": ("superseded", "r3"),
        "r3": ("accepted", None),
    }


def test_without_a_specimen_number_the_time_of_collection_tells_results_apart() -> None:
    one = result(1, LBREFID=None)
    same, other = result(2, LBREFID=None), result(3, LBREFID=None, LBDTC="2021-03-01T09:00+08:00")
    assert resolve(one, same, other) == {
        "r1": ("accepted", None),
        "r2": ("duplicate", "r1"),
        "r3": ("accepted", None),
    }


def test_two_methods_on_one_specimen_do_not_correct_each_other() -> None:
    rows = resolve(result(1, LBMETHOD="ELISA"), result(2, LBMETHOD="CLIA", LBORRES="9"))
    assert {fate for fate, _ in rows.values()} == {"accepted"}


def test_a_stranger_is_out_of_cohort_and_never_a_duplicate() -> None:
    rows = resolve(result(1, USUBJID="S9"), result(2, USUBJID="S9"))
    assert rows == {"r1": ("out_of_cohort", None), "r2": ("out_of_cohort", None)}


def test_the_order_of_rows_does_not_matter() -> None:
    rows = [
        result(1),
        result(2),
        result(3, LBRESST="CORRECTED", LBORRES="1.8"),
        result(4, LBREFID="A2"),
        result(5, USUBJID="S9"),
    ]
    assert resolve(*rows) == resolve(*reversed(rows))


def test_a_subject_whose_demographics_are_quarantined_stays_in_the_cohort() -> None:
    dm = pl.DataFrame({"USUBJID": ["S2"]})
    quarantined = pl.DataFrame({"USUBJID": ["S1", None]})
    assert merge.cohort(dm, quarantined).to_list() == ["S1", "S2"]


def broken(row_id: str, subject: str | None, rule: str) -> dict[str, Any]:
    return dict.fromkeys(QUARANTINE) | {
        "feed": "west", "delivery": "march", "source_file": "march.csv",
        "source_line": int(row_id[1:]), "row_id": row_id, "USUBJID": subject, "rule": rule,
    }  # fmt: skip


def close(read: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = pl.DataFrame([result(1), result(2)]).with_columns(pl.col(pl.Null).cast(pl.String))
    used, unused = merge.resolve("lb", rows, COHORT)
    quarantine = pl.DataFrame(
        [
            broken("r3", "S1", "unit_missing"),
            broken("r3", "S1", "date_missing"),
            broken("r4", "S9", "unit_missing"),
            broken("r5", None, "subject_missing"),
        ],
        schema=QUARANTINE,
    )
    unmapped = pl.DataFrame(
        [
            {"feed": "west", "delivery": "march", "source_file": "march.csv", "source_line": line,
             "row_id": f"r{line}", "USUBJID": subject, "test": "Mood", "value": "fine"}
            for line, subject in [(6, "S1"), (7, "S9")]
        ],
        schema=UNMAPPED,
    )  # fmt: skip
    aside = merge.set_aside(merge.not_used([unused]), quarantine, unmapped, COHORT)
    counts = pl.DataFrame(
        {"feed": ["west"], "delivery": ["march"], "source_file": ["march.csv"], "read": [read]}
    )
    return aside, merge.ledger(counts, merge.counted([used]), aside)


def test_every_row_read_has_one_fate_and_the_ledger_closes() -> None:
    aside, ledger = close(read=7)
    assert dict(zip(aside["row_id"], aside["fate"], strict=True)) == {
        "r2": "duplicate",
        "r3": "quarantined",
        "r4": "out_of_cohort",
        "r5": "quarantined",
        "r6": "unmapped",
        "r7": "out_of_cohort",
    }
    assert ledger.to_dicts() == [
        {"feed": "west", "delivery": "march", "source_file": "march.csv", "read": 7, "accepted": 1,
         "duplicate": 1, "superseded": 0, "quarantined": 2, "unmapped": 1, "out_of_cohort": 2}
    ]  # fmt: skip


def test_a_row_that_breaks_two_rules_gives_both_as_its_reason() -> None:
    aside, _ = close(read=7)
    assert aside.filter(pl.col("row_id") == "r3")["reason"].item() == "unit_missing date_missing"


@pytest.mark.parametrize("read", [6, 8])
def test_a_ledger_that_does_not_balance_stops_the_run(read: int) -> None:
    with pytest.raises(RuntimeError, match="does not balance"):
        close(read)
