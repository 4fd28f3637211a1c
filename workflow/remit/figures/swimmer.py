"""Every treated patient's course: time on study, doses, response, adverse events, how it ended."""

import json
from math import ceil
from typing import Any

import altair as alt
import polars as pl

from remit.analysis.study_days import study_day
from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import NAMED, definition_name, every, sentences, short_names
from remit.plan.categories import NOT_EVALUABLE, in_text
from remit.words.labels import Labels
from remit.words.numbers import number

#: Pixels from bar to bar, at most and where bars still have names; pixels that all of them have.
_STEP, _NAMED_STEP, _PAGE = 24.0, 9.0, 820
_STATUS = 140
# The first time in each response, from the best on; more of them share the last.
_FIRST = (("diamond", "#f0c808"), ("triangle-up", "#ffffff"), ("triangle-left", "#5aa5d8"))
_MARKS = ("LOST", "FLARE", "AE", "ONGOING")
_UNASSESSED = "#f3f3f3"


def swimmer(
    subjects: pl.DataFrame,
    exposure: pl.DataFrame,
    responses: pl.DataFrame,
    adverse_events: pl.DataFrame,
    events: pl.DataFrame,
    spec: dict[str, Any],
    say: Labels,
) -> Figure:
    """One bar per patient of the safety set, longest on top, in months of `spec.month_days` days.

    The more patients, the thinner the bars: all stand on one page. Thin bars have no names.

    Args:
        subjects: ADSL; a bar ends at EOSDT, else at the last day anything is known of.
        exposure: ADEX; every dose is a tick as long as its dose, and each bar names its levels.
        responses: ADRS of `spec.definition`; a class holds until the next assessment. The first
            time in each response and every fall from a response to none are marked.
        adverse_events: ADAE; treatment-emergent events (TRTEMFL) are marked at their onset.
        events: ADTTE; what happened (CNSR = 0) of the code `spec.flare` is marked.
        spec: figures.swimmer of the config, with `note`, `categories` of each definition and whether
            doses are planned `per_kg`.
        say: labels.
    """
    assessed = responses.filter(pl.col("ADY").is_not_null(), DEFID=spec["definition"]).unique(
        ["USUBJID", "ADY"], keep="first", maintain_order=True
    )
    known = spec["categories"][spec["definition"]]
    better = [category for category in known if category["response"]]
    first = {c["code"]: say("mark.first", name=in_text(c, say.language)) for c in better}
    treated = _courses(subjects, exposure, assessed, spec["month_days"])
    courses, drawn = every(treated, say)
    step = min(_STEP, _PAGE / max(courses.height, 1))
    order = courses["name"].to_list()
    lanes = courses.select("USUBJID", "name", "end")
    month = pl.col("ADY") / spec["month_days"]
    classes = theme.classes(known, say)
    spans = _spans(assessed, lanes, spec["month_days"]).with_columns(
        response=pl.col("class").replace(
            {c.code: c.name for c in classes} | {"": say("response.none")}
        )
    )
    doses = exposure.join(lanes, on="USUBJID").select(
        "name", "EXDOSE", "EXDOSU", "ASTDY", month=pl.col("ASTDY") / spec["month_days"]
    )
    levels = _levels(exposure, spec["per_kg"])
    if theme.narrow(spec["width"]) or step < _NAMED_STEP:
        levels = levels.clear()
    marks = pl.concat(
        [
            _onsets(assessed, list(first)).select(
                "USUBJID",
                "ADY",
                kind=pl.lit("first ") + pl.col("AVALC"),
                what=pl.col("AVALC").replace(first),
            ),
            _losses(assessed, list(first)).select(
                "USUBJID", "ADY", kind=pl.lit("LOST"), what=pl.lit(say("mark.LOST"))
            ),
            _flares(events, subjects, spec.get("flare")).select(
                "USUBJID", "ADY", kind=pl.lit("FLARE"), what=pl.lit(say("mark.FLARE"))
            ),
            adverse_events.filter(TRTEMFL="Y").select(
                "USUBJID", ADY="ASTDY", kind=pl.lit("AE"), what=_names("AEDECOD", say, "ae")
            ),
        ]
    ).join(lanes, on="USUBJID")
    marks = marks.select("name", "ADY", "kind", "what", month=month).sort("name", "ADY", "kind")

    end = max(courses["end"].to_list(), default=1.0)
    width = theme.pixels(spec["width"]) - (75 if theme.narrow(spec["width"]) else 235)
    room = 70 if theme.narrow(spec["width"]) else _STATUS
    if step < _NAMED_STEP:
        room = 10
    x = alt.X(
        "month:Q",
        title=say("axis.months_since_first_dose", days=spec["month_days"]),
        scale=alt.Scale(
            domain=[0, end * width / (width - room)],
            nice=False,
        ),
        axis=alt.Axis(values=list(range(ceil(end) + 1)), format="d", grid=True),
    )
    named = alt.Axis(ticks=False, domain=False, labels=step >= _NAMED_STEP)
    y = alt.Y("name:N", title=None, sort=order, axis=named)
    below: dict[str, Any] = (
        {"orient": "bottom", "columns": 1} if theme.narrow(spec["width"]) else {}
    )
    bars = (
        alt.Chart(_data(spans))
        .mark_bar(height=step * 0.58, stroke=theme.INK, strokeWidth=0.6 * step / _STEP)
        .encode(
            x=x,
            x2="until:Q",
            y=y,
            color=_fill(spans, classes, say, below),
            tooltip=[
                alt.Tooltip("name:N", title=say("column.patient")),
                alt.Tooltip("response:N", title=say("axis.response")),
                alt.Tooltip("from_day:Q", title=say("column.from_day")),
            ],
        )
    )
    ticks = (
        alt.Chart(_data(doses.sort("name", "ASTDY")))
        .mark_tick(
            invalid=None, orient="vertical", thickness=1.4, color=theme.INK, yOffset=step * 0.4
        )
        .encode(
            x=x,
            y=y,
            size=alt.condition(  # a dose of unknown size is drawn too
                "!isValid(datum.EXDOSE)",
                alt.value(step / 8),
                alt.Size("EXDOSE:Q", legend=None, scale=alt.Scale(zero=True, range=[0, step / 4])),
            ),
            tooltip=[
                alt.Tooltip("name:N", title=say("column.patient")),
                alt.Tooltip("ASTDY:Q", title=say("column.day")),
                alt.Tooltip("EXDOSE:Q", title=say("column.dose")),
                alt.Tooltip("EXDOSU:N", title=say("column.unit")),
            ],
        )
    )
    ongoing = ["ONGOING"] if "ONGOING" in courses["EOSSTT"] else []
    chart = alt.layer(
        bars,
        ticks,
        _ends(courses.join(levels, on="USUBJID", how="left"), step, x, y, say),
        _points(marks, first, ongoing, step, x, y, say, below),
    ).resolve_scale(
        color="independent", shape="independent", fill="independent", size="independent"
    )
    title = say("figure.swimmer", n=treated.height)
    outside = any(name.endswith("†") for name in order)
    key = say("figure.swimmer.key", definition=definition_name(assessed, spec["definition"], say))
    chart = chart.properties(
        width=width,
        height=alt.Step(step),
        title=theme.heading(
            title,
            [
                key,
                say("figure.swimmer.outside") if outside else "",
                drawn,
                spec.get("note", ""),
            ],
            spec["width"],
        ),
    )
    return Figure(chart, title, _alt(courses, marks, title, say), say.language, spec["width"])


def _courses(
    subjects: pl.DataFrame, exposure: pl.DataFrame, assessed: pl.DataFrame, month_days: int
) -> pl.DataFrame:
    """USUBJID name end(months) EOSSTT of the safety set; † marks who is not in the efficacy set."""
    seen = pl.concat(
        [exposure.select("USUBJID", day="ASTDY"), assessed.select("USUBJID", day="ADY")]
    )
    last = seen.group_by("USUBJID").agg(pl.col("day").max())
    closed = (pl.col("EOSDT") - pl.col("TRTSDT")).dt.total_days() + 1
    return (
        subjects.filter(SAFFL="Y")
        .join(last, on="USUBJID", how="left")
        .select(
            "USUBJID",
            "EOSSTT",
            name=pl.col("USUBJID").replace(short_names(subjects))
            + pl.when(EFFFL="Y").then(pl.lit("")).otherwise(pl.lit(" †")),
            # Who was seen after the end has no bar beyond his name and status.
            end=pl.max_horizontal(pl.coalesce(closed, "TRTDURD"), "day") / month_days,
        )
        .sort("end", "USUBJID", descending=[True, False])
    )


def _spans(assessed: pl.DataFrame, lanes: pl.DataFrame, month_days: int) -> pl.DataFrame:
    """`name month until from_day class`: a class from its first assessment to the next class."""
    start = lanes.select("USUBJID", ADY=pl.lit(0, pl.Int64), AVALC=pl.lit(""))
    known = assessed.select("USUBJID", pl.col("ADY").cast(pl.Int64), "AVALC")
    return (
        pl.concat([start, known])
        .join(lanes, on="USUBJID")
        .sort("name", "ADY")
        .filter(pl.col("AVALC").ne_missing(pl.col("AVALC").shift(1)).over("name"))
        .with_columns(month=pl.col("ADY") / month_days)
        .with_columns(until=pl.col("month").shift(-1).over("name").fill_null(pl.col("end")))
        .filter(pl.col("until") > pl.col("month"))
        .select(
            *("name", "month", "until"),
            from_day=pl.col("ADY").clip(lower_bound=1),
            **{"class": "AVALC"},
        )
    )


def _onsets(assessed: pl.DataFrame, responses: list[str]) -> pl.DataFrame:
    """The first assessment in each response of every patient."""
    return (
        assessed.filter(pl.col("AVALC").is_in(responses))
        .sort("USUBJID", "ADY")
        .unique(["USUBJID", "AVALC"], keep="first", maintain_order=True)
    )


def _losses(assessed: pl.DataFrame, responses: list[str]) -> pl.DataFrame:
    """The assessments without response whose last evaluable one before was a response."""
    responded = pl.col("AVALC").is_in(responses)
    return (
        assessed.filter(pl.col("AVALC") != NOT_EVALUABLE)
        .sort("USUBJID", "ADY")
        .filter(~responded & responded.shift(1).over("USUBJID"))
    )


def _flares(events: pl.DataFrame, subjects: pl.DataFrame, code: str | None) -> pl.DataFrame:
    """USUBJID and study day of the events that happened."""
    return (
        events.filter(pl.col("PARAMCD") == pl.lit(code, pl.String), CNSR=0)
        .join(subjects.select("USUBJID", "TRTSDT"), on="USUBJID")
        .select("USUBJID", ADY=study_day(pl.col("ADT"), pl.col("TRTSDT")).cast(pl.Int64))
    )


def _levels(exposure: pl.DataFrame, per_kg: bool) -> pl.DataFrame:
    """USUBJID and `level`, the doses as they changed: `10 → 5 mg/kg`, or plain doses without weight."""
    weighed = pl.lit(per_kg) & pl.col("AEXDOSK").is_not_null().all().over("USUBJID")
    dose = pl.when(weighed).then(pl.col("AEXDOSK").round(0)).otherwise("EXDOSE")
    text = dose.cast(pl.String).str.strip_suffix(".0")
    unit = pl.when(weighed).then(pl.format("{}/kg", "EXDOSU")).otherwise("EXDOSU")
    return (
        exposure.sort("USUBJID", "ASTDY")
        .with_columns(text=text, unit=unit)
        .filter(pl.col("text").ne_missing(pl.col("text").shift(1)).over("USUBJID"))
        .group_by("USUBJID", maintain_order=True)
        .agg(pl.col("text").cast(pl.String).str.join(" → "), pl.col("unit").first())
        .select("USUBJID", level=pl.format("{} {}", "text", "unit"))
    )


def _fill(
    spans: pl.DataFrame, classes: list[theme.Class], say: Labels, below: dict[str, Any]
) -> alt.Color:
    none = theme.Class("", say("response.none"), _UNASSESSED, theme.INK)
    present = [c for c in (none, *classes) if c.code in set(spans["class"])]
    names = json.dumps({c.code: c.name for c in present}, ensure_ascii=False)
    return alt.Color(
        "class:N",
        title=say("axis.response"),
        scale=alt.Scale(domain=[c.code for c in present], range=[c.fill for c in present]),
        legend=alt.Legend(
            symbolType="square",
            **below,
            symbolStrokeColor=theme.INK,
            labelExpr=f"{names}[datum.value]",
        ),
    )


def _points(
    marks: pl.DataFrame,
    first: dict[str, str],
    also: list[str],
    step: float,
    x: alt.X,
    y: alt.Y,
    say: Labels,
    below: dict[str, Any],
) -> alt.Chart:
    drawn = {
        f"first {code}": (name, *_FIRST[min(k, len(_FIRST) - 1)])
        for k, (code, name) in enumerate(first.items())
    }
    drawn = dict(reversed(drawn.items())) | {
        kind: (say(f"mark.{kind}"), *theme.MARKS[kind]) for kind in _MARKS
    }
    kinds = [kind for kind in drawn if kind in {*marks["kind"], *also}]
    names = json.dumps({kind: drawn[kind][0] for kind in kinds}, ensure_ascii=False)
    legend = alt.Legend(labelExpr=f"{names}[datum.value]", title=say("axis.event"), **below)
    return (
        alt.Chart(_data(marks))
        .mark_point(
            size=85 * step / _STEP,
            stroke=theme.INK,
            strokeWidth=step / _STEP,
            opacity=1,
            filled=True,
        )
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[drawn[k][1] for k in kinds]),
                legend=legend,
            ),
            fill=alt.Fill(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[drawn[k][2] for k in kinds]),
                legend=legend,
            ),
            tooltip=[
                alt.Tooltip("name:N", title=say("column.patient")),
                alt.Tooltip("what:N", title=say("axis.event")),
                alt.Tooltip("ADY:Q", title=say("column.day")),
            ],
        )
    )


def _ends(
    courses: pl.DataFrame, step: float, x: alt.X, y: alt.Y, say: Labels
) -> alt.LayerChart | alt.FacetChart:
    """How each course ended, in words where there is room for them."""
    data = courses.select(
        "name",
        month="end",
        status=pl.concat_str(
            _names("EOSSTT", say, "status"), "level", separator=", ", ignore_nulls=True
        ),
        ongoing=pl.col("EOSSTT") == "ONGOING",
    )
    if step < _NAMED_STEP:
        data = data.with_columns(status=pl.lit(""))
    base = alt.Chart(_data(data)).encode(x=x, y=y)
    text = base.mark_text(align="left", fontSize=9, color=theme.MUTED, xOffset=6)
    return alt.layer(
        base.transform_filter("datum.ongoing").mark_point(
            shape=theme.MARKS["ONGOING"].shape,
            size=60 * step / _STEP,
            filled=True,
            color=theme.INK,
            opacity=1,
            xOffset=9,
        ),
        text.encode(text="status:N").transform_filter("!datum.ongoing"),
        text.encode(text="status:N", xOffset=alt.value(18)).transform_filter("datum.ongoing"),
    )


def _names(column: str, say: Labels, kind: str) -> pl.Expr:
    return pl.col(column).map_elements(lambda value: say.of(kind, value), return_dtype=pl.String)


def _data(frame: pl.DataFrame) -> alt.Data:
    return alt.Data(values=frame.to_dicts())


def _alt(courses: pl.DataFrame, marks: pl.DataFrame, title: str, say: Labels) -> str:
    if courses.height > NAMED:
        ends = courses["EOSSTT"].fill_null("").value_counts(sort=True)
        counts = (f"{say.of('status', status)}: {n}" for status, n in ends.iter_rows())
        return sentences(title, say("list.comma").join(counts))
    told = marks.group_by("name", maintain_order=True).agg(
        pl.format(say("alt.on_day"), "what", "ADY").str.join(", ").alias("events")
    )
    rows = courses.join(told, on="name", how="left", maintain_order="left")
    return sentences(
        title,
        *(
            say(
                "alt.swimmer",
                patient=row["name"],
                months=number(row["end"], 1),
                status=say.of("status", row["EOSSTT"] or ""),
                events=row["events"] or say("none"),
            )
            for row in rows.iter_rows(named=True)
        ),
    )
