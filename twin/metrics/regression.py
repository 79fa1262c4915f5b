"""Linear and logistic regression with robust errors, small enough to be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints
from twin.metrics.intervals import Z95, groups_of

RIDGE = 0.01
"""Penalty on half the squared coefficients: as a normal law of standard deviation 10 before any data, which
keeps a coefficient finite where a term parts the classes."""
_STEPS = 30
_HALVINGS = 8


@dataclass(frozen=True)
class Fit:
    """Coefficients of one table.

    Args:
        theta: The intercept and one coefficient per term, shape (q + 1,).
        error: Standard errors, shape (q + 1,).
        without: Coefficients without each of G groups of subjects, shape (G, q + 1).
    """

    theta: Floats
    error: Floats
    without: Floats

    @property
    def low(self) -> Floats:
        """Lower ends of the 95% intervals, shape (q + 1,)."""
        return self.theta - Z95 * self.error

    @property
    def high(self) -> Floats:
        """Upper ends."""
        return self.theta + Z95 * self.error


def probability(x: Floats, theta: Floats) -> Floats:
    """The chance of a yes for each row of terms, shape (n,).

    Args:
        x: Values, shape (n,) or (n, terms).
        theta: Coefficients, shape (terms,).
    """
    return np.asarray(1 / (1 + np.exp(-np.clip(theta[0] + x @ theta[1:], -35, 35))), np.float64)


def _loss(z: Floats, y: Floats, theta: Floats, logistic: bool) -> float:
    eta = z @ theta
    fit = np.logaddexp(0, eta) - y * eta if logistic else 0.5 * (y - eta) ** 2
    return float(fit.sum() + 0.5 * RIDGE * (theta[1:] ** 2).sum())


def solve(x: Floats, y: Floats, *, logistic: bool) -> tuple[Floats, Floats, Floats]:
    """Newton's method.

    Args:
        x: Terms, shape (n, q).
        y: Numbers, or 0 and 1, shape (n,).
        logistic: Whether y is a yes or no.

    Returns:
        Coefficients, shape (q + 1,); weights and residuals of the rows, shape (n,).

    Source:
        Nelder & Wedderburn 1972, J. R. Stat. Soc. A 135, 370–384 (iterated weighted least squares).

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> solve(x, 1 + 2 * x[:, 0], logistic=False)[0].round(2).tolist()
        [1.01, 2.0]
    """
    z = np.column_stack([np.ones(x.shape[0]), x])
    ridge = np.diag(np.r_[1e-9, np.full(x.shape[1], RIDGE)])
    theta = np.zeros(z.shape[1])
    loss = _loss(z, y, theta, logistic)
    for _ in range(_STEPS):
        mean = probability(x, theta) if logistic else z @ theta
        weight = mean * (1 - mean) if logistic else np.ones(y.size)
        step = np.linalg.solve((z.T * weight) @ z + ridge, z.T @ (y - mean) - ridge @ theta)
        for _ in range(_HALVINGS):
            new = _loss(z, y, theta + step, logistic)
            if new <= loss + 1e-9 * abs(loss):
                break
            step = step / 2
        theta, done = theta + step, loss - new < 1e-9 * (1 + abs(loss))
        loss = new
        if done:
            break
    mean = probability(x, theta) if logistic else z @ theta
    return theta, mean * (1 - mean) if logistic else np.ones(y.size), y - mean


def fit(x: Floats, y: Floats, units: Ints, *, logistic: bool) -> Fit:
    """Coefficients with errors that hold where variances differ and rows of a subject go together.

    Args:
        x: Terms, shape (n, q).
        y: Numbers, or 0 and 1, shape (n,).
        units: Subjects of the rows, shape (n,).
        logistic: Whether y is a yes or no.

    Returns:
        The fit; coefficients without a group are one Newton step away from the whole fit.

    Source:
        White 1980, Econometrica 48, 817–838; by subject Liang & Zeger 1986, Biometrika 73, 13–22.
        One step: Pregibon 1981, Ann. Stat. 9, 705–724, section 5.
    """
    theta, weight, residual = solve(x, y, logistic=logistic)
    z = np.column_stack([np.ones(x.shape[0]), x])
    ridge = np.diag(np.r_[1e-9, np.full(x.shape[1], RIDGE)])
    bread = np.linalg.inv((z.T * weight) @ z + ridge)
    scores = z * residual[:, None]  # (n, q + 1)
    subject = np.unique(units, return_inverse=True)[1]
    people = int(subject.max()) + 1
    if people < units.size:
        scores = np.column_stack([np.bincount(subject, weights=s, minlength=people) for s in scores.T])
    meat = scores.T @ scores * people / max(people - 1, 1)
    error = np.sqrt(np.diag(bread @ meat @ bread).clip(min=0))
    group = groups_of(units)
    without = []
    for g in range(int(group.max()) + 1):
        rows = group != g
        left = (z[rows].T * weight[rows]) @ z[rows] + ridge
        pull = z[rows].T @ residual[rows] - ridge @ theta
        without.append(theta + np.linalg.solve(left, pull))
    return Fit(theta, error, np.array(without))
