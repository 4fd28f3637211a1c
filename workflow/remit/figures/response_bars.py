"""How many patients are in which response class at each visit, as bars of 100 %."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import definition_name, efficacy, sentences, visit_names
from remit.words.labels import Labels
from remit.words.numbers import number


def response_bars(
    responses: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """Stacked bars, best class at the bottom, a class of their own for those not evaluable.

    Who had not yet reached a visit when the data were cut is not counted there (AVALCNRI null), and a
    visit of which there is no record of anybody is not drawn: of it nothing is known.

    Args:
        responses: ADRS rows; those of `spec.definition` are drawn.
        subjects: ADSL; the efficacy set is drawn.
        spec: figures.response_bars of the config, with `note` and `categories` of each definition.
        say: labels.
    """
    own = responses.filter(
        pl.col("ADT").is_not_null().any().over("DEFID", "AVISITN"), DEFID=spec["definition"]
    )
    rows = efficacy(own, subjects).filter(pl.col("AVALCNRI").is_not_null())
    counted = rows.group_by("AVISIT", "AVISITN", "AVALC").agg(n=pl.len().cast(pl.Int64))
    return class_bars(counted, definition_name(rows, spec["definition"], say), spec, say)


def class_bars(counted: pl.DataFrame, definition: str, spec: dict[str, Any], say: Labels) -> Figure:
    """The figure of counts.

    Args:
        counted: AVISIT AVISITN AVALC n, the patients of each class at each visit.
        definition: what the classes are called by.
        spec: figures.response_bars of the config, with `note` and `categories` of each definition.
        say: labels.
    """
    classes = theme.classes(spec["categories"][spec["definition"]], say)
    counts = stacked(counted, [c.code for c in classes])
    order = counts.select("AVISITN", visit=visit_names(counts, say)).unique().sort("AVISITN")
    present = [c for c in classes if c.code in set(counts["AVALC"])]
    drawn = counts.with_columns(
        visit=visit_names(counts, say),
        name=pl.col("AVALC").replace({c.code: c.name for c in classes}),
        text=pl.Series([_inside(row) for row in counts.iter_rows(named=True)], dtype=pl.String),
    )
    narrow = theme.narrow(spec["width"])
    width = theme.pixels(spec["width"]) - 60
    # "10 (100%)" takes this many pixels.
    roomy = order.height * 58 <= width
    x = alt.X(
        "visit:N",
        sort=order["visit"].to_list(),
        title=None,
        axis=theme.visit_axis(spec["width"]),
        scale=alt.Scale(paddingInner=0.18, paddingOuter=0.1),
    )
    y = alt.Y(
        "low:Q",
        title=say("axis.percent_patients"),
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(values=[0, 25, 50, 75, 100]),
    )
    title = say("figure.response_bars")
    bars = alt.Data(
        values=drawn.select(
            "visit", "name", "AVALC", "n", "total", "low", "high", "text"
        ).to_dicts()
    )
    totals = alt.Data(
        values=drawn.select("visit", total=pl.format("n\u00a0=\u00a0{}", "total"))
        .unique()
        .sort("visit")
        .to_dicts()
    )
    base = alt.Chart(bars)
    chart = (
        alt.layer(
            base.mark_bar(stroke=theme.INK, strokeWidth=0.7).encode(
                x=x,
                y=y,
                y2="high:Q",
                color=alt.Color(
                    "name:N",
                    title=say("axis.response"),
                    scale=alt.Scale(
                        domain=[c.name for c in present], range=[c.fill for c in present]
                    ),
                    legend=alt.Legend(
                        symbolType="square",
                        symbolStrokeColor=theme.INK,
                        orient="bottom",
                        columns=theme.legend_columns([c.name for c in present], width),
                    ),
                ),
                tooltip=[
                    alt.Tooltip("visit:N", title=say("column.visit")),
                    alt.Tooltip("name:N", title=say("axis.response")),
                    alt.Tooltip("text:N", title=say("column.patients")),
                    alt.Tooltip("total:Q", title="n"),
                ],
            ),
            base.mark_text(fontSize=8.5)
            .transform_calculate(middle="(datum.low + datum.high) / 2")
            .encode(
                x=x,
                y=alt.Y("middle:Q"),
                text="text:N" if roomy else "n:Q",
                color=alt.Color("AVALC:N", legend=None, scale=_text_scale(classes)),
            ),
            alt.Chart(totals)
            .mark_text(dy=-8, fontSize=8 if narrow else 10)
            .encode(x=x, y=alt.datum(100), text="total:N"),
        )
        .resolve_scale(color="independent")
        .properties(
            width=width,
            height=230,
            title=theme.heading(
                title,
                [say("figure.response_bars.key", definition=definition), spec.get("note", "")],
                spec["width"],
            ),
        )
    )
    return Figure(chart, title, _alt(drawn, title, say), say.language, spec["width"])


def stacked(counted: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    """Patients per visit and class, on each other in `order`, the best class first.

    Returns:
        AVISIT AVISITN AVALC n total low high; low and high are the bounds of the class in percent.
    """
    rank = pl.col("AVALC").replace_strict(
        {c: i for i, c in enumerate(order)}, return_dtype=pl.Int64
    )
    total = pl.col("n").sum().over("AVISITN")
    above = pl.col("n").cum_sum().over("AVISITN")
    return counted.sort("AVISITN", rank).with_columns(
        total=total, low=100 * (above - pl.col("n")) / total, high=100 * above / total
    )


def _inside(row: dict[str, Any]) -> str:
    return f"{row['n']} ({number(100 * row['n'] / row['total'], 0)}%)"


def _text_scale(classes: list[theme.Class]) -> alt.Scale:
    return alt.Scale(domain=[c.code for c in classes], range=[c.ink for c in classes])


def _alt(drawn: pl.DataFrame, title: str, say: Labels) -> str:
    visits = drawn.group_by("visit", "total", maintain_order=True).agg(
        pl.format("{} {}", "name", "text").str.join(say("list.comma")).alias("classes")
    )
    return sentences(
        title,
        *(
            say("alt.response_bars", visit=row["visit"], n=row["total"], classes=row["classes"])
            for row in visits.iter_rows(named=True)
        ),
    )
