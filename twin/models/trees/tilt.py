"""Draws one field of the chain under weights on its codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.arrays import Floats, Ints, Ints32
from twin.models.guarded_counts import single_codes
from twin.models.trees.codetree import CodeTree
from twin.models.trees.quickscorer import Bins, Rows


class Halved(Protocol):
    """A field whose codes are halved again and again."""

    @property
    def order(self) -> Ints:
        """Codes by place."""
        ...

    @property
    def tree(self) -> CodeTree:
        """The halvings."""
        ...

    @property
    def counts(self) -> Ints:
        """Rows of each code."""
        ...

    def right(self, node: int, bins: Sequence[Bins], rows: Rows | None) -> NDArray[np.uint32]:
        """2³² times the chance of going right."""
        ...


class TiltedNode:
    """The conditional law of one field times weights, row by row.

    Where the chain gives code c the chance p(c), `draw` gives it p(c) w(c) / Z and tells Z = Σ p(c) w(c).

    Args:
        known: The field.
        weights: Weights per code, shape (size,) or (n, size), not negative.
        n: Number of rows.
    """

    def __init__(self, known: Halved, weights: Floats, n: int) -> None:
        self._known = known
        self._n = n
        counts = known.counts[known.order].astype(np.float64)  # by place
        single = single_codes(weights)
        self._single: tuple[Ints, Floats] | None = None  # where each row has a weight, and its mass
        if single is not None:
            place = np.argsort(known.order)[single]
            self._single = place, weights[np.arange(n), single] * counts[place]
        else:
            by_place = np.atleast_2d(weights)[:, known.order] * counts  # (1 or n, size)
            zero = np.zeros((by_place.shape[0], 1))
            self._heights = np.concatenate([zero, np.cumsum(by_place, axis=1)], axis=1)
        self._rows = np.concatenate([[0.0], np.cumsum(counts)])
        self._weights = weights[known.order] if weights.ndim == 1 else None
        self._chance: dict[int, tuple[Rows, Floats]] = {}

    def draw(self, bins: Sequence[Bins], rng: Generator) -> tuple[Ints32, Floats]:
        """Codes, shape (n,), and Z, shape (n,); where Z is 0 the code means nothing."""
        tree = self._known.tree
        everyone = np.arange(self._n)
        size = self._known.order.size
        share = self._mass(0 if len(tree) else -1, 0, size, everyone, bins)
        low, high = np.zeros(self._n, np.int64), np.full(self._n, size)
        stack = [(0, everyone[share > 0])] if len(tree) else []
        while stack:
            node, rows = stack.pop()
            goes = rng.random(rows.size) < self._right(node, rows, bins)
            for side, child, lo, hi in (
                (goes, tree.right[node], tree.mid[node], tree.high[node]),
                (~goes, tree.left[node], tree.low[node], tree.mid[node]),
            ):
                part = rows[side]
                low[part], high[part] = lo, hi
                if child >= 0 and part.size:
                    stack.append((int(child), part))
        return self._known.order.take(self._place(low, high, rng.random(self._n))).astype(np.int32), share

    def _right(self, node: int, rows: Rows, bins: Sequence[Bins]) -> Floats:
        """The chance of going right under the weights, shape (rows,)."""
        if node in self._chance:
            mine, chance = self._chance[node]
            return chance[np.searchsorted(mine, rows)]
        return self._known.right(node, bins, rows) / 2.0**32  # all codes below have one weight

    def _place(self, low: Ints, high: Ints, u: Floats) -> Ints:
        """A place within [low, high) in proportion to counts times weights."""
        if self._single is not None:
            return np.clip(self._single[0], low, high - 1)
        heights = self._heights
        if heights.shape[0] == 1:
            line = heights[0]
            aim = line[low] + u * (line[high] - line[low])
            place = np.searchsorted(line, aim, side="right") - 1
        else:
            rows = np.arange(self._n)
            aim = heights[rows, low] + u * (heights[rows, high] - heights[rows, low])
            place = (heights <= aim[:, None]).sum(axis=1) - 1
        inside: Ints = np.clip(place, low, high - 1)
        return inside

    def _mass(self, node: int, low: int, high: int, rows: Rows, bins: Sequence[Bins]) -> Floats:
        """Σ p(c) w(c) over the codes of places low … high - 1, given that the code lies there; per row."""
        if self._single is not None:
            place, mass = (part[rows] for part in self._single)
            weighed = np.where((low <= place) & (place < high), mass, 0.0)
        else:
            lines = 0 if self._heights.shape[0] == 1 else rows
            weighed = self._heights[lines, high] - self._heights[lines, low]
        total = self._rows[high] - self._rows[low]
        whole = np.broadcast_to(weighed / max(total, 1.0), rows.shape).copy()  # the end node's mean weight
        if node < 0 or self._same(low, high):
            return whole
        out = np.zeros(rows.size)
        active = np.flatnonzero(whole > 0)
        mine = rows[active]
        if not mine.size:
            return out
        tree = self._known.tree
        mid = int(tree.mid[node])
        right = np.broadcast_to(self._known.right(node, bins, mine) / 2.0**32, mine.shape)
        up = right * self._mass(int(tree.right[node]), mid, high, mine, bins)
        down = (1.0 - right) * self._mass(int(tree.left[node]), low, mid, mine, bins)
        out[active] = up + down
        self._chance[node] = (
            mine,
            np.where(up + down > 0, up / np.where(up + down > 0, up + down, 1.0), 0.0),
        )
        return out

    def _same(self, low: int, high: int) -> bool:
        """Whether all codes of the places have one weight, so that the law inside does not change."""
        return False if self._weights is None else bool(np.ptp(self._weights[low:high]) == 0)
