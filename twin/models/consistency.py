"""Clean margins from noisy ones: counts that are not negative and agree on how many rows there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints
from twin.codes import Domain, Field
from twin.errors import BudgetExceeded
from twin.privacy.dp.queryable import Queryable

CLEAR = 3.0
"""A count is clear from this many standard deviations of its noise on."""

_ROOM = 1e-6
"""Relative part of mu that is never spent, so that rounding refuses nothing."""


@dataclass(frozen=True)
class Margins:
    """Rows per code of each field, cleaned of noise.

    Args:
        counts: One array of shape (size,) per field, ≥ 0; each sums to the total.
        total: How many rows there are, as the noisy counts have it, ≥ 1.
    """

    counts: tuple[Floats, ...]
    total: float


def spendable(queryable: Queryable) -> float:
    """The mu that a fit may spend: what the ledger has left, less a little for rounding.

    Raises:
        BudgetExceeded: If nothing is left.
    """
    mu = queryable.mechanism.ledger.remaining() * (1 - _ROOM)
    if mu <= 0:
        raise BudgetExceeded("nothing is left of the budget for the model; give a larger epsilon")
    return mu


def deviations(queryable: Queryable, mu: float) -> tuple[float, ...]:
    """Standard deviations of noise that spend mu on the margins of all fields.

    Args:
        queryable: Holds the table; only its domain and its cap are looked at.
        mu: What may be spent, > 0.

    Returns:
        One deviation per field. The sum of (cap / deviation)² is mu².

    Source:
        They make Σ size · deviation, the expected absolute error of all margins, least (Lagrange): deviation
        goes with size^(-1/3).

    Example:
        >>> from twin.codes import Codes
        >>> from twin.privacy.dp.events import PrivacyLimit
        >>> from twin.privacy.dp.ledger import Ledger
        >>> from twin.privacy.dp.mechanism import Mechanism
        >>> domain = Domain((Field(name="a", size=1), Field(name="b", size=8)))
        >>> mechanism = Mechanism(ledger=Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6)))
        >>> queryable = Queryable.of(Codes(domain, np.zeros((9, 2), int)), mechanism=mechanism)
        >>> wide, narrow = deviations(queryable, 0.1)
        >>> round(wide / narrow, 6), round(wide**-2 + narrow**-2, 6)
        (2.0, 0.01)
    """
    shares = np.array(queryable.domain.sizes, np.float64) ** (2 / 3)
    return tuple((queryable.cap / (mu * np.sqrt(shares / shares.sum()))).tolist()) if shares.size else ()


def margins(queryable: Queryable, sigmas: Sequence[float]) -> list[Ints]:
    """Noisy counts of the codes of each field.

    Args:
        queryable: Holds the table.
        sigmas: Standard deviation of the noise per field, > 0.

    Returns:
        One array of shape (size,) per field.

    Raises:
        BudgetExceeded: If the budget does not bear them.
    """
    return [queryable.marginal((j,), sigma=sigma, name="counts") for j, sigma in enumerate(sigmas)]


def cleaned(counts: Sequence[Ints], *, sigmas: Sequence[float], domain: Domain) -> Margins:
    """Counts as they may have been before noise: not negative, and of one total over all fields.

    The total is estimated from all fields together. Each field's counts are then shifted to it, unclear ones
    are drawn towards their like, and all are projected on those that are not negative. A missing code or a
    code of rare levels whose count is unclear counts 0: most often nothing is there.

    Args:
        counts: Noisy counts, shape (size,) per field.
        sigmas: Standard deviation of their noise, per field.
        domain: The fields.

    Returns:
        The counts. Where nothing but noise is left, all codes of a field count alike.

    Source:
        Weighted least squares; projection on the simplex after Duchi et al. (2008), figure 1.

    Example:
        >>> noisy = [np.array([60, 44, -7]), np.array([98, 3])]
        >>> fields = Domain((Field(name="a", size=3), Field(name="b", size=2, rare=1)))
        >>> clean = cleaned(noisy, sigmas=[3.0, 3.0], domain=fields)
        >>> round(clean.total, 1), [c.round(1).tolist() for c in clean.counts]
        (99.4, [[57.7, 41.7, 0.0], [99.4, 0.0]])
    """
    if not counts:
        return Margins((), 1.0)
    precision = np.array([1 / (c.size * s * s) for c, s in zip(counts, sigmas, strict=True)])
    weights = precision / precision.sum()
    total = float(weights @ [float(c.sum()) for c in counts])
    nothing = total < max(1.0, CLEAR / math.sqrt(precision.sum()))
    total = max(1.0, total)
    out = []
    for noisy, sigma, of in zip(counts, sigmas, domain, strict=True):
        flat = np.full(of.size, total / of.size)
        out.append(flat if nothing else _clean(noisy.astype(np.float64), sigma, of, total))
    return Margins(tuple(out), total)


def _clean(noisy: Floats, sigma: float, of: Field, total: float) -> Floats:
    """One field's counts; see `cleaned`."""
    shifted = noisy + (total - noisy.sum()) / of.size  # (size,)
    special = np.isin(
        np.arange(of.size), [code for code in (0 if of.nullable else -1, of.rare) if code is not None]
    )
    kept = ~(special & (shifted < CLEAR * sigma))
    if not kept.any():
        return np.full(of.size, total / of.size)
    unclear = ~special & (shifted < CLEAR * sigma)
    shifted[unclear] = (_smooth if of.ordered else _shrink)(shifted[unclear], sigma)
    out = np.zeros(of.size)
    out[kept] = onto_simplex(shifted[kept], total)
    return out


def _shrink(noisy: Floats, sigma: float) -> Floats:
    """Counts drawn towards their mean, as far as noise explains how they differ.

    Source:
        James and Stein (1961), towards the mean after Lindley (1962), positive part.
    """
    if noisy.size < 3:
        return noisy
    apart = noisy - noisy.mean()
    seen = float(apart @ apart)
    out: Floats = noisy.mean() + apart * (max(0.0, 1 - noisy.size * sigma**2 / seen) if seen else 0.0)
    return out


def _smooth(noisy: Floats, sigma: float) -> Floats:
    """Counts averaged over as many neighbours as promises the least error, from none to all.

    Source:
        Stein's unbiased estimate of risk; Stein (1981), section 3.
    """
    best, lowest = noisy, noisy.size * sigma**2
    width = 1
    while width < 2 * noisy.size - 1:  # the last window reaches all from anywhere
        width = 2 * width + 1
        half = width // 2
        ends = np.arange(noisy.size)
        low, high = np.maximum(ends - half, 0), np.minimum(ends + half + 1, noisy.size)
        sums = np.concatenate([[0.0], np.cumsum(noisy)])
        mean = (sums[high] - sums[low]) / (high - low)
        risk = float(((noisy - mean) ** 2).sum() + sigma**2 * ((2 / (high - low)).sum() - noisy.size))
        if risk < lowest:
            best, lowest = mean, risk
    return best


def onto_simplex(values: Floats, total: float) -> Floats:
    """The nearest non-negative values that sum to a total.

    Args:
        values: Shape (m,), one or more.
        total: Their sum, > 0.

    Returns:
        Shape (m,).

    Source:
        Duchi, Shalev-Shwartz, Singer, Chandra, Efficient projections onto the l1-ball (2008), figure 1.

    Example:
        >>> onto_simplex(np.array([3.0, 2.0, -1.0]), 4.0).tolist()
        [2.5, 1.5, 0.0]
    """
    falling = np.sort(values)[::-1]
    shifts = (np.cumsum(falling) - total) / np.arange(1, values.size + 1)
    shift = shifts[np.flatnonzero(falling > shifts)[-1]]
    out: Floats = np.maximum(values - shift, 0.0)
    return out


def integer_counts(counts: Floats, *, rng: Generator) -> Ints:
    """Counts as whole numbers, each rounded up or down so that it keeps its expectation.

    Args:
        counts: Shape (size,), ≥ 0, one at least above 0.
        rng: Decides the roundings.

    Returns:
        Shape (size,); where no count reaches 1, 1 for all above 0.

    Source:
        Systematic sampling; Madow (1949).

    Example:
        >>> integer_counts(np.array([2.0, 0.0, 3.5, 4.5]), rng=np.random.default_rng(0)).sum().item()
        10
    """
    if counts.max() < 1:
        return (counts > 0).astype(np.int64)
    heights = np.floor(np.cumsum(counts) + rng.random())
    out: Ints = np.diff(heights, prepend=0.0).astype(np.int64)
    return out
