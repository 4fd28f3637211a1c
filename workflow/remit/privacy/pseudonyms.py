"""Keyed pseudonyms: the only names subjects have outside `results/private/`."""

import hmac
import unicodedata
from functools import cache
from hashlib import sha256

import polars as pl

from remit.errors import RemitError
from remit.privacy.key import load_key

__all__ = ["load_key", "normalize", "pseudonym", "pseudonyms"]


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
    if frame["USUBJID"].n_unique() == len(distinct):
        return frame
    people = len({normalize(subject) for subject in distinct})
    if frame["USUBJID"].n_unique() != people:
        raise RemitError(
            f"{people} patient ids gave {frame['USUBJID'].n_unique()} pseudonyms. Start the study "
            "over with a new pseudonym key."
        )
    return frame
