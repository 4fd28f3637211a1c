"""The daily dose of a class of drugs in every patient and its median, with the targets."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import (
    efficacy,
    every,
    faint,
    named,
    parameter,
    scheduled,
    sentences,
    visit_names,
    with_unit,
)
from remit.words.labels import Labels
from remit.words.numbers import number


def dose_lines(
    visits: pl.DataFrame, subjects: pl.DataFrame, spec: dict[str, Any], say: Labels
) -> Figure:
    """Thin lines are patients, the thick one their median at each visit.

    Args:
        visits: BDS rows; the analysed records of `spec.parameter` are drawn.
        subjects: ADSL; the efficacy set is drawn.
        spec: figures.dose_lines of the config, with `note`; `targets` are doses in the same unit.
        say: labels.
    """
    rows = (
        scheduled(named(efficacy(visits, subjects), subjects))
        .filter(pl.col("PARAMCD") == spec["parameter"], pl.col("AVAL").is_not_null())
        .sort("USUBJID", "AVISITN")
    )
    rows = rows.with_columns(visit=visit_names(rows, say))
    name, unit = parameter(rows, say)
    axis = with_unit(name, unit)
    medians = (
        rows.group_by("AVISITN", "visit").agg(pl.col("AVAL").median(), n=pl.len()).sort("AVISITN")
    )
    counts = ",".join(f"'{m:g}':'{n}'" for m, n in medians.select("AVISITN", "n").iter_rows())
    right = max(rows["AVISITN"].to_list(), default=1.0) + 0.4
    x = alt.X(
        "AVISITN:Q",
        title=say("axis.month_n"),
        axis=alt.Axis(
            values=medians["AVISITN"].to_list(),
            labelExpr=f"[datum.value, {{{counts}}}[datum.value]]",
        ),
        scale=alt.Scale(domain=[-0.4, right], nice=False),
    )
    y = alt.Y("AVAL:Q", title=axis, scale=alt.Scale(zero=True, nice=True))
    shown, kept = every(rows.select(pl.col("USUBJID").unique().sort()), say)
    lines = rows.join(shown, on="USUBJID", how="semi", maintain_order="left")
    own = alt.Chart(alt.Data(values=lines.select("USUBJID", "AVISITN", "AVAL", "visit").to_dicts()))
    targets = alt.Chart(
        alt.Data(values=[{"AVAL": t, "name": f"{t:g}\u00a0{unit}"} for t in spec["targets"]])
    ).encode(y=y)
    base = alt.Chart(alt.Data(values=medians.to_dicts())).encode(x=x, y=y)
    title = say("figure.dose_lines", name=name, unit=unit)
    chart = alt.layer(
        targets.mark_rule(strokeDash=[5, 3], color=theme.MUTED),
        targets.mark_text(align="left", dx=4, fontSize=9.5, color=theme.MUTED).encode(
            x=alt.value("width"), text="name:N"
        ),
        own.mark_line(
            strokeWidth=1,
            color="#8a8f98",
            interpolate="step-after",
            opacity=faint(shown.height),
        ).encode(
            x=x,
            y=y,
            detail="USUBJID:N",
            tooltip=[
                alt.Tooltip("USUBJID:N", title=say("column.patient")),
                alt.Tooltip("visit:N", title=say("column.visit")),
                alt.Tooltip("AVAL:Q", title=axis),
            ],
        ),
        base.mark_line(strokeWidth=3, color=theme.LINE),
        base.mark_point(size=46, color=theme.LINE, fill="white", opacity=1).encode(
            tooltip=[
                alt.Tooltip("visit:N", title=say("column.visit")),
                alt.Tooltip("AVAL:Q", title=say("statistic.median")),
                alt.Tooltip("n:Q", title="n"),
            ]
        ),
        width=theme.pixels(spec["width"]) - 115,
        height=230,
        title=theme.heading(
            title,
            [say("figure.dose_lines.key"), kept, spec.get("note", "")],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(medians, title, axis, say), say.language, spec["width"])


def _alt(medians: pl.DataFrame, title: str, axis: str, say: Labels) -> str:
    told = say("list.comma").join(
        f"{visit} {number(value, 1)} (n\u00a0= {n})"
        for visit, value, n in medians.select("visit", "AVAL", "n").iter_rows()
    )
    return sentences(title, f"{axis}, {say('statistic.median')}: {told}")
