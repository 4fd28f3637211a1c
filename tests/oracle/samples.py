"""Random samples that a laboratory could have produced: rounded, tied, with zeros and heavy tails."""

import numpy as np
import polars as pl

SETS = 2000


def all_samples() -> dict[str, pl.DataFrame]:
    """Every sample that `oracle.R` reads, by the name of its file."""
    random = np.random.default_rng(20240607)
    return {
        "pairs": pairs(random),
        "proportions": proportions(random),
        "times": times(random),
        "ordered": ordered(random),
        "longitudinal": longitudinal(random),
    }


def pairs(random: np.random.Generator, sets: int = SETS) -> pl.DataFrame:
    """Paired sets of 1 to 60: set, decimals, before, after."""
    frames = []
    for number in range(sets):
        n = int(random.integers(1, 61))
        decimals = int(random.choice([0, 1, 1, 2, 3]))
        kind = number % 5
        before = random.lognormal(1.5, 0.6, n)
        if kind == 0:  # skewed, as proteinuria
            after = before * random.lognormal(-0.2, 0.5, n)
        elif kind == 1:  # few distinct values, as a score
            before, after = random.integers(0, 9, n), random.integers(0, 8, n)
        elif kind == 2:  # heavy tails
            after = before + random.standard_t(1.5, n) * 0.3
        elif kind == 3:  # many zeros
            after = np.where(random.random(n) < 0.4, before, before + random.normal(0.1, 0.5, n))
        else:  # near-constant change
            after = before + random.choice([0.5, 0.5, 0.5, 0.6], n)
        frames.append(
            pl.DataFrame(
                {
                    "set": np.full(n, number),
                    "decimals": np.full(n, decimals),
                    "before": np.round(before, decimals),
                    "after": np.round(after, decimals),
                }
            ).cast({"before": pl.Float64, "after": pl.Float64})
        )
    return pl.concat(frames)


def proportions(random: np.random.Generator) -> pl.DataFrame:
    """Counts out of 1 to 80, discordant pairs, and events in person-time."""
    n = random.integers(1, 81, 300)
    return pl.DataFrame(
        {
            "count": random.binomial(n, random.choice([0.0, 0.02, 0.3, 0.9, 1.0], 300)),
            "n": n,
            "only_before": random.integers(0, 15, 300),
            "only_after": random.integers(0, 15, 300),
            "events": random.integers(0, 30, 300),
            "years": random.uniform(0.5, 400, 300),
        }
    )


def times(random: np.random.Generator, sets: int = 100) -> pl.DataFrame:
    """Monthly times with many ties; status 0 censored, 1 event, 2 competing event."""
    frames = []
    for number in range(sets):
        n = int(random.integers(2, 40))
        status = random.choice([0, 1, 2], n, p=[0.35, 0.45, 0.2])
        status[0] = 1
        frames.append(
            pl.DataFrame(
                {
                    "set": np.full(n, number),
                    "time": 28.0 * random.integers(1, 11, n),
                    "status": status,
                }
            )
        )
    return pl.concat(frames)


def ordered(random: np.random.Generator, sets: int = 60) -> pl.DataFrame:
    """Complete subjects x visits tables of values with ties, and of yes and no."""
    frames = []
    for number in range(sets):
        subjects, visits = int(random.integers(3, 25)), int(random.integers(3, 7))
        value = random.integers(0, 12, (subjects, visits)).astype(float)
        value[0] = np.arange(visits)
        yes = (random.random((subjects, visits)) < np.linspace(0.2, 0.6, visits)).astype(int)
        yes[0] = np.arange(visits) % 2
        frames.append(
            pl.DataFrame(
                {
                    "set": np.full(value.size, number),
                    "subject": np.repeat(np.arange(subjects) + 1, visits),
                    "value": value.ravel(),
                    "yes": yes.ravel(),
                }
            )
        )
    return pl.concat(frames)


def longitudinal(random: np.random.Generator, sets: int = 8) -> pl.DataFrame:
    """Change from baseline at 3 or 4 visits, some of them missed."""
    frames = []
    for number in range(sets):
        subjects, visits = int(random.integers(20, 45)), 3 + number % 2
        spread = random.normal(0, 1, (visits, visits)) * 0.3 + np.eye(visits)
        base = random.normal(5, 1.5, subjects)
        change = -0.3 * (base[:, None] - 5) - 0.4 * np.arange(1, visits + 1)
        change = change + random.normal(0, 1, (subjects, visits)) @ spread.T
        seen = random.random((subjects, visits)) < 0.85
        seen[:, 0] = True
        subject, visit = np.nonzero(seen)
        frames.append(
            pl.DataFrame(
                {
                    "set": np.full(subject.size, number),
                    "subject": subject + 1,
                    "visit": visit + 1,
                    "base": base[subject],
                    "change": change[seen],
                }
            )
        )
    return pl.concat(frames)
