"""The default model: a chain of boosted binary trees over codes.

Each field is predicted from the fields before it, narrow fields first. The field's ordered codes are halved
again and again; each halving is a small boosted classifier that says in which half a row's code lies. At
the end a code is drawn from the counts of the codes that are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from twin.arrays import Bytes, Floats, Floats32, Ints
from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models.base import Fitted
from twin.models.guarded_counts import coarse_bins, code_orders, guarded_counts
from twin.models.trees.chain import FieldTrees, FittedTrees, grow
from twin.models.trees.ensembles import MOST_LEAVES, SCALE, Booster, Ensemble, parse_model
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

_MOST_BINS = 250
_ORDER_ROWS = 20_000


@dataclass(frozen=True, kw_only=True)
class Trees:
    """Settings of the chain of boosted trees.

    Args:
        rounds: Most trees per classifier, 1 … 256.
        rate: Learning rate, in (0, 1].
        leaves: Most leaves of a tree, 2 … 8.
        min_rows: Fewest rows of a leaf, ≥ 1; raised to what the guard asks for.
        gain: Least gain of a split (twice the log-likelihood it adds, in nats), ≥ 0; larger values keep
            chance patterns out.
        shrink: Rows that the parent's value weighs against a leaf's own, ≥ 0.
        depth: Most halvings of a field's codes, 1 … 16.
        bins: Most groups of codes that a predictor is cut into, 2 … 250.
        predictors: Most predictors of a field; the most associated ones are taken.
        rows: Most rows that the classifiers of one field learn from; a sample where there are more.
        threads: Threads for fitting; they do not change the result.

    Raises:
        InputError: If a setting is out of range.

    Example:
        >>> Trees(rounds=8).rounds, Trees.fast().rounds < Trees.careful().rounds
        (8, True)
    """

    name: ClassVar[str] = "trees"
    """Key in `MODELS`."""

    rounds: int = 20
    rate: float = 0.3
    leaves: int = 8
    min_rows: int = 20
    gain: float = 0.5
    shrink: float = 0.0
    depth: int = 8
    bins: int = 250
    predictors: int = 48
    rows: int = 120_000
    threads: int = 2

    def __post_init__(self) -> None:
        limits = {
            "rounds": (self.rounds, 1, 256),
            "leaves": (self.leaves, 2, MOST_LEAVES),
            "min_rows": (self.min_rows, 1, None),
            "gain": (self.gain, 0, None),
            "shrink": (self.shrink, 0, None),
            "depth": (self.depth, 1, 16),
            "bins": (self.bins, 2, _MOST_BINS),
            "predictors": (self.predictors, 1, None),
            "rows": (self.rows, 100, None),
            "threads": (self.threads, 1, None),
        }
        for name, (value, low, high) in limits.items():
            if value < low or (high is not None and value > high):
                span = f"at least {low}" if high is None else f"between {low} and {high}"
                raise InputError(f"Trees({name}=): must be {span}")
        if not 0 < self.rate <= 1:
            raise InputError("Trees(rate=): must be above 0 and at most 1")

    @classmethod
    def fast(cls) -> Trees:
        """Fewer, larger steps: about half the time, a little less detail."""
        return cls(rounds=8, rate=0.5, gain=1.0, depth=7, bins=127, rows=50_000)

    @classmethod
    def careful(cls) -> Trees:
        """More, smaller steps: about four times the time."""
        return cls(rounds=64, rate=0.1, rows=400_000)

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn one classifier per halving of each field; leaves are held by enough subjects.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        counts = guarded_counts(codes, guard)
        orders = code_orders(codes, counts)
        bins = tuple(code_bins(c, o, self.bins) for c, o in zip(counts, orders, strict=True))
        table = TreeTable.of(self, codes, guard, counts, orders, bins)
        fields = table.chain(table.sequence(), rng, progress=progress)
        return FittedTrees(codes.domain, fields, bins, reordered)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted chain from its domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        return FittedTrees.from_state(domain, state, reordered)


@dataclass(frozen=True)
class TreeTable:
    """A table as the classifiers see it; lives for one fit.

    Args:
        settings: The settings.
        codes: The table.
        guard: The guard for what is kept.
        counts: Rows per code and field that may be released.
        orders: For each field its codes in the order in which they are halved.
        groups: Bins of the fields, shape (n, d).
    """

    settings: Trees
    codes: Codes
    guard: Guard
    counts: Sequence[Ints]
    orders: Sequence[Ints]
    groups: Floats32

    @classmethod
    def of(
        cls,
        settings: Trees,
        codes: Codes,
        guard: Guard,
        counts: Sequence[Ints],
        orders: Sequence[Ints],
        bins: Sequence[Bytes],
    ) -> TreeTable:
        """The table, with the bin of each code by field, shape (size,).

        Args:
            settings: Settings of the model.
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            counts: Rows of each code, per field, shape (size,).
            orders: Order of the codes, per field, shape (size,).
            bins: Bin of each code, per field, shape (size,).
        """
        groups = np.empty(codes.values.shape, np.float32, order="F")  # (n, d)
        for j, b in enumerate(bins):
            groups[:, j] = b[codes.values[:, j]]
        return cls(settings, codes, guard, counts, orders, groups)

    def sequence(self) -> Ints:
        """The order in which fields are drawn: those most associated with all others first.

        A field that sums up many others should not be drawn from weak signs of it: errors of the early fields
        would add up. Measured by the sum of squared correlations of the fields' bins.
        """
        step = max(1, self.groups.shape[0] // _ORDER_ROWS)
        z = _standard(self.groups[::step].astype(np.float64))
        strength = (z.T @ z / max(z.shape[0], 1)) ** 2  # (d, d)
        return np.argsort(-np.round(strength.sum(axis=0), 6), kind="stable")

    def chain(
        self, sequence: Ints, rng: Generator, *, after: int = 0, progress: Progress | None = None
    ) -> tuple[FieldTrees, ...]:
        """Learn the fields in an order, each from those before it; the first `after` are not learned.

        Args:
            sequence: Positions of the fields in the order in which they are drawn.
            rng: Source of randomness.
            after: How many fields of the sequence are drawn by another chain.
            progress: Hears of the work done; None where nobody listens.
        """
        chosen = _predictors(self.groups, sequence, self.settings.predictors)
        jobs = list(zip(sequence.tolist(), chosen, rng.spawn(len(sequence)), strict=True))[after:]
        fields: list[FieldTrees] = []
        with ThreadPoolExecutor(self.settings.threads) as pool:
            for fitted in pool.map(lambda job: self.field(*job), jobs):
                fields.append(fitted)
                if progress is not None:
                    progress(len(fields) / len(jobs), "learning the fields")
        return tuple(fields)

    def field(self, j: int, predictors: Ints, rng: Generator) -> FieldTrees:
        """Learn field j from its predictors.

        Args:
            j: Position of the field.
            predictors: Positions of the fields that predict.
            rng: Source of randomness.
        """
        f, s = self.codes.domain.fields[j], self.settings
        order, counts = self.orders[j], self.counts[j]
        threshold = self.guard.column(f.name).threshold
        fewest = max(s.min_rows, threshold)
        tree = grow(
            counts[order],
            depth=s.depth if predictors.size else 0,
            min_rows=2 * fewest,
            first_alone=f.nullable,
        )
        rank = np.empty(f.size, np.int64)
        rank[order] = np.arange(f.size)
        kept_rows = np.flatnonzero(counts[self.codes.values[:, j]] > 0)
        if kept_rows.size > s.rows:
            kept_rows = np.sort(rng.choice(kept_rows, s.rows, replace=False))
        ranks = rank[self.codes.values[kept_rows, j]]
        subjects = None if self.guard.subjects is None else self.guard.subjects[kept_rows]
        ensembles: list[Ensemble] = [parse_model("")] * len(tree)
        booster = None
        if len(tree):
            booster = Booster(
                self.groups[np.ix_(kept_rows, predictors)], params=self._params(), rounds=s.rounds
            )
        members = {0: np.arange(kept_rows.size)}
        for node in range(len(tree)):  # parents come before their children
            rows = members.pop(node)
            right = ranks[rows] >= tree.mid[node]
            for child, side in ((tree.left[node], ~right), (tree.right[node], right)):
                if child >= 0:
                    members[int(child)] = rows[side]
            min_rows = max(s.min_rows, _rows_that_hold(threshold, subjects, rows))
            if booster is not None and rows.size >= 2 * min_rows and 0 < np.count_nonzero(right) < rows.size:
                ensembles[node] = booster.fit(rows, right, min_rows=min_rows)
        alive = np.array([e.leaves.size > 0 for e in ensembles], bool)
        tree, kept = tree.prune(alive)
        sums = np.concatenate([[0], np.cumsum(counts[order])]).astype(np.float64)
        up, down = sums[tree.high] - sums[tree.mid], sums[tree.mid] - sums[tree.low]
        bias = np.round(np.log(np.maximum(up, 0.5) / np.maximum(down, 0.5)) * SCALE).astype(np.int32)
        named = tuple(_rename(ensembles[i], predictors) for i in kept)
        return FieldTrees(j, order, counts, tree, bias, named)

    def _params(self) -> dict[str, Any]:
        s = self.settings
        return {
            "objective": "binary",
            "num_leaves": s.leaves,
            "learning_rate": s.rate,
            "min_gain_to_split": s.gain,
            "path_smooth": s.shrink,
            "max_delta_step": 4.0,
            "max_bin": 255,
            "min_data_in_bin": 1,
            "min_data_in_leaf": s.min_rows,
            "feature_pre_filter": False,
            "force_col_wise": True,
            "deterministic": True,
            "num_threads": 1,
            "seed": 0,
            "verbose": -1,
        }


def _standard(x: Floats) -> Floats:
    """Columns with mean 0 and variance 1, or 0 where they are constant."""
    centred: Floats = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)
    return centred


def _rename(trees: Ensemble, predictors: Ints) -> Ensemble:
    """The ensemble with positions in the domain as features."""
    return Ensemble(
        predictors[trees.feature].astype(np.int32), trees.bin, trees.left, trees.tree, trees.leaves
    )


def _rows_that_hold(threshold: int, subjects: Ints | None, rows: Ints) -> int:
    """Fewest rows of a node that cannot come from fewer than `threshold` subjects, whoever they are."""
    if subjects is None:
        return threshold
    _, sizes = np.unique(subjects[rows], return_counts=True)
    return int(np.sort(sizes)[::-1][: threshold - 1].sum()) + 1


def _predictors(groups: Floats32, sequence: Ints, most: int) -> Iterable[Ints]:
    """For each field of the chain the fields before it, or the most associated of them."""
    d = sequence.size
    if d <= most + 1:
        return [sequence[:i] for i in range(d)]
    strength = association(groups)
    return [strongest(strength[j], sequence[:i], most) for i, j in enumerate(sequence)]


def code_bins(counts: Ints, order: Ints, bins: int) -> Bytes:
    """The bin of each code, shape (size,), of neighbouring codes in their order.

    Args:
        counts: Rows of each code, shape (size,).
        order: The codes in the order in which they are binned, shape (size,).
        bins: The most bins, ≥ 1.
    """
    out = np.empty(counts.size, np.uint8)
    out[order] = coarse_bins(counts[order], bins)
    return out


def association(groups: Floats32) -> Floats:
    """How strongly fields go together, linearly or in a bow.

    Args:
        groups: Bins of the fields, shape (n, d).

    Returns:
        Sums of products of standardised bins and of their squares, shape (d, d), ≥ 0.
    """
    step = max(1, groups.shape[0] // _ORDER_ROWS)
    z = _standard(groups[::step].astype(np.float64))  # (m, d)
    bent = _standard(z**2)
    plain, cross = np.abs(z.T @ z), np.abs(bent.T @ z)
    return np.maximum(plain, np.maximum(cross, cross.T))


def strongest(strength: Floats, fields: Ints, most: int) -> Ints:
    """The fields, by position, that are associated most, in the order in which they came.

    Args:
        strength: How much each field tells, shape (fields,).
        fields: Positions of fields.
        most: The most that are chosen, ≥ 1.

    Example:
        >>> strongest(np.array([3.0, 9.0, 5.0]), np.array([2, 0, 1]), 2).tolist()
        [2, 1]
    """
    return fields[np.sort(np.argsort(-strength[fields], kind="stable")[:most])]


_ROWS = 30_000
_MOST_TILTED = 2


def reordered(chain: FittedTrees, first: Sequence[int], rng: Generator, *, rows: int = _ROWS) -> FittedTrees:
    """The chain in an order that begins with some fields.

    The first fields are learned from plain rows. The others, whose distribution given the first ones stays
    what it is however often these come, are learned from rows in which rare codes of the first ones are as
    common as they can be made: so a rare condition has rows to learn from.

    Args:
        chain: The chain.
        first: Positions of the fields that come first, in this order.
        rng: Source of randomness.
        rows: Rows that it draws to learn from.

    Returns:
        The chain over the same fields.
    """
    sequence = np.array([*first, *(f.position for f in chain.fields if f.position not in set(first))])
    plain = _table(chain, chain.sample(rows, rng=rng))
    head = plain.chain(sequence[: len(first)], rng)
    table = plain
    if len(first) <= _MOST_TILTED:
        table = _table(chain, chain.chosen(rows, {j: _flat(chain, j) for j in first}, rng))
    fields = *head, *table.chain(sequence, rng, after=len(first))
    return FittedTrees(chain.domain, fields, chain.bins, chain.reorder)


def _table(chain: FittedTrees, codes: Codes) -> TreeTable:
    """Rows of the twin, which are nobody's: what was released of each field stays so, and nothing is cut."""
    by_position: dict[int, FieldTrees] = {f.position: f for f in chain.fields}
    fields = [by_position[j] for j in range(len(chain.domain))]
    guard = Guard(k=1, unsafe=True, noise=lambda: 0)
    counts, orders = [f.counts for f in fields], [f.order for f in fields]
    return TreeTable.of(Trees(), codes, guard, counts, orders, chain.bins)


def _flat(chain: FittedTrees, j: int) -> Floats:
    """Weights under which the shares of codes become their square roots, shape (size,)."""
    counts = next(f.counts for f in chain.fields if f.position == j)
    return np.where(counts > 0, 1.0 / np.sqrt(np.maximum(counts, 1)), 0.0)
