"""Which parameters were there at which visit, of the patients who were expected."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import efficacy, scheduled, sentences, visit_names
from remit.words.labels import Labels
from remit.words.numbers import number


def missingness(
    visits: pl.DataFrame,
    responses: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """A heat map of the percentage with an analysed value; each cell says observed / expected.

    Expected at baseline is everybody; at a visit, who counts there when response is judged, those
    included who had left the study before it.

    Args:
        visits: BDS rows.
        responses: ADRS; AVALCNRI is null where a patient was not expected.
        subjects: ADSL; the efficacy set is drawn.
        spec: figures.missingness of the config, with `note`.
        say: labels.
    """
    everything = efficacy(visits, subjects)
    rows = scheduled(everything)
    planned = rows.select("AVISIT", "AVISITN").unique()
    members = everything["USUBJID"].n_unique()
    due = (
        efficacy(responses, subjects)
        .filter(pl.col("AVALCNRI").is_not_null())
        .group_by("AVISITN")
        .agg(due=pl.col("USUBJID").n_unique().cast(pl.Int64))
    )
    judged = pl.col("AVISITN") >= (due["AVISITN"].min() or 0)
    expected = (
        planned.join(due, on="AVISITN", how="left")
        .with_columns(expected=pl.when(judged).then("due").otherwise(members))
        .filter(pl.col("expected") > 0)
    )
    there = (
        rows.filter(pl.col("AVAL").is_not_null())
        .group_by("PARAMCD", "AVISITN")
        .agg(observed=pl.col("USUBJID").n_unique())
    )
    names = {
        code: name if (label := say.of("param", code)) == code else label
        for code, name in rows.select("PARAMCD", "PARAM").unique().iter_rows()
    }
    shown = [code for code in spec["parameters"] if code in names]
    cells = (
        expected.join(pl.DataFrame({"PARAMCD": shown}, schema={"PARAMCD": pl.String}), how="cross")
        .join(there, on=["PARAMCD", "AVISITN"], how="left")
        .with_columns(pl.col("observed").fill_null(0).clip(upper_bound=pl.col("expected")))
        .with_columns(percent=100 * pl.col("observed") / pl.col("expected"))
        .sort("AVISITN", "PARAMCD")
    )
    drawn = cells.select(
        "percent",
        name=pl.col("PARAMCD").replace(names),
        visit=visit_names(cells, say),
        text=pl.format("{}/{}", "observed", "expected"),
    )
    order = drawn["visit"].unique(maintain_order=True).to_list()
    base = alt.Chart(alt.Data(values=drawn.to_dicts())).encode(
        x=alt.X(
            "visit:N",
            sort=order,
            title=None,
            axis=theme.visit_axis(spec["width"], domain=False, labelFontSize=9),
        ),
        y=alt.Y(
            "name:N",
            sort=[names[code] for code in shown],
            title=None,
            axis=theme.name_axis(names.values(), spec["width"]),
        ),
    )
    narrow = theme.narrow(spec["width"])
    title = say("figure.missingness")
    chart = alt.layer(
        base.mark_rect(stroke="white").encode(
            color=alt.Color(
                "percent:Q",
                title=say("axis.percent_there"),
                scale=alt.Scale(domain=[0, 100], range=["#ffffff", "#00427a"], interpolate="rgb"),
                legend=None
                if narrow
                else alt.Legend(gradientStrokeColor=theme.MUTED, gradientStrokeWidth=1),
            ),
            tooltip=[
                alt.Tooltip("name:N", title=say("column.what")),
                alt.Tooltip("visit:N", title=say("column.visit")),
                alt.Tooltip("text:N", title=say("axis.percent_there")),
            ],
        ),
        base.mark_text(fontSize=7.5 if narrow else 9).encode(
            text="text:N",
            color=alt.condition("datum.percent > 55", alt.value("white"), alt.value("black")),
        ),
        width=theme.pixels(spec["width"]) - (140 if narrow else 270),
        height=alt.Step(26 if narrow else 20),
        title=theme.heading(
            title, [say("figure.missingness.key"), spec.get("note", "")], spec["width"]
        ),
    )
    told = [
        f"{names[code]}: {number(percent, 0)}%"
        for code, percent in cells.group_by("PARAMCD")
        .agg(100 * pl.col("observed").sum() / pl.col("expected").sum())
        .sort("PARAMCD")
        .iter_rows()
    ]
    return Figure(
        chart, title, sentences(title, say("list.comma").join(told)), say.language, spec["width"]
    )
