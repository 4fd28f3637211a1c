"""Mixed model for repeated measures: correlated residuals, REML, Satterthwaite degrees of freedom.

statsmodels' MixedLM has no unstructured residual covariance and z-based p-values, which are too
small for the number of subjects met here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# theta -> covariance of one subject's visits, and its derivative for each element of theta
Structure = Callable[[Floats, int], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Data:
    """Long data: one row per subject and visit seen.

    Attributes:
        outcome: Values.
        design: Columns of the fixed effects, of full rank.
        subject: Number of each row's subject.
        visit: Number of each row's visit, 0 to `visits` - 1.
        visits: Number of visits.
    """

    outcome: Floats
    design: Floats
    subject: Integers
    visit: Integers
    visits: int


class Estimate(NamedTuple):
    """A linear combination of the fixed effects with its standard error and degrees of freedom."""

    value: float
    se: float
    df: float


@dataclass(frozen=True)
class Fit:
    """A converged fit; `log` says which structures were tried and why they were left."""

    structure: str
    log: list[str]
    beta: Floats
    covariance: Floats
    residual_covariance: Floats
    log_likelihood: float
    _hessian_inverse: Floats
    _derivatives: Floats

    def estimate(self, contrast: Floats) -> Estimate:
        """Estimate contrast' beta.

        Satterthwaite's df = 2 v^2 / (g' A g): v the variance of the estimate, g its gradient in the
        covariance parameters, A their inverse observed information (Fai & Cornelius 1996; SAS PROC
        MIXED, R's mmrm).
        """
        variance = float(contrast @ self.covariance @ contrast)
        gradient = np.einsum("i,qij,j->q", contrast, self._derivatives, contrast)
        spread = float(gradient @ self._hessian_inverse @ gradient)
        return Estimate(float(contrast @ self.beta), variance**0.5, 2 * variance**2 / spread)


def fit(data: Data, structures: Sequence[str]) -> Fit | list[str]:
    """The first of the covariance structures that converges, or the log of why none did.

    Args:
        data: One row per subject and visit.
        structures: Names out of `STRUCTURES`, in the order to be tried.
    """
    tried: list[str] = []
    spread = float(np.std(data.outcome - data.design @ _least_squares(data)))
    if data.outcome.size <= data.design.shape[1] or spread < 1e-12:
        return ["no residual variation to be modelled"]
    for name in structures:
        found = _attempt(data, name, spread, tried)
        if isinstance(found, Fit):
            return found
        tried.append(f"{name}: {found}")
    return tried


def unstructured(theta: Floats, visits: int) -> tuple[Floats, Floats]:
    """Any covariance, as L L' with the logarithm of L's diagonal."""
    rows, columns = np.tril_indices(visits)
    on_diagonal = rows == columns
    lower = np.zeros((visits, visits))
    lower[rows, columns] = np.where(on_diagonal, np.exp(theta * on_diagonal), theta)
    change = np.zeros((theta.size, visits, visits))
    change[np.arange(theta.size), rows, columns] = np.where(on_diagonal, lower[rows, columns], 1)
    derivatives = change @ lower.T
    return lower @ lower.T, derivatives + derivatives.transpose(0, 2, 1)


def autoregressive(theta: Floats, visits: int) -> tuple[Floats, Floats]:
    """One variance, correlation rho^lag."""
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    variance, rho = np.exp(theta[0]), np.tanh(theta[1])
    covariance = variance * rho**lag
    by_rho = variance * lag * rho ** np.maximum(lag - 1, 0) * (1 - rho**2)
    return covariance, np.stack([covariance, by_rho])


def compound_symmetry(theta: Floats, visits: int) -> tuple[Floats, Floats]:
    """One variance, one correlation; the correlation may be as negative as a covariance allows."""
    floor = -1 / (visits - 1) if visits > 1 else -1.0
    share = 1 / (1 + np.exp(-theta[1]))
    variance, rho = np.exp(theta[0]), floor + (1 - floor) * share
    off = 1 - np.eye(visits)
    covariance = variance * (np.eye(visits) + rho * off)
    return covariance, np.stack([covariance, variance * (1 - floor) * share * (1 - share) * off])


STRUCTURES: dict[str, Structure] = {
    "unstructured": unstructured,
    "autoregressive": autoregressive,
    "compound_symmetry": compound_symmetry,
}


def _attempt(data: Data, name: str, spread: float, tried: list[str]) -> Fit | str:
    from scipy.optimize import minimize

    start = _start(name, data.visits)
    structure = STRUCTURES[name]
    objection = _objection(data, start.size, name)
    if objection:
        return objection
    scaled = Data(data.outcome / spread, data.design, data.subject, data.visit, data.visits)
    blocks = _blocks(scaled)

    def deviance(theta: Floats) -> tuple[float, Floats]:
        try:
            with np.errstate(all="ignore"):
                parts = _likelihood(scaled, blocks, *structure(theta, data.visits))
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(theta)
        return -parts.log_likelihood, -parts.score

    found = minimize(deviance, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    theta = found.x
    hessian = _hessian(lambda at: deviance(at)[1], theta)
    if not np.isfinite(hessian).all() or np.abs(deviance(theta)[1]).max() > 1e-4:
        return "the likelihood has no maximum that the optimizer can reach"
    if np.linalg.eigvalsh(hessian)[0] < 1e-6:
        return "the covariance is not identified by the data"
    parts = _likelihood(scaled, blocks, *structure(theta, data.visits))
    inverse = np.linalg.inv(hessian).astype(np.float64)
    rank = data.design.shape[1]
    return Fit(
        structure=name,
        log=[*tried, f"{name}: converged"],
        beta=parts.beta * spread,
        covariance=parts.covariance * spread**2,
        residual_covariance=structure(theta, data.visits)[0] * spread**2,
        log_likelihood=parts.log_likelihood - (data.outcome.size - rank) * log(spread),
        _hessian_inverse=inverse,
        _derivatives=parts.covariance_derivatives * spread**2,
    )


def _start(name: str, visits: int) -> Floats:
    if name == "unstructured":
        return np.zeros(visits * (visits + 1) // 2)
    return np.array([0.0, 0.3])


def _objection(data: Data, size: int, name: str) -> str | None:
    """Why a structure is not even tried."""
    free = data.outcome.size - data.design.shape[1]
    if size >= free:
        return f"{size} covariance parameters, {free} degrees of freedom"
    if name != "unstructured":
        return None
    seen = np.zeros((int(data.subject.max()) + 1, data.visits))
    seen[data.subject, data.visit] = 1
    together = int((seen.T @ seen).min())
    if together <= data.visits:
        return f"two of the {data.visits} visits were seen together in {together} subjects only"
    return None


class _Block(NamedTuple):
    """The subjects who were seen at the same visits: arrays by subject and visit."""

    seen: Integers
    outcome: Floats
    design: Floats


class _Parts(NamedTuple):
    log_likelihood: float
    score: Floats
    beta: Floats
    covariance: Floats
    covariance_derivatives: Floats


def _blocks(data: Data) -> list[_Block]:
    order = np.lexsort((data.visit, data.subject))
    by_pattern: dict[tuple[int, ...], list[Integers]] = {}
    ends = np.flatnonzero(np.diff(data.subject[order])) + 1
    for rows in np.split(order, ends):
        by_pattern.setdefault(tuple(data.visit[rows].tolist()), []).append(rows)
    return [
        _Block(np.array(seen), data.outcome[np.stack(rows)], data.design[np.stack(rows)])
        for seen, rows in sorted(by_pattern.items())
    ]


def _likelihood(
    data: Data, blocks: list[_Block], covariance: Floats, derivatives: Floats
) -> _Parts:
    """REML log-likelihood (Patterson & Thompson 1971), its gradient, and the fixed effects."""
    rank = data.design.shape[1]
    information, moment, log_det = np.zeros((rank, rank)), np.zeros(rank), 0.0
    weighted = []  # each block's inverse covariance, and that times the design
    for block in blocks:
        own = covariance[np.ix_(block.seen, block.seen)]
        log_det += 2 * len(block.outcome) * np.log(np.diag(np.linalg.cholesky(own))).sum()
        inverse = np.linalg.inv(own)
        design = inverse @ block.design
        information += np.tensordot(block.design, design, ([0, 1], [0, 1]))
        moment += np.tensordot(block.outcome, design, ([0, 1], [0, 1]))
        weighted.append((inverse, design))
    beta_covariance = np.linalg.inv(information)
    beta = beta_covariance @ moment
    quadratic = 0.0
    slope = np.zeros_like(covariance)
    # sum over subjects of d_vp d_wq, d the weighted design
    crossed = np.zeros((data.visits, rank, data.visits, rank))
    for block, (inverse, design) in zip(blocks, weighted, strict=True):
        residual = block.outcome - block.design @ beta
        score = residual @ inverse
        quadratic += float((residual * score).sum())
        slope[np.ix_(block.seen, block.seen)] += len(residual) * inverse - score.T @ score
        crossed[np.ix_(block.seen, np.arange(rank), block.seen, np.arange(rank))] += np.tensordot(
            design, design, (0, 0)
        )
    slope -= np.tensordot(crossed, beta_covariance, ([1, 3], [0, 1]))
    sign, log_information = np.linalg.slogdet(information)
    if sign <= 0:
        raise np.linalg.LinAlgError
    free = data.outcome.size - rank
    value = -0.5 * (free * log(2 * pi) + log_det + log_information + quadratic)
    bends = np.tensordot(derivatives, crossed, ([1, 2], [0, 2]))
    return _Parts(
        float(value),
        -0.5 * np.tensordot(derivatives, slope, 2),
        beta,
        beta_covariance.astype(np.float64),
        (beta_covariance @ bends @ beta_covariance).astype(np.float64),
    )


def _hessian(gradient: Callable[[Floats], Floats], at: Floats) -> Floats:
    step = 1e-4
    columns = [
        (gradient(at + step * unit) - gradient(at - step * unit)) / (2 * step)
        for unit in np.eye(at.size)
    ]
    found = np.stack(columns)
    return np.asarray((found + found.T) / 2)


def _least_squares(data: Data) -> Floats:
    return np.asarray(np.linalg.lstsq(data.design, data.outcome, rcond=None)[0], dtype=np.float64)
