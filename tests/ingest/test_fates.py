"""Every row of a file is accepted, quarantined with each broken rule, or unmapped."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.ingest import SourceFile, ingest, on_clock
from remit.ingest.dictionaries import Dictionaries
from remit.schemas.raw import DOMAINS, rules

from .conftest import KEY, LAB, Run, lab

GOOD = "p1,Albumin,38,g/L,2020-06-01"


def broken(found: pl.DataFrame) -> list[tuple[str, str | None]]:
    return found.select("rule", "column").rows()


def test_a_good_row_is_accepted_with_its_canonical_value_and_its_source(run: Run) -> None:
    accepted = run(
        lab("p1,Creatinine,1.0,mg/dL,2020-06-01 08:30"), timezone="Asia/Shanghai"
    ).accepted
    row = accepted.row(0, named=True)
    assert row["LBTESTCD"] == "SCR"
    assert (row["LBORRES"], row["LBORRESU"]) == ("1.0", "mg/dL")
    assert (row["LBSTRESN"], row["LBSTRESU"], row["UNITFAC"]) == (88.4, "umol/L", 88.4)
    assert row["LBDTC"] == "2020-06-01T08:30+08:00"
    assert (row["SRCFILE"], row["SRCLINE"]) == ("export.csv", 2)
    assert row["USUBJID"].startswith("STUDY-")


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        (",Albumin,38,g/L,2020-06-01", "subject_missing", "SUBJID"),
        ("p1,,38,g/L,2020-06-01", "test_missing", "LBTEST"),
        ("p1,Albumin,,g/L,2020-06-01", "result_missing", "LBORRES"),
        ("p1,Albumin,haemolysed,g/L,2020-06-01", "result_unreadable", "LBORRES"),
        ('p1,Albumin,"1,060",g/L,2020-06-01', "number_ambiguous", "LBORRES"),
        ("p1,Albumin,38,,2020-06-01", "unit_missing", "LBORRESU"),
        ("p1,Albumin,38,furlong,2020-06-01", "unit_unknown", "LBORRESU"),
        ("p1,Albumin,38,IU/mL,2020-06-01", "unit_not_for_analyte", "LBORRESU"),
        ("p1,Albumin,38,g/L,", "date_missing", "LBDTC"),
        ("p1,Albumin,38,g/L,2020-02-31", "date_impossible", "LBDTC"),
        ("p1,Albumin,38,g/L,03/04/2020", "date_ambiguous", "LBDTC"),
        ("p1,Albumin,38,g/L,2021-06-02", "date_future", "LBDTC"),
        ("p1,Albumin,380,g/L,2020-06-01", "value_outside_hard_limits", "LBORRES"),
        ("p1,Albumin,38", "row_ragged", None),
        ("p1,Albumin,38,g/L,2020-06-01,extra", "row_ragged", None),
    ],
)
def test_a_broken_row_is_quarantined_by_the_rule_it_breaks(
    run: Run, row: str, rule: str, column: str | None
) -> None:
    found = run(lab(GOOD, row), cutoff=date(2021, 6, 1))
    assert broken(found.quarantine) == [(rule, column)]
    assert found.quarantine["source_line"].to_list() == [3]
    assert found.accepted.height == 1


def test_a_row_lists_every_rule_it_breaks(run: Run) -> None:
    found = run(lab(",Albumin,,g/L,03/04/2020"))
    assert broken(found.quarantine) == [
        ("date_ambiguous", "LBDTC"),
        ("result_missing", "LBORRES"),
        ("subject_missing", "SUBJID"),
    ]
    assert found.ledger["quarantined"].to_list() == [1]


def test_a_test_that_no_dictionary_knows_is_unmapped_whatever_else_is_wrong(run: Run) -> None:
    found = run(lab("p1,Serum rhubarb,,furlong,never"))
    assert found.unmapped.select("test", "unit", "value").rows() == [
        ("Serum rhubarb", "furlong", None)
    ]
    assert found.quarantine.is_empty()


def test_the_ledger_counts_every_row_once(run: Run) -> None:
    found = run(lab(GOOD, ",Albumin,,g/L,bad", "p1,Rhubarb,1,g/L,2020-06-01", "", ",,,,", "p1,x"))
    row = found.ledger.row(0, named=True)
    assert (row["read"], row["accepted"], row["quarantined"], row["unmapped"]) == (4, 1, 2, 1)
    assert row["status"] == ("read" if row["read"] else "unreadable")


def test_codes_of_the_feed_become_ours_and_others_are_set_aside(run: Run) -> None:
    content = "id,sex\n1,男\n2,F\n3,other\n"
    found = run(
        content,
        domain="dm",
        columns={"SUBJID": "id", "SEX": "sex"},
        codes={"SEX": {"男": "M"}},
    )
    assert found.accepted["SEX"].to_list() == ["M", "F", None]
    assert broken(found.quarantine) == [("code_unknown", "SEX")]


def test_a_row_lives_on_without_its_bad_cell_where_it_could_be_without_it(run: Run) -> None:
    found = run(
        "id,sex,born,died,weight\n1,M,1899-05-01,2020-03-01,heavy\n2,F,1950-01-01,,1.060\n",
        domain="dm",
        columns={
            "SUBJID": "id", "SEX": "sex", "BRTHDTC": "born", "DTHDTC": "died", "WEIGHT": "weight"
        },
        decimal=",",
    )  # fmt: skip
    assert found.accepted.select("SEX", "BRTHDTC", "DTHDTC", "WEIGHT").rows() == [
        ("M", None, "2020-03-01", None),
        ("F", "1950-01-01", None, None),
    ]
    assert found.quarantine.select("source_line", "column", "rule", "aside").rows() == [
        (2, "BRTHDTC", "date_impossible", "cell"),
        (2, "WEIGHT", "result_unreadable", "cell"),
        (3, "WEIGHT", "number_ambiguous", "cell"),
    ]
    assert found.ledger.select("accepted", "quarantined").rows() == [(2, 0)]


@pytest.mark.parametrize(
    ("domain", "row", "column"),
    [
        ("ex", {"EXSTDTC": "2020-02-31"}, "EXSTDTC"),
        ("lb", {"LBRESST": "Teilbefund?"}, "LBRESST"),
        ("lb", {"LBDTC": "2020-02-31"}, "LBDTC"),
        ("lb", {"LBLOINC": "1751-8", "LBTEST": ""}, "LBLOINC"),
    ],
)
def test_a_bad_cell_that_says_who_what_when_or_how_much_takes_the_row(
    run: Run, domain: str, row: dict[str, str], column: str
) -> None:
    whole = {
        "ex": {"SUBJID": "1", "EXDOSE": "10", "EXSTDTC": "2020-03-01"},
        "lb": {
            "SUBJID": "1", "LBTEST": "Albumin", "LBORRES": "38", "LBORRESU": "g/L",
            "LBDTC": "2020-03-01",
        },
    }[domain] | row  # fmt: skip
    content = ",".join(whole) + "\n" + ",".join(whole.values()) + "\n"
    found = run(content, domain=domain, columns={name: name for name in whole})
    assert found.accepted.is_empty()
    taken = found.quarantine.filter(aside="row")
    assert broken(taken)[0][1] == column


@pytest.mark.parametrize(
    ("row", "gone"),
    [
        ({"LBRPTDTC": "2020-02-31"}, "LBRPTDTC"),
        ({"LBREFID": "1.23E+11"}, "LBREFID"),
        ({"LBLOINC": "1751-8"}, "LBLOINC"),
    ],
)
def test_a_result_lives_on_without_what_it_can_be_without(
    run: Run, row: dict[str, str], gone: str
) -> None:
    whole = {
        "SUBJID": "1", "LBTEST": "Albumin", "LBORRES": "38", "LBORRESU": "g/L",
        "LBDTC": "2020-03-01",
    } | row  # fmt: skip
    content = ",".join(whole) + "\n" + ",".join(whole.values()) + "\n"
    found = run(content, columns={name: name for name in whole})
    assert found.accepted["LBSTRESN"].to_list() == [38.0]
    assert found.accepted[gone].to_list() == ["1751-7" if gone == "LBLOINC" else None]
    assert found.quarantine.select("column", "aside").rows() == [(gone, "cell")]


def test_a_constant_stands_for_what_the_file_does_not_carry(run: Run) -> None:
    found = run(lab("p1,Creatinine,8.1,mmol/L,2020-06-01"), constants={"LBSPEC": "URINE"})
    assert found.accepted["LBTESTCD"].to_list() == ["UCREA"]


def test_texts_that_mean_missing_are_missing(run: Run) -> None:
    found = run(lab("p1,Albumin,-99,g/L,2020-06-01"), missing=["-99"])
    assert broken(found.quarantine) == [("result_missing", "LBORRES")]


def test_a_value_that_is_a_patient_is_told_apart(run: Run) -> None:
    found = run(lab(",Albumin,38,g/L,2020-06-01"))
    assert found.quarantine["identifies"].to_list() == [True]


def test_one_number_of_two_hospitals_is_two_people(run: Run) -> None:
    content = "Clinic,MRN,Test,Result,Unit,Collected\n" + "".join(
        f"{clinic},p1,Albumin,38,g/L,2020-06-01\n" for clinic in ("north", "south", "")
    )
    found = run(content, columns=LAB["columns"] | {"SITEID": "Clinic"})
    assert found.accepted["USUBJID"].n_unique() == 2
    assert found.identities["SITEID"].to_list() == ["north", "south"]
    assert found.quarantine["rule"].to_list() == ["site_missing"]
    assert found.quarantine["USUBJID"].to_list() == [None]
    alone = run(lab("p1,Albumin,38,g/L,2020-06-01"), site="north")
    assert alone.accepted["USUBJID"].item() in found.accepted["USUBJID"]


def test_identities_link_each_raw_id_with_its_pseudonym(run: Run) -> None:
    found = run(lab(GOOD, "p2,Albumin,38,g/L,2020-06-01", "p1,Albumin,37,g/L,2020-07-01"))
    assert found.identities["SUBJID"].to_list() == ["p1", "p2"]
    assert found.identities["USUBJID"].n_unique() == 2


def test_row_ids_are_the_same_for_the_same_delivery_and_unique(run: Run) -> None:
    content = lab(GOOD, GOOD, ",,,g/L,")
    once, twice = run(content), run(content)
    ids = [*once.accepted["ROWID"], *once.quarantine["row_id"].unique()]
    assert len(set(ids)) == 3
    assert once.accepted.equals(twice.accepted)


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_export_without_rows_gives_empty_tables_with_all_columns(run: Run, domain: str) -> None:
    found = run("MRN\n", domain=domain, columns={"SUBJID": "MRN"})
    assert found.accepted.is_empty()
    assert found.accepted.columns[0] == "USUBJID"
    assert found.accepted.columns[-4:] == ["ROWID", "SRCFILE", "SRCLINE", "SRCSHA"]
    assert found.ledger["read"].to_list() == [0]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_rule_names_its_columns_in_message_and_proposal(domain: str) -> None:
    for rule in rules(domain):
        assert rule.message, rule.id
        assert rule.proposal, rule.id


PIECES = [*'a",\n1.<é中 \r\0-+', "Albumin", "ANA", "g/L", "mg/dL", "2020-06-01", "1:80", "1e5"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join))
def test_the_fates_partition_the_rows_of_any_text(
    known: Dictionaries, tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "anything.csv"
    path.write_bytes(f"MRN,Test,Result,Unit,Collected\n{body}".encode())
    found = ingest([SourceFile("anything.csv", path)], "west", "d", LAB, known, KEY, "S")
    row = found.ledger.row(0, named=True)
    ids = [
        *found.accepted["ROWID"],
        *found.quarantine["row_id"].unique(),
        *found.unmapped["row_id"],
    ]
    assert row["status"] == ("read" if row["read"] else "unreadable")
    assert row["read"] == row["accepted"] + row["quarantined"] + row["unmapped"]
    assert len(ids) == len(set(ids)) == row["read"]


@pytest.mark.parametrize("word", ["NULL", "na", "#N/A", "nan", "Total", "合计"])
def test_a_word_for_missing_and_a_sum_are_nobody_s_id(run: Run, word: str) -> None:
    found = run(lab(f"{word},Albumin,38,g/L,2020-06-01", "7,Albumin,38,g/L,2020-06-01"))
    assert found.quarantine["rule"].to_list() == ["subject_missing"]
    assert found.identities["SUBJID"].to_list() == ["7"]


def test_a_typed_offset_goes_before_the_feed_s_clock_and_the_study_s_clock_shows_it(
    run: Run,
) -> None:
    rows = lab("1,Albumin,38,g/L,2021-01-05T23:30:00Z", "1,Albumin,39,g/L,2021-01-06 07:30")
    for study in ({}, {"timezone": "Asia/Tokyo"}):
        found = run(rows, **on_clock({"timezone": "Asia/Shanghai"}, study))
        assert found.accepted["LBDTC"].str.head(16).to_list() == (
            ["2021-01-06T08:30", "2021-01-06T08:30"] if study else ["2021-01-06T07:30"] * 2
        )


def test_words_of_severity_are_read_whatever_their_case(run: Run) -> None:
    lines = ["MRN,Event,Start,Severity,Grade", "1,Cough,2021-01-02,moderate,Grade 2"]
    lines += ["1,Fever,2021-01-03,schwer,", "1,Rash,2021-01-04,terrible,3"]
    feed = {
        "domain": "ae",
        "columns": {
            "SUBJID": "MRN",
            "AETERM": "Event",
            "AESTDTC": "Start",
            "AESEV": "Severity",
            "AETOXGR": "Grade",
        },
    }
    found = run("\n".join(lines), **feed)
    read = found.accepted.select("AESEV", "AETOXGR").rows()
    assert read == [("MODERATE", 2), ("SEVERE", None), (None, 3)]
    assert found.quarantine.select("column", "rule").rows() == [("AESEV", "code_unknown")]
