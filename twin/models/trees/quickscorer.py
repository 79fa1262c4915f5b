"""Evaluates boosted trees on many rows with integers alone, so that every machine draws the same rows.

Each tree has at most 8 leaves, kept as a byte whose lowest set bit is the leaf that a row reaches. For each
predictor a table says, per bin, which leaves of all trees survive its questions; a row's leaves are the
bitwise and of one table row per predictor.

Source: Lucchese et al., QuickScorer, SIGIR 2015, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Bytes, Floats32, Integers, Ints32
from twin.models.trees.boosting import MOST_LEAVES, SCALE, Ensemble

Rows = NDArray[np.intp]
Bins = Bytes

_FIRST_BIT = np.array([0] + [(m & -m).bit_length() - 1 for m in range(1, 256)])
_LIMIT = 12 * SCALE


@lru_cache(maxsize=1)
def chances() -> NDArray[np.uint32]:
    """2³² times the logistic function, at -12 … 12 in steps of 1/1024, exact on any machine.

    Example:
        >>> int(chances()[12 * 1024]) == 2**31
        True
    """
    one = 1 << 64
    ratio = 18428738468430479223  # 2^64 · exp(-1/1024), rounded
    power, right = one, []
    for _ in range(_LIMIT + 1):
        right.append((one << 32) // (one + power))
        power = power * ratio >> 64
    left = [(1 << 32) - p for p in right[:0:-1]]
    return np.array(left + right, np.uint32)


def chance(log_odds: Integers) -> NDArray[np.uint32]:
    """2³² times the probability at log-odds in steps of 1/1024."""
    out: NDArray[np.uint32] = chances().take(np.clip(log_odds, -_LIMIT, _LIMIT) + _LIMIT)
    return out


@dataclass(frozen=True)
class Scorer:
    """Log-odds of one classifier, for many rows at once.

    Args:
        parts: Per predictor its position, the table row of each bin (256,), and the table of surviving leaves
            (rows, words) as unsigned integers.
        values: Leaf value of each tree and mask, shape (trees · 256,), whole numbers in steps of 1/1024.
        width: Bytes of a table row, at least the number of trees.
    """

    parts: tuple[tuple[int, Bytes, NDArray[np.unsignedinteger]], ...]
    values: Floats32
    width: int

    def log_odds(self, bins: Sequence[Bins], rows: Rows | None) -> Ints32:
        """Scores of some rows.

        Args:
            bins: For each predictor the bins of all rows, shape (n,).
            rows: Positions of the rows, or None for all.

        Returns:
            Log-odds in steps of 1/1024, shape (rows,).
        """
        alive = None
        for predictor, place, table in self.parts:
            column = bins[predictor] if rows is None else bins[predictor].take(rows)
            words = table.take(place.take(column), axis=0)  # (rows, words)
            if alive is None:
                alive = words
            else:
                alive &= words
        assert alive is not None
        masks = alive.view(np.uint8).reshape(-1, self.width)
        trees = self.values.size // 256
        index = masks[:, :trees].astype(np.intp)
        index += np.arange(0, 256 * trees, 256)
        # Whole numbers below 2^24 add exactly in float32, in any order: the product is the same everywhere.
        with np.errstate(invalid="ignore"):  # all are finite; vector units now and then flag what lies beside
            total = self.values.take(index) @ np.ones(trees, np.float32)
        return total.astype(np.int32)


def scorer(trees: Ensemble) -> Scorer:
    """The tables that evaluate an ensemble of at least one tree."""
    count = trees.leaves.shape[0]
    width = 1 << (count - 1).bit_length()  # numpy gathers rows of 1, 2, 4, …, 32 bytes fastest
    word = np.dtype(f"u{min(width, 8)}")
    parts = []
    for predictor in np.unique(trees.feature).tolist():
        asks = np.flatnonzero(trees.feature == predictor)
        steps, row = np.unique(trees.bin[asks], return_inverse=True)
        table = np.full((steps.size + 1, width), 255, np.uint8)
        np.bitwise_and.at(table, (row + 1, trees.tree[asks]), ~trees.left[asks])
        table = np.bitwise_and.accumulate(table, axis=0)
        place = np.searchsorted(steps, np.arange(256)).astype(np.uint8)
        parts.append((predictor, place, np.ascontiguousarray(table).view(word)))
    values = trees.leaves[:, np.minimum(_FIRST_BIT, MOST_LEAVES - 1)].astype(np.float32)  # (trees, 256)
    return Scorer(tuple(parts), values.reshape(-1), width)
