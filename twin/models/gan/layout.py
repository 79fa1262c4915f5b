"""What the nets of a GAN see: the layout of rows, rows by level, and the random numbers of a step.

A row is a cell per field, for wide fields an offset within it, and scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Floats32, Ints, Ints32
from twin.codes import Domain
from twin.models.base import joined
from twin.models.copula.correlations import cell_scores, cut_points
from twin.models.network.field_split import WIDEST, FieldSplits, split

NEVER = np.float32(-1e9)
"""Logit of an offset where no code stands."""

_MOST_CELLS = 4000
_NARROWEST = 8


@dataclass(frozen=True)
class GanLayout:
    """Cells, offsets and scores of all d fields, w of them wide. Made by `layout_of`.

    Args:
        parts: How codes are split into parts.
        scored: Positions of the s fields whose position on their scale the nets see as a number.
        scores: Score of each code of all scored fields, field after field, cell by cell, shape (t,).
        prior: Logarithm of the share of rows of each cell of all fields, shape (v,).
    """

    parts: FieldSplits
    scored: tuple[int, ...]
    scores: Floats32
    prior: Floats32

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Cells of each field."""
        return tuple(s.widths[0] for s in self.parts.splits)

    @cached_property
    def starts(self) -> Ints:
        """Position of the first cell of each field, shape (d,)."""
        return np.cumsum([0, *self.sizes], dtype=np.int64)[:-1]

    @cached_property
    def wide(self) -> tuple[int, ...]:
        """Positions of the fields that have offsets."""
        return tuple(j for j, s in enumerate(self.parts.splits) if len(s.widths) == 2)

    @cached_property
    def offsets(self) -> Ints:
        """Position of the offset of each wide field among the parts, shape (w,)."""
        return self.parts.first[list(self.wide)] + 1

    @cached_property
    def score_starts(self) -> Ints:
        """Position of each scored field's scores, shape (s,)."""
        sizes = [self.parts.splits[j].codes.size for j in self.scored]
        return np.cumsum([0, *sizes], dtype=np.int64)[:-1]

    @cached_property
    def score_steps(self) -> Ints:
        """Offsets of a cell of each scored field, shape (s,)."""
        return np.array([self.parts.splits[j].codes.shape[1] for j in self.scored], np.int64)

    @cached_property
    def score_offsets(self) -> Ints:
        """Part that holds the offset of each scored field, shape (s,); beyond the last where none does."""
        none = len(self.parts.widths)
        first = self.parts.first
        return np.array([first[j] + 1 if j in self.wide else none for j in self.scored], np.int64)

    def offset_tables(self, counts: Sequence[Ints]) -> tuple[Floats32, Floats32]:
        """What each offset of the wide fields is like.

        Args:
            counts: Rows per code and field.

        Returns:
            The logarithm of its share of the cell, `NEVER` where no code stands, and how far its score lies
            from its cell's, about -2 … 2; both of shape (w, most cells, most offsets).
        """
        shapes = [self.parts.splits[j].codes.shape for j in self.wide]
        most = (len(shapes), max([s[0] for s in shapes], default=1), max([s[1] for s in shapes], default=1))
        prior, far = np.full(most, NEVER, np.float32), np.zeros(most, np.float32)
        for i, j in enumerate(self.wide):
            codes = self.parts.splits[j].codes
            there, rows = codes >= 0, counts[j][np.maximum(codes, 0)].astype(np.float64)
            mass = np.where(there, np.maximum(rows, 1.0), 0.0)
            share = mass / mass.sum(axis=1, keepdims=True)  # (cells, offsets)
            at = int(self.score_starts[self.scored.index(j)])
            score = self.scores[at : at + codes.size].reshape(codes.shape).astype(np.float64)
            off = score - (share * score).sum(axis=1, keepdims=True)
            spread = np.sqrt((share * off * off).sum(axis=1, keepdims=True))
            cells, offsets = codes.shape
            prior[i, :cells, :offsets] = np.where(there, np.log(np.where(there, share, 1.0)), NEVER)
            far[i, :cells, :offsets] = np.where(there, off / np.maximum(spread, 1e-6), 0.0)
        return prior, np.clip(far, -4, 4).astype(np.float32)

    def numbers(self, rows: Ints32) -> Floats32:
        """Scores of rows of parts, shape (n, s)."""
        n = rows.shape[0]
        out = np.empty((n, len(self.scored)), np.float32)
        for i, j in enumerate(self.scored):
            at = self.score_starts[i] + rows[:, self.parts.first[j]] * self.score_steps[i]
            out[:, i] = self.scores[at + (rows[:, self.parts.first[j] + 1] if j in self.wide else 0)]
        return out


def layout_of(
    domain: Domain, counts: Sequence[Ints], orders: Sequence[Ints], *, widest: int = WIDEST
) -> GanLayout:
    """The layout of a table, from facts that may be released.

    Args:
        domain: The fields.
        counts: Rows per code and field; codes of none are never drawn.
        orders: Codes by rank on their scale, per field.
        widest: Most codes of a field that is left whole; fewer where there are so many fields that they
            would have more than 4,000 cells.

    Returns:
        The layout.

    Example:
        >>> from twin.codes import Field
        >>> domain = Domain((Field(name="a", size=2), Field(name="b", size=9, ordered=True)))
        >>> counts, orders = [np.ones(2, int), np.ones(9, int)], [np.arange(2), np.arange(9)]
        >>> made = layout_of(domain, counts, orders, widest=4)
        >>> made.sizes, made.wide, made.scored, made.scores.shape
        ((2, 3), (1,), (1,), (9,))
    """
    if widest > _NARROWEST:
        widest = max(_NARROWEST, min(widest, _MOST_CELLS // max(1, len(domain))))
    parts = FieldSplits(tuple(split(c, o, widest=widest) for c, o in zip(counts, orders, strict=True)))
    scores: list[Floats] = []
    prior: list[Floats] = []
    scored = []
    for j, (f, s, rows, order) in enumerate(zip(domain, parts.splits, counts, orders, strict=True)):
        mass = np.where(s.codes >= 0, rows[np.maximum(s.codes, 0)], 0).sum(axis=1) + 0.5
        prior.append(np.log(mass / mass.sum()))
        if f.ordered or len(s.widths) == 2:
            by_code = np.empty(f.size)
            by_code[order] = cell_scores(cut_points(rows[order]))
            scored.append(j)
            scores.append(np.where(s.codes >= 0, by_code[np.maximum(s.codes, 0)], 0.0).ravel())
    return GanLayout(
        parts,
        tuple(scored),
        joined(scores, np.float32),
        joined(prior, np.float32),
    )


@dataclass(frozen=True)
class Draws:
    """Random numbers for b rows of p parts.

    Args:
        noise: Standard normals, shape (b, length of the noise).
        uniform: Uniform numbers, 0 … 1, one per part: first all cells, then all offsets; shape (b, p).
    """

    noise: Floats32
    uniform: Floats32

    @classmethod
    def of(cls, n: int, noise: int, parts: int, rng: Generator) -> Draws:
        """Draw them, for n rows.

        Args:
            n: Number of rows, ≥ 0.
            noise: Numbers of noise per row, ≥ 1.
            parts: Parts of a row that are drawn, ≥ 1.
            rng: Source of randomness.
        """
        return cls(rng.standard_normal((n, noise), np.float32), rng.random((n, parts), np.float32))


@dataclass(frozen=True)
class LevelSampler:
    """The rows of a table by the cell of each field.

    Args:
        order: For each field the rows sorted by their cell, shape (d, n).
        starts: Where the rows of each of the v cells begin in its field's row, shape (v,).
        counts: Rows of each cell, shape (v,).
    """

    order: Ints32
    starts: Ints
    counts: Ints

    @classmethod
    def of(cls, rows: Ints32, layout: GanLayout) -> LevelSampler:
        """Sort rows of parts, shape (n, p).

        Args:
            rows: Codes of the rows, shape (n, fields).
            layout: What the nets see of each field.
        """
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
        """For each pair of a field and one of the v cells, a row that has it, shape (b,).

        Args:
            fields: Positions of fields.
            cells: Cell of each row, shape (n,).
            rng: Source of randomness.
        """
        index = self.starts[cells] + (rng.random(cells.size) * self.counts[cells]).astype(np.int64)
        return self.order[fields, index].astype(np.int64)


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
