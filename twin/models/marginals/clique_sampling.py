"""Rows drawn from a clique tree, with integers alone: the same seed gives the same rows on any machine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import Bools, Floats, Integers, Ints, Ints32
from twin.models.marginals.cliques import Beliefs, CliqueTree
from twin.models.marginals.factors import log_sum

_ONE = 2**30
_GOLDEN = 2_654_435_769  # 2³² over the golden ratio


@dataclass(frozen=True)
class CliqueTables:
    """A distribution on a clique tree, as integer weights: what is kept of a fit, and draws rows.

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
        """Draw the new fields of clique i given those that it shares with its parent, in place.

        Args:
            values: Codes of the rows, shape (n, fields); what is drawn is written into it.
            i: Position of the clique.
            rng: Source of randomness.
            rounded: Whether counts are rounded to integers.
        """
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
    """Round a distribution to integer weights.

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
        axes = [belief.fields.index(f) for f in shared]
        others = [i for i, f in enumerate(belief.fields) if f not in shared]
        table = belief.values.transpose([*axes, *others])
        table = table.reshape(math.prod(table.shape[: len(axes)]), -1)  # (states, cells)
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
    """One position below its mass for each row."""
    return rng.integers(0, 2**32, mass.size, dtype=np.int64) * mass >> 32


def _spread(group: Ints, mass: Ints, rng: Generator) -> Ints:
    """Evenly spaced positions within each group, in random order, from a random start per group.

    The starts step by the golden ratio from group to group, so that the roundings of neighbours cancel.
    """
    mixed = rng.permutation(group.size)
    rows = mixed[np.argsort(group[mixed], kind="stable")]  # group after group, in random order within
    groups, weight = group[rows], mass[rows]
    new = np.concatenate([[True], groups[1:] != groups[:-1]]) if groups.size else np.zeros(0, bool)
    starts = np.flatnonzero(new)
    rank = np.cumsum(new) - 1  # number of the group, counting those that have rows
    count = np.diff(np.append(starts, groups.size))[rank]
    step = np.arange(groups.size) - starts[rank]
    start = (int(rng.integers(0, 2**32)) + rank * _GOLDEN) % 2**32
    position = np.empty_like(mass)
    position[rows] = (step * weight + (start * weight >> 32)) // count
    return position


_CELLS = 4_000_000
"""Most numbers at a time."""


class CliqueConditions:
    """A distribution on a clique tree, given codes of some fields that differ from row to row.

    Args:
        tables: The distribution.
        fixed: Codes of the fixed fields by their position, shape (n,) each; at least one field.

    Source:
        Koller & Friedman 2009, section 10.2 (sum-product message passing on a clique tree).

    Example:
        >>> from twin.models.marginals.cliques import calibrate, junction_tree
        >>> from twin.models.marginals.clique_sampling import clique_tables
        >>> from twin.models.marginals.factors import Factor
        >>> same = Factor((0, 1), np.log([[0.5, 1e-99], [1e-99, 0.5]]))
        >>> tables = clique_tables(calibrate(junction_tree([(0, 1)], [2, 2]), [same]))
        >>> drawn, met = CliqueConditions(tables, {1: np.array([1, 0, 1])}).sample(np.random.default_rng(0))
        >>> drawn[:, 0].tolist(), bool(met.all())
        ([1, 0, 1], True)
    """

    def __init__(self, tables: CliqueTables, fixed: Mapping[int, Integers]) -> None:
        tree = tables.tree
        self._tables = tables
        rows = np.stack([codes.astype(np.int64) for codes in fixed.values()], axis=1)  # (n, fixed)
        distinct, question = np.unique(rows, axis=0, return_inverse=True)
        self._question: Ints = question.reshape(-1)  # (n,) which of the distinct questions a row asks
        self._fixed = {f: distinct[:, i] for i, f in enumerate(fixed)}  # (questions,) each
        self._own = [
            [f for f in clique if f not in shared]
            for clique, shared in zip(tree.cliques, tree.separators, strict=True)
        ]
        self._informing: list[list[int]] = [[] for _ in tree.cliques]  # children below which a field is fixed
        for i in range(len(tree.cliques) - 1, 0, -1):
            if self._informing[i] or any(f in self._fixed for f in self._own[i]):
                self._informing[tree.parents[i]].append(i)
        self._messages: dict[int, Floats] = {}  # (questions, states of the separator) by child
        for i in sorted((c for children in self._informing for c in children), reverse=True):
            self._messages[i] = self._message(i)

    def sample(self, rng: Generator) -> tuple[Ints32, Bools]:
        """Codes, shape (n, number of fields), and whether the distribution has any such row, shape (n,).

        Where it has none the codes of free fields mean nothing.
        """
        tree, n = self._tables.tree, self._question.size
        values = np.zeros((n, len(tree.sizes)), np.int32, order="F")
        met = np.ones(n, dtype=bool)
        for i in range(len(tree.cliques)):
            own = self._own[i]
            fixed = [f for f in own if f in self._fixed]
            if not fixed and not self._informing[i]:
                self._tables.extend(values, i, rng=rng)
                continue
            for f in fixed:
                values[:, f] = self._fixed[f][self._question]
            cell, some = self._cells(i, values, rng)
            met &= some
            for f in reversed([f for f in own if f not in self._fixed]):
                cell, values[:, f] = np.divmod(cell, tree.sizes[f])
        return values, met

    def _cells(self, i: int, values: Ints32, rng: Generator) -> tuple[Ints, Bools]:
        """Cell of a clique's free new fields for each row, and whether there is one, shapes (n,)."""
        sizes, shared = self._tables.tree.sizes, self._tables.tree.separators[i]
        state = np.zeros(values.shape[0], np.int64)
        for f in shared:
            state = state * sizes[f] + values[:, f]
        states = math.prod(sizes[f] for f in shared)
        pairs, lane = np.unique(self._question * states + state, return_inverse=True)
        order = np.argsort(lane.reshape(-1), kind="stable")
        starts = np.append(np.searchsorted(lane.reshape(-1)[order], np.arange(pairs.size)), order.size)
        cell, some = np.zeros(order.size, np.int64), np.zeros(order.size, dtype=bool)
        for part in _chunks(pairs.size, self._width(i)):
            question, at = np.divmod(pairs[part], states)
            weights = self._part(i)[self._code(i, question), at]  # (pairs, cells)
            for c in self._informing[i]:
                index = self._index(i, c, question, at[:, None], np.arange(self._width(i)))
                weights = weights * np.take_along_axis(self._messages[c][question], index, axis=1)
            heights = np.cumsum(weights, axis=1)
            total = heights[:, -1:]
            rows = order[starts[part.start] : starts[part.stop]]
            mine = lane.reshape(-1)[rows] - part.start
            stacked = heights / np.where(total > 0, total, 1.0) + np.arange(len(heights))[:, None]
            drawn = np.searchsorted(stacked.ravel(), mine + rng.random(rows.size), side="right")
            cell[rows] = np.clip(drawn - mine * self._width(i), 0, self._width(i) - 1)
            some[rows] = total[mine, 0] > 0
        return cell, some

    def _message(self, i: int) -> Floats:
        """What a clique tells its parent: the chance of what is fixed below, by state of the separator."""
        part = self._part(i)  # (fixed, states, cells)
        questions = np.arange(next(iter(self._fixed.values())).size)
        if not self._informing[i]:
            summed: Floats = part.sum(axis=2)[self._code(i, questions)]
            return summed
        states, width = part.shape[1:]
        out = np.empty((questions.size, states))
        for rows in _chunks(questions.size, states * width):
            some = questions[rows]
            weights = part[self._code(i, some)]  # (some, states, cells)
            for c in self._informing[i]:
                at = np.repeat(np.arange(states), width)
                index = self._index(i, c, some, at, np.tile(np.arange(width), states))
                message = np.take_along_axis(self._messages[c][some], index, axis=1)
                weights = weights * message.reshape(weights.shape)
            out[rows] = weights.sum(axis=2)
        return out / max(float(out.max(initial=0.0)), 1e-300)

    def _part(self, i: int) -> Floats:
        """A clique's table by code of its fixed new fields, state of its separator, cell of its free ones."""
        own, sizes = self._own[i], self._tables.tree.sizes
        table = self._tables.weights[i]
        cube = table.reshape(table.shape[0], *(sizes[f] for f in own))
        fixed = [a + 1 for a, f in enumerate(own) if f in self._fixed]
        free = [a + 1 for a, f in enumerate(own) if f not in self._fixed]
        shape = (math.prod(cube.shape[a] for a in fixed), table.shape[0], self._width(i))
        return cube.transpose([*fixed, 0, *free]).reshape(shape).astype(np.float64) / 2.0**30

    def _width(self, i: int) -> int:
        """Cells of the free new fields."""
        return math.prod(self._tables.tree.sizes[f] for f in self._own[i] if f not in self._fixed)

    def _code(self, i: int, questions: Ints) -> Ints:
        """Code of the fixed new fields of a clique in some questions."""
        code = np.zeros(questions.size, np.int64)
        for f in self._own[i]:
            if f in self._fixed:
                code = code * self._tables.tree.sizes[f] + self._fixed[f][questions]
        return code

    def _index(self, i: int, child: int, questions: Ints, states: Ints, cells: Ints) -> Ints:
        """State of a child's separator, by question, and by state and cell of the clique."""
        tree = self._tables.tree
        free = [f for f in self._own[i] if f not in self._fixed]
        strides = _strides(tree.separators[child], tree.sizes)
        index = np.zeros((questions.size, 1), np.int64)
        for f, stride in strides.items():
            if f in self._own[i] and f in self._fixed:
                index = index + stride * self._fixed[f][questions][:, None]
        inside = _sum_of(free, cells, tree.sizes, strides)
        return index + inside + _sum_of(tree.separators[i], states, tree.sizes, strides)


def _strides(fields: Sequence[int], sizes: Sequence[int]) -> dict[int, int]:
    """How far one code of each field moves the state of them all; the last counts fastest."""
    return {f: math.prod(sizes[g] for g in fields[k + 1 :]) for k, f in enumerate(fields)}


def _sum_of(fields: Sequence[int], states: Ints, sizes: Sequence[int], strides: Mapping[int, int]) -> Ints:
    """What the codes of some fields add to another state, of states of these fields."""
    out = np.zeros_like(states)
    for f in reversed(fields):
        states, code = np.divmod(states, sizes[f])
        out += strides.get(f, 0) * code
    return out


def _chunks(count: int, width: int) -> Iterator[slice]:
    """Stretches of rows of a width that fit in memory."""
    step = max(1, _CELLS // max(width, 1))
    for start in range(0, count, step):
        yield slice(start, min(count, start + step))
