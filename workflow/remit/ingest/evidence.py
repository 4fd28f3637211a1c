"""Whether a name that a strip and a quantity share is decided by the results that come with it."""

import polars as pl

#: What urine strips print for protein, in g/L: Siemens Multistix (trace, 0.3, 1, 3, 20), Roche Combur
#: (0.25, 0.75, 1.5, 5), Arkray and Sysmex analysers (0.1, 0.15, 0.3, 1, 2, 3, 6, 10).
STRIP = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 6.0, 10.0, 20.0]
#: Words of a name that only a quantity has.
QUANTITY = "total|quant|concentration|24|总|定量|微量|浓度|tp$"


def strip_or_quantity() -> pl.Expr:
    """Whether a urine protein without a LOINC code may be a strip's, by all results of its name.

    Of rows that `laboratory.read` has read. A result between the levels that strips print shows that
    the name is a quantity; as long as there is none, nobody can tell.
    """
    asked = (
        (pl.col("LBTESTCD") == "UPROT")
        & pl.col("LBLOINC").is_null()
        & ~pl.col("LBTEST").str.to_lowercase().str.contains(QUANTITY)
    ).fill_null(False)
    level = pl.col("LBSTRESN").is_null() | pl.col("LBSTRESN").round(4).is_in(STRIP)
    return asked & level.all().over("LBTEST", "LBSPEC")


#: What a result says, so that what is set aside can be held against what is accepted.
DIRECTIONS: dict[str, type[pl.DataType]] = {
    "LBTESTCD": pl.String,
    "direction": pl.String,
    "accepted": pl.Int64,
    "quarantined": pl.Int64,
}
_ABSENT = ["NEGATIVE", "NORMAL"]


def directions(rows: pl.DataFrame) -> pl.DataFrame:
    """`DIRECTIONS` of laboratory rows as the rules saw them: how many results of each kind met which fate.

    A result is negative or positive in words, below or above a limit of detection or of what can be, low
    or high by its own reference range, a number, or a text that cannot be read.
    """
    kind, oper = pl.col("TYPE"), pl.col("OPER")
    value = pl.col("LBSTRESN")
    said = (
        pl.when(kind == "ordinal")
        .then(
            pl.when(pl.col("CODE").is_in(_ABSENT))
            .then(pl.lit("negative"))
            .otherwise(pl.lit("positive"))
        )
        .when(oper.is_in(["<", "<="]) | (value < pl.col("HARD_LO")))
        .then(pl.lit("below"))
        .when(oper.is_in([">", ">="]) | (value > pl.col("HARD_HI")))
        .then(pl.lit("above"))
        .when(pl.col("LBNRIND").is_in(["LOW", "HIGH"]))
        .then(pl.col("LBNRIND").str.to_lowercase())
        .when(kind == "text")
        .then(pl.lit("text"))
        .otherwise(pl.lit("number"))
    )
    known = rows.lazy().filter(
        pl.col("LBTESTCD").is_not_null() & pl.col("LBORRES").is_not_null() & ~pl.col("UNMAPPED")
    )
    return (
        known.select("LBTESTCD", "GOOD", direction=said)
        .group_by("LBTESTCD", "direction")
        .agg(accepted=pl.col("GOOD").sum(), quarantined=(~pl.col("GOOD")).sum())
        .select(pl.col(name).cast(kind) for name, kind in DIRECTIONS.items())
        .collect()
    )
