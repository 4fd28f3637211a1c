"""The share of patients who have responded, over time, with the numbers at risk."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import sentences
from remit.words.labels import Labels
from remit.words.numbers import level, number


def time_to_response(curves: pl.DataFrame, spec: dict[str, Any], say: Labels) -> Figure:
    """One minus the Kaplan-Meier estimate, its band, and under the axis who is still at risk.

    Args:
        curves: `results/statistics/time_to_event.csv`: a summary row and one row per time (days).
        spec: figures.time_to_response of the config, with `note`; `events` are the PARAMCDs drawn.
        say: labels.
    """
    rows = curves.filter(pl.col("PARAMCD").is_in(spec["events"])).with_columns(
        name=pl.col("PARAM").map_elements(lambda v: say.of("event", v), return_dtype=pl.String)
    )
    steps = rows.filter(pl.col("time").is_not_null()).select(
        "name",
        "time",
        "at_risk",
        "censored",
        month=pl.col("time") / spec["month_days"],
        share=100 * (1 - pl.col("survival")),
        low=100 * (1 - pl.col("survival_ci_high")),
        high=100 * (1 - pl.col("survival_ci_low")),
    )
    known = dict(rows.select("PARAMCD", "name").iter_rows())
    names = [known[code] for code in spec["events"] if code in known]
    last = int(max([1.0, *steps["month"].to_list()])) + 1
    narrow = theme.narrow(spec["width"])
    scale = alt.Scale(domain=[0, last], nice=False)
    x = alt.X(
        "month:Q",
        title=say("axis.months_since_first_dose", days=spec["month_days"]),
        scale=scale,
        axis=alt.Axis(tickMinStep=1, format="d"),
    )

    entries = alt.Legend(
        orient="bottom" if narrow else "top",
        columns=1 if narrow else 2,
        labelLimit=400,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=2,
        symbolSize=400,
    )
    # A legend without entries, where nobody is in the set, would be drawn without bounds.
    legend = entries if names else None
    colour = alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(domain=names, range=[*theme.SERIES]),
        legend=legend,
    )
    dash = alt.StrokeDash(
        "name:N",
        title=None,
        scale=alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]]),
        legend=alt.Undefined if names else None,
    )
    base = alt.Chart(alt.Data(values=steps.drop("censored").to_dicts())).encode(x=x)
    width = theme.pixels(spec["width"]) - (165 if narrow else 190)
    curve = alt.layer(
        base.mark_area(interpolate="step-after", opacity=0.13).encode(
            y=alt.Y("low:Q", title=say("axis.percent_responded")), y2="high:Q", color=colour
        ),
        base.mark_line(interpolate="step-after", strokeWidth=2).encode(
            y=alt.Y(
                "share:Q",
                title=say("axis.percent_responded"),
                scale=alt.Scale(domain=[0, 100]),
            ),
            color=colour,
            strokeDash=dash,
            tooltip=[
                alt.Tooltip("name:N", title=say("axis.event")),
                alt.Tooltip("time:Q", title=say("column.day")),
                alt.Tooltip("share:Q", title=say("axis.percent_responded"), format=".1f"),
                alt.Tooltip("at_risk:Q", title=say("axis.at_risk")),
            ],
        ),
        alt.Chart(alt.Data(values=_left(steps)))
        .mark_tick(orient="vertical", size=9, thickness=1.4, opacity=1)
        .encode(
            x=x,
            y=alt.Y("share:Q", title=say("axis.percent_responded")),
            color=colour,
            tooltip=[
                alt.Tooltip("name:N", title=say("axis.event")),
                alt.Tooltip("time:Q", title=say("column.day")),
                alt.Tooltip("censored:Q", title=say("axis.left")),
            ],
        ),
        width=width,
        height=230,
    )
    risk = (
        alt.Chart(alt.Data(values=_at_risk(steps, last, spec["month_days"])))
        .mark_text(fontSize=10)
        .encode(
            x=alt.X("month:Q", scale=scale, axis=None),
            y=alt.Y(
                "name:N",
                sort=names,
                title=None,
                axis=theme.name_axis(names, spec["width"], labelPadding=12),
            ),
            text="at_risk:Q",
        )
        .properties(
            width=width,
            height=alt.Step(26 if narrow else 17),
            title=alt.TitleParams(
                say("axis.at_risk"), fontSize=10, fontWeight="normal", frame="group", offset=2
            ),
        )
    )
    title = say("figure.time_to_response")
    chart = alt.vconcat(
        curve,
        risk,
        spacing=4,
        title=theme.heading(
            title,
            [
                say("figure.time_to_response.key", conf=level(spec["conf_level"])),
                spec.get("note", ""),
            ],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(rows, steps, title, say), say.language, spec["width"])


def _left(steps: pl.DataFrame) -> list[dict[str, Any]]:
    """Where on its curve somebody's follow-up ended without the event."""
    ended = steps.filter(pl.col("censored").cast(pl.Int64) > 0)
    return ended.select("name", "time", "month", "share", "censored").to_dicts()


def _at_risk(steps: pl.DataFrame, last: int, month_days: float) -> list[dict[str, Any]]:
    """At each month the patients without event or censoring just before it."""
    months = pl.DataFrame({"month": range(last)})
    return (
        months.join(steps.select("name", "time", "at_risk"), how="cross")
        .filter(pl.col("time") >= pl.col("month") * month_days)
        .group_by("name", "month")
        .agg(pl.col("at_risk").max())
        .sort("name", "month")
        .to_dicts()
    )


def _alt(rows: pl.DataFrame, steps: pl.DataFrame, title: str, say: Labels) -> str:
    told = []
    for row in rows.filter(pl.col("time").is_null()).iter_rows(named=True):
        ends = steps.filter(name=row["name"]).sort("time")
        told.append(
            say(
                "alt.time_to_response",
                name=row["name"],
                events=row["events"],
                n=row["n"],
                median=number(row["median"], 0),
                share=number(ends["share"][-1], 1) if ends.height else number(None, 0),
            )
        )
    return sentences(title, *told)
