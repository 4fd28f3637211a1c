"""What a study of lupus derives beside the sums of its questionnaires."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from remit.packs.lupus import bilag, sledai


def derived(
    qs: pl.DataFrame, subjects: pl.DataFrame, items: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """New features of SLEDAI-2K and new grades of BILAG-2004.

    Args:
        qs: Harmonized questionnaires.
        subjects: USUBJID TRTSDT.
        items: The dictionary `questionnaires`.
    """
    yield sledai.new_features(qs, items)
    yield bilag.new_grades(qs, subjects)
