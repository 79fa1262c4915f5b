"""The fitted chain of trees: draws each field from the fields before it, with integers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.arrays import AnyArray, Bools, Floats, Ints, Ints32
from twin.codes import Codes, Domain, State
from twin.models.base import Given, joined, parted
from twin.models.conditioning import (
    Candidates,
    affordable,
    check_given,
    conditional,
    effective_size,
    resampled,
    single_codes,
)
from twin.models.trees.ensembles import Bins, Ensemble, Rows, Scorer, chance, checked_chain, scorer

_CHUNK = 262_144
_PILOT = 8_192
_MOST_REFITS = 4
_MOST_COUNT = 2**31 - 1  # rows of a field: more do not fit the arithmetic of a draw
_MOST_LISTED = 2**24


@dataclass(frozen=True)
class FieldTrees:
    """What the chain knows of one field.

    Args:
        position: Position of the field in the domain.
        order: The field's codes in the order in which they are halved, shape (size,).
        counts: Rows of each code, shape (size,).
        tree: The halvings.
        bias: Log-odds of going right at each inner node, in steps of 1/1024; used where it has no trees.
        ensembles: Trees of each inner node; their features are positions of fields in the domain.
    """

    position: int
    order: Ints
    counts: Ints
    tree: CodeTree
    bias: Ints32
    ensembles: tuple[Ensemble, ...]

    @cached_property
    def scorers(self) -> tuple[Scorer | None, ...]:
        """Tables to evaluate the trees of each inner node."""
        return tuple(scorer(e) if e.leaves.size else None for e in self.ensembles)

    @cached_property
    def sums(self) -> Ints:
        """Rows before each rank in the order, shape (size + 1,)."""
        return np.concatenate([[0], np.cumsum(self.counts[self.order])])

    @cached_property
    def codes_of_rows(self) -> Ints32:
        """The code of each counted row, rows sorted by the rank of their code, shape (rows,)."""
        return np.repeat(self.order, self.counts[self.order]).astype(np.int32)

    def code_at(self, rows: Ints) -> Ints32:
        """Codes of counted rows; where they are too many for a list of them, they are looked up.

        Args:
            rows: Positions among the rows sorted by the rank of their code, shape (n,).
        """
        if self.sums[-1] <= _MOST_LISTED:
            return self.codes_of_rows.take(rows)
        return self.order.take(np.searchsorted(self.sums, rows, side="right") - 1).astype(np.int32)

    def right(self, node: int, bins: Sequence[Bins], rows: Rows | None) -> NDArray[np.uint32]:
        """2³² times the chance of going right, shape (rows,), or (1,) where it is the same for all.

        Args:
            node: Position of the inner node.
            bins: Bins of the earlier fields, shape (n,) each.
            rows: Which rows are asked for, or None for all.
        """
        scorer_ = self.scorers[node]
        return chance(self.bias[node : node + 1] if scorer_ is None else scorer_.log_odds(bins, rows))

    def draw(self, n: int, bins: Sequence[Bins], rng: Generator) -> Ints32:
        """Draw the field's code for n rows whose earlier fields have the given bins.

        Args:
            n: Number of rows, ≥ 0.
            bins: Bins of the earlier fields, shape (n,) each.
            rng: Source of randomness.
        """
        start = np.zeros(n, np.int64)
        width = np.full(n, self.sums[-1])
        tree, sums = self.tree, self.sums
        stack: list[tuple[int, Rows | None]] = [(0, None)] if len(tree) else []
        while stack:
            node, rows = stack.pop()
            size = n if rows is None else rows.size
            goes = rng.integers(0, 2**32, size, dtype=np.uint32) < self.right(node, bins, rows)
            for side, child, low, high in (
                (goes, tree.right[node], tree.mid[node], tree.high[node]),
                (~goes, tree.left[node], tree.low[node], tree.mid[node]),
            ):
                part = np.flatnonzero(side) if rows is None else rows[side]
                if child >= 0 and part.size:
                    stack.append((int(child), part))
                else:
                    start[part] = sums[low]
                    width[part] = sums[high] - sums[low]
        rank = (rng.integers(0, 2**32, n, dtype=np.uint32) * width >> 32) + start
        return self.code_at(rank)


Reorder = Callable[["FittedTrees", tuple[int, ...], Generator], "FittedTrees"]


@dataclass(frozen=True)
class FittedTrees:
    """A chain of fields, each drawn from those before it.

    Args:
        domain: The fields.
        fields: What was learned of each field, in the order in which they are drawn.
        bins: For each field of the domain the bin of each code, shape (size,), uint8.
        reorder: Refits a chain so that it begins with some fields, on rows that the chain draws.
    """

    domain: Domain
    fields: tuple[FieldTrees, ...]
    bins: tuple[Bins, ...] = field(repr=False)
    reorder: Reorder = field(repr=False, compare=False)
    _refits: _Refits = field(default_factory=lambda: _Refits(), init=False, repr=False, compare=False)

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; with conditions, by importance resampling from a pool of candidate rows.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        weights = check_given(self.domain, given, n)
        if weights:
            return self._suited(weights, n).chosen(n, weights, rng)
        parts = []
        for i in range(0, n, _CHUNK):
            begun = self._begun(min(_CHUNK, n - i))
            begun.draw(self.fields, rng)
            parts.append(begun.values)
        empty = np.empty((0, len(self.domain)), np.int32)
        return Codes(self.domain, parts[0] if len(parts) == 1 else np.concatenate([empty, *parts]))

    def _suited(self, weights: dict[int, Floats], n: int) -> FittedTrees:
        """This chain, or one in another order, where candidates would be worth less than a third of the rows.

        The choice and the refit depend on the condition and on the number of rows, never on the rows' seed.
        """
        first = tuple(f.position for f in self.fields if f.position in weights)
        begins = first == tuple(f.position for f in self.fields[: len(first)])
        if begins or n == 0 or any(w.ndim == 2 for w in weights.values()):
            return self  # of rows that ask for their own each has candidates enough
        worth = self.begin(_PILOT, weights, np.random.default_rng(0), _PILOT).worth / _PILOT
        if worth == 0 or 3 * worth * affordable(n) >= n:
            return self
        return self._refits.of(self, first)

    def chosen(self, n: int, weights: dict[int, Floats], rng: Generator) -> Codes:
        """N rows under weights, by position of the field, chosen among candidates of this chain.

        Args:
            n: Number of rows, ≥ 0.
            weights: Weights of codes by position of the field, shape (size,) or (n, size).
            rng: Source of randomness.
        """
        return Codes(self.domain, conditional(self.begin, weights, n, self.domain, rng))

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """Begin n candidates: the chain up to its last field under weights; see `Begin`.

        Where a field under weights leaves candidates that are worth little, those of importance are taken
        several times before the chain goes on.

        Args:
            n: Number of rows, ≥ 0.
            weights: Weights of codes by position of the field, shape (size,) or (n, size).
            rng: Source of randomness.
            group: Candidates that are compared with each other, ≥ 1.

        Source:
            Sequential importance resampling: Gordon, Salmond and Smith 1993.
        """
        begun = self._begun(n)
        last = max(i for i, trees in enumerate(self.fields) if trees.position in weights)
        importance, worth = np.ones(n), float(n)
        for i, trees in enumerate(self.fields[: last + 1]):
            if trees.position not in weights:
                begun.draw([trees], rng)
                continue
            importance *= begun.tilt(trees, weights[trees.position], rng)
            worth = min(worth, effective_size(importance))
            if i < last and worth < n / 2:
                rows = resampled(importance, group, rng)
                begun = begun.take(rows)
                importance = np.repeat(importance.reshape(-1, max(group, 1)).mean(axis=1), group)

        def finish(rows: Rows, rng: Generator) -> Ints32:
            chosen = begun.take(rows)
            chosen.draw(self.fields[last + 1 :], rng)
            return chosen.values

        return Candidates(importance, worth, finish)

    def _begun(self, n: int) -> _Begun:
        values = np.zeros((n, len(self.domain)), np.int32, order="F")
        return _Begun(values, [np.zeros(0, np.uint8)] * len(self.domain), self.bins)

    def state(self) -> State:
        """Orders, counts, halvings and trees of all fields, one after the other."""
        return _pack(self)

    @classmethod
    def from_state(cls, domain: Domain, state: State, reorder: Reorder) -> FittedTrees:
        """The chain from what `state` gave.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
            reorder: Refits a chain so that it begins with some fields.
        """
        bins = parted(state.array("bins", np.uint8, (sum(domain.sizes),)), domain.sizes, np.uint8)
        return cls(domain, tuple(_unpack(domain, state)), bins, reorder)


class _Refits:
    """The chains that were refitted last, each with some fields first; whoever wants one waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[int, ...], FittedTrees] = {}

    def of(self, chain: FittedTrees, first: tuple[int, ...]) -> FittedTrees:
        """The chain with these fields first, the same whenever it is made."""
        with self._lock:
            refitted = self._kept.pop(first, None) or chain.reorder(
                chain, first, np.random.default_rng(first)
            )
            self._kept[first] = refitted  # the last one used stands last
            for old in list(self._kept)[:-_MOST_REFITS]:
                del self._kept[old]
            return refitted


@dataclass
class _Begun:
    """Rows of which the first fields of the chain are drawn; the one thing here that changes.

    Args:
        values: Codes, shape (n, d).
        bins: Bins of the fields that are drawn, shape (n,) each.
        table: For each field the bin of each code.
    """

    values: Ints32
    bins: list[Bins]
    table: tuple[Bins, ...]

    def draw(self, fields: Sequence[FieldTrees], rng: Generator) -> None:
        """Draw the next fields."""
        for trees in fields:
            self._set(trees.position, trees.draw(len(self.values), self.bins, rng))

    def tilt(self, trees: FieldTrees, weights: Floats, rng: Generator) -> Floats:
        """Draw the next field under weights; gives the share of its mass that they leave, shape (n,)."""
        codes, share = TiltedNode(trees, weights, len(self.values)).draw(self.bins, rng)
        self._set(trees.position, codes)
        return share

    def take(self, rows: Rows) -> _Begun:
        """Some of the rows."""
        bins = [b[rows] if b.size else b for b in self.bins]
        return _Begun(np.asfortranarray(self.values[rows]), bins, self.table)

    def _set(self, position: int, codes: Ints32) -> None:
        self.values[:, position] = codes
        self.bins[position] = self.table[position].take(codes)


def _pack(chain: FittedTrees) -> State:
    """Flat arrays, with the number of nodes per field and of questions and trees per node beside them."""
    fields = chain.fields
    ensembles = [e for f in fields for e in f.ensembles]

    nodes = [np.stack([t.low, t.mid, t.high, t.left, t.right], axis=1) for t in (f.tree for f in fields)]
    arrays: dict[str, AnyArray] = {
        "chain": np.array([f.position for f in fields], np.int32),
        "orders": joined([f.order for f in fields], np.int32),
        "counts": joined([f.counts for f in fields], np.int64),
        "bins": joined(chain.bins, np.uint8),
        "field_nodes": np.array([len(f.tree) for f in fields], np.int32),
        "nodes": np.concatenate([np.zeros((0, 5), np.int32), *nodes]).astype(np.int32),
        "bias": joined([f.bias for f in fields], np.int32),
        "node_questions": np.array([e.bin.size for e in ensembles], np.int32),
        "node_trees": np.array([len(e.leaves) for e in ensembles], np.int32),
        "feature": joined([e.feature for e in ensembles], np.int32),
        "bin": joined([e.bin for e in ensembles], np.uint8),
        "left": joined([e.left for e in ensembles], np.uint8),
        "tree": joined([e.tree for e in ensembles], np.int32),
        "leaves": np.concatenate([np.zeros((0, 8), np.int16), *(e.leaves for e in ensembles)]),
    }
    return State({}, arrays)


def _unpack(domain: Domain, state: State) -> Iterator[FieldTrees]:
    """The fields that `_pack` wrote.

    Raises:
        ValueError: If their parts do not fit each other.
    """
    a = checked_chain(domain, state, _MOST_COUNT)
    asks = np.concatenate([[0], np.cumsum(a["node_questions"])])
    trees = np.concatenate([[0], np.cumsum(a["node_trees"])])
    code = node = 0
    for position, count in zip(a["chain"].tolist(), a["field_nodes"].tolist(), strict=True):
        codes, span = slice(code, code + domain.sizes[position]), slice(node, node + count)
        columns = a["nodes"][span].astype(np.int64)
        ensembles = []
        for i in range(node, node + count):
            q, t = slice(asks[i], asks[i + 1]), slice(trees[i], trees[i + 1])
            ensembles.append(
                Ensemble(a["feature"][q], a["bin"][q], a["left"][q], a["tree"][q], a["leaves"][t])
            )
        yield FieldTrees(
            position,
            a["orders"][codes].astype(np.int64),
            a["counts"][codes].astype(np.int64),
            CodeTree(*(columns[:, i].copy() for i in range(5))),
            a["bias"][span],
            tuple(ensembles),
        )
        code, node = codes.stop, span.stop


@dataclass(frozen=True)
class CodeTree:
    """Nested intervals of a field's ordered codes, parents before children.

    Args:
        low: First position of each inner node, shape (nodes,).
        mid: First position of its right half.
        high: One past its last position.
        left: Inner node that halves its left part further, or -1.
        right: The same for its right part.
    """

    low: Ints
    mid: Ints
    high: Ints
    left: Ints
    right: Ints

    def __len__(self) -> int:
        return self.low.size

    def prune(self, alive: Bools) -> tuple[CodeTree, Ints]:
        """The tree without nodes that neither are alive nor have a descendant that is.

        Returns:
            The smaller tree and the old position of each of its nodes.
        """
        needed = alive.copy()
        for node in range(len(self) - 1, -1, -1):  # children come after their parents
            for child in (self.left[node], self.right[node]):
                needed[node] |= child >= 0 and needed[child]
        kept = np.flatnonzero(needed)
        new = np.full(len(self) + 1, -1)  # the last entry stands for -1
        new[kept] = np.arange(kept.size)
        return CodeTree(
            self.low[kept], self.mid[kept], self.high[kept], new[self.left[kept]], new[self.right[kept]]
        ), kept


def grow(counts: Ints, *, depth: int, min_rows: int, first_alone: bool) -> CodeTree:
    """Halve the mass again and again; heavy codes end near the root.

    Args:
        counts: Rows per code in the field's order, shape (size,).
        depth: Most halvings on a path, ≥ 0.
        min_rows: Fewest rows of a node that is halved.
        first_alone: Whether the first code (missing) is split off before anything else.

    Returns:
        The tree; the expected depth of a row is about the entropy of the counts in bits.

    Example:
        >>> tree = grow(np.array([8, 4, 2, 2]), depth=7, min_rows=2, first_alone=False)
        >>> tree.mid.tolist(), tree.left.tolist(), tree.right.tolist()
        ([1, 2, 3], [-1, -1, -1], [1, 2, -1])
    """
    sums = np.concatenate([[0], np.cumsum(counts)])
    nodes: list[list[int]] = []

    def split(low: int, high: int, level: int) -> int:
        total = sums[high] - sums[low]
        seen = low + np.flatnonzero(counts[low:high])
        if seen.size < 2 or level >= depth or total < min_rows:
            return -1
        if first_alone and level == 0 and counts[0]:
            mid = 1
        else:  # the cut between two seen codes that lies nearest to half the mass
            cuts = seen[1:]
            mid = int(cuts[np.argmin(np.abs(sums[cuts] - sums[low] - total / 2))])
        here = len(nodes)
        nodes.append([low, mid, high, -1, -1])
        nodes[here][3] = split(low, mid, level + 1)
        nodes[here][4] = split(mid, high, level + 1)
        return here

    split(0, counts.size, 0)
    table = np.array(nodes, np.int64).reshape(-1, 5)
    return CodeTree(*(table[:, i].copy() for i in range(5)))


class TiltedNode:
    """The conditional distribution of one field times weights, row by row.

    Where the chain gives code c the chance p(c), `draw` gives it p(c) w(c) / Z and gives Z = Σ p(c) w(c).

    Args:
        trees: The field.
        weights: Weights per code, shape (size,) or (n, size), not negative.
        n: Number of rows.
    """

    def __init__(self, trees: FieldTrees, weights: Floats, n: int) -> None:
        self._trees = trees
        self._n = n
        counts = trees.counts[trees.order].astype(np.float64)  # by rank
        single = single_codes(weights)
        self._single: tuple[Ints, Floats] | None = None  # where each row has a weight, and its mass
        if single is not None:
            rank = np.argsort(trees.order)[single]
            self._single = rank, weights[np.arange(n), single] * counts[rank]
        else:
            by_rank = np.atleast_2d(weights)[:, trees.order] * counts  # (1 or n, size)
            zero = np.zeros((by_rank.shape[0], 1))
            self._heights = np.concatenate([zero, np.cumsum(by_rank, axis=1)], axis=1)
        self._rows = np.concatenate([[0.0], np.cumsum(counts)])
        self._weights = weights[trees.order] if weights.ndim == 1 else None
        self._chance: dict[int, tuple[Rows, Floats]] = {}

    def draw(self, bins: Sequence[Bins], rng: Generator) -> tuple[Ints32, Floats]:
        """Codes, shape (n,), and Z, shape (n,); where Z is 0 the code means nothing.

        Args:
            bins: Bins of the earlier fields, shape (n,) each.
            rng: Source of randomness.
        """
        tree = self._trees.tree
        everyone = np.arange(self._n)
        size = self._trees.order.size
        share = self._mass(0 if len(tree) else -1, 0, size, everyone, bins)
        low, high = np.zeros(self._n, np.int64), np.full(self._n, size)
        stack = [(0, everyone[share > 0])] if len(tree) else []
        while stack:
            node, rows = stack.pop()
            goes = rng.random(rows.size) < self._right(node, rows, bins)
            for side, child, lo, hi in (
                (goes, tree.right[node], tree.mid[node], tree.high[node]),
                (~goes, tree.left[node], tree.low[node], tree.mid[node]),
            ):
                part = rows[side]
                low[part], high[part] = lo, hi
                if child >= 0 and part.size:
                    stack.append((int(child), part))
        return self._trees.order.take(self._rank(low, high, rng.random(self._n))).astype(np.int32), share

    def _right(self, node: int, rows: Rows, bins: Sequence[Bins]) -> Floats:
        """The chance of going right under the weights, shape (rows,)."""
        if node in self._chance:
            mine, chance = self._chance[node]
            return chance[np.searchsorted(mine, rows)]
        return self._trees.right(node, bins, rows) / 2.0**32  # all codes below have one weight

    def _rank(self, low: Ints, high: Ints, u: Floats) -> Ints:
        """A rank within [low, high) in proportion to counts times weights."""
        if self._single is not None:
            return np.clip(self._single[0], low, high - 1)
        heights = self._heights
        if heights.shape[0] == 1:
            shared = heights[0]
            aim = shared[low] + u * (shared[high] - shared[low])
            rank = np.searchsorted(shared, aim, side="right") - 1
        else:
            rows = np.arange(self._n)
            aim = heights[rows, low] + u * (heights[rows, high] - heights[rows, low])
            rank = (heights <= aim[:, None]).sum(axis=1) - 1
        inside: Ints = np.clip(rank, low, high - 1)
        return inside

    def _mass(self, node: int, low: int, high: int, rows: Rows, bins: Sequence[Bins]) -> Floats:
        """Σ p(c) w(c) over the codes of ranks low … high - 1, given that the code lies there; per row."""
        if self._single is not None:
            rank, mass = (part[rows] for part in self._single)
            weighed = np.where((low <= rank) & (rank < high), mass, 0.0)
        else:
            rows_of = 0 if self._heights.shape[0] == 1 else rows
            weighed = self._heights[rows_of, high] - self._heights[rows_of, low]
        total = self._rows[high] - self._rows[low]
        mean = np.broadcast_to(weighed / max(total, 1.0), rows.shape).copy()  # of the end node's weights
        if node < 0 or self._same(low, high):
            return mean
        out = np.zeros(rows.size)
        active = np.flatnonzero(mean > 0)
        mine = rows[active]
        if not mine.size:
            return out
        tree = self._trees.tree
        mid = int(tree.mid[node])
        right = np.broadcast_to(self._trees.right(node, bins, mine) / 2.0**32, mine.shape)
        up = right * self._mass(int(tree.right[node]), mid, high, mine, bins)
        down = (1.0 - right) * self._mass(int(tree.left[node]), low, mid, mine, bins)
        out[active] = up + down
        self._chance[node] = (
            mine,
            np.where(up + down > 0, up / np.where(up + down > 0, up + down, 1.0), 0.0),
        )
        return out

    def _same(self, low: int, high: int) -> bool:
        """Whether all codes of the ranks have one weight, so that nothing inside changes."""
        return False if self._weights is None else bool(np.ptp(self._weights[low:high]) == 0)
