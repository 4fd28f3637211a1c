"""Print recall and precision of the fates per planted defect.

python -m tests.planted [--rows 20000] [--seeds 9001 9002 9003]
"""

import argparse
import sys
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]


def main(rows: int, seeds: list[int]) -> int:
    """Print the table; 1 unless every defect is found and nothing else is."""
    from tests.planted.score import score

    table = (
        pl.concat([score(rows, seed) for seed in seeds])
        .group_by("defect")
        .agg(pl.sum("planted", "found", "false"))
        .sort("defect")
    )
    print(f"{'defect':<28}{'planted':>9}{'found':>9}{'false':>7}{'recall':>9}{'precision':>11}")
    for defect, planted, found, false in table.iter_rows():
        recall = found / planted if planted else float("nan")
        precision = found / (found + false) if found + false else float("nan")
        print(f"{defect:<28}{planted:>9}{found:>9}{false:>7}{recall:>9.4f}{precision:>11.4f}")
    return int(bool(table["false"].sum()) or not table["found"].equals(table["planted"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[9001, 9002, 9003])
    given = parser.parse_args()
    sys.exit(main(given.rows, given.seeds))
