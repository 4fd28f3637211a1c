"""Time the paired-analysis card against a plain pingouin loop, scipy's exact test, and R.

    python -m bench.statistics [comparisons] [pairs]

Default: 34 parameters x 24 visits of 1,000 subjects. All times are CPU seconds of this process
(R's: of its own), imports left out, on the same data in the same run.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

LARGE = 100_000  # pairs of one comparison, to see that memory stays linear
# Comparisons that the slow contenders are timed on; the rest is extrapolated.
SCIPY_SAMPLE = 2
R_SAMPLE = 24
PLAN = {
    "population": "EFFFL",
    "wilcoxon": "exact",
    "zeros": "wilcox",
    "censored": "bound",
    "normality_alpha": 0.05,
    "multiplicity": "none",
    "family": "parameter",
    "conf_level": 0.95,
    "quantile_type": 7,
}


def main(comparisons: int = 816, pairs: int = 1000) -> None:
    """Print one line per contender."""
    visits, subjects, parameters = study(comparisons, pairs)
    small = study(2, 20)  # imports, outside the clock
    card(*small)
    pingouin_loop(small[0])
    print(f"{comparisons} comparisons x {pairs} pairs: CPU seconds, and against the pingouin loop")
    ours = _cpu(lambda: card(visits, subjects, parameters))
    loop = _cpu(lambda: pingouin_loop(visits))
    line = "{:<60}{:>8.2f}{:>8.2f}"
    print(
        line.format("Remit: exact p, exact interval, every column of the card", ours, ours / loop)
    )
    print(line.format("pingouin loop: wilcoxon + ttest, asymptotic, no interval", loop, 1.0))
    exact = _cpu(lambda: scipy_exact(visits, SCIPY_SAMPLE)) / SCIPY_SAMPLE * comparisons
    label = f"scipy exact, without ties (from {SCIPY_SAMPLE} comparisons)"
    print(line.format(label, exact, exact / loop))
    if shutil.which("Rscript"):
        some = visits.head(R_SAMPLE * pairs)
        r = r_loop(some) / R_SAMPLE * comparisons
        label = f"R: wilcox.test with interval + t.test (from {R_SAMPLE} comparisons)"
        print(line.format(label, r, r / loop))
    large = study(1, LARGE)
    seconds = _cpu(lambda: card(*large))
    tracemalloc.start()
    card(*large)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    print(f"One comparison of {LARGE} pairs: {seconds:.1f} CPU s, numpy and Python {peak:.0f} MB")


def study(comparisons: int, pairs: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Analysed records with one decimal, as laboratories report them: ties and zeros occur."""
    random = np.random.default_rng(2024)
    frames = []
    for k in range(comparisons):
        base = random.lognormal(3, 0.5, pairs)
        after = base * random.lognormal(-0.01, 0.2, pairs)
        frames.append(
            pl.DataFrame(
                {
                    "USUBJID": [f"S{i:06d}" for i in range(pairs)],
                    "PARAMCD": f"P{k // 24:02d}",
                    "AVISIT": f"V{k % 24:02d}",
                    "AVISITN": float(k % 24),
                    "AVAL": after.round(1),
                    "BASE": base.round(1),
                }
            )
        )
    visits = pl.concat(frames).with_columns(
        pl.lit("Y").alias("ANL01FL"),
        pl.lit(None, pl.String).alias("AVALOPER"),
        pl.lit(None, pl.String).alias("BASEOPER"),
    )
    subjects = visits.select("USUBJID").unique().with_columns(EFFFL=pl.lit("Y"))
    parameters = visits.select("PARAMCD").unique().sort("PARAMCD")
    return (
        visits,
        subjects,
        parameters.with_columns(PARAM="PARAMCD", unit=pl.lit("g/L"), decimals=pl.lit(1)),
    )


def card(visits: pl.DataFrame, subjects: pl.DataFrame, parameters: pl.DataFrame) -> None:
    """Remit's card of every comparison."""
    from remit.statistics import paired, wide

    tests = {code: {"test": "wilcoxon"} for code in parameters["PARAMCD"]}
    names = visits["AVISIT"].unique().sort().to_list()
    wide(
        paired(visits, subjects, parameters, {**PLAN, "parameters": tests, "visits": names}),
        "paired",
    )


def pingouin_loop(visits: pl.DataFrame) -> None:
    """What a script without Remit does: asymptotic p, t-test, no interval of the median."""
    import pingouin

    for _, group in visits.group_by("PARAMCD", "AVISIT", maintain_order=True):
        after, before = group["AVAL"].to_numpy(), group["BASE"].to_numpy()
        pingouin.wilcoxon(after, before, method="asymptotic")
        pingouin.ttest(after, before, paired=True)


def scipy_exact(visits: pl.DataFrame, comparisons: int) -> None:
    """Differences without ties or zeros, the only ones that scipy's exact test is right for."""
    from scipy.stats import wilcoxon

    n = visits["USUBJID"].n_unique()
    random = np.random.default_rng(1)
    for _ in range(comparisons):
        wilcoxon(random.normal(0.05, 1, n), method="exact")


def r_loop(visits: pl.DataFrame) -> float:
    """R's own CPU time for wilcox.test with interval (asymptotic: ties) and t.test."""
    code = """
    d <- read.csv(commandArgs(TRUE)[1])
    parts <- split(d, list(d$PARAMCD, d$AVISIT))
    took <- system.time(for (p in parts) {
      suppressWarnings(wilcox.test(p$AVAL, p$BASE, paired = TRUE, conf.int = TRUE))
      t.test(p$AVAL, p$BASE, paired = TRUE)
    })
    cat(took[["user.self"]] + took[["sys.self"]])
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "visits.csv"
        visits.select("PARAMCD", "AVISIT", "AVAL", "BASE").write_csv(path)
        done = subprocess.run(
            ["Rscript", "-e", code, str(path)], check=True, capture_output=True, text=True
        )
    return float(done.stdout)


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
