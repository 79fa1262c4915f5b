"""Rows under conditions: candidates drawn with importance weights, then chosen in proportion to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Domain, FloatArray, IntArray
from twin.models.facts import impossible

Draw = Callable[[int, dict[int, FloatArray], Generator], tuple[IntArray, FloatArray]]
"""Draws n candidate rows under weights: codes, shape (n, d), and importance, shape (n,)."""

_POOL = 65_536
_TRIES = 8
_CANDIDATES = 8
_CELLS = 4_000_000


def choose_rows(weights: FloatArray, n: int, rng: Generator) -> NDArray[np.int64]:
    """Choose n rows in proportion to weights, each at most once where that can be.

    Args:
        weights: Non-negative weights, shape (m,), at least one positive.
        n: Number of rows to choose.
        rng: Source of randomness.

    Returns:
        Positions, rising, shape (n,).

    Source:
        Systematic sampling with inclusion chances in proportion to size, capped at 1 (Särndal, Swensson and
        Wretman, Model Assisted Survey Sampling, 1992, section 3.6).

    Example:
        >>> choose_rows(np.array([1.0, 0.0, 1.0]), 2, np.random.default_rng(0)).tolist()
        [0, 2]
    """
    positive = np.count_nonzero(weights)
    scaled = weights / weights.max()
    weights = np.where(weights > 0, np.maximum(scaled, 1e-9), 0.0)  # keeps the sums below away from 0
    whole, n_left = divmod(n, positive)  # full copies of every row, only where there are too few rows
    chance = weights * (n_left / np.cumsum(weights)[-1])
    for _ in range(50):  # rows whose chance would exceed 1 are taken for sure, the rest share what is left
        sure = chance >= 1.0
        if not (chance > 1.0).any():
            break
        rest = np.where(sure, 0.0, weights)
        total = np.cumsum(rest)[-1]
        chance = np.where(sure, 1.0, rest * ((n_left - np.count_nonzero(sure)) / total if total else 0.0))
    heights = np.cumsum(chance)
    heights *= n_left / heights[-1] if heights[-1] > 0 else 0.0
    marks = np.arange(n_left) + rng.random()
    chosen = np.minimum(np.searchsorted(heights, marks, side="right"), weights.size - 1)
    copies = np.repeat(np.flatnonzero(weights), whole)
    return np.sort(np.concatenate([chosen, copies]))


def effective_size(weights: FloatArray) -> float:
    """(Σ w)² / Σ w²: how many equally weighted rows the weighted ones are worth (Kish 1965).

    Example:
        >>> effective_size(np.array([1.0, 1.0, 0.0]))
        2.0
    """
    square = float(np.cumsum(weights**2)[-1]) if weights.size else 0.0
    return float(np.cumsum(weights)[-1]) ** 2 / square if square else 0.0


def conditional(
    draw: Draw, weights: dict[int, FloatArray], n: int, domain: Domain, rng: Generator
) -> IntArray:
    """N rows whose law is close to the model's law times the weights.

    Args:
        draw: Draws candidates that satisfy every zero weight.
        weights: Weights by position of the field, shape (size,) or (n, size).
        n: Number of rows.
        domain: The fields, for errors.
        rng: Source of randomness.

    Returns:
        Codes, shape (n, d); with weights per row, row i meets the weights of row i.

    Raises:
        InputError: If no row can meet the weights.
    """
    if n == 0:
        return draw(0, weights, rng)[0]
    if any(w.ndim == 2 for w in weights.values()):
        return _row_by_row(draw, weights, n, domain, rng)
    parts, shares, found = [], [], 0.0
    for _ in range(_TRIES):
        values, share = draw(min(max(2 * n, 256), _POOL), weights, rng)
        parts.append(values)
        shares.append(share)
        if not share.any():
            raise impossible(_names(domain, weights))
        found += effective_size(share)
        if found >= 1.5 * n:
            break
    pool, share = np.concatenate(parts), np.concatenate(shares)
    rows = choose_rows(share, n, rng)
    chosen: IntArray = pool[rng.permutation(rows)]
    return chosen


def _row_by_row(
    draw: Draw, weights: dict[int, FloatArray], n: int, domain: Domain, rng: Generator
) -> IntArray:
    """For each row a few candidates, of which one is chosen."""
    widest = max(w.shape[-1] for w in weights.values() if w.ndim == 2)
    step = max(1, _CELLS // (widest * _CANDIDATES))
    out = np.empty((n, len(domain)), np.int32, order="F")
    for start in range(0, n, step):
        rows = np.arange(start, min(n, start + step))
        asked = np.repeat(rows, _CANDIDATES)
        mine = {j: w[asked] if w.ndim == 2 else w for j, w in weights.items()}
        values, share = draw(asked.size, mine, rng)
        heights = np.cumsum(share.reshape(-1, _CANDIDATES), axis=1)
        total = heights[:, -1]
        if not total.all():
            raise impossible(_names(domain, weights))
        aim = rng.random(rows.size) * total
        pick = np.minimum((heights <= aim[:, None]).sum(axis=1), _last(heights))
        out[rows] = values[np.arange(rows.size) * _CANDIDATES + pick]
    return out


def _last(heights: FloatArray) -> NDArray[np.int64]:
    """The last candidate with a positive share, per row: where the heights first reach their end."""
    last: NDArray[np.int64] = np.argmax(heights >= heights[:, -1:], axis=1)
    return last


def _names(domain: Domain, weights: dict[int, FloatArray]) -> str:
    return ", ".join(domain.names[j] for j in weights)
