"""Mean ± SE (or median and quartiles) of every parameter by visit, in small multiples."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import efficacy, parameter, scheduled, sentences, visit_names, with_unit
from remit.words.labels import Labels
from remit.words.numbers import interval, number, p_value


def trajectories(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    paired: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """One panel a parameter; under each visit stands the number of patients it rests on.

    Args:
        visits: BDS rows; the analysed records (ANL01FL) of scheduled visits are drawn.
        subjects: ADSL; the efficacy set (EFFFL) is drawn.
        paired: one row per PARAMCD and AVISITN with the plan's `p`; an asterisk marks `p` below
            `spec.alpha`.
        spec: figures.trajectories of the config, with `note`.
        say: labels.
    """
    summary = summarise(scheduled(efficacy(visits, subjects)), spec["statistic"]).join(
        paired.select("PARAMCD", pl.col("AVISITN").cast(pl.Float64), "p"),
        on=["PARAMCD", "AVISITN"],
        how="left",
        maintain_order="left",
    )
    drawn = scheduled(efficacy(visits, subjects)).filter(
        pl.col("AVALOPER").is_not_null(), pl.col("PARAMCD").is_in(spec["parameters"])
    )
    counted = say("figure.censored", n=drawn.height) if drawn.height else ""
    return courses(summary, spec | {"limits": counted}, say)


def courses(summary: pl.DataFrame, spec: dict[str, Any], say: Labels) -> Figure:
    """The figure of what `summarise` gives, with the `p` of every visit."""
    present = set(summary["PARAMCD"])
    panels = [summary.filter(PARAMCD=code) for code in spec["parameters"] if code in present]
    columns = theme.panels(spec["columns"], spec["width"], len(panels))
    width = theme.pixels(spec["width"]) / columns - 64
    title = say(f"figure.trajectories.{spec['statistic']}")
    chart = alt.concat(
        *(_panel(panel, width, spec, say) for panel in panels),
        columns=columns,
        spacing={"row": 16, "column": 14},
        title=theme.heading(
            title,
            [
                say("figure.trajectories.key", alpha=spec["alpha"]),
                spec.get("limits", ""),
                spec.get("note", ""),
            ],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(panels, title, say), say.language, spec["width"])


def summarise(records: pl.DataFrame, statistic: str) -> pl.DataFrame:
    """Centre and bounds per parameter and visit.

    Args:
        records: PARAMCD PARAM AVALU AVISIT AVISITN AVAL, one row per patient.
        statistic: `mean_se` (mean ± SD/√n, no bounds for n = 1) or `median_iqr` (quartiles by
            linear interpolation, R's type 7).

    Returns:
        PARAMCD PARAM AVALU AVISIT AVISITN n centre low high, in visit order.
    """
    value = pl.col("AVAL")
    if statistic == "mean_se":
        error = value.std() / value.count().sqrt()
        centre, low, high = value.mean(), value.mean() - error, value.mean() + error
    else:
        centre = value.median()
        low = value.quantile(0.25, interpolation="linear")
        high = value.quantile(0.75, interpolation="linear")
    return (
        records.filter(value.is_not_null())
        .sort("PARAMCD", "AVISITN", "USUBJID")
        .group_by("PARAMCD", "PARAM", "AVALU", "AVISIT", "AVISITN", maintain_order=True)
        .agg(n=pl.len(), centre=centre, low=low, high=high)
    )


def _panel(
    rows: pl.DataFrame, width: float, spec: dict[str, Any], say: Labels
) -> alt.LayerChart | alt.FacetChart:
    title = theme.broken(with_unit(*parameter(rows, say)), (width + 50) / 5.2)
    drawn = rows.select(
        "AVISITN",
        "n",
        "centre",
        "low",
        "high",
        top=pl.coalesce("high", "centre"),
        mark=pl.when(pl.col("p") < spec["alpha"]).then(pl.lit("*")).otherwise(pl.lit("")),
        visit=visit_names(rows, say),
        text=pl.Series([_text(row, say) for row in rows.iter_rows(named=True)], dtype=pl.String),
        p=pl.Series([p_value(p) for p in rows["p"]], dtype=pl.String),
    )
    last = max(rows["AVISITN"].to_list())
    x = alt.X(
        "AVISITN:Q",
        title=say("axis.month_n"),
        axis=alt.Axis(
            values=rows["AVISITN"].to_list(), labelExpr=_month_over_n(rows), labelFontSize=9
        ),
        scale=alt.Scale(domain=[-0.4, last + 0.4], nice=False),
    )
    # The axis title lies flat above its axis: names are longer than panels are high.
    axis = alt.Axis(
        tickCount=5,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="bottom",
        titleX=-36,
        titleY=-12 * len(title) + 4,
    )
    y = alt.Y("centre:Q", title=title, scale=alt.Scale(zero=False, nice=5), axis=axis)
    base = alt.Chart(alt.Data(values=drawn.to_dicts())).encode(x=x)
    return alt.layer(
        base.mark_rule(color=theme.LINE).encode(alt.Y("low:Q", title=title), alt.Y2("high:Q")),
        base.mark_line(color=theme.LINE, strokeWidth=1.6).encode(y),
        base.mark_point(color=theme.LINE, fill="white", size=32, opacity=1).encode(
            y,
            tooltip=[
                alt.Tooltip("visit:N", title=say("column.visit")),
                alt.Tooltip("n:Q", title="n"),
                alt.Tooltip("text:N", title=say(f"statistic.{spec['statistic']}")),
                alt.Tooltip("p:N", title="P"),
            ],
        ),
        base.mark_text(dy=-5, fontSize=14, fontWeight="bold").encode(
            alt.Y("top:Q", title=title), text="mark:N"
        ),
        width=width,
        height=115,
    )


def _text(row: dict[str, Any], say: Labels) -> str:
    centre = number(row["centre"], 2)
    return (
        centre
        if row["low"] is None
        else f"{centre} ({interval(row['low'], row['high'], 2, say('to'))})"
    )


def _month_over_n(rows: pl.DataFrame) -> str:
    """An axis label of two lines: the month, and under it the number of patients."""
    counts = ",".join(f"'{month:g}':'{n}'" for month, n in rows.select("AVISITN", "n").iter_rows())
    return f"[datum.value, {{{counts}}}[datum.value]]"


def _alt(panels: list[pl.DataFrame], title: str, say: Labels) -> str:
    parts = []
    for rows in panels:
        first, last = rows.row(0, named=True), rows.row(-1, named=True)
        parts.append(
            say(
                "alt.trajectories",
                name=with_unit(*parameter(rows, say)),
                first=number(first["centre"], 2),
                n_first=first["n"],
                last=number(last["centre"], 2),
                n_last=last["n"],
                visit=say.of("visit", last["AVISIT"]),
            )
        )
    return sentences(title, *parts)
