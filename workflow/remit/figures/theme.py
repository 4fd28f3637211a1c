"""What every figure looks like, in one place.

Colours are from Okabe and Ito (2008, colour-blind-safe) and from one blue ramp for the ordered
response classes, whose lightness alone tells them apart in greyscale.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import altair as alt

from remit.plan.categories import NOT_EVALUABLE, Category, label
from remit.words.labels import Labels

# Journal column widths in mm, drawn at 96 CSS pixels an inch; labels come out at 7.5 pt.
PX_PER_MM = 96 / 25.4

INK = "#222222"
MUTED = "#6b6b6b"
GRID = "#e4e4e4"
LINE = "#00427a"
ACCENT = "#b3430b"

# Response classes whose definition gives no colour: the responses from the best on, what is no
# response, and what is worse. More of them than colours share the last.
RESPONSE_RAMP = ("#00427a", "#5aa5d8", "#b5d7ef", "#dcecf8")
NO_RESPONSE = ("#e9c89b", "#c98a4b", "#8f5a24")
UNJUDGED = "#ffffff"

# Told apart by colour, lightness and shape together.
SERIES = ("#00427a", "#d55e00", "#00805d", "#b8578c", "#2f86c1", "#8c6d00", "#444444")

SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "triangle-down",
    "triangle-right",
    "triangle-left",
)


class Mark(NamedTuple):
    """The sign of one kind of thing that befell a patient."""

    shape: str
    fill: str


#: The same kind has the same sign in every chart; its word is the label `mark.<kind>`.
MARKS = {
    "dose": Mark("M-0.15,-0.6h0.3v1.2h-0.3z", INK),
    "AE": Mark("cross", ACCENT),
    "FLARE": Mark("square", "#b8578c"),
    "LOST": Mark("triangle-down", "#8c8c8c"),
    "ONGOING": Mark("triangle-right", INK),
}

# 0.001 to 50,000 in the steps a log axis is read by.
_STEPS = [step * 10.0**power for power in range(-3, 5) for step in (1, 2, 5)]

LATIN = "Liberation Sans, Arial, Helvetica, sans-serif"
CJK = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"


class Class(NamedTuple):
    """A response class as figures show it: its name, the colour of its bars, and of text on them."""

    code: str
    name: str
    fill: str
    ink: str


def classes(known: Sequence[Category], say: Labels) -> list[Class]:
    """The classes of a definition, best first, and last whoever cannot be judged.

    Args:
        known: the definition's categories.
        say: labels.
    """
    ramps = {True: iter(RESPONSE_RAMP), False: iter(NO_RESPONSE)}
    last = {True: RESPONSE_RAMP[-1], False: NO_RESPONSE[-1]}
    shown = []
    for category in known:
        kind = category["response"]
        fill = category["colour"] or next(ramps[kind], last[kind])
        shown.append((category["code"], label(category, say.language), fill))
    shown.append((NOT_EVALUABLE, say(f"response.{NOT_EVALUABLE}"), UNJUDGED))
    return [Class(*each, ink_on(each[2])) for each in shown]


def ink_on(fill: str) -> str:
    """Black or white, whichever is read better on a colour (WCAG 2.2, relative luminance)."""
    shares = [int(fill[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def pixels(millimetres: float) -> float:
    """Width on the page in CSS pixels."""
    return round(millimetres * PX_PER_MM)


def narrow(millimetres: float) -> bool:
    """Whether a figure stands in one journal column, so that its legend goes below."""
    return millimetres < 120


def log_domain(values: Iterable[float]) -> tuple[float, float]:
    """The steps of 1, 2, 5 that enclose the positive values."""
    positive = [value for value in values if value > 0] or [1.0]
    bottom = max(tick for tick in _STEPS if tick <= max(min(positive), _STEPS[0]))
    top = min(tick for tick in _STEPS if tick >= min(max(positive), _STEPS[-1]))
    return (bottom, top) if bottom < top else (bottom / 2, top * 2)


def log_axis(domain: tuple[float, float], **options: Any) -> alt.Axis:
    """An axis with a line at every step of 1, 2, 5."""
    steps = [step for step in _STEPS if domain[0] <= step <= domain[1]]
    return alt.Axis(values=steps, format="~g", **options)


#: Marks of results beyond a limit of quantification, drawn at the limit.
LIMITS = alt.Shape(
    "limit:N",
    legend=None,
    scale=alt.Scale(
        domain=["measured", "below", "above"], range=["circle", "triangle-down", "triangle-up"]
    ),
)


def panels(columns: int, millimetres: float, given: int) -> int:
    """Panels side by side: as many as asked for and given, none narrower than 40 mm."""
    return max(1, min(columns, given, int(millimetres // 40)))


def legend(millimetres: float, columns: int = 1) -> dict[str, Any]:
    """A legend of boxes: beside the figure, below it where one column has no room."""
    box = {"symbolType": "square", "symbolStrokeColor": INK}
    return {**box, "orient": "bottom", "columns": columns} if narrow(millimetres) else box


def legend_columns(names: Iterable[str], pixels: float) -> int:
    """How many entries of a legend below a figure have room beside each other."""
    return max(1, int(pixels // (30 + 5.6 * max(map(_columns, names), default=1))))


def visit_axis(millimetres: float, **options: Any) -> alt.Axis:
    """Visits under bars or cells: a word a line, or upright in one journal column."""
    if narrow(millimetres):
        return alt.Axis(labelAngle=-90, ticks=False, **options)
    return alt.Axis(labelExpr="split(datum.label, ' ')", ticks=False, **options)


def name_axis(names: Iterable[str], millimetres: float, **options: Any) -> alt.Axis:
    """Names of rows, broken into lines in one journal column."""
    plain = {"ticks": False, "domain": False, "labelLimit": 230, **options}
    if not narrow(millimetres):
        return alt.Axis(**plain)
    lines = json.dumps({name: broken(name, 24) for name in names})
    return alt.Axis(labelExpr=f"{lines}[datum.value]", **plain)


def heading(title: str, lines: list[str], millimetres: float) -> alt.TitleParams:
    """Title and the subtitle lines that say anything, broken where the figure ends."""
    room = pixels(millimetres) - 20
    return alt.TitleParams(
        broken(title, room / 6.9),
        subtitle=[piece for line in lines if line for piece in broken(line, room / 5.2)],
    )


def broken(text: str, columns: float) -> list[str]:
    """Lines of at most `columns` Latin characters; a Chinese character counts for two."""
    lines, line = [], ""
    for word in re.findall(
        r"[\u3000-\u9fff\uff00-\uffef][ \n]*|[^ \n\u3000-\u9fff\uff00-\uffef]+[ \n]*", text
    ):
        if line and _columns(line + word.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()] if line else lines


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


@alt.theme.register("remit", enable=True)
def _remit() -> alt.theme.ThemeConfig:
    return alt.theme.ThemeConfig(
        config={
            "background": "white",
            "padding": 6,
            "view": {"stroke": None},
            "axis": {
                "labelColor": INK,
                "titleColor": INK,
                "labelFontSize": 10,
                "titleFontSize": 10.5,
                "titleFontWeight": "normal",
                "titlePadding": 6,
                "labelPadding": 3,
                "domainColor": MUTED,
                "tickColor": MUTED,
                "tickSize": 4,
                "gridColor": GRID,
                "labelOverlap": False,
            },
            "axisX": {"grid": False, "labelAngle": 0, "labelFlush": False},
            "legend": {
                "labelColor": INK,
                "titleColor": INK,
                "labelFontSize": 10,
                "titleFontSize": 10.5,
                "titleFontWeight": "normal",
                "labelLimit": 260,
                "symbolStrokeWidth": 1.2,
            },
            "title": {
                "anchor": "start",
                "frame": "bounds",
                "color": INK,
                "fontSize": 12.5,
                "fontWeight": "bold",
                "subtitleFontSize": 10,
                "subtitleColor": MUTED,
                "subtitlePadding": 3,
                "offset": 10,
            },
            "header": {"labelFontSize": 10.5, "labelColor": INK},
            "text": {"fontSize": 10, "color": INK},
        }
    )
