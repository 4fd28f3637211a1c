"""What a score consists of at each visit: the means of its parts."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import efficacy, scheduled, sentences, visit_names
from remit.words.labels import Labels
from remit.words.numbers import number

FILLS = ("#00427a", "#5aa5d8", "#e9c89b", "#b07d3c", "#8a8f98", "#b8578c")


def score_parts(
    visits: pl.DataFrame, subjects: pl.DataFrame, spec: dict[str, Any], say: Labels
) -> Figure:
    """Stacked bars of the mean of each part among the patients scored at the visit.

    Args:
        visits: BDS rows; the analysed records of the parts.
        subjects: ADSL; the efficacy set is drawn.
        spec: figures.score_parts of the config, with `note`.
        say: labels.
    """
    parts = spec["parts"]
    rows = scheduled(efficacy(visits, subjects)).filter(pl.col("PARAMCD").is_in(parts))
    scores = rows.pivot(
        "PARAMCD", on_columns=parts, index=["USUBJID", "AVISIT", "AVISITN"], values="AVAL"
    )
    means = (
        scores.drop_nulls()
        .sort("AVISITN", "USUBJID")
        .group_by("AVISIT", "AVISITN", maintain_order=True)
        .agg(pl.col(parts).mean(), n=pl.len())
    )
    visit = visit_names(means, say)
    drawn = (
        means.with_columns(visit=visit)
        .unpivot(parts, index=["visit", "AVISITN", "n"], variable_name="part")
        .sort("AVISITN", pl.col("part").replace_strict({p: i for i, p in enumerate(parts)}))
        .with_columns(high=pl.col("value").cum_sum().over("AVISITN"))
        .with_columns(low=pl.col("high") - pl.col("value"))
    )
    called = {part: _called(part, say) for part in parts}
    names = ",".join(f"'{part}':'{name}'" for part, name in called.items())
    order = drawn["visit"].unique(maintain_order=True).to_list()
    x = alt.X(
        "visit:N",
        sort=order,
        title=None,
        axis=theme.visit_axis(spec["width"]),
    )
    narrow = theme.narrow(spec["width"])
    count = "{}" if narrow else "n\u00a0=\u00a0{}"
    title = say("figure.score_parts", name=say.of("param", spec["score"]))
    axis = say("axis.mean_score")
    tops = drawn.group_by("visit", "n", maintain_order=True).agg(pl.col("high").max())
    chart = alt.layer(
        alt.Chart(alt.Data(values=drawn.drop("AVISITN").to_dicts()))
        .mark_bar(stroke=theme.INK, strokeWidth=0.7)
        .encode(
            x=x,
            y=alt.Y("low:Q", title=axis),
            y2="high:Q",
            color=alt.Color(
                "part:N",
                title=say("axis.part"),
                scale=alt.Scale(domain=parts, range=list(FILLS[: len(parts)])),
                legend=alt.Legend(
                    labelExpr="{" + names + "}[datum.value]", **theme.legend(spec["width"], 3)
                ),
            ),
            tooltip=[
                alt.Tooltip("visit:N", title=say("column.visit")),
                alt.Tooltip("part:N", title=say("axis.part")),
                alt.Tooltip("value:Q", title=axis, format=".1f"),
                alt.Tooltip("n:Q", title="n"),
            ],
        ),
        alt.Chart(alt.Data(values=tops.with_columns(text=pl.format(count, "n")).to_dicts()))
        .mark_text(dy=-7)
        .encode(x=x, y=alt.Y("high:Q", title=axis), text="text:N"),
        width=theme.pixels(spec["width"]) - (60 if narrow else 165),
        height=220,
        title=theme.heading(
            title, [say("figure.score_parts.key"), spec.get("note", "")], spec["width"]
        ),
    )
    told = [
        f"{row['visit']} (n\u00a0= {row['n']}): "
        + say("list.comma").join(f"{name} {number(row[part], 1)}" for part, name in called.items())
        for row in means.with_columns(visit=visit).iter_rows(named=True)
    ]
    return Figure(chart, title, sentences(title, *told), say.language, spec["width"])


def _called(part: str, say: Labels) -> str:
    """A part's own short name, else the parameter's."""
    short = say.of("part", part)
    return say.of("param", part) if short == part else short
