"""`remit status`: how the study stands, in at most a screen: what was read, what waits, what came out."""

import csv
import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.machinery.terminal import REMEMBERED
from remit.machinery.write import write_text
from remit.plan.windows import compile


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    of_study(parser)


def run(given: Namespace) -> int:
    """Print the summary."""
    study = Study.of(given)
    lines = summary(study)
    print(*lines, sep="\n")
    path = study.folder / REMEMBERED
    if study.folder == Path() and path.is_file():  # for a run that finds nothing to do there
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.get("lines") != lines:
            write_text(path, json.dumps(known | {"lines": lines}))
    return 0


def summary(study: Study) -> list[str]:
    """The lines of the summary; nothing is named that is not there."""
    plan, results = study.plan, study.results
    now: dict[str, Any] = {}
    lines = [f"{plan['study']['id']}: {plan['study']['title']}"]
    ledger = _rows(results / "harmonized/ledger.csv")
    if not ledger:
        return [*lines, f"  no results yet in {results}", "Next: remit run"]
    now |= _read(ledger)
    lines += list(_told_read(ledger, now))
    lines += list(_warnings(results, now))
    lines += list(_waiting(results, now))
    lines += list(_unused(results))
    subjects = results / "analysis/subjects.parquet"
    if subjects.is_file():
        flags = pl.read_parquet(subjects, columns=["ENRLFL", "SAFFL", "EFFFL"])
        sets = [flags.filter(pl.col(flag) == "Y").height for flag in flags.columns]
        now["subjects"] = f"{flags.height} subjects"
        names = ("enrolled", "in the safety set", "in the efficacy set")
        told = ", ".join(f"{n} {name}" for n, name in zip(sets, names, strict=True))
        lines.append(f"  subjects    {flags.height}: {told}")
        if not sets[0]:
            now["nobody"] = _nobody(flags.height, ledger, results)
            lines.append(f"  result      nobody is enrolled: {now['nobody']}")
    lines += list(_not_held(plan, results))
    lines += list(_primary(plan, results, now))
    lines += list(_changed(study, now))
    report = results / "report/report.html"
    if report.is_file():
        lines.append(f"  report      {report}")
    lines.append(f"Next: {_next(now, results)}")
    return lines


def _read(ledger: list[dict[str, str]]) -> dict[str, Any]:
    fates = {fate: sum(int(row[fate] or 0) for row in ledger) for fate in _fates(ledger)}
    return {"files": len(ledger), "rows": sum(int(row["read"]) for row in ledger), **fates}


def _fates(ledger: list[dict[str, str]]) -> list[str]:
    columns = list(ledger[0])
    return columns[columns.index("read") + 1 :]


def _told_read(ledger: list[dict[str, str]], now: dict[str, Any]) -> Iterator[str]:
    feeds = len({row["feed"] for row in ledger})
    yield f"  read        {now['rows']:,} rows of {now['files']} files of {feeds} feeds"
    fates = [f"{now[fate]:,} {fate.replace('_', ' ')}" for fate in _fates(ledger) if now[fate]]
    yield f"  fates       {', '.join(fates)}"


def _warnings(results: Path, now: dict[str, Any]) -> Iterator[str]:
    """What the results may depend on, by kind; the list has the rest."""
    warnings = _rows(results / "quality/warnings.csv")
    kinds = Counter(row["warning"] for row in warnings)
    now["warnings"] = len(warnings)
    for place, (kind, n) in enumerate(kinds.most_common()):
        first = next(row for row in warnings if row["warning"] == kind)
        head = "warnings" if place == 0 else ""
        named = ": ".join(filter(None, [first["feed"], first["message"]]))
        yield f"  {head:<12}{kind} {n}, such as {named}"
    if warnings:
        yield f"              {results / 'quality/warnings.csv'}"


def _waiting(results: Path, now: dict[str, Any]) -> Iterator[str]:
    """What a data manager has to decide, with the file that lists it."""
    quarantine = _rows(results / "harmonized/quarantine.csv")
    if quarantine:
        rules = Counter(row["rule"] for row in quarantine).most_common(3)
        told = ", ".join(f"{rule} {n}" for rule, n in rules)
        held = len({row["row_id"] for row in quarantine if row["aside"] == "row"})
        cells = sum(row["aside"] == "cell" for row in quarantine)
        parts = [(held, "rows in quarantine"), (cells, "cells of other rows not used")]
        counts = ", ".join(f"{n} {what}" for n, what in parts if n)
        yield f"  waiting     {counts} ({told})"
        yield f"              {results / 'harmonized/quarantine.csv'}"
    conflicts = _rows(results / "harmonized/conflicts.csv")
    if conflicts:
        yield f"              {len(conflicts)} contradictions (`remit decide` shows what waits)"
        yield f"              {results / 'harmonized/conflicts.csv'}"
    unmapped = _rows(results / "harmonized/unmapped.csv")
    if unmapped:
        tests = ", ".join(list(dict.fromkeys(row["test"] for row in unmapped))[:4])
        what = "1 test" if len(unmapped) == 1 else f"{len(unmapped)} tests"
        yield f"              {what} that no dictionary knows ({tests})"
    now["waiting"] = len(quarantine) + len(conflicts) + len(unmapped)


def _unused(results: Path) -> Iterator[str]:
    """What was accepted and reaches no analysis, with the file that says why."""
    path = results / "summaries/unused.csv"
    if found := _rows(path):
        kinds = Counter(row["kind"] for row in found)
        told = ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in kinds.items())
        named = ", ".join(row["name"] for row in found[:4])
        yield f"  not used    {told} reach no analysis ({named}{', …' if len(found) > 4 else ''})"
        yield f"              {path}"


def _nobody(subjects: int, ledger: list[dict[str, str]], results: Path) -> str:
    """Why nobody is enrolled: the commonest reason."""
    faults = _rows(results / "harmonized/quarantine.csv")
    rules = Counter(f["rule"] for f in faults if not subjects or f["column"] == "RFICDTC")
    told = "".join(f"; most were set aside for {rule} ({n})" for rule, n in rules.most_common(1))
    if subjects:
        return f"no date of consent (RFICDTC) of {subjects} subjects could be used{told}"
    read = sum(int(row["read"]) for row in ledger)
    return f"of {read:,} rows none is a person's that could be used{told}"


def _not_held(plan: dict[str, Any], results: Path) -> Iterator[str]:
    """The planned visits of which there is no record: not held yet, or lost on the way."""
    path = results / "analysis/visits.parquet"
    if path.is_file():
        held = set(pl.scan_parquet(path).select(pl.col("AVISIT").unique()).collect()["AVISIT"])
        planned = [visit.name for visit in compile(plan["visits"])[1:] if visit.target]
        missed = [name for name in planned if name not in held]
        if missed:
            of = f"visit{'s' * (len(missed) > 1)} {', '.join(missed)}"
            yield f"  not held    {of}: no record of anybody"


def _primary(plan: dict[str, Any], results: Path, now: dict[str, Any]) -> Iterator[str]:
    """The response rate by the primary definition at the last visit, in one sentence."""
    definition, visit = plan["report"]["definition"], plan["report"]["last_visit"]
    known = plan["categories"].get(definition, [])
    good = "+".join(category["code"] for category in known if category["response"])
    for row in _rows(results / "statistics/response.csv"):
        at = (row["definition"], row["AVISIT"], row["rule"], row["category"])
        if at == (definition, visit, "observed", good) and row["percent"]:
            told = f"{row['count']} of {row['denominator']} ({float(row['percent']):.1f} %)"
            low, high = float(row["ci_low"]), float(row["ci_high"])
            now["primary"] = told
            level = f"{100 * plan['statistics']['conf_level']:g} % CI {low:.1f} to {high:.1f}"
            yield f"  result      {told} responded by {definition} at {visit}; {level}"


def _changed(study: Study, now: dict[str, Any]) -> Iterator[str]:
    """What differs from the last summary of another state."""
    path = study.folder / REMEMBERED
    known: dict[str, Any] = {}
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
    last = known.get("now", {})
    if now != last:
        known = {"now": now, "before": last}
        write_text(path, json.dumps(known))
    before = known.get("before") or {}
    told = [
        f"{key} {before[key]} → {value}"
        for key, value in now.items()
        if key in before and before[key] != value
    ]
    if told:
        yield f"  changed     {', '.join(told[:5])}"


def _next(now: dict[str, Any], results: Path) -> str:
    report = results / "report/report.html"
    if not report.is_file():
        return "remit run, which makes what is missing"
    if now.get("nobody"):
        return "mend what keeps everybody out, then remit run again"
    if now.get("conflict"):
        return "decide the conflicts, then remit run again"
    if now.get("waiting"):
        return "open the report; work off what is waiting, then remit run again"
    return "open the report"


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
