"""A number line learned under a budget: atoms and cells from noisy counts over public bins."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.columns.binning.binning import Binning, with_room
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.dp_quantiles import cells, heaps, public_edges, segments

CELLS = "cells"
ATOMS = "atoms"
"""Facts of a binning: noisy counts over public bins, and exact values that may be told."""

FEW = 128
"""Grids of no more points than these have a code for each, which costs nothing."""

_MOST_CELLS = 64
_MOST_ATOMS = 64
_OVERVIEW = 64  # bins of a second, coarser count, in which crowds show that fine bins scatter
_WORTH = 4  # fine bins per coarse one from which it is worth its share
_MOST_CUTS = 16


@dataclass(frozen=True, kw_only=True)
class Window:
    """Points of an integer grid.

    Args:
        low: The first.
        high: The last, ≥ low.
    """

    low: int
    high: int

    @property
    def points(self) -> int:
        """How many there are."""
        return self.high - self.low + 1

    def few(self, most: int) -> bool:
        """Whether each can have a code of its own."""
        return self.points <= min(FEW, most)


def exact_binning(window: Window, *, nullable: bool) -> Binning:
    """A binning in which each point of the grid is an atom: nothing of it is learned.

    Args:
        window: The bounds within which numbers are learned.
        nullable: Whether a cell may be missing.
    """
    atoms = np.arange(window.low, window.high + 1, dtype=np.int64)
    weights = np.full(atoms.size + nullable, 1.0 / atoms.size)
    weights[: int(nullable)] = 0.0
    return Binning(atoms=atoms, edges=np.empty(0), weights=weights, nullable=nullable)


def learn_binning_dp(
    units: Ints, present: Bools, guard: DpColumnGuard, *, window: Window, most: int, nullable: bool
) -> Binning:
    """Learn a binning; charges what is planned of `CELLS` and `ATOMS`.

    Args:
        units: Values on the grid, shape (n,), inside the window; anything where not present.
        present: Which are there, shape (n,).
        guard: Guard of the column.
        window: Points of the grid, public or told.
        most: Most atoms and cells together, ≥ 2.
        nullable: Whether code 0 is a missing value.

    Returns:
        The binning; every point of the window has a code.
    """
    edges = public_edges(window.low, window.high)
    bins = np.clip(np.searchsorted(edges, units.astype(np.float64)) - 1, 0, edges.size - 2)
    step = -(-(edges.size - 1) // _OVERVIEW)
    steps = (1, step) if step >= _WORTH else (1,)
    counts, *overview = guard.histograms(CELLS, np.where(present, bins, -1), edges.size - 1, steps=steps)
    sigma = guard.sigma(CELLS) * math.sqrt(len(steps))
    values, heavy = _selected(units, present, guard)
    exact = edges.size - 1 == window.points  # each bin is a point
    if window.few(most):
        atoms = np.arange(window.low, window.high + 1, dtype=np.int64)
        return _weighed(atoms, counts.astype(np.float64), np.empty(0), counts, edges, nullable=nullable)
    if exact:
        heaped = heaps(counts, sigma=sigma, most=_MOST_ATOMS)
        heavy = np.concatenate([heavy, counts[heaped]])
        values, first = np.unique(np.concatenate([values, heaped + window.low]), return_index=True)
        heavy = heavy[first]
    order = np.sort(np.argsort(-heavy, kind="stable")[: min(_MOST_ATOMS, most // 2)])
    atoms, heavy = values[order], heavy[order]
    rest = counts.copy()
    home = np.clip(np.searchsorted(edges, atoms.astype(np.float64)) - 1, 0, rest.size - 1)
    if exact:
        rest[home] = 0
    else:
        np.subtract.at(rest, home, heavy)
    for coarse in overview:
        np.subtract.at(coarse, home // step, heavy)
    wide = np.append(edges[:-1:step], edges[-1])
    cuts = [step * cut for coarse in overview for cut in segments(coarse, wide, sigma=sigma, most=_MOST_CUTS)]
    room = max(1, min(_MOST_CELLS, most - atoms.size))
    cut = with_room(cells(rest, edges, sigma=sigma, most=room, cuts=cuts), atoms)
    return _weighed(atoms, heavy.astype(np.float64), cut, rest, edges, nullable=nullable)


def _selected(units: Ints, present: Bools, guard: DpColumnGuard) -> tuple[Ints, Ints]:
    """Exact values that may be told, ascending, and their noisy counts; none where none are planned."""
    if not guard.needs(ATOMS):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    values, inverse = np.unique(units[present], return_inverse=True)
    codes = np.full(units.shape, -1, np.int64)
    codes[present] = inverse.reshape(-1)
    selected = guard.levels(codes, values.size, fact=ATOMS)
    return values[selected.places].astype(np.int64), selected.counts


def _weighed(
    atoms: Ints, heavy: Floats, cut: Floats, rest: Ints, edges: Floats, *, nullable: bool
) -> Binning:
    """The binning of atoms and cells, with noisy counts as weights."""
    bare = Binning(atoms=atoms, edges=cut, weights=np.ones(1), nullable=nullable)
    weights = np.zeros(bare.size)
    weights[bare.nearest_codes(atoms)] = np.maximum(heavy, 0.0)
    if cut.size:
        middles = (edges[:-1] + edges[1:]) / 2
        cell = np.clip(np.searchsorted(cut, middles) - 1, 0, cut.size - 2)
        mass = np.bincount(cell, rest, minlength=cut.size - 1)
        centre = (cut[:-1] + cut[1:]) / 2
        rank = np.searchsorted(atoms, centre) + np.arange(centre.size) + nullable
        weights[rank] = np.maximum(mass, 0.0)
    total = weights.sum()
    if total <= 0:
        weights[int(nullable) :] = 1.0
        total = weights.sum()
    return replace(bare, weights=weights / total)
