"""One line per patient for one parameter, with the thresholds a response is judged by."""

from math import log10
from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import (
    NAMED,
    efficacy,
    every,
    faint,
    named,
    parameter,
    quartiles,
    scheduled,
    sentences,
    visit_names,
    with_operator,
    with_unit,
)
from remit.words.labels import Labels
from remit.words.numbers import number

_HEIGHT = 310
_LABEL_GAP = 13
# Pixels left of the first visit for the names of the thresholds.
_MARGIN = 72


def patient_lines(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """Every patient's values by month on a logarithmic axis, each line named at its end.

    Where names would not find room, the lines are grey and the visits' medians and quartiles lead.

    Args:
        visits: BDS rows; the analysed records of `spec.parameter` at scheduled visits are drawn.
            Values at or below 0 have no place on the axis: they stand on its lower edge.
        subjects: ADSL; the efficacy set is drawn.
        spec: figures.patient_lines of the config, with `note`.
        say: labels.
    """
    rows = (
        scheduled(named(efficacy(visits, subjects), subjects))
        .filter(pl.col("PARAMCD") == spec["parameter"], pl.col("AVAL").is_not_null())
        .sort("USUBJID", "AVISITN")
    )
    name, unit = parameter(rows, say)
    axis = with_unit(name, unit)
    bottom, top = theme.log_domain([*rows["AVAL"], *(t["value"] for t in spec["thresholds"])])
    right = max(rows["AVISITN"].to_list(), default=1.0) + 0.3
    width = theme.pixels(spec["width"]) - 120
    patients = rows.select(pl.col("USUBJID").unique().sort())
    few = patients.height <= NAMED
    shown, kept = every(patients, say)
    drawn = rows.join(shown, on="USUBJID", how="semi", maintain_order="left").select(
        "USUBJID",
        "AVISITN",
        "ADY",
        y=pl.max_horizontal("AVAL", pl.lit(bottom)),
        text=with_operator("AVAL", "AVALOPER"),
        operator=pl.col("AVALOPER").fill_null(""),
        visit=visit_names(rows, say),
    )
    x = alt.X(
        "AVISITN:Q",
        title=say("axis.month"),
        axis=alt.Axis(values=sorted(set(rows["AVISITN"])), format="~g"),
        scale=alt.Scale(domain=[-right * _MARGIN / (width - _MARGIN), right], nice=False),
    )
    y = alt.Y(
        "y:Q",
        title=axis,
        scale=alt.Scale(type="log", domain=[bottom, top], nice=False),
        axis=theme.log_axis((bottom, top)),
    )
    base = alt.Chart(alt.Data(values=drawn.to_dicts())).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("USUBJID:N", title=say("column.patient")),
            alt.Tooltip("visit:N", title=say("column.visit")),
            alt.Tooltip("ADY:Q", title=say("column.day")),
            alt.Tooltip("text:N", title=axis),
        ],
    )
    title = say("figure.patient_lines", name=axis, n=patients.height)
    chart = alt.layer(
        *_thresholds(spec["thresholds"], y),
        *(
            _each(base, drawn, (bottom, top), right, x)
            if few
            else _together(base, rows, bottom, shown.height, x)
        ),
    ).properties(
        width=width,
        height=_HEIGHT,
        title=theme.heading(
            title,
            [
                say("figure.patient_lines.key" if spec["thresholds"] else "figure.efficacy_set"),
                "" if few else say("figure.quartiles"),
                kept,
                spec.get("note", ""),
            ],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(rows, title, axis, say), say.language, spec["width"])


def _thresholds(thresholds: list[dict[str, Any]], y: alt.Y) -> list[alt.Chart]:
    """Dashed lines, each named in the margin before the first visit."""
    data = alt.Data(
        values=[{"y": t["value"], "name": f"{t['value']:g} {t['label']}"} for t in thresholds]
    )
    base = alt.Chart(data).encode(y=y)
    return [
        base.mark_rule(strokeDash=[5, 3], color=theme.MUTED, strokeWidth=1),
        base.mark_text(align="left", dx=3, dy=-6, fontSize=9, color=theme.MUTED).encode(
            x=alt.value(0), text="name:N"
        ),
    ]


def _each(
    base: alt.Chart, drawn: pl.DataFrame, domain: tuple[float, float], right: float, x: alt.X
) -> list[alt.Chart]:
    """A line a patient, told apart by colour and sign."""
    patients = sorted(set(drawn["USUBJID"]))
    colour = alt.Color(
        "USUBJID:N", legend=None, scale=alt.Scale(domain=patients, range=[*theme.SERIES])
    )
    shape = alt.Shape(
        "USUBJID:N", legend=None, scale=alt.Scale(domain=patients, range=[*theme.SHAPES])
    )
    base = base.encode(color=colour)
    return [
        base.mark_line(strokeWidth=1.6),
        base.mark_point(size=40, opacity=1, fill="white").encode(shape=shape),
        # A result beyond a limit of quantification stands at the limit, with its sign.
        base.mark_text(dx=-9, fontSize=10).encode(text="operator:N"),
        *_names(drawn, domain, right, x, colour, shape),
    ]


def _together(
    base: alt.Chart, rows: pl.DataFrame, bottom: float, shown: int, x: alt.X
) -> list[alt.Chart]:
    """Grey lines, and over them the median and the quartiles of all patients at each visit."""
    of_visits = quartiles(rows, "AVISITN").with_columns(
        pl.col("low", "middle", "high").clip(lower_bound=bottom)
    )
    over = alt.Chart(alt.Data(values=of_visits.to_dicts())).encode(x=x)
    return [
        base.mark_line(color="#8a8f98", strokeWidth=1, opacity=faint(shown)).encode(
            detail="USUBJID:N"
        ),
        over.mark_area(color=theme.LINE, opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q"),
        over.mark_line(color=theme.LINE, strokeWidth=3).encode(y=alt.Y("middle:Q")),
        over.mark_point(color=theme.LINE, fill="white", size=46, opacity=1).encode(
            y=alt.Y("middle:Q"), tooltip=["AVISITN:Q", "low:Q", "middle:Q", "high:Q", "n:Q"]
        ),
    ]


def _names(
    drawn: pl.DataFrame,
    domain: tuple[float, float],
    right: float,
    x: alt.X,
    colour: alt.Color,
    shape: alt.Shape,
) -> list[alt.Chart]:
    """Names in a column right of the axis, each with its line's symbol, apart where they would touch."""
    ends = drawn.group_by("USUBJID", maintain_order=True).last().sort("y", "USUBJID")
    gap = _LABEL_GAP / _HEIGHT * log10(domain[1] / domain[0])
    place, places = log10(domain[0]) - gap, []
    for value in ends["y"]:
        place = max(place + gap, log10(value))
        places.append(10**place)
    data = alt.Data(
        values=ends.select("USUBJID", AVISITN=pl.lit(right))
        .with_columns(place=pl.Series(places, dtype=pl.Float64))
        .to_dicts()
    )
    base = alt.Chart(data).encode(x=x, y=alt.Y("place:Q"))
    return [
        base.mark_point(size=40, opacity=1, fill="white", xOffset=8).encode(
            color=colour, shape=shape
        ),
        base.mark_text(align="left", dx=15, fontSize=9.5).encode(text="USUBJID:N"),
    ]


def _alt(rows: pl.DataFrame, title: str, axis: str, say: Labels) -> str:
    if rows["USUBJID"].n_unique() > NAMED:
        medians = say("list.comma").join(
            f"{say.of('visit', visit)} {number(middle, 2)} (n\u00a0= {n})"
            for visit, middle, n in rows.group_by("AVISITN", "AVISIT")
            .agg(pl.col("AVAL").median(), n=pl.len())
            .sort("AVISITN")
            .select("AVISIT", "AVAL", "n")
            .iter_rows()
        )
        return sentences(title, f"{axis}, {say('statistic.median')}: {medians}")
    ends = rows.group_by("USUBJID", maintain_order=True).agg(
        first=pl.col("AVAL").first(), last=pl.col("AVAL").last(), visit=pl.col("AVISIT").last()
    )
    return sentences(
        title,
        axis,
        *(
            say(
                "alt.patient_lines",
                patient=row["USUBJID"],
                first=number(row["first"], 2),
                last=number(row["last"], 2),
                visit=say.of("visit", row["visit"]),
            )
            for row in ends.iter_rows(named=True)
        ),
    )
