"""Who is who: nobody under another's name."""

import polars as pl
import pytest

from remit.errors import RemitError
from remit.harmonize.identity import people


def identities(*rows: tuple[str | None, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["SITEID", "SUBJID", "USUBJID"], orient="row").cast(pl.String)


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
