"""Time visits and responses, and the same windowing written in DuckDB SQL, on the same records.

    python -m bench.analysis [--rows 1000000 ...] [--no-duckdb]

A subject has 12 parameters at baseline and 23 visits, with some visits missed and some records
doubled: about 288 rows; 28,800,000 rows are 100,000 subjects. The records lie in one Parquet file
sorted by subject and go through as in a run: some subjects at a time, validated, written. Every fifth
of these slices is then made once more by both, from one Parquet file to another: the ratio is theirs.
Every size runs in its own process with the memory of a job, and another one makes its records; times
are CPU seconds without imports.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]

PARAMETERS = ["UPCR", "ALB", "SCR", "C3", "C4", "DSDNA", "HGB", "WBC", "PLT", "URBC", "IGG", "UP24"]
VISITS = 23
BUCKET = 2000  # subjects
PLAN: dict[str, Any] = {
    "baseline": {"name": "Baseline", "number": 0, "rule": "last", "look_back": 90},
    "windows": {
        "generate": {"name": "Month {k}", "every": 28, "unit": "days", "first": 1, "last": VISITS}
    },
    "choose": "closest",
    "tie": "earlier",
    "ends": [{"name": "End of follow-up", "number": 99, "dtype": "LOV"}],
}
RESPONSES = {
    "proteinuria": "UPCR",
    "anchor": "UPCR",
    "preflare": "baseline",
    "components_within_days": 28,
}


def main(sizes: list[int], duckdb: bool) -> None:
    """Print one line a size, then how the time grows."""
    from remit.machinery.job import ALLOCATOR

    print(
        f"{'rows':>12}{'visits CPU s':>14}{'per 1M rows':>13}{'× DuckDB':>9}"
        f"{'responses CPU s':>17}{'per 1M rows':>13}{'comparisons':>13}{'wall s':>8}{'peak GB':>9}"
    )
    measured = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "bench.analysis", "--folder", folder]
            subprocess.run([*command, "--make", str(size)], cwd=ROOT, check=True)
            command += [] if duckdb else ["--no-duckdb"]
            memory = os.environ | ALLOCATOR
            done = subprocess.check_output(command, cwd=ROOT, env=memory, text=True)
        m = json.loads(done)
        measured.append(m)
        sql = f"{m['ours'] / m['theirs']:>9.2f}" if duckdb else " " * 9
        million = m["rows"] / 1e6
        print(
            f"{m['rows']:>12,}{m['visits']:>14.2f}{m['visits'] / million:>13.2f}{sql}"
            f"{m['responses']:>17.2f}{m['responses'] / million:>13.2f}"
            f"{m['comparisons']:>13,}{m['wall']:>8.1f}{m['peak']:>9.2f}",
            flush=True,
        )
    if len(measured) > 1:
        first, last = measured[0], measured[-1]
        growth = math.log(last["rows"] / first["rows"])
        for name in ("visits", "responses"):
            print(f"exponent of {name}: {math.log(last[name] / first[name]) / growth:.2f}")
    print(f"{measured[-1]['definitions']} definitions")


def make(size: int, folder: Path) -> None:
    """Write lb.parquet and adsl.parquet, sorted by subject as harmonized tables are."""
    import polars as pl

    from remit.machinery.write import stream_parquet, streamed

    buckets = _buckets(size)
    order = ("USUBJID", "LBTESTCD", "LBDTC", "ROWID")
    made = (records(number, subjects).sort(order) for number, subjects in enumerate(buckets))
    rows = streamed(lambda: made, records(0, 1).schema)
    stream_parquet(rows, folder / "lb.parquet")
    pl.concat([people(number, subjects) for number, subjects in enumerate(buckets)]).write_parquet(
        folder / "adsl.parquet"
    )


def measure(folder: Path, duckdb: bool) -> None:
    """Run one size and print what it cost as JSON."""
    import polars as pl
    import yaml

    from remit.analysis.responses import derive_responses
    from remit.analysis.visits import derive_visits
    from remit.machinery.slices import slices
    from remit.machinery.write import parquet_parts, stream_parquet, streamed, write_parquet
    from remit.packs.derivations import records
    from remit.plan import parameters, windows
    from remit.schemas.analysis import ADRS, BDS, CRITERIA
    from remit.schemas.tables import dtypes

    files = sorted((ROOT / "resources" / "packs" / "lupus" / "definitions").glob("*.yaml"))
    definitions = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    known = parameters.load()
    analytes = pl.DataFrame(known)
    adsl = pl.read_parquet(folder / "adsl.parquet")
    lb, visits = folder / "lb.parquet", folder / "visits.parquet"
    total = {
        "rows": pl.scan_parquet(lb).select(pl.len()).collect().item(),
        "definitions": len(files),
    }
    wall = time.perf_counter()

    def visited(rows: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
        dated = records(rows, None, None, subjects, analytes, {}, {})
        made = derive_visits(dated, subjects, analytes, PLAN)
        return BDS.validate(made, lazy=True)

    start = _cpu()
    parts = slices(adsl, {"lb": str(lb)})
    made = (visited(rows["lb"], subjects) for subjects, rows in parts)
    stream_parquet(streamed(lambda: made, dtypes(BDS)), visits)
    total["visits"] = _cpu() - start
    start = _cpu()
    planned = windows.compile(PLAN)
    with parquet_parts(folder / "responses.parquet") as add:

        def comparisons() -> Iterator[pl.DataFrame]:
            for subjects, rows in slices(adsl, {"visits": str(visits)}):
                responses, criteria = derive_responses(
                    rows["visits"], subjects, None, definitions, analytes, planned, RESPONSES
                )
                add(ADRS.validate(responses, lazy=True))
                yield CRITERIA.validate(criteria, lazy=True)

        stream_parquet(streamed(comparisons, dtypes(CRITERIA)), folder / "criteria.parquet")
    total["responses"] = _cpu() - start
    total["wall"] = time.perf_counter() - wall
    total["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    total["comparisons"] = (
        pl.scan_parquet(folder / "criteria.parquet").select(pl.len()).collect().item()
    )
    if duckdb:
        total["ours"] = total["theirs"] = 0.0
        for subjects, rows in islice(slices(adsl, {"lb": str(lb)}), None, None, 5):
            part, made, sql = (folder / f"{name}.parquet" for name in ("part", "made", "sql"))
            write_parquet(rows["lb"], part)
            start = _cpu()
            write_parquet(visited(pl.read_parquet(part), subjects), made)
            total["ours"] += _cpu() - start
            total["theirs"] += in_sql(part, sql, subjects, analytes)
            _same(pl.read_parquet(made), pl.read_parquet(sql))
    print(json.dumps(total))


def records(number: int, subjects: int) -> Any:
    """Laboratory results of one bucket of subjects, in no order."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(number)
    per_subject = len(PARAMETERS) * (VISITS + 1)
    n = subjects * per_subject
    visit = np.tile(np.arange(VISITS + 1), subjects * len(PARAMETERS))
    day = 28 * visit + random.integers(-12, 13, n) - (visit == 0) * 13
    kept = random.random(n) < 0.95
    again = random.random(n) < 0.05
    rows = np.concatenate([np.flatnonzero(kept), np.flatnonzero(kept & again)])
    random.shuffle(rows)
    who = np.repeat(np.arange(subjects), per_subject)[rows]
    what = np.tile(np.repeat(np.arange(len(PARAMETERS)), VISITS + 1), subjects)[rows]
    moved = day[rows] + random.integers(0, 3, len(rows))
    minute = random.integers(0, 1440, len(rows))
    scale = np.array([3.0, 35.0, 70.0, 0.9, 0.2, 60.0, 120.0, 6.0, 220.0, 8.0, 12.0, 3.0])[what]
    frame = pl.DataFrame(
        {
            "who": who + number * BUCKET,
            "LBTESTCD": pl.Series(PARAMETERS).gather(pl.Series(what)),
            "LBSTRESN": (scale * random.gamma(4.0, 0.25, len(rows))).round(2),
            "moment": (moved * 1440 + minute) * 60_000_000,
            "SRCLINE": np.arange(len(rows)) + 2,
        }
    )
    text = pl.lit(None, pl.String)
    moment = pl.datetime(2021, 1, 1) + pl.col("moment").cast(pl.Duration("us"))
    return frame.select(
        STUDYID=pl.lit("BENCH"),
        USUBJID=pl.format("BENCH-{}", pl.col("who").cast(pl.String).str.zfill(7)),
        LBTESTCD="LBTESTCD",
        LBSTRESC=pl.col("LBSTRESN").cast(pl.String),
        LBSTRESN="LBSTRESN",
        LBSTRESU=pl.lit("unit"),
        LBSTNRLO=pl.lit(None, pl.Float64),
        LBSTNRHI=pl.lit(100.0),
        LBNRIND=pl.lit("NORMAL"),
        LBDTC=moment.dt.strftime("%Y-%m-%dT%H:%M+08:00"),
        LBOPER=text,
        LBMETHOD=text,
        LBREFID=text,
        SRCFILE=pl.lit("labs_2021.csv"),
        SRCLINE=pl.col("SRCLINE").cast(pl.Int64),
        SRCSHA=pl.lit("0" * 64),
        ROWID=pl.format(
            "{}-{}", pl.lit(f"b{number}"), pl.col("SRCLINE").cast(pl.String).str.zfill(8)
        ),
    )


def people(number: int, subjects: int) -> Any:
    """The subjects of one bucket."""
    import polars as pl

    who = pl.int_range(subjects, eager=True) + number * BUCKET
    return pl.DataFrame({"who": who}).select(
        STUDYID=pl.lit("BENCH"),
        USUBJID=pl.format("BENCH-{}", pl.col("who").cast(pl.String).str.zfill(7)),
        TRTSDT=pl.date(2021, 1, 1),
        TRTEDT=pl.date(2022, 10, 1),
        EOSDT=pl.lit(None, pl.Date),
        EOSSTT=pl.lit("ONGOING"),
        DTHDT=pl.lit(None, pl.Date),
    )


SQL = """
copy (
with dated as (
    select l.USUBJID, l.LBTESTCD as PARAMCD, p.PARAM, p.PARAMN, l.LBSTRESN as AVAL,
        l.LBSTRESC as AVALC, l.LBSTRESU as AVALU, l.LBOPER as AVALOPER,
        cast(substr(l.LBDTC, 1, 10) as date) as ADT, l.LBDTC as ADTM, s.TRTSDT,
        l.LBSTNRLO as ANRLO, l.LBSTNRHI as ANRHI, l.LBNRIND as ANRIND,
        l.SRCFILE, l.SRCLINE, l.SRCSHA, l.ROWID
    from '{source}' l join adsl s using (USUBJID) join parameters p on p.PARAMCD = l.LBTESTCD
), timed as (
    select *, date_diff('day', TRTSDT, ADT) as e, e + (e >= 0)::int as ADY from dated
), placed as (
    select t.*, w.AVISIT, w.AVISITN, w.AWTARGET, w.AWLO, w.AWHI,
        abs(e - (w.AWTARGET - (w.AWTARGET > 0)::int)) as AWTDIFF
    from timed t left join windows w on t.ADY between w.AWLO and w.AWHI
), ranked as (
    select *, row_number() over (
        partition by USUBJID, PARAMCD, AVISIT
        order by case when AVISITN = 0 then 0 else AWTDIFF end,
            case when AVISITN = 0 then -e else e end,
            case when AVISITN = 0 then null else ADTM end,
            case when AVISITN = 0 then ADTM end desc,
            case when AVISITN = 0 then null else ROWID end,
            case when AVISITN = 0 then ROWID end desc) as place,
        count(*) over (partition by USUBJID, PARAMCD, AVISIT) as many
    from placed
), flagged as (
    select *, case when AVISITN = 0 and place = 1 then 'Y' end as ABLFL,
        case when AVISIT is not null and place = 1 then 'Y' end as ANL01FL,
        case when AVISIT is null then 'outside every window' when many = 1 then 'only record'
            when place = 1 then 'chosen' else 'not chosen' end as SELRSN
    from ranked
), based as (
    select *, max(case when ABLFL = 'Y' then AVAL end) over series as BASE,
        max(case when ABLFL = 'Y' then AVALOPER end) over series as BASEOPER,
        max(case when ABLFL = 'Y' then ANRIND end) over series as BNRIND,
        max(case when ANL01FL = 'Y' and AVISITN > 0 then ADTM end) over series as last
    from flagged window series as (partition by USUBJID, PARAMCD)
), final as (
    select *, case when ADY > 1 then round(AVAL - BASE, 10) end as CHG,
        case when ADY > 1 and BASE <> 0 then round(100 * (AVAL - BASE) / abs(BASE), 10) end as PCHG
    from based
)
select 'BENCH' as STUDYID, USUBJID, PARAMCD, PARAM, PARAMN, AVAL, AVALC, AVALU, AVALOPER, ADT, ADTM,
    ADY, AVISIT, AVISITN, AWTARGET, AWLO, AWHI, AWTDIFF, ABLFL, BASE, BASEOPER, CHG, PCHG, ANL01FL,
    null as DTYPE, SELRSN, ANRLO, ANRHI, ANRIND, BNRIND, SRCFILE, SRCLINE, SRCSHA, ROWID
from final
union all
select 'BENCH', USUBJID, PARAMCD, PARAM, PARAMN, AVAL, AVALC, AVALU, AVALOPER, ADT, ADTM,
    ADY, 'End of follow-up', 99, null, null, null, null, null, BASE, BASEOPER, CHG, PCHG, 'Y',
    'LOV', 'copy', ANRLO, ANRHI, ANRIND, BNRIND, SRCFILE, SRCLINE, SRCSHA, ROWID
from final where ANL01FL = 'Y' and AVISITN > 0 and ADTM = last
order by USUBJID, PARAMN, ADT, ADTM, AVISITN, ROWID
) to '{target}' (format parquet, compression zstd, compression_level 1)
"""


def in_sql(source: Path, target: Path, adsl: Any, analytes: Any) -> float:
    """The same table made by DuckDB; CPU seconds."""
    import duckdb

    from remit.plan import windows

    planned = [w for w in windows.compile(PLAN) if w.target]
    rows = ", ".join(f"('{w.name}', {w.number}, {w.target}, {w.low}, {w.high})" for w in planned)
    names = ", ".join(
        f"('{code}', '{name}', {k})"
        for k, (code, name) in enumerate(analytes.select("PARAMCD", "PARAM").iter_rows(), 1)
        if code in PARAMETERS
    )
    people_file = source.with_name("adsl.parquet")
    adsl.write_parquet(people_file)
    start = _cpu()
    with duckdb.connect() as connection:
        connection.execute(f"create view adsl as select * from '{people_file}'")
        connection.execute(
            "create table windows (AVISIT text, AVISITN double, AWTARGET int, AWLO int, AWHI int);"
            f"insert into windows values {rows}"
        )
        connection.execute(
            "create table parameters (PARAMCD text, PARAM text, PARAMN int);"
            f"insert into parameters values {names}"
        )
        connection.execute(SQL.format(source=source, target=target))
    return _cpu() - start


def _same(ours: Any, theirs: Any) -> None:
    """Both must have analysed the same records with the same change."""
    import polars as pl

    columns = ["USUBJID", "PARAMCD", "AVISIT", "ROWID", "ADY", "AWTDIFF", "ABLFL", "BASE", "CHG"]
    key = ["USUBJID", "PARAMCD", "AVISITN", "ROWID"]
    one, other = (
        frame.filter(pl.col("ANL01FL") == "Y").sort(key).select(pl.col(columns).cast(pl.String))
        for frame in (ours, theirs)
    )
    if not one.equals(other):
        raise SystemExit("The SQL chose other records than Remit.")


def _buckets(rows: int) -> list[int]:
    subjects = max(1, rows // (len(PARAMETERS) * (VISITS + 1)))
    return [min(BUCKET, subjects - first) for first in range(0, subjects, BUCKET)]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--no-duckdb", action="store_true")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make(options.make, options.folder)
    elif options.folder:
        measure(options.folder, not options.no_duckdb)
    else:
        main(options.rows, not options.no_duckdb)
