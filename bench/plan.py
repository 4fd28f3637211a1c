"""What planning a run costs, and whether a study of any size can be planned at all.

    python -m bench.plan [--deliveries 5000] [--files 1] [--shards 1]

Makes a study with so many laboratory deliveries, each one file of one row or a folder of such files,
and lets Snakemake plan its first run without starting it. No data of that size is needed: the graph
depends on the number of deliveries and shards alone. Prints the jobs of each rule.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from bench.registry import make_study
from bench.scale import Cost
from bench.workflow import SNAKEMAKE


def main() -> None:
    """Print what looking at the files and planning cost, and the planned jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5_000)
    parser.add_argument("--files", type=int, default=1, help="files of each delivery")
    parser.add_argument("--shards", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="remit-plan-") as top:
        study = Path(top) / "study"
        exports = make_study(study, 1_000, given.shards)
        row = exports[10].read_bytes()
        for export in exports:
            export.unlink()
        for delivery in range(given.deliveries):
            for file in range(given.files):
                path = study / f"extracts/laboratory/{delivery}/{file}.csv"
                if given.files == 1:
                    path = study / f"extracts/laboratory/{delivery}.csv"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(row)
        parse = Cost([*SNAKEMAKE, "--list-rules"], study)
        plan = Cost([*SNAKEMAKE, "--dry-run"], study)
        jobs = Counter(
            line.split()[1].rstrip(":")
            for line in plan.printed.splitlines()
            if line.startswith(("rule ", "localrule "))
        )
    print(f"{given.deliveries} deliveries of {given.files} file(s), {given.shards} shard(s)")
    print(f"look at the files   {parse.cpu:8.1f} CPU s {parse.peak:7.2f} GB")
    print(f"plan                {plan.cpu:8.1f} CPU s {plan.peak:7.2f} GB")
    print(f"{jobs.total()} jobs: " + ", ".join(f"{rule} {n}" for rule, n in jobs.most_common(8)))


if __name__ == "__main__":
    main()
