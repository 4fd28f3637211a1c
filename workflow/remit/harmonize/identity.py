"""Who is who: one table of all people of the study, and no two of them under one name."""

from __future__ import annotations

import polars as pl

from remit.errors import RemitError
from remit.privacy.pseudonyms import PERSON, normalize


def people(identities: pl.DataFrame) -> pl.DataFrame:
    """Every person whom any delivery names: SITEID SUBJID (normalized) USUBJID, sorted.

    Args:
        identities: SITEID SUBJID (as written) USUBJID of all deliveries.

    Raises:
        RemitError: two people share a pseudonym (their count, never who they are).
    """
    plain = pl.col(PERSON).map_elements(normalize, return_dtype=pl.String)
    distinct = identities.with_columns(plain).unique().sort("USUBJID", *PERSON)
    shared = distinct.filter(pl.col("USUBJID").is_duplicated())
    if shared.height:
        raise RemitError(
            f"{shared.height} patient ids share {shared['USUBJID'].n_unique()} pseudonyms "
            f"({', '.join(shared['USUBJID'].unique().sort().head(3))}): each would be taken for the "
            "other. Start the study over with a new pseudonym key; who they are is in "
            "results/private/ingested."
        )
    return distinct
