"""What each extract brought: its rows by fate."""

from typing import Any

import altair as alt
import polars as pl

from remit.figures import theme
from remit.figures.figure import Figure
from remit.figures.frames import sentences
from remit.words.labels import Labels

_FATES = (
    *("accepted", "superseded", "withdrawn", "duplicate", "conflict"),
    *("quarantined", "unmapped", "out_of_cohort", "filtered"),
)


def extract_changes(ledger: pl.DataFrame, spec: dict[str, Any], say: Labels) -> Figure:
    """One row per source file, one column per fate; darker is a larger share of the file.

    Args:
        ledger: `results/harmonized/ledger.csv`.
        spec: figures.extract_changes of the config, with `note`.
        say: labels.
    """
    rows = ledger.sort("feed", "delivery", "source_file").with_columns(
        name=pl.format("{}: {}", "feed", "source_file")
    )
    narrow = theme.narrow(spec["width"])
    filters = rows["filtered"].sum() > 0
    fates = {fate: say(f"fate.{fate}") for fate in _FATES if filters or fate != "filtered"}
    drawn = (
        rows.unpivot(list(fates), index=["name", "read"], variable_name="fate", value_name="rows")
        .filter(pl.col("rows") > 0)
        .with_columns(pl.col("fate").replace(fates), share=pl.col("rows") / pl.col("read"))
        .sort("name", "fate")
    )
    base = alt.Chart(alt.Data(values=drawn.to_dicts())).encode(
        x=alt.X(
            "fate:N",
            sort=list(fates.values()),
            title=None,
            axis=alt.Axis(orient="top", ticks=False, domain=False, labelAngle=-90 if narrow else 0),
            scale=alt.Scale(domain=list(fates.values())),
        ),
        y=alt.Y(
            "name:N",
            sort=rows["name"].to_list(),
            title=None,
            axis=theme.name_axis(rows["name"], spec["width"]),
        ),
        tooltip=[
            alt.Tooltip("name:N", title=say("column.file")),
            alt.Tooltip("fate:N", title=say("axis.fate")),
            alt.Tooltip("rows:Q", title=say("column.rows")),
            alt.Tooltip("read:Q", title=say("fate.read")),
        ],
    )
    title = say("figure.extract_changes")
    chart = alt.layer(
        base.mark_rect(stroke="white").encode(
            color=alt.Color(
                "share:Q",
                legend=None,
                scale=alt.Scale(domain=[0, 1], range=["#eef3f7", "#7fb2d6"], interpolate="rgb"),
            )
        ),
        base.mark_text(fontSize=9.5).encode(text="rows:Q"),
        width=theme.pixels(spec["width"]) - (155 if narrow else 215),
        height=alt.Step(28 if narrow else 17),
        title=theme.heading(
            title, [say("figure.extract_changes.key"), spec.get("note", "")], spec["width"]
        ),
    )
    told = [
        f"{row['name']}: "
        + say("list.comma").join(
            f"{label} {row[fate]}" for fate, label in fates.items() if row[fate]
        )
        for row in rows.iter_rows(named=True)
    ]
    return Figure(chart, title, sentences(title, *told), say.language, spec["width"])
