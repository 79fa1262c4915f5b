"""Chooses rows of a pool so that their pair tables come close to given ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import FloatArray
from twin.models.importance import choose_rows
from twin.sampling.tables import Bytes

_STRIPES = 3
_SHARE = 0.08


def balance(
    placed: Sequence[Bytes],
    shares: Sequence[FloatArray],
    chosen: NDArray[np.int64],
    *,
    rng: Generator,
    steps: int,
) -> NDArray[np.int64]:
    """Swap chosen rows for others of the pool, so that cells hold what their shares ask for.

    Each step looks at a third of the pool, scores its rows by the excess of their cells (the gradient of
    Σ (count - wanted)² / (wanted + 1)), and swaps rows drawn in proportion to their scores, as many as
    lower that sum most. What is left of a sample's own noise shrinks from step to step.

    Args:
        placed: For each pair of fields the cell of each pool row, shape (m,).
        shares: For each pair the share of rows wanted in each cell.
        chosen: Positions of the rows chosen at first, shape (n,).
        rng: Source of randomness.
        steps: Number of steps, ≥ 0.

    Returns:
        Positions, rising, shape (n,).

    Source:
        In the spirit of balanced sampling (Deville and Tillé, Biometrika 91, 2004), by descent.
    """
    if not placed:
        return chosen
    m, n = placed[0].size, chosen.size
    inside = np.zeros(m, bool)
    inside[chosen] = True
    wanted = [n * t for t in shares]
    excess = [np.bincount(x[chosen], minlength=w.size) - w for x, w in zip(placed, wanted, strict=True)]
    for step in range(steps):
        first = step % _STRIPES
        rows = np.arange(first, m, _STRIPES)
        score = np.zeros(rows.size)
        for x, e, w in zip(placed, excess, wanted, strict=True):
            score += (e / (w + 1.0)).take(x[first::_STRIPES])
        mine = inside[rows]
        swaps = int(_SHARE * min(np.count_nonzero(mine), np.count_nonzero(~mine)))
        if swaps < 1:
            break
        score -= _total(score[mine]) / np.count_nonzero(mine)
        leave = _pick(rows[mine], np.maximum(score[mine], 0.0), swaps, rng)
        enter = _pick(rows[~mine], np.maximum(-score[~mine], 0.0), swaps, rng)
        k = int(min(leave.size, enter.size))
        change = _change(placed, wanted, leave[:k], enter[:k])
        fall = -sum(_total(c * e / (w + 1.0)) for c, e, w in zip(change, excess, wanted, strict=True))
        curve = sum(_total(c * c / (w + 1.0)) for c, w in zip(change, wanted, strict=True))
        k = int(k * min(1.0, max(0.0, float(fall / curve)))) if curve > 0 else 0
        if k < 1:
            continue
        inside[leave[:k]] = False
        inside[enter[:k]] = True
        for e, c in zip(excess, _change(placed, wanted, leave[:k], enter[:k]), strict=True):
            e += c
    return np.flatnonzero(inside)


def _pick(rows: NDArray[np.int64], score: FloatArray, count: int, rng: Generator) -> NDArray[np.int64]:
    """Up to `count` rows in proportion to their scores, each once, in random order."""
    count = min(count, int(np.count_nonzero(score)))
    return rng.permutation(rows[choose_rows(score, count, rng)]) if count else rows[:0]


def _change(
    placed: Sequence[Bytes], wanted: Sequence[FloatArray], leave: NDArray[np.int64], enter: NDArray[np.int64]
) -> list[FloatArray]:
    """Change of each table's counts by a swap."""
    return [
        (np.bincount(x[enter], minlength=w.size) - np.bincount(x[leave], minlength=w.size)).astype(np.float64)
        for x, w in zip(placed, wanted, strict=True)
    ]


def _total(x: FloatArray) -> float:
    """Sum in one fixed order, so that every machine gets the same bits."""
    return float(np.cumsum(x)[-1]) if x.size else 0.0
