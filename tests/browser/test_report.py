"""The report in a real browser that has no network."""

import re
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from remit.figures.figure import BUNDLE, javascript
from tests.browser.conftest import Opened, needed
from tests.figures.conftest import FIGURES, Draw


def test_asks_for_nothing_and_complains_about_nothing(opened: Opened, report_file: Path) -> None:
    opened.draw_everything()
    assert [url for url in opened.requests if not url.startswith(("data:", "blob:"))] == [
        report_file.as_uri()
    ]
    assert opened.complaints == []


def test_every_figure_is_drawn_with_its_marks(opened: Opened) -> None:
    opened.draw_everything()
    for name in FIGURES:
        marks = opened.page.locator(f"#figure-{name} svg [class*='role-mark'] > *")
        assert marks.count() > 3, name
        box = opened.page.locator(f"#figure-{name} svg").first.bounding_box()
        assert box is not None
        assert box["width"] > 200, name


def test_the_swimmer_has_a_bar_for_every_patient(opened: Opened) -> None:
    opened.draw_everything()
    labels = opened.page.locator("#figure-swimmer svg .role-axis-label text").all_text_contents()
    assert {f"LN-{i:02d}" for i in range(1, 8)} <= set(labels)


def test_a_tooltip_shows_the_value_under_the_pointer(opened: Opened) -> None:
    opened.draw_everything()
    opened.page.locator("#figure-adverse_event_dots").scroll_into_view_if_needed()
    opened.page.locator("#figure-adverse_event_dots svg .mark-symbol path").first.hover()
    tip = opened.page.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    assert "2/10 (20.0%)" in tip.inner_text()


def test_a_number_shows_the_records_behind_it(opened: Opened) -> None:
    row = opened.page.locator("#table-paired tr", has_text="Month 3").first
    row.get_by_role("button", name="6", exact=True).click()
    dialog = opened.page.get_by_role("dialog")
    assert dialog.is_visible()
    rows = [line.split("\t") for line in dialog.locator("tbody tr").all_inner_texts()]
    assert len(rows) == 12
    assert {cells[2] for cells in rows} == {"Baseline", "Month 3"}
    assert {(cells[6], cells[7]) for cells in rows} == {
        ("west_lab/2020-07.csv", "2"),
        ("west_lab/2020-07.csv", "5"),
    }
    opened.page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_the_whole_of_a_trace_works_from_the_keyboard(opened: Opened) -> None:
    button = opened.page.locator("#results button[data-records]").first
    button.focus()
    opened.page.keyboard.press("Enter")
    assert opened.page.get_by_role("dialog").is_visible()
    opened.page.keyboard.press("Escape")
    assert button.evaluate("element => element === document.activeElement")


def test_the_first_stop_of_the_tab_key_skips_to_the_results(opened: Opened) -> None:
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_search_finds_rows_figures_and_patients(opened: Opened) -> None:
    for words, expected in [
        ("upper respiratory", "Upper respiratory"),
        ("date_impossible", "date_impossible"),
        ("LN-07", "LN-07"),
        ("kdigo", "KDIGO"),
    ]:
        opened.page.get_by_role("searchbox").fill(words)
        hits = opened.page.locator("#hits a").all_inner_texts()
        assert any(expected in hit for hit in hits), words


def test_a_hit_leads_to_its_place(opened: Opened) -> None:
    opened.page.get_by_role("searchbox").fill("date_impossible")
    opened.page.keyboard.press("Enter")
    target = opened.page.evaluate("location.hash")
    assert opened.page.locator(target).is_visible()


def test_links_of_the_contents_lead_to_their_sections(opened: Opened) -> None:
    for link in opened.page.locator("#toc a").all():
        assert opened.page.locator(str(link.get_attribute("href"))).count() == 1


def test_hostile_text_runs_nowhere(opened: Opened) -> None:
    alerts: list[str] = []
    opened.page.on("dialog", lambda dialog: alerts.append(dialog.message))
    opened.draw_everything()
    assert alerts == []
    assert "</script><script>alert(1)</script>" in opened.page.locator("#quality").inner_text()


def test_axe_finds_nothing_serious(opened: Opened) -> None:
    assert opened.draw_everything().violations() == []


def test_axe_finds_nothing_serious_on_a_phone_or_in_the_dialog(phone: Opened) -> None:
    assert phone.violations() == []
    phone.page.locator("#results button[data-records]").first.click()
    assert phone.violations() == []


def test_a_phone_does_not_scroll_sideways(phone: Opened) -> None:
    phone.draw_everything()
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_prints_to_pages_that_cut_no_figure(opened: Opened, tmp_path: Path) -> None:
    opened.draw_everything()
    opened.page.emulate_media(media="print")
    # A4 less its margins: 267 mm high, 182 mm wide, at 96 px an inch.
    for name in FIGURES:
        box = opened.page.locator(f"#figure-{name} svg").first.bounding_box()
        assert box is not None
        assert box["height"] < 1009, name
    target = tmp_path / "report.pdf"
    opened.page.pdf(path=str(target), prefer_css_page_size=True)
    needed("pdftotext", shutil.which("pdftotext"))
    text = subprocess.run(
        ["pdftotext", "-layout", str(target), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Synthetic reconstruction" in text
    assert "Search the report" not in text
    assert len(re.findall("\f", text)) < 80


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_asks_for_the_script_beside_it_and_nothing_else(
    browser: object, tmp_path: Path, name: str, draw: Draw, cohort: dict[str, pl.DataFrame]
) -> None:
    path, script = tmp_path / f"{name}.html", tmp_path / BUNDLE
    path.write_bytes(draw(name, cohort).render(path.name))
    script.write_text(javascript(), encoding="utf-8")
    context = browser.new_context(offline=True)  # type: ignore[attr-defined]
    opened = Opened(context.new_page()).open(path)
    opened.page.wait_for_selector("#figure.vega-embed svg .role-mark")
    assert opened.requests == [path.as_uri(), script.as_uri()]
    assert opened.complaints == []
    context.close()
