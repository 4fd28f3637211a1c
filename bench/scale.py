"""A registry from exports to visits in the real workflow, and the same job in DuckDB and pandas.

    python -m bench.scale [--rows 1000000 ...] [--peers duckdb pandas] [--shards auto] [--cores 2]

For each size: a full run, the same inputs again, one late and the busiest of the 60 monthly exports
arriving last, then each peer on the same files. CPU seconds are those of all processes of a run,
Snakemake's own included; memory is that of the largest process. Sizes of 100 million rows need 40 GB
of disk (TMPDIR) and half an hour.
"""

import argparse
import csv
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.registry import MONTHS, make_study
from bench.workflow import ROOT, SNAKEMAKE

VISITS = "results/analysis/visits.parquet"
TARGETS = [VISITS, "results/harmonized/ledger.csv"]
LATE = 0.95  # of the exports came before it


class Cost:
    """CPU seconds, wall seconds and the peak memory (GB) of a command and all that it starts."""

    def __init__(self, command: Sequence[str], folder: Path):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        run = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'workflow'}"}, text=True,
        )  # fmt: skip
        watch = _Peak(run.pid)
        self.printed, _ = run.communicate()
        self.peak = watch.end()
        self.wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        if run.returncode:
            raise SystemExit(self.printed[-4000:])


class _Peak:
    """The largest resident set of any process below one, looked at four times a second."""

    def __init__(self, top: int):
        self.top, self.peak, self.ended = top, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def end(self) -> float:
        self.ended.set()
        self.thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self.ended.wait(0.25):
            for pid in _below(self.top):
                try:
                    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
                except OSError:
                    continue
                for line in status.splitlines():
                    if line.startswith("VmHWM"):
                        self.peak = max(self.peak, int(line.split()[1]) / 1e6)


def _below(top: int) -> set[int]:
    found, waiting = set(), [top]
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        try:
            tasks = Path(f"/proc/{pid}/task").iterdir()
            waiting += [int(c) for t in tasks for c in (t / "children").read_text().split()]
        except OSError:
            continue
    return found


def main() -> None:
    """Print one block a size, then the exponents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--peers", nargs="*", default=["duckdb", "pandas"])
    parser.add_argument("--shards", default="auto")
    parser.add_argument("--exports", type=int, default=MONTHS)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    shards = given.shards if given.shards == "auto" else int(given.shards)
    full = {}
    for rows in given.rows:
        with tempfile.TemporaryDirectory(prefix="remit-scale-") as folder:
            full[rows] = _size(Path(folder), rows, shards, given)
    if len(full) > 1:
        first, last = min(full), max(full)
        for name in full[first]:
            growth = math.log(full[last][name] / full[first][name]) / math.log(last / first)
            print(f"exponent of {name} from {first:,} to {last:,} rows: {growth:.2f}")


def _size(top: Path, rows: int, shards: int | str, given: argparse.Namespace) -> dict[str, float]:
    study = top / "study"
    exports = make_study(study, rows, shards, given.exports)
    megabytes = sum(file.stat().st_size for file in exports) / 1e6
    command = [*SNAKEMAKE, "--cores", str(given.cores), "--quiet", "all", "--", *TARGETS]
    costs = {"full": Cost(command, study)}
    parts = len(list((study / "results/harmonized").glob("lb/*"))) or 1
    print(f"\n{rows:,} rows, {megabytes:,.0f} MB in {len(exports)} exports, {parts} shard(s)")
    print(f"{'':<22}{'CPU s':>9}{'× full':>8}{'wall s':>9}{'peak GB':>9}")
    _line("full run", costs["full"], costs["full"])
    for rule, (jobs, cpu, peak) in _rules(study / "results/benchmarks").items():
        print(
            f"  {rule:<11}{jobs:>4} job(s){cpu:>9.1f}{cpu / costs['full'].cpu:>8.2f}{peak:>18.2f}"
        )
    costs["nothing"] = Cost(command, study)
    _line("no change", costs["nothing"], costs["full"])
    busiest = max(range(len(exports)), key=lambda month: exports[month].stat().st_size)
    for name, month in (("late", int(LATE * len(exports))), ("busiest", busiest)):
        aside = top / "aside.csv"
        shutil.move(exports[month], aside)
        Cost(command, study)
        shutil.move(aside, exports[month])
        costs[name] = Cost(command, study)
        _line(f"one new export, {name}", costs[name], costs["full"])
    ours = _control(study / VISITS)
    for peer in ["floor", *given.peers]:
        target = top / f"{peer}.parquet"
        if peer == "floor":
            os.link(study / VISITS, target)
        costs[peer] = Cost(
            [sys.executable, "-m", "bench.peers", peer, str(study / "extracts"), str(target)], top
        )
        _line(peer, costs[peer], costs["full"])
        if _control(target) != ours:
            print(f"{peer} analysed {_control(target)}, Remit {ours}")
        target.unlink()
    for peer in ["floor", *given.peers]:
        print(
            f"Remit / {peer}: CPU {costs['full'].cpu / costs[peer].cpu:.2f}, "
            f"memory {costs['full'].peak / costs[peer].peak:.2f}",
            flush=True,
        )
    return {name: cost.cpu for name, cost in costs.items()}


def _rules(benchmarks: Path) -> dict[str, tuple[int, float, float]]:
    """Jobs, CPU seconds and peak GB of each rule, as Snakemake measured them."""
    found: dict[str, tuple[int, float, float]] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        with path.open(encoding="ascii", newline="") as stream:
            (line,) = csv.DictReader(stream, delimiter="\t")
        rule = path.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        jobs, cpu, peak = found.get(rule, (0, 0.0, 0.0))
        # A job that ended before it was looked at has no numbers.
        used, rss = (
            0.0 if line[c] in ("NA", "-") else float(line[c]) for c in ("cpu_time", "max_rss")
        )
        found[rule] = jobs + 1, cpu + used, max(peak, rss / 1e3)
    return found


def _line(name: str, cost: Cost, full: Cost) -> None:
    share = cost.cpu / full.cpu
    print(f"{name:<22}{cost.cpu:>9.1f}{share:>8.2f}{cost.wall:>9.1f}{cost.peak:>9.2f}", flush=True)


def _control(table: Path) -> tuple[int, int, float]:
    """Records, records analysed, and the sum of their changes: equal where the job was the same."""
    import polars as pl

    analysed = pl.col("ANL01FL") == "Y"
    found = pl.scan_parquet(table).select(
        pl.len(),
        changes=pl.col("CHG").filter(analysed).count(),
        total=pl.col("CHG").filter(analysed).sum(),
    )
    rows, changes, total = found.collect().row(0)
    return rows, changes, round(total, 2)


if __name__ == "__main__":
    main()
