"""Rényi differential privacy (RDP) on a fixed grid of orders: what DP-SGD is counted in.

A curve is one number per order of `ORDERS`. Curves of releases about the same subjects add up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError

Curve = tuple[float, ...]

ORDERS: Curve = (
    *(round(1 + i / 10, 1) for i in range(1, 100)),
    *(float(i) for i in range(11, 65)),
    *(72.0, 80.0, 96.0, 112.0, 128.0, 160.0, 192.0, 256.0, 320.0, 384.0, 512.0, 768.0, 1024.0),
)
"""The orders at which every curve is kept, ascending, all above 1."""

_ROUND_UP = 1 + 1e-9
"""Curves of sampled releases are raised by this factor, more than their numerical error."""


def rdp_gaussian(mu: float, *, orders: Sequence[float] = ORDERS) -> Curve:
    """The curve of a mu-GDP Gaussian release: order mu² / 2.

    Args:
        mu: Sensitivity over sigma, ≥ 0.
        orders: Orders, each > 1.

    Returns:
        RDP at each order.

    Raises:
        InputError: If an argument lies outside its range.

    Source:
        Mironov 2017, proposition 7.

    Example:
        >>> rdp_gaussian(1.0, orders=(2.0, 4.0))
        (1.0, 2.0)
    """
    if not (math.isfinite(mu) and mu >= 0):
        raise InputError("mu must be a finite number, 0 or more")
    return tuple(_checked(order) * mu * mu / 2 for order in orders)


def rdp_subsampled_gaussian(q: float, *, sigma: float, orders: Sequence[float] = ORDERS) -> Curve:
    """The curve of one Gaussian release about a Poisson sample: each subject enters with chance q.

    Args:
        q: Sampling rate, between 0 and 1. Rates below 1e-9 count as 1e-9, except 0.
        sigma: Noise multiplier: standard deviation over sensitivity, > 0. Above 1e6 it counts as 1e6.
        orders: Orders, each > 1, whole or not.

    Returns:
        RDP at each order, never below the true one: log(A) / (order - 1), where A is the mean of
        (1 - q + q e^((2z - 1) / 2 sigma²))^order over z ~ N(0, sigma²).

    Raises:
        InputError: If an argument lies outside its range.

    Source:
        Mironov, Talwar, Zhang 2019, theorem 4 and section 3.3: the binomial sum for whole orders. For the
        others the integral that the paper expands in a series is summed by the trapezoid rule, which
        converges geometrically here and adds no terms of opposite sign.

    Example:
        >>> [round(r, 6) for r in rdp_subsampled_gaussian(0.01, sigma=1.0, orders=(2.0, 2.5))]
        [0.000172, 0.000218]
    """
    if not 0 <= q <= 1:
        raise InputError("the sampling rate must lie between 0 and 1")
    if not sigma > 0:
        raise InputError("sigma must be a number above 0")
    q, sigma = max(q, 1e-9) if q > 0 else 0.0, min(sigma, 1e6)  # both on the side that promises less
    return tuple(_sampled(q, sigma, _checked(order)) for order in orders)


def add(*curves: Curve) -> Curve:
    """The curve of several releases about the same subjects.

    Args:
        curves: Curves over the same orders, one or more.

    Returns:
        Their sum at each order.

    Source:
        Mironov 2017, proposition 1.

    Example:
        >>> add((1.0, 2.0), (3.0, 4.0))
        (4.0, 6.0)
    """
    return tuple(math.fsum(at) for at in zip(*curves, strict=True))


def epsilon_of_rdp(curve: Curve, *, delta: float, orders: Sequence[float] = ORDERS) -> float:
    """The epsilon of a curve at a delta: the best over all orders.

    Args:
        curve: RDP at each order; may be infinite.
        delta: Between 0 and 1, both excluded.
        orders: The orders of the curve.

    Returns:
        epsilon ≥ 0.

    Raises:
        InputError: If delta lies outside its range.

    Source:
        Canonne, Kamath, Steinke 2020, proposition 12.

    Example:
        >>> round(epsilon_of_rdp(rdp_gaussian(1.0), delta=1e-5), 3)
        4.729
    """
    if not 0 < delta < 1:
        raise InputError("delta must lie between 0 and 1, both excluded")
    best = min(
        rdp + math.log1p(-1 / order) - (math.log(delta) + math.log(order)) / (order - 1)
        for order, rdp in zip(orders, curve, strict=True)
    )
    return max(0.0, best * (1 + 1e-12))


def _sampled(q: float, sigma: float, order: float) -> float:
    """RDP of the sampled release at one order, rounded up; never more than without sampling."""
    whole = order / (2 * sigma * sigma)
    if q == 0:
        return 0.0
    if q == 1 or sigma < 0.02:  # with so little noise sampling hides nothing worth counting
        return whole
    log_excess = _log_excess_whole(q, sigma, int(order)) if order % 1 == 0 else _log_excess(q, sigma, order)
    return min(whole, float(np.logaddexp(0.0, log_excess)) / (order - 1) * _ROUND_UP)


def _log_excess_whole(q: float, sigma: float, order: int) -> float:
    """Log of A - 1: the sum over k ≥ 2 of binom(order, k) (1-q)^(order-k) q^k (e^((k²-k)/2 sigma²) - 1)."""
    from scipy.special import gammaln, logsumexp

    k = np.arange(2, order + 1, dtype=np.float64)  # (order - 1,)
    binomial = gammaln(order + 1) - gammaln(k + 1) - gammaln(order - k + 1)
    gain = (k * k - k) / (2 * sigma * sigma)
    grown = gain + np.log(-np.expm1(-gain))
    return float(logsumexp(binomial + (order - k) * math.log1p(-q) + k * math.log(q) + grown))


def _log_excess(q: float, sigma: float, order: float) -> float:
    """Log of A - 1: the mean of (1 + x)^order - 1 - order x ≥ 0, where x = q (e^u - 1) has mean 0."""
    from scipy.special import logsumexp

    step = min(sigma / 8, sigma * sigma / 4)
    z = np.arange(-40 * sigma, order + 40 * sigma, step)  # the mass lies around 0 and around the order
    u = (2 * z - 1) / (2 * sigma * sigma)
    density = -z * z / (2 * sigma * sigma) - math.log(sigma * math.sqrt(2 * math.pi))
    return float(logsumexp(_log_bernoulli_gap(q, u, order) + density)) + math.log(step)


def _log_bernoulli_gap(q: float, u: Floats, order: float) -> Floats:
    """Log of ((1 + x)^order - 1 - order x) at x = q (e^u - 1), without overflow."""
    x = q * np.expm1(np.minimum(u, 700.0))
    log_x = math.log(q) + u  # of use where u is large
    power = order * np.where(u > 700, log_x, np.log1p(x))  # log((1 + x)^order)
    t = np.clip(x, -1e-4, 1e-4)
    near = order * (order - 1) / 2 * t * t * (1 + (order - 2) / 3 * t * (1 + (order - 3) / 4 * t))
    with np.errstate(divide="ignore", invalid="ignore"):  # the branch that is not taken
        far = np.expm1(np.minimum(power, 30.0)) - order * x
        plain = np.log(np.where(t == x, near, far))
        line = np.where(u > 700, math.log(order) + log_x, np.log1p(order * x))
        large = power + np.log1p(-np.exp(np.minimum(line - power, 0.0)))
    return np.where(power < 20, plain, large)


def _checked(order: float) -> float:
    if not (math.isfinite(order) and order > 1):
        raise InputError("every order must be a finite number above 1")
    return order
