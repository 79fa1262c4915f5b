"""Raking: samples of a model are chosen from a pool so that their pair tables match the guarded ones.

At fit, iterative proportional fitting on a pool of the model's own rows gives one factor per cell of each
pair table. A sample is drawn block by block: a pool, each row's weight the product of its factors, rows
chosen by weight, and in larger blocks a few swaps that take out the sample's own noise.

Under a condition no table says how many rows a cell should hold. It is taken from the pool of rows that meet
the condition, times what the tables ask for over what weighted rows of the model have without it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.arrays import Bytes, Floats, Integers, Ints, Ints32
from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models.base import Fitted, Given, Model, parted, prefixed, unprefixed
from twin.models.conditioning import choose_rows, draw, effective_size
from twin.models.guarded_counts import coarse_bins, code_orders, guarded_counts
from twin.privacy.suppression.guard import Guard, count_subjects
from twin.progress import Progress

MOST_GROUPS = 16
_MOST_SETTING = 64.0  # rows of a pool per row, or steps of swaps, that a file may ask for
_FARTHEST = 1e100

_CHUNK = 65_536
_LEAST_ROWS = 1_000
_LEAST_POOL = 20_000
_WORTH = 1.2
"""Independent rows that a pool should be worth, per row that is kept."""
_MOST_POOL = 65_536
_EVEN = 0.75
"""Rows with a condition each are not raked where they are worth this share of their number without it."""
_MORE = 3
"""Else so many more of each are drawn, and one is chosen."""


@dataclass(frozen=True, kw_only=True)
class Raking:
    """Wraps a model: rakes its samples to guarded pair tables where that helps.

    Args:
        model: The model that draws the pool.
        pool: Pool rows per row that is kept, > 1.
        bins: Groups per field in the pair tables, 2 … 16.
        pairs: Most pair tables.
        rounds: Rounds of proportional fitting.
        steps: Steps of swaps in a block of 1,000 rows or more.
        always: Rake even where the trial at fit shows no gain.

    Raises:
        InputError: If a setting is out of range.
    """

    model: Model
    pool: float = 2.3
    bins: int = MOST_GROUPS
    pairs: int = 300
    rounds: int = 2
    steps: int = 12
    always: bool = False

    def __post_init__(self) -> None:
        if (
            self.pool <= 1
            or not 2 <= self.bins <= MOST_GROUPS
            or min(self.pairs, self.rounds, self.steps) < 1
        ):
            raise InputError(
                f"Raking: pool must be above 1, bins between 2 and {MOST_GROUPS}, "
                "pairs, rounds and steps at least 1"
            )

    @property
    def name(self) -> str:
        """Key of the wrapped model in `MODELS`."""
        return self.model.name

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Fit the model, then the factors on a pool of its rows.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        inner = self.model.fit(codes, guard=guard, rng=rng, progress=progress)
        plain = FittedRaking(codes.domain, inner, None, (), (), self.pool, self.steps)
        if codes.n < _LEAST_ROWS or len(codes.domain) < 2:
            return plain
        tables = pair_tables(codes, guard=guard, bins=self.bins, most=self.pairs)
        if not len(tables.pairs):
            return plain
        drawn = inner.sample(min(max(codes.n, _LEAST_POOL), _MOST_POOL), rng=rng).values
        cells = tables.cells_of(drawn)
        factors = _factors(cells, tables.shares, self.rounds)
        fresh = tables.cells_of(inner.sample(_MOST_POOL, rng=rng).values)  # factors fit their own too well
        left = _left(fresh, tables.shares, _tamed(_product(fresh, factors), int(_MOST_POOL / self.pool)))
        raked = FittedRaking(codes.domain, inner, tables, factors, left, self.pool, self.steps)
        if self.always:
            return raked
        n = int(len(drawn) / self.pool)
        chosen = raked.choose(cells, n, tables.shares, rng)
        before = tables.distance([x[:n] for x in cells]).mean()
        after = tables.distance([x[chosen] for x in cells]).mean()
        return raked if after < before else plain

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted wrapper from its domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        inner = State(state.facts, unprefixed("inner", state.arrays))
        return _unpack(domain, self.model.load(domain, inner), state, self)


@dataclass(frozen=True)
class FittedRaking:
    """A fitted model whose samples are raked.

    Args:
        domain: The fields.
        inner: The fitted model.
        tables: The pair tables, or None where raking is off.
        factors: Factor of each cell of each table.
        left: For each cell of each table its share over that of the model's rows, weighted by the factors.
        pool: Pool rows per row that is kept.
        steps: Steps of swaps.
    """

    domain: Domain
    inner: Fitted
    tables: PairTables | None
    factors: tuple[Floats, ...]
    left: tuple[Floats, ...]
    pool: float
    steps: int

    @property
    def active(self) -> bool:
        """Whether samples are raked."""
        return self.tables is not None

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows, those under conditions too; where each row asks for its own, with factors alone.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        if self.tables is None or n == 0:
            return self.inner.sample(n, rng=rng, given=given)
        if given and any(np.ndim(w) == 2 for w in given.values()):
            return self._row_by_row(self.tables, n, given, rng)
        parts = []
        for start in range(0, n, _CHUNK):
            size = min(_CHUNK, n - start)
            drawn = self.inner.sample(int(np.ceil(size * self.pool)), rng=rng, given=given).values
            cells = self.tables.cells_of(drawn)
            shares = self._shares(cells, size) if given else self.tables.shares
            chosen = self.choose(cells, size, shares, rng)
            parts.append(np.asfortranarray(drawn[chosen]))
        return Codes(self.domain, parts[0] if len(parts) == 1 else np.concatenate(parts))

    def _shares(self, cells: list[Bytes], n: int) -> tuple[Floats, ...]:
        """Shares of the cells that n rows of a pool under a condition should have, for each pair."""
        weights = _tamed(self._weights(cells), n)
        shares = []
        for x, left in zip(cells, self.left, strict=True):
            mass = np.bincount(x, weights=weights, minlength=left.size) * left
            shares.append(mass / np.cumsum(mass)[-1])
        return tuple(shares)

    def _row_by_row(self, tables: PairTables, n: int, given: Given, rng: Generator) -> Codes:
        """Rows with a condition each: of a few the one that the factors choose, where these ask for much."""
        first = self.inner.sample(n, rng=rng, given=given).values
        weights = self._weights(tables.cells_of(first))
        if effective_size(weights) >= _EVEN * n:
            return Codes(self.domain, first)
        asked = {f: np.repeat(w, _MORE, axis=0) if w.ndim == 2 else w for f, w in given.items()}
        more = self.inner.sample(n * _MORE, rng=rng, given=asked).values.reshape(n, _MORE, -1)
        candidates = np.concatenate([first[:, None, :], more], axis=1)  # (n, candidates, d)
        flat = np.asfortranarray(candidates.reshape(n * (_MORE + 1), -1))
        share = self._weights(tables.cells_of(flat))
        picked = draw(np.maximum(share.reshape(n, -1), 1e-12), n, rng)
        return Codes(self.domain, candidates[np.arange(n), picked])

    def _weights(self, cells: list[Bytes]) -> Floats:
        """The product of the factors of each pool row's cells, shape (m,)."""
        return _product(cells, self.factors)

    def choose(self, cells: list[Bytes], n: int, shares: tuple[Floats, ...], rng: Generator) -> Ints:
        """Positions of n pool rows, by weight and, in larger blocks, by swaps towards shares.

        Args:
            cells: Group of each row, per field.
            n: Number of rows, ≥ 0.
            shares: Target shares of each pair of fields.
            rng: Source of randomness.
        """
        chosen = choose_rows(_tamed(self._weights(cells), n), n, rng)
        if n < _LEAST_ROWS:
            return chosen
        return balance(cells, shares, chosen, rng=rng, steps=self.steps)

    def state(self) -> State:
        """The inner model's state, the tables and the factors."""
        inner = self.inner.state()
        arrays = prefixed("inner", inner.arrays)
        if self.tables is not None:
            t = self.tables
            arrays["pairs"] = t.pairs
            arrays["groups"] = np.concatenate(t.groups)
            arrays["cells"] = np.stack(t.cells)
            arrays["cell_counts"] = np.array([s.size for s in t.shares], np.int32)
            arrays["shares"] = np.concatenate(t.shares)
            arrays["factors"] = np.concatenate(self.factors)
            arrays["left"] = np.concatenate(self.left)
            arrays["settings"] = np.array([self.pool, self.steps])
        return State(inner.facts, arrays)


def _unpack(domain: Domain, inner: Fitted, state: State, settings: Raking) -> FittedRaking:
    """The wrapper that `FittedRaking.state` wrote."""
    if "pairs" not in state.arrays:
        return FittedRaking(domain, inner, None, (), (), settings.pool, settings.steps)
    pairs = state.array("pairs", np.int32, (None, 2), 0, len(domain) - 1)
    sizes = state.array("cell_counts", np.int64, (len(pairs),), 1, MOST_GROUPS**2)
    shares, factors, left = (
        parted(state.array(name, np.float64, (int(sizes.sum()),), 0.0, _FARTHEST), sizes, np.float64)
        for name in ("shares", "factors", "left")
    )
    cells = state.array("cells", np.uint8, (len(pairs), MOST_GROUPS, MOST_GROUPS))
    pool, steps = state.array("settings", np.float64, (2,), 1.0, _MOST_SETTING).tolist()
    if (cells.max(axis=(1, 2)) >= sizes).any():
        raise ValueError("state: its pair tables do not fit each other")
    groups = state.array("groups", np.uint8, (sum(domain.sizes),), 0, MOST_GROUPS - 1)
    tables = PairTables(
        groups=parted(groups, domain.sizes, np.uint8), pairs=pairs, cells=tuple(cells), shares=shares
    )
    return FittedRaking(domain, inner, tables, factors, left, pool, int(steps))


def _factors(cells: list[Bytes], shares: tuple[Floats, ...], rounds: int) -> tuple[Floats, ...]:
    """One factor per cell, by damped iterative proportional fitting of the pool's weights.

    Source:
        Deming and Stephan, Annals of Mathematical Statistics 11 (1940).
    """
    m = cells[0].size
    weights = np.ones(m)
    factors = [np.ones(t.size) for t in shares]
    for _ in range(rounds):
        for p, (x, t) in enumerate(zip(cells, shares, strict=True)):
            seen = np.bincount(x, weights=weights, minlength=t.size)
            rows = np.bincount(x, minlength=t.size)
            ratio = (t * m + 1.0) / (seen * (m / np.cumsum(seen)[-1]) + 1.0)
            step = np.clip(1.0 + _trust(rows) * 0.5 * (ratio - 1.0), 0.5, 2.0)
            factors[p] *= step
            weights *= step.take(x)
    return tuple(factors)


def _left(cells: list[Bytes], shares: tuple[Floats, ...], weights: Floats) -> tuple[Floats, ...]:
    """What the factors leave undone: for each cell its share over that of the weighted pool."""
    out = []
    for x, t in zip(cells, shares, strict=True):
        seen = np.bincount(x, weights=weights, minlength=t.size)
        ratio = (t * x.size + 1.0) / (seen * (x.size / np.cumsum(seen)[-1]) + 1.0)
        out.append(1.0 + _trust(np.bincount(x, minlength=t.size)) * (ratio - 1.0))
    return tuple(out)


def _trust(rows: Integers) -> Floats:
    """How far cells of so many pool rows are believed: few say little about the model."""
    out: Floats = rows / (rows + 50.0)
    return out


def _product(cells: list[Bytes], factors: tuple[Floats, ...]) -> Floats:
    """The product of the factors of each row's cells, shape (m,)."""
    weights = np.ones(cells[0].size)
    for x, f in zip(cells, factors, strict=True):
        weights *= f.take(x)
    return weights


def _tamed(weights: Floats, n: int) -> Floats:
    """Weights drawn towards 1 until the pool is worth enough rows per row that is wanted, or all 1."""
    mean = np.cumsum(weights)[-1] / weights.size
    for share in (1.0, 0.5, 0.25):
        mixed: Floats = share * (weights / mean) + (1.0 - share)
        if effective_size(mixed) >= _WORTH * n or weights.size <= _WORTH * n:
            return mixed
    return np.ones(weights.size)


_STRIPES = 3
_SHARE = 0.08


def balance(
    cells: Sequence[Bytes],
    shares: Sequence[Floats],
    chosen: Ints,
    *,
    rng: Generator,
    steps: int,
) -> Ints:
    """Swap chosen rows for others of the pool, so that cells hold what their shares ask for.

    Each step looks at a third of the pool, scores its rows by the excess of their cells (the gradient of
    Σ (count - wanted)² / (wanted + 1)), and swaps rows drawn in proportion to their scores, as many as
    lower that sum most. What is left of a sample's own noise shrinks from step to step.

    Args:
        cells: For each pair of fields the cell of each pool row, shape (m,).
        shares: For each pair the share of rows wanted in each cell.
        chosen: Positions of the rows chosen at first, shape (n,).
        rng: Source of randomness.
        steps: Number of steps, ≥ 0.

    Returns:
        Positions, rising, shape (n,).

    Source:
        In the spirit of balanced sampling (Deville and Tillé, Biometrika 91, 2004), by descent.
    """
    if not cells:
        return chosen
    m, n = cells[0].size, chosen.size
    inside = np.zeros(m, bool)
    inside[chosen] = True
    wanted = [n * t for t in shares]
    excess = [np.bincount(x[chosen], minlength=w.size) - w for x, w in zip(cells, wanted, strict=True)]
    for step in range(steps):
        first = step % _STRIPES
        rows = np.arange(first, m, _STRIPES)
        score = np.zeros(rows.size)
        for x, e, w in zip(cells, excess, wanted, strict=True):
            score += (e / (w + 1.0)).take(x[first::_STRIPES])
        mine = inside[rows]
        swaps = int(_SHARE * min(np.count_nonzero(mine), np.count_nonzero(~mine)))
        if swaps < 1:
            break
        score -= _total(score[mine]) / np.count_nonzero(mine)
        leave = _pick(rows[mine], np.maximum(score[mine], 0.0), swaps, rng)
        enter = _pick(rows[~mine], np.maximum(-score[~mine], 0.0), swaps, rng)
        k = int(min(leave.size, enter.size))
        change = _change(cells, wanted, leave[:k], enter[:k])
        fall = -sum(_total(c * e / (w + 1.0)) for c, e, w in zip(change, excess, wanted, strict=True))
        curve = sum(_total(c * c / (w + 1.0)) for c, w in zip(change, wanted, strict=True))
        k = int(k * min(1.0, max(0.0, float(fall / curve)))) if curve > 0 else 0
        if k < 1:
            continue
        inside[leave[:k]] = False
        inside[enter[:k]] = True
        for e, c in zip(excess, _change(cells, wanted, leave[:k], enter[:k]), strict=True):
            e += c
    return np.flatnonzero(inside)


def _pick(rows: Ints, score: Floats, count: int, rng: Generator) -> Ints:
    """Up to `count` rows in proportion to their scores, each once, in random order."""
    count = min(count, int(np.count_nonzero(score)))
    return rng.permutation(rows[choose_rows(score, count, rng)]) if count else rows[:0]


def _change(cells: Sequence[Bytes], wanted: Sequence[Floats], leave: Ints, enter: Ints) -> list[Floats]:
    """Change of each table's counts by a swap."""
    return [
        (np.bincount(x[enter], minlength=w.size) - np.bincount(x[leave], minlength=w.size)).astype(np.float64)
        for x, w in zip(cells, wanted, strict=True)
    ]


def _total(x: Floats) -> float:
    """Sum in one fixed order, so that every machine gets the same bits."""
    return float(np.cumsum(x)[-1]) if x.size else 0.0


@dataclass(frozen=True)
class PairTables:
    """Shares of cells, by pair of fields.

    Args:
        groups: For each field the group of each code, shape (size,).
        pairs: Positions of the two fields of each table, shape (pairs, 2).
        cells: For each pair the cell of each combination of groups, shape (16, 16); combinations that too
            few subjects hold share one cell.
        shares: For each pair the share of rows in each cell.
    """

    groups: tuple[Bytes, ...]
    pairs: Ints32
    cells: tuple[Bytes, ...]
    shares: tuple[Floats, ...]

    def cells_of(self, values: Ints32) -> list[Bytes]:
        """For each pair the cell of each row, shape (n,), of codes of shape (n, d)."""
        high = [g.take(values[:, j]) for j, g in enumerate(self.groups)]
        return [
            cell.reshape(-1).take(high[i].astype(np.intp) * MOST_GROUPS + high[j])
            for (i, j), cell in zip(self.pairs.tolist(), self.cells, strict=True)
        ]

    def distance(self, cells: list[Bytes]) -> Floats:
        """Total variation distance of each table from the rows of these cells, shape (pairs,)."""
        gaps = [
            np.abs(np.bincount(x, minlength=t.size) / max(x.size, 1) - t).sum() / 2
            for x, t in zip(cells, self.shares, strict=True)
        ]
        return np.array(gaps)

    def keep(self, which: Ints) -> PairTables:
        """Only some of the pairs."""
        return PairTables(
            self.groups,
            self.pairs[which],
            tuple(self.cells[p] for p in which),
            tuple(self.shares[p] for p in which),
        )


def pair_tables(codes: Codes, *, guard: Guard, bins: int, most: int) -> PairTables:
    """Count pairs of fields; combinations held by too few subjects are pooled, two at least.

    Args:
        codes: The table, n rows.
        guard: The guard for what is kept.
        bins: Groups per field, 2 … 16.
        most: Most pairs; the most associated ones are taken.
    """
    counts = guarded_counts(codes, guard)
    orders = code_orders(codes, counts)
    groups = []
    for count, order in zip(counts, orders, strict=True):
        group = np.empty(count.size, np.uint8)
        group[order] = coarse_bins(count[order], bins)
        groups.append(group)
    high = [g.take(codes.values[:, j]) for j, g in enumerate(groups)]
    pairs = _pairs(high, most)
    cells, shares = [], []
    for i, j in pairs:
        flat = high[i].astype(np.int64) * MOST_GROUPS + high[j]
        threshold = guard.column(f"{codes.domain.names[i]} × {codes.domain.names[j]}").threshold
        cell = _pooled(flat, threshold, guard.subjects)
        cells.append(cell.reshape(MOST_GROUPS, MOST_GROUPS))
        shares.append(np.bincount(cell[flat], minlength=int(cell.max()) + 1) / max(codes.n, 1))
    return PairTables(tuple(groups), np.array(pairs, np.int32).reshape(-1, 2), tuple(cells), tuple(shares))


def _pooled(flat: Ints, threshold: int, subjects: Ints | None) -> Bytes:
    """The cell of each combination, shape (256,); cell 0 pools what fewer than `threshold` subjects hold.

    Pooled combinations are at least two and together held by enough subjects: else the rarest of the others
    joins them.
    """
    size = MOST_GROUPS * MOST_GROUPS
    holders, _, _ = count_subjects(flat, size, subjects)
    poor = holders < threshold
    for code in np.argsort(holders, kind="stable"):
        inside = poor[flat]
        together = np.count_nonzero(inside) if subjects is None else np.unique(subjects[inside]).size
        if not together or (together >= threshold and np.count_nonzero(holders[poor]) > 1):
            break
        poor[code] = True
    cell = np.zeros(size, np.uint8)
    rich = np.flatnonzero(~poor)
    cell[rich] = np.arange(1, rich.size + 1) if poor.any() else np.arange(rich.size)
    return cell


def _pairs(high: list[Bytes], most: int) -> list[tuple[int, int]]:
    """All pairs of fields that vary, or the most associated of them."""
    varied = [j for j, h in enumerate(high) if h.size and h.min() != h.max()]
    pairs = list(itertools.combinations(varied, 2))
    if len(pairs) <= most:
        return pairs
    step = max(1, high[0].size // 10_000)
    z = np.stack([high[j][::step] for j in varied], axis=1).astype(np.float64)
    z = (z - z.mean(axis=0)) / np.maximum(z.std(axis=0), 1e-9)
    strength = np.abs(z.T @ z)[np.triu_indices(len(varied), 1)]
    return [pairs[p] for p in np.sort(np.argsort(-strength, kind="stable")[:most])]
