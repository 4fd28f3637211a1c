"""Questionnaire rows: which item, and whether the score is one the item can have."""

import polars as pl

from remit.dictionaries import NO_SPELLINGS, Dictionaries, folded
from remit.ingest import results

HIGHEST_TOTAL = 105
PRESENT = {"y": 1, "yes": 1, "present": 1, "有": 1, "是": 1, "√": 1, "+": 1, "阳性": 1}
ABSENT = {"n": 0, "no": 0, "absent": 0, "无": 0, "否": 0, "×": 0, "-": 0, "阴性": 0}


def read(rows: pl.DataFrame, dictionaries: Dictionaries) -> pl.DataFrame:
    """Add QSTESTCD ITEM QSSTRESN SCORE_ALLOWED QSORRES.FAULT QSORRES.HINT VALUE_PROPOSAL.

    An item scores nothing or its weight; present or absent in words stands for these. A recorded
    total is a whole number from 0 to 105.
    """
    names = rows["QSTEST"].drop_nulls().unique()
    items = [dictionaries.items.get(folded(name), {}) for name in names]
    table = pl.DataFrame(
        {
            "QSTEST": names,
            "QSTESTCD": [item.get("QSTESTCD") for item in items],
            "ITEM": [item.get("QSTEST") for item in items],
            "WEIGHT": [item.get("weight") for item in items],
        },
        schema=dict.fromkeys(("QSTEST", "QSTESTCD", "ITEM", "WEIGHT"), pl.String),
    ).with_columns(pl.col("WEIGHT").cast(pl.Float64))
    rows = rows.join(table, on="QSTEST", how="left", maintain_order="left")
    # No operators and ordinals here: a score is a number or a word of presence.
    read = results.parse_column(rows["QSORRES"], NO_SPELLINGS, ".", "")
    word = (
        pl.col("QSORRES")
        .str.to_lowercase()
        .replace_strict(PRESENT | ABSENT, default=None, return_dtype=pl.Float64)
    )
    total = pl.col("WEIGHT").is_null()
    score = pl.coalesce(
        pl.when(~total).then(word * pl.col("WEIGHT")),
        pl.when((read["TYPE"] == "number") & read["UNIT"].is_null()).then(read["NUMBER"]),
    )
    rows = rows.with_columns(score.alias("QSSTRESN"))
    score = pl.col("QSSTRESN")
    return rows.with_columns(
        pl.when(score.is_null() & pl.col("QSORRES").is_not_null())
        .then(read["FAULT"].fill_null("result_unreadable"))
        .alias("QSORRES.FAULT"),
        pl.lit(None, pl.String).alias("QSORRES.HINT"),
        SCORE_ALLOWED=pl.when(total)
        .then((score >= 0) & (score <= HIGHEST_TOTAL) & (score == score.floor()))
        .otherwise((score == 0) | (score == pl.col("WEIGHT"))),
        VALUE_PROPOSAL=pl.when(total)
        .then(pl.lit(f"a total is a whole number from 0 to {HIGHEST_TOTAL}"))
        .otherwise(
            pl.format(
                "an item scores 0 or {}; map other codes in the feed's `codes.QSORRES`",
                pl.col("WEIGHT").cast(pl.Int64, strict=False),
            )
        ),
    )
