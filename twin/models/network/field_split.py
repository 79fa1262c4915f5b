"""Fields cut into parts of few codes each: wide fields become a coarse cell and an offset within it.

Networks see parts alone. A softmax over 50,000 levels costs as much as all the rest of a net together; two of
a few hundred cost next to nothing, whatever the number of levels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints, Ints32
from twin.models.guarded_counts import coarse_bins

WIDEST = 100
"""Most codes of a field that is left whole."""


@dataclass(frozen=True)
class Split:
    """How the codes of one field are split into one part or two.

    Args:
        codes: The code of each coarse cell and offset, shape (cells, offsets), -1 where there is none; with a
            single part shape (codes, 1). Codes of which nothing may be released stand nowhere.
        size: Number of codes of the field.
    """

    codes: Ints
    size: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Codes of each part."""
        cells, offsets = self.codes.shape
        return (cells,) if offsets == 1 else (cells, offsets)

    @cached_property
    def cell(self) -> Ints:
        """Coarse cell of each code, shape (size,); -1 for codes that stand nowhere."""
        return self._inverse[0]

    @cached_property
    def offset(self) -> Ints:
        """Offset of each code within its cell, shape (size,)."""
        return self._inverse[1]

    @cached_property
    def _inverse(self) -> tuple[Ints, Ints]:
        cell, offset = np.full(self.size, -1, np.int64), np.zeros(self.size, np.int64)
        at = np.nonzero(self.codes >= 0)
        cell[self.codes[at]], offset[self.codes[at]] = at
        return cell, offset


def split(counts: Ints, order: Ints, *, widest: int = WIDEST) -> Split:
    """Cut a field into a coarse cell and an offset, if it is wide.

    Args:
        counts: Rows per code that may be released, shape (size,); a code of none is never drawn.
        order: Codes by rank on their scale, shape (size,), so that neighbours are alike.
        widest: Most codes of a part, ≥ 2, where the field is left whole; a wider one is cut in two parts of
            about the square root of its codes.

    Returns:
        The cut.

    Example:
        >>> split(np.array([5, 0, 5]), np.arange(3)).codes.tolist()
        [[0], [2]]
        >>> split(np.ones(9, int), np.arange(9), widest=4).codes.tolist()
        [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    """
    kept = order[counts[order] > 0]
    if kept.size <= widest:
        return Split(np.sort(kept)[:, None], counts.size)
    root = math.ceil(math.sqrt(kept.size))
    bins = coarse_bins(counts[kept], root)
    cells: list[Ints] = []
    for cell in np.split(kept, np.flatnonzero(np.diff(bins)) + 1):
        cells += np.array_split(cell, -(-cell.size // (2 * root)))
    codes = np.full((len(cells), max(c.size for c in cells)), -1, np.int64)
    for i, cell in enumerate(cells):
        codes[i, : cell.size] = cell
    return Split(codes, counts.size)


@dataclass(frozen=True)
class FieldSplits:
    """The parts of all fields, one after the other.

    Args:
        splits: One per field.
    """

    splits: tuple[Split, ...]

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Codes of each part."""
        return tuple(w for s in self.splits for w in s.widths)

    @cached_property
    def owner(self) -> Ints:
        """Position of the field of each part, shape (parts,)."""
        return np.repeat(np.arange(len(self.splits)), [len(s.widths) for s in self.splits])

    @cached_property
    def first(self) -> Ints:
        """Position of the first part of each field, shape (fields,)."""
        return np.cumsum([0, *(len(s.widths) for s in self.splits)])[:-1]

    def encode(self, values: Ints32, counts: Sequence[Ints], rng: Generator) -> Ints32:
        """The parts of rows; a code that stands nowhere becomes one of the others, drawn by their rows.

        Args:
            values: Codes, shape (n, fields).
            counts: Rows per code and field.
            rng: Draws in the place of codes that stand nowhere.

        Returns:
            Shape (n, parts), int32.
        """
        out = np.empty((values.shape[0], len(self.widths)), np.int32, order="F")
        for j, (s, at) in enumerate(zip(self.splits, self.first.tolist(), strict=True)):
            codes = values[:, j]
            lost = np.flatnonzero(s.cell[codes] < 0)
            if lost.size:
                mass = np.where(s.cell >= 0, counts[j], 0)
                codes = codes.copy()
                codes[lost] = rng.choice(s.size, lost.size, p=mass / mass.sum())
            out[:, at] = s.cell[codes]
            if len(s.widths) == 2:
                out[:, at + 1] = s.offset[codes]
        return out

    def decode(self, parts: Ints32) -> Ints32:
        """Codes of rows, shape (n, fields), from their parts, shape (n, parts)."""
        out = np.empty((parts.shape[0], len(self.splits)), np.int32, order="F")
        for j, (s, at) in enumerate(zip(self.splits, self.first.tolist(), strict=True)):
            out[:, j] = s.codes[parts[:, at], parts[:, at + 1] if len(s.widths) == 2 else 0]
        return out

    def weights(self, j: int, weights: Floats) -> Floats:
        """Weights of one field's codes by cell and offset, shape (…, cells, offsets); 0 where none is.

        Args:
            j: Position of the field.
            weights: Weights, ≥ 0.
        """
        codes = self.splits[j].codes
        out: Floats = np.where(codes >= 0, weights[..., np.maximum(codes, 0)], 0.0)
        return out
