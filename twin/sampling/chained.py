"""Rows that each ask for their own, by chained equations that are learned from rows of the twin itself.

Each field that some rows leave open gets a law given all other fields, missing ones among them. The open
fields of a row are missing at first and drawn one after the other, those that fewest rows leave open first:
what is missing tells too, as where only adults were asked. Fields of which the twin knows no missing value
start from some row of the twin, and are drawn again and again, each given the others. What is asked for never
has to be likely, or possible, for the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import MISSING, Codes, Domain, Field, FloatArray, IntArray, State
from twin.models.base import Fitted, Given
from twin.models.chain import FieldTrees
from twin.models.dependencies import FittedDependent
from twin.models.facts import check_given, coarse_bins, guarded_counts
from twin.models.masks import Bins
from twin.models.orders import code_orders
from twin.models.tilt import Tilt
from twin.models.trees import Trees, TreeTable
from twin.privacy.guard import Guard
from twin.sampling.gate import FittedGate

Rows = NDArray[np.int64]

_SWEEPS = 6
_MOST_BINS = 250


@dataclass(frozen=True, kw_only=True)
class Open:
    """Which fields count, and what their laws are learned from.

    Args:
        told: Fields that some rows know.
        open: Fields that some rows do not know, and that should be drawn.
        rows: Rows of the twin to learn from, ≥ 1: as many as it was fitted to, so that laws learned again are
            as uncertain as what the twin knows.
    """

    told: Collection[str]
    open: Collection[str]
    rows: int


def chained(fitted: Fitted, asked: Open, rng: Generator, *, threads: int = 1) -> Fitted:
    """A fitted model whose rows under conditions are drawn by chained equations; its gate stays outermost.

    Args:
        fitted: The fitted model.
        asked: Which fields count.
        rng: Source of randomness; with another one the laws are learned from other rows.
        threads: Threads to learn with, ≥ 1; they do not change the laws.

    Returns:
        The model. Fields that do not count come from any row of the twin.
    """
    if isinstance(fitted, FittedGate):
        inner = chained(fitted.inner, asked, rng, threads=threads)
        assert isinstance(inner, FittedDependent)
        return replace(fitted, inner=inner)
    if isinstance(fitted, FittedDependent):
        names = fitted.domain.names
        told, left = set(asked.told), set(asked.open)
        for link in fitted.links:  # what is known or wanted of a dependant is of its source
            dependant, source = names[link.dependant], names[link.source]
            if (dependant in told or dependant in left) and source not in told:
                left.add(source)
        asked = replace(asked, told=told, open=left)
        return replace(fitted, inner=_learned(fitted.inner, asked, rng, threads))
    return _learned(fitted, asked, rng, threads)


def _learned(fitted: Fitted, asked: Open, rng: Generator, threads: int) -> Chained:
    """The laws of the open fields given the others, from rows that the model draws."""
    domain = fitted.domain
    opened = [j for j, f in enumerate(domain) if f.name in asked.open]
    names = {*asked.told, *asked.open}
    count = np.array([j for j, f in enumerate(domain) if f.name in names], np.int64)
    codes = fitted.sample(asked.rows, rng=rng)
    guard = Guard(k=1, unsafe=True, noise=lambda: 0)  # rows of the twin are nobody's
    counts = guarded_counts(codes, guard)
    orders = code_orders(codes, counts)
    bins = [_bins(own, order) for own, order in zip(counts, orders, strict=True)]

    def law(j: int, rng: Generator) -> FieldTrees:
        # From rows in which the field is there; the others may be missing, which tells too.
        own = [_present(c, domain.fields[i]) if i == j else c for i, c in enumerate(counts)]
        table = TreeTable.of(Trees(), codes, guard, own, orders, bins)
        return table.field(j, count[count != j], rng)

    with ThreadPoolExecutor(threads) as pool:
        laws = dict(zip(opened, pool.map(law, opened, rng.spawn(len(opened))), strict=True))
    return Chained(fitted, laws, tuple(bins), codes.values)


def _present(counts: NDArray[np.int64], field: Field) -> NDArray[np.int64]:
    """Counts without that of a missing value, where there is any other."""
    out = counts.copy()
    out[: int(field.nullable)] = 0
    return out if out.any() else counts


def _bins(counts: NDArray[np.int64], order: Rows) -> Bins:
    """The bin of each code, shape (size,), of neighbouring codes in their order."""
    bins = np.empty(counts.size, np.uint8)
    bins[order] = coarse_bins(counts[order], _MOST_BINS)
    return bins


@dataclass(frozen=True)
class Chained:
    """A fitted model whose rows under conditions are drawn by chained equations. Made by `chained`.

    Args:
        inner: The fitted model.
        laws: The law of each field that rows may leave open, given the others that count, by position.
        bins: For each field of the domain the bin of each code, shape (size,).
        pool: Rows of the twin to start from, shape (m, d).
    """

    inner: Fitted
    laws: Mapping[int, FieldTrees]
    bins: tuple[Bins, ...]
    pool: IntArray

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.inner.domain

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; under conditions, fields with one possible code have it, and the rest follows.

        Source:
            van Buuren, Flexible Imputation of Missing Data, 2018, section 4.5, learned from the twin.
        """
        weights = check_given(self.domain, given, n)
        if not weights or n == 0:
            return self.inner.sample(n, rng=rng, given=given)
        values = np.asfortranarray(self.pool[rng.integers(0, len(self.pool), n)])
        rows = {j: np.arange(n) for j in self.laws}
        for j, w in weights.items():
            whole = np.broadcast_to(w, (n, w.shape[-1]))
            stays = whole[np.arange(n), values[:, j]] == whole.max(axis=1)
            values[:, j] = np.where(stays, values[:, j], whole.argmax(axis=1))
            rows[j] = np.flatnonzero(np.count_nonzero(whole, axis=1) > 1)
        never = [j for j in self.laws if not self.domain.fields[j].nullable]
        for j in self.laws.keys() - set(never):
            values[rows[j], j] = MISSING
        bins = [b[values[:, j]] for j, b in enumerate(self.bins)]
        fewest = sorted(self.laws, key=lambda j: rows[j].size)
        for sweep in range(_SWEEPS if never else 1):
            for j in fewest if sweep == 0 else never:
                codes = _drawn(self.laws[j], [b[rows[j]] for b in bins], weights.get(j), rows[j], rng)
                able = codes >= 0
                values[rows[j][able], j] = codes[able]
                bins[j] = self.bins[j][values[:, j]]
        return Codes(self.domain, values)

    def state(self) -> State:
        """The inner model's state; what is learned here is not kept."""
        return self.inner.state()


def _drawn(
    law: FieldTrees, bins: list[Bins], weights: FloatArray | None, rows: Rows, rng: Generator
) -> NDArray[np.integer]:
    """Codes of one field for some rows, shape (rows,); -1 where its law has none under the weights."""
    if weights is None or not rows.size:
        return law.draw(rows.size, bins, rng)
    own = weights if weights.ndim == 1 else weights[rows]
    if (own[..., law.counts > 0] == 1.0).all():
        return law.draw(rows.size, bins, rng)
    codes, share = Tilt(law, own, rows.size).draw(bins, rng)
    return np.where(share > 0, codes, -1)
