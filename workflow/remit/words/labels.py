"""The words a reader sees, in the study's language, from `resources/labels.csv` (key, en, zh)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from remit.errors import RemitError
from remit.plan import parameters, resources


@dataclass(frozen=True, eq=False)
class Labels:
    """Words by key. Call it for text Remit writes; ask `of` for the name of something in the data."""

    language: str
    words: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, its {placeholders} filled; without values, as it is written.

        Raises:
            KeyError: the key is not in the label file; that is a fault of Remit, not of the data.
        """
        text = self.words[key]
        return text.format(**values) if values else text

    def of(self, kind: str, value: str) -> str:
        """The label of a data value (`visit`, `param`, `response`, …); the value itself if none.

        A number in the value may stand as `#` in the file: `visit.Month #` names every month.
        """
        if (exact := self.words.get(f"{kind}.{value}")) is not None:
            return exact
        pattern = self.words.get(f"{kind}.{re.sub('[0-9]+', '#', value)}")
        digits = re.search("[0-9]+", value)
        return pattern.replace("#", digits[0]) if pattern and digits else value


def why(text: str, say: Labels) -> str:
    """The reasons that a stage wrote, `; ` between them, in the study's language."""
    told = []
    for reason in text.split("; "):
        head, colon, criterion = reason.partition(": ")
        if colon and head in ("not met", "not evaluable"):
            told.append(f"{say.of('reason', head)}: {say.of('eligibility', criterion)}")
        else:
            told.append(say.of("reason", reason))
    return "; ".join(told)


def message(text: str, say: Labels) -> str:
    """What a check wrote of a row, `; ` between its parts, in the study's language.

    Its label has `{}` where the check wrote a value. A text without a label stays as it is.
    """
    if say.language == "en":
        return text
    parts = [_filled(part, say) for part in text.split("; ")]
    if None not in parts:
        return say("list.semicolon").join(map(str, parts))
    # What the check wrote of a value may hold a semicolon itself.
    return _filled(text, say) or text


def _filled(text: str, say: Labels) -> str | None:
    for pattern, words in _messages(say):
        if found := pattern.fullmatch(text):
            return words.format(*found.groups())
    return None


@lru_cache(maxsize=1)
def _messages(say: Labels) -> list[tuple[re.Pattern[str], str]]:
    """Every message as a pattern with its words, those of the fewest values first."""
    prefix = "message."
    known = [(k.removeprefix(prefix), v) for k, v in say.words.items() if k.startswith(prefix)]
    return [
        (re.compile("(.*)".join(map(re.escape, key.split("{}"))), re.DOTALL), words)
        for key, words in sorted(known, key=lambda pair: pair[0].count("{}"))
    ]


def capital(text: str) -> str:
    """The text with a capital letter, as it stands at the head of a row."""
    return text[:1].upper() + text[1:]


def labels_in(language: str) -> Labels:
    """The labels of one language, Remit's, the packs' and the study's own.

    A parameter without a label has the name that its dictionary gives.
    """
    table = pl.read_csv(resources.text("labels"), infer_schema=False)
    names = [
        {"key": f"param.{row['PARAMCD']}", "en": row["PARAM"], "zh": row["PARAMZH"]}
        for row in parameters.load()
    ]
    called = pl.DataFrame(names, schema=dict.fromkeys(("key", "en", "zh"), pl.String)).unique("key")
    unsaid = called.join(table, on="key", how="anti")
    return labels(pl.concat([table, unsaid], how="diagonal"), language)


def labels(table: pl.DataFrame, language: str) -> Labels:
    """The labels of one language.

    Args:
        table: key and one column per language, all text.
        language: the column to take; English stands in for a label it lacks.

    Raises:
        RemitError: the file has no such language, or a key twice.
    """
    if language not in table.columns:
        known = ", ".join(c for c in table.columns if c != "key")
        raise RemitError(f"study.language: no labels for '{language}'; the label file has {known}")
    if table["key"].is_duplicated().any():
        twice = table.filter(pl.col("key").is_duplicated())["key"].unique().sort().to_list()
        raise RemitError(f"the label file lists these keys twice: {', '.join(twice)}")
    words = table.select("key", word=pl.coalesce(language, "en"))
    return Labels(language, dict(words.iter_rows()))
