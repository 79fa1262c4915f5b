"""Cells that the rows of a sample are shared out among, so that target shares hold in every block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints
from twin.codes import Codes
from twin.models.importance import systematic

Accepts = Callable[[Codes, Generator], Bools]
"""Decides which drawn rows meet what weights of single fields cannot say, shape (n,)."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Groups of one column, such as levels or ranges, each a condition on its fields.

    Args:
        name: What the groups are of, for errors.
        weights: Weights per code of each field by group, shape (groups, size).
        accepts: For each group what decides which rows stay, or None where the weights say all.
    """

    name: str
    weights: Mapping[str, Floats] = field(repr=False)
    accepts: tuple[Accepts | None, ...]

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.accepts)

    def place(self, codes: Codes, rng: Generator) -> Ints:
        """The group of each row, shape (n,); -1 where it lies in none.

        A row that lies in several, or whose code only partly lies in one, is placed by chance.
        """
        share = np.ones((codes.n, self.groups))
        for name, weights in self.weights.items():
            share *= weights.T[codes.column(name)]  # (n, groups)
        for g, accepts in enumerate(self.accepts):
            inside = np.flatnonzero(share[:, g])
            if accepts is not None and inside.size:
                share[inside, g] *= accepts(codes.take(inside), rng)
        heights = np.cumsum(share, axis=1)
        aim = rng.random(codes.n) * np.maximum(heights[:, -1], 1.0)
        return np.where(aim < heights[:, -1], (heights <= aim[:, None]).sum(axis=1), -1).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Strata:
    """Cells, each one group of every axis, and the share of rows that each gets.

    Args:
        axes: What the cells differ in.
        groups: Group of each cell on each axis, shape (cells, axes).
        shares: Share of rows of each cell, shape (cells,), adding to 1.
    """

    axes: tuple[Axis, ...]
    groups: Ints
    shares: Floats

    def allot(self, n: int, rng: Generator) -> Ints:
        """The cell of each of n rows, shape (n,), each as often as its share says, rounded up or down.

        Example:
            >>> axis = Axis(name="sex", weights={"sex": np.eye(2)}, accepts=(None, None))
            >>> strata = Strata(axes=(axis,), groups=np.array([[0], [1]]), shares=np.array([0.25, 0.75]))
            >>> np.bincount(strata.allot(8, np.random.default_rng(0))).tolist()
            [2, 6]
        """
        return rng.permutation(systematic(self.shares, n, rng))

    def weights(self, cells: Ints) -> dict[str, Floats]:
        """Weights per code of each field in some cells, shape (cells, size)."""
        return {
            name: weights[self.groups[cells, a]]
            for a, axis in enumerate(self.axes)
            for name, weights in axis.weights.items()
        }

    def accepts(self, cell: int) -> list[Accepts]:
        """What decides which rows of a cell stay."""
        found = (axis.accepts[self.groups[cell, a]] for a, axis in enumerate(self.axes))
        return [accepts for accepts in found if accepts is not None]
