"""The fitted chain of trees: draws each field from the fields before it, with integers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.arrays import AnyArray, Array, Floats, Ints, Ints32
from twin.codes import Codes, Domain, State
from twin.models.base import Given
from twin.models.guarded_counts import check_given
from twin.models.importance import Candidates, affordable, conditional, effective_size, resampled
from twin.models.trees.boosting import Ensemble
from twin.models.trees.codetree import CodeTree
from twin.models.trees.quickscorer import Bins, Rows, Scorer, chance, scorer
from twin.models.trees.tilt import TiltedNode

_CHUNK = 262_144
_PILOT = 8_192
_MOST_REFITS = 4


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
        """Rows before each place in the order, shape (size + 1,)."""
        return np.concatenate([[0], np.cumsum(self.counts[self.order])])

    @cached_property
    def codes_by_rank(self) -> Ints32:
        """The code of each counted row, sorted by place, shape (rows,)."""
        return np.repeat(self.order, self.counts[self.order]).astype(np.int32)

    def right(self, node: int, bins: Sequence[Bins], rows: Rows | None) -> NDArray[np.uint32]:
        """2³² times the chance of going right, shape (rows,), or (1,) where it is the same for all."""
        known = self.scorers[node]
        return chance(self.bias[node : node + 1] if known is None else known.log_odds(bins, rows))

    def draw(self, n: int, bins: Sequence[Bins], rng: Generator) -> Ints32:
        """Draw the field's code for n rows whose earlier fields have the given bins."""
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
        drawn: Ints32 = self.codes_by_rank.take(rank)
        return drawn


@dataclass(frozen=True)
class FittedTrees:
    """A chain of fields, each drawn from those before it.

    Args:
        domain: The fields.
        fields: What is known of each field, in the order in which they are drawn.
        bins: For each field of the domain the bin of each code, shape (size,), uint8.
    """

    domain: Domain
    fields: tuple[FieldTrees, ...]
    bins: tuple[Bins, ...] = field(repr=False)
    _refits: _Refits = field(default_factory=lambda: _Refits(), init=False, repr=False, compare=False)

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; with conditions, by importance resampling from a pool of candidate rows."""
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
        """N rows under weights, by position of the field, chosen among candidates of this chain."""
        return Codes(self.domain, conditional(self.begin, weights, n, self.domain, rng))

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """Begin n candidates: the chain up to its last field under weights; see `Begin`.

        Where a field under weights leaves candidates that are worth little, those of importance are taken
        several times before the chain goes on.

        Source:
            Sequential importance resampling: Gordon, Salmond and Smith 1993.
        """
        begun = self._begun(n)
        last = max(i for i, known in enumerate(self.fields) if known.position in weights)
        importance, worth = np.ones(n), float(n)
        for i, known in enumerate(self.fields[: last + 1]):
            if known.position not in weights:
                begun.draw([known], rng)
                continue
            importance *= begun.tilt(known, weights[known.position], rng)
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
    def from_state(cls, domain: Domain, state: State) -> FittedTrees:
        """The chain from what `state` gave."""
        arrays = state.arrays
        sizes = np.array(domain.sizes, np.int64)
        bins = tuple(np.split(np.asarray(arrays["bins"], np.uint8), np.cumsum(sizes)[:-1]))
        return cls(domain, tuple(_unpack(domain, state)), bins)


class _Refits:
    """The chains that were refitted last, each with some fields first; whoever wants one waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[int, ...], FittedTrees] = {}

    def of(self, chain: FittedTrees, first: tuple[int, ...]) -> FittedTrees:
        """The chain with these fields first, the same whenever it is made."""
        from twin.models.trees.reorder import reordered  # it fits trees, which draw by this page

        with self._lock:
            known = self._kept.pop(first, None) or reordered(chain, first, np.random.default_rng(first))
            self._kept[first] = known  # the last one used stands last
            for old in list(self._kept)[:-_MOST_REFITS]:
                del self._kept[old]
            return known


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
        for known in fields:
            self._set(known.position, known.draw(len(self.values), self.bins, rng))

    def tilt(self, known: FieldTrees, weights: Floats, rng: Generator) -> Floats:
        """Draw the next field under weights; gives the share of its mass that they leave, shape (n,)."""
        codes, share = TiltedNode(known, weights, len(self.values)).draw(self.bins, rng)
        self._set(known.position, codes)
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
    whole = [e for f in fields for e in f.ensembles]

    def join(parts: Sequence[AnyArray], dtype: type) -> AnyArray:
        return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)

    nodes = [np.stack([t.low, t.mid, t.high, t.left, t.right], axis=1) for t in (f.tree for f in fields)]
    arrays: dict[str, AnyArray] = {
        "chain": np.array([f.position for f in fields], np.int32),
        "orders": join([f.order for f in fields], np.int32),
        "counts": join([f.counts for f in fields], np.int64),
        "bins": join(chain.bins, np.uint8),
        "field_nodes": np.array([len(f.tree) for f in fields], np.int32),
        "nodes": np.concatenate([np.zeros((0, 5), np.int32), *nodes]).astype(np.int32),
        "bias": join([f.bias for f in fields], np.int32),
        "node_questions": np.array([e.bin.size for e in whole], np.int32),
        "node_trees": np.array([len(e.leaves) for e in whole], np.int32),
        "feature": join([e.feature for e in whole], np.int32),
        "bin": join([e.bin for e in whole], np.uint8),
        "left": join([e.left for e in whole], np.uint8),
        "tree": join([e.tree for e in whole], np.int32),
        "leaves": np.concatenate([np.zeros((0, 8), np.int16), *(e.leaves for e in whole)]),
    }
    return State({}, arrays)


def _unpack(domain: Domain, state: State) -> Iterator[FieldTrees]:
    """The fields that `_pack` wrote."""
    a: dict[str, Array] = {name: np.asarray(array) for name, array in state.arrays.items()}
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
