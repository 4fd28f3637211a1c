"""What packs add to the stages of the road beside derived records: kinds of events, and queries."""

from __future__ import annotations

import polars as pl

from remit.analysis.events import Kind
from remit.packs.kidney.flares import flare
from remit.packs.lupus import sledai

#: Kinds of events that only a pack knows, by the name that the plan calls them.
EVENT_KINDS: dict[str, Kind] = {"flare": flare}


def contradicted(qs: pl.DataFrame, items: pl.DataFrame, lb: pl.DataFrame) -> pl.DataFrame:
    """Items of questionnaires that the laboratory contradicts, as `scores.QUERY`.

    Args:
        qs: Harmonized questionnaires.
        items: The dictionary `questionnaires`.
        lb: Harmonized laboratory results.
    """
    return sledai.contradicted(qs, items, lb)
