"""Rows drawn from a clique tree, with integers alone: the same seed gives the same rows on any machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import Ints, Ints32
from twin.models.marginals.cliques import Beliefs, CliqueTree
from twin.models.marginals.factors import log_sum

_ONE = 2**30
_GOLDEN = 2_654_435_769  # 2³² over the golden ratio


@dataclass(frozen=True)
class CliqueTables:
    """A law on a clique tree, as integer weights: what is kept of a fit, and what rows are drawn from.

    Args:
        tree: The tree.
        weights: For each clique the weight of its new fields' cells (columns) given each state of its
            separator (rows), int32; a row sums to about 2³⁰.
    """

    tree: CliqueTree
    weights: tuple[Ints32, ...]

    @cached_property
    def _heights(self) -> tuple[Ints, ...]:
        """Running sums of each table, row after row, with a leading zero."""
        return tuple(np.concatenate([[0], np.cumsum(w, dtype=np.int64)]) for w in self.weights)

    def sample(self, n: int, *, rng: Generator, rounded: bool = False) -> Ints32:
        """Draw rows clique by clique, each by inversion given the fields it shares with its parent.

        Args:
            n: Number of rows.
            rng: Source of randomness.
            rounded: Draw by systematic rounding: the rows that share a separator's state are spread so that
                each cell holds its expected number of them, rounded up or down without bias. Less noise
                than independent rows.

        Returns:
            Codes, shape (n, number of fields), int32.

        Source:
            Madow 1949 (systematic sampling), for `rounded`.
        """
        values = np.empty((n, len(self.tree.sizes)), np.int32, order="F")
        for i in range(len(self.tree.cliques)):
            self.extend(values, i, rng=rng, rounded=rounded)
        return values

    def extend(self, values: Ints32, i: int, *, rng: Generator, rounded: bool = False) -> None:
        """Draw the new fields of clique i given those that it shares with its parent, in place."""
        tree = self.tree
        width = self.weights[i].shape[1]
        heights = self._heights[i]
        group = _ravel(values, tree.separators[i], tree.sizes)  # (n,)
        low = heights[group * width]
        mass = heights[(group + 1) * width] - low
        share = _spread(group, mass, rng) if rounded else _independent(mass, rng)
        cell = np.searchsorted(heights, low + share, side="right") - 1 - group * width
        for f in reversed([f for f in tree.cliques[i] if f not in tree.separators[i]]):
            cell, values[:, f] = np.divmod(cell, tree.sizes[f])


def clique_tables(beliefs: Beliefs) -> CliqueTables:
    """Round a law to integer weights.

    Args:
        beliefs: A calibrated tree.

    Returns:
        The tables; a cell's chance given its separator is off by 2⁻³¹ at most.

    Example:
        >>> from twin.models.marginals.cliques import calibrate, junction_tree
        >>> tables = clique_tables(calibrate(junction_tree([(0, 1)], [2, 3]), []))
        >>> tables.sample(600, rng=np.random.default_rng(0), rounded=True).mean(axis=0).tolist()
        [0.5, 1.0]
    """
    tree = beliefs.tree
    weights = []
    for belief, shared in zip(beliefs.cliques, tree.separators, strict=True):
        places = [belief.fields.index(f) for f in shared]
        others = [i for i, f in enumerate(belief.fields) if f not in shared]
        table = belief.values.transpose([*places, *others])
        table = table.reshape(math.prod(table.shape[: len(places)]), -1)  # (states, cells)
        rows = log_sum(table, (1,))[:, None]
        chance = np.exp(table - np.where(np.isneginf(rows), 0.0, rows))
        weights.append(np.rint(_ONE * chance).astype(np.int32))
    return CliqueTables(tree, tuple(weights))


def _ravel(values: Ints32, fields: Sequence[int], sizes: Sequence[int]) -> Ints:
    """State of the fields in each row, shape (n,)."""
    state = np.zeros(len(values), np.int64)
    for f in fields:
        state = state * sizes[f] + values[:, f]
    return state


def _independent(mass: Ints, rng: Generator) -> Ints:
    """One place below its mass for each row."""
    return rng.integers(0, 2**32, mass.size, dtype=np.int64) * mass >> 32


def _spread(group: Ints, mass: Ints, rng: Generator) -> Ints:
    """Evenly spaced places within each group, in random order, from a random start per group.

    The starts step by the golden ratio from group to group, so that the roundings of neighbours cancel.
    """
    mixed = rng.permutation(group.size)
    rows = mixed[np.argsort(group[mixed], kind="stable")]  # group after group, in random order within
    line, weight = group[rows], mass[rows]
    new = np.concatenate([[True], line[1:] != line[:-1]]) if line.size else np.zeros(0, bool)
    starts = np.flatnonzero(new)
    rank = np.cumsum(new) - 1  # number of the group, counting those that have rows
    count = np.diff(np.append(starts, line.size))[rank]
    step = np.arange(line.size) - starts[rank]
    start = (int(rng.integers(0, 2**32)) + rank * _GOLDEN) % 2**32
    place = np.empty_like(mass)
    place[rows] = (step * weight + (start * weight >> 32)) // count
    return place
