"""What every figure promises, and what each of them must show."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pikepdf
import polars as pl
import pytest

from remit.figures import theme
from remit.figures.before_after import before_after
from remit.figures.figure import _drawn, _width
from remit.figures.patient import patient_chart
from remit.figures.trajectories import trajectories
from tests.figures import frames
from tests.figures.conftest import FIGURES, Draw, say_in

Cohort = dict[str, pl.DataFrame]


@pytest.fixture(params=FIGURES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def rows_of(spec: object) -> list[dict[str, object]]:
    """All rows that a Vega-Lite specification carries."""
    if isinstance(spec, dict):
        own = spec.get("values") if "values" in spec and "scale" not in spec else None
        found = [row for row in own or [] if isinstance(row, dict)]
        return found + [row for value in spec.values() for row in rows_of(value)]
    if isinstance(spec, list):
        return [row for value in spec for row in rows_of(value)]
    return []


def fields_of(spec: object) -> set[str]:
    """Every field and expression of a specification, as one set of words."""
    if isinstance(spec, dict):
        found = {str(spec[k]) for k in ("field", "filter", "calculate", "test") if k in spec}
        return found.union(*(fields_of(v) for k, v in spec.items() if k != "values"))
    if isinstance(spec, list):
        return set().union(*(fields_of(value) for value in spec))
    return set()


class TestEveryFigure:
    def test_is_the_same_bytes_when_drawn_again(
        self, name: str, draw: Draw, cohort: Cohort
    ) -> None:
        for kind in ("json", "svg", "pdf"):
            once, again = (draw(name, cohort).render(f"f.{kind}") for _ in range(2))
            assert once == again

    def test_does_not_depend_on_the_order_of_its_rows(
        self, name: str, draw: Draw, cohort: Cohort
    ) -> None:
        keep = ("safety", "time_to_event")  # statistics that are ordered on purpose
        reversed_ = {k: v if k in keep else v.reverse() for k, v in cohort.items()}
        assert draw(name, reversed_).render("f.json") == draw(name, cohort).render("f.json")

    def test_carries_only_columns_that_it_shows(
        self, name: str, draw: Draw, cohort: Cohort
    ) -> None:
        spec = draw(name, cohort).spec
        words = " ".join(fields_of(spec))
        unused = {key for row in rows_of(spec) for key in row if key not in words}
        assert not unused

    def test_says_in_words_what_it_shows(self, name: str, draw: Draw, cohort: Cohort) -> None:
        figure = draw(name, cohort)
        assert figure.alt.startswith(figure.title)
        assert re.search("[0-9]", figure.alt)
        label = re.search('aria-label="([^"]*)"', figure.render("f.svg").decode())
        assert label is not None
        assert unescape(label[1]) == figure.alt

    def test_bears_the_note_of_the_study(self, name: str, draw: Draw, cohort: Cohort) -> None:
        assert "Synthetic" in json.dumps(draw(name, cohort).spec["title"])

    @pytest.mark.parametrize("millimetres", [85, 120, 170])
    def test_is_as_wide_as_was_asked_at_300_dots_per_inch(
        self, name: str, draw: Draw, cohort: Cohort, millimetres: int
    ) -> None:
        figure = draw(name, cohort, width=millimetres)
        png = figure.render("f.png")
        at = png.index(b"pHYs") + 4
        per_inch = int.from_bytes(png[at : at + 4], "big") * 0.0254
        assert round(per_inch) == 300
        assert int.from_bytes(png[16:20], "big") / 300 * 25.4 == pytest.approx(millimetres, abs=0.1)
        # Nothing of what was drawn is cut off by the canvas.
        assert _width(_drawn(figure.spec)) <= theme.pixels(millimetres) + 1

    def test_prints_at_its_size_with_its_title(self, name: str, draw: Draw, cohort: Cohort) -> None:
        figure = draw(name, cohort)
        with pikepdf.open(BytesIO(figure.render("f.pdf"))) as pdf:
            left, _, right, _ = (float(edge) for edge in pdf.pages[0].mediabox)
            assert str(pdf.docinfo["/Title"]) == figure.title
        png = figure.render("f.png")
        # The picture of 300 dots per inch is as wide: within a point.
        assert abs((right - left) / 72 - int.from_bytes(png[16:20], "big") / 300) < 1 / 72

    def test_speaks_chinese(self, name: str, draw: Draw, cohort: Cohort, root: Path) -> None:
        figure = draw(name, cohort, say_in(root, "zh"))
        assert re.search("[一-鿿]", figure.title)
        assert figure.spec["config"]["font"].startswith("Noto Sans CJK SC")

    def test_needs_nothing_from_anywhere(self, name: str, draw: Draw, cohort: Cohort) -> None:
        page = draw(name, cohort).render("f.html").decode()
        outside_scripts = re.sub("(?s)<script>.*?</script>", "", page)
        links = re.findall("(?:src|xlink:href|href)=[\"'](?!#)([^\"']*)", outside_scripts)
        assert links == ["vega.js"]
        assert not re.search(r"url\((?!['\"]?#)", outside_scripts)
        assert "default-src 'none'" in page

    def test_shows_its_drawing_where_no_script_runs(
        self, name: str, draw: Draw, cohort: Cohort
    ) -> None:
        figure = draw(name, cohort)
        page = figure.render("f.html").decode()
        assert figure.render("f.svg").decode().strip() in re.sub(
            "(?s)<script.*?</script>", "", page
        )

    def test_shows_markup_in_the_data_as_text(self, name: str, draw: Draw, cohort: Cohort) -> None:
        hostile = "</script><script>alert(1)</script>"
        poisoned = {
            key: frame.with_columns(
                pl.lit(hostile).alias(column)
                for column in ("AEDECOD", "term", "source_file", "DEFN", "EXDOSU", "AVALU")
                if column in frame.columns
            )
            for key, frame in cohort.items()
        }
        page = draw(name, poisoned).render("f.html").decode()
        assert page.count("<script") == 2
        assert "<script>alert" not in page


def test_trajectories_draw_the_means_of_the_statistics(draw: Draw, cohort: Cohort) -> None:
    drawn = rows_of(draw("trajectories", cohort, parameters=["ALB"]).spec)
    means = {row["visit"]: row["centre"] for row in drawn if "centre" in row}
    table = cohort["paired"].filter(pl.col("PARAMCD") == "ALB", pl.col("AVISITN") < 99)
    expected = dict(table.select("AVISIT", "visit_mean").iter_rows())
    assert {k: v for k, v in means.items() if k != "Baseline"} == pytest.approx(expected)


def test_trajectories_mark_the_visits_whose_p_is_below_alpha(draw: Draw, cohort: Cohort) -> None:
    drawn = rows_of(draw("trajectories", cohort, parameters=["UPCR"]).spec)
    marked = {row["visit"] for row in drawn if row.get("mark") == "*"}
    below = cohort["paired"].filter(
        pl.col("PARAMCD") == "UPCR", pl.col("p") < 0.05, pl.col("AVISITN") < 99
    )
    assert marked == set(below["AVISIT"]) != set()


def test_one_patient_at_a_visit_has_a_mean_and_no_error_bar(draw: Draw, cohort: Cohort) -> None:
    drawn = rows_of(draw("trajectories", cohort, parameters=["UPCR"]).spec)
    last = next(row for row in drawn if row["visit"] == "Month 9")
    assert (last["n"], last["centre"], last["low"], last["high"]) == (1, 4.1, None, None)


def test_who_is_not_evaluable_is_a_class_of_its_own(draw: Draw, cohort: Cohort) -> None:
    drawn = rows_of(draw("response_bars", cohort).spec)
    month_3 = {
        row["AVALC"]: row["n"] for row in drawn if row.get("visit") == "Month 3" and "n" in row
    }
    assert month_3 == {"PR": 1, "NR": 5, "NE": 1}


def test_who_had_not_reached_the_visit_is_not_in_its_bar(draw: Draw, cohort: Cohort) -> None:
    responses = cohort["responses"].with_columns(
        AVALCNRI=pl.when(pl.col("AVALC") != "NE").then("AVALCNRI")
    )
    drawn = rows_of(draw("response_bars", {**cohort, "responses": responses}).spec)
    assert {row["AVALC"] for row in drawn if row.get("visit") == "Month 3" and "AVALC" in row} == {
        "PR",
        "NR",
    }


def test_a_visit_of_which_nobody_has_a_record_has_no_bar(draw: Draw, cohort: Cohort) -> None:
    day = pl.when(pl.col("AVISIT") != "Month 3").then("ADT")
    responses = cohort["responses"].with_columns(ADT=day, AVALCNRI=pl.lit("NR"))
    drawn = rows_of(draw("response_bars", {**cohort, "responses": responses}).spec)
    shown = {row["visit"] for row in drawn if "visit" in row}
    assert shown
    assert "Month 3" not in shown


def test_the_swimmer_marks_first_remissions_and_events(draw: Draw, cohort: Cohort) -> None:
    drawn = rows_of(draw("swimmer", cohort).spec)
    marks = {(row["name"], row["kind"], row["ADY"]) for row in drawn if "kind" in row}
    assert {("LN-03", "first PR", 85), ("LN-03", "first CR", 225), ("LN-09 †", "AE", 15)} <= marks


def test_the_swimmer_marks_what_was_lost_and_what_flared(draw: Draw, cohort: Cohort) -> None:
    responses = cohort["responses"].with_columns(
        AVALC=pl.when(USUBJID="LN-03", AVISIT="Month 5").then(pl.lit("NR")).otherwise("AVALC")
    )
    flare = cohort["events"].filter(USUBJID="LN-03").with_columns(PARAMCD=pl.lit("TTFLARE"))
    changed = {**cohort, "responses": responses, "events": pl.concat([cohort["events"], flare])}
    drawn = rows_of(draw("swimmer", changed).spec)
    marks = {(row["name"], row["kind"], row["ADY"]) for row in drawn if "kind" in row}
    assert {m for m in marks if m[1] in ("LOST", "FLARE")} >= {
        ("LN-03", "LOST", 141),
        ("LN-03", "FLARE", 85),
    }


def test_the_swimmer_names_the_dose_levels(draw: Draw, cohort: Cohort) -> None:
    halved = cohort["exposure"].with_columns(
        AEXDOSK=pl.when(pl.col("ASTDY") > 60, USUBJID="LN-03").then(5.0).otherwise("AEXDOSK")
    )
    unweighed = halved.with_columns(AEXDOSK=pl.when(pl.col("USUBJID") != "LN-02").then("AEXDOSK"))
    drawn = rows_of(draw("swimmer", {**cohort, "exposure": unweighed}).spec)
    told = {row["name"]: str(row["status"]).split(", ")[1] for row in drawn if "status" in row}
    assert (told["LN-01"], told["LN-02"], told["LN-03"]) == ("10 mg/kg", "600 mg", "10 → 5 mg/kg")


def test_a_waterfall_is_sorted_and_coloured_by_the_response_then(
    draw: Draw, cohort: Cohort
) -> None:
    drawn = [row for row in rows_of(draw("waterfall", cohort).spec) if "class_" in row]
    best, last = drawn[:7], drawn[7:]
    assert [r["PCHG"] for r in best] == sorted((r["PCHG"] for r in best), reverse=True)
    assert {r["USUBJID"]: r["class_"] for r in last}["LN-03"] == "CR"


def test_numbers_at_risk_fall_as_patients_respond(draw: Draw, cohort: Cohort) -> None:
    drawn = rows_of(draw("time_to_response", cohort).spec)
    at_risk = {
        row["month"]: row["at_risk"] for row in drawn if row.keys() == {"name", "month", "at_risk"}
    }
    assert at_risk == {0: 7, 1: 7, 2: 7, 3: 7, 4: 6, 5: 4, 6: 3}


def test_long_pseudonyms_are_cut_to_what_tells_them_apart(draw: Draw, cohort: Cohort) -> None:
    long = {f"LN-{i:02d}": f"BELI-LN-{i % 2}ABCD{i:04X}0" for i in range(1, 11)}
    renamed = {
        key: frame.with_columns(pl.col("USUBJID").replace(long))
        if "USUBJID" in frame.columns
        else frame
        for key, frame in cohort.items()
    }
    names = {
        str(row["USUBJID"])
        for row in rows_of(draw("patient_lines", renamed).spec)
        if "USUBJID" in row
    }
    assert len(names) == 7
    assert {len(name) for name in names} == {9}


def test_kappa_agrees_with_a_published_example() -> None:
    # Cohen 1960 as worked in Fleiss, Statistical Methods for Rates and Proportions, 2nd ed., 13.1.
    from remit.figures.concordance import kappa

    table = {("P", "P"): 75, ("P", "N"): 1, ("P", "O"): 4, ("N", "P"): 5, ("N", "N"): 4}
    table |= {("N", "O"): 1, ("O", "P"): 0, ("O", "N"): 0, ("O", "O"): 10}
    pairs = [pair for pair, n in table.items() for _ in range(n)]
    one, other = (pl.Series([pair[i] for pair in pairs]) for i in range(2))
    agreement, coefficient = kappa(one, other)
    assert agreement == pytest.approx(89)
    assert coefficient == pytest.approx(0.68, abs=0.005)


def test_chinese_is_drawn_and_not_boxes(draw: Draw, cohort: Cohort, root: Path) -> None:
    """Two titles that differ in one character: boxes would be the same picture twice."""
    figure = draw("patient_lines", cohort, say_in(root, "zh"))
    one, other = (
        replace(figure, chart=figure.chart.properties(title=title)).render("f.png")
        for title in ("尿", "蛋")
    )
    assert one != other


def test_specification_curve_keeps_ratios_apart_from_differences(
    draw: Draw, cohort: Cohort
) -> None:
    panels = draw("specification_curve", cohort).spec["vconcat"]
    differences, ratios, p = ([r for r in rows_of(panel) if "rank" in r] for panel in panels[:3])
    assert all("logarithms" in str(row["choices"]) for row in ratios)
    assert not any("logarithms" in str(row["choices"]) for row in differences)
    assert len(p) == len(differences) + len(ratios)


def test_specification_curve_goes_by_visit_and_then_from_the_smallest_p(
    draw: Draw, cohort: Cohort
) -> None:
    drawn = [row for row in rows_of(draw("specification_curve", cohort).spec) if "p" in row]
    by_rank = {row["rank"]: (str(row["choices"]).split(",")[0], row["p"]) for row in drawn}
    found = [by_rank[rank] for rank in sorted(by_rank)]
    assert {visit for visit, _ in found} == {"Month 4", "End of follow-up"}
    assert found == sorted(found, key=lambda point: (point[0] != "Month 4", point[1]))


def test_specification_curve_of_a_parameter_without_results_is_empty(
    draw: Draw, cohort: Cohort
) -> None:
    figure = draw("specification_curve", cohort, parameter="NONE")
    assert "0 analyses" in figure.alt
    assert figure.render("f.svg")


def test_a_result_below_its_limit_is_no_ordinary_point(root: Path) -> None:
    say = say_in(root, "en")
    low = (pl.col("PARAMCD") == "UPCR") & (pl.col("USUBJID") == "LN-03")
    visits = frames.visits().with_columns(
        pl.when(low).then(pl.lit("<")).alias(name) for name in ("AVALOPER", "BASEOPER")
    )
    spec = {"parameters": ["UPCR"], "visit": "Month 4", "columns": 1, "width": 85, "note": ""}
    paired = frames.statistics()["paired"]
    figure = before_after(visits, frames.subjects(), paired, spec, say)
    marked = {row["text"] for row in rows_of(figure.spec) if row.get("limit") == "below"}
    assert len(marked) == 2
    assert all(text.startswith("<") for text in marked)
    assert "limit of quantification" in str(figure.spec["title"])
    course = {"parameters": ["UPCR"], "statistic": "mean_se", "columns": 1, "width": 85}
    told = trajectories(visits, frames.subjects(), paired, course | {"alpha": 0.05}, say)
    assert "9 results beyond a limit" in " ".join(told.spec["title"]["subtitle"])


def test_a_sign_means_the_same_whatever_else_befell_a_patient(root: Path) -> None:
    chart = json.dumps(patient_chart(say_in(root, "en")))
    assert chart.count('"domain": ["Adverse event", "Dose"]') == 2


def test_the_fonts_of_the_machine_change_no_picture(tmp_path: Path) -> None:
    """Of a tick, which Liberation has not, another font would draw its own."""
    conf = tmp_path / "fonts.conf"
    fonts = Path(str(find_spec("mplfonts").submodule_search_locations[0]), "fonts")  # type: ignore[union-attr,index]
    conf.write_text(f"<fontconfig><dir>{fonts}</dir></fontconfig>", encoding="utf-8")
    draw = (
        "import altair as alt, hashlib, os\n"
        "from remit.figures.figure import Figure\n"
        "chart = alt.Chart(alt.Data(values=[{'a': '\u2713'}])).mark_text(size=30).encode(text='a:N')\n"
        "figure = Figure(chart.properties(width=90, height=50), 't', 'a', 'en', 85)\n"
        "print(hashlib.sha256(figure.render('a.png')).hexdigest())\n"
        "print(os.environ.get('FONTCONFIG_FILE'))"
    )
    drawn = [
        subprocess.run(
            [sys.executable, "-c", draw],
            env=dict(os.environ) | machine,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for machine in ({}, {"FONTCONFIG_FILE": str(conf)})
    ]
    assert drawn[0][0] == drawn[1][0]
    # What other programs are told of fonts is left as it was.
    assert [said for _, said in drawn] == ["None", str(conf)]


def many(cohort: Cohort, times: int) -> Cohort:
    """The cohort's patients so many times, each with a name of its own."""
    return {
        name: pl.concat(
            frame.with_columns(pl.format("{}-{}", "USUBJID", pl.lit(f"{k:08d}")).alias("USUBJID"))
            for k in range(times)
        )
        if "USUBJID" in frame.columns
        else frame
        for name, frame in cohort.items()
    }


@pytest.mark.parametrize(
    "name", ["before_after", "dose_lines", "patient_lines", "swimmer", "waterfall"]
)
def test_a_figure_of_many_patients_is_small_and_fits_a_page(
    name: str, draw: Draw, cohort: Cohort
) -> None:
    figure = draw(name, many(cohort, 60))
    height = re.search(r'<svg [^>]*\bheight="([0-9.]+)"', figure.drawing)
    assert height is not None
    assert float(height[1]) / theme.PX_PER_MM < 250
    assert len(figure.render("f.json")) < 600_000
    assert len(figure.alt) < 1000
    assert "of 420" in json.dumps(figure.spec) or "of 600" in json.dumps(figure.spec)


def test_the_tooltip_of_a_bar_without_response_says_so_and_begins_on_day_1(
    draw: Draw, cohort: Cohort
) -> None:
    first = [row for row in rows_of(draw("swimmer", cohort).spec) if row.get("class") == ""]
    assert first
    assert {(row["response"], row["from_day"]) for row in first} == {("Not yet assessed", 1)}


@pytest.mark.parametrize(
    ("name", "table"), [("time_to_response", "time_to_event"), ("waterfall", "visits")]
)
def test_a_figure_of_nobody_is_drawn(draw: Draw, cohort: Cohort, name: str, table: str) -> None:
    assert draw(name, cohort | {table: cohort[table].clear()}).render("f.svg")
