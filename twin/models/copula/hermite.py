"""Latent correlations of a Gaussian copula, for all pairs of fields at once.

A field is a step function of a standard normal variable z: code c where z lies between two cut points. With
scores s(z) and normalised Hermite coefficients a_k = E[s(z) h_k(z)], Mehler's formula gives the covariance of
two fields' scores as Σ_k ρ^k a_k b_k, which is solved for ρ.
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

    Source:
        Rousseeuw and Molenberghs, Transformation of non positive semidefinite correlation matrices (1993),
        eigenvalue method.
    """
    values, vectors = np.linalg.eigh(0.5 * (correlation + correlation.T))
    whole = (vectors * np.maximum(values, floor)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(whole))
    out: Floats = whole * np.outer(scale, scale)
    return out
