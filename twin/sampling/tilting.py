"""Weights on the codes of one field that move its mean or fatten its tails, and no more than that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from twin.codes import FloatArray, IntArray

_FURTHEST = 60.0
"""Largest exponent of a tilt."""
_ROUNDS, _NEAR = 200, 1e-3


def mean_tilt(scores: FloatArray, shares: FloatArray, target: float) -> FloatArray | None:
    """Weights per code under which the mean score is the target, as close to even as can be.

    Args:
        scores: Score of each code, NaN where it has none (a missing cell, whose share stays), shape (size,).
        shares: Share of rows of each code, shape (size,).
        target: The mean that is wanted.

    Returns:
        Weights, shape (size,); None where no weights reach the target.

    Source:
        Exponential tilting; Csiszár 1975.

    Example:
        >>> mean_tilt(np.array([0.0, 1.0]), np.array([0.5, 0.5]), 0.75).round(2).tolist()
        [0.5, 1.5]
    """
    known = np.isfinite(scores) & (shares > 0)
    x, p = scores[known], shares[known]
    if not x.size or not x.min() <= target <= x.max():
        return None
    width = max(float(x.max() - x.min()), 1e-300)
    z = (x - target) / width

    def pull(slope: float) -> FloatArray:
        weights: FloatArray = np.exp(slope * z - (slope * z).max())
        return weights

    low, high = -1.0, 1.0
    while (p * pull(low) * z).sum() > 0 and low > -_FURTHEST * 64:
        low *= 2
    while (p * pull(high) * z).sum() < 0 and high < _FURTHEST * 64:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if (p * pull(middle) * z).sum() < 0 else (low, middle)
    slope = (low + high) / 2
    scale = p.sum() / (p * pull(slope)).sum()
    out = np.ones(scores.size)
    held = np.isfinite(scores)
    exponent = slope * (scores[held] - target) / width - (slope * z).max()
    out[held] = scale * np.exp(np.minimum(exponent, _FURTHEST))
    return out


def mean_tilts(
    scores: Sequence[FloatArray], codes: Sequence[IntArray], weights: FloatArray, targets: Sequence[float]
) -> list[FloatArray] | None:
    """Weights per code of several fields under which each mean score is its target.

    Columns that go together move each other, so each is tilted in turn as the others stand.

    Args:
        scores: For each field the score of each code, see `mean_tilt`.
        codes: For each field the codes of some rows, shape (n,).
        weights: What these rows weigh beforehand, shape (n,).
        targets: The means that are wanted.

    Returns:
        Weights of each field, shape (size,); None where they do not reach all targets.

    Source:
        Iterative scaling, as in `twin.sampling.margins`.

    Example:
        >>> scores, codes = [np.array([0.0, 1.0])] * 2, [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])]
        >>> [w.round(2).tolist() for w in mean_tilts(scores, codes, np.ones(4), [0.75, 0.5])]
        [[0.5, 1.5], [1.0, 1.0]]
    """
    found = [np.ones(own.size) for own in scores]
    for _ in range(_ROUNDS):
        furthest = 0.0
        for i, (own, at, target) in enumerate(zip(scores, codes, targets, strict=True)):
            rows = weights.copy()
            for j, other in enumerate(found):
                rows *= other[codes[j]] if j != i else 1.0
            shares = np.bincount(at, rows, minlength=own.size) / rows.sum()
            tilt = mean_tilt(own, shares, target)
            if tilt is None:
                return None
            furthest = max(furthest, float(np.abs(shares * (tilt - found[i])).sum()))
            found[i] = tilt
        if furthest < _NEAR or len(found) == 1:
            return found
    return None


def tail_tilt(
    scores: FloatArray,
    shares: FloatArray,
    *,
    times: float,
    share: float,
    side: Literal["both", "low", "high"] = "both",
) -> FloatArray:
    """Weights per code under which tails come up `times` as often as the middle does.

    Args:
        scores: Score of each code, NaN where it has none, shape (size,).
        shares: Share of rows of each code, shape (size,).
        times: How many times as often, > 0.
        share: Share of the rows that a tail is, in (0, 0.5).
        side: Which tail.

    Returns:
        Weights, shape (size,); a code that lies partly in a tail weighs between.

    Example:
        >>> tail_tilt(np.arange(4.0), np.full(4, 0.25), times=3, share=0.25, side="high").tolist()
        [1.0, 1.0, 1.0, 3.0]
    """
    known = np.flatnonzero(np.isfinite(scores))
    order = known[np.argsort(scores[known], kind="stable")]
    p = shares[order] / max(float(shares[order].sum()), 1e-300)
    above = np.cumsum(p)
    below = above - p
    inside = np.zeros(order.size)
    if side in ("both", "low"):
        inside += np.clip(share - below, 0.0, p)
    if side in ("both", "high"):
        inside += np.clip(above - (1.0 - share), 0.0, p)
    out = np.ones(scores.size)
    out[order] += (times - 1.0) * np.where(p > 0, np.round(inside / np.where(p > 0, p, 1.0), 12), 0.0)
    return out
