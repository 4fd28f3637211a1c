"""Pseudonyms: keyed, stable, and made from nothing but the key and the id."""

import hashlib
import hmac
import stat
from pathlib import Path

import polars as pl
import pytest

from remit.errors import RemitError
from remit.privacy.pseudonyms import load_key, pseudonym, pseudonyms

KEY = bytes(range(32))


def test_a_pseudonym_is_the_study_and_ten_digits_of_the_hmac() -> None:
    digest = hmac.new(KEY, b"MRN-1", hashlib.sha256).hexdigest()[:10].upper()
    assert pseudonym("MRN-1", KEY, "S") == f"S-{digest}"


def test_spellings_of_one_id_are_one_person() -> None:
    assert pseudonym(" １２３ ", KEY, "S") == pseudonym("123", KEY, "S")
    assert pseudonym("0123", KEY, "S") != pseudonym("123", KEY, "S")


def test_every_distinct_id_is_listed_once_in_order() -> None:
    frame = pseudonyms(pl.Series(["b", None, "a", "b"]), KEY, "S")
    assert frame["SUBJID"].to_list() == ["a", "b"]
    assert frame["USUBJID"].n_unique() == 2


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
