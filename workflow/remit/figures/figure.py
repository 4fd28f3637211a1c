"""A figure and the forms it is saved in."""

import html
import io
import json
import os
import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any

import altair as alt
import vl_convert

from remit.errors import RemitError
from remit.figures import theme
from remit.figures.frames import has_han

_VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>body{{margin:1rem;background:#fff}}svg{{max-width:100%;height:auto}}</style>
<script src="{bundle}"></script>
</head>
<body>
<figure id="figure">{svg}</figure>
<script>if (window.vegaEmbed) vegaEmbed("#figure", {spec}, {options});</script>
</body>
</html>
"""

#: What the figures' pages share, in their folder. A page that has lost it shows the drawing as it is.
BUNDLE = "vega.js"
# Vega compiles its expressions, hence unsafe-eval; nothing may be fetched from anywhere.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:"
)
EMBED_OPTIONS = {
    "renderer": "svg",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}


@dataclass(frozen=True)
class Figure:
    """A chart with the words that replace it for somebody who cannot see it."""

    chart: alt.TopLevelMixin
    title: str
    alt: str
    language: str
    millimetres: float

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification, data included, with the font its text needs.

        Its views are as wide as makes the whole `millimetres` wide: what axes, legends and names
        beside them need is known only when they are drawn.
        """
        spec: dict[str, Any] = self.chart.properties(description=self.alt).to_dict()
        font = theme.CJK if has_han(json.dumps(spec, ensure_ascii=False)) else theme.LATIN
        spec["config"]["font"] = font
        widen(spec, theme.pixels(self.millimetres) - _width(_drawn(spec)))
        return spec

    def render(self, path: str) -> bytes:
        """The file that belongs at `path`; its ending (json, html, svg, png, pdf) decides.

        PNG has 300 dots per inch. All are the same bytes in every run, whatever fonts the machine
        has.
        """
        kind = PurePath(path).suffix.removeprefix(".")
        if kind == "json":
            return _json(self.spec, indent=1).encode() + b"\n"
        if kind == "html":
            return self._page().encode()
        if kind == "svg":
            return self._svg().encode() + b"\n"
        if kind == "png":
            png: bytes = vl_convert.svg_to_png(self.drawing, scale=0.75, ppi=300)
            return png
        if kind == "pdf":
            return self._pdf()
        raise RemitError(f"{path}: a figure is saved as json, html, svg, png or pdf, not '{kind}'")

    @cached_property
    def drawing(self) -> str:
        """What Vega draws, as SVG; every other form is made of it."""
        return _on_canvas(_renumbered(_drawn(self.spec)), theme.PX_PER_MM * self.millimetres)

    def _svg(self) -> str:
        head = f'<svg role="img" aria-label="{html.escape(self.alt)}" lang="{self.language}" '
        return self.drawing.replace("<svg ", head, 1)

    def _pdf(self) -> bytes:
        """The drawing at its size on paper, its objects in the order they are reached from the page.

        The renderer numbers them anew in every process, and takes a CSS pixel for a point.
        """
        import pikepdf

        drawn = vl_convert.svg_to_pdf(self.drawing)
        target = io.BytesIO()
        with pikepdf.open(io.BytesIO(drawn)) as pdf:
            page = pdf.pages[0]
            page.contents_add(b"q 0.75 0 0 0.75 0 0 cm", prepend=True)
            page.contents_add(b"Q")
            page.MediaBox = [round(0.75 * float(edge), 2) for edge in page.MediaBox]
            pdf.Root.Lang = pikepdf.String(self.language)
            pdf.docinfo["/Title"] = self.title
            pdf.docinfo["/Subject"] = self.alt
            pdf.save(target, deterministic_id=True)
        return target.getvalue()

    def _page(self) -> str:
        # `file:` is where a reader opens it, `'self'` where it is served.
        return _PAGE.format(
            lang=self.language,
            policy=POLICY.replace("script-src", "script-src 'self' file:"),
            title=html.escape(self.title),
            bundle=BUNDLE,
            svg=self._svg(),
            spec=script_json(self.spec),
            options=_json(EMBED_OPTIONS),
        )


def javascript() -> str:
    """Vega, Vega-Lite and vega-embed as one script that defines `vegaEmbed`: seconds of work."""
    bundle: str = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=_VEGA_LITE
    )
    return bundle.replace("</script", "<\\/script")


def script_json(value: object) -> str:
    """JSON that may stand inside a script element, whatever text the data hold."""
    text = _json(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent, allow_nan=False)


def widen(spec: dict[str, Any], pixels: float) -> None:
    """Make a specification wider (or narrower) by a number of pixels, shared by its columns.

    A view that is as wide as it is high is a square on purpose and stays one.
    """
    width = spec.get("width")
    if isinstance(width, int | float) and width != spec.get("height"):
        spec["width"] = max(40, width + pixels)
    beside = spec.get("hconcat") or spec.get("concat") or []
    columns = min(spec.get("columns", len(beside)), len(beside)) or 1
    for inner in [*beside, *spec.get("vconcat", []), *spec.get("layer", [])]:
        widen(inner, pixels / columns)
    if "spec" in spec:
        widen(spec["spec"], pixels / spec.get("columns", 1))


def _drawn(spec: dict[str, Any]) -> str:
    _use_own_fonts()
    svg: str = vl_convert.vegalite_to_svg(_json(spec), vl_version=_VEGA_LITE)
    return svg


def _width(svg: str) -> float:
    found = re.search(r'<svg [^>]*?\bwidth="([0-9.]+)"', svg)
    assert found is not None
    return float(found[1])


def _on_canvas(svg: str, width: float) -> str:
    """The drawing on a canvas of an exact width: what widening left over is white on its right."""
    text = f"{width:.2f}"
    head, rest = svg.split(">", 1)
    head = re.sub(r'\bwidth="[0-9.]+"', f'width="{text}"', head)
    head = re.sub(r'viewBox="0 0 [0-9.]+ ', f'viewBox="0 0 {text} ', head)
    return f"{head}>" + re.sub(r'<rect width="[0-9.]+"', f'<rect width="{text}"', rest, count=1)


def _renumbered(svg: str) -> str:
    """Ids numbered from 0 in the order they appear: Vega counts on from figure to figure."""
    ids = dict.fromkeys(re.findall(r'id="((?:clip|gradient_)\d+)"', svg))
    number = {name: i for i, name in enumerate(ids)}
    return re.sub(
        r"(clip|gradient_)\d+", lambda found: f"{found[1]}{number.get(found[0], found[0])}", svg
    )


@cache
def _use_own_fonts() -> None:
    """Let the renderer see its own Liberation fonts and one that has Chinese, and no other.

    It looks for the machine's fonts where fontconfig says, once, when it first needs any. The programs
    that this process starts look for their own.
    """
    package = find_spec("mplfonts")
    assert package is not None
    assert package.submodule_search_locations is not None
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(PurePath(__file__).with_name("fonts.conf"))
    try:
        vl_convert.register_font_directory(f"{package.submodule_search_locations[0]}/fonts")
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before
