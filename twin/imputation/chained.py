"""Rows that each ask for their own, by chained equations that are learned from rows of the twin itself.

Each field that some rows leave open gets a law given all others, twice. The first laws take a missing value
for a value like any other, so that open fields can be drawn one after the other, those that fewest rows leave
open first. With them the twin's rows are filled, and the second laws are learned: from all fields, and from
which of them were missing, since that tells too, as where only adults were asked. By these the open fields
are drawn again and again, each given the others. What is asked for never has to be likely, or possible, for
the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Integers, Ints, Ints32
from twin.codes import MISSING, Codes, Domain, Field, State
from twin.models.base import Fitted, Given
from twin.models.conditioning import check_given
from twin.models.guarded_counts import code_orders, guarded_counts
from twin.models.trees.chain import FieldTrees, TiltedNode
from twin.models.trees.ensembles import Bins
from twin.models.trees.trees import Trees, TreeTable, association, code_bins, strongest
from twin.models.wrappers.dependencies import FittedDependent
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress
from twin.sampling.rare_combinations import FittedRareCombinationFilter

_SWEEPS = 6
_TIMES = 4


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


def unwatched(done: float, what: str) -> None:
    """Progress that nobody watches.

    Args:
        done: Share of the work done, 0 … 1.
        what: What is being done, in words.
    """


def chained(
    fitted: Fitted, asked: Open, rng: Generator, *, threads: int = 1, progress: Progress = unwatched
) -> Fitted:
    """A fitted model whose rows under conditions are drawn by chained equations; its gate stays outermost.

    Args:
        fitted: The fitted model.
        asked: Which fields count.
        rng: Source of randomness; with another one the laws are learned from other rows.
        threads: Threads to learn with, ≥ 1; they do not change the laws.
        progress: Told about laws learned.

    Returns:
        The model. Fields that do not count come from any row of the twin.
    """
    if isinstance(fitted, FittedRareCombinationFilter):
        inner = chained(fitted.inner, asked, rng, threads=threads, progress=progress)
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
        return replace(fitted, inner=_learned(fitted.inner, asked, rng, threads, progress))
    return _learned(fitted, asked, rng, threads, progress)


def _learned(fitted: Fitted, asked: Open, rng: Generator, threads: int, progress: Progress) -> Chained:
    """The laws of the open fields given the others, from rows that the model draws."""
    domain = fitted.domain
    opened = [j for j, f in enumerate(domain) if f.name in asked.open]
    told = [j for j, f in enumerate(domain) if f.name in asked.told or f.name in asked.open]
    codes = _by_chance(fitted, asked.rows, rng)
    gaps = {j: rows for j in opened if (rows := _missing(codes, j)).size}
    half = 0.5 if gaps else 1.0
    first = _laws(codes, codes, opened, told, rng, threads, lambda done, what: progress(half * done, what))
    if not gaps:
        return Chained(fitted, first, first, (), codes.values)
    marks = tuple(gaps)
    again = _marked(domain, codes.values, gaps)
    filled = again.values.copy(order="F")  # what a law is learned from stays as it is
    first.draw(filled, gaps, {}, rng)
    told += range(len(domain), len(again.domain))
    others = Codes(again.domain, filled)
    second = _laws(
        again, others, opened, told, rng, threads, lambda done, what: progress(half + half * done, what)
    )
    return Chained(fitted, first, second, marks, codes.values)


def _by_chance(fitted: Fitted, n: int, rng: Generator) -> Codes:
    """Rows that vary as people do: a raked sample varies less, so they are chosen from a larger one."""
    many = fitted.sample(_TIMES * n, rng=rng)
    return Codes(fitted.domain, np.asfortranarray(many.values[rng.integers(0, many.n, n)]))


def _missing(codes: Codes, j: int) -> Ints:
    """Rows in which a field is missing."""
    found = codes.values[:, j] == MISSING
    return np.flatnonzero(found & codes.domain.fields[j].nullable)


def _marked(domain: Domain, values: Ints32, gaps: Mapping[int, Ints]) -> Codes:
    """Rows with a field more for each field with gaps, which tells where they are."""
    longest = max(domain.names, key=len)  # what is longer is nobody's name
    marks = np.zeros((len(values), len(gaps)), np.int32)
    for i, rows in enumerate(gaps.values()):
        marks[rows, i] = 1
    fields = (*domain, *(Field(name=f"{longest} {j} is missing", size=2) for j in gaps))
    return Codes(Domain(fields), np.concatenate([values, marks], axis=1))


@dataclass(frozen=True)
class Laws:
    """The law of each open field, given the others that count.

    Args:
        fields: Their trees, by position.
        bins: For each field the bin of each code, shape (size,).
    """

    fields: Mapping[int, FieldTrees]
    bins: tuple[Bins, ...]

    def draw(
        self,
        values: Ints32,
        rows: Mapping[int, Ints],
        weights: Mapping[int, Floats],
        rng: Generator,
        *,
        times: int = 1,
    ) -> None:
        """Draw fields of some rows, each given the others, those of fewest rows first.

        Args:
            values: Codes, shape (n, d); the one thing that changes.
            rows: For each field to draw, by position, in which rows.
            weights: Weights by position, shape (size,) or (n, size).
            rng: Source of randomness.
            times: How often each is drawn.
        """
        bins = [b[values[:, j]] for j, b in enumerate(self.bins)]
        for j in sorted(rows, key=lambda j: rows[j].size) * times:
            own = rows[j]
            codes = _drawn(self.fields[j], [b[own] for b in bins], weights.get(j), own, rng)
            able = codes >= 0
            values[own[able], j] = codes[able]
            bins[j] = self.bins[j][values[:, j]]


def _laws(
    own: Codes,
    others: Codes,
    opened: Sequence[int],
    told: Sequence[int],
    rng: Generator,
    threads: int,
    progress: Progress,
) -> Laws:
    """Learn the laws of fields.

    Args:
        own: Rows as they are; a law is learned from those in which its field is not missing.
        others: The same rows as a law looks at them.
        opened: Fields that get a law, by position.
        told: Fields that count.
        rng: Source of randomness.
        threads: Threads to learn with.
        progress: Told about fields learned.
    """
    guard = Guard(k=1, unsafe=True, noise=lambda: 0)  # rows of the twin are nobody's
    counts = guarded_counts(others, guard)
    orders = code_orders(others, counts)
    settings = Trees()
    bins = tuple(code_bins(c, o, settings.bins) for c, o in zip(counts, orders, strict=True))
    table = replace(TreeTable.of(settings, others, guard, counts, orders, bins), codes=own)
    count = np.array(told, np.int64)
    strength = association(table.groups)  # (d, d)

    def law(j: int, rng: Generator) -> FieldTrees:
        present = [_present(c, own.domain.fields[i]) if i == j else c for i, c in enumerate(counts)]
        asked = strongest(strength[j], count[count != j], settings.predictors)
        return replace(table, counts=present).field(j, asked, rng)

    fields = {}
    with ThreadPoolExecutor(threads) as pool:
        for j, known in zip(opened, pool.map(law, opened, rng.spawn(len(opened))), strict=True):
            fields[j] = known
            progress(len(fields) / len(opened), "learning the laws")
    return Laws(fields, bins)


def _present(counts: Ints, field: Field) -> Ints:
    """Counts without that of a missing value, where there is any other."""
    out = counts.copy()
    out[: int(field.nullable)] = 0
    return out if out.any() else counts


@dataclass(frozen=True)
class Chained:
    """A fitted model whose rows under conditions are drawn by chained equations. Made by `chained`.

    Args:
        inner: The fitted model.
        first: The law of each field that rows may leave open, given the others, missing or not.
        second: The same, given the others filled, and which fields were missing.
        marks: Fields, by position, of which the second laws ask whether they were missing.
        pool: Rows of the twin to start from, shape (m, d).
    """

    inner: Fitted
    first: Laws
    second: Laws
    marks: tuple[int, ...]
    pool: Ints32

    @property
    def domain(self) -> Domain:
        """The fields it draws."""
        return self.inner.domain

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; under conditions, fields with one possible code have it, and the rest follows.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.

        Source:
            van Buuren, Flexible Imputation of Missing Data, 2018, section 4.5, learned from the twin.
        """
        weights = check_given(self.domain, given, n)
        if not weights or n == 0:
            return self.inner.sample(n, rng=rng, given=given)
        values = self.pool[rng.integers(0, len(self.pool), n)]
        rows = {j: np.arange(n) for j in self.first.fields}
        for j, w in weights.items():
            whole = np.broadcast_to(w, (n, w.shape[-1]))
            stays = whole[np.arange(n), values[:, j]] == whole.max(axis=1)
            values[:, j] = np.where(stays, values[:, j], whole.argmax(axis=1))
            if j in rows:
                rows[j] = np.flatnonzero(np.count_nonzero(whole, axis=1) > 1)
        for j, own in rows.items():
            if self.domain.fields[j].nullable:
                values[own, j] = MISSING
        marked = _marked(self.domain, values, {j: rows[j] for j in self.marks})
        values = np.asfortranarray(marked.values)
        self.first.draw(values, rows, weights, rng)
        self.second.draw(values, rows, weights, rng, times=_SWEEPS)
        return Codes(self.domain, values[:, : len(self.domain)])

    def state(self) -> State:
        """The inner model's state; what is learned here is not kept."""
        return self.inner.state()


def _drawn(law: FieldTrees, bins: list[Bins], weights: Floats | None, rows: Ints, rng: Generator) -> Integers:
    """Codes of one field for some rows, shape (rows,); -1 where its law has none under the weights."""
    if weights is None or not rows.size:
        return law.draw(rows.size, bins, rng)
    own = weights if weights.ndim == 1 else weights[rows]
    if (own[..., law.counts > 0] == 1.0).all():
        return law.draw(rows.size, bins, rng)
    codes, share = TiltedNode(law, own, rows.size).draw(bins, rng)
    return np.where(share > 0, codes, -1)
