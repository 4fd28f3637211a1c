"""A browser without a network, and the report of the small cohort opened in it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from remit.figures.figure import javascript
from remit.report import page
from remit.words.labels import Labels
from tests.figures.conftest import FIGURES, Draw, cohort, draw
from tests.report.conftest import config, content, dictionaries, say, statistics

__all__ = ["cohort", "config", "content", "dictionaries", "draw", "say", "statistics"]

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`make test-browser` names this folder; `make test` passes it by."""
    asked = any("browser" in str(argument) for argument in config.invocation_params.args)
    return None if asked else True


def needed(what: str, there: object) -> None:
    """Skip without the tool, unless `make test-browser` says that it must be there."""
    if not there:
        message = f"{what} is not installed; tests/browser/install.sh installs it"
        if os.environ.get("REMIT_BROWSER") == "required":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    needed("Chromium", chromium)
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def report_file(
    tmp_path_factory: pytest.TempPathFactory,
    content: dict[str, Any],
    cohort: dict[str, pl.DataFrame],
    draw: Draw,
    root: Path,
    say: Labels,
) -> Path:
    figures = {
        name: page.figure(name, draw(name, cohort).render("f.json").decode(), "en")
        for name in FIGURES
    }
    folder = root / "resources/packs/lupus/definitions"
    definitions = page.definitions(
        [yaml.safe_load((folder / f"{id}.yaml").read_text("utf-8")) for id in ("cn19", "kdigo24")],
        say,
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    text = page.render(
        content | {"figures": figures, "definitions": definitions}, say, javascript()
    )
    path.write_text(text, encoding="utf-8")
    return path


class Opened:
    """A page with all that it asked of the network and complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        # A busy machine is no fault of the page.
        page.set_default_timeout(180_000)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: Path) -> "Opened":
        self.page.goto(path.as_uri())
        return self

    def draw_everything(self) -> "Opened":
        """Open every patient and wait until every chart is drawn."""
        self.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        self.page.wait_for_function(
            "[...document.querySelectorAll('.chart')].every(box => box.dataset.drawn === 'yes')"
        )
        return self

    def violations(self) -> list[str]:
        """What axe-core calls serious or critical, by rule and element."""
        needed("axe-core", AXE.exists())
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
        )
        return [
            f"{each['id']}: {json.dumps(node['target'])} {node.get('failureSummary', '')}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]


@pytest.fixture
def opened(browser: Any, report_file: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    yield Opened(context.new_page()).open(report_file)
    context.close()


@pytest.fixture
def phone(browser: Any, report_file: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    yield Opened(context.new_page()).open(report_file)
    context.close()
