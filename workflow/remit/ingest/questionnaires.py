"""Questionnaire rows: which item, and whether the score is one the item can have."""

import polars as pl

from remit.ingest import results
from remit.ingest.dictionaries import NO_SPELLINGS, Dictionaries, folded

PRESENT = {"y": 1, "yes": 1, "present": 1, "有": 1, "是": 1, "√": 1, "+": 1, "阳性": 1}
ABSENT = {"n": 0, "no": 0, "absent": 0, "无": 0, "否": 0, "×": 0, "-": 0, "阴性": 0}


def read(rows: pl.DataFrame, dictionaries: Dictionaries) -> pl.DataFrame:
    """Add QSTESTCD ITEM QSSTRESN SCORE_ALLOWED QSORRES.FAULT QSORRES.HINT VALUE_PROPOSAL.

    What an item can score stands in the dictionary: its weight or nothing (present or absent in
    words stands for these), a number of a range such as `0-105` (whole) or `0.0-3.0`, or one of
    several grades such as `A=12;B=8`.
    """
    names = rows["QSTEST"].drop_nulls().unique()
    items = [dictionaries.items.get(folded(name), {}) for name in names]
    table = pl.DataFrame(
        {
            "QSTEST": names,
            "QSTESTCD": [item.get("QSTESTCD") for item in items],
            "ITEM": [item.get("QSTEST") for item in items],
            "WEIGHT": [item.get("weight") for item in items],
            "SCORES": [item.get("scores") for item in items],
        },
        schema=dict.fromkeys(("QSTEST", "QSTESTCD", "ITEM", "WEIGHT", "SCORES"), pl.String),
    ).with_columns(pl.col("WEIGHT").cast(pl.Float64))
    rows = rows.join(table, on="QSTEST", how="left", maintain_order="left")
    # No operators and ordinals here: a score is a number, a grade or a word of presence.
    read = results.parse_column(rows["QSORRES"], NO_SPELLINGS, ".", "")
    answer = pl.col("QSORRES").str.to_lowercase()
    word = answer.replace_strict(PRESENT | ABSENT, default=None, return_dtype=pl.Float64)
    grade = pl.format("{}|{}", "SCORES", answer).replace_strict(
        _grades(table["SCORES"]), default=None, return_dtype=pl.Float64
    )
    graded = pl.col("SCORES").str.contains("=", literal=True).fill_null(False)
    number = pl.when((read["TYPE"] == "number") & read["UNIT"].is_null()).then(read["NUMBER"])
    rows = rows.with_columns(
        pl.when(graded)
        .then(grade)
        .otherwise(pl.coalesce(word * pl.col("WEIGHT"), number))
        .alias("QSSTRESN")
    )
    score, ends = pl.col("QSSTRESN"), pl.col("SCORES").str.split("-").list
    low, high = (ends.get(k, null_on_oob=True).cast(pl.Float64, strict=False) for k in (0, 1))
    whole = ~pl.col("SCORES").str.contains(".", literal=True)
    return rows.with_columns(
        pl.when(score.is_null() & pl.col("QSORRES").is_not_null())
        .then(read["FAULT"].fill_null("result_unreadable"))
        .alias("QSORRES.FAULT"),
        pl.lit(None, pl.String).alias("QSORRES.HINT"),
        SCORE_ALLOWED=pl.when(graded)
        .then(score.is_not_null())
        .when(pl.col("SCORES").is_not_null())
        .then(score.is_between(low, high) & (~whole | (score == score.floor())))
        .otherwise((score == 0) | (score == pl.col("WEIGHT"))),
        VALUE_PROPOSAL=pl.when(graded)
        .then(pl.format("a grade is one of {}", pl.col("SCORES").str.replace_all(r"=[^;]*", "")))
        .when(whole)
        .then(pl.format("a whole number from {}", pl.col("SCORES").str.replace("-", " to ")))
        .when(pl.col("SCORES").is_not_null())
        .then(pl.format("a number from {}", pl.col("SCORES").str.replace("-", " to ")))
        .otherwise(
            pl.format(
                "an item scores 0 or {}; map other codes in the feed's `codes.QSORRES`",
                pl.col("WEIGHT").cast(pl.Int64, strict=False),
            )
        ),
    )


def _grades(scores: pl.Series) -> dict[str, float]:
    """`scores|grade` in lower case to its number, for every list of grades."""
    found = {}
    for text in scores.drop_nulls().unique():
        for part in text.split(";") if "=" in text else ():
            name, _, number = part.partition("=")
            found[f"{text}|{name.lower()}"] = float(number)
    return found
