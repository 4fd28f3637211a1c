"""Time `ingest` on a laboratory export against the machine's own floor and against DuckDB.

    python -m bench.ingest [--rows 1000000 ...]

Two floors, measured in the same run: polars reading the export as text and writing it as Parquet,
and the same with the finished table in place of the raw one, which is what ingest must write. The
peer does the job of ingest in SQL as far as SQL goes: numbers and operators, tests and units by
look-up tables, dates, range flags, one reason per refused row. Each runs in a process of its own;
times are CPU seconds of the whole process, imports included. All processes use memory as a job of
the workflow does (`remit.machinery.job.ALLOCATOR`).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]

from remit.machinery.job import ALLOCATOR, without_pandas  # noqa: E402

# Test, unit, lowest, highest, decimals, detection limit.
TESTS = [
    ("Creatinine", "mg/dL", 0.4, 3, 2, "0.20"), ("Creatinine", "umol/L", 40, 300, 0, "18"),
    ("Albumin", "g/L", 20, 50, 1, "10.0"), ("Albumin", "g/dL", 2, 5, 2, "1.00"),
    ("Complement C3", "mg/dL", 40, 160, 0, "17"), ("C4", "g/L", 0.02, 0.5, 2, "0.02"),
    ("UPCR", "mg/g", 50, 9000, 0, "20"), ("UPCR", "mg/mmol", 5, 900, 1, "2.0"),
    ("HGB", "g/L", 70, 170, 0, "10"), ("WBC", "10^9/L", 2, 15, 2, "0.05"),
    ("PLT", "10^3/uL", 80, 400, 0, "5"), ("Anti-dsDNA", "IU/mL", 5, 600, 1, "1.0"),
]  # fmt: skip
FEED: dict[str, Any] = {
    "domain": "lb",
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "columns": {
        "SUBJID": "MRN",
        "LBTEST": "Test",
        "LBORRES": "Result",
        "LBORRESU": "Unit",
        "LBORNRLO": "Low",
        "LBORNRHI": "High",
        "LBDTC": "Collected",
        "LBREFID": "Specimen",
        "LBRESST": "Status",
    },
    "dates": ["%Y-%m-%d %H:%M"],
    "timezone": "Asia/Shanghai",
}
CHUNK = 1_000_000
JOBS = ["floor", "finished", "ingest", "duckdb"]


def main(sizes: list[int]) -> None:
    """Print one line a size."""
    print(
        f"{'rows':>12}{'MB':>7}{'floor CPU s':>13}{'finished':>10}{'ingest':>9}{'DuckDB':>9}"
        f"{'x floor':>9}{'x finished':>12}{'x DuckDB':>10}{'wall s':>8}{'peak GB':>9}"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.csv"
            write_export(path, size)
            m = {}
            # The finished table is what ingest wrote, so ingest goes first.
            for job in ("ingest", "floor", "finished", "duckdb"):
                command = [
                    sys.executable,
                    "-m",
                    "bench.ingest",
                    "--job",
                    job,
                    "--export",
                    str(path),
                ]
                done = subprocess.run(
                    command,
                    cwd=ROOT,
                    env=os.environ | ALLOCATOR,
                    check=True,
                    capture_output=True,
                    text=True,
                )
                m[job] = json.loads(done.stdout)
            cpu = {job: m[job]["cpu"] for job in JOBS}
            ratios = [cpu["ingest"] / cpu[job] for job in ("floor", "finished", "duckdb")]
            print(
                f"{size:>12,}{path.stat().st_size / 1e6:>7.0f}{cpu['floor']:>13.2f}"
                f"{cpu['finished']:>10.2f}{cpu['ingest']:>9.2f}{cpu['duckdb']:>9.2f}"
                f"{ratios[0]:>9.2f}{ratios[1]:>12.2f}{ratios[2]:>10.2f}"
                f"{m['ingest']['wall']:>8.1f}{m['ingest']['peak']:>9.2f}"
            )


def measure(job: str, export: Path) -> dict[str, float]:
    """Do one job on the export; CPU seconds, wall seconds and peak GB of this process."""
    began = time.perf_counter()
    {"floor": floor, "finished": finished, "ingest": ingest, "duckdb": duckdb}[job](export)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - began,
        "peak": used.ru_maxrss / 1e6,
    }


def floor(export: Path) -> None:
    """Read as text, write as Parquet."""
    import polars as pl

    table = pl.scan_csv(export, infer_schema=False)
    table.sink_parquet(export.with_name("raw.parquet"), compression="zstd", compression_level=1)


def finished(export: Path) -> None:
    """Read as text; write the finished table, which is only read for it."""
    import polars as pl

    assert len(pl.read_csv(export, infer_schema=False))
    table = pl.scan_parquet(export.with_name("accepted.parquet"))
    table.sink_parquet(export.with_name("again.parquet"), compression="zstd", compression_level=1)


def ingest(export: Path) -> None:
    """What the rule does: every row to its fate, accepted rows to Parquet."""
    from remit.ingest import SourceFile, dictionaries
    from remit.ingest import ingest as ingested

    with without_pandas():
        found = ingested(
            [SourceFile(export.name, export)],
            "bench",
            "bench",
            FEED,
            dictionaries.load(),
            bytes(32),
            "BENCH",
            write=lambda accepted: accepted.sink_parquet(
                export.with_name("accepted.parquet"), compression="zstd", compression_level=1
            ),
        )
    found.quarantine.write_parquet(export.with_name("quarantine.parquet"))


def duckdb(export: Path) -> None:
    """The same in SQL."""
    import duckdb as db

    names = {"C4": "C4", "UPCR": "UPCR", "HGB": "HGB", "WBC": "WBC", "PLT": "PLT"} | {
        "Creatinine": "SCR",
        "Albumin": "ALB",
        "Complement C3": "C3",
        "Anti-dsDNA": "DSDNA",
    }
    factors = [88.4, 1, 1, 10, 0.01, 1, 0.001, 0.00884, 1, 1, 1, 1]
    rows = ", ".join(
        f"('{test}', '{unit}', '{names[test]}', {factor})"
        for (test, unit, *_), factor in zip(TESTS, factors, strict=True)
    )
    con = db.connect()
    con.execute(
        f"create table facts as select test, unit, code, factor::double as factor"
        f" from (values {rows}) t(test, unit, code, factor)"
    )
    con.execute(
        f"""
        create view raw as select row_number() over () + 1 as line, * from
        read_csv('{export}', all_varchar = true, header = true, parallel = true);
        create view typed as
        select r.*, f.code, f.factor, f.unit as known,
               case when left("Result", 1) in ('<', '>') then left("Result", 1) end as oper,
               try_cast(ltrim("Result", '<>') as double) as number,
               try_cast("Low" as double) as lowest, try_cast("High" as double) as highest,
               try_strptime("Collected", '%Y-%m-%d %H:%M') as moment
        from raw r left join facts f on r."Test" = f.test and r."Unit" = f.unit;
        create view judged as select *,
               case when number is null then 'result_unreadable'
                    when "Unit" is null or "Unit" = '' then 'unit_missing'
                    when known is null then 'unit_unknown'
                    when moment is null then 'date_impossible' end as rule from typed;
        """
    )
    accepted, refused = export.with_name("duck.parquet"), export.with_name("duck_refused.parquet")
    con.execute(
        f"""
        copy (select 'BENCH-' || upper(left(md5("MRN"), 10)) as USUBJID, code as LBTESTCD,
              "Test" as LBTEST, "Result" as LBORRES, "Unit" as LBORRESU,
              coalesce(oper, '') || cast(number * factor as varchar) as LBSTRESC,
              number * factor as LBSTRESN, lowest * factor as LBSTNRLO,
              highest * factor as LBSTNRHI,
              case when number < lowest then 'LOW' when number > highest then 'HIGH'
                   when number between lowest and highest then 'NORMAL' end as LBNRIND,
              strftime(moment, '%Y-%m-%dT%H:%M') || '+08:00' as LBDTC, oper as LBOPER,
              factor as UNITFAC, "Specimen" as LBREFID, "Status" as LBRESST,
              'id:' || line as ROWID, 'export.csv' as SRCFILE, line as SRCLINE
              from judged where rule is null)
        to '{accepted}' (format parquet, compression zstd, compression_level 1)
        """
    )
    con.execute(
        f"copy (select line, rule from judged where rule is not null) to '{refused}' (format parquet)"
    )


def write_export(path: Path, rows: int) -> None:
    """A month after month of panels: ten results a specimen, some censored, few faulty."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(20)
    tests = pl.DataFrame(
        TESTS, schema=["Test", "Unit", "lowest", "highest", "decimals", "limit"], orient="row"
    )
    with path.open("wb") as file:
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            panels = -(-count // 10)
            per_row = {
                "MRN": np.repeat(random.integers(0, rows // 200 + 10, panels) + 100_000, 10)[
                    :count
                ],
                "minute": np.repeat(random.integers(0, 540 * 1440, panels), 10)[:count],
                "Specimen": np.repeat(random.integers(10**8, 10**9, panels), 10)[:count],
                "chance": random.random(count),
                "place": random.random(count),
            }
            facts = tests[random.integers(0, len(TESTS), count)]
            frame = pl.concat([pl.DataFrame(per_row), facts], how="horizontal").with_columns(
                value=pl.col("lowest") + pl.col("place") * (pl.col("highest") - pl.col("lowest"))
            )
            printed = pl.coalesce(
                pl.when(pl.col("decimals") == places).then(
                    pl.col("value")
                    .round(places)
                    .cast(pl.String)
                    .str.strip_suffix(".0" * (places == 0))
                )
                for places in (0, 1, 2)
            )
            began = pl.lit("2020-06-01 00:00").str.to_datetime("%Y-%m-%d %H:%M")
            frame.select(
                MRN=pl.format("M{}", "MRN"),
                Test="Test",
                Result=pl.when(pl.col("chance") < 0.02)
                .then(pl.concat_str(pl.lit("<"), "limit"))
                .when(pl.col("chance") < 0.021)
                .then(pl.lit("haemolysed"))
                .otherwise(printed),
                Unit=pl.when(pl.col("chance") < 0.999).then("Unit"),
                Low=pl.lit("0.5"),
                High=pl.lit("100"),
                Collected=(began + pl.duration(minutes="minute")).dt.strftime("%Y-%m-%d %H:%M"),
                Specimen=pl.format("S{}", "Specimen"),
                Status=pl.lit("FINAL"),
                Comment=pl.lit("routine ward sample"),
            ).write_csv(file, include_header=start == 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--export", type=Path)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(measure(given.job, given.export)))
    else:
        main(given.rows)
