"""Parts of a number line that are asked for: their weight in each code, and draws inside them alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Integers, Ints
from twin.columns.binning.binning import FARTHEST, Binning, free_index


@dataclass(frozen=True)
class Pieces:
    """Stretches of whole numbers that do not overlap, ascending; exact values are stretches of one.

    Args:
        low: First number of each, shape (p,).
        high: Last number of each, shape (p,), ≥ low.
        exact: Which exact value each stands for, shape (p,), -1 for a stretch.
    """

    low: Ints
    high: Ints
    exact: Ints

    def find(self, units: Ints) -> Ints:
        """The piece that each number lies in, shape (n,); -1 where it lies in none."""
        if not self.low.size:
            return np.full(units.shape, -1, np.int64)
        at = np.searchsorted(self.low, units, side="right") - 1
        inside = (at >= 0) & (units <= self.high[at])
        return np.where(inside, at, -1)

    def nearest(self, units: Ints) -> Ints:
        """The nearest number in a piece at or below each number, else the lowest of all; shape (n,)."""
        at = np.maximum(np.searchsorted(self.low, units, side="right") - 1, 0)
        return np.clip(units, self.low[at], self.high[at])


def pieces_of(ranges: list[tuple[int, int]], points: Ints) -> Pieces:
    """Ranges joined where they touch, and the points that lie outside them.

    Args:
        ranges: First and last number of each; those that hold none are left out.
        points: Exact values, shape (m,).

    Returns:
        The pieces; of points at one number the first is kept.

    Example:
        >>> pieces = pieces_of([(5, 9), (8, 12), (3, 2)], np.array([20, 6, 1]))
        >>> pieces.low.tolist(), pieces.high.tolist(), pieces.exact.tolist()
        ([1, 5, 20], [1, 12, 20], [2, -1, 0])
    """
    joined: list[list[int]] = []
    for first, last in sorted((first, last) for first, last in ranges if first <= last):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    stretches = np.array(joined, np.int64).reshape(-1, 2)
    free = Pieces(stretches[:, 0], stretches[:, 1], np.full(len(stretches), -1)).find(points) < 0
    units, kept = np.unique(points[free], return_index=True)
    low = np.concatenate([stretches[:, 0], units])
    order = np.argsort(low, kind="stable")
    high = np.concatenate([stretches[:, 1], units])
    exact = np.concatenate([np.full(len(stretches), -1), np.flatnonzero(free)[kept]])
    return Pieces(low[order], high[order], exact[order].astype(np.int64))


EVERYTHING = (-FARTHEST, FARTHEST)
"""The range that holds all values of a binning."""


@dataclass(frozen=True)
class Region:
    """The part of a binning that lies in some pieces. Made by `region_of`.

    Args:
        binning: The binning.
        missing: Whether a missing value is part of it.
        code: Code of each segment, ascending, shape (s,).
        low: First free point of each segment of a cell, or the value of an atom, shape (s,).
        high: Last of the same, shape (s,).
        weights: Share of each code's points that lies in the region, shape (size,).
    """

    binning: Binning
    missing: bool
    code: Ints
    low: Ints
    high: Ints
    weights: Floats = field(repr=False)

    def decode(self, codes: Integers, rng: Generator) -> tuple[Ints, Bools]:
        """Values inside the region and which are missing, shapes (n,), of codes with a weight above zero.

        Args:
            codes: Codes of the rows, shape (n,).
            rng: Source of randomness.
        """
        gone = codes == 0 if self.missing else np.zeros(codes.shape, dtype=bool)
        units = np.zeros(codes.shape, np.int64)
        rows = np.flatnonzero(~gone)
        if not rows.size:
            return units, gone
        held, first = np.unique(self.code, return_index=True)
        ends = np.append(first[1:], self.code.size)
        count = self.high.astype(np.float64) - self.low + 1.0
        sums = np.concatenate([[0.0], np.cumsum(count / np.bincount(self.code, count)[self.code])])
        lane = np.searchsorted(held, codes[rows])  # (rows,)
        start, stop = sums[first[lane]], sums[ends[lane]]
        aim = start + rng.random(rows.size) * (stop - start)
        at = np.searchsorted(sums, aim, side="right") - 1
        at = np.clip(at, first[lane], ends[lane] - 1)
        free = rng.integers(self.low[at], self.high[at], endpoint=True)
        atoms = self.binning.atoms
        skipped = np.searchsorted(atoms - np.arange(atoms.size), free, side="right")
        units[rows] = np.where(self.binning.is_atom(codes[rows]), free, free + skipped)
        return units, gone


def region_of(binning: Binning, pieces: Pieces, *, missing: bool) -> Region:
    """The part of a binning that lies in some pieces.

    Args:
        binning: The binning.
        pieces: The pieces.
        missing: Whether a missing value is part of it; the binning must be nullable then.

    Returns:
        The region; its weights are all zero where the binning holds nothing of it.

    Example:
        >>> edges, weights = np.array([0.5, 9.5]), np.ones(2)
        >>> binning = Binning(atoms=np.array([0]), edges=edges, weights=weights, nullable=False)
        >>> region = region_of(binning, pieces_of([(7, 20)], np.array([0])), missing=False)
        >>> region.weights.round(2).tolist()
        [1.0, 0.33]
        >>> region.decode(np.array([1, 0]), np.random.default_rng(0))[0].tolist()
        [7, 0]
    """
    if binning.empty and not binning.nullable:  # such a binning decodes to 0
        binning = replace(binning, atoms=np.zeros(1, np.int64))
    codes, lows, highs, shares = [], [], [], []
    for at, low, high, share in (_atoms(binning, pieces), _cells(binning, pieces)):
        codes.append(binning.codes_of(at))
        lows.append(low)
        highs.append(high)
        shares.append(share)
    code = np.concatenate(codes)
    order = np.argsort(code, kind="stable")
    weights = np.bincount(code, np.concatenate(shares), minlength=binning.size).astype(np.float64)
    if missing:
        weights[0] = 1.0
    return Region(
        binning, missing, code[order], np.concatenate(lows)[order], np.concatenate(highs)[order], weights
    )


Segments = tuple[Ints, Ints, Ints, Floats]
"""Item of the binning (atoms first), first and last point, and share of the item's points."""


def _atoms(binning: Binning, pieces: Pieces) -> Segments:
    """Atoms that lie in a piece."""
    inside = np.flatnonzero(pieces.find(binning.atoms) >= 0)
    values = binning.atoms[inside]
    return inside, values, values, np.ones(inside.size)


def _cells(binning: Binning, pieces: Pieces) -> Segments:
    """Where pieces and cells overlap, in free points, which are counted without the atoms between them."""
    none = np.zeros(0, np.int64)
    if binning.edges.size < 2 or not pieces.low.size:
        return none, none, none, np.zeros(0)
    first = np.floor(binning.edges).astype(np.int64) + 1  # of each cell, and one past the last
    low, high = np.maximum(pieces.low, first[0]), np.minimum(pieces.high, first[-1] - 1)
    some = low <= high
    low, high = low[some], high[some]
    start = np.searchsorted(first, low, side="right") - 1
    many = np.searchsorted(first, high, side="right") - start  # cells that each piece touches
    piece = np.repeat(np.arange(low.size), many)
    cell = np.arange(piece.size) - np.repeat(np.cumsum(many) - many, many) + start[piece]
    begin = free_index(np.maximum(low[piece], first[cell]), binning.atoms)
    end = free_index(np.minimum(high[piece], first[cell + 1] - 1) + 1, binning.atoms)
    points = np.diff(free_index(first, binning.atoms))
    here = end > begin
    share = (end - begin)[here] / points[cell[here]]
    return binning.atoms.size + cell[here], begin[here], end[here] - 1, share
