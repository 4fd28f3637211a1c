"""What each table shows: from the wide statistics to cells a journal can print.

Every function takes the table of `results/statistics` that bears its name, the config's `tables`
(with `note`, the plan's `conf_level` and the `categories` of each definition) and the labels. Dashes
stand for what could not be computed.
"""

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any

import polars as pl

from remit.plan.categories import counted, in_text
from remit.tables.table import Cell, Table, query
from remit.words.labels import Labels, capital
from remit.words.numbers import (
    MISSING,
    count_percent,
    interval,
    level,
    mean_sd,
    median_quartiles,
    number,
    p_value,
    unit,
)

Spec = Mapping[str, Any]
Row = Mapping[str, Any]


def baseline(statistics: pl.DataFrame, spec: Spec, say: Labels) -> Table:
    """Characteristics before treatment, one column a population, the plan's parameters last."""

    def value(row: Row) -> str:
        if row["category"] is not None:
            return _counted(row, spec)
        return _summary(row, "", spec)

    place = {code: i for i, code in enumerate(spec["parameters"])}
    ordered = statistics.sort(
        pl.col("PARAMCD").replace_strict(place, default=-1, return_dtype=pl.Int64),
        maintain_order=True,
    )
    return _by_population("baseline", ordered, value, spec, say)


def exposure(statistics: pl.DataFrame, spec: Spec, say: Labels) -> Table:
    """Duration, number, size and spacing of the infusions, one column a population."""

    def value(row: Row) -> str:
        decimals = _decimals(row["PARAMCD"], spec)
        centre = number(row["median"], decimals)
        if row["min"] is None:
            return centre
        return f"{centre} ({interval(row['min'], row['max'], decimals, say('to'))})"

    return _by_population("exposure", statistics, value, spec, say)


def paired(statistics: pl.DataFrame, spec: Spec, say: Labels) -> Table:
    """Baseline, visit and change of the same patients, one row a visit, grouped by parameter."""
    place = {code: i for i, code in enumerate(spec["parameters"])}
    adjusted = not statistics["p_adjusted"].equals(statistics["p"])
    rows = statistics.filter(pl.col("PARAMCD").is_in(list(place)), pl.col("n") > 0).sort(
        pl.col("PARAMCD").replace_strict(place, default=None, return_dtype=pl.Int64), "AVISITN"
    )
    cells = []
    for row in rows.iter_rows(named=True):
        decimals = _decimals(row["PARAMCD"], spec)
        records = query("paired", "n", PARAMCD=row["PARAMCD"], AVISIT=row["AVISIT"])
        texts = {
            "n": str(row["n"]),
            "baseline": _summary(row, "base_", spec),
            "value": _summary(row, "visit_", spec),
            "change": number(row["estimate"], decimals),
            "interval": _interval(row, decimals, say),
            "p": p_value(row["p"]),
            **({"adjusted": p_value(row["p_adjusted"])} if adjusted else {}),
        }
        cells.append(
            {
                "group": Cell(_parameter(row, say)),
                "visit": Cell(say.of("visit", row["AVISIT"])),
                "test": Cell(_tested(row, say)),
                **{key: Cell(text, records) for key, text in texts.items()},
            }
        )
    keys = ["visit", "n", "baseline", "value", "change", "interval", "test", "p"]
    heads = {
        key: say(f"head.{key}", conf=level(spec["conf_level"]))
        for key in [*keys, *(["adjusted"] if adjusted else [])]
    }
    told = "adjusted" if adjusted else "not_adjusted"
    notes = [say(f"table.paired.note.{key}") for key in (spec["summary"], told)]
    return _table("paired", heads, cells, notes, spec, say, group="group")


def response(statistics: pl.DataFrame, spec: Spec, say: Labels) -> Table:
    """Patients in each class by visit: fully assessed, not assessed as no response, as the best.

    A class has a column where any definition has it; in the rows of another its cell is empty.
    """
    keys = ("definition", "rule", "AVISITN", "AVISIT", "denominator")
    rows = statistics.filter(pl.col("denominator") > 0).sort(
        "definition",
        pl.col("rule").replace_strict(_RULES, default=9),
        "AVISITN",
        maintain_order=True,
    )
    cells = []
    for key, group in rows.group_by(keys, maintain_order=True):
        definition, rule, _, visit, denominator = map(str, key)
        at = {"definition": definition, "AVISIT": visit, "rule": rule}
        shares = {
            row["category"]: Cell(
                _share(row, spec),
                query("response", "count", **at, category=row["category"]),
            )
            for row in group.iter_rows(named=True)
        }
        cells.append(
            {
                "group": Cell(f"{say.of('definition', definition)}, {say.of('rule', rule)}"),
                "visit": Cell(say.of("visit", visit)),
                "n": Cell(denominator, query("response", "denominator", **at)),
                "could_respond": Cell(number(group["could_respond"][0], 0)),
                **shares,
            }
        )
    names = rows["definition"].unique().sort().to_list()
    definitions = [spec["categories"][name] for name in names]
    codes = [[*counted(known)] for known in definitions]
    responses = [[c["code"] for c in known if c["response"]] for known in definitions]
    several = [code for each in codes for code in each if "+" in code]
    others = [code for each in codes for code in each]
    columns = list(dict.fromkeys([*(c for each in responses for c in each), *several, *others]))
    heads = {
        "visit": say("head.visit"),
        "n": say("head.n"),
        "could_respond": say("head.could_respond"),
        **{
            category: say("head.share", what=category, conf=level(spec["conf_level"]))
            for category in columns
        },
    }
    if "hidden" in spec:  # its cells would give small counts away
        del heads["could_respond"]
    meanings = {
        key: say("list.comma").join(f"{c['code']} {in_text(c, say.language)}" for c in known)
        for key, known in zip(names, definitions, strict=True)
    }
    one = len({*meanings.values()}) == 1
    told = [
        text if one else f"{say.of('definition', key)}: {text}" for key, text in meanings.items()
    ]
    classes = say("list.semicolon").join(dict.fromkeys(told))
    notes = [say("table.response.note", classes=classes)]
    rows_of = [dict.fromkeys(heads, Cell("")) | row for row in cells]
    return _table("response", heads, rows_of, notes, spec, say, group="group")


def time_to_event(statistics: pl.DataFrame, spec: Spec, say: Labels) -> Table:
    """How many reached each event, and the median time."""
    cells = []
    for row in statistics.filter(pl.col("time").is_null()).iter_rows(named=True):
        records = query("time_to_event", "n", PARAMCD=row["PARAMCD"])
        texts = {
            "n": str(row["n"]),
            "events": str(row["events"]),
            "median": number(row["median"], 0),
            "interval": _reached(row["median_ci_low"], row["median_ci_high"], say),
        }
        named = {"event": Cell(say.of("event", row["PARAM"]))}
        cells.append(named | {key: Cell(text, records) for key, text in texts.items()})
    heads = {
        "event": say("axis.event"),
        "n": say("head.n"),
        "events": say("head.events"),
        "median": say("head.median_days"),
        "interval": say("head.interval", conf=level(spec["conf_level"])),
    }
    return _table("time_to_event", heads, cells, [say("table.time_to_event.note")], spec, say)


def safety(statistics: pl.DataFrame, spec: Spec, say: Labels) -> Table:
    """Patients with adverse events: overall, of special interest, by class and term."""
    cells = []
    for row in statistics.iter_rows(named=True):
        kind = row["category"]
        keys = {key: row[key] for key in ("category", "soc", "term")}
        records = query("safety", "count", **keys) if row["count"] else ""
        indent = "\u2003" if kind == "pt" and row["soc"] else ""
        group = "unclassed" if kind == "pt" and not row["soc"] else _SAFETY_GROUP.get(kind, "kind")
        cells.append(
            {
                "group": Cell(say.of("safety", group)),
                "event": Cell(indent + capital(say.of("ae", row["term"]))),
                "share": Cell(_counted(row, spec), records),
                "interval": Cell(
                    spec["hidden"]
                    if row["count"] is None
                    else interval(row["ci_low"], row["ci_high"], 1, say("to")),
                    records,
                ),
                "events": Cell(number(row["events"], 0), records),
                "worst": Cell(_by_severity(row, say), records),
                "rate": Cell(number(row["rate"], 1), records),
                "event_rate": Cell(number(row["event_rate"], 1), records),
            }
        )
    n = statistics["denominator"].max() or 0
    heads = {
        "event": say("axis.event"),
        "share": say("head.patients", n=n),
        "interval": say("head.interval", conf=level(spec["conf_level"])),
        "events": say("head.events"),
        "worst": say("head.worst_severity"),
        "rate": say("head.rate"),
        "event_rate": say("head.event_rate"),
    }
    if "hidden" in spec:  # a public page counts patients alone
        heads = {key: heads[key] for key in ("event", "share", "interval")}
    return _table("safety", heads, cells, [say("table.safety.note")], spec, say, group="group")


TABLES: Mapping[str, Callable[[pl.DataFrame, Spec, Labels], Table]] = {
    "baseline": baseline,
    "paired": paired,
    "response": response,
    "time_to_event": time_to_event,
    "exposure": exposure,
    "safety": safety,
}

_RULES = {"observed": 0, "nri": 1, "possible": 2}
_SAFETY_GROUP = {"aesi": "aesi", "soc": "term", "pt": "term"}


def _by_population(
    name: str, statistics: pl.DataFrame, value: Callable[[Row], str], spec: Spec, say: Labels
) -> Table:
    populations = statistics["population"].unique(maintain_order=True).to_list()
    size = {
        population: statistics.filter(population=population, PARAMCD="TRTDURM")["n"].sum()
        for population in populations
    }
    asked = {
        (row["population"], row["PARAMCD"]): row["denominator"] or 0
        for row in statistics.iter_rows(named=True)
        if row.get("category") is not None
    }
    by_row: dict[tuple[str, str | None], dict[str, Cell]] = {}
    for row in statistics.iter_rows(named=True):
        population, code = row["population"], row["PARAMCD"]
        if (name, code) == ("baseline", "TRTDURM"):  # gives the size of the set
            continue
        category = row.get("category")
        label = _parameter(row, say)
        if category is not None:
            label = f"{label}: {say.of(code, category)}"
        # A class that a set lacks is nobody of those who were asked.
        nobody = {
            p: Cell(count_percent(0, asked.get((p, code), 0), spec["percent_decimals"]))
            for p in populations
        }
        cells = by_row.setdefault((code, category), {"what": Cell(label), **nobody})
        n = row["denominator"] if category is not None else row["n"]
        text = spec["hidden"] if n is None else value(row) if n else MISSING
        if n and n < size[population] and name == "baseline":
            text += f" [n = {n}]"
        keys = {"population": population, "PARAMCD": code, "category": category}
        counted = "n" if category is None else "count"
        cells[population] = Cell(text, query(name, counted, **keys))
    heads = {
        "what": say("head.what"),
        **{p: say("head.population", name=say.of("population", p), n=size[p]) for p in populations},
    }
    notes = [
        say(f"table.{name}.note.{spec['summary']}" if name == "baseline" else f"table.{name}.note")
    ]
    place = {code: i for i, code in enumerate(dict.fromkeys(code for code, _ in by_row))}
    rows = sorted(by_row.items(), key=lambda row: (place[row[0][0]], row[0][1] or ""))
    return _table(name, heads, [cells for _, cells in rows], notes, spec, say)


def _summary(row: Row, prefix: str, spec: Spec) -> str:
    """The plan's summary of one sample."""
    decimals = _decimals(row["PARAMCD"], spec)
    names = ("mean", "sd") if spec["summary"] == "mean_sd" else ("median", "q1", "q3")
    write: Callable[..., str] = mean_sd if spec["summary"] == "mean_sd" else median_quartiles
    return write(*(row[prefix + name] for name in names), decimals)


def _counted(row: Row, spec: Spec) -> str:
    """Count and percentage; what stands for a hidden count on a public page."""
    if row["count"] is None:
        return str(spec.get("hidden", MISSING))
    return count_percent(row["count"], row["denominator"], spec["percent_decimals"])


def _share(row: Row, spec: Spec) -> str:
    share = _counted(row, spec)
    if row["count"] is None:
        return share
    return f"{share} [{number(row['ci_low'], 1)}–{number(row['ci_high'], 1)}]"


def _by_severity(row: Row, say: Labels) -> str:
    """Patients by the severity of their worst event, the mildest first; empty where nobody had one."""
    worst = [name for name in row if name.startswith("worst_") and row[name]]
    told = (f"{say(f'severity.{name}')} {number(row[name], 0)}" for name in worst)
    return say("list.comma").join(told)


def _tested(row: Row, say: Labels) -> str:
    """The test of a row and, after it, what it estimates."""
    if row["test"] is None:
        return MISSING
    told = (say.of("test", row["test"]), say.of("estimator", row["estimator"]))
    return say("list.semicolon").join(told)


def _interval(row: Row, decimals: int, say: Labels) -> str:
    """The interval beside an estimate.

    An end that a hair's breadth parts from no change does not belong to the interval, and no change
    is written with the sign of that side.
    """
    none = 1 if str(row["estimator"]).endswith("ratio") else 0
    low, high = row["estimate_ci_low"], row["estimate_ci_high"]
    if low is None or high is None:
        return MISSING
    signs = [
        sign if end != none and isclose(end, none, rel_tol=1e-15, abs_tol=1e-300) else ""
        for sign, end in ((">", low), ("<", high))
    ]
    low, high = (none if sign else end for sign, end in zip(signs, (low, high), strict=True))
    return f"{signs[0]}{number(low, decimals)} {say('to')} {signs[1]}{number(high, decimals)}"


def _reached(low: float | None, high: float | None, say: Labels) -> str:
    """Limits of a median in days; one that is not reached is a dash, and so are two."""
    if low is None and high is None:
        return MISSING
    return f"{number(low, 0)} {say('to')} {number(high, 0)}"


def _parameter(row: Row, say: Labels) -> str:
    name = say.of("param", row["PARAMCD"])
    name = row["PARAM"] if name == row["PARAMCD"] else name
    printed = say.of("unit", unit(row["UNIT"]))
    return f"{name} ({printed})" if printed else name


def _decimals(code: str, spec: Spec) -> int:
    decimals: int = spec["decimals"].get(code, spec["decimals"]["default"])
    return decimals


def _table(
    name: str,
    heads: Mapping[str, str],
    rows: list[dict[str, Cell]],
    notes: list[str],
    spec: Spec,
    say: Labels,
    group: str | None = None,
) -> Table:
    remark = [spec["note"]] if spec.get("note") else []
    title = say(f"table.{name}")
    return Table(name, title, heads, rows, group, [*notes, *remark], say.language, ("test",))
