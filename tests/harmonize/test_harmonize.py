from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.harmonize import merge

QUARANTINE = {
    "feed": pl.String, "delivery": pl.String, "source_file": pl.String, "source_line": pl.Int64,
    "source_sha256": pl.String, "row_id": pl.String, "USUBJID": pl.String, "column": pl.String,
    "value": pl.String, "rule": pl.String, "message": pl.String, "proposal": pl.String,
    "aside": pl.String,
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
        "LBORRES": "1.5", "LBORRESU": "g/g", "LBSTRESC": "1.5", "LBSTRESN": 1.5, "LBSTRESU": "g/g",
        "LBOPER": None, "LBDTC": "2021-03-01T08:00+08:00",
        "LBRPTDTC": "2021-03-01T12:00+08:00", "LBRESST": "FINAL", "FEED": "west",
        "DELIVERY": "march", "SRCFILE": "march.csv", "SRCLINE": line, "SRCSHA": "0", "ROWID": f"r{line}",
    }  # fmt: skip
    return row | changes


def resolve(*rows: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    frame = pl.DataFrame(list(rows), infer_schema_length=None)
    frame = frame.with_columns(pl.col(pl.Null).cast(pl.String))
    found = merge.resolve("lb", frame, COHORT)
    fates = {row["ROWID"]: (row["FATE"], row["WINNER"]) for row in found.unused.to_dicts()}
    return fates | dict.fromkeys(found.used["ROWID"], ("accepted", None))


def other(line: int, **changes: Any) -> dict[str, Any]:
    """A result of another value."""
    return result(line, LBORRES="1.8", LBSTRESC="1.8", LBSTRESN=1.8, **changes)


def test_a_row_that_meets_no_other_is_accepted() -> None:
    assert resolve(result(1), result(2, LBREFID="A2")) == {
        "r1": ("accepted", None),
        "r2": ("accepted", None),
    }


def test_of_two_copies_one_is_used_and_the_other_a_duplicate() -> None:
    assert resolve(result(2, SRCFILE="april.csv"), result(1)) == {
        "r2": ("accepted", None),
        "r1": ("duplicate", "r2"),
    }


@pytest.mark.parametrize("again", ["08:00:00+08:00", "00:00Z", "01:00+01:00", "00:00:00.0+00:00"])
def test_one_moment_is_one_moment_however_it_is_written(again: str) -> None:
    found = resolve(result(1, LBREFID=None), result(2, LBREFID=None, LBDTC=f"2021-03-01T{again}"))
    assert sorted(fate for fate, _ in found.values()) == ["accepted", "duplicate"]


def test_a_corrected_result_stands_before_a_final_one_even_if_reported_earlier() -> None:
    corrected = other(2, LBRESST="CORRECTED", LBRPTDTC="2021-02-01T12:00+08:00")
    assert resolve(result(1), corrected) == {"r1": ("superseded", "r2"), "r2": ("accepted", None)}


def test_a_corrected_result_replaces_that_of_its_specimen_whatever_time_it_gives() -> None:
    corrected = other(2, LBRESST="CORRECTED", LBDTC="2021-03-01T08:05+08:00")
    assert resolve(result(1), corrected)["r1"] == ("superseded", "r2")


def test_a_final_result_stands_before_a_preliminary_one_whatever_numbers_they_have() -> None:
    for number in ("A1", "B7", None):
        early = other(2, LBRESST="PRELIMINARY", LBREFID=number, SRCFILE="may.csv")
        assert resolve(early, result(1)) == {"r1": ("accepted", None), "r2": ("superseded", "r1")}


def test_the_later_report_stands_among_equals() -> None:
    # 05:00 in UTC is after noon in Shanghai.
    later = other(1, LBRPTDTC="2021-03-01T05:00Z")
    assert resolve(later, result(2)) == {"r1": ("accepted", None), "r2": ("superseded", "r1")}


def test_a_copy_of_a_superseded_row_is_superseded_too() -> None:
    winner = other(3, LBRESST="CORRECTED")
    assert resolve(result(1), result(2), winner) == {
        "r1": ("superseded", "r3"),
        "r2": ("superseded", "r3"),
        "r3": ("accepted", None),
    }


def test_different_results_without_evidence_are_a_conflict_and_none_is_used() -> None:
    for name in ("march.csv", "zz.csv"):
        rows = resolve(result(1), other(2, SRCFILE=name))
        assert rows == {"r1": ("conflict", None), "r2": ("conflict", None)}


def test_a_missing_time_of_report_is_no_evidence() -> None:
    assert {fate for fate, _ in resolve(result(1), other(2, LBRPTDTC=None)).values()} == {
        "conflict"
    }


@pytest.mark.parametrize(
    ("choice", "used"), [("hold", []), ("first", [1.5]), ("last", [1.8]), ("mean", [1.65])]
)
def test_the_plan_may_settle_conflicts(choice: str, used: list[float]) -> None:
    rows = pl.DataFrame([result(1), other(2)]).with_columns(pl.col(pl.Null).cast(pl.String))
    found = merge.resolve("lb", rows, COHORT, choice=choice)
    assert found.used["LBSTRESN"].to_list() == pytest.approx(used)
    assert found.counts["count"].sum() + found.unused.height == 2
    assert found.conflicts.height == found.unused.height > 0


def test_a_mean_says_what_it_is_the_mean_of() -> None:
    rows = pl.DataFrame([result(1), other(2)]).with_columns(pl.col(pl.Null).cast(pl.String))
    assert merge.resolve("lb", rows, COHORT, choice="mean").used["LBORRES"].to_list() == [
        "mean of 1.5; 1.8"
    ]
    below = rows.with_columns(LBOPER=pl.lit("<"))
    assert merge.resolve("lb", below, COHORT, choice="mean").used.is_empty()


def test_a_specimen_number_used_again_on_another_day_is_another_specimen() -> None:
    again = other(2, LBDTC="2022-03-01T08:00+08:00")
    assert {fate for fate, _ in resolve(result(1), again).values()} == {"accepted"}


def test_two_specimens_of_one_moment_are_two_measurements() -> None:
    found = resolve(result(1), other(2, LBREFID="A2"))
    assert {fate for fate, _ in found.values()} == {"accepted"}


def test_a_source_that_does_not_tell_the_specimen_repeats_the_one_that_does() -> None:
    assert resolve(result(1), result(2, LBREFID=None))["r2"] == ("duplicate", "r1")


def test_a_withdrawal_withdraws_what_it_names_and_nothing_else() -> None:
    nothing = {"LBORRES": None, "LBSTRESC": None, "LBSTRESN": None}
    kept = other(3, LBREFID="A2")
    for withdrawal in (
        result(2, LBRESST="WITHDRAWN"),
        result(2, LBRESST="WITHDRAWN", LBREFID=None),
        result(2, LBRESST="WITHDRAWN", LBDTC="2021-03-01", **nothing),
    ):
        assert resolve(result(1), withdrawal, kept) == {
            "r1": ("withdrawn", "r2"),
            "r2": ("withdrawn", None),
            "r3": ("accepted", None),
        }


def test_a_result_reported_after_the_withdrawal_stands() -> None:
    anew = result(3, LBRPTDTC="2021-03-03T12:00+08:00")
    withdrawal = result(2, LBRESST="WITHDRAWN", LBRPTDTC="2021-03-02T12:00+08:00")
    assert resolve(result(1), withdrawal, anew) == {
        "r1": ("withdrawn", "r2"),
        "r2": ("withdrawn", None),
        "r3": ("accepted", None),
    }


def test_two_methods_on_one_specimen_do_not_correct_each_other() -> None:
    rows = resolve(result(1, LBMETHOD="ELISA"), result(2, LBMETHOD="CLIA", LBORRES="9"))
    assert {fate for fate, _ in rows.values()} == {"accepted"}


def test_a_stranger_is_out_of_cohort_and_never_a_duplicate() -> None:
    rows = resolve(result(1, USUBJID="S9"), result(2, USUBJID="S9"))
    assert rows == {"r1": ("out_of_cohort", None), "r2": ("out_of_cohort", None)}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_names_and_order_of_files_and_lines_change_nothing_but_row_ids(data: st.DataObject) -> None:
    """The results used, whatever feeds and files are called and in whichever order lines come."""
    rows = [
        draw | {"SRCLINE": line, "ROWID": f"r{line}"}
        for line, draw in enumerate(
            data.draw(
                st.lists(
                    st.builds(
                        lambda value, changes: value(0, **changes),
                        st.sampled_from([result, other]),
                        st.fixed_dictionaries(
                            {
                                "LBRESST": st.sampled_from(
                                    ["FINAL", "PRELIMINARY", "CORRECTED", "WITHDRAWN", None]
                                ),
                                "LBREFID": st.sampled_from(["A1", "A2", None]),
                                "LBDTC": st.sampled_from(
                                    ["2021-03-01T08:00+08:00", "2021-03-01T00:00Z", "2021-03-01"]
                                ),
                                "LBRPTDTC": st.sampled_from(
                                    ["2021-03-01T12:00+08:00", "2021-03-01T05:00Z", None]
                                ),
                            }
                        ),
                    ),
                    min_size=2,
                    max_size=6,
                )
            )
        )
    ]
    source = dict.fromkeys(("FEED", "DELIVERY", "SRCFILE", "SRCSHA", "ROWID"), pl.String)
    texts = {c: pl.String for c in rows[0] if c not in ("LBSTRESN", "SRCLINE")}
    frame = pl.DataFrame(rows, schema_overrides=texts | source)

    def used(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
        found = merge.resolve("lb", frame, COHORT).used
        return sorted(
            found.select("LBSTRESN", "LBREFID", pl.col("LBDTC").str.head(10)).rows(), key=str
        )

    names = data.draw(st.permutations([f"{letter}.csv" for letter in "abcdef"[: len(rows)]]))
    order = data.draw(st.permutations(range(len(rows))))
    renamed = frame.with_columns(
        SRCFILE=pl.Series(names), FEED=pl.Series(names), SRCLINE=pl.Series(order).cast(pl.Int64)
    )[order]
    assert used(renamed) == used(frame)


def test_a_subject_whose_demographics_are_quarantined_stays_in_the_cohort() -> None:
    dm = pl.DataFrame({"USUBJID": ["S2"]})
    quarantined = pl.DataFrame({"USUBJID": ["S1", None]})
    assert merge.cohort(dm, quarantined).to_list() == ["S1", "S2"]


def broken(row_id: str, subject: str | None, rule: str) -> dict[str, Any]:
    return dict.fromkeys(QUARANTINE) | {
        "feed": "west", "delivery": "march", "source_file": "march.csv",
        "source_line": int(row_id[1:]), "row_id": row_id, "USUBJID": subject, "rule": rule,
        "aside": "row",
    }  # fmt: skip


def close(read: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = pl.DataFrame([result(1), result(2)]).with_columns(pl.col(pl.Null).cast(pl.String))
    found = merge.resolve("lb", rows, COHORT)
    quarantine = pl.DataFrame(
        [
            broken("r3", "S1", "unit_missing"),
            broken("r3", "S1", "date_missing"),
            broken("r4", "S9", "unit_missing"),
            broken("r5", None, "subject_missing"),
            # Of a row that is used all the same.
            broken("r1", "S1", "date_impossible") | {"aside": "cell"},
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
    aside = merge.set_aside(merge.not_used([found.unused]), quarantine, unmapped, COHORT)
    counts = pl.DataFrame(
        {
            "feed": ["west"],
            "delivery": ["march"],
            "source_file": ["march.csv"],
            "read": [read],
            "filtered": [3],
        }
    )
    return aside, merge.ledger(counts, found.counts, aside)


def test_every_row_read_has_one_fate_and_the_ledger_closes() -> None:
    aside, ledger = close(read=10)
    assert dict(zip(aside["row_id"], aside["fate"], strict=True)) == {
        "r2": "duplicate",
        "r3": "quarantined",
        "r4": "out_of_cohort",
        "r5": "quarantined",
        "r6": "unmapped",
        "r7": "out_of_cohort",
    }
    assert ledger.to_dicts() == [
        {"feed": "west", "delivery": "march", "source_file": "march.csv", "read": 10, "accepted": 1,
         "duplicate": 1, "superseded": 0, "withdrawn": 0, "conflict": 0,
         "quarantined": 2, "unmapped": 1, "out_of_cohort": 2, "filtered": 3}
    ]  # fmt: skip


def test_a_row_that_breaks_two_rules_gives_both_as_its_reason() -> None:
    aside, _ = close(read=10)
    assert aside.filter(pl.col("row_id") == "r3")["reason"].item() == "unit_missing date_missing"


@pytest.mark.parametrize("read", [9, 11])
def test_a_ledger_that_does_not_balance_stops_the_run(read: int) -> None:
    with pytest.raises(RuntimeError, match="does not balance"):
        close(read)
