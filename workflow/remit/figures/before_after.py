"""Each patient's value before treatment and at one visit, joined by a line."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import (
    beyond,
    efficacy,
    every,
    faint,
    named,
    parameter,
    sentences,
    with_operator,
    with_unit,
)
from remit.words.labels import Labels
from remit.words.numbers import number, p_statement


def before_after(
    visits: pl.DataFrame,
    subjects: pl.DataFrame,
    paired: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """One panel a parameter with the patients who have both values, their medians, and p.

    The axis of a parameter of `spec.log` is logarithmic; values at or below 0 stand on its edge.

    Args:
        visits: BDS rows; the analysed records at baseline and at `spec.visit`.
        subjects: ADSL; the efficacy set is drawn.
        paired: the plan's p per PARAMCD and AVISIT.
        spec: figures.before_after of the config, with `note`.
        say: labels.
    """
    rows = named(efficacy(visits, subjects), subjects).filter(
        pl.col("ANL01FL") == "Y",
        pl.col("AVISIT") == spec["visit"],
        pl.col("AVAL").is_not_null(),
        pl.col("BASE").is_not_null(),
    )
    p = dict(paired.filter(AVISIT=spec["visit"]).select("PARAMCD", "p").iter_rows())
    present = set(rows["PARAMCD"])
    panels = [
        rows.filter(PARAMCD=code).sort("USUBJID") for code in spec["parameters"] if code in present
    ]
    columns = theme.panels(spec["columns"], spec["width"], len(panels))
    width = theme.pixels(spec["width"]) / columns - 66
    visit = say.of("visit", spec["visit"])
    kept = every(max(panels, key=len), say)[1] if panels else ""
    title = say("figure.before_after", visit=visit)
    chart = alt.concat(
        *(
            _panel(panel, visit, p.get(code), code in spec.get("log", []), width, say)
            for code, panel in ((panel["PARAMCD"][0], panel) for panel in panels)
        ),
        columns=columns,
        spacing={"row": 22, "column": 16},
        title=theme.heading(
            title,
            [say("figure.before_after.key"), _limits(rows, say), kept, spec.get("note", "")],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(panels, p, title, say), say.language, spec["width"])


def _limits(rows: pl.DataFrame, say: Labels) -> str:
    """What the triangles mean, where there are any."""
    known = rows.select(pl.col("BASEOPER", "AVALOPER").is_not_null().any()).row(0)
    return say("figure.beyond_limit") if any(known) else ""


def _panel(
    rows: pl.DataFrame, visit: str, p: float | None, log: bool, width: float, say: Labels
) -> alt.LayerChart | alt.FacetChart:
    name, unit = parameter(rows, say)
    before = say.of("visit", "Baseline")
    long = pl.concat(
        [
            rows.select("USUBJID", when=pl.lit(before), value="BASE", operator="BASEOPER"),
            rows.select("USUBJID", when=pl.lit(visit), value="AVAL", operator="AVALOPER"),
        ]
    ).select(
        *("USUBJID", "when", "value"),
        limit=beyond("operator"),
        text=with_operator("value", "operator"),
    )
    x = alt.X("when:N", sort=[before, visit], title=None, axis=alt.Axis(ticks=False))
    label = theme.broken(with_unit(name, unit), (width + 50) / 5.2)
    beside: dict[str, Any] = {
        "titleAngle": 0,
        "titleAlign": "left",
        "titleBaseline": "bottom",
        "titleX": -36,
        "titleY": -12 * len(label) + 4,
    }
    if log:
        domain = theme.log_domain(long["value"])
        long = long.with_columns(pl.col("value").clip(lower_bound=domain[0]))
        scale = alt.Scale(type="log", domain=domain, nice=False)
        axis = theme.log_axis(domain, **beside)
    else:
        scale = alt.Scale(zero=False, nice=4)
        axis = alt.Axis(tickCount=4, **beside)
    y = alt.Y("value:Q", title=label, scale=scale, axis=axis)
    medians = long.group_by("when", maintain_order=True).agg(pl.col("value").median())
    shown, _ = every(rows.sort("BASE", "USUBJID"), say)
    long = long.join(shown, on="USUBJID", how="semi", maintain_order="left")
    base = alt.Chart(alt.Data(values=long.to_dicts())).encode(x=x, y=y)
    return alt.layer(
        base.mark_line(color="#8a8f98", strokeWidth=1, opacity=faint(rows.height)).encode(
            detail="USUBJID:N"
        ),
        base.mark_point(
            color=theme.LINE,
            fill="white",
            size=max(6.0, 34 * faint(rows.height)),
            opacity=max(0.4, faint(rows.height)),
        ).encode(
            tooltip=[
                alt.Tooltip("USUBJID:N", title=say("column.patient")),
                alt.Tooltip("when:N", title=say("column.visit")),
                alt.Tooltip("text:N", title=with_unit(name, unit)),
            ],
            shape=theme.LIMITS,
        ),
        *(
            alt.Chart(alt.Data(values=medians.filter(when=when).to_dicts()))
            .mark_tick(color=theme.ACCENT, thickness=3, size=18, opacity=1, xOffset=aside)
            .encode(x=x, y=y)
            for when, aside in ((before, -18), (visit, 18))
        ),
        width=width,
        height=130,
        title=alt.TitleParams(
            f"n\u00a0= {rows.height}, {p_statement(p)}",
            fontSize=10,
            fontWeight="normal",
            anchor="end",
            frame="group",
            orient="bottom",
            offset=8,
        ),
    )


def _alt(panels: list[pl.DataFrame], p: dict[str, float | None], title: str, say: Labels) -> str:
    return sentences(
        title,
        *(
            say(
                "alt.before_after",
                name=with_unit(*parameter(rows, say)),
                n=rows.height,
                before=number(_median(rows["BASE"]), 2),
                after=number(_median(rows["AVAL"]), 2),
                p=p_statement(p.get(rows["PARAMCD"][0])),
            )
            for rows in panels
        ),
    )


def _median(values: pl.Series) -> float:
    return float(values.cast(pl.Float64).median())  # type: ignore[arg-type]
