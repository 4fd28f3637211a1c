"""Keyed pseudonyms: the only names subjects have outside `results/private/`."""

import hmac
import os
import re
import secrets
import unicodedata
from functools import cache
from hashlib import sha256
from pathlib import Path

import polars as pl

from remit.errors import RemitError


def load_key(path: Path) -> bytes:
    """Read the study's pseudonym key; create it, readable by its owner alone, when there is none.

    The file holds one line of 64 hexadecimal digits; lines that begin with `#` are comments.

    Raises:
        RemitError: the file holds anything else.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if len(keys) != 1 or not re.fullmatch(r"[0-9a-fA-F]{64}", keys[0]):
        raise RemitError(
            f"{path}: a pseudonym key is one line of 64 hexadecimal digits. Restore the study's "
            "key from its backup; only for a study without results may the file be deleted, so "
            "that a new one is made."
        )
    return bytes.fromhex(keys[0])


@cache
def normalize(subject: str) -> str:
    """The form of a hospital's patient id that is hashed: NFKC, without outer spaces."""
    return unicodedata.normalize("NFKC", subject).strip()


@cache
def pseudonym(subject: str, key: bytes, studyid: str) -> str:
    """STUDYID, a hyphen, the first ten hex digits of HMAC-SHA-256 of the normalized id."""
    digest = hmac.new(key, normalize(subject).encode(), sha256).hexdigest()
    return f"{studyid}-{digest[:10].upper()}"


def pseudonyms(subjects: pl.Series, key: bytes, studyid: str) -> pl.DataFrame:
    """SUBJID (as written) and USUBJID of every distinct subject, sorted.

    Raises:
        RemitError: two ids share a pseudonym (their counts, never the ids, are named).
    """
    distinct = subjects.drop_nulls().unique().sort()
    frame = pl.DataFrame(
        {
            "SUBJID": distinct,
            "USUBJID": [pseudonym(subject, key, studyid) for subject in distinct],
        },
        schema={"SUBJID": pl.String, "USUBJID": pl.String},
    )
    people = len({normalize(subject) for subject in distinct})
    if frame["USUBJID"].n_unique() != people:
        raise RemitError(
            f"{people} patient ids gave {frame['USUBJID'].n_unique()} pseudonyms. Start the study "
            "over with a new pseudonym key."
        )
    return frame
