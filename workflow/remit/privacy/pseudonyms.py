"""Keyed pseudonyms: the only names subjects have outside `results/private/`."""

import hmac
import json
import unicodedata
from functools import cache
from hashlib import sha256

import polars as pl

#: Hexadecimal digits of a pseudonym: 80 bits, so that no two of a million people share one by chance
#: (odds of 1 to 2.4e12).
DIGITS = 20
#: What one patient is called by one hospital.
PERSON = ["SITEID", "SUBJID"]


def normalize(subject: str) -> str:
    """The form of a hospital's patient id that is hashed: NFKC, without outer spaces."""
    return unicodedata.normalize("NFKC", subject).strip()


@cache
def pseudonym(subject: str, key: bytes, studyid: str, site: str | None = None) -> str:
    """STUDYID, a hyphen, the first `DIGITS` of HMAC-SHA-256 of study, site and normalized id.

    The three are hashed as a JSON array, which no other three give.
    """
    person = json.dumps([studyid, site and normalize(site), normalize(subject)])
    digest = hmac.new(key, person.encode(), sha256).hexdigest()
    return f"{studyid}-{digest[:DIGITS].upper()}"


def pseudonyms(people: pl.DataFrame, key: bytes, studyid: str) -> pl.DataFrame:
    """SITEID and SUBJID (as written) and USUBJID of every distinct person, sorted."""
    distinct = people.select(PERSON).drop_nulls("SUBJID").unique().sort(PERSON)
    names = [pseudonym(subject, key, studyid, site) for site, subject in distinct.iter_rows()]
    return distinct.with_columns(USUBJID=pl.Series(names, dtype=pl.String))
