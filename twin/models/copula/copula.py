"""Gaussian copula over codes: one sort, one matrix product. Under a budget it learns from noisy answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats, Ints, Ints32
from twin.codes import Codes, Domain, Field, State
from twin.models.base import Given, joined, parted
from twin.models.conditioning import Candidates, check_given, conditional, effective_size, single_codes
from twin.models.consistency import Margins, cleaned, deviations, integer_counts, margins, spendable
from twin.models.copula.correlations import (
    cell_scores,
    coefficients,
    correlations_of,
    cut_points,
    latent_correlations,
    nearest_correlation,
    repair,
)
from twin.models.guarded_counts import code_orders, guarded_counts
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

_UNIT = 1 << 18
"""Normals and loadings are whole multiples of 1/2¹⁸: their products add exactly in float64, in any order, so
that every machine draws the same rows."""

_CHUNK = 65_536
_CELLS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Copula:
    """Empirical margins joined by a normal distribution with a correlation per pair of fields.

    Args:
        shrink: Share by which correlations are drawn towards 0, as 1 / (1 + shrink / n), ≥ 0.

    Example:
        >>> from twin.codes import Field
        >>> domain = Domain((Field(name="a", size=2), Field(name="b", size=2)))
        >>> codes = Codes(domain, np.array([[0, 0], [1, 1]] * 50))
        >>> drawn = Copula().fit(codes, guard=Guard(), rng=np.random.default_rng(0)).sample(
        ...     1000, rng=np.random.default_rng(1))
        >>> bool((drawn.values[:, 0] == drawn.values[:, 1]).mean() > 0.95)
        True
    """

    name: ClassVar[str] = "copula"
    """Key in `MODELS`."""

    shrink: float = 1.0

    def fit(
        self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None
    ) -> FittedCopula:
        """Learn margins and latent correlations.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.
        """
        counts = guarded_counts(codes, guard)
        orders = code_orders(codes, counts)
        d = len(counts)
        terms = np.zeros((d, 16))
        scores = np.empty((codes.n, d))  # (n, d)
        cuts = [cut_points(c[o]) for c, o in zip(counts, orders, strict=True)]
        for j, order in enumerate(orders):
            by_place = cell_scores(cuts[j])
            terms[j] = coefficients(cuts[j], by_place)
            by_code = np.empty_like(by_place)
            by_code[order] = by_place
            scores[:, j] = by_code[codes.values[:, j]]
        scores -= scores.mean(axis=0)
        covariance = scores.T @ scores / (codes.n + self.shrink)  # (d, d)
        if guard.subjects is not None and int(guard.subjects.max(initial=0)) < guard.k:
            covariance[:] = 0.0  # too few subjects for any pair to be released
        factor = _factor(repair(latent_correlations(covariance, terms)))
        return FittedCopula(codes.domain, tuple(counts), tuple(orders), factor, tuple(cuts))

    def fit_dp(
        self, queryable: Queryable, *, rng: Generator, progress: Progress | None = None
    ) -> FittedCopula:
        """Learn noisy margins and latent correlations, with all that the queryable's ledger has left.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            BudgetExceeded: If nothing is left.
        """
        return self.fit_dp_share(queryable, 1.0, rng=rng, progress=progress)

    def fit_dp_share(
        self, queryable: Queryable, share: float, *, rng: Generator, progress: Progress | None = None
    ) -> FittedCopula:
        """As `fit_dp`, with a share 0 … 1 of the mu² that is left: for models built upon a copula.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            share: Share of what is left of the budget, in (0, 1].
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            BudgetExceeded: If nothing is left.
        """
        learned = learn(queryable, rng=rng, progress=progress, share=share)
        cuts = tuple(cut_points(c[o]) for c, o in zip(learned.counts, learned.orders, strict=True))
        factor = _factor(learned.correlation)
        return FittedCopula(queryable.domain, learned.counts, learned.orders, factor, cuts)

    def load(self, domain: Domain, state: State) -> FittedCopula:
        """The fitted copula from its domain and state.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        d, sizes, total = len(domain), domain.sizes, sum(domain.sizes)
        counts = state.array("counts", np.int64, (total,), 0)
        orders = parted(state.array("orders", np.int64, (total,)), sizes, np.int64)
        cuts = parted(state.array("cuts", np.float64, (total + d,)), [n + 1 for n in sizes], np.float64)
        if not all(np.array_equal(np.sort(order), np.arange(order.size)) for order in orders):
            raise ValueError("state: an order of codes is none")
        if any((cut[1:] < cut[:-1]).any() for cut in cuts):
            raise ValueError("state: cut points do not ascend")
        factor = state.array("factor", np.int32, (d, d))
        return FittedCopula(domain, parted(counts, sizes, np.int64), orders, factor, cuts)


def _factor(correlation: Floats) -> Ints32:
    """Lower triangular factor times 2¹⁸, shape (d, d)."""
    return np.round(np.linalg.cholesky(correlation) * _UNIT).astype(np.int32)


@dataclass(frozen=True)
class FittedCopula:
    """Margins, orders and the Cholesky factor of the latent correlations.

    Args:
        domain: The fields.
        counts: Rows per code, per field.
        orders: Codes by rank on the latent scale, per field.
        factor: Lower triangular factor times 2¹⁸, shape (d, d).
        cuts: Cut points on the normal scale, shape (size + 1,) per field.
    """

    domain: Domain
    counts: tuple[Ints, ...]
    orders: tuple[Ints, ...]
    factor: Ints32 = field(repr=False)
    cuts: tuple[Floats, ...] = field(repr=False)

    @cached_property
    def _inner_cuts(self) -> tuple[Floats, ...]:
        """Inner cut points on the exact grid of the products."""
        return tuple(np.round(np.clip(c[1:-1], -40, 40) * _UNIT) * _UNIT for c in self.cuts)

    def sample(self, n: int, *, rng: Generator, given: Given | None = None) -> Codes:
        """Draw n rows; with conditions, the given fields first and the rest from what they imply.

        Args:
            n: Number of rows, ≥ 0.
            rng: Source of randomness.
            given: Weights of the codes of some fields, by name, shape (size,) or (n, size); None for no
                condition.
        """
        weights = check_given(self.domain, given, n)
        if weights:
            return Codes(self.domain, conditional(self.begin, weights, n, self.domain, rng))
        d = len(self.domain)
        values = np.empty((n, d), np.int32, order="F")
        factor = self.factor.astype(np.float64).T  # (d, d)
        for start in range(0, n, _CHUNK):
            rows = slice(start, min(n, start + _CHUNK))
            noise = np.rint(rng.standard_normal((rows.stop - start, d)) * _UNIT)
            latent = noise @ factor  # (rows, d), whole numbers below 2^53
            for j, cuts in enumerate(self._inner_cuts):
                values[rows, j] = self.orders[j][np.searchsorted(cuts, latent[:, j], side="right")]
        return Codes(self.domain, values)

    def begin(self, n: int, weights: dict[int, Floats], rng: Generator, group: int) -> Candidates:
        """Begin n candidates: the fields under weights; see `Begin`.

        Args:
            n: Number of rows, ≥ 0.
            weights: Weights of codes by position of the field, shape (size,) or (n, size).
            rng: Source of randomness.
            group: Candidates that are compared with each other, ≥ 1.

        Source:
            The Geweke-Hajivassiliou-Keane simulator; Geweke (1991), Keane (1994).
        """
        d, fixed = len(self.domain), len(weights)
        first = [*weights, *(j for j in range(d) if j not in weights)]
        unscaled = self.factor.astype(np.float64) / _UNIT
        factor = np.linalg.cholesky(repair((unscaled @ unscaled.T)[np.ix_(first, first)]))
        codes, noise, importance = np.empty((n, fixed), np.int32), np.empty((n, fixed)), np.ones(n)
        step = max(1, min(_CHUNK, _CELLS // max(self.domain.sizes[j] for j in weights)))
        for start in range(0, n, step):
            rows = slice(start, min(n, start + step))
            for i, j in enumerate(weights):
                mean = noise[rows, :i] @ factor[i, :i]
                w = weights[j] if weights[j].ndim == 1 else weights[j][rows]
                rank, noise[rows, i], share = self._inside(j, mean, factor[i, i], w, rng)
                importance[rows] *= share
                codes[rows, i] = self.orders[j][rank]

        def finish(rows: Ints, rng: Generator) -> Ints32:
            values = np.empty((rows.size, d), np.int32, order="F")
            for start in range(0, rows.size, _CHUNK):
                some = rows[start : start + _CHUNK]
                part = slice(start, start + some.size)
                values[part, first[:fixed]] = codes[some]
                own = rng.standard_normal((some.size, d - fixed))
                latent = noise[some] @ factor[fixed:, :fixed].T + own @ factor[fixed:, fixed:].T
                for i, j in enumerate(first[fixed:]):
                    rank = np.searchsorted(self.cuts[j][1:-1], latent[:, i], side="right")
                    values[part, j] = self.orders[j][rank]
            return values

        return Candidates(importance, effective_size(importance), finish)

    def _inside(
        self, j: int, mean: Floats, spread: float, weights: Floats, rng: Generator
    ) -> tuple[Ints, Floats, Floats]:
        """Rank, standard normal draw and share of mass of one field under weights, each of shape (rows,)."""
        from scipy.special import ndtr, ndtri

        kept = self.counts[j][self.orders[j]] > 0  # by rank
        cuts, rows = self.cuts[j], np.arange(mean.size)
        single = single_codes(weights)
        if single is not None:
            at = np.argsort(self.orders[j])[single]
            edges = ndtr((np.stack([cuts[at], cuts[at + 1]], axis=1) - mean[:, None]) / spread)  # (rows, 2)
            mass = np.diff(edges, axis=1) * (weights[rows, single] * kept[at])[:, None]
            rank = np.zeros(mean.size, np.int64)
        else:
            w = np.atleast_2d(weights)[:, self.orders[j]] * kept  # (1 or rows, size)
            some = np.flatnonzero(w.any(axis=0))
            first, last = (some[0], some[-1] + 1) if some.size else (0, 1)
            edges = ndtr((cuts[None, first : last + 1] - mean[:, None]) / spread)  # (rows, ranks + 1)
            mass = np.diff(edges, axis=1) * w[:, first:last]
        heights = np.cumsum(mass, axis=1)
        share = heights[:, -1]
        if single is None:
            end = mass.shape[1] - 1 - np.argmax(mass[:, ::-1] > 0, axis=1)
            rank = np.minimum((heights <= (rng.random(mean.size) * share)[:, None]).sum(axis=1), end)
            at = rank + first
        low, high = edges[rows, rank], edges[rows, rank + 1]
        u = np.clip(low + rng.random(mean.size) * (high - low), 1e-12, 1 - 1e-12)
        return at, ndtri(u), share

    def state(self) -> State:
        """Margins, orders, cut points and the factor."""
        return State(
            {},
            {
                "counts": joined(self.counts, np.int64),
                "orders": joined(self.orders, np.int32),
                "cuts": joined(self.cuts, np.float64),
                "factor": self.factor,
            },
        )


_MARGINS, _ORDERS = 0.7, 0.15
"""Shares of mu² for the counts and for the order of nominal codes; what is left goes to the correlations. On
Adult, equal shares are as good at epsilon 1, but worse than no correlations at all at epsilon .1."""

_MOST_TABLES = 256
_MOST_ANCHORS = 16


@dataclass(frozen=True)
class NoisyCorrelations:
    """What noisy answers say about a table.

    Args:
        counts: Rows per code, per field.
        orders: Codes by rank on the latent scale, per field.
        correlation: Latent correlations, shape (d, d).
    """

    counts: tuple[Ints, ...]
    orders: tuple[Ints, ...]
    correlation: Floats


@dataclass(frozen=True)
class _Side:
    """A field cut in two.

    Args:
        order: Codes by rank, shape (size,). A missing code lies between the halves: there, values that are
            missing by chance distort the relations of the others least (at the low end they ruin them).
        signs: -1, 0 or 1 per code, shape (size,).
    """

    order: Ints
    signs: Ints


def learn(
    queryable: Queryable, *, rng: Generator, progress: Progress | None = None, share: float = 1.0
) -> NoisyCorrelations:
    """Ask a queryable for what a copula needs, with all that its ledger has left or a share of it.

    Args:
        queryable: Holds the table.
        rng: Rounds the counts; all noise is the queryable's own.
        progress: Told about the work.
        share: Share of the mu² that is left which may be spent, above 0 and at most 1.

    Returns:
        The counts, orders and correlations.

    Raises:
        BudgetExceeded: If nothing is left of the budget.
    """
    report = progress or (lambda done, what: None)
    domain, left = queryable.domain, spendable(queryable) * math.sqrt(share)
    pairs = len(domain) * (len(domain) - 1) // 2
    nominal = [j for j, f in enumerate(domain) if not f.ordered and f.size - f.nullable > 2] if pairs else []
    shares = [_MARGINS if pairs else 1.0, _ORDERS if nominal else 0.0]
    report(0.0, "counts")
    sigmas = deviations(queryable, left * math.sqrt(shares[0]))
    clean = cleaned(margins(queryable, sigmas), sigmas=sigmas, domain=domain)
    # An order of codes, noisy as all else: frequent ones first, until more is learned.
    sides = [_cut(f, c, -c) for f, c in zip(domain, clean.counts, strict=True)]
    if nominal:
        report(0.3, "order of codes")
        scores = _associations(queryable, nominal, clean, sides, mu=left * math.sqrt(shares[1]))
        for j, score in scores.items():
            sides[j] = _cut(domain.fields[j], clean.counts[j], score)
    report(0.6, "correlations")
    correlation = np.eye(len(domain))
    if pairs:
        sigma = queryable.cap * math.sqrt(2 * pairs) / (left * math.sqrt(1 - sum(shares)))
        sums, rows = queryable.products([side.signs for side in sides], sigma=sigma)
        signs = [side.signs for side in sides]
        correlation = nearest_correlation(_correlations(sums, rows, clean, signs, sigma=sigma, sigmas=sigmas))
    counts = tuple(integer_counts(c, rng=rng) for c in clean.counts)
    report(1.0, "done")
    return NoisyCorrelations(counts, tuple(side.order for side in sides), correlation)


def _cut(of: Field, counts: Floats, scores: Floats) -> _Side:
    """Cut a field in two halves as equal as can be, in its own order or, where nominal, by scores."""
    codes = np.arange(of.size)
    ranked = codes if of.ordered or of.size <= 2 else np.argsort(scores, kind="stable")
    apart = of.nullable and np.count_nonzero(counts[1:]) > 1  # else to be missing is the one thing to know
    if apart:
        ranked = ranked[ranked != 0]
    below = np.cumsum(counts[ranked])
    signs = np.zeros(of.size, np.int64)
    can = np.flatnonzero((below > 0) & (below < below[-1] * (1 - 1e-12)))
    if can.size == 0:
        return _Side(codes, signs)  # one code only: nothing to cut
    last = int(can[np.argmin(np.abs(below[can] / below[-1] - 0.5))]) + 1
    signs[ranked[:last]], signs[ranked[last:]] = -1, 1
    middle = codes[:1] if apart else codes[:0]
    return _Side(np.concatenate([ranked[:last], middle, ranked[last:]]), signs)


def _associations(
    queryable: Queryable, nominal: list[int], clean: Margins, sides: list[_Side], *, mu: float
) -> dict[int, Floats]:
    """Scores of the codes of nominal fields: how they go together with the halves of other fields.

    Args:
        queryable: Holds the table.
        nominal: Positions of the fields to order.
        clean: Counts of all fields.
        sides: Halves of all fields.
        mu: What may be spent.

    Returns:
        Scores, shape (size,), by position of the field.

    Source:
        The first axis of a correspondence analysis, as in `guarded_counts.first_axis`, of noisy tables: codes
        so rare that noise hides their position are drawn to the middle.
    """
    anchors = {}
    most = max(1, min(_MOST_ANCHORS, _MOST_TABLES // len(nominal)))
    for j in nominal:
        others = [i for i in range(len(sides)) if i != j]
        anchors[j] = others[:: -(-len(others) // most)]
    sigma = queryable.cap * math.sqrt(sum(map(len, anchors.values()))) / mu
    spread = math.sqrt(2) * sigma  # of a difference of two counts
    out = {}
    for j in nominal:
        bins = [side.signs % 3 for side in sides]  # 0 none, 1 high, 2 low
        bins[j] = np.arange(queryable.domain.sizes[j])
        coarse = queryable.coarse(bins)
        counts = clean.counts[j]
        columns = []
        for i in anchors[j]:
            table = coarse.marginal((j, i), sigma=sigma, name="order of codes")
            wide = np.pad(table, ((0, 0), (0, 3 - table.shape[1])))  # (size, 3)
            mean = float(clean.counts[i] @ sides[i].signs) / clean.total
            columns.append(wide[:, 1] - wide[:, 2] - counts * mean)
        more = np.stack(columns, axis=1)  # (size, anchors): higher sums of signs than chance
        if queryable.domain.fields[j].nullable:
            more[0] = 0.0
        weighted = more / np.sqrt(np.maximum(counts, 3 * spread))[:, None]
        axis = np.linalg.svd(weighted, full_matrices=False)[2][0]  # (anchors,)
        out[j] = more @ axis / (counts + spread)
    return out


def _correlations(
    sums: Ints, rows: Ints, clean: Margins, signs: list[Ints], *, sigma: float, sigmas: tuple[float, ...]
) -> Floats:
    """Latent correlations from noisy sums of products of signs, shape (d, d), not yet one matrix's.

    Args:
        sums: Noisy sums of products, shape (d, d).
        rows: Noisy numbers of rows in which no sign is 0, shape (d, d).
        clean: Counts of all fields.
        signs: Sign per code, per field.
        sigma: Deviation of the noise on sums and rows.
        sigmas: Deviation of the noise on the counts, per field.
    """
    from scipy.special import ndtri

    n, d = clean.total, len(signs)
    halves = np.array([[c[s < 0].sum(), c[s > 0].sum()] for c, s in zip(clean.counts, signs, strict=True)])
    present = halves.sum(axis=1)  # (d,)
    means = np.diff(halves, axis=1)[:, 0] / np.maximum(present, 1e-9)  # (d,), of rows that are not missing
    vague = np.array([v * v * np.count_nonzero(s) for v, s in zip(sigmas, signs, strict=True)])
    vague /= np.maximum(present, 1.0) ** 2  # variance of the means
    i, j = np.triu_indices(d, 1)
    # Rows present in both: between the bounds of Fréchet, and as chance has it where noise hides more.
    chance = present[i] * present[j] / n
    more = rows[i, j] - chance
    both = chance + more * np.maximum(0.0, 1 - sigma**2 / np.maximum(more**2, 1e-9))
    both = np.clip(both, np.maximum(present[i] + present[j] - n, 0.0), np.minimum(present[i], present[j]))
    both = np.maximum(both, 1.0)
    product = np.clip(sums[i, j] / both, -1.0, 1.0)
    # The halves of a pair stand apart by what is missing, and so do the cuts: see `_Side`.
    scale = present[i] * present[j] / n**2
    smallest = np.maximum(sigma, 1.0) / both
    cells = [(1 + a * means[i] + b * means[j] + a * b * product) / 4 for a in (-1, 1) for b in (-1, 1)]
    sample = 16 / both / sum(1 / np.maximum(cell, smallest) for cell in cells)  # as in a log odds ratio
    noise = (sigma / both) ** 2 + means[i] ** 2 * vague[j] + means[j] ** 2 * vague[i] + sample
    cuts = ndtri(np.stack([halves[:, 0], n - halves[:, 1]], axis=1) / n)  # (d, 2)
    estimated = correlations_of(
        (product - means[i] * means[j]) * scale,
        noise=np.sqrt(noise) * np.maximum(scale, 1e-12),
        cuts=(cuts[i], cuts[j]),
    )
    out = np.eye(d)
    out[i, j] = out[j, i] = estimated
    return out
