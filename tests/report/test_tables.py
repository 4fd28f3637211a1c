"""What tables say, and that every form of them opens and stays text."""

import csv
import io
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.tables.files import render
from remit.tables.of_statistics import TABLES
from remit.tables.rtf import escape
from remit.tables.table import Cell, Table
from remit.words.labels import Labels
from tests.report.conftest import HOSTILE

Tables = dict[str, Table]

NASTY = Table(
    name="nasty",
    title="Title {\\b with} <i>markup</i> µ 尿蛋白",
    columns={"what": "What", "value": "=1+1"},
    rows=[
        {"group": Cell("G & Co"), "what": Cell(HOSTILE), "value": Cell("=cmd|' /C calc'!A0")},
        {"group": Cell("G & Co"), "what": Cell("two\nlines"), "value": Cell("-0.66")},
        {"group": Cell("第二组"), "what": Cell("{\\rtf1 µé²}"), "value": Cell("𝛽 \u202e right")},
    ],
    group="group",
    notes=["note <b>", "@SUM(A1)"],
)


def row(table: Table, column: str, text: str, group: str = "") -> dict[str, str]:
    found = [
        {key: cell.text for key, cell in row.items()}
        for row in table.rows
        if row[column].text == text and group in row.get("group", Cell("")).text
    ]
    assert len(found) == 1
    return found[0]


def test_a_change_is_printed_with_its_pairs_and_test(tables: Tables) -> None:
    month_4 = row(tables["paired"], "visit", "Month 4", "Urine protein")
    # mean and SD of the literal baselines 17.30 9.20 4.60 2.60 1.90 1.48 1.35, by hand
    assert month_4["baseline"] == "5.49 ± 5.89"
    assert (month_4["n"], month_4["test"]) == ("7", "Wilcoxon; Hodges-Lehmann")


def test_one_pair_has_no_interval(tables: Tables) -> None:
    month_9 = row(tables["paired"], "visit", "Month 9", "Urine protein")
    assert (month_9["n"], month_9["value"], month_9["interval"]) == ("1", "4.10", "–")


def test_an_adjusted_p_has_a_column_where_it_is_another(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> None:
    plain = TABLES["paired"](statistics["paired"], config["tables"] | {"conf_level": 0.95}, say)
    assert "adjusted" not in plain.columns
    assert any("not adjusted for the number of comparisons" in note for note in plain.notes)
    doubled = statistics["paired"].with_columns(p_adjusted=pl.min_horizontal(2 * pl.col("p"), 1.0))
    assert (
        "adjusted"
        in TABLES["paired"](doubled, config["tables"] | {"conf_level": 0.95}, say).columns
    )


def test_a_negative_number_has_a_true_minus_and_needs_no_apostrophe(tables: Tables) -> None:
    cells = list(csv.reader(io.StringIO(tables["paired"].csv())))
    falls = [cell for line in cells for cell in line if cell.startswith("\u2212")]
    assert any(" to " in cell for cell in falls)
    assert not [cell for line in cells for cell in line if cell.startswith("'")]


def test_a_median_that_is_not_reached_is_a_dash(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> None:
    summary = statistics["time_to_event"].filter(pl.col("time").is_null()).head(1)
    printed = [
        TABLES["time_to_event"](
            summary.with_columns(
                median_ci_low=pl.lit(low), median_ci_high=pl.lit(None, pl.Float64)
            ),
            config["tables"] | {"conf_level": 0.95},
            say,
        )
        .rows[0]["interval"]
        .text
        for low in (88.0, None)
    ]
    assert printed == ["88 to –", "–"]


def test_a_class_that_a_set_lacks_is_nobody(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> None:
    male = pl.col("category").eq_missing("M") & (pl.col("population") == "EFFFL")
    table = TABLES["baseline"](
        statistics["baseline"].filter(~male), config["tables"] | {"conf_level": 0.95}, say
    )
    assert row(table, "what", "Sex: male")["EFFFL"] == "0 (0.00)"


def test_a_page_that_is_wide_enough_tears_no_word(tables: Tables) -> None:
    for name, table in tables.items():
        widths = table.widths(130)
        assert sum(widths.values()) <= 130, name
        for key, head in table.columns.items():
            texts = [head, *(line[key].text for line in table.rows)]
            assert widths[key] >= max(len(word) for text in texts for word in text.split()), name


def test_a_page_that_is_too_narrow_is_shared(tables: Tables) -> None:
    widths = tables["response"].widths(30)
    assert sum(widths.values()) <= 30
    assert min(widths.values()) > 0


def test_response_says_count_percent_and_interval(tables: Tables) -> None:
    end = row(tables["response"], "visit", "End of follow-up", "fully assessed")
    # Clopper-Pearson for 1 of 7 and 4 of 7 from R: binom.test(1, 7), binom.test(4, 7)
    assert end["CR"] == "1 (14.29) [0.4–57.9]"
    assert end["PR"] == "4 (57.14) [18.4–90.1]"


def test_baseline_counts_categories_and_says_where_values_are_missing(tables: Tables) -> None:
    assert row(tables["baseline"], "what", "Sex: female")["SAFFL"] == "9 (90.00)"
    upcr = row(tables["baseline"], "what", "Urine protein/creatinine ratio (g/g)")
    assert upcr["SAFFL"].endswith("[n = 7]")
    assert tables["baseline"].columns["EFFFL"] == "Efficacy set (N\u00a0=\u00a07)"


def test_exposure_counts_patients_not_infusions(tables: Tables) -> None:
    assert tables["exposure"].columns["SAFFL"] == "Safety set (N\u00a0=\u00a010)"
    months = row(tables["exposure"], "what", "Treatment duration (months)")
    assert months["EFFFL"] == "6 (4 to 9)"


def test_a_patient_counts_once_in_a_row_of_adverse_events(tables: Tables) -> None:
    anything = row(tables["safety"], "event", "Any adverse event")
    assert (anything["share"], anything["interval"]) == ("2 (20.00)", "2.5 to 55.6")


def test_every_table_bears_the_note_of_the_study(tables: Tables) -> None:
    assert all("Synthetic" in table.notes[-1] for table in tables.values())


def test_every_form_is_the_same_bytes_again(tables: Tables) -> None:
    for table in tables.values():
        for kind in ("html", "csv", "docx", "rtf"):
            assert render(table, f"t.{kind}") == render(table, f"t.{kind}")


def test_csv_gives_back_its_text() -> None:
    text = render(NASTY, "t.csv").decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text)))
    assert read[0] == ["", "What", "'=1+1"]
    assert read[1] == ["G & Co", HOSTILE, "'=cmd|' /C calc'!A0"]
    assert read[2][1] == "two\nlines"


def test_html_shows_markup_as_text() -> None:
    page = render(NASTY, "t.html").decode()
    assert "<script" not in page
    assert "&lt;/script&gt;" in page


def test_only_cells_with_records_are_linked(tables: Tables) -> None:
    # n, baseline, visit, change, interval and p of one visit
    records = tables["paired"].rows[0]["n"].records
    assert tables["paired"].html({records}).count("<button") == 6
    assert "<button" not in tables["paired"].html()


def test_rtf_is_ascii_and_keeps_braces_from_meaning_anything() -> None:
    assert escape("{\\b} µ 尿 𝛽") == r"\{\\b\} \u181? \u23615? \u-10187?\u-8451?"
    render(NASTY, "t.rtf").decode("ascii")


def test_docx_holds_the_text() -> None:
    from docx import Document

    word = Document(io.BytesIO(render(NASTY, "t.docx")))
    cells = [[cell.text for cell in line.cells] for line in word.tables[0].rows]
    assert cells[0] == ["What", "=1+1"]
    assert cells[2] == [HOSTILE, "=cmd|' /C calc'!A0"]


def test_docx_carries_no_date() -> None:
    with zipfile.ZipFile(io.BytesIO(render(NASTY, "t.docx"))) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}


@pytest.mark.parametrize("kind", ["docx", "rtf"])
def test_libreoffice_opens_it_and_shows_the_text(kind: str, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (tests/browser/install.sh installs it)")
    source = tmp_path / f"table.{kind}"
    source.write_bytes(render(NASTY, source.name))
    subprocess.run(
        [
            *(office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
            *("--convert-to", "txt:Text (encoded):UTF8", "--outdir", str(tmp_path), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    text = (tmp_path / "table.txt").read_text(encoding="utf-8-sig")
    for shown in ("尿蛋白", "{\\rtf1 µé²}", HOSTILE, "=cmd|' /C calc'!A0", "第二组"):
        assert shown in text


def test_tables_of_no_patients_have_no_rows(
    statistics: dict[str, pl.DataFrame], tables: Tables
) -> None:
    spec = {
        "summary": "median_iqr",
        "parameters": ["UPCR"],
        "decimals": {"default": 1},
        "conf_level": 0.9,
    }
    words = Labels("en", _AnyKey())
    for name, build in TABLES.items():
        empty = build(statistics[name].clear(), spec | {"percent_decimals": 1}, words)
        assert empty.rows == []
        render(empty, "t.html")
        render(empty, "t.docx")


class _AnyKey(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key
