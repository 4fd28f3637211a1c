"""What to do where nothing of a feed could be used: how many rows, why, and a format that fits."""

from pathlib import Path

import polars as pl
import pytest

from remit.ingest import Ingested, remedies

from .conftest import LAB, Run, lab


def said(found: Ingested, *declared: str) -> list[str]:
    ledger = [{k: str(v) for k, v in row.items()} for row in found.ledger.to_dicts()]
    feeds = {"west": {"dates": declared}}
    return [
        remedies.of_unusable(feed, rows, found.quarantine, found.unmapped, feeds)
        for feed, rows in remedies.unusable(ledger).items()
    ]


def of_days(*days: str) -> str:
    return lab(*[f"p{n},Albumin,38,g/L,{day}" for n, day in enumerate(days)])


def test_a_feed_whose_dates_are_of_another_form_is_told_with_one_that_fits(run: Run) -> None:
    (told,) = said(run(of_days("29.01.2022", "30.01.2022"), dates=["%d/%m/%Y"]), "%d/%m/%Y")
    assert told == (
        "feeds.west: none of its 2 rows could be used. date_impossible (2 rows), such as export.csv, "
        "line 2, LBDTC: 29.01.2022 is no date in any declared format: `dates` declares %d/%m/%Y; "
        "what fits all values is %d.%m.%Y."
    )


def test_a_feed_of_which_one_row_can_be_used_is_none(run: Run) -> None:
    assert said(run(of_days("29.01.2022", "2022-01-30"), dates=["%d/%m/%Y"])) == []


def test_a_feed_whose_tests_nobody_knows_is_told_with_one_of_them(run: Run) -> None:
    (told,) = said(run(lab("p1,Albumn,38,g/L,2022-01-30", "p2,Albumn,,g/L,2022-01-30")))
    assert "none of its 2 rows" in told
    assert "No dictionary knows the test of 2 of them, such as export.csv, line 2: 'Albumn'" in told


def test_a_feed_without_rows_is_left_to_the_reader(run: Run) -> None:
    assert said(run(lab())) == []


def test_a_file_of_another_feed_is_told_to_belong_there(tmp_path: Path) -> None:
    feeds = {
        "people": {**LAB, "domain": "dm", "columns": {"SUBJID": "MRN", "SEX": "Sex"}},
        "west": LAB,
        "wide": {**LAB, "columns": {"SUBJID": "MRN", "LBDTC": "Collected"}},
        "same folder": {**LAB, "from": "people"},
    }
    path = tmp_path / "people" / "export.csv"
    path.parent.mkdir()
    path.write_text(lab("p1,Albumin,38,g/L,2022-01-30"))
    told = remedies.of_another_feed(path, "people", tmp_path, feeds)
    assert (
        told == f"export.csv: this looks like a file of feed west: move it to {tmp_path / 'west'}."
    )
    path.write_text("MRN,Born\n1,1990\n")
    assert remedies.of_another_feed(path, "people", tmp_path, feeds) is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["05.01.2022 08:00", "31.01.2022 08:30"], "fits all values is %d.%m.%Y %H:%M"),
        (["05.01.2022 08:00", "31.01.2022"], "fits all values is %d.%m.%Y, %d.%m.%Y %H:%M"),
        (["1/2/2022"], "fits all values is %d/%m/%Y or %m/%d/%Y"),
        (["1/31/2022", "soon"], "fits all values but 1 of 2 different ones is %m/%d/%Y"),
        (["soon"], "no usual format fits the values"),
        (["29-Jan-2022"], "fits all values is %d-%b-%Y"),
        (["29.01.22"], "fits all values is %d.%m.%y"),
    ],
)
def test_the_formats_are_the_fewest_that_read_the_values(values: list[str], told: str) -> None:
    assert told in remedies.of_dates(pl.Series(values), ["%Y"])
    assert remedies.of_dates(pl.Series(values), []).startswith("no `dates` are declared")
