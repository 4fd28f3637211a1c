"""The response rate under every definition, rule for the unassessed and visit that could be chosen."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import sentences
from remit.labels import Labels
from remit.numbers import number


def specification_curve(response: pl.DataFrame, spec: dict[str, Any], say: Labels) -> Figure:
    """Rates in rising order with their intervals, and under each rate the choices it rests on.

    Args:
        response: `results/statistics/response.csv`; the rows of `spec.visits`.
        spec: figures.specification_curve of the config, with `note`; `categories` are what counts
            as response.
        say: labels.
    """
    rows = (
        response.filter(
            pl.col("AVISIT").is_in(spec["visits"]),
            pl.col("category").is_in(spec["categories"]),
            pl.col("denominator") > 0,
        )
        .sort("percent", "category", "definition", "rule", "AVISIT")
        .with_row_index("rank", offset=1)
    )
    curve = [
        {
            **{key: row[key] for key in ("rank", "percent")},
            "low": row["ci_low"],
            "high": row["ci_high"],
            "text": f"{row['count']}/{row['denominator']} ({number(row['percent'], 1)}%)",
            "choices": ", ".join(choice for _, choice in _choices(row, say)),
        }
        for row in rows.iter_rows(named=True)
    ]
    dots = [
        {"rank": row["rank"], "choice": choice}
        for row in rows.iter_rows(named=True)
        for _, choice in _choices(row, say)
    ]
    chosen = {pair for row in rows.iter_rows(named=True) for pair in _choices(row, say)}
    order = [choice for _, choice in sorted(chosen)]
    x = alt.X("rank:O", title=None, axis=alt.Axis(labels=False, ticks=False, domain=False))
    width = theme.pixels(spec["width"]) - 250
    base = alt.Chart(alt.Data(values=curve)).encode(x=x)
    top = alt.layer(
        base.mark_rule(color=theme.LINE).encode(
            y=alt.Y("low:Q", title=say("axis.percent_ci")), y2="high:Q"
        ),
        base.mark_point(filled=True, color=theme.LINE, size=55, opacity=1).encode(
            y=alt.Y("percent:Q", title=say("axis.percent_ci"), scale=alt.Scale(domain=[0, 100])),
            tooltip=[
                alt.Tooltip("text:N", title=say("column.patients")),
                alt.Tooltip("choices:N", title=say("axis.choices")),
            ],
        ),
        width=width,
        height=190,
    )
    bottom = (
        alt.Chart(alt.Data(values=dots))
        .mark_point(filled=True, color=theme.INK, size=38, opacity=1)
        .encode(
            x=x,
            y=alt.Y(
                "choice:N",
                sort=order,
                title=None,
                axis=alt.Axis(labelLimit=230, grid=True, domain=False, ticks=False),
            ),
        )
        .properties(width=width, height=alt.Step(17))
    )
    title = say("figure.specification_curve")
    chart = alt.vconcat(
        top,
        bottom,
        spacing=8,
        title=theme.heading(
            title,
            [say("figure.specification_curve.key", n=rows.height), spec.get("note", "")],
            spec["width"],
        ),
    )
    told = [f"{point['choices']}: {point['text']}" for point in curve]
    return Figure(chart, title, sentences(title, *told), say.language)


def _choices(row: dict[str, Any], say: Labels) -> list[tuple[int, str]]:
    """What was chosen, each choice with the place of its group."""
    return [
        (0, say.of("definition", row["definition"])),
        (1, say.of("category", row["category"])),
        (2, say.of("rule", row["rule"])),
        (3, say.of("visit", row["AVISIT"])),
    ]
