"""Latent correlations of a Gaussian copula, for all pairs of fields at once.

A field is a step function of a standard normal variable z: code c where z lies between two cut points. With
scores s(z) and normalised Hermite coefficients a_k = E[s(z) h_k(z)], Mehler's formula gives the covariance of
two fields' scores as Σ_k ρ^k a_k b_k, which is solved for ρ. From noisy counts of halves, correlations follow
from the chance that two normals both exceed their cuts.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from twin.arrays import Floats, Ints

TERMS = 16
_NORMAL = NormalDist()  # a few hundred points a field: loading scipy would take longer than the fit


def cut_points(counts: Ints) -> Floats:
    """Where the codes' cells meet on the normal scale, from -inf to inf, shape (size + 1,).

    Example:
        >>> cut_points(np.array([3, 3])).tolist()
        [-inf, 0.0, inf]
    """
    shares = np.concatenate([[0], np.cumsum(counts)]) / counts.sum()
    cuts = np.where(shares < 0.5, -np.inf, np.inf)
    inside = np.flatnonzero((shares > 0) & (shares < 1))
    cuts[inside] = [_NORMAL.inv_cdf(share) for share in shares[inside].tolist()]
    return cuts


def _density(z: Floats) -> Floats:
    out: Floats = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return out


def cell_scores(cuts: Floats) -> Floats:
    """E[z | cell], shape (size,); 0 for empty cells."""
    mass = np.diff([_NORMAL.cdf(cut) for cut in cuts.tolist()])
    drop = -np.diff(_density(cuts))
    return np.where(mass > 0, drop / np.where(mass > 0, mass, 1.0), 0.0)


def coefficients(cuts: Floats, scores: Floats) -> Floats:
    """Hermite coefficients 1 … 16 of the step function, shape (16,).

    Args:
        cuts: Cut points of the normal variable, shape (codes + 1,).
        scores: Score of each code, shape (size,).

    Source:
        ∫ h_k φ over (a, b) = (φ(a) h_{k-1}(a) - φ(b) h_{k-1}(b)) / √k, for h_k normalised to variance 1.
    """
    z = np.where(np.isfinite(cuts), cuts, 0.0)
    weight = np.where(np.isfinite(cuts), _density(z), 0.0)
    before, here = np.zeros_like(z), np.ones_like(z)  # h_{-1}, h_0
    out = np.empty(TERMS)
    for k in range(1, TERMS + 1):
        out[k - 1] = scores @ (-np.diff(weight * here)) / np.sqrt(k)
        before, here = here, (z * here - np.sqrt(k - 1) * before) / np.sqrt(k)
    return out


def latent_correlations(covariance: Floats, terms: Floats) -> Floats:
    """Solve Σ_k ρ^k a_k b_k = covariance for every pair.

    Args:
        covariance: Covariances of the scores, shape (d, d).
        terms: Hermite coefficients, shape (d, terms).

    Returns:
        ρ, shape (d, d), between -.999 and .999, with ones on the diagonal.

    Source:
        Mehler (1866); for polychoric correlations, Olsson, Psychometrika 44 (1979).

    Example:
        >>> a = np.zeros((2, 3)); a[:, 0] = 1.0  # the scores are z itself
        >>> latent_correlations(np.array([[1.0, 0.3], [0.3, 1.0]]), a)[0, 1].round(6).item()
        0.3
    """
    low, high = np.full(covariance.shape, -0.999), np.full(covariance.shape, 0.999)
    for _ in range(30):  # bisection: the series rises with ρ wherever scores rise with z
        middle = 0.5 * (low + high)
        value = np.zeros_like(middle)
        for k in range(terms.shape[1] - 1, -1, -1):
            value = middle * (value + np.outer(terms[:, k], terms[:, k]))
        below = value < covariance
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    out: Floats = 0.5 * (low + high)
    np.fill_diagonal(out, 1.0)
    return out


def repair(correlation: Floats, floor: float = 1e-4) -> Floats:
    """The matrix with eigenvalues raised to a floor and ones on the diagonal again.

    Args:
        correlation: A symmetric matrix, shape (d, d).
        floor: Least eigenvalue, > 0.

    Source:
        Rousseeuw and Molenberghs, Transformation of non positive semidefinite correlation matrices (1993),
        eigenvalue method.
    """
    values, vectors = np.linalg.eigh(0.5 * (correlation + correlation.T))
    raised = (vectors * np.maximum(values, floor)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(raised))
    out: Floats = raised * np.outer(scale, scale)
    return out


_MOST = 0.999


_STEPS = 801  # odd: 0 is among them


_PAIRS = 256


_SCALES = (0.02, 0.05, 0.1, 0.2, 0.4, 1.0)


_ROUNDS = 200


def grid() -> Floats:
    """Correlations from -.999 to .999, evenly spaced by their angle asin ρ, shape (801,)."""
    out: Floats = np.sin(np.linspace(-1, 1, _STEPS) * np.arcsin(_MOST))
    out[_STEPS // 2] = 0.0
    return out


def above_both(low: Floats, high: Floats) -> Floats:
    """By how much each correlation of `grid` raises the chance that two normals both exceed their cuts.

    Args:
        low: Cuts of the first normal, shape (p,); infinite ones count as 12.
        high: Cuts of the second, shape (p,).

    Returns:
        P(x > low, y > high) - P(x > low) P(y > high), shape (p, 801).

    Source:
        Drezner and Wesolowsky, On the computation of the bivariate normal integral (1990): the chance grows
        with ρ at the rate of the density at the cuts. In θ = asin ρ the density is smooth; Genz (2004),
        section 2.3.

    Example:
        >>> gain = above_both(np.zeros(1), np.zeros(1))[0]
        >>> float(np.interp(0.5, grid(), gain).round(4))  # asin(.5) / (2 π)
        0.0833
    """
    h, k = (np.clip(cut, -12, 12)[:, None] for cut in (low, high))  # (p, 1)
    sine = grid()
    rate = np.exp(-0.5 * (h * h + k * k - 2 * h * k * sine) / (1 - sine**2)) / (2 * np.pi)  # (p, 801)
    step = 2 * np.arcsin(_MOST) / (_STEPS - 1)
    out: Floats = np.cumsum(rate, axis=1) - 0.5 * rate
    out -= out[:, [_STEPS // 2]]
    out *= step  # the trapezoid rule from ρ = 0 both ways
    return out


def correlations_of(excess: Floats, *, noise: Floats, cuts: tuple[Floats, Floats]) -> Floats:
    """What correlations to expect, given how much more often than chance pairs of signs agree.

    A sign is the number of a field's cuts below a normal variable. Its expected products with another sign
    exceed those of independence by the sum of `above_both` over all pairs of their cuts.

    Args:
        excess: Mean product of signs less the product of their means, shape (p,).
        noise: Its standard deviation, > 0, shape (p,).
        cuts: Cuts of the first and of the second variable of each pair, each of shape (p, cuts).

    Returns:
        Posterior means, shape (p,). What noise explains is drawn to 0, the more so the fewer pairs show
        more than noise.

    Source:
        The tetrachoric correlation, Pearson (1900). The prior is a mixture of normals around 0 and a point at
        0, with weights learned from all pairs: Stephens, False discovery rates: a new deal (2017), section 2.

    Example:
        >>> cut = np.array([[2.0]])  # 2.3 % lie above
        >>> truth = above_both(cut[0], cut[0])[:, np.searchsorted(grid(), 0.6)]
        >>> round(correlations_of(truth, noise=np.array([1e-6]), cuts=(cut, cut)).item(), 2)
        0.6
    """
    rho = grid()
    priors = np.stack([np.exp(-0.5 * (rho / scale) ** 2) * np.gradient(rho) for scale in _SCALES])
    priors = np.vstack(
        [np.eye(1, _STEPS, _STEPS // 2), priors / priors.sum(axis=1, keepdims=True)]
    )  # (k, 801)
    evidence, means = np.zeros((2, excess.size, priors.shape[0]))
    for start in range(0, excess.size, _PAIRS):
        rows = slice(start, start + _PAIRS)
        first, second = cuts[0][rows], cuts[1][rows]
        gain = np.zeros((first.shape[0], _STEPS))  # (pairs, 801)
        for a in range(first.shape[1]):
            for b in range(second.shape[1]):
                gain += above_both(first[:, a], second[:, b])
        step = np.asarray(np.gradient(gain, axis=1), np.float64)
        blur = noise[rows, None] ** 2 + 0.25 * step**2  # (pairs, 801): the grid is no finer than that
        fit = -0.5 * ((excess[rows, None] - gain) ** 2 / blur + np.log(blur))
        fit = np.exp(fit - fit.max(axis=1, keepdims=True))
        evidence[rows], means[rows] = fit @ priors.T, fit @ (priors * rho).T
    weights = _weights(evidence)
    out: Floats = (means @ weights) / (evidence @ weights)
    return out


def _weights(evidence: Floats) -> Floats:
    """Weights of a mixture, (k,), by EM from evidence for its parts, (p, k), and one vote for the first."""
    k = evidence.shape[1]
    weights = np.full(k, 1 / k)
    for _ in range(_ROUNDS):
        shares = evidence * weights
        shares /= shares.sum(axis=1, keepdims=True)
        weights = (np.eye(k)[0] + shares.sum(axis=0)) / (1 + evidence.shape[0])
    return weights


def nearest_correlation(matrix: Floats, *, floor: float = 1e-4) -> Floats:
    """The correlation matrix nearest to a symmetric one, in the Frobenius norm.

    Args:
        matrix: Symmetric, shape (d, d).
        floor: Least eigenvalue wanted, > 0.

    Returns:
        Symmetric, ones on the diagonal, eigenvalues at least about the floor, shape (d, d).

    Source:
        Higham, Computing the nearest correlation matrix (2002), algorithm 3.3: alternating projections with
        the correction of Dykstra.

    Example:
        >>> bad = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
        >>> nearest_correlation(bad).round(2)[0].tolist()
        [1.0, 0.76, 0.16]
    """
    nearest = 0.5 * (matrix + matrix.T)
    correction = np.zeros_like(nearest)
    for _ in range(_ROUNDS):
        start = nearest - correction
        cone = _raised(start, floor)
        correction = cone - start
        before, nearest = nearest, cone.copy()
        np.fill_diagonal(nearest, 1.0)
        if np.abs(nearest - before).max(initial=0.0) < 1e-8:
            break
    cone = _raised(nearest, floor)  # what the rounds left; then ones on the diagonal again
    scale = 1 / np.sqrt(np.diag(cone))
    out: Floats = cone * np.outer(scale, scale)
    np.fill_diagonal(out, 1.0)
    return out


def _raised(matrix: Floats, floor: float) -> Floats:
    """The matrix with its eigenvalues raised to a floor."""
    values, vectors = np.linalg.eigh(matrix)
    out: Floats = (vectors * np.maximum(values, floor)) @ vectors.T
    return out
