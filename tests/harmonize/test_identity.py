"""Who is who: nobody under another's name, and whoever may be somebody else is pointed out."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.errors import RemitError
from remit.harmonize.identity import people, resemblances, warnings
from remit.ingest.subject_ids import load_links
from remit.privacy.pseudonyms import pseudonyms


def identities(*rows: tuple[str | None, str, str]) -> pl.DataFrame:
    """SITEID, SUBJID as it is written, and USUBJID."""
    schema = ["SITEID", "SUBJID", "USUBJID"]
    frame = pl.DataFrame(rows, schema=schema, orient="row").cast(pl.String)
    return frame.with_columns(
        HOSPITAL="SITEID",
        NUMBER=pl.col("SUBJID").str.normalize("NFKC").str.strip_chars(),
        ROWS=pl.lit(1, pl.Int64),
    )


def test_spellings_of_one_number_are_one_person_whichever_delivery_has_them() -> None:
    found = people(identities((None, "１２", "S-A"), (None, " 12", "S-A"), (None, "13", "S-B")))
    assert found.rows() == [(None, "12", "S-A"), (None, "13", "S-B")]


def test_two_people_with_one_pseudonym_stop_the_run_unnamed() -> None:
    rows = identities((None, "10612864", "S-A"), (None, "11340192", "S-A"), (None, "3", "S-B"))
    with pytest.raises(RemitError, match="2 patient ids share 1 pseudonyms") as error:
        people(rows)
    assert "10612864" not in str(error.value)


def test_two_hospitals_with_one_pseudonym_stop_the_run_too() -> None:
    with pytest.raises(RemitError, match="share"):
        people(identities(("north", "1", "S-A"), ("south", "1", "S-A")))


KEY = bytes(32)


def named(*rows: tuple[str, str | None, str, int], links: Any = None) -> pl.DataFrame:
    """What the feeds name: domain (also the feed's name), hospital, number as written, rows."""
    frames = []
    for domain, site, number, count in rows:
        one = pl.DataFrame({"SITEID": [site] * count, "SUBJID": [number] * count})
        found = pseudonyms(one.cast(pl.String), KEY, "S", links)
        frames.append(found.with_columns(FEED=pl.lit(domain), DOMAIN=pl.lit(domain)))
    return pl.concat(frames)


def alike(*rows: tuple[str, str | None, str, int]) -> list[tuple[str, str, str]]:
    found = resemblances(named(*rows))
    return sorted(found.select("NUMBER", "OTHER_NUMBER", "EVIDENCE").rows())


@pytest.mark.parametrize(
    ("member", "stranger", "evidence"),
    [
        ("0023", "23", "leading zeros"),
        ("LN-0023", "ln23", "leading zeros, upper and lower case, marks between"),
        ("A12", "a12", "upper and lower case"),
        ("12-345", "12 345", "marks between"),
        ("0023", "23.0", "leading zeros, a decimal"),
        ("28394057", "MRN28394057", "letters around the digits"),
        ("28394057", "28394O57", "one character"),
        ("28394057", "2839457", "one character"),
        ("28394057", "283940577", "one character"),
        ("28394057", "28394507", "one character"),
    ],
)
def test_a_stranger_whose_number_resembles_a_member_s_is_pointed_out_with_the_evidence(
    member: str, stranger: str, evidence: str
) -> None:
    rows = (("dm", None, member, 1), ("lb", None, stranger, 5))
    assert alike(*rows) == [(member, stranger, evidence)]
    told = warnings(named(*rows), resemblances(named(*rows)))
    assert told["warning"].to_list() == ["near stranger", "feed of strangers"]
    assert not any(number in told["message"][0] for number in (member, stranger))


def test_numbers_that_differ_otherwise_are_nobody_s_business() -> None:
    assert alike(("dm", None, "28394057", 1), ("lb", None, "91122334", 5)) == []
    assert alike(("dm", None, "12", 1), ("lb", None, "13", 5)) == []
    assert alike(("dm", "north", "0023", 1), ("lb", "south", "23", 5)) == []


def test_the_neighbours_of_a_series_of_numbers_are_no_misspellings() -> None:
    members = [("dm", None, f"10{n:02d}", 1) for n in range(40)]
    assert alike(*members, ("lb", None, "1050", 5)) == []


def test_a_member_without_rows_may_be_the_same_number_of_another_hospital() -> None:
    rows = (("dm", "north", "28394057", 1), ("lb", "south", "28394057", 5))
    assert alike(*rows) == [("28394057", "28394057", "the hospital")]
    assert alike(*rows, ("lb", "north", "28394057", 2)) == []


def test_zeros_lost_in_the_feed_of_doses_alone_are_a_warning_though_there_are_results() -> None:
    rows = named(("dm", None, "0023", 1), ("lb", None, "0023", 9), ("ex", None, "23", 2))
    (told,) = warnings(rows, resemblances(rows)).filter(warning="near stranger")["message"]
    assert "who has 9 rows" in told


def test_a_stranger_of_a_similar_number_is_listed_and_no_warning_where_the_member_has_rows() -> (
    None
):
    rows = named(
        ("dm", None, "28394057", 1), ("lb", None, "28394057", 9), ("lb", None, "28394058", 2)
    )
    assert resemblances(rows).height == 1
    assert warnings(rows, resemblances(rows)).is_empty()


def test_what_befalls_members_with_rows_as_often_is_chance() -> None:
    alone = [("dm", None, f"2839{n}057", 1) for n in range(4)]
    whole = [("lb", None, number, 3) for _, _, number, _ in alone[2:]]
    near = [("lb", None, f"2839{n}157", 2) for n in range(4)]
    rows = named(*alone, *whole, *near)
    assert resemblances(rows).height >= 4
    assert "near stranger" not in warnings(rows, resemblances(rows))["warning"].to_list()


def test_two_members_whose_numbers_differ_by_zeros_may_be_one() -> None:
    rows = named(("dm", None, "0023", 1), ("dm", None, "23", 1), ("lb", None, "0023", 4))
    assert warnings(rows, resemblances(rows))["warning"].to_list() == ["near member"]


def test_strangers_of_a_laboratory_that_sends_everybody_are_no_warning() -> None:
    rows = named(
        ("dm", None, "28394057", 1), ("lb", None, "28394057", 3), ("lb", None, "91122334", 90)
    )
    assert warnings(rows, resemblances(rows)).is_empty()


LINKS = "SITEID,SUBJID,IS_SITEID,IS_SUBJID,initials,date,reason"


def test_a_signed_link_makes_two_numbers_one_person_under_the_name_of_the_second(
    tmp_path: Path,
) -> None:
    table = tmp_path / "links.csv"
    table.write_text(
        f"{LINKS}\nsouth,77,north,0023,XY,2021-03-01,moved\nsouth,78,south,77,XY,2021-03-02,merged\n"
    )
    links = load_links(table)
    rows = named(("dm", "north", "0023", 1), ("lb", "south", "78", 2), links=links)
    assert rows["USUBJID"].n_unique() == 1
    assert people(rows)["SUBJID"].to_list() == ["0023", "78"]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (",1,,2,XY,2021-03-01,", "line 2: reason is missing"),
        (
            ",1,,2,XY,2021-03-01,why\n,1,,3,XY,2021-03-01,why",
            "line 3: the number is itself, or two",
        ),
        (",1,,2,XY,2021-03-01,why\n,2,,1,XY,2021-03-01,why", "in a circle"),
    ],
)
def test_a_link_that_is_not_signed_or_leads_nowhere_is_refused(
    tmp_path: Path, lines: str, error: str
) -> None:
    table = tmp_path / "links.csv"
    table.write_text(f"{LINKS}\n{lines}\n")
    with pytest.raises(RemitError, match=error):
        load_links(table)
