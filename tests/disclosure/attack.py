"""An attacker who holds every number of the public page, against random studies.

`python -m tests.disclosure.attack 1000` tries that many and tells what it found.
"""

import sys
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from remit import statistics as of
from remit.report import public
from remit.statistics.paired import planned_records
from remit.words.labels import labels_in
from tests.shipped import categories_of

SAY = labels_in("en")
VISITS = ["Month 1", "Month 2", "End of follow-up"]
SPEC: dict[str, Any] = {
    "collected": ["dm", "lb", "ae"],
    "statistics": {
        "population": "EFFFL",
        "safety_population": "SAFFL",
        "visits": VISITS,
        "parameters": {"UPCR": {}},
        "quantile_type": 7,
        "conf_level": 0.95,
        "proportions": "wilson",
        "adverse_events": {"after_last_dose_days": 30},
        "sensitivity": {"window": []},
        "censored": "bound",
        "categories": categories_of("cn19"),
    },
    "report": {
        "parameters": ["UPCR"],
        "definition": "cn19",
        "last_visit": "End of follow-up",
        "suppress_below": 5,
    },
}


def study(seed: int) -> dict[str, pl.DataFrame]:
    """Analysis tables of 8 to 120 people with small cells, nested sets and visits that people miss."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(8, 121))
    rare = float(draw.uniform(0.02, 0.5))
    flag = lambda share: np.where(draw.random(n) < share, "Y", "N")  # noqa: E731
    safety = flag(draw.choice([1.0, 0.95, 0.8]))
    efficacy = np.where(
        (safety == "Y") & (draw.random(n) < draw.choice([1.0, 0.95, 0.7])), "Y", "N"
    )
    names = [f"P{i:03d}" for i in range(n)]
    subjects = pl.DataFrame(
        {
            "USUBJID": names,
            "ENRLFL": np.where((safety == "Y") | (draw.random(n) < 0.9), "Y", "N"),
            "SAFFL": safety,
            "EFFFL": efficacy,
            "SEX": np.where(draw.random(n) < rare, "M", "F"),
            "LNCLASS": draw.choice(["III", "IV", "V", "III+V", "text of a source"], n),
            "AGE": draw.normal(40, 10, n).round(1),
            "WEIGHT": draw.normal(60, 9, n).round(1),
            "TRTDURM": draw.uniform(1, 12, n).round(1),
            "TRTDURD": draw.integers(28, 300, n),
            "DTHDT": pl.Series([None] * n, dtype=pl.Date),
            "EOSDT": pl.Series([None] * n, dtype=pl.Date),
        }
    ).with_columns(
        TRTSDT=pl.date(2020, 7, 1),
        TRTEDT=pl.date(2020, 7, 1) + pl.duration(days=pl.col("TRTDURD") - 1),
        AGE=pl.when(pl.Series(draw.random(n) > 0.03)).then("AGE"),
        LNCLASS=pl.when(pl.Series(draw.random(n) > 0.05)).then("LNCLASS"),
    )
    missed = float(draw.choice([0.0, 0.02, 0.1, 0.3]))
    rows, classes = [], []
    for name in names:
        base = draw.normal(3, 1)
        seen = [month for month in (1, 2) if draw.random() > missed]
        months = [*([0] if draw.random() > missed / 2 else []), *seen]
        rows += [(name, month, base - 0.3 * month, f"{name}-{month}") for month in months]
        if seen:
            rows.append((name, 99, base - 0.3 * seen[-1], f"{name}-{seen[-1]}"))
        judged = {m: draw.choice(["CR", "PR", "NR"], p=_odds(rare)) for m in seen}
        classes += [(name, m, c) for m, c in judged.items()]
        if seen:
            classes.append((name, 99, judged[seen[-1]]))
    at = {0: "Baseline", 1: "Month 1", 2: "Month 2", 99: "End of follow-up"}
    visits = pl.DataFrame(rows, ["USUBJID", "AVISITN", "AVAL", "ROWID"], orient="row").with_columns(
        PARAMCD=pl.lit("UPCR"),
        AVISIT=pl.col("AVISITN").replace_strict(at, return_dtype=pl.String),
        AVISITN=pl.col("AVISITN").cast(pl.Float64),
        ABLFL=pl.when(pl.col("AVISITN") == 0).then(pl.lit("Y")),
        ANL01FL=pl.lit("Y"),
        AVALOPER=pl.lit(None, pl.String),
        BASEOPER=pl.lit(None, pl.String),
        BASE=pl.col("AVAL").filter(pl.col("AVISITN") == 0).first().over("USUBJID"),
        ADT=pl.lit(None, pl.Date),
    )
    responses = pl.DataFrame(classes, ["USUBJID", "AVISITN", "AVALC"], orient="row").with_columns(
        DEFID=pl.lit("cn19"),
        AVISIT=pl.col("AVISITN").replace_strict(at, return_dtype=pl.String),
        AVISITN=pl.col("AVISITN").cast(pl.Float64),
        AVALCNRI="AVALC",
        AVALCBST="AVALC",
        ASSESFL=pl.lit("Y"),
    )
    ill = subjects.filter(SAFFL="Y").filter(pl.Series(draw.random((safety == "Y").sum()) < rare))
    some = lambda: pl.Series(np.where(draw.random(ill.height) < rare, "Y", "N"))  # noqa: E731
    events = ill.select(
        *("USUBJID",),
        AEDECOD=pl.lit("Rash"),
        AEBODSYS=pl.lit("Skin"),
        TRTEMFL=pl.lit("Y"),
        ASTDT=pl.date(2020, 7, 20),
        ASTDY=pl.lit(20),
        ASEV=pl.lit("MILD"),
        AESER=some(),
        AREL=some(),
        AEREL=pl.lit("RELATED"),
        AESI=pl.lit(None, pl.String),
        AEACN=pl.lit("DOSE NOT CHANGED"),
        AEOUT=pl.lit("RECOVERED"),
    )
    return {
        "subjects": subjects,
        "visits": visits,
        "responses": responses,
        "adverse_events": events,
    }


def _odds(rare: float) -> list[float]:
    return [rare / 2, rare / 2, 1 - rare]


def statistics(data: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The wide statistics of a random study; of the comparisons their sizes alone."""
    spec, subjects = SPEC["statistics"], data["subjects"]
    parameters = pl.DataFrame({"PARAMCD": ["UPCR"], "PARAM": ["UPCR"], "unit": ["g/g"]})
    planned = planned_records(data["visits"], subjects, spec).filter(pl.col("base").is_not_null())
    ards = {
        "baseline": of.baseline(subjects, data["visits"], parameters, spec),
        "response": of.response(data["responses"], subjects, spec),
        "safety": of.safety(data["adverse_events"], subjects, spec),
    }
    wide = {name: of.wide(ard, name) for name, ard in ards.items()}
    counted = planned.group_by("PARAMCD", "AVISIT", "AVISITN").agg(n=pl.len().cast(pl.Int64))
    return wide | {"paired": counted.sort("AVISITN")}


def known(shown: public.Frames) -> dict[public.Name, int]:
    """Every number of the public tables, by the name that the facts have for it."""
    numbers: dict[public.Name, int | None] = {
        ("set", population): n for population, n in shown["sets"].iter_rows()
    }
    for row in shown["baseline"].iter_rows(named=True):
        at = (row["population"], row["PARAMCD"])
        if row["PARAMCD"] == "TRTDURM":
            numbers["set", row["population"]] = row["n"]
        elif row["category"] is None:
            numbers["mean", *at] = row["n"]
        else:
            numbers["level", *at, row["category"]] = row["count"]
            if row["denominator"] is not None:
                numbers["level", *at, "denominator"] = row["denominator"]
    for row in shown["paired"].iter_rows(named=True):
        numbers["paired", row["PARAMCD"], row["AVISIT"]] = row["n"]
    for row in shown["response"].iter_rows(named=True):
        numbers["response", row["AVISIT"], row["category"]] = row["count"]
        numbers["judged", row["AVISIT"]] = row["denominator"]
    for row in shown["safety"].iter_rows(named=True):
        numbers["event", row["category"], row["term"]] = row["count"]
        numbers["set", "SAFFL"] = row["denominator"]
    return {name: int(n) for name, n in numbers.items() if n is not None}


def told_of(facts: list[Any], numbers: Mapping[public.Name, int], k: int) -> list[public.Name]:
    """The small counts that are, or can be shown to be, below k by one who knows the numbers."""
    place = {fact.name: i for i, fact in enumerate(facts)}
    truth = np.array([fact.n for fact in facts], dtype=float)
    entries = [
        (row, place[name], sign)
        for row, (fact, parts) in enumerate((f, parts) for f in facts for parts in f.divides)
        for name, sign in [(fact.name, -1.0), *((part, 1.0) for part in parts)]
    ]
    rows, columns, signs = zip(*entries, strict=True)
    sums = LinearConstraint(csr_array((signs, (rows, columns)), (max(rows) + 1, len(facts))), 0, 0)
    low, high = np.zeros(len(facts)), np.full(len(facts), 10 * truth.max() + 100)
    for name, n in numbers.items():
        low[place[name]] = high[place[name]] = n
    disclosed = []
    for i in np.flatnonzero((truth > 0) & (truth < k)):
        wish = np.zeros(len(facts))
        wish[i] = -1.0
        low_k = low.copy()
        low_k[i] = max(low[i], k)
        if low_k[i] > high[i]:
            disclosed.append(facts[i].name)
            continue
        # Is there a whole-numbered table in which the count is k or more?
        found = milp(
            np.zeros(len(facts)),
            constraints=sums,
            bounds=Bounds(low_k, high),
            integrality=np.ones(len(facts)),
        )
        if found.x is None:
            disclosed.append(facts[i].name)
    return disclosed


def people_told_of(held: pl.DataFrame, shown: list[str], k: int) -> bool:
    """Whether some sum of multiples of the means shown is of fewer than k people, by trying all."""
    wide = (
        held.filter(pl.col("sample").is_in(shown))
        .with_columns(one=1.0)
        .pivot(on="sample", index=["USUBJID", "record"], values="one")
    )
    if wide.is_empty():
        return False
    columns = wide.columns[2:]
    table = wide.with_columns(pl.col(columns).fill_null(0.0))
    # People whose records belong to the same samples are the same to the attacker.
    alike = (
        table.sort("USUBJID", *columns)
        .group_by("USUBJID", maintain_order=True)
        .agg(pl.struct(columns).alias("pattern"))
    )
    groups = alike.group_by("pattern").agg(pl.col("USUBJID"))["USUBJID"].to_list()
    whole = np.linalg.matrix_rank(table.select(columns).to_numpy())
    few = [group for group in groups if len(group) < k]
    for size in range(1, k):
        for chosen in combinations(few, size):
            gone = [person for group in chosen for person in group]
            if len(gone) < k:
                rest = table.filter(~pl.col("USUBJID").is_in(gone)).select(columns).to_numpy()
                if (np.linalg.matrix_rank(rest) if rest.size else 0) < whole:
                    return True
    return False


def attack(
    data: Mapping[str, pl.DataFrame], wide: Mapping[str, pl.DataFrame], spec: Any
) -> dict[str, Any]:
    """What is hidden of a study, what an attacker finds out, and the same of hiding small counts alone."""
    k = spec["report"]["suppress_below"]
    shown = public.suppressed(data, wide, spec, SAY)
    held = public.records(data["visits"], data["subjects"], wide["baseline"], spec["statistics"])
    facts = list(public.facts(data["subjects"], held, wide, spec, SAY))
    numbers = known(shown)
    wanted = {fact.name: fact.n for fact in facts if fact.cost is not None}
    simple = {name: n for name, n in wanted.items() if not 0 < n < k}
    means = {
        code: [
            f"baseline|{p}" for kind, p, c in (n for n in numbers if n[0] == "mean") if c == code
        ]
        + [
            f"{when}|{n[2]}"
            for n in numbers
            if n[0] == "paired" and n[1] == code
            for when in ("before", "visit")
        ]
        for code in held["code"].unique()
    }
    return {
        "wrong": [name for name, n in numbers.items() if wanted[name] != n],
        "disclosed": told_of(facts, numbers, k),
        "people": [
            c for c, names in means.items() if people_told_of(held.filter(code=c), names, k)
        ],
        "wanted": len(wanted),
        "hidden": len(wanted) - len(numbers),
        "hidden by the simple rule": len(wanted) - len(simple),
        "disclosed by the simple rule": told_of(facts, simple, k) if "simple" in sys.argv else [],
    }


def main(n: int) -> int:
    """Attack so many studies; 1 when anything was found out."""
    total: dict[str, int] = {}
    for seed in range(n):
        data = study(seed)
        for name, found in attack(data, statistics(data), SPEC).items():
            total[name] = total.get(name, 0) + (found if isinstance(found, int) else len(found))
    print(f"{n} studies: {total}")
    return int(bool(total["wrong"] + total["disclosed"] + total["people"]))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
