"""One parameter's change and its p under every choice of analysis that could have been made."""

from math import ceil, log10
from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import sentences, with_unit
from remit.words.labels import Labels
from remit.words.numbers import number, p_statement, unit

# A test of logarithms estimates a ratio, every other test a difference.
RATIO = "test=log_"
CHOICES = ("window", "censored", "test", "zeros")


def specification_curve(sensitivity: pl.DataFrame, spec: dict[str, Any], say: Labels) -> Figure:
    """Estimates and p by visit, within a visit from the smallest p, above the choices behind them.

    Differences and ratios have a panel each, p a logarithmic one with a line at the level. A choice
    that is the same in every analysis is not listed.

    Args:
        sensitivity: `results/statistics/sensitivity.csv`; the rows of `spec.parameter` at
            `spec.visits`.
        spec: figures.specification_curve of the config, with `note`.
        say: labels.
    """
    visits, code = spec["visits"], spec["parameter"]
    rows = (
        sensitivity.filter(
            pl.col("PARAMCD") == code,
            pl.col("AVISIT").is_in(visits),
            pl.col("rule") != "all",
            pl.col("estimate").is_not_null(),
            pl.col("alternative_p").is_not_null(),
        )
        .sort("AVISITN", "alternative_p", "rule")
        .with_row_index("rank", offset=1)
    )
    given, ucum = rows.select("PARAM", "UNIT").row(0) if rows.height else (code, None)
    name = say.of("param", code)
    name, measured = given if name == code else name, say.of("unit", unit(ucum))
    varied = _varied(rows["rule"].to_list())
    ratios = set(rows.filter(pl.col("rule").str.contains(RATIO, literal=True))["rank"])
    points, dots = [], []
    for row in rows.iter_rows(named=True):
        choices = [say.of("choice", choice) for choice in row["rule"].split("; ")]
        visit = say.of("visit", row["AVISIT"])
        points.append(
            {
                "rank": row["rank"],
                "estimate": row["estimate"],
                "p": row["alternative_p"],
                "text": f"{number(row['estimate'], 2)}, {p_statement(row['alternative_p'])}",
                "choices": say("list.comma").join([visit, *choices]),
            }
        )
        dots += [
            {"rank": row["rank"], "choice": choice}
            for choice in [
                visit,
                *(say.of("choice", c) for c in row["rule"].split("; ") if c in varied),
            ]
        ]
    order = [say.of("visit", visit) for visit in visits] + [say.of("choice", c) for c in varied]
    narrow = theme.narrow(spec["width"])
    width = theme.pixels(spec["width"]) - (155 if narrow else 205)
    ranks = [point["rank"] for point in points]
    x = alt.X(
        "rank:O",
        title=None,
        scale=alt.Scale(domain=ranks),
        axis=alt.Axis(labels=False, ticks=False, domain=False),
    )
    panels = []
    for ratio, label, none in (
        (False, with_unit(say("axis.change"), measured), 0),
        (True, say("axis.ratio"), 1),
    ):
        if own := [point for point in points if (point["rank"] in ratios) == ratio]:
            y = alt.Y("estimate:Q", title=label, scale=alt.Scale(zero=False))
            panels.append(_panel(own, x, y, none, width, say))
    decades = max([2, *(ceil(-log10(point["p"])) for point in points if point["p"] > 0)])
    y = alt.Y(
        "p:Q",
        title="P",
        scale=alt.Scale(type="log", domain=[10.0**-decades, 1], clamp=True),
        axis=alt.Axis(values=[10.0**-decade for decade in range(decades + 1)]),
    )
    panels.append(_panel(points, x, y, spec["alpha"], width, say))
    panels.append(
        alt.Chart(alt.Data(values=dots))
        .mark_point(filled=True, color=theme.INK, size=9 if narrow else 26, opacity=1)
        .encode(
            x=x,
            y=alt.Y(
                "choice:N",
                sort=order,
                title=None,
                axis=theme.name_axis(order, spec["width"], grid=True),
            ),
        )
        .properties(width=width, height=alt.Step(24 if narrow else 16))
    )
    below = sum(point["p"] < spec["alpha"] for point in points)
    title = say("figure.specification_curve", name=name)
    said = say(
        "figure.specification_curve.key", n=len(points), below=below, alpha=f"{spec['alpha']:g}"
    )
    heading = theme.heading(title, [said, spec.get("note", "")], spec["width"])
    chart = alt.vconcat(*panels, spacing=8, title=heading)
    told = [f"{point['choices']}: {point['text']}" for point in points]
    return Figure(chart, title, sentences(title, said, *told), say.language, spec["width"])


def _varied(rules: list[str]) -> list[str]:
    """The choices among which the analyses differ, in the order in which they are described."""
    made = sorted({choice for rule in rules for choice in rule.split("; ")})
    groups = {name: [c for c in made if c.startswith(f"{name}=")] for name in CHOICES}
    return [choice for group in groups.values() if len(group) > 1 for choice in group]


def _panel(
    points: list[dict[str, Any]], x: alt.X, y: alt.Y, level: float, width: float, say: Labels
) -> alt.LayerChart | alt.FacetChart:
    """Points, and a dashed line at `level`."""
    line = (
        alt.Chart(alt.Data(values=[{"level": level}]))
        .mark_rule(color=theme.MUTED, strokeDash=[4, 3])
        .encode(y="level:Q")
    )
    marks = (
        alt.Chart(alt.Data(values=points))
        .mark_point(filled=True, color=theme.LINE, size=14 if width < 250 else 42, opacity=1)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("text:N", title=say("column.value")),
                alt.Tooltip("choices:N", title=say("axis.choices")),
            ],
        )
    )
    return alt.layer(marks, line, width=width, height=110)
