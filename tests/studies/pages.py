"""What the pages and tables of a study say, as a reader sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from pathlib import Path

from tests.workflow.study import Study

#: Words that only studies of a kind may say.
WORDS = {
    "lupus": r"lupus|nephritis|sledai|bilag|isn/rps|dsdna|ds-dna|complement",
    "kidneys": r"kidney|renal|nephro|proteinuria",
    "steroids": r"predniso|glucocortic|steroid",
    "infusions": r"infusion|mg/kg",
    "flares": r"\bflare|relapse",
    "remission": r"remission",
    "adverse events": r"adverse|toxicity|ctcae",
}
#: All that may be said of what was not collected.
NOT_COLLECTED = "Adverse events were not collected."
SPOKEN = {"alt", "title", "aria-label", "content", "placeholder"}


def text_of(page: Path) -> str:
    """Everything a page says, the words of its figures included, on one line."""
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", " ".join(reader.said))


def texts(study: Study) -> Iterator[tuple[str, str]]:
    """Name and text of all that a study hands to a reader."""
    results = study / "results"
    for page in sorted((results / "report").rglob("*.html")):
        yield page.name, text_of(page)
    for folder in ("tables", "statistics", "figures", "summaries"):
        for path in sorted((results / folder).glob("*")):
            if path.suffix in (".csv", ".json", ".svg", ".txt"):
                yield f"{folder}/{path.name}", path.read_text(encoding="utf-8-sig")


def unfounded(study: Study, has: Collection[str]) -> list[tuple[str, str, str]]:
    """Where, what and in what context a study speaks of what it does not have."""
    return [
        (name, theme, text[max(0, found.start() - 40) : found.end() + 40])
        for name, text in texts(study)
        for theme, words in WORDS.items()
        if theme not in has
        for found in re.finditer(words, text.replace(NOT_COLLECTED, ""), re.IGNORECASE)
    ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = self._data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self._data = tag == "script" and own.get("type") == "application/json"
        self._hidden = tag == "style" or (tag == "script" and not self._data)
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = self._data = False

    def handle_data(self, data: str) -> None:
        if self._data:
            self.said += _strings(json.loads(data))
        elif not self._hidden:
            self.said.append(data)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
