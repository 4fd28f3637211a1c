"""A made-up registry of any size, as one export a month: what `bench.scale` measures on.

Patients enrol over three years and come every 28 days for up to 24 visits, fewer of them each time; a
visit is one panel of nine tests. Months in the middle are the busiest, the last ones bring little.
One result in a hundred is corrected in the next month's export, two are below the limit of detection,
one in a thousand has no unit.
"""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from bench.analysis import PLAN
from tests.faults.minimal import without_absent
from tests.workflow.study import new_study

MONTHS = 60
VISITS = 24  # baseline and the months of `PLAN`
#: Test, specimen, unit, lowest, highest, decimals, detection limit; then PARAMCD and factor, for the
#: peers, who have no dictionary.
TESTS = [
    ("Creatinine", "Serum", "mg/dL", 0.4, 3.0, 2, "0.20", "SCR", 88.4),
    ("Albumin", "Serum", "g/dL", 2.0, 5.0, 2, "1.00", "ALB", 10.0),
    ("Complement C3", "Serum", "mg/dL", 40.0, 160.0, 0, "17", "C3", 0.01),
    ("C4", "Serum", "g/L", 0.02, 0.5, 2, "0.02", "C4", 1.0),
    ("UPCR", "Urine", "mg/g", 50.0, 9000.0, 0, "20", "UPCR", 0.001),
    ("HGB", "Whole blood", "g/L", 70.0, 170.0, 0, "10", "HGB", 1.0),
    ("WBC", "Whole blood", "10^9/L", 2.0, 15.0, 2, "0.05", "WBC", 1.0),
    ("PLT", "Whole blood", "10^3/uL", 80.0, 400.0, 0, "5", "PLT", 1.0),
    ("Anti-dsDNA", "Serum", "IU/mL", 5.0, 600.0, 1, "1.0", "DSDNA", 1.0),
]
FEEDS: dict[str, Any] = {
    "registry": {
        "domain": "dm",
        "columns": {
            "SUBJID": "MRN", "SEX": "Sex", "BRTHDTC": "Born", "RFICDTC": "Consent", "LNCLASS": "Class",
        },
        "dates": ["%Y-%m-%d"],
    },
    "infusions": {
        "domain": "ex",
        "columns": {
            "SUBJID": "MRN", "EXTRT": "Drug", "EXDOSE": "Dose", "EXDOSU": "Unit", "EXSTDTC": "Start",
        },
        "dates": ["%Y-%m-%d"],
    },
    "laboratory": {
        "domain": "lb",
        "columns": {
            "SUBJID": "MRN", "LBREFID": "Specimen", "LBSPEC": "Material", "LBTEST": "Test",
            "LBORRES": "Result", "LBORRESU": "Unit", "LBORNRLO": "Low", "LBORNRHI": "High",
            "LBDTC": "Collected", "LBRPTDTC": "Reported", "LBRESST": "Status",
        },
        "codes": {"LBSPEC": {"Urine": "URINE", "Serum": "SERUM", "Whole blood": "BLOOD"}},
        "dates": ["%Y-%m-%d %H:%M"],
        "timezone": "Asia/Shanghai",
        "decimal": ".",
    },
}  # fmt: skip
BEGAN = pl.datetime(2019, 1, 1)


def make_study(folder: Path, rows: int, shards: int | str, exports: int = MONTHS) -> list[Path]:
    """A study of about `rows` laboratory rows in `folder`; returns its exports in order of time."""
    new_study(folder)
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    format = {"files": "*.csv", "format": "csv", "encoding": "utf-8", "delimiter": ","}
    config["feeds"] = {name: format | feed for name, feed in FEEDS.items()}
    config["study"] |= {"id": "SCALE", "extracts": "extracts", "shards": shards}
    config["study"] |= {"pseudonym_key": "pseudonym.key"}
    (folder / "pseudonym.key").write_text("01" * 32 + "\n", encoding="ascii")
    config["derivations"] = {}
    config["visits"] = PLAN
    config["subjects"]["eligibility"] = [{"text": "nephritis", "present": "LNCLASS"}]
    without_absent(config, {feed["domain"] for feed in config["feeds"].values()})
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    for feed in FEEDS:
        (folder / "extracts" / feed).mkdir(parents=True)
    return write_exports(folder / "extracts", rows, exports)


def write_exports(folder: Path, rows: int, exports: int = MONTHS) -> list[Path]:
    """Write the exports of all feeds; returns those of the laboratory in order of time."""
    random = np.random.default_rng(20)
    subjects = max(20, round(rows / (len(TESTS) * 14.4)))
    first = random.integers(0, 36 * 30, subjects)
    came = np.minimum(random.geometric(1 / 30, subjects) + 1, VISITS)
    who = np.repeat(np.arange(subjects), came)
    number = np.arange(came.sum()) - np.repeat(np.cumsum(came) - came, came)
    day = first[who] + 28 * number + random.integers(-5, 6, len(who)) - 6 * (number == 0)
    people = pl.DataFrame({"MRN": np.arange(subjects) + 10_000_000, "first": first})
    date = (BEGAN + pl.duration(days="first")).dt.strftime("%Y-%m-%d")
    people.select(
        "MRN", Sex=pl.lit("F"), Born=pl.lit("1985-05-05"), Consent=date, Class=pl.lit("IV")
    ).write_csv(folder / "registry/registry.csv")
    people.select(
        "MRN", Drug=pl.lit("BELIMUMAB"), Dose=pl.lit(600), Unit=pl.lit("mg"), Start=date
    ).write_csv(folder / "infusions/infusions.csv")

    period = np.clip(day // 30, 0, MONTHS - 1) * exports // MONTHS
    written, corrected = [], None
    for number in range(exports):
        mine = np.flatnonzero(period == number)
        fresh = _panels(random, who[mine] + 10_000_000, day[mine], mine)
        old, corrected = corrected, _corrected(random, fresh)
        written.append(folder / f"laboratory/{number:04}.csv")
        (pl.concat([fresh, old]) if old is not None else fresh).write_csv(written[-1])
    return written


def _panels(random: np.random.Generator, mrn: Any, day: Any, specimen: Any) -> pl.DataFrame:
    """The rows of some visits, in the order of collection."""
    count, tests = len(mrn), len(TESTS)
    visits = pl.DataFrame(
        {"MRN": mrn, "day": day, "number": specimen, "minute": random.integers(420, 1000, count)}
    )
    facts = pl.DataFrame(
        [test[:7] for test in TESTS],
        schema=["Test", "Material", "Unit", "lowest", "highest", "decimals", "limit"],
        orient="row",
    )
    chance, place = (pl.Series(random.random(count * tests)) for _ in range(2))
    frame = visits.sort("day", "minute", "number").join(
        facts, how="cross", maintain_order="left_right"
    )
    frame = frame.with_columns(
        chance=chance, value=pl.col("lowest") + place * (pl.col("highest") - pl.col("lowest"))
    )
    printed = pl.coalesce(
        pl.when(pl.col("decimals") == places).then(
            pl.col("value").round(places).cast(pl.String).str.strip_suffix(".0" * (places == 0))
        )
        for places in (0, 1, 2)
    )
    collected = BEGAN + pl.duration(days="day", minutes="minute")
    return frame.select(
        "MRN",
        Specimen=pl.format("S{}", "number"),
        Material="Material",
        Test="Test",
        Result=pl.when(pl.col("chance") < 0.02)
        .then(pl.concat_str(pl.lit("<"), "limit"))
        .otherwise(printed),
        Unit=pl.when(pl.col("chance") < 0.999).then("Unit"),
        Low=pl.lit("0.5"),
        High=pl.lit("100"),
        Collected=collected.dt.strftime("%Y-%m-%d %H:%M"),
        Reported=(collected + pl.duration(hours=5)).dt.strftime("%Y-%m-%d %H:%M"),
        Status=pl.lit("FINAL"),
    )


def _corrected(random: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    """One row in a hundred, with another result, for the next export."""
    return rows.filter(pl.Series(random.random(rows.height) < 0.01)).with_columns(
        Result=pl.col("Result").str.strip_chars("<").str.replace("[0-9]$", "5"),
        Status=pl.lit("CORRECTED"),
    )
