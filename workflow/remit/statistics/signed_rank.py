"""Wilcoxon's signed-rank test: exact with ties and zeros, and asymptotic.

Everything here works on *integers*: differences counted in the steps in which they were reported.
Ranks then never split a tie by binary noise (scipy and R do, when handed 1.30 - 1.20 and
0.90 - 0.80), and doubled mid-ranks are integers too, so the null distribution is a lattice.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import erfc, exp, floor, log, log10, pi, sqrt
from sys import float_info

import numpy as np
from numpy.typing import NDArray

from remit.statistics.p_values import floored, two_sided

Integers = NDArray[np.int64]

# Additions that the dynamic programme may cost before the characteristic function takes over
# (a millisecond or two; n = 144 at worst, and any n when the smaller rank sum is small).
_PROGRAMME_LIMIT = 1_500_000


@dataclass(frozen=True)
class SignedRank:
    """The test's pieces; `p_exact` and `p_asymptotic` are null when no difference is non-zero.

    Attributes:
        n: Differences, zeros included.
        n_zero: Differences that are exactly zero.
        n_ties: Non-zero differences in excess of the distinct absolute values.
        w_plus: Sum of the ranks of the positive differences.
        w_minus: Sum of the ranks of the negative differences.
        z: Standardized `w_plus`, tie-corrected, without continuity correction.
        p_exact: Two-sided, over all sign assignments of the observed ranks.
        p_asymptotic: Two-sided, from `z`.
    """

    n: int
    n_zero: int
    n_ties: int
    w_plus: float
    w_minus: float
    z: float | None
    p_exact: float | None
    p_asymptotic: float | None


def reported_units(differences: NDArray[np.float64], largest: float) -> tuple[Integers, Fraction]:
    """Differences as integers, equal where they were equal in the unit in which they were reported.

    A result keeps about seven digits and a double sixteen, so that what conversion and subtraction
    add is found without knowing unit or decimals: differences are counted in 10^-12 of the largest
    value, and two that lie one such step apart are one.

    Args:
        differences: Finite differences in the parameter's unit.
        largest: Largest absolute value that they were taken of.

    Returns:
        The integers, without a common divisor, and the size of one.
    """
    power = min(11 - floor(log10(largest)), 300) if largest else 0
    counted = np.rint(differences * 10.0**power).astype(np.int64)
    size, place = np.unique(np.abs(counted), return_inverse=True)
    first = np.flatnonzero(np.diff(size, prepend=-2) > 1)
    size = size[first[np.searchsorted(first, np.arange(size.size), side="right") - 1]]
    step = int(np.gcd.reduce(size)) or 1
    return np.sign(counted) * size[place] // step, Fraction(step) / Fraction(10) ** power


def signed_rank(differences: Integers, zeros: str) -> SignedRank:
    """Test symmetry of the differences about zero.

    Args:
        differences: Integers, see `reported_units`.
        zeros: `wilcox` drops zeros before ranking (Wilcoxon 1945; SPSS, R); `pratt` ranks them and
            then drops their ranks (Pratt 1959).

    The exact p is the conditional one: the observed mid-ranks keep their size and every assignment
    of signs is equally likely (Hollander, Wolfe & Chicken 2014, 3.1; exactRankTests in R).
    """
    absolute, counts = np.unique(np.abs(differences), return_counts=True)
    n_zero = int(counts[0]) if absolute.size and absolute[0] == 0 else 0
    if n_zero:
        absolute, counts = absolute[1:], counts[1:]
    below = np.cumsum(counts) - counts + (n_zero if zeros == "pratt" else 0)
    doubled = 2 * below + counts + 1  # twice the mid-rank of each distinct absolute difference
    positive = differences[differences > 0]
    positives = np.bincount(np.searchsorted(absolute, positive), minlength=absolute.size)
    total = int(doubled @ counts)
    plus = int(doubled @ positives)
    n_nonzero = int(counts.sum())
    if not n_nonzero:
        return SignedRank(differences.size, n_zero, 0, 0.0, 0.0, None, None, None)
    z = (2 * plus - total) / sqrt(float(np.dot(doubled.astype(float) ** 2, counts)))
    return SignedRank(
        n=differences.size,
        n_zero=n_zero,
        n_ties=n_nonzero - absolute.size,
        w_plus=plus / 2,
        w_minus=(total - plus) / 2,
        z=z,
        p_exact=two_sided(lower_tail(doubled, counts, min(plus, total - plus))),
        p_asymptotic=floored(erfc(abs(z) / sqrt(2))),
    )


def attainable_p(n: int) -> float | None:
    """The smallest two-sided exact p of n non-zero differences, tied or not: 2 / 2^n, all signs equal."""
    return floored(2.0 ** (1 - n)) if n else None


@lru_cache(maxsize=4096)
def critical_rank(n: int, alpha: float) -> tuple[int, float]:
    """The rank of the Walsh average that bounds the interval, and the interval's attained level.

    As R's `wilcox.test`: q = max(1, qsignrank(alpha / 2, n)), attained = 1 - 2 psignrank(q - 1, n),
    both from the distribution without ties.
    """
    from scipy.special import ndtri

    ranks, ones = np.arange(2, 2 * n + 1, 2), np.ones(n, dtype=np.int64)
    middle, sd = n * (n + 1) / 4, sqrt(n * (n + 1) * (2 * n + 1) / 24)
    fuzz = 1 - 64 * float_info.epsilon  # as in R's qsignrank: a tail that equals alpha / 2 counts

    @cache
    def tail(rank: int) -> float:
        return lower_tail(ranks, ones, 2 * rank)

    rank = max(1, round(middle + float(ndtri(alpha / 2)) * sd))
    # One Newton step from the normal approximation lands within a rank or two.
    density = exp(-(((rank - middle) / sd) ** 2) / 2) / (sd * sqrt(2 * pi))
    rank = max(1, rank + round((alpha / 2 - tail(rank)) / density))
    while tail(rank) < alpha / 2 * fuzz:
        rank += 1
    while rank > 1 and tail(rank - 1) >= alpha / 2 * fuzz:
        rank -= 1
    return rank, 1 - 2 * tail(rank - 1)


def lower_tail(doubled: Integers, counts: Integers, bound: int) -> float:
    """P(V <= bound) for V, the sum of a random half of the doubled ranks, bound <= half the total.

    Args:
        doubled: Distinct doubled mid-ranks.
        counts: How often each occurs.
        bound: In units of half a rank.
    """
    n = int(counts.sum())
    step = int(np.gcd.reduce(doubled))
    doubled, bound = doubled // step, bound // step
    if n * (bound + 1) <= _PROGRAMME_LIMIT:
        return _programme(np.repeat(doubled, counts), bound)
    return _inversion(doubled, counts, bound)


def _programme(ranks: Integers, bound: int) -> float:
    """Exact: share of the 2^n subsets of the ranks whose sum is at most the bound."""
    ways = np.zeros(bound + 1)
    ways[0] = 1.0
    reach = 0
    for rank in ranks.tolist():
        reach = min(reach + rank, bound)
        if rank <= bound:
            ways[rank : reach + 1] += ways[: reach + 1 - rank].copy()
        ways[: reach + 1] *= 0.5
    return float(ways.sum())


def _inversion(ranks: Integers, counts: Integers, bound: int) -> float:
    """The same tail by inverting the characteristic function of the exponentially tilted sum.

    T = sum of the signed ranks lives on a lattice of step 2 and P(V <= bound) = P(T >= s). Under a
    tilt that puts the mean of T at s, the tail keeps its *relative* accuracy however small it is
    (Lugannani & Rice 1980 take the first term of the same integral). The discrete Fourier sum is
    exact but for folding beyond 10 standard deviations; only frequencies at which the
    characteristic function is not negligible are evaluated.
    """
    weights, r = counts.astype(float), ranks.astype(float)
    target = float(r @ weights) - 2.0 * bound
    sd = sqrt(float(r**2 @ weights))
    tilt = _tilt(r, weights, target, sd)
    tanh = np.tanh(tilt * r)
    flat = 1.0 - tanh**2
    tilted_sd = sqrt(float(r**2 * flat @ weights))
    points = 2 * (int(10 * sd) + 1)  # even, so that the last frequency is exactly pi / 2
    j = _frequencies(r, weights, flat, points, sd, tilted_sd)
    t = pi * j / points
    log_size, phase = np.zeros(j.size), np.zeros(j.size)
    for part in np.array_split(np.arange(r.size), r.size * j.size // 2_000_000 + 1):
        angle = np.outer(t, r[part])
        sine, cosine = np.sin(angle), np.cos(angle)
        log_size += np.log1p(-flat[part] * sine**2) @ weights[part] / 2
        phase += np.arctan2(tanh[part] * sine, cosine) @ weights[part]
    z = tilt + 1j * t
    geometric = np.expm1(-points * z) / np.expm1(-2 * z)
    terms = (np.exp(log_size + 1j * (phase - target * t)) * geometric).real
    twice = np.where((j == 0) | (2 * j == points), 1.0, 2.0)
    # log cosh(x) = x + log1p(exp(-2x)) - log 2 stays finite where cosh overflows.
    log_mgf = float((tilt * r + np.log1p(np.exp(-2 * tilt * r)) - log(2)) @ weights)
    return exp(log_mgf - tilt * target) * float(terms @ twice) / points


def _tilt(r: NDArray[np.float64], weights: NDArray[np.float64], target: float, sd: float) -> float:
    """Newton's solution of K'(tilt) = target, kept off the pole at zero."""
    tilt = 0.0
    for _ in range(50):
        tanh = np.tanh(tilt * r)
        slope = float(r**2 * (1 - tanh**2) @ weights)
        step = (target - float(r * tanh @ weights)) / slope
        # K' is concave: from the left Newton's step never overshoots.
        tilt += step
        if abs(step) <= 1e-6 / sd:
            break
    return max(tilt, 1e-3 / sd)


def _frequencies(
    r: NDArray[np.float64],
    weights: NDArray[np.float64],
    flat: NDArray[np.float64],
    points: int,
    sd: float,
    tilted_sd: float,
) -> Integers:
    """Indices j in 0..points/2 where |phi(pi j / points)| may matter.

    Around 0 always, and around pi/2, where only the odd doubled ranks (even-sized ties) damp. With
    many observations on few distinct ranks other peaks exist; then the whole range is scanned at
    steps shorter than a peak is wide.
    """
    window = int(8 * points / (pi * tilted_sd)) + 1
    half = points // 2
    near = np.arange(min(window, half) + 1)
    found = [near]
    if weights[r % 2 == 1].sum() < 100:
        found.append(half - near)
    # The largest single probability, were all sums different: the size of what smoothing blurs.
    if float(np.log(np.minimum(0.5, np.sqrt(2 / (pi * weights)))).sum()) > log(1e-16):
        stride = max(1, int(0.8 * points / (pi * sd)))
        damping = np.argsort(-weights * flat, kind="stable")
        for start in range(0, half + 1, stride * 1_000_000):
            j = np.arange(start, min(start + stride * 1_000_000, half + 1), stride)
            size = np.zeros(j.size)
            for g in damping:
                size += 0.5 * weights[g] * np.log1p(-flat[g] * np.sin(pi * j / points * r[g]) ** 2)
                keep = size > -45
                j, size = j[keep], size[keep]
                if not j.size:
                    break
            found += [j + offset for offset in range(-stride, stride + 1)]
    j = np.unique(np.concatenate(found))
    return j[(j >= 0) & (j <= half)]
