"""What is different from the results that were last released, in clinical words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from remit.words.labels import Labels
from remit.words.numbers import MISSING, count_percent, mean_sd, p_value

_FILE = ["feed", "delivery", "source_file"]
_ASSESSMENT = ["USUBJID", "DEFID", "AVISIT"]
_COMPARISON = ["PARAMCD", "AVISIT"]
_SHARE = ["definition", "AVISIT", "rule", "category"]

Frames = Mapping[str, pl.DataFrame]


def changes(before: Frames, after: Frames, spec: Mapping[str, Any], say: Labels) -> dict[str, Any]:
    """Compare two states of the results by what they hold.

    Args:
        before: ledger, responses, paired and response as last released; empty when nothing was.
        after: the same as they are now.
        spec: the config's `tables`, for decimals.
        say: labels.

    Returns:
        `released` (whether there is anything to compare with), and lists of rows: `extracts` (what
        happened to each source file), `classes` (patients whose response changed), `values` and
        `shares` (printed statistics before and after).
    """
    if not before:
        return {"released": False, "extracts": [], "classes": [], "values": [], "shares": []}
    return {
        "released": True,
        "extracts": _extracts(before["ledger"], after["ledger"], say),
        "classes": _classes(before["responses"], after["responses"], say),
        "values": _values(before["paired"], after["paired"], spec, say),
        "shares": _shares(before["response"], after["response"], spec, say),
    }


def _both(before: pl.DataFrame, after: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The rows of both states side by side, `_before` and `_after`, in the order of the keys."""

    def marked(frame: pl.DataFrame, mark: str) -> pl.DataFrame:
        return frame.rename({c: c + mark for c in frame.columns if c not in keys})

    sides = marked(before, "_before"), marked(after, "_after")
    return sides[0].join(sides[1], on=keys, how="full", coalesce=True, nulls_equal=True).sort(keys)


def _extracts(before: pl.DataFrame, after: pl.DataFrame, say: Labels) -> list[list[str]]:
    fates = [c for c in after.columns if c not in (*_FILE, "read")]
    rows = []
    for row in _both(before, after, _FILE).iter_rows(named=True):
        was, now = row["read_before"], row["read_after"]
        moved = [
            f"{say.of('fate', fate)} {row[f'{fate}_before'] or 0} → {row[f'{fate}_after'] or 0}"
            for fate in ("read", *fates)
            if (row[f"{fate}_before"] or 0) != (row[f"{fate}_after"] or 0)
        ]
        if moved:
            kind = "new" if was is None else "withdrawn" if now is None else "changed"
            rows.append(
                [row["source_file"], say(f"changes.{kind}"), say("list.semicolon").join(moved)]
            )
    return rows


def _classes(before: pl.DataFrame, after: pl.DataFrame, say: Labels) -> list[list[str]]:
    columns = [*_ASSESSMENT, "AVISITN", "AVALC"]
    both = _both(before.select(columns), after.select(columns), _ASSESSMENT)
    moved = both.filter(pl.col("AVALC_before").ne_missing(pl.col("AVALC_after")))
    number = pl.coalesce("AVISITN_after", "AVISITN_before")
    return [
        [
            row["USUBJID"],
            say.of("definition", row["DEFID"]),
            say.of("visit", row["AVISIT"]),
            row["AVALC_before"] or MISSING,
            row["AVALC_after"] or MISSING,
        ]
        for row in moved.sort("USUBJID", "DEFID", number).iter_rows(named=True)
    ]


def _values(
    before: pl.DataFrame, after: pl.DataFrame, spec: Mapping[str, Any], say: Labels
) -> list[list[str]]:
    def printed(row: Mapping[str, Any], mark: str) -> list[str]:
        decimals = spec["decimals"].get(row["PARAMCD"], spec["decimals"]["default"])
        if row[f"n{mark}"] is None:
            return [MISSING, MISSING, MISSING]
        mean, sd = row[f"visit_mean{mark}"], row[f"visit_sd{mark}"]
        return [str(row[f"n{mark}"]), mean_sd(mean, sd, decimals), p_value(row[f"p{mark}"])]

    columns = [*_COMPARISON, "PARAM", "AVISITN", "n", "visit_mean", "visit_sd", "p"]
    rows = []
    both = _both(before.select(columns), after.select(columns), _COMPARISON)
    for row in both.sort("PARAMCD", "AVISITN_after").iter_rows(named=True):
        was, now = printed(row, "_before"), printed(row, "_after")
        if was != now:
            name = row["PARAM_after"] or row["PARAM_before"]
            label = say.of("param", row["PARAMCD"])
            label = name if label == row["PARAMCD"] else label
            pairs = [f"{a} → {b}" if a != b else a for a, b in zip(was, now, strict=True)]
            rows.append([label, say.of("visit", row["AVISIT"]), *pairs])
    return rows


def _shares(
    before: pl.DataFrame, after: pl.DataFrame, spec: Mapping[str, Any], say: Labels
) -> list[list[str]]:
    def printed(row: Mapping[str, Any], mark: str) -> str:
        if row[f"denominator{mark}"] is None:
            return MISSING
        count, n = row[f"count{mark}"], row[f"denominator{mark}"]
        return f"{count_percent(count, n, spec['percent_decimals'])} / {n}"

    columns = [*_SHARE, "AVISITN", "count", "denominator"]
    both = _both(before.select(columns), after.select(columns), _SHARE)
    rows = []
    for row in both.sort("definition", "rule", "AVISITN_after", "category").iter_rows(named=True):
        was, now = printed(row, "_before"), printed(row, "_after")
        if was != now:
            rows.append(
                [
                    f"{say.of('definition', row['definition'])}, {say.of('rule', row['rule'])}",
                    say.of("visit", row["AVISIT"]),
                    row["category"],
                    was,
                    now,
                ]
            )
    return rows
