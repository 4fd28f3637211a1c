"""People, doses, items, drugs and events of several rows, put together column by column."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.harmonize import merge

COHORT = pl.Series(["S1", "S2"])
COLUMNS = {
    "dm": ["SEX", "BRTHDTC", "LNCLASS", "DSDECOD", "DSSTDTC", "DTHDTC"],
    "ex": ["EXTRT", "EXSTDTC", "EXDOSE", "EXDOSU", "EXENDTC"],
    "qs": ["QSTESTCD", "QSDTC", "QSORRES", "QSSTRESN"],
    "cm": ["CMTRT", "CMROUTE", "CMSTDTC", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMENDTC"],
    "ae": ["AETERM", "AESTDTC", "AEENDTC", "AESER", "AEOUT"],
}


def resolve(domain: str, *rows: dict[str, Any], held: pl.Series | None = None) -> merge.Resolved:
    """Rows of one line each, `r0` on, of subject S1 and a file each where nothing else is said."""
    blank: dict[str, Any] = dict.fromkeys(COLUMNS[domain])
    told = [
        {"USUBJID": "S1"} | blank
        | {"FEED": "a", "DELIVERY": "d", "SRCFILE": f"f{n}", "SRCLINE": 2, "SRCSHA": "0"}
        | {"ROWID": f"r{n}"} | row
        for n, row in enumerate(rows)
    ]  # fmt: skip
    frame = pl.DataFrame(told, infer_schema_length=None)
    return merge.resolve(domain, frame.with_columns(pl.col(pl.Null).cast(pl.String)), COHORT, held)


def fates(found: merge.Resolved) -> dict[str, str]:
    return dict(found.unused.select("ROWID", "FATE").iter_rows())


def person(found: merge.Resolved) -> dict[str, Any]:
    row = found.used.filter(pl.col("USUBJID") == "S1").to_dicts()[0]
    return {name: row[name] for name in COLUMNS["dm"] if row[name] is not None}


def test_what_one_source_alone_knows_stays_known() -> None:
    born, died = {"SEX": "F", "BRTHDTC": "1958-03-02"}, {"DTHDTC": "2020-03-01"}
    for feeds in (("adm", "deaths"), ("zz", "deaths")):
        found = resolve("dm", born | {"FEED": feeds[0]}, died | {"FEED": feeds[1]})
        assert person(found) == born | died
        assert not fates(found)
        assert found.counts["count"].sum() == 2


def test_every_cell_keeps_its_source() -> None:
    found = resolve("dm", {"SEX": "F", "BRTHDTC": "1958-03-02"}, {"DTHDTC": "2020-03-01"})
    assert found.used["ROWID"].to_list() == ["r0"]
    assert found.cells.select("of", "column", "ROWID", "SRCFILE").rows() == [
        ("r0", "DTHDTC", "r1", "f1")
    ]


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [("SEX", "F", "M"), ("BRTHDTC", "1958-03-02", "1985-03-02"), ("DTHDTC", "2020", "2021-03-01")],
)
def test_a_person_of_two_sexes_or_birth_dates_may_be_two_and_waits(
    column: str, one: str, other: str
) -> None:
    both = [{column: one}, {column: other}, {"USUBJID": "S2", "SEX": "M"}]
    found = resolve("dm", *both)
    assert found.used["USUBJID"].to_list() == ["S2"]
    assert fates(found) == {"r0": "conflict", "r1": "conflict"}
    assert found.conflicts.select("column", "value").rows() == [(column, one), (column, other)]
    held = merge.held_people(found)
    assert held.to_list() == ["S1"]
    doses = [{"EXTRT": "X", "EXSTDTC": "2020-01-01"}, {"USUBJID": "S2", "EXTRT": "X"}]
    dosed = resolve("ex", *doses, held=held)
    assert dosed.used["USUBJID"].to_list() == ["S2"]
    assert fates(dosed) == {"r0": "conflict"}


def test_the_more_exact_of_two_dates_that_agree_is_meant() -> None:
    found = resolve("dm", {"BRTHDTC": "1958"}, {"BRTHDTC": "1958-03-02"}, {"BRTHDTC": "1958-03"})
    assert person(found) == {"BRTHDTC": "1958-03-02"}
    assert fates(found) == {"r0": "superseded", "r2": "superseded"}


def test_the_status_of_the_last_date_stands_and_a_dated_one_before_one_without() -> None:
    found = resolve(
        "dm",
        {"DSDECOD": "DISCONTINUED", "DSSTDTC": "2021-05-01"},
        {"DSDECOD": "ONGOING", "DSSTDTC": "2021-01-01"},
        {"DSDECOD": "ONGOING"},
    )
    assert person(found) == {"DSDECOD": "DISCONTINUED", "DSSTDTC": "2021-05-01"}
    assert not found.conflicts.height


def test_an_earlier_status_is_superseded_and_says_nothing_of_being_the_same() -> None:
    rows = [
        {"SEX": "F", "DSDECOD": "ONGOING", "DSSTDTC": "2021-03-01"},
        {"SEX": "F", "DSDECOD": "DISCONTINUED", "DSSTDTC": "2021-06-01"},
    ]
    assert fates(resolve("dm", *rows)) == {"r0": "superseded"}


def test_two_statuses_of_one_date_leave_the_status_empty_and_the_person_stays() -> None:
    found = resolve(
        "dm",
        {"SEX": "F", "DSDECOD": "COMPLETED", "DSSTDTC": "2021-05-01"},
        {"DSDECOD": "DISCONTINUED", "DSSTDTC": "2021-05-01"},
    )
    assert person(found) == {"SEX": "F", "DSSTDTC": "2021-05-01"}
    assert set(found.conflicts["column"]) == {"DSDECOD"}


def test_rows_that_only_name_a_person_are_one_row() -> None:
    found = resolve("dm", {}, {}, {"USUBJID": "S2"})
    assert found.used["USUBJID"].to_list() == ["S1", "S2"]
    assert fates(found) == {"r1": "duplicate"}


def test_two_doses_of_one_moment_and_different_amounts_are_a_conflict() -> None:
    one = {"EXTRT": "X", "EXSTDTC": "2020-01-01T08:00", "EXDOSE": 500.0}
    two = one | {"EXSTDTC": "2020-01-01T08:00:00", "EXDOSE": 600.0}
    found = resolve("ex", one, two)
    assert found.used.is_empty()
    assert fates(found) == {"r0": "conflict", "r1": "conflict"}


def test_an_event_learns_its_end_from_a_later_row() -> None:
    start = {"AETERM": "cough", "AESTDTC": "2020-01-01"}
    found = resolve("ae", start | {"AESER": "N"}, start | {"AEENDTC": "2020-01-05"})
    assert found.used.select("AESER", "AEENDTC").rows() == [("N", "2020-01-05")]
    assert not fates(found)


def test_an_event_that_is_serious_in_one_row_alone_is_of_unknown_seriousness() -> None:
    start = {"AETERM": "cough", "AESTDTC": "2020-01-01"}
    found = resolve("ae", start | {"AESER": "N"}, start | {"AESER": "Y"})
    assert found.used["AESER"].to_list() == [None]
    assert found.conflicts["column"].to_list() == ["AESER", "AESER"]


def test_without_a_date_only_the_same_again_is_the_same() -> None:
    once, twice = {"AETERM": "cough", "AESER": "N"}, {"AETERM": "cough", "AESER": "Y"}
    found = resolve("ae", once, twice, once)
    assert sorted(found.used["AESER"]) == ["N", "Y"]
    assert fates(found) == {"r2": "duplicate"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_names_and_order_of_feeds_and_files_decide_nothing_about_a_person(
    data: st.DataObject,
) -> None:
    cell = {
        "SEX": st.sampled_from(["F", None]),
        "BRTHDTC": st.sampled_from(["1958", "1958-03-02", None]),
        "LNCLASS": st.sampled_from(["III", "IV", None]),
        "DSDECOD": st.sampled_from(["ONGOING", "COMPLETED", None]),
        "DSSTDTC": st.sampled_from(["2021-01-01", "2021-05-01", None]),
        "DTHDTC": st.sampled_from(["2021-05", None]),
    }
    rows = data.draw(st.lists(st.fixed_dictionaries(cell), min_size=2, max_size=5))
    names = data.draw(st.permutations([*"abcde"[: len(rows)]]))
    feeds = data.draw(st.permutations(range(len(rows))))
    renamed = [
        row | {"FEED": f"feed{feed}", "SRCFILE": name}
        for row, feed, name in zip(rows, feeds, names, strict=True)
    ]
    assert person(resolve("dm", *data.draw(st.permutations(renamed)))) == person(
        resolve("dm", *rows)
    )
