"""Run planted extracts through ingest and harmonization; count what was found and what was not."""

import tempfile
from collections import Counter
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import polars as pl

from remit.harmonize import merge
from remit.ingest import SourceFile, dictionaries, ingest
from tests.planted.generate import CUTOFF, LABORATORIES, Plan, Truth, plan, save

ROOT = Path(__file__).parents[2]
KEY = bytes(range(32))
Place = tuple[str, str, int]


def score(rows: int, seed: int) -> pl.DataFrame:
    """One row per defect: planted, found, false, recall, precision.

    A planted row is found when its fate is the expected one, for the expected rules and with the
    expected value; a row is false for a defect when it met that defect's fate, or rule, unplanted.
    """
    made = plan(rows, seed)
    with tempfile.TemporaryDirectory() as folder:
        found = outcome(made, Path(folder))
    planted = Counter(truth.defect for truth in made.key.values())
    right: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for place, truth in made.key.items():
        got = found.get(place)
        if got is not None and agrees(truth, got):
            right[truth.defect] += 1
        else:
            false[label(got)] += 1
    for place in found.keys() - made.key.keys():
        false[label(found[place])] += 1
    names = sorted(planted | false)
    return pl.DataFrame(
        {
            "defect": names,
            "planted": [planted[name] for name in names],
            "found": [right[name] for name in names],
            "false": [false[name] for name in names],
        }
    ).with_columns(
        recall=pl.col("found") / pl.col("planted"),
        precision=pl.col("found") / (pl.col("found") + pl.col("false")),
    )


def label(got: dict[str, Any] | None) -> str:
    """The defect a row was taken to have."""
    if got is None:
        return "lost"
    if got["fate"] == "quarantined":
        return "+".join(sorted(rule for rule, _ in got["rules"]))
    cells = "+".join(sorted(f"{rule} {column}" for rule, column in got["rules"]))
    return cells or {"accepted": "good"}.get(got["fate"], got["fate"])


def agrees(truth: Truth, got: dict[str, Any]) -> bool:
    """Whether a row's outcome is the expected one."""
    if truth.fate != got["fate"] or truth.rules != got["rules"]:
        return False
    if truth.fate != "accepted":
        return True
    if truth.code is not None:
        return bool(truth.code == got["text"])
    exact = float(Decimal(truth.value or "0").normalize(Context(prec=15)))
    return exact == got["value"] and truth.oper == got["oper"]


def outcome(made: Plan, folder: Path) -> dict[Place, dict[str, Any]]:
    """What became of every row that was read."""
    known = dictionaries.load()
    registry = folder / "registry.csv"
    registry.write_text("\n".join(["MRN", *sorted(set(made.registry))]) + "\n", encoding="utf-8")
    people = {"domain": "dm", "format": "csv", "columns": {"SUBJID": "MRN"}}
    feeds = {"registry": (people, [registry])}
    paths = save(made, folder)
    feeds |= {lab.feed: (lab.spec(), paths[lab.feed]) for lab in LABORATORIES}
    results = {
        (feed, path.name): ingest(
            [SourceFile(path.name, path)], feed, path.stem, spec, known, KEY, "S", CUTOFF.date()
        )
        for feed, (spec, files) in feeds.items()
        for path in files
    }
    quarantine = pl.concat([found.quarantine for found in results.values()])
    unmapped = pl.concat([found.unmapped for found in results.values()])
    parts: dict[str, list[pl.DataFrame]] = {"dm": [], "lb": []}
    for (feed, name), found in results.items():
        source = {"FEED": pl.lit(feed), "DELIVERY": pl.lit(Path(name).stem)}
        parts["dm" if feed == "registry" else "lb"].append(found.accepted.with_columns(**source))
    demographics = quarantine.filter(pl.col("feed") == "registry")
    subjects = merge.cohort(*parts["dm"], demographics)
    met = merge.resolve("lb", pl.concat(parts["lb"]), subjects)
    aside = merge.set_aside(merge.not_used([met.unused]), quarantine, unmapped, subjects)
    rules = rules_by_row(quarantine)
    rows: dict[Place, dict[str, Any]] = {}
    for row in aside.filter(pl.col("feed") != "registry").iter_rows(named=True):
        fate = row["fate"]
        broken = rules[row["row_id"]] if fate == "quarantined" else frozenset()
        place = (row["feed"], row["source_file"], row["source_line"])
        rows[place] = {"fate": fate, "rules": broken}
    for row in met.used.iter_rows(named=True):
        rows[row["FEED"], row["SRCFILE"], row["SRCLINE"]] = {
            "fate": "accepted",
            "rules": rules.get(row["ROWID"], frozenset()),
            "value": row["LBSTRESN"],
            "oper": row["LBOPER"],
            "text": row["LBSTRESC"],
        }
    return rows


def rules_by_row(quarantine: pl.DataFrame) -> dict[str, frozenset[tuple[str, str]]]:
    """The broken rules of each quarantined row."""
    grouped: dict[str, set[tuple[str, str]]] = {}
    for row_id, rule, column in quarantine.select("row_id", "rule", "column").iter_rows():
        grouped.setdefault(row_id, set()).add((rule, column or ""))
    return {row_id: frozenset(broken) for row_id, broken in grouped.items()}
