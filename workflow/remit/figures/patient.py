"""One patient's whole course: every parameter, dose and adverse event on one time axis."""

from collections.abc import Collection
from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.words.labels import Labels
from remit.words.numbers import unit

_WIDTH = 620
#: Kinds of marks, by the domain that has them.
KINDS = {"ae": "AE", "ex": "dose"}


def patient_chart(say: Labels, collected: Collection[str] = KINDS.keys()) -> dict[str, Any]:
    """The chart of a patient page without data; it draws the data sets `values` and `marks`.

    Args:
        say: labels.
        collected: domains of the study; a kind of marks that no domain has is not named.
    """
    x = alt.X("ADY:Q", title=say("column.day"), axis=alt.Axis(tickCount=10))
    values = (
        alt.Chart(alt.NamedData("values"))
        .mark_line(color=theme.LINE, point=alt.OverlayMarkDef(color=theme.LINE, size=26))
        .encode(
            x=alt.X("ADY:Q", title=None),
            y=alt.Y("AVAL:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=3)),
            tooltip=[
                alt.Tooltip("name:N", title=say("column.what")),
                alt.Tooltip("AVAL:Q", title=say("column.value")),
                alt.Tooltip("ADT:N", title=say("column.date")),
                alt.Tooltip("visit:N", title=say("column.visit")),
            ],
        )
        .properties(width=_WIDTH, height=52)
        .facet(
            row=alt.Row(
                "name:N",
                title=None,
                sort=alt.EncodingSortField("order", op="min"),
                header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=190, labelPadding=8),
            ),
            spacing=6,
        )
        .resolve_scale(y="independent")
    )
    marks = (
        alt.Chart(alt.NamedData("marks"))
        .mark_point(size=70, filled=True, opacity=1)
        .encode(
            x=x,
            y=alt.Y("kind:N", title=None),
            color=alt.Color("kind:N", legend=None, scale=_signs("fill", collected, say)),
            shape=alt.Shape("kind:N", legend=None, scale=_signs("shape", collected, say)),
            tooltip=[
                alt.Tooltip("what:N", title=say("axis.event")),
                alt.Tooltip("ADY:Q", title=say("column.day")),
            ],
        )
        .properties(width=_WIDTH, height=44)
    )
    spec: dict[str, Any] = alt.vconcat(values, marks).resolve_scale(x="shared").to_dict()
    spec["config"]["font"] = f"{theme.LATIN}, {theme.CJK}"
    return spec


def _signs(part: str, collected: Collection[str], say: Labels) -> alt.Scale:
    kinds = [kind for domain, kind in KINDS.items() if domain in collected]
    return alt.Scale(
        domain=[say(f"mark.{kind}") for kind in kinds],
        range=[getattr(theme.MARKS[kind], part) for kind in kinds],
    )


def patient_data(
    visits: pl.DataFrame,
    exposure: pl.DataFrame,
    adverse_events: pl.DataFrame,
    patient: str,
    say: Labels,
) -> dict[str, list[dict[str, Any]]]:
    """The data sets `values` and `marks` of one patient."""
    own = visits.filter(
        pl.col("USUBJID") == patient,
        pl.col("AVAL").is_not_null(),
        pl.col("DTYPE").ne_missing("LOV"),
    ).sort("PARAMN", "ADY", "ADT")
    values = [
        {
            "name": _name(row, say),
            "order": row["PARAMN"],
            "AVAL": row["AVAL"],
            "ADY": row["ADY"],
            "ADT": str(row["ADT"]),
            "visit": say.of("visit", row["AVISIT"] or ""),
        }
        for row in own.iter_rows(named=True)
    ]
    doses = exposure.filter(pl.col("USUBJID") == patient).sort("ASTDY")
    events = adverse_events.filter(pl.col("USUBJID") == patient).sort("ASTDY")
    marks = [
        {
            "kind": say("mark.dose"),
            "what": _dose(row["EXDOSE"], row["EXDOSU"]),
            "ADY": row["ASTDY"],
        }
        for row in doses.iter_rows(named=True)
    ] + [
        {"kind": say("mark.AE"), "what": say.of("ae", row["AEDECOD"]), "ADY": row["ASTDY"]}
        for row in events.iter_rows(named=True)
    ]
    return {"values": values, "marks": marks}


def _dose(size: float | None, unit: str | None) -> str:
    """As much of a dose as is known."""
    return " ".join(part for part in (None if size is None else f"{size:g}", unit) if part)


def _name(row: dict[str, Any], say: Labels) -> str:
    name = say.of("param", row["PARAMCD"])
    name = row["PARAM"] if name == row["PARAMCD"] else name
    printed = say.of("unit", unit(row["AVALU"]))
    return f"{name} ({printed})" if printed else name
