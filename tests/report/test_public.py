"""What the public page says, and what it must not."""

import re
from typing import Any

import polars as pl
import pytest

from remit.report import page, public
from remit.words.labels import Labels
from tests.figures import frames
from tests.figures.test_figures import rows_of
from tests.report.conftest import HOSTILE
from tests.shipped import definition

NAME, NUMBER = "Zhen Bai-Ling", "20631874"


def suppressed(config: dict[str, Any], say: Labels, **changed: pl.DataFrame) -> public.Frames:
    data = frames.analysis() | {k: v for k, v in changed.items() if k in ("subjects", "visits")}
    statistics = frames.statistics() | {k: v for k, v in changed.items() if k not in data}
    return public.suppressed(data, statistics, config | {"statistics": frames.plan()}, say)


@pytest.fixture(scope="module")
def shown(config: dict[str, Any], say: Labels) -> public.Frames:
    return suppressed(config, say)


def rendered(shown: public.Frames, config: dict[str, Any], say: Labels) -> str:
    spec = config | {"statistics": frames.plan()}
    content = public.content(shown, spec, say)
    content["figures"] = {
        name: page.figure(f"public/{name}", drawn.render("figure.json").decode(), "en")
        for name, drawn in public.figures(shown, spec, say).items()
    }
    content["definitions"] = page.definitions([definition("cn19")], say)
    return page.render(content, say, template="public.html.j2")


@pytest.fixture(scope="module")
def whole(shown: public.Frames, config: dict[str, Any], say: Labels) -> str:
    return rendered(shown, config, say)


def test_the_page_tells_the_primary_result(whole: str) -> None:
    assert re.search(r"Urine protein/creatinine ratio: from 5\.49 ± [0-9.]+ to", whole)
    assert "Best at any visit" in whole


def test_no_patient_file_or_line_stands_on_it(whole: str) -> None:
    assert not [patient for patient in frames.subjects()["USUBJID"] if patient in whole]
    assert not [name for name in ("2020-07.csv", "东院检验", "west_lab") if name in whole]
    assert "<button type" not in whole[whole.index("<main") :]


def test_a_number_that_is_withheld_reads_hidden_and_never_as_a_bound(whole: str) -> None:
    body = whole[whole.index('<main id="main">') : whole.index("<h2>Methods</h2>")]
    assert re.search(r"Sex: female</th>\s*<td[^>]*>hidden</td>", body)
    assert not re.search(r"&lt;\s*[0-9]+(?![.0-9])", body)


def test_the_size_of_a_set_that_differs_by_few_from_another_is_not_said(
    shown: public.Frames, whole: str
) -> None:
    assert shown["sets"].rows() == [("EFFFL", 7)]
    assert "N = 10" not in whole
    assert "n = 10" not in whole


def test_visits_of_fewer_patients_are_left_out(shown: public.Frames) -> None:
    assert set(shown["paired"]["n"]) == {7}


def test_figures_show_what_the_tables_show(
    shown: public.Frames, config: dict[str, Any], say: Labels
) -> None:
    drawn = public.figures(shown, config | {"statistics": frames.plan()}, say)
    assert {row["n"] for row in rows_of(drawn["trajectories"].spec) if "n" in row} == {7}
    bars = {row["visit"] for row in rows_of(drawn["response_bars"].spec) if "visit" in row}
    assert bars == {"Month 1", "Month 2"}


def test_text_of_a_source_stands_nowhere(config: dict[str, Any], say: Labels) -> None:
    subjects = frames.subjects().with_columns(LNCLASS=pl.lit(NUMBER))
    rows = frames.statistics()["baseline"]
    rows = rows.with_columns(
        category=pl.when(PARAMCD="LNCLASS").then(pl.lit(NUMBER)).otherwise("category")
    ).unique(["population", "PARAMCD", "category"], maintain_order=True)
    events = frames.statistics()["safety"].with_columns(
        term=pl.when(category="pt").then(pl.lit(NAME)).otherwise("term"),
        count=pl.when(category="pt").then(pl.lit(7)).otherwise("count"),
        soc=pl.when(category="pt").then(pl.lit(HOSTILE)).otherwise("soc"),
    )
    text = rendered(
        suppressed(config, say, subjects=subjects, baseline=rows, safety=events), config, say
    )
    assert not [secret for secret in (NAME, NUMBER, HOSTILE) if secret in text]


def test_where_nothing_is_small_all_is_shown(config: dict[str, Any], say: Labels) -> None:
    everything = {**config, "report": config["report"] | {"suppress_below": 1}}
    shown = suppressed(everything, say)
    assert dict(shown["sets"].iter_rows()) == {"ENRLFL": 10, "SAFFL": 10, "EFFFL": 7}
    assert shown["paired"].height == frames.statistics()["paired"].filter(pl.col("n") > 0).height
    assert not shown["safety"]["count"].null_count()


def test_events_that_are_not_collected_are_not_counted_as_none(
    config: dict[str, Any], say: Labels
) -> None:
    report = config["report"] | {"suppress_below": 1}
    shown = suppressed({**config, "report": report, "collected": ["dm", "lb"]}, say)
    assert shown["safety"].is_empty()
