"""Tables of the report that ask whether a result stands: agreement, alternatives, quality, listings.

Every function takes what a stage wrote and gives a `Table`; one without rows is not printed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from remit.tables.table import Cell, Table, query
from remit.words.labels import Labels, message, why
from remit.words.numbers import MISSING, interval, number, p_value, unit

Row = Mapping[str, Any]


def checks(
    statistics: Mapping[str, pl.DataFrame],
    summaries: Mapping[str, pl.DataFrame],
    quality: Mapping[str, pl.DataFrame],
    ledger: pl.DataFrame,
    subjects: pl.DataFrame,
    spec: Mapping[str, Any],
    say: Labels,
) -> dict[str, Table]:
    """Every table of this module that has rows, by its name.

    Args:
        statistics: the wide statistics sensitivity and regression_to_mean.
        summaries: course, concordance, missing_baselines, queries (of questionnaires), unused and what_if.
        quality: warnings, summary, over_time and queries (of the laboratory).
        ledger: one row per source file, with feed and read.
        subjects: ADSL.
        spec: the config's `tables`, for decimals and the order of parameters.
        say: labels.
    """
    tables = (
        courses(summaries["course"], say),
        agreement(summaries["concordance"], say),
        what_if(summaries["what_if"], say),
        stability(statistics["sensitivity"], spec, say),
        regression(statistics["regression_to_mean"], spec, say),
        *listings(subjects, summaries, quality, ledger, say),
    )
    return {table.name: table for table in tables if table.rows}


def listings(
    subjects: pl.DataFrame,
    summaries: Mapping[str, pl.DataFrame],
    quality: Mapping[str, pl.DataFrame],
    ledger: pl.DataFrame,
    say: Labels,
) -> list[Table]:
    """Who was in the study and who was left out, and what the data lack; arguments as in `checks`."""
    return [
        listing(subjects, say),
        exclusions(subjects, say),
        warnings(quality["warnings"], say),
        kahn(quality["summary"], ledger, say),
        over_time(quality["over_time"], say),
        queries(quality["queries"], say),
        reconciliation(summaries["queries"], say),
        missing_baselines(summaries["missing_baselines"], say),
        unused(summaries["unused"], say),
    ]


def courses(course: pl.DataFrame, say: Labels) -> Table:
    """Best, first, last and sustained response of each subject, by definition."""
    rows = [
        {
            "group": say.of("definition", row["DEFID"]),
            "courses": row["USUBJID"],
            "best": row["BESTRESP"],
            "first_visit": _visit(row["FIRSTVIS"], say),
            "first_day": row["FIRSTDY"],
            "last": row["LASTRESP"],
            "last_visit": _visit(row["LASTVIS"], say),
            "sustained": say.of("flag", row["SUSTAIN"]) if row["SUSTAIN"] else None,
            "since": _visit(row["SUSTVIS"], say),
        }
        for row in course.sort("DEFID", "USUBJID").iter_rows(named=True)
    ]
    keys = ("courses", "best", "first_visit", "first_day", "last", "last_visit")
    return _table("courses", (*keys, "sustained", "since"), rows, say, grouped=True)


def agreement(concordance: pl.DataFrame, say: Labels) -> Table:
    """How far each two definitions agree at each visit."""
    rows = [
        {
            "group": " / ".join(say.of("definition", row[d]) for d in ("DEFID", "OTHER")),
            "visit": _visit(row["AVISIT"], say),
            **{key: row[key] for key in ("n", "both", "first_only", "other_only", "neither")},
            "agreement": number(row["agreement"], 1),
            "kappa": number(row["kappa"], 2),
        }
        for row in concordance.filter(pl.col("n").cast(pl.Int64) > 0)
        .sort("DEFID", "OTHER", maintain_order=True)
        .iter_rows(named=True)
    ]
    keys = ("visit", "n", "both", "first_only", "other_only", "neither", "agreement", "kappa")
    return _table("agreement", keys, rows, say, grouped=True)


def what_if(changes: pl.DataFrame, say: Labels) -> Table:
    """Records and responses that each other rule would change, one column a definition."""
    by_rule: dict[str, dict[str, Any]] = {}
    for row in changes.iter_rows(named=True):
        cells = by_rule.setdefault(
            row["alternative"],
            {
                "alternative": _alternative(row["alternative"], say),
                "records": f"{row['records_changed']}/{row['records_analysed']}",
            },
        )
        cells[row["definition"]] = f"{row['responses_changed']}/{row['responses']}"
    definitions = changes["definition"].unique(maintain_order=True).to_list()
    heads = {
        d: say("head.responses", definition=say.of("definition", d)) for d in map(str, definitions)
    }
    table = _table("what_if", ("alternative", "records"), list(by_rule.values()), say, heads)
    if changes["visits_with_several"].to_list()[:1] == [0]:
        table.notes.append(say("table.what_if.nothing_to_choose"))
    return table


def stability(sensitivity: pl.DataFrame, spec: Mapping[str, Any], say: Labels) -> Table:
    """How many conclusions of each parameter every alternative upholds, and where one does not."""
    verdicts = (
        sensitivity.filter(rule="all")
        .drop_nulls("verdict")
        .sort("AVISITN")
        .group_by("PARAMCD", "PARAM", maintain_order=True)
        .agg(
            comparisons=pl.len(),
            stable=(pl.col("verdict") == "stable").sum(),
            flipped=pl.col("AVISIT").filter(pl.col("verdict") == "flips"),
        )
        .sort(_planned(spec), "PARAMCD")
    )
    rows = [
        {
            "parameter": _name(row, say),
            **{
                key: Cell(
                    str(count), query("sensitivity", "verdict", PARAMCD=row["PARAMCD"], rule="all")
                )
                for key, count in (
                    ("comparisons", row["comparisons"]),
                    ("stable", row["stable"]),
                    ("flips", len(row["flipped"])),
                )
            },
            "flipped_at": say("list.comma").join(
                _visit(visit, say) or "" for visit in row["flipped"]
            ),
        }
        for row in verdicts.iter_rows(named=True)
    ]
    keys = ("parameter", "comparisons", "stable", "flips", "flipped_at")
    return _table("stability", keys, rows, say)


def regression(estimates: pl.DataFrame, spec: Mapping[str, Any], say: Labels) -> Table:
    """The change before treatment and the change expected of regression to the mean alone."""
    rows = []
    for row in estimates.sort(_planned(spec), maintain_order=True).iter_rows(named=True):
        decimals = spec["decimals"].get(row["PARAMCD"], spec["decimals"]["default"])
        printed = say.of("unit", unit(row["UNIT"]))

        def with_interval(
            name: str, ends: str, row: Mapping[str, Any] = row, decimals: int = decimals
        ) -> str:
            low, high = row[f"{ends}_low"], row[f"{ends}_high"]
            limits = "" if low is None else f" ({interval(low, high, decimals, say('to'))})"
            return number(row[name], decimals) + limits

        records = query("regression_to_mean", "n_repeated", PARAMCD=row["PARAMCD"])
        texts = {
            "repeated": number(row["n_repeated"], 0),
            "before": with_interval("pre_index_change", "pre_index_ci"),
            "expected": with_interval("expected_regression", "expected_ci"),
            "oldham": number(row["oldham"], 2),
            "final": number(row["final_change"], decimals),
            "p": p_value(row["final_p"]),
        }
        named = {
            "parameter": _name(row, say) + (f" ({printed})" if printed else ""),
            "role": say.of("role", row["role"]),
        }
        rows.append(named | {key: Cell(text, records) for key, text in texts.items()})
    keys = ("parameter", "role", "repeated", "before", "expected", "oldham", "final", "p")
    return _table("regression", keys, rows, say)


def kahn(summary: pl.DataFrame, ledger: pl.DataFrame, say: Labels) -> Table:
    """Rows that failed each check, of all rows of the feed, by Kahn's category."""
    place = {"conformance": 0, "completeness": 1, "plausibility": 2}
    found = (
        summary.group_by("category", "check", "feed")
        .agg(pl.col("failed").cast(pl.Int64).sum())
        .join(ledger.group_by("feed").agg(rows=pl.col("read").sum()), on="feed", how="left")
        .sort(pl.col("category").replace_strict(place, default=3), "check", "feed")
    )
    rows = [
        {
            "group": say.of("kahn", row["category"]),
            "check": say.of("check", row["check"]),
            "feed": row["feed"],
            "rows": row["rows"],
            "failed": row["failed"],
            "percent": _percent(row["failed"], row["rows"]),
        }
        for row in found.iter_rows(named=True)
    ]
    return _table("kahn", ("check", "feed", "rows", "failed", "percent"), rows, say, grouped=True)


def over_time(months: pl.DataFrame, say: Labels) -> Table:
    """What accepted laboratory rows lack, by check and feed, over the months of collection."""
    counted = (
        months.group_by("check", "feed", "month")
        .agg(pl.col("rows", "failed").cast(pl.Int64).sum())
        .sort("check", "feed", "month")
    )
    found = (
        counted.with_columns(share=pl.col("failed") / pl.col("rows"))
        .group_by("check", "feed", maintain_order=True)
        .agg(
            pl.col("rows", "failed").sum(),
            first=pl.col("month").min(),
            last=pl.col("month").max(),
            worst=pl.col("month").get(pl.col("share").arg_max()),
        )
    )
    rows = [
        {
            "check": say.of("check", row["check"]),
            "feed": row["feed"],
            "rows": row["rows"],
            "failed": row["failed"],
            "percent": _percent(row["failed"], row["rows"]),
            "months": f"{row['first']}–{row['last']}",
            "worst": row["worst"] if row["failed"] else None,
        }
        for row in found.iter_rows(named=True)
    ]
    keys = ("check", "feed", "rows", "failed", "percent", "months", "worst")
    return _table("over_time", keys, rows, say)


def warnings(found: pl.DataFrame, say: Labels) -> Table:
    """What the results may depend on and no row alone shows."""
    rows = [
        {
            "group": say.of("warning", row["warning"]),
            "feed": row["feed"],
            "patient": row["USUBJID"],
            "parameter": say.of("param", row["item"]) if row["item"] else None,
            "rows": row["rows"],
            "message": message(row["message"], say),
        }
        for row in found.iter_rows(named=True)
    ]
    keys = ("feed", "patient", "parameter", "rows", "message")
    return _table("warnings", keys, rows, say, grouped=True)


def queries(asked: pl.DataFrame, say: Labels) -> Table:
    """Strange results, and what contradicts itself, each with room for an answer and a signature.

    What is of a person as a whole has no parameter and no date.
    """
    rows = [
        {
            "patient": row["USUBJID"],
            "parameter": row["LBTESTCD"] and say.of("param", row["LBTESTCD"]),
            "date": row["LBDTC"] and str(row["LBDTC"])[:10],
            "result": None
            if row["value"] is None
            else f"{number(row['value'], 3)} {say.of('unit', unit(row['unit']))}".strip(),
            "question": message(f"{row['query']}: {row['message']}", say),
            **_source(row),
        }
        for row in asked.iter_rows(named=True)
    ]
    keys = ("patient", "parameter", "date", "result", "question", "file", "answer", "signed")
    return _table("queries", keys, rows, say)


def reconciliation(asked: pl.DataFrame, say: Labels) -> Table:
    """Recorded scores that their items or the laboratory contradict, each to answer and sign."""
    rows = [
        {
            "patient": row["USUBJID"],
            "parameter": say.of("param", row["QSTESTCD"]),
            "date": str(row["QSDTC"])[:10],
            "recorded": number(row["recorded"], 0),
            "expected_value": number(row["expected"], 0),
            "question": say.of("score_rule", row["rule"]),
            **_source(row),
        }
        for row in asked.iter_rows(named=True)
    ]
    keys = ("patient", "parameter", "date", "recorded", "expected_value", "question")
    return _table("reconciliation", (*keys, "file", "answer", "signed"), rows, say)


def missing_baselines(series: pl.DataFrame, say: Labels) -> Table:
    """How many patients have no baseline of a parameter, and why."""
    found = series.group_by("PARAMCD", "reason").agg(n=pl.len()).sort("PARAMCD", "reason")
    rows = [
        {
            "parameter": say.of("param", row["PARAMCD"]),
            "patients_n": row["n"],
            "reason": why(row["reason"], say),
        }
        for row in found.iter_rows(named=True)
    ]
    return _table("missing_baselines", ("parameter", "patients_n", "reason"), rows, say)


def listing(subjects: pl.DataFrame, say: Labels) -> Table:
    """Every screened subject: who it is, how it was treated, and the sets that hold it."""
    rows = [
        {
            "patient": row["USUBJID"],
            "sex": say.of("SEX", row["SEX"] or ""),
            "age": ("~" if row["BRTHDTF"] else "") + number(row["AGE"], 0),
            "class": row["LNCLASS"],
            "days": row["TRTDURD"],
            "doses": row["NDOSES"],
            "status": say.of("status", row["EOSSTT"] or ""),
            **{flag: say.of("flag", row[flag]) for flag, _ in _SETS},
        }
        for row in subjects.sort("USUBJID").iter_rows(named=True)
    ]
    heads = {flag: say(f"step.{name}") for flag, name in _SETS}
    keys = ("patient", "sex", "age", "class", "days", "doses", "status")
    return _table("subjects", keys, rows, say, heads)


def exclusions(subjects: pl.DataFrame, say: Labels) -> Table:
    """Which set each subject was kept out of first, and why."""
    reasons = {"ELIGFL": "ELIGRSN", "SAFFL": "SAFRSN", "EFFFL": "EFFRSN"}
    rows = [
        {
            "patient": row["USUBJID"],
            "set": say(f"step.{name}"),
            "reason": why(row[reasons[flag]], say),
        }
        for row in subjects.sort("USUBJID").iter_rows(named=True)
        for flag, name in _SETS
        if flag in reasons and row[flag] == "N" and row[reasons[flag]]
    ]
    return _table("exclusions", ("patient", "set", "reason"), rows, say)


def quarantine(lines: pl.DataFrame, say: Labels) -> Table:
    """Every broken rule: where the row stands, what is wrong with it, and what could be done."""
    rows = [
        {
            "file": f"{row['source_file']}:{row['source_line']}",
            "column": row["column"],
            "rule": say.of("check", row["rule"]),
            "aside": say.of("aside", row["aside"]),
            **{key: message(row[key] or "", say) for key in ("message", "proposal")},
            "result": row["value"],
            "patient": row["USUBJID"],
            "answer": "",
            "signed": "",
        }
        for row in lines.iter_rows(named=True)
    ]
    keys = ("file", "patient", "column", "result", "rule", "aside", "message", "proposal")
    return _table("quarantine", (*keys, "answer", "signed"), rows, say)


_WORDS = {
    *("best", "first_visit", "last", "last_visit", "sustained", "since", "flipped_at", "role"),
    *("feed", "months", "worst", "parameter", "question", "file", "answer", "signed"),
    *("column", "rule", "aside", "message", "proposal", "patient", "result"),
    *("reason", "set", "sex", "class", "status", "ELIGFL", "ENRLFL", "SAFFL", "EFFFL"),
}
_SETS = (
    ("ELIGFL", "Eligible"),
    ("ENRLFL", "Enrolled"),
    ("SAFFL", "Safety set"),
    ("EFFFL", "Efficacy set"),
)


def unused(left: pl.DataFrame, say: Labels) -> Table:
    """What was accepted and reaches no analysis, with the reason."""
    rows = [
        {
            "group": say(f"unused.{row['kind']}"),
            "name": say.of("param", row["name"]) if row["kind"] == "parameter" else row["name"],
            "rows": row["rows"],
            "patients_n": row["subjects"],
            "reason": say.of("unused", row["reason"]),
        }
        for row in left.iter_rows(named=True)
    ]
    return _table("unused", ("name", "rows", "patients_n", "reason"), rows, say, grouped=True)


def _table(
    name: str,
    keys: Sequence[str],
    rows: Sequence[Row],
    say: Labels,
    more: Mapping[str, str] | None = None,
    *,
    grouped: bool = False,
) -> Table:
    """Rows of cells or plain values as a table; `more` heads the columns that stand after `keys`."""
    heads = {key: say(f"head.{key}") for key in keys} | dict(more or {})
    shown = [*heads, *(["group"] if grouped else [])]
    cells = [{key: _cell(row.get(key)) for key in shown} for row in rows]
    return Table(
        name,
        say(f"table.{name}"),
        heads,
        cells,
        "group" if grouped else None,
        [say(f"table.{name}.note")],
        say.language,
        _WORDS,
    )


def _planned(spec: Mapping[str, Any]) -> pl.Expr:
    """The place of a row's PARAMCD among the tables' parameters; after them all where it has none."""
    place = {code: i for i, code in enumerate(spec["parameters"])}
    return pl.col("PARAMCD").replace_strict(place, default=len(place), return_dtype=pl.Int64)


def _cell(value: Any) -> Cell:
    return value if isinstance(value, Cell) else Cell(MISSING if value is None else str(value))


def _source(row: Row) -> dict[str, str]:
    return {"file": f"{row['SRCFILE']}:{row['SRCLINE']}", "answer": "", "signed": ""}


def _visit(name: str | None, say: Labels) -> str | None:
    return None if name is None else say.of("visit", name)


def _name(row: Row, say: Labels) -> str:
    name = say.of("param", row["PARAMCD"])
    return str(row["PARAM"]) if name == row["PARAMCD"] else name


def _percent(part: int, whole: int | None) -> str:
    return number(100 * part / whole, 1) if whole else MISSING


def _alternative(text: str, say: Labels) -> str:
    rule, _, code = text.partition(": ")
    if rule == "anchor" and code != "none":
        return say("alternative.anchor", name=say.of("param", code))
    return say.of("alternative", text)
