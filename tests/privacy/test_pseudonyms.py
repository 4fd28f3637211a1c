"""Pseudonyms: keyed, stable, and made from nothing but the key and the id."""

import hashlib
import hmac
import stat
from pathlib import Path

import polars as pl
import pytest

from remit.errors import RemitError
from remit.privacy.key import load_key
from remit.privacy.pseudonyms import pseudonym, pseudonyms

KEY = bytes(range(32))


def test_a_pseudonym_is_the_study_and_80_bits_of_the_hmac_of_study_site_and_id() -> None:
    for site, person in ((None, b'["S", null, "MRN-1"]'), ("north", b'["S", "north", "MRN-1"]')):
        digest = hmac.new(KEY, person, hashlib.sha256).hexdigest()[:20].upper()
        assert pseudonym("MRN-1", KEY, "S", site) == f"S-{digest}"


def test_another_study_or_hospital_gives_one_number_another_pseudonym() -> None:
    names = [pseudonym("1", KEY, study, site) for study in "ST" for site in (None, "a", "b")]
    assert len({name.rsplit("-", 1)[-1] for name in names}) == len(names)
    assert pseudonym("1", KEY, "S", " ａ ") == pseudonym("1", KEY, "S", "a")


def test_spellings_of_one_id_are_one_person() -> None:
    assert pseudonym(" １２３ ", KEY, "S") == pseudonym("123", KEY, "S")
    assert pseudonym("0123", KEY, "S") != pseudonym("123", KEY, "S")


def test_every_distinct_id_is_listed_once_in_order() -> None:
    rows = pl.DataFrame({"SITEID": ["x", "x", "x", "y", "x"], "SUBJID": ["b", None, "a", "a", "b"]})
    frame = pseudonyms(rows, KEY, "S")
    assert frame.select("SITEID", "SUBJID").rows() == [("x", "a"), ("x", "b"), ("y", "a")]
    assert frame["USUBJID"].n_unique() == 3


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "private" / "pseudonym.key"
    key = load_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path) == key


def test_comments_in_a_key_file_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("# of the demo study\n" + KEY.hex() + "\n", encoding="utf-8")
    assert load_key(path) == KEY


@pytest.mark.parametrize("text", ["", "secret", "ab" * 31, "ab" * 32 + "\n" + "cd" * 32])
def test_a_malformed_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RemitError, match="64 hexadecimal digits") as error:
        load_key(path)
    assert not text or text not in str(error.value)
