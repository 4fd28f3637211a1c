"""Keyed pseudonyms: the only names subjects have outside `results/private/`."""

import hmac
import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

import polars as pl

#: Hexadecimal digits of a pseudonym: 80 bits, so that no two of a million people share one by chance
#: (odds of 1 to 2.4e12).
DIGITS = 20
#: What one patient is called by one hospital.
PERSON = ["SITEID", "SUBJID"]
#: The hospital (or None) and the patient's number in it.
Number = tuple[str | None, str]
IDENTITIES = {
    **dict.fromkeys((*PERSON, "USUBJID", "NUMBER", "HOSPITAL"), pl.String),
    "ROWS": pl.Int64,
}


@cache
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


def pseudonyms(
    rows: pl.DataFrame, key: bytes, studyid: str, links: Mapping[Number, Number] | None = None
) -> pl.DataFrame:
    """The people of rows with SITEID and SUBJID, one row per spelling of a number.

    Args:
        rows: SITEID SUBJID (as written).
        key: the study's key.
        studyid: the study's id.
        links: a number to the one its person is known by (`subject_ids.load_links`).

    Returns:
        `IDENTITIES`, sorted: NUMBER and HOSPITAL are those that the person is known by; ROWS counts.
    """
    met = rows.select(PERSON).drop_nulls("SUBJID").group_by(PERSON).agg(ROWS=pl.len())
    met = met.with_columns(pl.col("ROWS").cast(pl.Int64)).sort(PERSON)
    numbers = [(site and normalize(site), normalize(id)) for site, id, _ in met.iter_rows()]
    known = [links.get(number, number) for number in numbers] if links else numbers
    return met.select(
        *PERSON,
        pl.Series("USUBJID", [pseudonym(id, key, studyid, site) for site, id in known], pl.String),
        pl.Series("NUMBER", [id for _, id in known], pl.String),
        pl.Series("HOSPITAL", [site for site, _ in known], pl.String),
        "ROWS",
    )
