"""Rare combinations of quasi-identifiers come out no more often than by chance (rules S7, S8).

Outermost of the wrappers around a model. In each block of rows, a combination of two or three
quasi-identifiers that too few subjects share is redrawn, seen in the table or not. It may stay as often as
it would come up if the columns were independent, so its rate tells nothing about the table. Which
combinations were rare is kept nowhere: kept are those that enough subjects share.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from twin.arrays import AnyArray, Bools, Floats, Ints, Ints32
from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models.base import Fitted, Given, unprefixed
from twin.models.conditioning import draw
from twin.models.guarded_counts import guarded_counts
from twin.models.wrappers.dependencies import Dependent, FittedDependent
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

_ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class RareCombinationFilter:
    """Wraps a model: thins combinations of quasi-identifiers that too few subjects share.

    Args:
        model: The model with its dependencies.
        fields: Names of the fields of the quasi-identifiers; fewer than two leave nothing to do.
    """

    model: Dependent
    fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Key of the wrapped model in `MODELS`."""
        return self.model.name

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Fit the model, then count the combinations.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        inner = self.model.fit(codes, guard=guard, rng=rng, progress=progress)
        fields = [codes.domain.index(name) for name in self.fields]
        if len(fields) < 2:
            return inner
        lost = inner.lost()
        shares = shares_of(guarded_counts(codes, guard), lost)
        subsets = find_subsets(codes, fields, lost, guard)
        return FittedRareCombinationFilter(
            inner, tuple(fields), subsets, _lever_shares(inner, fields, shares)
        )

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted wrapper from its domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        own = unprefixed("gate", state.arrays)
        rest = {n: a for n, a in state.arrays.items() if not n.startswith("gate.")}
        inner = self.model.load(domain, State(state.facts, rest))
        if not own:
            return inner
        mine = State({}, own)
        fields = mine.array("fields", np.int64, (None,), 0, len(domain) - 1).tolist()
        subsets = []
        for padded in mine.array("places", np.int64, (None, 3), -1, len(fields) - 1).tolist():
            positions = tuple(p for p in padded if p >= 0)
            sizes = tuple(domain.sizes[fields[p]] for p in positions)
            name = f"allowed.{'_'.join(str(p) for p in positions)}"
            allowed = mine.array(name, np.int64, (None,), 0, math.prod(sizes) - 1)
            if len(positions) < 2 or (allowed[1:] <= allowed[:-1]).any():
                raise ValueError("state: its combinations do not ascend")
            subsets.append(Subset(positions, sizes, allowed))
        levers = {
            int(n): mine.array(f"share.{n}", np.float64, (domain.sizes[int(n)],), 0.0)
            for n in unprefixed("share", own)
        }
        return FittedRareCombinationFilter(inner, tuple(fields), tuple(subsets), levers)


def _lever_shares(inner: FittedDependent, fields: list[int], shares: list[Floats]) -> dict[int, Floats]:
    """Shares of the fields that decide the quasi-identifiers: themselves, or what they depend on."""
    sources = {link.dependant: link.source for link in inner.links}
    return {lever: shares[lever] for lever in sorted({sources.get(j, j) for j in fields})}


@dataclass(frozen=True)
class FittedRareCombinationFilter:
    """A fitted model whose samples are thinned.

    Args:
        inner: The fitted model.
        fields: Positions of the quasi-identifiers in the domain.
        subsets: Allowed combinations of two and three of them.
        levers: For each field that decides a quasi-identifier, itself or the source of a dependency, the
            share of rows per code, by position in the domain.
    """

    inner: FittedDependent
    fields: tuple[int, ...]
    subsets: tuple[Subset, ...]
    levers: dict[int, Floats]

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.inner.domain

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; under conditions, what they fix stays, and the rest is thinned.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        drawn = self.inner.sample(n, rng=rng, given=given)
        asked = self.inner.conditions(n, given)
        if not n:
            return drawn
        if any(w.ndim == 2 for w in asked.values()):
            return self._row_by_row(drawn, asked, rng)
        shares = self._shares(asked)
        values = drawn.values.copy(order="F")
        bad = self._excess(values[:, self.fields], shares, rng)
        if not bad.any():
            return drawn
        rows = np.flatnonzero(bad)
        left = self._shuffle(values, rows, shares, rng)
        self._copy(values, left, rng)
        self._repair(values, rows, drawn.values, shares)
        return Codes(self.domain, values)

    def _row_by_row(self, drawn: Codes, asked: Mapping[int, Floats], rng: Generator) -> Codes:
        """Rows that each ask for their own: rare combinations are drawn anew, once, as if by chance.

        What a row leaves free is then independent of what it fixes, so a rare combination comes up no more
        often than by chance.
        """
        values = drawn.values.copy(order="F")
        quasi = values[:, self.fields]
        rows = np.flatnonzero(~np.logical_and.reduce([s.allows(s.flat(quasi)) for s in self.subsets]))
        if not rows.size:
            return drawn
        for lever, share in self.levers.items():
            mass = share
            if lever in asked:
                mass = share * (asked[lever] if asked[lever].ndim == 1 else asked[lever][rows])
            able = np.broadcast_to(mass.any(axis=-1), rows.shape)  # else the row keeps what it has
            if able.any():
                mass = mass if mass.ndim == 1 else mass[able]
                values[rows[able], lever] = draw(mass, int(able.sum()), rng)
        self._fill(values, rows)
        return Codes(self.domain, values)

    def _shares(self, asked: Mapping[int, Floats]) -> list[Floats]:
        """Share of rows per code of each quasi-identifier, under conditions that hold for all rows."""
        links = {link.dependant: link for link in self.inner.links}
        out: list[Floats] = []
        for j in self.fields:
            lever = links[j].source if j in links else j
            share: Floats = self.levers[lever] * asked.get(lever, 1.0)
            if j in links:
                size = self.domain.sizes[j]
                mapping = np.where(links[j].mapping < 0, size, links[j].mapping)
                share = np.bincount(mapping, share, minlength=size + 1)[:size].astype(np.float64)
            out.append(share / max(float(np.cumsum(share)[-1]), 1e-300))  # a sum of the same bits everywhere
        return out

    def _excess(self, values: Ints32, shares: list[Floats], rng: Generator) -> Bools:
        """Rows of rare combinations that are drawn more often than by chance, shape (n,).

        Args:
            values: Quasi-identifiers, shape (n, q).
            shares: Share of rows per code, one array per quasi-identifier.
            rng: Decides about the last row of each combination.
        """
        bad = np.zeros(values.shape[0], dtype=bool)
        for subset in self.subsets:
            flat = subset.flat(values)
            rare = np.flatnonzero(~subset.allows(flat))
            expected = subset.share(flat[rare], shares) * values.shape[0]
            limit = np.floor(expected + rng.random(rare.size))  # on average what is expected
            bad[rare[(expected < DENSE) | (rank(flat[rare]) >= limit)]] = True
        return bad

    def _shuffle(self, values: Ints32, rows: Ints, shares: list[Floats], rng: Generator) -> Ints:
        """Shuffle each quasi-identifier among some rows, in place; returns the rows that still may not stay.

        Shuffled columns are independent, and keep their shares. A combination then comes up at a known
        rate; where that is above the rate by chance, a row stays with the ratio of the two as probability.
        """
        n = values.shape[0]
        spent = [Spent(subset, self._parts(subset), shares, n) for subset in self.subsets]
        left = rows
        for _ in range(_ROUNDS):
            if not left.size:
                break
            for lever in self.levers:
                values[left, lever] = values[rng.permutation(left), lever]
            self._fill(values, left)
            quasi = values[:, self.fields]
            settled = np.ones(n, dtype=bool)
            settled[left] = False
            stays = np.ones(left.size, dtype=bool)
            for budget in spent:
                stays &= budget.stays(quasi, left, settled, rng)
            left = left[~stays]
        return left

    def _parts(self, subset: Subset) -> tuple[Subset, ...]:
        """The fields of a subset, those together that one field decides."""
        sources = {link.dependant: link.source for link in self.inner.links}
        together: dict[int, list[int]] = {}
        for p in subset.positions:
            together.setdefault(sources.get(self.fields[p], self.fields[p]), []).append(p)
        return tuple(
            Subset(tuple(p), tuple(self.domain.sizes[self.fields[i]] for i in p), subset.allowed[:0])
            for p in together.values()
        )

    def _repair(self, values: Ints32, rows: Ints, before: Ints32, shares: list[Floats]) -> None:
        """Exchange the new quasi-identifiers among some rows, so that each gets near what it had, in place.

        Their combinations stay the same as a whole; how each goes with the other columns is mended.
        """
        coarse = [
            groups(self.domain.fields[j].ordered, share) for j, share in zip(self.fields, shares, strict=True)
        ]
        order = np.argsort([g.max(initial=0) for g in coarse], kind="stable")  # fewest groups first
        old, new = (
            np.stack([coarse[p][v[rows, self.fields[p]]] for p in order], axis=1) for v in (before, values)
        )
        source = rows[match(old, new)]
        for lever in self.levers:
            values[rows, lever] = values[source, lever]
        self._fill(values, rows)

    def _copy(self, values: Ints32, rows: Ints, rng: Generator) -> None:
        """Give some rows the quasi-identifiers of other rows whose combinations are all allowed, in place."""
        if not rows.size:
            return
        quasi = values[:, self.fields]
        donors = np.flatnonzero(np.logical_and.reduce([s.allows(s.flat(quasi)) for s in self.subsets]))
        if not donors.size:
            return
        heights = np.cumsum(raked(quasi[donors], quasi[rows]))
        source = np.searchsorted(heights, rng.random(rows.size) * heights[-1])
        source = donors[np.minimum(source, donors.size - 1)]
        for lever in self.levers:
            values[rows, lever] = values[source, lever]
        self._fill(values, rows)

    def _fill(self, values: Ints32, rows: Ints) -> None:
        """Fill the dependants of some rows from their sources, in place."""
        for link in self.inner.links:
            values[rows, link.dependant] = link.mapping[values[rows, link.source]]

    def state(self) -> State:
        """The inner model's state and the allowed combinations."""
        inner = self.inner.state()
        arrays: dict[str, AnyArray] = dict(inner.arrays)
        arrays["gate.fields"] = np.array(self.fields, np.int32)
        arrays["gate.places"] = np.array([[*s.positions, -1][:3] for s in self.subsets], np.int32)
        for subset in self.subsets:
            arrays["gate.allowed." + "_".join(str(p) for p in subset.positions)] = subset.allowed
        for lever, share in self.levers.items():
            arrays[f"gate.share.{lever}"] = share
        return State(inner.facts, arrays)


_GROUPS = 16
_FITTING = 8


def raked(pool: Ints32, wanted: Ints32) -> Floats:
    """Weights of pool rows by which their columns have the shares of the wanted rows, shape (m,).

    Args:
        pool: Rows to choose from, shape (m, fields).
        wanted: Rows that are wanted, shape (n, fields).

    Source:
        Deming and Stephan, Annals of Mathematical Statistics 11 (1940): iterative proportional fitting.
    """
    weights = np.ones(pool.shape[0])
    for _ in range(_FITTING):
        for j in range(pool.shape[1]):
            size = int(max(pool[:, j].max(), wanted[:, j].max())) + 1
            here = np.bincount(pool[:, j], weights, minlength=size)
            there = np.bincount(wanted[:, j], minlength=size) + 1e-3
            weights *= (there / np.maximum(here, 1e-9))[pool[:, j]]
    return weights


def groups(ordered: bool, share: Floats) -> Ints:
    """Group of each code, shape (size,): neighbours of about equal share where ordered, else itself.

    Args:
        ordered: Whether the codes are ordered.
        share: Share of each code, shape (size,).
    """
    if not ordered or share.size <= _GROUPS:
        return np.arange(share.size)
    return np.minimum((np.cumsum(share) - share / 2) * _GROUPS, _GROUPS - 1).astype(np.int64)


def match(old: Ints, new: Ints) -> Ints:
    """For each old row a new row, each once, alike in as many leading columns as can be had.

    Args:
        old: Shape (m, q), whole numbers ≥ 0.
        new: Shape (m, q).

    Returns:
        Positions of new rows, a permutation, shape (m,).

    Example:
        >>> match(np.array([[0, 1], [1, 5]]), np.array([[1, 4], [0, 1]])).tolist()
        [1, 0]
    """
    m, q = old.shape
    out = np.full(m, -1, np.int64)
    here, there = np.arange(m), np.arange(m)
    for depth in range(q, -1, -1):
        keys = np.zeros((2, here.size), np.int64)
        for j in range(depth):
            both = np.stack([old[here, j], new[there, j]])
            keys = np.unique(keys * (int(both.max(initial=0)) + 1) + both, return_inverse=True)[1].reshape(
                keys.shape
            )
        mine, theirs = (key * m + rank(key) for key in keys)
        _, a, b = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
        out[here[a]] = there[b]
        here, there = np.delete(here, a), np.delete(there, b)
    return out


LARGEST = 3
"""Most fields in a combination."""


@dataclass(frozen=True)
class Subset:
    """Two or three fields, and their combinations that enough subjects share.

    Args:
        positions: Positions among the quasi-identifiers, ascending.
        sizes: Number of codes of each.
        allowed: Combinations as one number each, ascending; the last field counts fastest.
    """

    positions: tuple[int, ...]
    sizes: tuple[int, ...]
    allowed: Ints

    def flat(self, values: Ints32) -> Ints:
        """Combination of each row as one number, shape (n,), of quasi-identifiers of shape (n, q)."""
        out = np.zeros(values.shape[0], np.int64)
        for position, size in zip(self.positions, self.sizes, strict=True):
            out = out * size + values[:, position]
        return out

    def allows(self, flat: Ints) -> Bools:
        """Whether each combination is one that enough subjects share."""
        if not self.allowed.size:
            return np.zeros(flat.shape, dtype=bool)
        at = np.minimum(np.searchsorted(self.allowed, flat), self.allowed.size - 1)
        same: Bools = self.allowed[at] == flat
        return same

    def share(self, flat: Ints, shares: list[Floats]) -> Floats:
        """Share of each combination if the fields were independent, shape of `flat`.

        Args:
            flat: Position of each combination, shape (n,).
            shares: Share of each code, per field.
        """
        out, rest = np.ones(flat.shape), flat
        for position, size in zip(reversed(self.positions), reversed(self.sizes), strict=True):
            rest, code = np.divmod(rest, size)
            out *= shares[position].take(code)
        return out


def find_subsets(codes: Codes, fields: list[int], lost: dict[int, Bools], guard: Guard) -> tuple[Subset, ...]:
    """All pairs and triples of some fields, with the combinations that enough subjects share.

    Args:
        codes: The table, n rows.
        fields: Positions of the quasi-identifiers, at least two.
        lost: Codes that never come out, by position, mask of shape (size,): rows that hold one count for
            no combination.
        guard: The guard; each subset has a secret threshold of its own.

    Returns:
        Pairs first, then triples. A pair that is part of an allowed triple is allowed.

    Raises:
        InputError: If the codes of a triple are too many to number.

    Example:
        >>> from twin.codes import Domain, Field
        >>> domain = Domain((Field(name="zip", size=2), Field(name="sex", size=2)))
        >>> table = Codes(domain, np.array([[0, 0]] * 9 + [[0, 1]] * 4 + [[1, 1]] * 9))
        >>> [s.allowed.tolist() for s in find_subsets(table, [0, 1], {}, Guard(k=5, noise=lambda: 0))]
        [[0, 3]]
    """
    values = codes.values[:, fields]
    complete = np.ones(codes.n, dtype=bool)
    for i, position in enumerate(fields):
        if position in lost:
            complete &= ~lost[position][values[:, i]]
    sizes = [codes.domain.sizes[field] for field in fields]
    names = [codes.domain.names[field] for field in fields]
    if any(
        np.prod([float(sizes[p]) for p in trio]) > 2**62
        for trio in itertools.combinations(range(len(sizes)), 3)
    ):
        raise InputError("quasi_identifiers: three of them have too many codes; declare fewer cells for them")
    guards = {
        positions: guard.column(" × ".join(names[p] for p in positions)).at(complete)
        for length in range(2, LARGEST + 1)
        for positions in itertools.combinations(range(len(fields)), length)
    }
    subsets: dict[tuple[int, ...], Subset] = {}
    for positions, column_guard in guards.items():
        empty = Subset(positions, tuple(sizes[p] for p in positions), np.zeros(0, np.int64))
        distinct, index = np.unique(empty.flat(values[complete]), return_inverse=True)
        kept = column_guard.keep(index, distinct.size)
        subsets[positions] = Subset(empty.positions, empty.sizes, distinct[kept])
    return tuple(_with_parts(subset, subsets) for subset in subsets.values())


def _with_parts(subset: Subset, subsets: dict[tuple[int, ...], Subset]) -> Subset:
    """A pair with the pairs inside allowed triples: enough subjects share these too."""
    if len(subset.positions) > 2:
        return subset
    more = [subset.allowed]
    for positions, triple in subsets.items():
        if len(positions) > 2 and set(subset.positions) < set(positions):
            split = np.stack(np.unravel_index(triple.allowed, triple.sizes), axis=1)  # (allowed, 3)
            part = split[:, [positions.index(p) for p in subset.positions]]
            more.append(np.ravel_multi_index(tuple(part.T), subset.sizes).astype(np.int64))
    return Subset(subset.positions, subset.sizes, np.unique(np.concatenate(more)))


def shares_of(counts: list[Ints], lost: dict[int, Bools]) -> list[Floats]:
    """Share of rows per code that can come out, one array of shape (size,) per field.

    Args:
        counts: Subjects of each code, per field, shape (size,).
        lost: Codes that were not kept, by position of the field.
    """
    out = []
    for j, count in enumerate(counts):
        mass = np.where(lost[j], 0, count).astype(np.float64) if j in lost else count.astype(np.float64)
        mass = mass if mass.any() else np.ones(mass.size)
        out.append(mass / mass.sum())
    return out


DENSE = 3.0
"""Rows of a combination, by chance in a block, from which the model's own rows may stay up to that number.

Below, whole numbers are too coarse for a limit; rows redrawn independently have the right rate.
"""


@dataclass(frozen=True)
class Spent:
    """What the rounds of shuffling have spent of the rate at which a rare combination may come out.

    Args:
        subset: Fields of the combination.
        parts: Its positions, those together that move together.
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
            settled: Which rows stay as they are, shape (n,).
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


def _count(ordered: Ints, asked: Ints) -> Ints:
    """How often each asked number is in a sorted array, shape of `asked`."""
    return np.searchsorted(ordered, asked, side="right") - np.searchsorted(ordered, asked, side="left")


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
    ordered = flat[order]
    new = np.append(True, ordered[1:] != ordered[:-1])
    starts = np.flatnonzero(new)
    out = np.empty(flat.size, np.int64)
    out[order] = np.arange(flat.size) - starts[np.cumsum(new) - 1]
    return out
