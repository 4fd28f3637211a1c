"""How many patients had each adverse event, as dots with exact intervals."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import sentences
from remit.words.labels import Labels, capital
from remit.words.numbers import interval, level, number


def adverse_event_dots(safety: pl.DataFrame, spec: dict[str, Any], say: Labels) -> Figure:
    """One row per preferred term under its system organ class, most frequent first.

    Args:
        safety: `results/statistics/safety.csv`; rows of category `any` and `pt` are drawn.
        spec: figures.adverse_event_dots of the config, with `note`; terms with fewer than
            `least` patients are left out.
        say: labels.
    """
    rows = safety.filter(
        pl.col("category").is_in(["any", "pt"]),
        (pl.col("category") == "any") | (pl.col("count") >= spec["least"]),
    )
    drawn = [
        {
            "term": capital(say.of("ae", row["term"])),
            "soc": say.of("soc", row["soc"] or ""),
            "percent": row["percent"],
            "low": row["ci_low"],
            "high": row["ci_high"],
            "text": f"{row['count']}/{row['denominator']} ({number(row['percent'], 1)}%)",
        }
        for row in rows.iter_rows(named=True)
    ]
    x = alt.X(
        "percent:Q",
        title=say("axis.percent_ci", conf=level(spec["conf_level"])),
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(values=list(range(0, 101, 25 if theme.narrow(spec["width"]) else 10))),
    )
    y = alt.Y(
        "term:N",
        sort=[row["term"] for row in drawn],
        title=None,
        axis=theme.name_axis([row["term"] for row in drawn], spec["width"], grid=True),
    )
    base = alt.Chart(alt.Data(values=drawn)).encode(y=y)
    title = say("figure.adverse_event_dots", n=rows["denominator"].max() or 0)
    chart = alt.layer(
        base.mark_rule(color=theme.LINE, strokeWidth=1.4).encode(
            x=alt.X("low:Q", title=say("axis.percent_ci", conf=level(spec["conf_level"]))),
            x2="high:Q",
        ),
        base.mark_point(filled=True, size=70, color=theme.LINE, opacity=1).encode(
            x=x,
            tooltip=[
                alt.Tooltip("term:N", title=say("axis.event")),
                alt.Tooltip("soc:N", title=say("axis.soc")),
                alt.Tooltip("text:N", title=say("column.patients")),
            ],
        ),
        base.mark_text(align="left", dx=6, fontSize=9.5).encode(
            x=alt.value("width"), text="text:N"
        ),
        width=theme.pixels(spec["width"]) - (230 if theme.narrow(spec["width"]) else 260),
        height=alt.Step(28),
        title=theme.heading(
            title,
            [
                say("figure.adverse_event_dots.key", conf=level(spec["conf_level"])),
                spec.get("note", ""),
            ],
            spec["width"],
        ),
    )
    told = [
        f"{row['term']}: {row['text']}, {say('head.interval', conf=level(spec['conf_level']))} "
        f"{interval(row['low'], row['high'], 1, say('to'))}"
        for row in drawn
    ]
    return Figure(chart, title, sentences(title, *told), say.language, spec["width"])
