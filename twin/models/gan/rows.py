"""What a GAN draws in each step of its training: rows by level, noise and uniform numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Floats32, Ints, Ints32
from twin.models.gan.layout import GanLayout


@dataclass(frozen=True)
class Draws:
    """Random numbers for b rows of p parts.

    Args:
        noise: Standard normals, shape (b, length of the noise).
        uniform: Uniform numbers, 0 … 1, one per part: first all cells, then all places; shape (b, p).
    """

    noise: Floats32
    uniform: Floats32

    @classmethod
    def of(cls, n: int, noise: int, parts: int, rng: Generator) -> Draws:
        """Draw them, for n rows."""
        return cls(rng.standard_normal((n, noise), np.float32), rng.random((n, parts), np.float32))


@dataclass(frozen=True)
class LevelSampler:
    """The rows of a table by the cell of each field.

    Args:
        order: For each field the rows sorted by their cell, shape (d, n).
        starts: Where the rows of each of the v cells begin in its field's line, shape (v,).
        counts: Rows of each cell, shape (v,).
    """

    order: Ints32
    starts: Ints
    counts: Ints

    @classmethod
    def of(cls, rows: Ints32, layout: GanLayout) -> LevelSampler:
        """Sort rows of parts, shape (n, p)."""
        d = len(layout.sizes)
        order = np.empty((d, rows.shape[0]), np.int32)
        starts, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for j in range(d):
            cells = rows[:, layout.parts.first[j]].astype(np.uint16)  # below 2¹⁶: sorted by radix
            order[j] = np.argsort(cells, kind="stable")
            counts.append(np.bincount(cells, minlength=layout.sizes[j]).astype(np.int64))
            starts.append(np.cumsum(counts[-1]) - counts[-1])
        return cls(order, np.concatenate(starts), np.concatenate(counts))

    def pick(self, fields: Ints, cells: Ints, rng: Generator) -> Ints:
        """For each pair of a field and one of the v cells, a row that has it, shape (b,)."""
        place = self.starts[cells] + (rng.random(cells.size) * self.counts[cells]).astype(np.int64)
        return self.order[fields, place].astype(np.int64)


class RowIndex:
    """Pairs real rows with rows of the copula, some of them under the condition of a level.

    Levels are drawn by the logarithm of their frequency, so that rare ones are learned too, and then a row
    of either table that has the level.

    Source:
        Xu et al., Modeling tabular data using conditional GAN (2019), section 4.3, training-by-sampling.

    Args:
        layout: Of the rows.
        real: Rows of parts of the table, shape (n, p).
        drawn: Rows of parts that the copula drew, shape (m, p).
        share: Share of a batch under a condition, 0 … 1.
    """

    def __init__(self, layout: GanLayout, real: Ints32, drawn: Ints32, *, share: float) -> None:
        self._real, self._drawn, self._share = np.ascontiguousarray(real), np.ascontiguousarray(drawn), share
        self._d = len(layout.sizes)
        self._layout = layout
        if share > 0:
            self._levels = LevelSampler.of(real, layout), LevelSampler.of(drawn, layout)
            self._heights = _heights(self._levels[0].counts, self._levels[1].counts, layout)

    def batch(self, rows: Ints, rng: Generator) -> tuple[Ints32, Ints32, Floats32]:
        """Real rows, as many of the copula, and which fields they have in common by condition.

        Args:
            rows: Positions of real rows, shape (b,); the first of them give way to those under conditions.
            rng: Draws all else.

        Returns:
            Parts of both, shapes (b, p), and flags, shape (b, d).
        """
        fixed = np.zeros((rows.size, self._d), np.float32)
        others = rng.integers(0, self._drawn.shape[0], rows.size)
        many = int(rows.size * self._share)
        if many:
            fields = rng.integers(0, self._d, many)
            cells = np.searchsorted(self._heights, fields + rng.random(many), side="right")
            rows = rows.copy()
            rows[:many] = self._levels[0].pick(fields, cells, rng)
            others[:many] = self._levels[1].pick(fields, cells, rng)
            fixed[np.arange(many), fields] = 1.0
        return self._real[rows], self._drawn[others], fixed


def _heights(real: Ints, drawn: Ints, layout: GanLayout) -> Floats:
    """Cumulative chances of the v cells, rising by 1 in each field; a cell that a table lacks has none."""
    chance = np.where((real > 0) & (drawn > 0), np.log1p(real), 0.0)
    out = []
    for j, cells in enumerate(np.split(chance, layout.starts[1:])):
        if not cells.any():
            raise AssertionError("no row of the copula has a cell that a real one has")
        rising = np.cumsum(cells)
        out.append(j + rising / rising[-1])
    return np.concatenate(out)
