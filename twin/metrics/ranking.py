"""The area under the ROC curve, with an interval that knows that rows of one subject go together."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints
from twin.metrics.intervals import Z95
from twin.metrics.score import Interval


def auc(
    positive: Floats,
    negative: Floats,
    *,
    positive_units: Ints | None = None,
    negative_units: Ints | None = None,
) -> Interval:
    """How often a row of the first kind scores above one of the second; ties count half.

    Args:
        positive: Scores of the first kind, shape (m,), m ≥ 1.
        negative: Scores of the second kind, shape (n,), n ≥ 1.
        positive_units: Subjects of the first rows, shape (m,), or None where each is one.
        negative_units: Subjects of the second rows, shape (n,); no subject may stand on both sides.

    Returns:
        The area, and its 95% interval.

    Source:
        DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, 837–845, with the components summed by
        subject after Obuchowski 1997, Biometrics 53, 567–578; ranks after Sun & Xu 2014.

    Example:
        >>> auc(np.array([.8, .4]), np.array([.6, .2])).value
        0.75
    """
    up = _placements(positive, negative)  # (m,) share of negatives below each positive
    down = 1.0 - _placements(negative, positive)  # (n,) share of positives above each negative
    value = float(up.mean())
    variance = _variance(up, positive_units) + _variance(down, negative_units)
    if not np.isfinite(variance):
        return Interval(value)
    half = Z95 * float(np.sqrt(variance))
    return Interval(value, max(0.0, value - half), min(1.0, value + half))


def area(positive: Floats, negative: Floats) -> float:
    """The area alone, as in `auc`.

    Args:
        positive: Scores of those that are, shape (n,).
        negative: Scores of those that are not, shape (m,).

    Example:
        >>> area(np.array([.8, .4]), np.array([.6, .2]))
        0.75
    """
    return float(_placements(positive, negative).mean())


def _placements(x: Floats, others: Floats) -> Floats:
    ranked = np.sort(others)
    below = np.searchsorted(ranked, x, side="left") + np.searchsorted(ranked, x, side="right")
    return below / (2.0 * others.size)


def _variance(components: Floats, units: Ints | None) -> float:
    """Variance of the mean of components that are independent between subjects."""
    offset = components - components.mean()
    if units is not None:
        _, dense = np.unique(units, return_inverse=True)
        offset = np.bincount(dense, weights=offset)
    m = offset.size
    if m < 2:
        return float("nan")
    return float(m / (m - 1) * np.sum(offset**2) / components.size**2)
