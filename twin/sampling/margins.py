"""Target shares: cells that the rows of a sample are dealt out to, and the smallest change of their shares.

`Strata` deals the rows of a block out to cells, so that shares hold in every block. `tabulate` learns how
often the cells come up in a twin, and `raked` changes that until the margins hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Ints
from twin.codes import Codes
from twin.errors import InputError
from twin.models.base import Fitted, Given
from twin.models.conditioning import systematic

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

    def assign(self, codes: Codes, rng: Generator) -> Ints:
        """The group of each row, shape (n,); -1 where it lies in none.

        A row that lies in several, or whose code only partly lies in one, is assigned by chance.

        Args:
            codes: Codes of the rows, shape (n, fields).
            rng: Source of randomness.
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

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.

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


_ROWS = 30_000
"""Rows of the twin that show how its cells go together."""
_FEW, _MORE = 500, 2_000
"""A group of fewer of them is drawn on its own, so that cells of rare groups are seen too."""
_ROUNDS = 2_000
_NEAR, _MET = 1e-7, 2e-3


@dataclass(frozen=True, kw_only=True)
class Margin:
    """Shares that groups should have.

    Args:
        axes: Positions of the axes that it is about.
        shares: Share of each combination of their groups, adding to 1; one dimension per axis.
        name: What it is, for errors, such as "balance['sex']".
    """

    axes: tuple[int, ...]
    shares: Floats
    name: str

    def cells(self, groups: Ints) -> Ints:
        """The combination that each cell lies in, shape (cells,)."""
        at: Ints = np.ravel_multi_index(tuple(groups[:, a] for a in self.axes), self.shares.shape)
        return at


@dataclass(frozen=True, kw_only=True)
class StrataTable:
    """How often the cells of some axes come up in a twin.

    Args:
        groups: Group of each cell on each axis, shape (cells, axes).
        shares: Share of each cell, shape (cells,), adding to 1.
    """

    groups: Ints
    shares: Floats

    def margin(self, axes: Sequence[int], sizes: Sequence[int]) -> Floats:
        """Shares of the groups of some axes together, one dimension per axis.

        Args:
            axes: Axes of the margin.
            sizes: Groups of each axis.
        """
        at = np.ravel_multi_index(tuple(self.groups[:, a] for a in axes), tuple(sizes))
        shares = np.bincount(at, self.shares, minlength=int(np.prod(sizes))).astype(np.float64)
        return shares.reshape(tuple(sizes))


@dataclass(frozen=True, kw_only=True)
class Tilt:
    """How far a tilt moves the twin.

    Args:
        divergence: Kullback-Leibler divergence from the twin's cells, in bits, ≥ 0.
        distance: Total variation distance from them, 0 … 1.
        effective: Share of a sample's rows that they are worth if seen as weighted rows of the twin, 0 … 1
            (Kish's effective sample size).
        largest: How many times more often than in the twin the most raised cell comes up, ≥ 1.
    """

    divergence: float = 0.0
    distance: float = 0.0
    effective: float = 1.0
    largest: float = 1.0


def tabulate(fitted: Fitted, axes: Sequence[Axis], given: Given | None, rng: Generator) -> StrataTable:
    """The cells of some axes in a sample of the twin; groups that are rare there are drawn on their own.

    Args:
        fitted: A fitted model.
        axes: The axes.
        given: What is asked of all rows.
        rng: Source of randomness.
    """
    assigned, weights = [_assigned(fitted, axes, given, _ROWS, rng)], [np.ones(_ROWS)]
    first = assigned[0] + 1  # 0 where a row lies in no group
    counts = [np.bincount(first[:, a], minlength=axis.groups + 1)[1:] for a, axis in enumerate(axes)]
    rare = [(int(counts[a][g]), a, g) for a, axis in enumerate(axes) for g in range(axis.groups)]
    rare = sorted(each for each in rare if each[0] < _FEW)
    replaced = np.zeros(_ROWS, dtype=bool)
    for i, (count, a, g) in enumerate(rare):
        replaced |= assigned[0][:, a] == g
        asked = dict(given or {})
        for name, by_group in axes[a].weights.items():
            asked[name] = asked[name] * by_group[g] if name in asked else by_group[g]
        try:
            drawn = _assigned(fitted, axes, asked, _MORE, rng)
        except InputError:  # never drawn: its cells have no share
            continue
        drawn[:, a] = g
        own = np.ones(_MORE, dtype=bool)
        for _, other, group in rare[:i]:  # cells of several rare groups are taken from the rarest
            own &= drawn[:, other] != group
        assigned.append(drawn[own])
        weights.append(np.full(int(own.sum()), max(count, 0.5) / _MORE))
    weights[0][replaced] = 0.0
    groups, weight = np.concatenate(assigned), np.concatenate(weights)
    inside = (groups >= 0).all(axis=1) & (weight > 0)
    cells, index = np.unique(groups[inside], axis=0, return_inverse=True)
    shares = np.bincount(index.reshape(-1), weight[inside], minlength=len(cells))
    return StrataTable(groups=cells.reshape(-1, len(axes)), shares=shares / max(shares.sum(), 1e-300))


def _assigned(fitted: Fitted, axes: Sequence[Axis], given: Given | None, n: int, rng: Generator) -> Ints:
    codes = fitted.sample(n, rng=rng, given=given or None)
    return np.stack([axis.assign(codes, rng) for axis in axes], axis=1)  # (n, axes)


def raked(table: StrataTable, margins: Sequence[Margin]) -> Floats:
    """Shares of a table's cells that meet margins and are as close to its own as can be, shape (cells,).

    Args:
        table: The cells and their shares.
        margins: What should hold.

    Raises:
        InputError: If the margins cannot hold together in cells that the twin has.

    Source:
        Iterative proportional fitting: Deming and Stephan 1940; it finds the least Kullback-Leibler
        divergence (Csiszár 1975).

    Example:
        >>> table = StrataTable(groups=np.array([[0], [1]]), shares=np.array([0.9, 0.1]))
        >>> raked(table, [Margin(axes=(0,), shares=np.array([0.5, 0.5]), name="balance")]).tolist()
        [0.5, 0.5]
    """
    shares = table.shares.copy()
    cells = [margin.cells(table.groups) for margin in margins]
    for margin, at in zip(margins, cells, strict=True):
        now = np.bincount(at, shares, minlength=margin.shares.size)
        if ((now == 0) & (margin.shares.ravel() > 0)).any():
            raise InputError(
                f"{margin.name}: the twin never draws rows for one of its shares; leave it out, "
                "or give it the share 0"
            )
    for _ in range(_ROUNDS):
        furthest = 0.0
        for margin, at in zip(margins, cells, strict=True):
            now = np.bincount(at, shares, minlength=margin.shares.size)
            target = margin.shares.ravel()
            furthest = max(furthest, float(np.abs(now - target).max()))
            shares = shares * (target / np.where(now > 0, now, 1.0))[at]
        if furthest < _NEAR:
            break
    for margin, at in zip(margins, cells, strict=True):
        now = np.bincount(at, shares, minlength=margin.shares.size)
        if np.abs(now - margin.shares.ravel()).max() > _MET:
            names = ", ".join(margin.name for margin in margins)
            raise InputError(
                f"{names}: these shares cannot hold together in what the twin draws; "
                "drop one of them, or bring them closer to the source"
            )
    met: Floats = shares / shares.sum()
    return met


def raked_if(table: StrataTable, margins: Sequence[Margin], fewer: Sequence[Margin]) -> Floats:
    """As `raked`, with fewer margins where not all of them can hold together.

    Args:
        table: Shares of the twin.
        margins: Margins that are to be met.
        fewer: Margins that are met in their place, where not all can be.
    """
    try:
        return raked(table, margins)
    except InputError:
        return raked(table, fewer)


def strata(axes: Sequence[Axis], table: StrataTable, shares: Floats) -> Strata:
    """The cells that get rows.

    Args:
        axes: Columns with target shares.
        table: Shares of the twin.
        shares: Target share of each stratum.
    """
    some: Ints = np.flatnonzero(shares > 0)
    return Strata(axes=tuple(axes), groups=table.groups[some], shares=shares[some])


def tilt(table: StrataTable, shares: Floats) -> Tilt:
    """How far other shares of a table's cells are from its own.

    Args:
        table: Shares of the twin.
        shares: Target share of each stratum.

    Example:
        >>> table = StrataTable(groups=np.array([[0], [1]]), shares=np.array([0.75, 0.25]))
        >>> moved = tilt(table, np.array([0.5, 0.5]))
        >>> moved.distance, moved.largest, round(moved.effective, 2)
        (0.25, 2.0, 0.75)
    """
    some = (table.shares > 0) & (shares > 0)
    p, q = table.shares[some], shares[some]
    return Tilt(
        divergence=max(0.0, float((q * np.log2(q / p)).sum())),
        distance=float(np.abs(table.shares - shares).sum() / 2),
        effective=float(1.0 / (q * q / p).sum()),
        largest=float((q / p).max(initial=1.0)),
    )
