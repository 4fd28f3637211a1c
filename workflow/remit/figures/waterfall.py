"""How far one parameter moved in every patient: best and last percent change, sorted."""

import json
from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import NAMED, efficacy, every, named, parameter, scheduled, sentences
from remit.words.labels import Labels
from remit.words.numbers import number

#: Pixels that an upright name needs.
_NAME = 11


def waterfall(
    visits: pl.DataFrame,
    responses: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """Two panels of sorted bars, coloured by the response at the visit they come from.

    Args:
        visits: BDS rows; PCHG of the analysed post-baseline records of `spec.parameter`.
        responses: ADRS of `spec.definition`.
        subjects: ADSL; the efficacy set is drawn.
        spec: figures.waterfall of the config, with `note` and `categories` of each definition.
        say: labels.
    """
    rows = scheduled(efficacy(visits, subjects)).filter(
        pl.col("PARAMCD") == spec["parameter"], pl.col("PCHG").is_not_null(), pl.col("ADY") > 1
    )
    classes = responses.filter(DEFID=spec["definition"]).select("USUBJID", "AVISIT", class_="AVALC")
    rows = named(
        rows.join(classes, on=["USUBJID", "AVISIT"], how="left", maintain_order="left"), subjects
    )
    orders = {"best": [pl.col("PCHG"), pl.col("ADY")], "last": [-pl.col("ADY"), pl.col("PCHG")]}
    panels = {
        kind: rows.sort(order)
        .unique("USUBJID", keep="first", maintain_order=True)
        .sort("PCHG", "USUBJID", descending=[True, False])
        for kind, order in orders.items()
    }
    name, _ = parameter(rows, say)
    lines = say("list.comma").join(f"{line:+g}%".replace("-", "\u2212") for line in spec["lines"])
    title = say("figure.waterfall", name=name, n=rows["USUBJID"].n_unique())
    narrow = theme.narrow(spec["width"])
    width = theme.pixels(spec["width"]) - 75 if narrow else (theme.pixels(spec["width"]) - 285) / 2
    known = theme.classes(spec["categories"][spec["definition"]], say)
    present = [c for c in known if c.code in set(rows["class_"])]
    lowest = min([-100.0, *rows["PCHG"].to_list()])
    highest = max([0.0, *(value for p in panels.values() for value in p["PCHG"].to_list())])
    scale = alt.Scale(domain=[lowest, highest], nice=True)
    drawn = {kind: every(panel, say) for kind, panel in panels.items()}
    chart = (alt.vconcat if narrow else alt.hconcat)(
        *(_panel(p[0], kind, width, scale, present, spec, say) for kind, p in drawn.items()),
        title=theme.heading(
            title,
            [say("figure.waterfall.key", lines=lines), drawn["best"][1], spec.get("note", "")],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(panels, title, say), say.language, spec["width"])


def _panel(
    rows: pl.DataFrame,
    kind: str,
    width: float,
    scale: alt.Scale,
    present: list[theme.Class],
    spec: dict[str, Any],
    say: Labels,
) -> alt.LayerChart | alt.FacetChart:
    drawn = rows.select("USUBJID", "PCHG", "ADY", "class_", text=_percent(rows))
    x = alt.X(
        "USUBJID:N",
        sort=drawn["USUBJID"].to_list(),
        title=None,
        axis=alt.Axis(
            labelAngle=-90,
            ticks=False,
            domain=False,
            orient="bottom",
            labels=rows.height * _NAME <= width,
        ),
    )
    y = alt.Y("PCHG:Q", title=say("axis.percent_change"), scale=scale)
    names = json.dumps({c.code: c.name for c in present}, ensure_ascii=False)
    bars = (
        alt.Chart(alt.Data(values=drawn.to_dicts()))
        .mark_bar(stroke=theme.INK, strokeWidth=min(0.7, width / max(rows.height, 1) / 20))
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "class_:N",
                title=say("axis.response_then"),
                scale=alt.Scale(domain=[c.code for c in present], range=[c.fill for c in present]),
                legend=alt.Legend(**theme.legend(spec["width"]), labelExpr=f"{names}[datum.value]"),
            ),
            tooltip=[
                alt.Tooltip("USUBJID:N", title=say("column.patient")),
                alt.Tooltip("text:N", title=say("axis.percent_change")),
                alt.Tooltip("ADY:Q", title=say("column.day")),
            ],
        )
    )
    lines = (
        alt.Chart(alt.Data(values=[{"PCHG": line} for line in spec["lines"]]))
        .mark_rule(strokeDash=[5, 3], color=theme.MUTED)
        .encode(y=y)
    )
    zero = alt.Chart(alt.Data(values=[{"PCHG": 0}])).mark_rule(color=theme.INK).encode(y=y)
    return alt.layer(
        bars, lines, zero, width=width, height=180 if theme.narrow(spec["width"]) else 240
    ).properties(
        title=alt.TitleParams(
            say(f"waterfall.{kind}"), fontSize=10.5, fontWeight="normal", frame="group"
        )
    )


def _percent(rows: pl.DataFrame) -> pl.Series:
    return pl.Series([f"{number(value, 1)}%" for value in rows["PCHG"]], dtype=pl.String)


def _median(rows: pl.DataFrame) -> str:
    return number(rows.select(pl.col("PCHG").median()).item(), 0)


def _alt(panels: dict[str, pl.DataFrame], title: str, say: Labels) -> str:
    told = [
        f"{say(f'waterfall.{kind}')}: "
        + say("list.comma").join(
            f"{patient} {number(change, 0)}%"
            for patient, change in rows.select("USUBJID", "PCHG").iter_rows()
        )
        if rows.height <= NAMED
        else f"{say(f'waterfall.{kind}')}: {say('statistic.median')} {_median(rows)}%"
        for kind, rows in panels.items()
    ]
    return sentences(title, *told)
