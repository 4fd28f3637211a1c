"""How far two response definitions agree, patient by patient and visit by visit."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import definition_name, efficacy, sentences
from remit.plan.categories import NOT_EVALUABLE, Category
from remit.words.labels import Labels
from remit.words.numbers import number


def concordance(
    responses: pl.DataFrame, subjects: pl.DataFrame, spec: dict[str, Any], say: Labels
) -> Figure:
    """A cross table of the classes, with the agreement and Cohen's kappa.

    Definitions of the same classes agree where the class is the same; others, where both see a
    response, both see none, or neither can judge.

    Args:
        responses: ADRS of both `spec.definitions`, at the planned visits.
        subjects: ADSL; the efficacy set is counted.
        spec: figures.concordance of the config, with `note` and `categories` of each definition.
        say: labels.
    """
    one, other = spec["definitions"]
    rows = efficacy(responses, subjects).filter(
        pl.col("AVISIT") != spec["last_visit"], pl.col("AVALCNRI").is_not_null()
    )
    keys = ["USUBJID", "AVISIT"]
    both = (
        rows.filter(DEFID=one)
        .drop_nulls("AVALC")
        .join(rows.filter(DEFID=other).drop_nulls("AVALC"), on=keys, suffix="_other")
    )
    counts = both.group_by(row="AVALC", column="AVALC_other").agg(n=pl.len())
    rows_of, columns_of = (_meanings(spec["categories"][each]) for each in (one, other))
    if list(rows_of) == list(columns_of):
        rows_of = columns_of = {code: code for code in rows_of}
    agreement, coefficient = kappa(
        both["AVALC"].replace_strict(rows_of, return_dtype=pl.String),
        both["AVALC_other"].replace_strict(columns_of, return_dtype=pl.String),
    )
    grid = (
        pl.DataFrame({"row": list(rows_of)})
        .join(pl.DataFrame({"column": list(columns_of)}), how="cross")
        .join(counts, on=["row", "column"], how="left")
        .with_columns(
            pl.col("n").fill_null(0),
            same=pl.col("row").replace_strict(rows_of, return_dtype=pl.String)
            == pl.col("column").replace_strict(columns_of, return_dtype=pl.String),
        )
    )
    titles = {each: definition_name(rows.filter(DEFID=each), each, say) for each in (one, other)}
    base = alt.Chart(alt.Data(values=grid.to_dicts())).encode(
        x=alt.X(
            "column:N",
            sort=list(columns_of),
            title=titles[other],
            axis=alt.Axis(orient="top", ticks=False, domain=False),
        ),
        y=alt.Y(
            "row:N",
            sort=list(rows_of),
            title=titles[one],
            axis=alt.Axis(ticks=False, domain=False),
        ),
    )
    most = max([1, *grid["n"].to_list()])
    title = say("figure.concordance")
    said = say(
        "figure.concordance.key",
        n=both.height,
        agreement=number(agreement, 1),
        kappa=number(coefficient, 2),
    )
    chart = alt.layer(
        base.mark_rect(stroke=theme.INK, strokeWidth=0.4).encode(
            color=alt.Color(
                "n:Q",
                legend=None,
                scale=alt.Scale(domain=[0, most], range=["#ffffff", "#00427a"], interpolate="rgb"),
            ),
            tooltip=[
                alt.Tooltip("row:N", title=titles[one]),
                alt.Tooltip("column:N", title=titles[other]),
                alt.Tooltip("n:Q", title=say("axis.assessments")),
            ],
        ),
        base.transform_filter("datum.same").mark_rect(
            filled=False, stroke=theme.INK, strokeWidth=2.2
        ),
        base.mark_text(fontSize=12).encode(
            text="n:Q",
            color=alt.condition(f"datum.n > {most / 2}", alt.value("white"), alt.value("black")),
        ),
        width=240,
        height=240,
        title=theme.heading(title, [said, spec.get("note", "")], spec["width"]),
    )
    told = [f"{row} / {column}: {n}" for row, column, n, _ in grid.iter_rows() if n]
    return Figure(
        chart,
        title,
        sentences(title, said, say("list.comma").join(told)),
        say.language,
        spec["width"],
    )


def _meanings(known: Sequence[Category]) -> dict[str, str]:
    """Each class, and what it says of response."""
    said = {c["code"]: "response" if c["response"] else "no response" for c in known}
    return said | {NOT_EVALUABLE: NOT_EVALUABLE}


def kappa(one: pl.Series, other: pl.Series) -> tuple[float | None, float | None]:
    """Percent agreement and Cohen's kappa of two series of classes.

    Kappa is null where chance alone must agree (one class only). Cohen, Educ Psychol Meas
    1960;20:37-46.
    """
    n = len(one)
    if not n:
        return None, None
    observed = float((one == other).sum()) / n
    shares = [dict(series.value_counts(normalize=True).iter_rows()) for series in (one, other)]
    chance = sum(share * shares[1].get(level, 0.0) for level, share in shares[0].items())
    return 100 * observed, None if chance == 1 else (observed - chance) / (1 - chance)
