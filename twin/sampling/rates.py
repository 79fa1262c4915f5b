"""How often a combination may come out, and how often shuffled columns give it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints, Ints32
from twin.sampling.combinations import Subset

DENSE = 3.0
"""Rows of a combination, by chance in a block, from which the model's own rows may stay up to that number.

Below, whole numbers are too coarse for a limit; rows redrawn independently have the right rate.
"""


@dataclass(frozen=True)
class Spent:
    """What the rounds of shuffling have spent of the rate at which a rare combination may come out.

    Args:
        subset: Fields of the combination.
        parts: Its places, those together that move together.
        shares: Share of rows per code, one array per quasi-identifier.
        n: Rows of the block.
        rounds: Combinations of the rows that were shuffled so far, sorted, per round and part.
    """

    subset: Subset
    parts: tuple[Subset, ...]
    shares: list[Floats]
    n: int
    rounds: list[tuple[Ints, ...]] = field(default_factory=list)

    def stays(self, values: Ints32, rows: Ints, settled: Bools, rng: Generator) -> Bools:
        """Which shuffled rows may stay, shape of `rows`.

        Args:
            values: Quasi-identifiers, shape (n, q).
            rows: Positions of the rows that were shuffled.
            settled: Which rows have their place, shape (n,).
            rng: Decides where a rate has to be cut.
        """
        shuffled = values[rows]
        stays = self.subset.allows(self.subset.flat(shuffled))
        rare = np.flatnonzero(~stays)
        asked = shuffled[rare]
        flat = self.subset.flat(asked)
        expected = self.subset.share(flat, self.shares) * self.n  # rows of each combination by chance
        left = np.ones(rare.size)  # share of that which is not spent yet
        for earlier in self.rounds:
            left -= np.minimum(left, self._rate(asked, earlier) / np.maximum(expected, 1e-300))
        self.rounds.append(tuple(np.sort(part.flat(shuffled)) for part in self.parts))
        stays[rare] = rng.random(rare.size) * self._rate(asked, self.rounds[-1]) <= left * expected
        dense = np.flatnonzero(expected >= DENSE)
        if dense.size:
            before = _count(np.sort(self.subset.flat(values[settled])), flat[dense])
            limit = np.floor(expected[dense] + rng.random(dense.size))
            stays[rare[dense]] = before + rank(flat[dense]) < limit
        return stays

    def _rate(self, asked: Ints32, shuffled: tuple[Ints, ...]) -> Floats:
        """Rows that independent columns give a combination, of quasi-identifiers of shape (m, q)."""
        rate = np.full(asked.shape[0], float(shuffled[0].size))
        for part, pool in zip(self.parts, shuffled, strict=True):
            rate *= _count(pool, part.flat(asked)) / pool.size
        return rate


def _count(line: Ints, asked: Ints) -> Ints:
    """How often each asked number is in a sorted line, shape of `asked`."""
    return np.searchsorted(line, asked, side="right") - np.searchsorted(line, asked, side="left")


def rank(flat: Ints) -> Ints:
    """How many earlier rows hold the same combination, shape (n,).

    Args:
        flat: Combination of each row as one number, shape (n,).

    Returns:
        Whole numbers ≥ 0, shape (n,).

    Example:
        >>> rank(np.array([7, 3, 7, 7])).tolist()
        [0, 0, 1, 2]
    """
    order = np.argsort(flat, kind="stable")
    line = flat[order]
    new = np.append(True, line[1:] != line[:-1])
    starts = np.flatnonzero(new)
    out = np.empty(flat.size, np.int64)
    out[order] = np.arange(flat.size) - starts[np.cumsum(new) - 1]
    return out
